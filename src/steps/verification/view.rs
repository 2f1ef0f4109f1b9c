//! The chip fingers captured a second time, beside what was recorded.

use biometrics::position::FingerPosition;
use eframe::egui::{RichText, Ui, vec2};
use record::schema::StepState;

use super::{Replaced, chip_fingers, is_verified, replaced};
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::t;
use crate::ui::stage::{Dialog, Stage, small, title};
use crate::ui::theme::Tone;
use crate::ui::{fonts, theme, views, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    title(ui, &st.get("step-verification"));
    ui.label(st.get("verification-what"));
    views::capture_state(ui, st, view);
    let chip = chip_fingers(s);
    if chip.is_empty() {
        let (what, to_do) = (st.get("verification-none"), st.get("verification-none-do"));
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
    }
    for (first, used, why) in replaced(s) {
        let id = match why {
            Replaced::Weak => "chip-finger-weak",
            Replaced::NotMatching => "chip-finger-not-matching",
        };
        let name = |f: FingerPosition| st.get(&format!("finger-{}", f.id()));
        let names = [("first", name(first)), ("used", name(used))];
        let told = st.words.with(id, &names.each_ref().map(|(key, name)| (*key, name.as_str())));
        widgets::banner(ui, st.words, Tone::Info, &told, "", "");
    }
    if s.core.identical_sample {
        let (what, to_do) = (st.get("identical-sample"), st.get("identical-sample-do"));
        widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "identical_sample");
    }
    for f in chip {
        ui.add_space(theme::GAP);
        finger(ui, st, view, f);
    }
    if super::Verification.inputs(s, view.now).iter().any(|i| i == "accept-best")
        && widgets::secondary_button(ui, &st.get("verification-except")).clicked()
    {
        st.scratch.dialog = Some(Dialog::AcceptBest(String::new()));
    }
}

fn finger(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, f: FingerPosition) {
    let s = view.session;
    let name = st.get(&format!("finger-{}", f.id()));
    let verified = s.data.verification.verified.get(&f).filter(|_| is_verified(s, f));
    widgets::card(ui, |ui| {
        ui.horizontal_top(|ui| {
            let size = vec2(104.0, 120.0);
            let spoken = st.words.with("verification-recorded", &[("name", name.as_str())]);
            st.pictures.show(ui, s.data.fingers.samples.get(&f).map(|r| &r.jp2), size, &spoken);
            let spoken = st.words.with("verification-again", &[("name", name.as_str())]);
            st.pictures.show(ui, verified.map(|v| &v.sample.jp2), size, &spoken);
            ui.vertical(|ui| {
                ui.label(RichText::new(&name).font(fonts::bold(theme::TEXT_BIG)));
                match verified {
                    Some(v) => {
                        let text = t!(st.words, "verified", score = v.score, threshold = v.threshold);
                        let colour = theme::state_colour(StepState::Done);
                        ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BODY)).color(colour));
                    }
                    None => {
                        ui.label(st.get("not-verified"));
                    }
                }
                let failed = s.data.verification.failed.get(&f).copied().unwrap_or(0);
                if failed > 0 {
                    small(ui, &st.words.with("verification-failed", &[("count", failed)]));
                }
            });
        });
    });
}
