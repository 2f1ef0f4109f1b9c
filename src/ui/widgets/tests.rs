#![allow(clippy::unwrap_used, clippy::expect_used)]
use eframe::egui::{Event, Key, PointerButton, Pos2, TouchDeviceId, TouchId, TouchPhase, Ui, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use record::schema::{StepId, StepState};

use super::*;
use crate::i18n::{Language, Words};
use crate::ui::gallery::{Gallery, gallery};
use biometrics::position::{Eye, FingerPosition};

fn harness<S: 'static>(state: S, view: impl Fn(&mut Ui, &Words, &mut S) + 'static) -> Harness<'static, S> {
    let words = Words::new(Language::Indonesian);
    let builder = Harness::builder().with_size(vec2(900.0, 700.0)).with_context_setup(theme::apply);
    builder.build_ui_state(move |ui, state| view(ui, &words, state), state)
}

#[test]
fn whole_gallery_is_named_in_both_languages() {
    for language in Language::ALL {
        let words = Words::new(*language);
        let mut h = Harness::builder()
            .with_size(vec2(1280.0, 2000.0))
            .with_context_setup(theme::apply)
            .build_ui_state(move |ui, g: &mut Gallery| gallery(ui, &words, g), Gallery::default());
        h.run_ok();
        let words = Words::new(*language);
        for id in ["action-next", "action-back"] {
            h.get_by_role_and_label(Role::Button, &words.get(id));
        }
        for finger in FingerPosition::ALL {
            let name = words.get(&format!("finger-{}", finger.id()));
            assert!(h.query_all_by_label_contains(&name).count() >= 1, "{name}");
        }
    }
}

#[test]
fn buttons_answer_mouse_and_keys() {
    let mut h = harness(0_u32, |ui, _, n| {
        for press in [primary_button(ui, "satu"), secondary_button(ui, "dua"), danger_button(ui, "tiga")] {
            *n += u32::from(press.clicked());
        }
        ui.add_enabled_ui(false, |ui| *n += 100 * u32::from(primary_button(ui, "mati").clicked()));
    });
    h.get_by_label("satu").click();
    h.run();
    assert_eq!(*h.state(), 1);
    for key in [Key::Enter, Key::Space] {
        h.get_by_label("dua").focus();
        h.run();
        h.key_press(key);
        h.run();
    }
    assert_eq!(*h.state(), 3);
    h.get_by_label("mati").click();
    h.run();
    assert_eq!(*h.state(), 3);
    for name in ["satu", "dua", "tiga"] {
        let rect = h.get_by_label(name).rect();
        assert!(rect.width() >= theme::TOUCH && rect.height() >= theme::TOUCH, "{name}: {rect:?}");
    }
}

#[test]
fn digits_field_takes_digits_only() {
    let check = |typed: &str, expected: &str| {
        let mut h = harness(String::new(), |ui, words, value| {
            digits_field(ui, words, "NIK", value, DigitsField::NIK, None);
        });
        h.get_by_role_and_label(Role::TextInput, "NIK").focus();
        h.run();
        h.get_by_role_and_label(Role::TextInput, "NIK").type_text(typed);
        h.run();
        assert_eq!(h.state(), expected);
        h.get_by_label(&format!("{} dari 16 angka", expected.len()));
    };
    check("3302", "3302");
    check("33.02 01-57abc", "33020157");
    check("33020157080000429999", "3302015708000042");
    check("é²", "");
}

#[test]
fn temperature_is_typed_and_stepped() {
    let start = |value| {
        harness(value, |ui, words, value: &mut Option<i32>| {
            temperature_field(ui, words, "Suhu", value, 365, None);
        })
    };
    let check_typed = |typed: &str, expected: Option<i32>| {
        let mut h = start(None);
        h.get_by_role_and_label(Role::TextInput, "Suhu").focus();
        h.run();
        for part in typed.chars() {
            h.get_by_role_and_label(Role::TextInput, "Suhu").type_text(&part.to_string());
            h.run();
        }
        assert_eq!(*h.state(), expected, "{typed:?}");
    };
    check_typed("36,6", Some(366));
    check_typed("37.3", Some(373));
    check_typed("37", Some(370));
    check_typed("36,", None);
    check_typed("x", None);
    let mut h = start(None);
    h.get_by_label("Tambah: Suhu").click();
    h.run();
    assert_eq!(*h.state(), Some(365));
    h.get_by_label("Kurangi: Suhu").click();
    h.run();
    assert_eq!(*h.state(), Some(364));
    h.get_by_role_and_label(Role::TextInput, "Suhu").focus();
    h.run();
    h.key_press(Key::ArrowUp);
    h.run();
    assert_eq!(*h.state(), Some(365));
}

#[test]
fn select_filters_and_takes_by_keyboard() {
    const JOBS: &[&str] = &["BELUM BEKERJA", "PETANI/PEKEBUN", "GURU", "PELAJAR/MAHASISWA", "BURUH TANI"];
    let check = |typed: &str, keys: &[Key], expected: Option<&str>| {
        let mut h = harness(None, |ui, words, chosen: &mut Option<usize>| {
            select_list(ui, words, "Pekerjaan", chosen, JOBS);
        });
        h.get_by_role(Role::ComboBox).focus();
        h.run();
        h.key_press(Key::Enter);
        h.run();
        h.get_by_label("Ketik untuk mencari").type_text(typed);
        h.run();
        for key in keys {
            h.key_press(*key);
            h.run();
        }
        assert_eq!(h.state().and_then(|i| JOBS.get(i)).copied(), expected, "{typed:?} {keys:?}");
    };
    check("guru", &[Key::Enter], Some("GURU"));
    check("tani", &[Key::Enter], Some("PETANI/PEKEBUN"));
    check("tani", &[Key::ArrowDown, Key::Enter], Some("BURUH TANI"));
    check("tani", &[Key::ArrowDown, Key::ArrowDown, Key::ArrowUp, Key::Enter], Some("PETANI/PEKEBUN"));
    check("tani buruh", &[Key::Enter], Some("BURUH TANI"));
    check("guru", &[Key::Escape], None);
    check("dokter", &[Key::Enter], None);
}

#[test]
fn choices_and_affirmations() {
    let mut h = harness((None, false), |ui, _, (choice, tick): &mut (Option<u8>, bool)| {
        radio_list(ui, choice, &[(1, "satu"), (2, "dua")]);
        chips(ui, choice, &[(3, "tiga")]);
        check_tile(ui, tick, "masker", "dipakai");
    });
    for (label, expected) in [("dua", 2), ("tiga", 3), ("satu", 1)] {
        h.get_by_label(label).click();
        h.run();
        assert_eq!(h.state().0, Some(expected));
    }
    h.get_by_label("masker").focus();
    h.run();
    h.key_press(Key::Space);
    h.run();
    assert!(h.state().1);
}

#[test]
fn hands_and_eyes_are_pressed_by_name() {
    type Pressed = (Option<FingerPosition>, Option<Eye>);
    let mut h = harness((None, None), |ui, words, pressed: &mut Pressed| {
        let view = HandsView { state: &|_| StepState::Empty, wanted: &[] };
        pressed.0 = hands_picture(ui, words, &view).or(pressed.0);
        pressed.1 = eyes_picture(ui, words, &|_| StepState::Done, &[]).or(pressed.1);
    });
    let words = Words::new(Language::Indonesian);
    for finger in FingerPosition::ALL {
        let name = format!("{}: belum dimulai", words.get(&format!("finger-{}", finger.id())));
        assert!(h.get_by_label(&name).rect().size().min_elem() >= theme::TOUCH);
        h.get_by_label(&name).click();
        h.run_ok();
        assert_eq!(h.state().0, Some(*finger), "{name}");
    }
    h.get_by_label("Mata kiri: selesai").click();
    h.run_ok();
    assert_eq!(h.state().1, Some(Eye::Left));
}

fn pen(h: &Harness<'_, SignatureInk>, pos: Pos2, pressed: bool) {
    let modifiers = Default::default();
    h.event(Event::PointerMoved(pos));
    h.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers });
}

#[test]
fn signature_keeps_strokes_time_and_pressure() {
    let mut h = harness(SignatureInk::default(), |ui, words, ink: &mut SignatureInk| {
        signature_canvas(ui, words, ink, vec2(400.0, 200.0));
    });
    h.run();
    let pad = h.get_by_label("Bidang tanda tangan").rect();
    let at = |x: f32, y: f32| pad.min + vec2(x, y);
    h.event(Event::PointerMoved(at(10.0, 10.0)));
    h.run();
    let force = Some(0.5);
    let (device_id, id, phase) = (TouchDeviceId(1), TouchId(1), TouchPhase::Start);
    h.event(Event::Touch { device_id, id, phase, pos: at(10.0, 10.0), force });
    pen(&h, at(10.0, 10.0), true);
    h.step();
    for x in [20.0, 30.0, 40.0] {
        h.event(Event::PointerMoved(at(x, 15.0)));
        h.step();
    }
    // Leaves the box and comes back: two strokes, none of them along the edge.
    h.event(Event::PointerMoved(at(500.0, 15.0)));
    h.step();
    h.event(Event::PointerMoved(at(390.0, 20.0)));
    h.step();
    pen(&h, at(380.0, 20.0), false);
    h.step();
    let strokes = h.state().strokes();
    assert_eq!((strokes.width, strokes.height, strokes.scaled), (4000, 2000, false));
    assert_eq!(strokes.strokes.len(), 2, "{strokes:?}");
    let first = &strokes.strokes[0];
    let places: Vec<_> = first.iter().map(|p| (p.x, p.y)).collect();
    assert_eq!(places, [(100, 100), (200, 150), (300, 150), (400, 150)]);
    assert!(first[0].t_ms == 0 && first.is_sorted_by(|a, b| a.t_ms < b.t_ms), "{first:?}");
    assert_eq!(first[0].pressure, Some(32767));
    assert!(!format!("{:?}", h.state()).contains("100"), "points in Debug output");
    h.state_mut().undo();
    assert_eq!(h.state().strokes().strokes.len(), 1);
    h.state_mut().clear();
    assert!(h.state().is_empty());
}

#[test]
fn a_press_outside_draws_nothing() {
    let mut h = harness(SignatureInk::default(), |ui, words, ink: &mut SignatureInk| {
        signature_canvas(ui, words, ink, vec2(400.0, 200.0));
    });
    h.run();
    for (pos, pressed) in [(pos2(800.0, 600.0), true), (pos2(100.0, 100.0), false)] {
        pen(&h, pos, pressed);
        h.step();
    }
    assert!(h.state().is_empty());
}

#[test]
fn confirm_waits_for_its_reason() {
    type Asked = (String, Option<ConfirmAnswer>);
    let mut h = harness((String::new(), None), |ui, words, asked: &mut Asked| {
        let ask = Confirm {
            title: "Buang?",
            body: "Hilang.",
            yes: "Buang",
            danger: true,
            reason: Some(&mut asked.0),
        };
        if asked.1.is_none() {
            asked.1 = confirm(ui.ctx(), words, ask);
        }
    });
    h.run();
    h.get_by_label("Buang").click();
    h.run();
    assert_eq!(h.state().1, None, "answered without a reason");
    h.get_by_role_and_label(Role::TextInput, "Alasan").focus();
    h.run();
    h.get_by_role_and_label(Role::TextInput, "Alasan").type_text("salah orang");
    h.run();
    h.get_by_label("Buang").click();
    h.run();
    assert_eq!(h.state().1, Some(ConfirmAnswer::Yes));
    *h.state_mut() = (String::new(), None);
    h.run();
    h.key_press(Key::Escape);
    h.run();
    assert_eq!(h.state().1, Some(ConfirmAnswer::No));
}

#[test]
fn steps_are_spoken_with_their_state() {
    let mut h = harness(false, |ui, words, pressed| {
        *pressed |= step_item(ui, words, StepId::Photo, StepState::Failed, Some("kamera"), true).clicked();
    });
    h.get_by_label("Foto wajah: terganggu").click();
    h.run();
    assert!(*h.state());
}
