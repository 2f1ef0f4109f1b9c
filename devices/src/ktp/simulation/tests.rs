#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::vocabulary::CardType;

fn card(card_type: CardType) -> SimulatedCard {
    let mut contents = Contents::new(1, vec![1, 2, 3, 4], b"photo".to_vec());
    contents.card_type = card_type;
    SimulatedCard::new(Arc::new(contents), Secrets::from_seed(1)).unwrap()
}

/// Sends commands in hexadecimal and compares the last answer.
fn check(commands: &[&str], expected: &str) {
    let mut card = card(CardType::A);
    let bytes = |text: &str| hex::decode(text.replace(' ', "")).unwrap();
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
    check(&[APPLICATION, "00 A4 00 00 02 6F F4"], "69 82");
    check(&[APPLICATION, "00 A4 00 00 02 12 34"], "6A 82");
    check(&["00 A4 00 00 02 7F"], "67 00");
    check(&["00 84 00 00 08"], "6D 00");
    check(&["00 DD 00 00 08"], "6D 00");
    check(&[APPLICATION, "00 82 00 00 01 00"], "69 85");
    check(&[APPLICATION, "00 84 00 00 08", "00 82 00 00 01 00"], "63 00");
    check(&["0C A4 00 00 01 00 00"], "69 88");
    check(&["80 84 00 00 08"], "6E 00");
    check(&["00"], "67 00");
    check(&[""], "67 00");
}

#[test]
fn a_photo_too_long_for_its_length_field_is_refused() {
    let contents = Contents::new(1, Vec::new(), vec![0; 65_536]);
    assert!(SimulatedCard::new(Arc::new(contents), Secrets::from_seed(1)).is_err());
}

#[test]
fn answers_to_reset_add_up() {
    for atr in [card(CardType::A).atr(), card(CardType::B).atr(), SimulatedSam::new(Secrets::random()).atr()]
    {
        assert_eq!(atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte), 0, "{atr:02x?}");
        assert_eq!(
            usize::from(atr[1] & 0x0F),
            atr.len() - if atr[1] & 0x80 != 0 && atr[2] & 0x80 != 0 { 5 } else { 4 }
        );
    }
}

#[test]
fn a_pupi_is_another_one_each_time() {
    let mut card = card(CardType::B);
    let first = card.answer(&[0xFF, 0xCA, 0, 0, 0]);
    card.reset();
    assert!(first.len() == 6 && first != card.answer(&[0xFF, 0xCA, 0, 0, 0]));
}

#[test]
fn secrets_differ() {
    let openings: Vec<String> =
        [Secrets::from_seed(1), Secrets::from_seed(2), Secrets::random(), Secrets::random()]
            .iter()
            .map(|secrets| {
                let sam = SimulatedSam::new(secrets.clone());
                drop(sam);
                hex::encode(secrets.opening().expose())
            })
            .collect();
    for (index, opening) in openings.iter().enumerate() {
        assert!(!openings[..index].contains(opening));
    }
    assert_eq!(Secrets::from_seed(5).opening().expose(), Secrets::from_seed(5).opening().expose());
}

#[test]
fn faults_from_text() {
    let check = |text: &str, expected: Option<CardFault>| assert_eq!(text.parse().ok(), expected, "{text}");
    check("slow:250", Some(CardFault::Slow(250)));
    check("slow:60001", None);
    check("slow", None);
    check("remove:3", Some(CardFault::Remove(3)));
    check("remove:0", None);
    check("status:4:6f00", Some(CardFault::Status(4, 0x6F00)));
    check("status:4:6f", None);
    check("status:4", None);
    check("empty:1", Some(CardFault::Empty(1)));
    check("half:2", Some(CardFault::Half(2)));
    check("long:5:66000", Some(CardFault::Long(5, 66_000)));
    check("long:5:70001", None);
    check("chunk:112", Some(CardFault::Chunk(112)));
    check("exact:256", None);
    check("endless", Some(CardFault::Endless));
    check("endless:1", None);
    check("crumbs", Some(CardFault::Crumbs));
    check("get-response", Some(CardFault::GetResponse));
    check("flip:9", Some(CardFault::Flip(9)));
    check("", None);
}

proptest! {
    #[test]
    fn every_command_gets_a_status_word(apdu in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(card(CardType::A).answer(&apdu).len() >= 2);
        let mut sam = SimulatedSam::new(Secrets::from_seed(1));
        prop_assert!(sam.answer(&apdu).len() >= 2);
        let opening = crate::ktp::apdu::with_data([0, 0xF0, 0, 0], Secrets::from_seed(1).opening().expose()).unwrap();
        prop_assert_eq!(sam.answer(&opening), [0x90, 0x00]);
        prop_assert!(sam.answer(&apdu).len() >= 2);
    }
}
