//! Sign-in: the officers of this station as large choices, and their secret.

use eframe::egui::{CentralPanel, Key, RichText, ScrollArea, Ui};
use zeroize::Zeroize;

use super::super::stage::{Stage, small, title};
use super::super::{theme, widgets};
use crate::runtime::station::DeskCommand;
use crate::t;

const SECRET: &str = "sign-in-secret";
const OFFICER: &str = "sign-in-officer";

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>) {
    CentralPanel::default().frame(super::ground()).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let width = ui.available_width().min(560.0);
            ui.vertical_centered(|ui| {
                ui.set_max_width(width);
                ui.add_space(theme::GAP_WIDE);
                title(ui, &t!(st.words, "sign-in-title"));
                small(ui, &st.words.with("sign-in-station", &[("station", st.desk.station_id())]));
                ui.add_space(theme::GAP);
                widgets::card(ui, |ui| form(ui, st));
                ui.add_space(theme::GAP);
                small(ui, st.desk.policy().name.get(st.tag()));
            });
        });
    });
}

fn form(ui: &mut Ui, st: &mut Stage<'_>) {
    let officers = st.desk.officers();
    if officers.is_empty() {
        let (what, to_do) = (st.get("sign-in-nobody"), st.get("sign-in-nobody-do"));
        widgets::banner(ui, st.words, theme::Tone::Warning, &what, &to_do, "");
        return;
    }
    let lines: Vec<String> = officers
        .iter()
        .map(|o| format!("{} · {}", o.name, st.get(&format!("role-{}", o.role.id()))))
        .collect();
    let options: Vec<(String, &str)> =
        officers.iter().zip(&lines).map(|(o, line)| (o.id.to_string(), line.as_str())).collect();
    let mut chosen = st.scratch.texts.0.get(OFFICER).cloned();
    ui.label(RichText::new(st.get("sign-in-who")).strong());
    let first = ui.next_auto_id();
    st.first(ui, first);
    if widgets::radio_list(ui, &mut chosen, &options)
        && let Some(id) = &chosen
    {
        st.scratch.texts.0.insert(OFFICER.to_owned(), id.clone());
    }
    ui.add_space(theme::GAP);
    let secret = st.scratch.texts.0.entry(SECRET.to_owned()).or_default();
    let field = widgets::secret_field(ui, &st.words.get("field-secret"), secret, None);
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    ui.add_space(theme::GAP);
    let checking = st.desk.checking_secret();
    let officer = chosen.and_then(|id| officers.iter().find(|o| o.id.to_string() == id)).map(|o| o.id);
    let ready = !checking && officer.is_some() && !secret.is_empty();
    let label = if checking { "sign-in-checking" } else { "sign-in" };
    let pressed =
        ui.add_enabled_ui(ready, |ui| widgets::primary_button(ui, &st.words.get(label))).inner.clicked();
    if ready
        && (pressed || entered)
        && let Some(officer) = officer
    {
        let sent = zeroize::Zeroizing::new(std::mem::take(secret));
        secret.zeroize();
        st.out.push(DeskCommand::SignIn(officer, sent));
    }
}
