//! Biodata in groups, corrections old and new with their document, reading aloud, the applicant's word.

use eframe::egui::{RichText, Ui};

use crate::population::identity::{self, FieldIssue, field_text};
use crate::population::values;
use crate::session::event::Command;
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::ui::stage::{Dialog, Stage, small, title, two_columns};
use crate::ui::theme::Tone;
use crate::ui::{fonts, theme, widgets};

const PERSON: &[&str] = &["nama", "tempat_lahir", "tanggal_lahir", "jenis_kelamin", "golongan_darah"];
const ADDRESS: &[&str] = &["alamat", "rt", "rw", "kelurahan", "kecamatan", "kabupaten", "provinsi"];
const STATUS: &[&str] = &["agama", "status_perkawinan", "pekerjaan", "kewarganegaraan"];

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    title(ui, &st.get("step-biodata"));
    let locked = super::BiodataStep.inputs(s, view.now).is_empty();
    if locked {
        let (what, to_do) = (st.get("biodata-locked"), st.get("biodata-locked-do"));
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
    }
    let issues = identity::check(&s.data.biodata.values, s.ctx.local_date(view.now));
    ui.add_enabled_ui(!locked && !s.busy(), |ui| {
        two_columns(
            ui,
            280.0,
            st,
            |ui, st| {
                group(ui, st, view, &issues, "biodata-person", PERSON);
                ui.add_space(theme::GAP);
                group(ui, st, view, &issues, "biodata-status", STATUS);
            },
            |ui, st| {
                group(ui, st, view, &issues, "biodata-address", ADDRESS);
                ui.add_space(theme::GAP);
                corrections(ui, st, view);
            },
        );
        ui.add_space(theme::GAP);
        confirmations(ui, st, view);
    });
}

fn group(
    ui: &mut Ui,
    st: &mut Stage<'_>,
    view: &SessionView<'_>,
    issues: &[FieldIssue],
    heading: &str,
    fields: &[&str],
) {
    let b = &view.session.data.biodata;
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.get(heading));
        for name in fields {
            let label = st.get(&format!("field-{name}"));
            let value = field_text(&b.values, name).unwrap_or_default();
            let issue = issues.iter().find(|i| i.field == *name);
            // An empty field says by its place that it waits; anything else says what is wrong.
            let error = issue.filter(|i| i.id != "field-empty" && i.id != "name-empty");
            let error = error.map(|i| st.get(&format!("warn-{}", i.id)));
            match *name {
                "tanggal_lahir" => {
                    let label = st.get("birth-date-digits");
                    st.date(ui, &label, b.values.tanggal_lahir, error.as_deref());
                }
                "kewarganegaraan" => st.list(ui, name, &label, &value),
                _ if values::list_of(name).is_some() => st.list(ui, name, &label, &value),
                _ => {
                    let response = st.field(ui, name, &label, &value, error.as_deref());
                    if *name == "nama" {
                        st.first(ui, response.id);
                    }
                }
            }
        }
    });
}

fn corrections(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let d = &view.session.data.biodata;
    let found = d.corrections();
    if found.is_empty() {
        return;
    }
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.get("corrections-title"));
        small(ui, &st.get("corrections-what"));
        for c in &found {
            let name = st.get(&format!("field-{}", c.field));
            ui.label(RichText::new(name).font(fonts::bold(theme::TEXT_BODY)));
            ui.horizontal_wrapped(|ui| {
                let old = if c.old.is_empty() { st.get("correction-empty") } else { c.old.clone() };
                ui.label(RichText::new(old).strikethrough().color(theme::TEXT_WEAK));
                ui.label("→");
                ui.label(RichText::new(&c.new).font(fonts::bold(theme::TEXT_BODY)).color(theme::PRIMARY));
            });
        }
        let (label, hint) = (st.get("correction-document"), st.get("correction-document-hint"));
        let (response, text) = st.typed(ui, "correction-document", &label, &d.correction_document, &hint);
        if response.changed() {
            st.send(Command::CorrectionDocument(text));
        }
    });
}

fn confirmations(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let d = &view.session.data.biodata;
    widgets::card(ui, |ui| {
        if widgets::secondary_button(ui, &st.get("read-aloud-open")).clicked() {
            st.scratch.dialog = Some(Dialog::ReadAloud);
        }
        let mut read = d.read_aloud;
        if widgets::check_tile(ui, &mut read, &st.get("read-aloud"), &st.get("read-aloud-do")).clicked() {
            st.send(Command::ReadAloud(read));
        }
        let mut confirms = d.applicant_confirms;
        let (text, below) = (st.get("biodata-confirmed"), st.get("biodata-confirmed-do"));
        if widgets::check_tile(ui, &mut confirms, &text, &below).clicked() {
            st.send(Command::ApplicantConfirms(confirms));
        }
    });
}
