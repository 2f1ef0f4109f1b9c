//! Health of both people side by side: temperature, affirmations each its own act, the symptom question.

use eframe::egui::{Key, RichText, Ui};

use crate::gate::policy::{FeverRule, Subject};
use crate::session::event::{Command, Person, Target};
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::t;
use crate::ui::stage::{Stage, small, title, two_columns};
use crate::ui::theme::Tone;
use crate::ui::{fonts, speech, theme, widgets};

/// Where stepping of a temperature begins: an ordinary forehead reading.
const ORDINARY_DECIDEGREES_C: i32 = 365;
/// Place on the body of a typed reading.
const SITE: &str = "forehead";

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    title(ui, &st.get("step-health"));
    let done = super::Health.inputs(view.session, view.now).is_empty();
    if done {
        let (what, to_do) = (st.get("health-passed"), st.get("health-passed-do"));
        widgets::banner(ui, st.words, Tone::Good, &what, &to_do, "");
    }
    crate::ui::views::capture_state(ui, st, view);
    ui.add_enabled_ui(!done && !view.session.busy(), |ui| {
        venue(ui, st, view);
        ui.add_space(theme::GAP);
        two_columns(
            ui,
            280.0,
            st,
            |ui, st| person(ui, st, view, Person::Applicant),
            |ui, st| person(ui, st, view, Person::Officer),
        );
    });
}

fn venue(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    ui.label(RichText::new(st.get("venue")).font(fonts::bold(theme::TEXT_BODY)));
    let mut chosen = Some(s.data.health.venue.as_str());
    let options: Vec<(&str, &str)> =
        s.ctx.policy.venues.iter().map(|v| (v.id.as_str(), v.text.get(st.tag()))).collect();
    if widgets::chips(ui, &mut chosen, &options)
        && let Some(venue) = chosen
    {
        st.send(Command::Venue(venue.to_owned()));
    }
    let fever = s.ctx.policy.venue(&s.data.health.venue).map(|v| v.fever);
    if fever == Some(FeverRule::TreatingDoctor) {
        widgets::card(ui, |ui| {
            small(ui, &st.get("treating-doctor-when"));
            let start = s.data.health.treating_doctor.clone().unwrap_or_default();
            let label = st.get("missing-treating-doctor");
            let (response, text) = st.typed(ui, "treating-doctor", &label, &start, "");
            if response.changed() {
                st.send(Command::TreatingDoctor(text));
            }
            let mut worn = s.data.health.protective_equipment;
            if widgets::check_tile(ui, &mut worn, &st.get("missing-protective-equipment"), "").clicked() {
                st.send(Command::ProtectiveEquipment(worn));
            }
        });
    }
}

fn person(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, who: Person) {
    let s = view.session;
    let policy = &s.ctx.policy.health;
    let subject = if who == Person::Officer { &policy.officer } else { &policy.applicant };
    let facts = s.data.health.person(who);
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.get(&format!("person-{}", who.id())));
        temperature(ui, st, view, who, subject);
        ui.add_space(theme::GAP);
        for item in &subject.affirmations {
            let mut on = facts.affirmed.contains(&item.id);
            if widgets::check_tile(ui, &mut on, item.text.get(st.tag()), "").clicked() {
                st.send(Command::Affirm(who, item.id.clone(), on));
            }
        }
        ui.add_space(theme::GAP);
        ui.label(subject.symptom_question.get(st.tag()));
        let (no, yes) =
            (st.get(&format!("symptoms-no-{}", who.id())), st.get(&format!("symptoms-yes-{}", who.id())));
        let mut answer = facts.symptoms;
        if widgets::chips(ui, &mut answer, &[(false, no.as_str()), (true, yes.as_str())])
            && let Some(answer) = answer
        {
            st.send(Command::Symptoms(who, answer));
        }
        if who == Person::Applicant && subject.door_ticket_accepted {
            let start = facts.door_ticket.clone().unwrap_or_default();
            let (label, hint) = (st.get("door-ticket"), st.get("door-ticket-hint"));
            let (response, text) = st.typed(ui, "door-ticket", &label, &start, &hint);
            if response.changed() {
                st.send(Command::DoorTicket(text));
            }
        }
    });
}

fn temperature(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, who: Person, subject: &Subject) {
    let s = view.session;
    let last = s.data.health.person(who).readings.last();
    if let Some(reading) = last {
        let value = st.words.temperature(reading.decidegrees_c);
        let high = reading.decidegrees_c > subject.temperature.limit_decidegrees;
        let colour = if high { theme::DANGER } else { Tone::Good.colour() };
        ui.label(RichText::new(value).font(fonts::bold(theme::TEXT_TITLE)).color(colour));
        let at = st.words.time(reading.at, s.ctx.utc_offset_s);
        small(ui, &st.words.with("temperature-at", &[("time", at)]));
    }
    let target = Target::Temperature(who);
    if view.targets().contains(&target) {
        let button = widgets::secondary_button(ui, &speech::capture(st.words, target));
        if who == Person::Applicant {
            st.first(ui, button.id);
        }
        if button.clicked() {
            st.send(Command::Capture(target));
        }
    }
    let label = st.get(&format!("temperature-{}", who.id()));
    let mut typed = st.scratch.temperatures.get(who.id()).copied().flatten();
    let limit = subject.temperature.limit_decidegrees;
    let (least, most) =
        (subject.temperature.plausible_min_decidegrees, subject.temperature.plausible_max_decidegrees);
    let told = typed.and_then(|t| match t {
        t if !(least..=most).contains(&t) => Some(t!(
            st.words,
            "temperature-implausible",
            least = st.words.temperature(least),
            most = st.words.temperature(most)
        )),
        t if t > limit => Some(t!(st.words, "temperature-above", limit = st.words.temperature(limit))),
        _ => None,
    });
    if widgets::temperature_field(ui, st.words, &label, &mut typed, ORDINARY_DECIDEGREES_C, told.as_deref()) {
        st.scratch.temperatures.insert(who.id(), typed);
    }
    let entered = ui.input(|i| i.key_pressed(Key::Enter));
    // A slip of the fingers is no reading: it would stand in the record.
    if let Some(value) = typed.filter(|t| (least..=most).contains(t)) {
        let pressed =
            widgets::secondary_button(ui, &st.get(&format!("temperature-note-{}", who.id()))).clicked();
        if pressed || entered {
            st.send(Command::TemperatureTyped(who, value, SITE.to_owned()));
            st.scratch.temperatures.remove(who.id());
        }
    }
}
