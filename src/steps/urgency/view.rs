//! Why the case is urgent: the policy's classes as large choices, the evidence seen, pictures of it.

use eframe::egui::{Key, RichText, Ui, vec2};

use crate::session::event::{Command, Target};
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::ui::stage::{Stage, small, title, two_columns};
use crate::ui::theme::Tone;
use crate::ui::{fonts, speech, theme, widgets};

/// Keys of the first nine choices.
const DIGITS: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    title(ui, &st.get("step-urgency"));
    let done = super::Urgency.inputs(view.session, view.now).is_empty();
    if done {
        let (what, to_do) = (st.get("urgency-passed"), st.get("urgency-passed-do"));
        widgets::banner(ui, st.words, Tone::Good, &what, &to_do, "");
    }
    crate::ui::views::capture_state(ui, st, view);
    ui.add_enabled_ui(!done && !view.session.busy(), |ui| {
        two_columns(ui, 280.0, st, |ui, st| classes(ui, st, view), |ui, st| evidence(ui, st, view));
    });
}

fn classes(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.urgency;
    let served = s.ctx.policy.classes.iter().filter(|c| {
        c.venues.is_empty() || c.venues.contains(&s.data.health.venue) || d.class.as_ref() == Some(&c.id)
    });
    let not_urgent = st.get("urgency-none");
    let mut options: Vec<(Option<String>, &str)> =
        served.map(|c| (Some(c.id.clone()), c.text.get(st.tag()))).collect();
    options.push((None, &not_urgent));
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get("urgency-class")).font(fonts::bold(theme::TEXT_BODY)));
        let mut chosen = d.chosen.then(|| d.class.clone());
        let first = ui.next_auto_id();
        st.first(ui, first);
        let mut changed = widgets::radio_list(ui, &mut chosen, &options);
        let typing = ui.ctx().text_edit_focused();
        for (key, (class, _)) in DIGITS.iter().zip(&options) {
            if !typing && ui.is_enabled() && ui.input(|i| i.key_pressed(*key)) {
                chosen = Some(class.clone());
                changed = true;
            }
        }
        if changed && let Some(class) = chosen {
            st.send(Command::UrgencyClass(class));
        }
    });
}

fn evidence(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.urgency;
    let class = d.class.as_deref().and_then(|c| s.ctx.policy.class(c));
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get("evidence-title")).font(fonts::bold(theme::TEXT_BODY)));
        match class {
            None if d.chosen => {
                ui.label(st.get("urgency-none-what"));
            }
            None => {
                small(ui, &st.get("evidence-choose-first"));
            }
            Some(class) => {
                for item in &class.evidence {
                    let mut seen = d.evidence_seen.contains(&item.id);
                    let below = st.get("evidence-seen");
                    if widgets::check_tile(ui, &mut seen, item.text.get(st.tag()), &below).clicked() {
                        st.send(Command::EvidenceSeen(item.id.clone(), seen));
                    }
                }
                if class.approve == crate::gate::policy::Approver::Supervisor {
                    small(ui, &st.get("urgency-needs-supervisor"));
                }
            }
        }
        if s.ctx.policy.quota.daily.is_some_and(|daily| s.data.identity.sealed_today >= daily) {
            let mut asked = d.quota_jump_asked;
            let (text, below) = (st.get("quota-jump"), st.get("quota-jump-do"));
            if widgets::check_tile(ui, &mut asked, &text, &below).clicked() {
                st.send(Command::AskQuotaJump(asked));
            }
        }
        photos(ui, st, view);
    });
}

fn photos(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    if view.targets().contains(&Target::EvidencePhoto) {
        let label = speech::capture(st.words, Target::EvidencePhoto);
        if widgets::secondary_button(ui, &label).clicked() {
            st.send(Command::Capture(Target::EvidencePhoto));
        }
        small(ui, &st.get("evidence-photo-hint"));
    }
    ui.horizontal_wrapped(|ui| {
        for (i, photo) in s.data.urgency.photos.iter().enumerate() {
            let name = st.words.with("evidence-photo-name", &[("number", i + 1)]);
            st.pictures.show(ui, Some(&photo.jpeg), vec2(120.0, 90.0), &name);
        }
    });
}
