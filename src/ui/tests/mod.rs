//! Walks the screens by accessible names on a desk in memory, in both languages. The harness panics on any control
//! without a name and on any glyph that the fonts lack.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use crate as rekam;

mod applicant;
mod boxes;
mod desk;
mod flows;
mod handover;
mod limits;
mod locking;
mod notes;
mod photo;
mod without_device;

use std::cell::RefCell;
use std::rc::Rc;

use eframe::egui::{Context, Key, Modifiers, Ui, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use record::schema::{Outcome, StepId};

use crate::i18n::{Language, Words};
use crate::session::event::Command;
use crate::ui::app::{RekamApp, WindowOptions};
use crate::ui::demo::DemoPerson;
use crate::ui::theme;
use desk::{Control, FakeDesk, SECRET};

/// A window on a desk in memory, driven by words.
struct Window {
    harness: Harness<'static, RekamApp>,
    words: Words,
    control: Rc<RefCell<Control>>,
}

impl Window {
    fn open(language: Language, size: Vec2) -> Self {
        Self::open_after(language, size, &[])
    }

    /// A window whose vault had to mend something when it was opened.
    fn open_after(language: Language, size: Vec2, mended: &[&'static str]) -> Self {
        let now = "2020-07-06T02:15:00Z".parse().unwrap();
        let control = Rc::new(RefCell::new(Control { now, mended: mended.to_vec(), ..Control::default() }));
        let desk = FakeDesk::new(Rc::clone(&control));
        // A running session asks for a frame twice a second, so a run does not settle by itself.
        let builder = Harness::builder().with_size(size).with_max_steps(8).with_context_setup(theme::apply);
        let options = WindowOptions { language, ..WindowOptions::default() };
        let app = RekamApp::new(&Context::default(), Box::new(desk), options);
        let frame = |ui: &mut Ui, app: &mut RekamApp| {
            app.pump(ui.ctx());
            app.draw(ui);
        };
        let harness = builder.build_ui_state(frame, app);
        let mut window = Self { harness, words: Words::new(language), control };
        window.run();
        window
    }

    fn run(&mut self) {
        self.harness.run_steps(4);
    }

    /// Presses the one control of this name.
    fn press(&mut self, name: &str) {
        let found: Vec<_> = self
            .harness
            .query_all_by_label(name)
            .filter(|n| !n.accesskit_node().is_disabled())
            .filter(|n| n.accesskit_node().role() != eframe::egui::accesskit::Role::Label)
            .collect();
        let Some(node) = found.first() else { panic!("nothing to press named {name:?}") };
        node.click_accesskit();
        drop(found);
        self.run();
    }

    fn press_id(&mut self, id: &str) {
        let name = self.words.get(id);
        self.press(&name);
    }

    fn press_with(&mut self, id: &str, name: &str) {
        let text = self.words.with(id, &[("name", name), ("device", name)]);
        self.press(&text);
    }

    /// Types into the field of this label.
    fn fill(&mut self, label: &str, text: &str) {
        let role = |n: &egui_kittest::Node<'_>| {
            use eframe::egui::accesskit::Role;
            matches!(n.accesskit_node().role(), Role::TextInput | Role::PasswordInput)
        };
        let node = self.harness.query_all_by_label(label).find(role);
        node.unwrap_or_else(|| panic!("no field {label:?}")).focus();
        self.run();
        let node = self.harness.query_all_by_label(label).find(role).unwrap();
        node.type_text(text);
        self.run();
        self.run();
    }

    fn fill_id(&mut self, id: &str, text: &str) {
        let label = self.words.get(id);
        self.fill(&label, text);
    }

    /// The primary action by its key.
    fn go_on(&mut self) {
        self.harness.key_press_modifiers(Modifiers::NONE, Key::F10);
        self.run();
    }

    fn sees(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    fn current(&self) -> Option<StepId> {
        self.harness.state().desk().session().map(|v| v.current())
    }

    fn outcome(&self) -> Option<Outcome> {
        self.harness.state().desk().session().map(|v| v.session.core.outcome)
    }

    fn send(&mut self, command: Command) {
        self.harness.state_mut().desk_mut().send(crate::runtime::station::DeskCommand::Session(command));
        self.run();
    }

    fn expect(&self, step: StepId) {
        assert_eq!(self.current(), Some(step), "blockers {:?}", self.blockers());
    }

    fn blockers(&self) -> Vec<String> {
        self.harness.state().desk().session().map(|v| v.blockers()).unwrap_or_default()
    }

    // The parts of a session, as an operator does them.

    fn sign_in(&mut self) {
        let role = self.words.get("role-operator");
        self.press(&format!("Oka Petugas · {role}"));
        self.fill_id("field-secret", SECRET);
        self.press_id("sign-in");
    }

    fn begin(&mut self) {
        self.press_id("new-applicant");
        self.expect(StepId::Health);
    }

    fn health(&mut self, applicant: &str) {
        for (who, value) in [("applicant", applicant), ("officer", "36.6")] {
            self.fill_id(&format!("temperature-{who}"), value);
            self.press_id(&format!("temperature-note-{who}"));
            self.press_id(&format!("symptoms-no-{who}"));
        }
        let desk = self.harness.state().desk();
        let h = &desk.policy().health;
        let tag = self.words.language().tag();
        let items = h.officer.affirmations.iter().chain(&h.applicant.affirmations);
        let names: Vec<String> = items.map(|a| a.text.get(tag).to_owned()).collect();
        for name in names {
            self.press(&name);
        }
        self.go_on();
    }

    fn identity(&mut self) {
        let person = DemoPerson::default();
        self.fill_id("field-nik", &person.nik);
        self.fill_id("field-no_kk", &person.no_kk);
        self.go_on();
        self.fill_id("field-nama", "sari contoh lestari");
        self.fill_id("birth-date-digits", "15042003");
        for (field, text) in [("jenis_kelamin", "PEREMPUAN"), ("status_perkawinan", "BELUM KAWIN")] {
            self.choose(field, text);
        }
        self.press_id("recorded-before-no");
        self.answer_warnings();
        self.go_on();
    }

    fn answer_warnings(&mut self) {
        let asked: Vec<String> = self
            .blockers()
            .iter()
            .filter_map(|b| b.strip_prefix("warning.").map(ToOwned::to_owned))
            .collect();
        for id in asked {
            let what = self.words.get(&format!("warn-{id}"));
            let label = self.words.with("warning-answer", &[("what", what.trim_end_matches('.'))]);
            self.fill(&label, "sesuai KK asli");
        }
    }

    fn choose(&mut self, field: &str, text: &str) {
        let (label, none) = (self.words.get(&format!("field-{field}")), self.words.get("action-choose"));
        self.press(&format!("{label}: {none}"));
        // Only the rows in view exist: the filter brings the wanted one to the top.
        self.fill_id("field-filter", text);
        self.harness.key_press(Key::Enter);
        self.run();
    }

    fn urgency(&mut self, class: &str) {
        let tag = self.words.language().tag();
        let class = self.harness.state().desk().policy().class(class).unwrap().clone();
        self.press(class.text.get(tag));
        for e in &class.evidence {
            self.press(e.text.get(tag));
        }
        self.go_on();
    }

    fn biodata(&mut self) {
        let person = DemoPerson::default();
        for (field, text) in &person.fields {
            let list = matches!(*field, "golongan_darah" | "agama" | "pekerjaan" | "kewarganegaraan");
            let known = matches!(*field, "nama" | "jenis_kelamin" | "status_perkawinan");
            if list {
                self.choose(field, text);
            } else if !known {
                self.fill_id(&format!("field-{field}"), text);
            }
        }
        self.press_id("read-aloud-open");
        self.press_id("read-aloud-done");
        self.press_id("biodata-confirmed");
        self.go_on();
    }

    fn photo(&mut self) {
        self.go_on(); // capture
        self.go_on(); // the applicant approves
        self.go_on();
    }

    fn sign(&mut self) {
        self.go_on(); // the pad
        self.go_on();
    }

    /// From the photo to the statement's end.
    fn captures(&mut self) {
        self.photo();
        self.expect(StepId::Signature);
        self.sign();
        self.expect(StepId::Fingers);
        self.fingers();
    }

    fn fingers(&mut self) {
        for _ in 0..4 {
            self.go_on();
        }
        self.expect(StepId::Irises);
    }

    fn rest(&mut self) {
        self.go_on();
        self.go_on();
        self.expect(StepId::Verification);
        for _ in 0..3 {
            self.go_on();
        }
        self.expect(StepId::Statement);
        self.press_id("statement-confirmed");
        self.sign();
        self.expect(StepId::Seal);
    }

    fn up_to_photo(&mut self) {
        self.control.borrow_mut().pad = true;
        self.sign_in();
        self.begin();
        self.health("36,5");
        self.expect(StepId::Identity);
        self.identity();
        self.expect(StepId::Urgency);
        self.urgency("school");
        self.expect(StepId::Biodata);
        self.biodata();
        self.expect(StepId::Photo);
    }

    fn decide(&mut self, who: &str, role: &str) {
        let role = self.words.get(role);
        self.press(&format!("{who} · {role}"));
        self.fill_id("decide-secret", SECRET);
        self.press_id("decide-approve");
    }
}

/// Normal size of the window.
const NORMAL: Vec2 = vec2(1280.0, 800.0);
/// Smallest size of the window.
const SMALL: Vec2 = vec2(1024.0, 640.0);
