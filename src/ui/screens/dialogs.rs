//! Questions over the screen. Escape and a press beside one leave everything as it was.

use eframe::egui::{Align, Context, Frame, Id, Layout, Modal, RichText, ScrollArea, Ui, vec2};
use record::schema::{ExceptionReason, ExceptionTerm, RequirementKind, Role, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::stage::{Decide, Dialog, Stage, small};
use super::super::theme::{self, Tone};
use super::super::{fonts, speech, widgets};
use crate::handover::parts::Exempt;
use crate::population::identity::{FIELDS, field_text};
use crate::runtime::station::{DeskCommand, OfficerLine};
use crate::session::core::Requirement;
use crate::session::event::{Command, Subject, Target};
use crate::steps::exceptions::{decided_with, without_device};
use crate::steps::identity::MIN_REASON;

/// What becomes of a dialog after a frame.
pub(super) enum Next {
    Stay(Dialog),
    Close,
}

pub(super) fn show(ctx: &Context, st: &mut Stage<'_>) {
    let Some(dialog) = st.scratch.dialog.take() else { return };
    let next = match dialog {
        Dialog::Decide(decide) => show_decide(ctx, st, decide),
        Dialog::Subject(subject, reason, term) => show_subject(ctx, st, subject, reason, term),
        Dialog::AcceptBest(reason) => {
            let verifying = st.desk.session().is_some_and(|v| v.current() == StepId::Verification);
            let id = if verifying { "skip-verification" } else { "accept-best" };
            reason_dialog(ctx, st, id, reason, false, |st, r| st.send(Command::AcceptBest(r)))
                .map_or(Next::Close, |r| Next::Stay(Dialog::AcceptBest(r)))
        }
        Dialog::Abandon(reason) => {
            reason_dialog(ctx, st, "abandon", reason, true, |st, r| st.send(Command::Abandon(r)))
                .map_or(Next::Close, |r| Next::Stay(Dialog::Abandon(r)))
        }
        Dialog::Discard(id, reason) => super::station_state::show_discard(ctx, st, id, reason),
        Dialog::WithoutDevice(step) => show_without_device(ctx, st, step),
        Dialog::CannotSign(reason) => show_cannot_sign(ctx, st, reason),
        Dialog::ReadAloud => show_read_aloud(ctx, st),
        Dialog::Boxes(edit) => super::boxes::show(ctx, st, edit),
        Dialog::GiveBack(leaving) => super::cards::show_give_back(ctx, st, leaving),
        Dialog::EnterCards(row) => super::cards::show_enter(ctx, st, row),
    };
    if let Next::Stay(dialog) = next {
        st.scratch.dialog = Some(dialog);
    }
}

/// A card over the dimmed screen; true when it is to be closed.
pub(super) fn modal(ctx: &Context, name: &str, width: f32, contents: impl FnOnce(&mut Ui) -> bool) -> bool {
    let frame = Frame::new().fill(theme::SURFACE).corner_radius(theme::CORNER_CARD).inner_margin(24);
    let modal = Modal::new(Id::unique(format!("dialog-{name}"))).frame(frame).backdrop_color(theme::BACKDROP);
    let room = ctx.content_rect();
    let shown = modal.show(ctx, |ui| {
        ui.set_width(width.min(room.width() - 96.0));
        // A new area believes itself 400 points high: without the least height the buttons would lie below its edge.
        let most = room.height() - 96.0;
        ScrollArea::vertical().max_height(most).min_scrolled_height(most).show(ui, contents).inner
    });
    shown.inner || shown.should_close()
}

pub(super) fn buttons(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    ui.add_space(theme::GAP);
    let row = vec2(ui.available_width(), theme::TOUCH + theme::GAP);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), contents);
}

/// Asks for a reason. Gives the reason back while the question stays open.
fn reason_dialog(
    ctx: &Context,
    st: &mut Stage<'_>,
    id: &str,
    mut reason: String,
    danger: bool,
    send: impl FnOnce(&mut Stage<'_>, String),
) -> Option<String> {
    let (title, body, yes) =
        (st.get(&format!("{id}-title")), st.get(&format!("{id}-body")), st.get(&format!("{id}-yes")));
    let ask = widgets::Confirm { title: &title, body: &body, yes: &yes, danger, reason: Some(&mut reason) };
    match widgets::confirm(ctx, st.words, ask) {
        Some(widgets::ConfirmAnswer::Yes) if reason.trim().chars().count() >= MIN_REASON => {
            send(st, reason.trim().to_owned());
            None
        }
        Some(widgets::ConfirmAnswer::No) => None,
        _ => Some(reason),
    }
}

/// Who may decide: never the operator; a second person need not be a supervisor.
fn eligible(st: &Stage<'_>, kind: RequirementKind, operator: Uuid) -> Vec<OfficerLine> {
    let fits = |o: &&OfficerLine| {
        o.id != operator
            && match kind {
                RequirementKind::SupervisorApproval => o.role == Role::Supervisor,
                _ => o.role != Role::Auditor,
            }
    };
    st.desk.officers().iter().filter(fits).cloned().collect()
}

/// What a request asks for: of the session on screen, or of the handover.
fn decidable(st: &Stage<'_>, nonce: Uuid) -> Option<(RequirementKind, Uuid, String)> {
    if let Some(view) = st.desk.session() {
        let group = decided_with(view.session, nonce);
        let mut what = speech::requirement_group(st.words, view.session, &group);
        if group.len() > 1 {
            let name = |r: &&Requirement| speech::exception_name(st.words, &r.reason);
            let names: Vec<String> = group.iter().filter_map(name).collect();
            what = format!("{what} ({})", names.join(", "));
        }
        return Some((group.first()?.kind, view.session.ctx.operator, what));
    }
    let h = st.desk.handover()?;
    let open = |a: &&crate::handover::parts::Approval| {
        a.met.is_none() && a.request.as_ref().is_some_and(|q| q.nonce == nonce)
    };
    let approval = h.approvals.values().find(open)?;
    let kind = RequirementKind::SupervisorApproval;
    let asked = st.get(&format!("requirement-{}", kind.id()));
    let reason = st.get(&format!("handover-exempt-{}", approval.what.id()));
    let mut what = format!("{asked}: {reason}");
    if approval.what == Exempt::Age {
        // The document is the whole of what there is to decide about.
        what = format!("{what}\n{}: {}", st.get("handover-marriage-seen"), h.marriage);
    }
    Some((kind, h.ctx.operator, what))
}

fn show_decide(ctx: &Context, st: &mut Stage<'_>, mut d: Decide) -> Next {
    // Decided, or the session ended over it.
    let Some((kind, operator, what)) = decidable(st, d.nonce) else { return Next::Close };
    let officers = eligible(st, kind, operator);
    let checking = st.desk.checking_secret();
    if d.sent && !checking {
        // The answer was no: the notice says why, the form stays.
        (d.sent, d.refused) = (false, true);
    }
    let closed = modal(ctx, "decide", 560.0, |ui| {
        ui.label(RichText::new(st.get("decide-title")).font(fonts::bold(theme::TEXT_BIG)));
        ui.label(what);
        small(ui, &st.get("decide-rule"));
        if let Some(notice) = st.desk.notices().last().filter(|_| d.refused) {
            let (what, to_do) = (st.get(&notice.message), st.get(&format!("{}-do", notice.message)));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, &notice.code);
        }
        if officers.is_empty() {
            let (what, to_do) = (st.get("decide-nobody"), st.get("decide-nobody-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
        let lines: Vec<String> = officers
            .iter()
            .map(|o| format!("{} · {}", o.name, st.get(&format!("role-{}", o.role.id()))))
            .collect();
        let options: Vec<(Uuid, &str)> =
            officers.iter().map(|o| o.id).zip(lines.iter().map(String::as_str)).collect();
        ui.add_enabled_ui(!checking, |ui| {
            widgets::radio_list(ui, &mut d.officer, &options);
            widgets::secret_field(ui, &st.get("decide-secret"), &mut d.secret, None);
            widgets::text_field(ui, &st.get("decide-note"), &mut d.note, &st.get("decide-note-hint"), None);
        });
        decide_buttons(ui, st, &mut d, checking)
    });
    if closed { Next::Close } else { Next::Stay(Dialog::Decide(d)) }
}

fn decide_buttons(ui: &mut Ui, st: &mut Stage<'_>, d: &mut Decide, checking: bool) -> bool {
    let mut cancel = false;
    let mut decision = None;
    buttons(ui, |ui| {
        let ready = !checking && d.officer.is_some() && !d.secret.is_empty();
        ui.add_enabled_ui(ready, |ui| {
            let label = if checking { "sign-in-checking" } else { "decide-approve" };
            if widgets::primary_button(ui, &st.get(label)).clicked() {
                decision = Some(true);
            }
            if widgets::danger_button(ui, &st.get("decide-deny")).clicked() {
                decision = Some(false);
            }
        });
        cancel = widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
    });
    if let (Some(approve), Some(officer)) = (decision, d.officer) {
        let passphrase = std::mem::replace(&mut d.secret, Zeroizing::new(String::new()));
        d.sent = true;
        st.out.push(DeskCommand::Decide {
            nonce: d.nonce,
            officer,
            passphrase,
            approve,
            note: d.note.trim().to_owned(),
        });
    }
    cancel
}

fn show_subject(
    ctx: &Context,
    st: &mut Stage<'_>,
    subject: Subject,
    mut reason: Option<ExceptionReason>,
    mut term: Option<ExceptionTerm>,
) -> Next {
    let Some(view) = st.desk.session() else { return Next::Close };
    let s = view.session;
    let declared = match subject {
        Subject::Finger(f) => s.data.fingers.exceptions.get(&f).copied(),
        Subject::Eye(e) => s.data.irises.exceptions.get(&e).copied(),
    };
    let again = match subject {
        Subject::Finger(f) => Target::Finger(f),
        Subject::Eye(_) => Target::Irises,
    };
    let closed = modal(ctx, "subject", 620.0, |ui| {
        let name = speech::subject(st.words, subject);
        ui.label(RichText::new(&name).font(fonts::bold(theme::TEXT_BIG)));
        let mut done = false;
        if let Some(e) = declared {
            let told = crate::t!(
                st.words,
                "exception-declared",
                reason = st.get(&format!("exception-{}", e.reason.id())),
                term = st.get(&format!("term-{}", e.term.id()))
            );
            widgets::banner(ui, st.words, Tone::Info, &told, &st.get("exception-declared-do"), "");
            buttons(ui, |ui| {
                if widgets::primary_button(ui, &st.get("exception-withdraw")).clicked() {
                    st.send(Command::WithdrawException(subject));
                    done = true;
                }
                done |= widgets::secondary_button(ui, &st.get("action-close")).clicked();
            });
            return done;
        }
        if s.can_capture(again, view.now) {
            if widgets::secondary_button(ui, &speech::capture(st.words, again)).clicked() {
                st.send(Command::Capture(again));
                done = true;
            }
            ui.add_space(theme::GAP);
        }
        done | exception_form(ui, st, subject, &mut reason, &mut term)
    });
    if closed { Next::Close } else { Next::Stay(Dialog::Subject(subject, reason, term)) }
}

/// What going on without the reader means, before it is done.
fn show_without_device(ctx: &Context, st: &mut Stage<'_>, step: StepId) -> Next {
    let Some(view) = st.desk.session().filter(|v| v.current() == step) else { return Next::Close };
    let names = without_device(view.session, step)
        .into_iter()
        .map(|subject| speech::subject(st.words, subject))
        .collect::<Vec<_>>()
        .join(", ");
    let closed = modal(ctx, "without-device", 620.0, |ui| {
        let id = step.id();
        ui.label(RichText::new(st.get("without-device-title")).font(fonts::bold(theme::TEXT_BIG)));
        ui.label(st.words.with(&format!("without-device-{id}"), &[("names", names.as_str())]));
        ui.label(st.get("without-device-kept"));
        ui.label(st.get("exception-follows"));
        let mut done = false;
        buttons(ui, |ui| {
            if widgets::primary_button(ui, &st.get("without-device-yes")).clicked() {
                st.send(Command::WithoutDevice);
                done = true;
            }
            done |= widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
        });
        done
    });
    if closed { Next::Close } else { Next::Stay(Dialog::WithoutDevice(step)) }
}

fn exception_form(
    ui: &mut Ui,
    st: &mut Stage<'_>,
    subject: Subject,
    reason: &mut Option<ExceptionReason>,
    term: &mut Option<ExceptionTerm>,
) -> bool {
    let mut done = false;
    widgets::section_title(ui, &st.get("exception-title"));
    let reasons: Vec<String> =
        ExceptionReason::ALL.iter().map(|r| st.get(&format!("exception-{}", r.id()))).collect();
    let options: Vec<(ExceptionReason, &str)> =
        ExceptionReason::ALL.iter().copied().zip(reasons.iter().map(String::as_str)).collect();
    small(ui, &st.get("exception-why"));
    widgets::chips(ui, reason, &options);
    small(ui, &st.get("exception-term"));
    let terms: Vec<String> = ExceptionTerm::ALL.iter().map(|t| st.get(&format!("term-{}", t.id()))).collect();
    let options: Vec<(ExceptionTerm, &str)> =
        ExceptionTerm::ALL.iter().copied().zip(terms.iter().map(String::as_str)).collect();
    widgets::chips(ui, term, &options);
    if let Some(t) = term {
        ui.label(st.get(&format!("term-{}-do", t.id())));
    }
    small(ui, &st.get("exception-follows"));
    buttons(ui, |ui| {
        let ready = reason.is_some() && term.is_some();
        let yes = ui
            .add_enabled_ui(ready, |ui| widgets::primary_button(ui, &st.get("exception-declare")))
            .inner
            .clicked();
        if let (true, Some(reason), Some(term)) = (yes, *reason, *term) {
            st.send(Command::DeclareException(subject, reason, term));
            done = true;
        }
        done |= widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
    });
    done
}

fn show_cannot_sign(ctx: &Context, st: &mut Stage<'_>, mut reason: Option<ExceptionReason>) -> Next {
    let closed = modal(ctx, "cannot-sign", 560.0, |ui| {
        ui.label(RichText::new(st.get("cannot-sign")).font(fonts::bold(theme::TEXT_BIG)));
        ui.label(st.get("cannot-sign-what"));
        let reasons = [
            ExceptionReason::Missing,
            ExceptionReason::Bandaged,
            ExceptionReason::Deformed,
            ExceptionReason::CannotCooperate,
            ExceptionReason::NoDevice,
        ];
        let texts: Vec<String> = reasons.iter().map(|r| st.get(&format!("cannot-sign-{}", r.id()))).collect();
        let options: Vec<(ExceptionReason, &str)> =
            reasons.into_iter().zip(texts.iter().map(String::as_str)).collect();
        widgets::radio_list(ui, &mut reason, &options);
        let mut done = false;
        buttons(ui, |ui| {
            let yes = ui
                .add_enabled_ui(reason.is_some(), |ui| {
                    widgets::primary_button(ui, &st.get("exception-declare"))
                })
                .inner
                .clicked();
            if let (true, Some(reason)) = (yes, reason) {
                st.send(Command::CannotSign(reason));
                done = true;
            }
            done |= widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
        });
        done
    });
    if closed { Next::Close } else { Next::Stay(Dialog::CannotSign(reason)) }
}

/// The biodata in letters that can be read across the table.
fn show_read_aloud(ctx: &Context, st: &mut Stage<'_>) -> Next {
    let Some(view) = st.desk.session() else { return Next::Close };
    let values = view.session.data.biodata.values.clone();
    let closed = modal(ctx, "read-aloud", 900.0, |ui| {
        ui.label(RichText::new(st.get("read-aloud-title")).font(fonts::bold(theme::TEXT_TITLE)));
        ui.label(st.get("read-aloud-how"));
        ui.add_space(theme::GAP);
        for field in FIELDS {
            let text = field_text(&values, field).unwrap_or_default();
            ui.horizontal_wrapped(|ui| {
                small(ui, &st.get(&format!("field-{field}")));
                ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BIG)));
            });
        }
        let mut done = false;
        buttons(ui, |ui| {
            if widgets::primary_button(ui, &st.get("read-aloud-done")).clicked() {
                if view.current() == StepId::Biodata {
                    st.send(Command::ReadAloud(true));
                }
                done = true;
            }
            done |= widgets::secondary_button(ui, &st.get("action-close")).clicked();
        });
        done
    });
    if closed { Next::Close } else { Next::Stay(Dialog::ReadAloud) }
}
