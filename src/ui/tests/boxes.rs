//! The last slap with its boxes, and their correction by buttons.

use biometrics::position::{FingerPosition, Slap};

use super::*;
use crate::session::sample::SlapSample;

/// A window at the fingers with one whole slap captured.
fn with_a_slap(language: Language, size: Vec2) -> Window {
    let mut w = Window::open(language, size);
    w.control.borrow_mut().whole_slaps = true;
    w.up_to_photo();
    w.photo();
    w.sign();
    w.expect(StepId::Fingers);
    w.go_on();
    w
}

impl Window {
    /// Presses a finger among the choices of the question: the hands behind it have the same names.
    fn choose_finger(&mut self, id: &str) {
        let name = self.words.get(id);
        let role = eframe::egui::accesskit::Role::RadioButton;
        let node = self.harness.query_all_by_label(&name).find(|n| n.accesskit_node().role() == role);
        node.unwrap_or_else(|| panic!("no choice {name:?}")).click_accesskit();
        self.run();
    }
}

fn right(w: &Window) -> SlapSample {
    let view = w.harness.state().desk().session().unwrap();
    view.session.data.fingers.slaps[&Slap::RightFour].clone()
}

fn corrected(w: &Window) -> Vec<FingerPosition> {
    right(w).boxes.iter().filter(|b| b.corrected).map(|b| b.position).collect()
}

#[test]
fn a_box_is_corrected_by_buttons() {
    for (language, size) in [(Language::Indonesian, SMALL), (Language::English, NORMAL)] {
        let mut w = with_a_slap(language, size);
        let touching = w.words.get("slap-note-touching");
        assert!(w.sees(&touching), "what was noticed is said");
        w.press_id("slap-boxes-open");
        w.choose_finger("finger-right_ring");
        w.press_id("box-right");
        w.press_id("box-turn-left");
        w.press_id("boxes-use");
        assert_eq!(corrected(&w), [FingerPosition::RightRing], "{size:?}");
        let used = w.words.get("boxes-use");
        assert!(!w.sees(&used), "the question is closed");
    }
}

#[test]
fn boxes_on_each_other_are_refused_and_nothing_changes() {
    let mut w = with_a_slap(Language::Indonesian, NORMAL);
    w.press_id("slap-boxes-open");
    w.choose_finger("finger-right_middle");
    let refused = w.words.get("boxes-refused");
    for _ in 0..60 {
        if w.sees(&refused) {
            break;
        }
        w.press_id("box-left");
    }
    assert!(w.sees(&refused));
    w.press_id("action-cancel");
    assert_eq!(corrected(&w), []);
}
