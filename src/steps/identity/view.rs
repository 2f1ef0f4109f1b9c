//! NIK and No. KK with live checks, what queue and roster know, warnings each with its reason.

use eframe::egui::{RichText, Ui, vec2};

use super::{CardCheck, TWIN_WARNING};
use crate::population::kk::NoKk;
use crate::population::nik::Nik;
use crate::session::event::{CardAtStation, Command, Target};
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::t;
use crate::ui::screens::handover_pages::judgement;
use crate::ui::stage::{Stage, pair, small, title, two_columns};
use crate::ui::theme::Tone;
use crate::ui::widgets::DigitsField;
use crate::ui::{fonts, theme, views, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    title(ui, &st.get("step-identity"));
    let bound = super::Identity.inputs(s, view.now).is_empty();
    if bound {
        let (what, to_do) = (st.get("identity-bound"), st.get("identity-bound-do"));
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
    }
    ui.add_enabled_ui(!bound && !s.busy(), |ui| {
        two_columns(ui, 280.0, st, |ui, st| numbers(ui, st, view), |ui, st| person(ui, st, view));
        if s.data.identity.looked_up {
            warnings(ui, st, view);
        }
    });
}

fn numbers(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let d = &view.session.data.identity;
    widgets::card(ui, |ui| {
        // Sixteen digits are judged at once; fewer are only counted while they are typed.
        let full = |text: &str| text.len() >= 16;
        let nik = Nik::parse(&d.nik_text).err().filter(|_| full(&d.nik_text)).map(|e| e.id().to_owned());
        let kk = NoKk::parse(&d.kk_text).err().filter(|_| full(&d.kk_text)).map(|e| e.id().to_owned());
        number(ui, st, "nik", &d.nik_text, DigitsField::NIK, nik);
        ui.add_space(theme::GAP);
        number(ui, st, "no_kk", &d.kk_text, DigitsField::NO_KK, kk);
    });
    if d.looked_up {
        ui.add_space(theme::GAP);
        card(ui, st, view);
    }
}

fn number(
    ui: &mut Ui,
    st: &mut Stage<'_>,
    name: &str,
    value: &str,
    field: DigitsField,
    error: Option<String>,
) {
    let mut text = value.to_owned();
    let label = st.get(&format!("field-{name}"));
    let error =
        error.map(|id| format!("{} {}", st.get(&format!("warn-{id}")), st.get(&format!("warn-{id}-do"))));
    let response = widgets::digits_field(ui, st.words, &label, &mut text, field, error.as_deref());
    if name == "nik" && value.is_empty() {
        st.first(ui, response.id);
    }
    if response.changed() {
        st.send(Command::Field(name.to_owned(), text));
    }
}

fn person(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.identity;
    if d.look_up_failed {
        let (what, to_do) = (st.get("look-up-failed"), st.get("look-up-failed-do"));
        widgets::banner(ui, st.words, Tone::Error, &what, &to_do, "");
    }
    if s.core.look_up.is_some() {
        widgets::banner(ui, st.words, Tone::Info, &st.get("look-up-running"), "", "");
        return;
    }
    if !d.looked_up {
        let (what, to_do) = (st.get("identity-first"), st.get("identity-first-do"));
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
        return;
    }
    let id = if d.from_roster { "look-up-found" } else { "look-up-not-found" };
    let tone = if d.from_roster { Tone::Good } else { Tone::Info };
    widgets::banner(ui, st.words, tone, &st.get(id), &st.get(&format!("{id}-do")), "");
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        let b = &s.data.biodata.values;
        if d.from_roster {
            pair(ui, &st.get("field-nama"), &b.nama);
            let born = b.tanggal_lahir.map(|d| st.words.date_long(d)).unwrap_or_default();
            pair(ui, &st.get("field-tanggal_lahir"), &born);
            pair(ui, &st.get("field-jenis_kelamin"), &b.jenis_kelamin);
            pair(ui, &st.get("field-status_perkawinan"), &b.status_perkawinan);
        } else {
            let label = st.get("field-nama");
            let name = st.field(ui, "nama", &label, &b.nama, None);
            st.first(ui, name.id);
            let label = st.get("birth-date-digits");
            st.date(ui, &label, b.tanggal_lahir, None);
            for field in ["jenis_kelamin", "status_perkawinan"] {
                let label = st.get(&format!("field-{field}"));
                let value = if field == "jenis_kelamin" { &b.jenis_kelamin } else { &b.status_perkawinan };
                st.list(ui, field, &label, value);
            }
        }
        ui.add_space(theme::GAP);
        ui.label(RichText::new(st.get("recorded-before")).font(fonts::bold(theme::TEXT_BODY)));
        let (no, yes) = (st.get("recorded-before-no"), st.get("recorded-before-yes"));
        let mut answer = d.recorded_before;
        let first = ui.next_auto_id();
        let changed = widgets::chips(ui, &mut answer, &[(false, no.as_str()), (true, yes.as_str())]);
        if d.from_roster {
            st.first(ui, first);
        }
        if changed && let Some(answer) = answer {
            st.send(Command::RecordedBefore(answer));
        }
    });
}

/// "Already has a card?": the card that the applicant holds, its picture beside the person.
fn card(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.identity;
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get("card-claimed")).font(fonts::bold(theme::TEXT_BODY)));
        let (no, yes) = (st.get("card-claimed-no"), st.get("card-claimed-yes"));
        let mut claimed = d.card_claimed;
        if widgets::chips(ui, &mut claimed, &[(false, no.as_str()), (true, yes.as_str())])
            && let Some(claimed) = claimed
        {
            st.send(Command::CardClaimed(claimed));
        }
        views::capture_state(ui, st, view);
        if d.card_claimed != Some(true) && d.card.is_none() {
            return;
        }
        if s.can_capture(Target::Card, view.now)
            && widgets::secondary_button(ui, &st.get("capture-card")).clicked()
        {
            st.send(Command::Capture(Target::Card));
        }
        let Some(check) = d.card.as_ref().filter(|c| c.sample.is_ktp) else {
            small(ui, &st.get("card-what"));
            return;
        };
        let room = vec2(132.0, 176.0);
        ui.horizontal_top(|ui| {
            st.pictures.show(ui, check.sample.photo.as_ref(), room, &st.words.get("handover-chip-photo"));
            match &s.data.photo.sample {
                Some(recorded) => {
                    st.pictures.show(ui, Some(&recorded.jpeg), room, &st.words.get("applicant-photo"));
                }
                None if super::wants_live_picture(s) => {
                    let newest = st.desk.preview();
                    st.pictures.show_preview(ui, newest, room, &st.words.get("card-live"));
                }
                None => {}
            }
        });
        if check.sample.photo.is_some() {
            ui.label(st.get("handover-face-ask"));
            if let Some(judgement) = judgement(ui, st, check.judged) {
                st.send(Command::JudgeCard(judgement));
            }
        }
        at_station(ui, st, view, check);
        if super::holds_card(d) {
            let (what, to_do) = (st.get("card-own"), st.get("card-own-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
    });
}

/// What the station's ledger of cards says of the card: a record's short code and a day, nothing of a person.
fn at_station(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>, check: &CardCheck) {
    match &check.at_station {
        CardAtStation::Unasked if check.asked.is_some() => small(ui, &st.get("card-ledger-running")),
        CardAtStation::Unasked | CardAtStation::Unanswered => small(ui, &st.get("card-ledger-unknown")),
        CardAtStation::NotHanded => small(ui, &st.get("card-ledger-none")),
        CardAtStation::Handed { code, at } => {
            let on = st.words.date_long(view.session.ctx.local_date(*at));
            let what = t!(st.words, "card-ledger-handed", code = code.as_str(), on = on);
            widgets::banner(ui, st.words, Tone::Warning, &what, "", "");
        }
    }
}

fn warnings(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let today = s.ctx.local_date(view.now);
    for id in super::warnings(s, today) {
        ui.add_space(theme::GAP);
        let (what, to_do) = (st.get(&format!("warn-{id}")), st.get(&format!("warn-{id}-do")));
        let answered = s.data.identity.answers.contains_key(&id);
        let tone = if answered { Tone::Good } else { Tone::Warning };
        let own = id == TWIN_WARNING || super::CARD_WARNINGS.contains(&id.as_str());
        let code = if own { "" } else { id.as_str() };
        widgets::banner(ui, st.words, tone, &what, &to_do, code);
        let start = s.data.identity.answers.get(&id).cloned().unwrap_or_default();
        let label = st.words.with("warning-answer", &[("what", what.trim_end_matches('.'))]);
        let hint = st.get("field-reason-hint");
        let (response, text) = st.typed(ui, &format!("warning.{id}"), &label, &start, &hint);
        if response.changed() {
            st.send(Command::AnswerWarning(id, text));
        }
    }
}
