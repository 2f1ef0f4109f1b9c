//! The pages of a handover.

use eframe::egui::{Align, Layout, RichText, Ui, vec2};
use record::schema::StepState;

use super::super::stage::{Stage, pair, small, two_columns};
use super::super::theme::{self, Tone};
use super::super::{fonts, speech, views, widgets};
use super::handover::{pair_of_pictures, receipt, send};
use crate::handover::event::{Command, Field};
use crate::handover::parts::{Candidate, Exempt, ReceiverKind};
use crate::handover::{Handover, TRIES};
use crate::population::nik::Nik;
use crate::session::event::Target;
use crate::session::sample::CardJudgement;
use crate::t;
use crate::ui::widgets::DigitsField;

/// A text that the handover keeps; what it made of it (upper case, cut) stands there once the field is left.
fn text(ui: &mut Ui, st: &mut Stage<'_>, key: &str, label: &str, value: &str) -> Option<String> {
    let mut text = st.scratch.texts.0.get(key).cloned().unwrap_or_else(|| value.to_owned());
    let response = widgets::text_field(ui, label, &mut text, "", None);
    if response.changed() {
        st.scratch.texts.0.insert(key.to_owned(), text.clone());
        return Some(text);
    }
    if !response.has_focus() {
        st.scratch.texts.0.remove(key);
    }
    None
}

pub(super) fn pick(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    ui.label(st.get("handover-pick-what"));
    let label = st.get("handover-search");
    let mut query = h.query.clone();
    let search = widgets::text_field(ui, &label, &mut query, &st.get("handover-search-hint"), None);
    st.first(ui, search.id);
    if search.changed() {
        send(st, Command::Query(query));
    }
    if let Some(code) = &h.list_failed {
        let (what, to_do) = (st.get("handover-list-failed"), st.get("handover-list-failed-do"));
        widgets::banner(ui, st.words, Tone::Error, &what, &to_do, code);
    }
    let failed = h.list_failed.is_some();
    if (h.list.is_some() || failed) && widgets::secondary_button(ui, &st.get("handover-refresh")).clicked() {
        send(st, Command::Refresh);
    }
    let Some(all) = &h.list else {
        if !failed {
            widgets::banner(ui, st.words, Tone::Info, &st.get("handover-list-running"), "", "");
        }
        return;
    };
    let (lines, count) = h.found();
    if all.is_empty() {
        let (what, to_do) = (st.get("handover-list-empty"), st.get("handover-list-empty-do"));
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
    } else if lines.is_empty() {
        ui.label(st.get("handover-none-found"));
    }
    ui.add_enabled_ui(!h.busy(), |ui| {
        for line in &lines {
            candidate(ui, st, h, line);
        }
    });
    if h.list_cut > 0 {
        small(ui, &st.words.with("handover-list-cut", &[("count", h.list_cut)]));
    }
    if count > lines.len() {
        small(ui, &st.words.with("handover-more", &[("count", count - lines.len())]));
    }
}

fn candidate(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover, line: &Candidate) {
    widgets::card(ui, |ui| {
        // The row is as high as its button: without it the layout would take the rest of the page.
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let label = st.words.with("handover-take", &[("name", line.name.as_str())]);
                if widgets::secondary_button(ui, &label).clicked() {
                    send(st, Command::Pick(line.id));
                }
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.label(RichText::new(&line.name).font(fonts::bold(theme::TEXT_BODY)));
                    let tail = if line.nik_tail.is_empty() { "····" } else { &line.nik_tail };
                    let born = st.words.date(line.birth);
                    small(ui, &t!(st.words, "handover-line", tail = tail, born = born));
                    small(ui, &st.get(&format!("record-{}", line.state.id())));
                    if let Some(from) = h.card_waits(line.birth) {
                        let from = st.words.date_long(from);
                        let text = st.words.with("handover-waits", &[("from", from)]);
                        ui.label(RichText::new(text).size(theme::TEXT_SMALL).color(Tone::Warning.colour()));
                    }
                });
            });
        });
    });
}

pub(super) fn card(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    age(ui, st, h);
    if h.waits_until().is_some() && !h.married {
        // Nothing is asked of the card before the age is settled.
        return;
    }
    two_columns(ui, 270.0, st, |ui, st| card_numbers(ui, st, h), |ui, st| card_face(ui, st, h));
}

/// Too young for the card: from when it can be handed over, and the one way before.
fn age(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    let Some(from) = h.waits_until() else { return };
    let from = st.words.date_long(from);
    let (tone, to_do) = if h.married {
        (Tone::Warning, String::new())
    } else {
        (Tone::Error, st.words.with("handover-age-do", &[("from", from.as_str())]))
    };
    widgets::banner(ui, st.words, tone, &st.get("handover-age"), &to_do, "");
    ui.add_space(theme::GAP);
    let mut married = h.married;
    let (text, below) = (st.get("handover-married"), st.get("handover-married-do"));
    let tile = widgets::check_tile(ui, &mut married, &text, &below);
    st.first(ui, tile.id);
    if tile.clicked() {
        send(st, Command::Married(married));
    }
    if h.married {
        ui.add_space(theme::GAP);
        let label = st.get("handover-marriage");
        if let Some(document) = self::text(ui, st, "marriage", &label, &h.marriage) {
            send(st, Command::MarriageDocument(document));
        }
    }
    ui.add_space(theme::GAP);
}

fn card_numbers(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    widgets::card(ui, |ui| {
        let mut nik = h.nik.text.clone();
        let bad = (nik.len() == 16).then(|| Nik::parse(&nik).err()).flatten();
        let error = match (bad, h.nik.fits) {
            (Some(e), _) => Some(st.get(&format!("warn-{}", e.id()))),
            (None, Some(false)) => Some(st.get("handover-nik-differs")),
            _ => None,
        };
        let label = st.get("handover-nik");
        let field = DigitsField::NIK;
        let response = widgets::digits_field(ui, st.words, &label, &mut nik, field, error.as_deref());
        st.first(ui, response.id);
        if response.changed() {
            send(st, Command::Nik(nik));
        }
        match (h.nik.fits, h.nik.unknown) {
            (Some(true), _) => good(ui, &st.get("handover-nik-fits")),
            (_, true) => drop(ui.label(st.get("handover-unknown"))),
            _ => small(ui, &st.get("handover-nik-why")),
        }
    });
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        match &h.card {
            None => drop(ui.label(st.get("handover-card-what"))),
            Some(card) => {
                good(ui, &st.get("handover-card-read"));
                let kind = format!("handover-card-type-{}", card_type(card.card_type));
                small(ui, &st.get(&kind));
                if h.can_capture(Target::Card)
                    && widgets::secondary_button(ui, &st.get("handover-card-again")).clicked()
                {
                    send(st, Command::Capture(Target::Card));
                }
            }
        }
        if h.card_known == Some(true) {
            let (what, to_do) = (st.get("vault-card-known"), st.get("vault-card-known-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "VLT-30");
        }
    });
}

const fn card_type(kind: devices::vocabulary::CardType) -> &'static str {
    use devices::vocabulary::CardType;
    match kind {
        CardType::A => "a",
        CardType::B => "b",
        CardType::Unknown => "unknown",
    }
}

/// A line that says that something is as it should be.
fn good(ui: &mut Ui, text: &str) {
    let colour = theme::state_colour(StepState::Done);
    ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BODY)).color(colour));
}

fn card_face(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    widgets::card(ui, |ui| {
        let recorded = h.person.as_ref().and_then(|p| p.photo.as_ref());
        let chip = h.card.as_ref().and_then(|c| c.photo.as_ref());
        pair_of_pictures(ui, st, [("handover-recorded-photo", recorded), ("handover-chip-photo", chip)]);
        let Some(card) = &h.card else {
            small(ui, &st.get("handover-face-later"));
            return;
        };
        if card.photo.is_none() {
            let (what, to_do) = (st.get("handover-no-photo"), st.get("handover-no-photo-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
            return;
        }
        ui.label(RichText::new(st.get("handover-face-ask")).font(fonts::bold(theme::TEXT_BODY)));
        if let Some(judgement) = judgement(ui, st, h.face) {
            send(st, Command::Judge(judgement));
        }
        if h.face == Some(CardJudgement::Other) {
            let (what, to_do) = (st.get("handover-face-other"), st.get("handover-face-other-do"));
            widgets::banner(ui, st.words, Tone::Error, &what, &to_do, "");
        }
    });
}

/// The three answers to "is it the same person?".
pub(crate) fn judgement(ui: &mut Ui, st: &Stage<'_>, chosen: Option<CardJudgement>) -> Option<CardJudgement> {
    let texts: Vec<String> =
        CardJudgement::ALL.iter().map(|j| st.get(&format!("card-judgement-{}", j.id()))).collect();
    let options: Vec<(CardJudgement, &str)> =
        CardJudgement::ALL.iter().copied().zip(texts.iter().map(String::as_str)).collect();
    let mut now = chosen;
    if widgets::chips(ui, &mut now, &options) { now } else { None }
}

pub(super) fn receiver(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    ui.label(st.get("handover-receiver-what"));
    let texts: Vec<String> =
        ReceiverKind::ALL.iter().map(|k| st.get(&format!("handover-receiver-{}", k.id()))).collect();
    let options: Vec<(ReceiverKind, &str)> =
        ReceiverKind::ALL.iter().copied().zip(texts.iter().map(String::as_str)).collect();
    let mut kind = h.receiver.kind;
    let first = ui.next_auto_id();
    if widgets::radio_list(ui, &mut kind, &options)
        && let Some(kind) = kind
    {
        send(st, Command::Receiver(kind));
    }
    st.first(ui, first);
    let Some(kind) = h.receiver.kind.filter(|k| *k != ReceiverKind::Own) else { return };
    ui.add_space(theme::GAP);
    widgets::banner(ui, st.words, Tone::Info, &st.get("handover-absent"), &st.get("handover-absent-do"), "");
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        let label = st.get("handover-receiver-name");
        if let Some(name) = text(ui, st, "name", &label, &h.receiver.name) {
            send(st, Command::Field(Field::Name, name));
        }
        if kind == ReceiverKind::Family {
            let label = st.get("handover-relation");
            if let Some(relation) = text(ui, st, "relation", &label, &h.receiver.relation) {
                send(st, Command::Field(Field::Relation, relation));
            }
            family_card(ui, st, h);
        }
        let label = st.get(&format!("handover-document-{}", kind.id()));
        if let Some(document) = text(ui, st, "document", &label, &h.receiver.document) {
            send(st, Command::Field(Field::Document, document));
        }
    });
}

fn family_card(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    let mut kk = h.kk.text.clone();
    let differs = (h.kk.fits == Some(false)).then(|| st.get("handover-kk-differs"));
    let label = st.get("field-no_kk");
    let field = DigitsField::NO_KK;
    if widgets::digits_field(ui, st.words, &label, &mut kk, field, differs.as_deref()).changed() {
        send(st, Command::Field(Field::Kk, kk));
    }
    match (h.kk.fits, h.kk.unknown) {
        (Some(true), _) => good(ui, &st.get("handover-kk-fits")),
        (_, true) => drop(ui.label(st.get("handover-kk-unknown"))),
        _ => {}
    }
}

pub(super) fn finger(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    if let Some(matched) = &h.matched {
        let finger = st.get(&format!("finger-{}", matched.position.id()));
        let (score, threshold) = (matched.score, matched.threshold);
        let told = t!(st.words, "handover-matched", finger = finger, score = score, threshold = threshold);
        widgets::banner(ui, st.words, Tone::Good, &told, "", "");
        return;
    }
    if h.finger_exempt {
        let (what, to_do) = (st.get("handover-exempt-finger"), st.get("handover-exempt-do"));
        widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        if widgets::secondary_button(ui, &st.get("handover-exempt-back")).clicked() {
            send(st, Command::ExemptFinger(false));
        }
        return;
    }
    let own = h.receiver.kind == Some(ReceiverKind::Own);
    let fingers: Vec<_> = h.person.iter().flat_map(|p| p.fingers.iter().map(|(f, _)| *f)).collect();
    match (own, fingers.is_empty(), h.failed >= TRIES) {
        (false, ..) => {
            let (what, to_do) = (st.get("handover-absent"), st.get("handover-absent-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
        (true, true, _) => {
            let (what, to_do) = (st.get("handover-no-fingers"), st.get("handover-no-fingers-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
        (true, false, true) => {
            let (what, to_do) = (st.get("handover-tries-over"), st.get("handover-tries-over-do"));
            widgets::banner(ui, st.words, Tone::Error, &what, &to_do, "");
        }
        (true, false, false) => {
            ui.label(st.get("handover-finger-what"));
            let left = TRIES - h.failed;
            ui.label(RichText::new(st.words.with("handover-tries-left", &[("count", left)])).strong());
            widgets::card(ui, |ui| {
                ui.set_max_width(520.0);
                let state = |_| StepState::Empty;
                widgets::hands_picture(ui, st.words, &widgets::HandsView { state: &state, wanted: &fingers });
            });
            other_fingers(ui, st, h);
        }
    }
    if h.may_exempt_finger() && widgets::secondary_button(ui, &st.get("handover-exempt")).clicked() {
        send(st, Command::ExemptFinger(true));
    }
}

/// The primary action asks for the first chip finger; the others have buttons of their own.
fn other_fingers(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    ui.horizontal_wrapped(|ui| {
        for target in h.targets().into_iter().skip(1) {
            ui.add_enabled_ui(h.can_capture(target), |ui| {
                if widgets::secondary_button(ui, &speech::capture(st.words, target)).clicked() {
                    send(st, Command::Capture(target));
                }
            });
        }
    });
}

pub(super) fn sign(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    summary(ui, st, h);
    ui.add_space(theme::GAP);
    let width = ui.available_width().min(680.0);
    if h.cannot_sign {
        let (what, to_do) = (st.get("handover-exempt-signature"), st.get("handover-exempt-do"));
        widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        if widgets::secondary_button(ui, &st.get("can-sign")).clicked() {
            send(st, Command::CannotSign(false));
        }
        return;
    }
    if let Some(sample) = h.signature.as_ref().filter(|_| !views::receipt_pad_wanted(st, h)) {
        widgets::card(ui, |ui| {
            let name = st.get("handover-signature");
            small(ui, &name);
            st.pictures.show(ui, Some(&sample.png), vec2(width.min(480.0), 140.0), &name);
            if widgets::secondary_button(ui, &st.get("sign-again")).clicked() {
                views::sign_again(st);
            }
        });
        return;
    }
    ui.label(RichText::new(st.get("handover-sign-what")).font(fonts::bold(theme::TEXT_BODY)));
    if *st.applicant {
        ui.label(st.get("applicant-card-signs"));
    }
    let ready = !h.busy() && h.locks(Target::StatementSignature).is_none();
    ui.add_enabled_ui(ready, |ui| {
        let size = vec2(width, 180.0);
        if *st.applicant {
            // Drawn on the receiver's screen; here it is only looked at.
            widgets::signature_seen(ui, st.words, &st.scratch.ink, size);
        } else {
            widgets::signature_canvas(ui, st.words, &mut st.scratch.ink, size);
        }
        ui.horizontal_wrapped(|ui| {
            let drawn = !st.scratch.ink.is_empty();
            ui.add_enabled_ui(drawn, |ui| {
                if widgets::secondary_button(ui, &st.get("action-clear")).clicked() {
                    st.scratch.ink.clear();
                }
                if widgets::secondary_button(ui, &st.get("use-drawn")).clicked() {
                    views::signed_again(st);
                    let strokes = st.scratch.ink.strokes().clone();
                    st.scratch.ink.clear();
                    send(st, Command::Drawn(strokes));
                }
            });
            if widgets::secondary_button(ui, &st.get("cannot-sign")).clicked() {
                send(st, Command::CannotSign(true));
            }
        });
    });
}

/// What was found, before the card is handed over.
fn summary(ui: &mut Ui, st: &Stage<'_>, h: &Handover) {
    widgets::card(ui, |ui| {
        let exempted = h.exempted();
        let or = |what: Exempt, id: &str| {
            if exempted.contains(&what) { st.get("handover-by-supervisor") } else { st.get(id) }
        };
        if exempted.contains(&Exempt::Age) {
            let seen = format!("{} · {}", h.marriage, st.get("handover-by-supervisor"));
            pair(ui, &st.get("handover-marriage-seen"), &seen);
        }
        pair(ui, &st.get("handover-page-card"), &or(Exempt::Face, "handover-summary-card"));
        pair(ui, &st.get("handover-page-finger"), &or(Exempt::Finger, "handover-summary-finger"));
        let kind = h.receiver.kind.map_or("own", ReceiverKind::id);
        let mut who = st.get(&format!("handover-receiver-{kind}"));
        if !h.receiver.name.is_empty() && kind != "own" {
            who = format!("{who}: {}", h.receiver.name);
        }
        pair(ui, &st.get("handover-page-receiver"), &who);
    });
}

pub(super) fn done(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    let Some(saved) = &h.saved else { return };
    let name = h.person.as_ref().map(|p| p.name.as_str()).unwrap_or_default();
    let (what, to_do) = (
        st.words.with(&format!("handover-done-{}", saved.outcome), &[("name", name)]),
        st.get(&format!("handover-done-{}-do", saved.outcome)),
    );
    let tone = if saved.issued() { Tone::Good } else { Tone::Warning };
    widgets::banner(ui, st.words, tone, &what, &to_do, "");
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        let at = st.words.date_time(saved.at, h.ctx.utc_offset_s);
        pair(ui, &st.get("handover-when"), &at);
        pair(ui, &st.get("handover-row"), &saved.row.to_string());
        if let Some(reason) = &saved.reason {
            pair(ui, &st.get("handover-why"), &st.get(&format!("handover-reason-{reason}")));
        }
    });
    if saved.issued() {
        ui.add_space(theme::GAP);
        receipt(ui, st, h);
    }
    ui.add_space(theme::GAP);
    super::hygiene::panel(ui, st);
}
