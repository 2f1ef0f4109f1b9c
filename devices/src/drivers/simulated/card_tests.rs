#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

fn card() -> Card {
    Card::new(vec![1, 2, 3, 4], b"photo").unwrap()
}

/// Sends commands in hexadecimal and compares the last answer.
fn check(commands: &[&str], expected: &str) {
    let mut card = card();
    let bytes = |hex: &str| -> Vec<u8> {
        hex.split(' ').filter(|b| !b.is_empty()).map(|b| u8::from_str_radix(b, 16).unwrap()).collect()
    };
    let answers: Vec<_> = commands.iter().map(|command| card.answer(&bytes(command))).collect();
    assert_eq!(answers.last().unwrap(), &bytes(expected), "{commands:?}");
}

const APPLICATION: &str = "00 A4 00 00 02 7F 0A";
const PHOTO: &str = "00 A4 00 00 02 6F F2";

#[test]
fn commands_and_answers() {
    check(&["FF CA 00 00 00"], "01 02 03 04 90 00");
    check(&[APPLICATION], "90 00");
    check(&["00 A4 00 00 02 7F 0A 00"], "90 00");
    check(&[PHOTO], "6A 82");
    check(&[APPLICATION, PHOTO], "90 00");
    check(&[APPLICATION, "00 B0 00 00 02"], "69 86");
    check(&[APPLICATION, PHOTO, "00 B0 00 00 02"], "00 05 90 00");
    check(&[APPLICATION, PHOTO, "00 B0 00 02 03"], "70 68 6F 90 00");
    check(&[APPLICATION, PHOTO, "00 B0 00 05 08"], "74 6F 62 82");
    check(&[APPLICATION, PHOTO, "00 B0 00 07 01"], "6B 00");
    check(&[APPLICATION, PHOTO, "00 B0 7F FF 01"], "6B 00");
    check(&[APPLICATION, "00 A4 00 00 02 6F F0", "00 B0 00 00 03"], "00 33 00 90 00");
    check(&[APPLICATION, "00 A4 00 00 02 6F F1"], "69 82");
    check(&[APPLICATION, "00 A4 00 00 02 12 34"], "6A 82");
    check(&["00 A4 00 00 02 7F"], "67 00");
    check(&["00 84 00 00 08"], "6D 00");
    check(&["80 84 00 00 08"], "6E 00");
    check(&["00"], "67 00");
    check(&[""], "67 00");
}

#[test]
fn a_photo_too_long_for_its_length_field_is_refused() {
    assert!(matches!(Card::new(Vec::new(), &vec![0; 65_536]), Err(DeviceFault::BadData { .. })));
}

proptest::proptest! {
    #[test]
    fn every_command_gets_a_status_word(apdu in proptest::collection::vec(proptest::num::u8::ANY, 0..12)) {
        proptest::prop_assert!(card().answer(&apdu).len() >= 2);
    }
}
