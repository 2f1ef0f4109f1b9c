#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Well-behaved cards: the free part, and the protected part with a SAM.

use std::sync::Arc;
use std::time::{Duration, Instant};

use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
use biometrics::position::FingerPosition;
use biometrics::synth::finger::{FingerSpec, Impression, render};
use proptest::prelude::*;

use super::protected::Protected;
use super::sam::{Sam, SamCard, SamSecret};
use super::simulation::{
    CardFault, Contents, FaultyCard, Secrets, SerialCommand, SimulatedCard, SimulatedSam, person,
};
use super::*;
use crate::conformance::TestWatch;
use crate::pace::DeadlineOnly;

/// A channel to a simulated card; a card that was taken away comes back at the next beginning.
pub(super) struct Lane(pub(super) FaultyCard);

impl ApduChannel for Lane {
    fn begin(&mut self, _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        self.0.insert();
        Ok(self.0.atr())
    }

    fn transmit(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        let reply = self.0.answer(apdu);
        match pace::wait(reply.after, watch, || false) {
            pace::Waited::Cancelled => return Err(CaptureEnd::Cancelled),
            pace::Waited::Deadline => return Err(DeviceFault::Hung { after_ms: 1 }.into()),
            _ => {}
        }
        reply.bytes.ok_or(CaptureEnd::Retry(Retry::CardRemoved))
    }
}

pub(super) struct SamLane(pub(super) SimulatedSam);

impl ApduChannel for SamLane {
    fn begin(&mut self, _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        self.0.reset();
        Ok(self.0.atr())
    }
    fn transmit(&mut self, apdu: &[u8], _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        Ok(self.0.answer(apdu))
    }
}

pub(super) const UID: [u8; 7] = [0x04, 1, 2, 3, 4, 5, 6];

/// A JPEG by its first bytes, of any length.
pub(super) fn jpeg(length: usize) -> Vec<u8> {
    let mut photo: Vec<u8> = (0..length).map(|i| (i * 7 % 251) as u8).collect();
    photo[..4].copy_from_slice(&[0xFF, 0xD8, 0xFF, 0xE0]);
    photo
}

pub(super) fn contents(photo: Vec<u8>) -> Contents {
    Contents::new(7, UID.to_vec(), photo)
}

pub(super) fn lane(contents: Contents, faults: &[CardFault]) -> Lane {
    let card = SimulatedCard::new(Arc::new(contents), Secrets::from_seed(7)).unwrap();
    Lane(FaultyCard::new(card, faults.to_vec()))
}

pub(super) fn in_ms(ms: u64) -> DeadlineOnly {
    DeadlineOnly(Instant::now() + Duration::from_millis(ms))
}

pub(super) fn free(lane: &mut Lane, photo: bool, watch: &dyn CaptureWatch) -> Result<CardRead, CaptureEnd> {
    let atr = lane.begin(watch)?;
    read_free(lane, &atr, photo, watch)
}

#[test]
fn photos_of_every_length_come_back_byte_for_byte() {
    let check = |length: usize, faults: &[CardFault]| {
        let photo = jpeg(length);
        let read = free(&mut lane(contents(photo.clone()), faults), true, &in_ms(60_000)).unwrap();
        assert_eq!((read.uid.as_slice(), read.card_type, read.is_ktp), (&UID[..], CardType::A, true));
        assert!(read.photo.as_ref() == Some(&photo), "{length} {faults:?}");
    };
    for length in [4, 5, 6, 7, 8, 0x6F, 0x70, 0xD0, 0xD5, 0xD6, 0xD7, 255, 256, 257, 4000, FILE_MAX_BYTES] {
        check(length, &[]);
    }
    for length in [4, 300, 4000] {
        check(length, &[CardFault::Chunk(0x70)]);
        check(length, &[CardFault::Exact(0x70)]);
        check(length, &[CardFault::Exact(100)]);
        check(length, &[CardFault::GetResponse]);
        check(length, &[CardFault::GetResponse, CardFault::Chunk(0x70)]);
        check(length, &[CardFault::Slow(1)]);
    }
    check(600, &[CardFault::Crumbs]);
    let none = free(&mut lane(contents(jpeg(50)), &[]), false, &in_ms(60_000)).unwrap();
    assert_eq!(none.photo, None);
}

#[test]
fn types_are_told_apart() {
    let check = |card_type: CardType, uid: &[u8], serial: SerialCommand, expected: Option<CardType>| {
        let mut contents = contents(jpeg(40));
        (contents.card_type, contents.uid, contents.serial_command) = (card_type, uid.to_vec(), serial);
        let read = free(&mut lane(contents, &[]), false, &in_ms(60_000)).unwrap();
        assert_eq!(expected, Some(read.card_type));
        assert_eq!(read.uid.as_slice() == uid, serial != SerialCommand::None || card_type == CardType::A);
    };
    let serial = [1, 2, 3, 4, 5, 6, 7, 8];
    check(CardType::A, &UID, SerialCommand::None, Some(CardType::A));
    check(CardType::A, &[8, 1, 2, 3], SerialCommand::None, Some(CardType::Unknown));
    check(CardType::B, &serial, SerialCommand::Dd, Some(CardType::B));
    check(CardType::B, &serial, SerialCommand::Df, Some(CardType::B));
    check(CardType::B, &serial, SerialCommand::None, Some(CardType::B));
}

#[test]
fn signalling_from_the_atr() {
    let check = |atr: &str, uid: Option<usize>, expected: CardType| {
        let atr = hex::decode(atr).unwrap();
        assert_eq!(signalling(&atr, uid.map(|n| vec![0; n]).as_deref()), expected, "{atr:02x?} {uid:?}");
    };
    check("3b8f8001804f0ca000000306030001000000006a", Some(4), CardType::A);
    check("3b8f8001804f0ca0000003060600ff0000000000", Some(8), CardType::B);
    check("3b888001000000008181000000", Some(4), CardType::B);
    check("3b888001000000008181000000", None, CardType::B);
    check("3b888001000000008181000000", Some(7), CardType::A);
    check("3b8580010102030405", Some(10), CardType::A);
    check("3b8580010102030405", Some(4), CardType::Unknown);
    check("", Some(7), CardType::A);
    check("", None, CardType::Unknown);
    check("3b", Some(4), CardType::Unknown);
}

#[test]
fn another_card_is_no_ktp() {
    let mut other = contents(jpeg(40));
    other.is_ktp = false;
    let read = free(&mut lane(other, &[]), true, &in_ms(60_000)).unwrap();
    assert_eq!((read.is_ktp, read.photo), (false, None));
}

#[test]
fn media_types() {
    let check =
        |photo: &[u8], expected: Option<&str>| assert_eq!(photo_media_type(photo), expected, "{photo:?}");
    check(&jpeg(4), Some("image/jpeg"));
    check(&[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0], Some("image/png"));
    check(&[0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A], Some("image/jp2"));
    check(&[0xFF, 0x4F, 0xFF, 0x51], Some("image/j2c"));
    check(b"P5 1 1 255 x", None);
    check(&[], None);
}

/// What a SAM of this office and a card of that one come to.
pub(super) fn with_sam(
    contents: Contents,
    faults: &[CardFault],
    sam: &Secrets,
) -> Result<Protected, CaptureEnd> {
    let mut lane = lane(contents, faults);
    let mut sam_card = SamCard::new(SamLane(SimulatedSam::new(sam.clone())));
    protected::read(&mut lane, &mut sam_card, &sam.opening(), &in_ms(60_000))
}

#[test]
fn a_sam_opens_the_protected_part() {
    let (seed, photo) = (7, jpeg(1234));
    let mut of_29 = contents(photo.clone());
    of_29.control = vec![3; 29];
    for contents in [contents(photo.clone()), of_29] {
        let read = with_sam(contents.clone(), &[], &Secrets::from_seed(seed)).unwrap();
        assert!(read.genuine && read.free.photo == Some(photo.clone()));
        assert_eq!(read.biodata, person(seed));
        let made = contents.signature_and_fingers().unwrap();
        assert_eq!(read.signature.as_ref(), Some(&made[0]));
        // The fingers on the chip are those that the simulated fingerprint reader of the same person gives.
        let matcher = MinutiaeMatcher::new();
        for (record, position) in
            read.minutiae.into_iter().zip([FingerPosition::LeftIndex, FingerPosition::RightIndex])
        {
            let chip = record.unwrap().body.template(0).unwrap();
            let image = render(&FingerSpec { person_seed: seed, position }, &Impression::ordinary(9));
            let live = matcher.extract(&image).unwrap();
            assert!(matcher.compare(&live, &chip).unwrap() >= matcher.threshold(), "{position}");
        }
    }
    let mut b = contents(photo);
    (b.card_type, b.uid, b.serial_command) = (CardType::B, vec![9; 8], SerialCommand::Df);
    assert!(with_sam(b, &[], &Secrets::from_seed(seed)).unwrap().genuine);
}

#[test]
fn a_sam_is_strict() {
    let untrusted = |answer: Result<Protected, CaptureEnd>, word: &str| match answer {
        Err(CaptureEnd::Fault(DeviceFault::Untrusted { detail })) => {
            assert!(detail.contains(word), "{detail}")
        }
        other => panic!("{word}: {other:?}"),
    };
    // A card of another office.
    untrusted(with_sam(contents(jpeg(40)), &[], &Secrets::from_seed(8)), "does not accept this SAM");
    // Answer 9 is the card's challenge, 10 its proof, from 11 on everything is in secure messaging.
    untrusted(
        with_sam(contents(jpeg(40)), &[CardFault::Flip(9)], &Secrets::from_seed(7)),
        "does not accept this SAM",
    );
    untrusted(with_sam(contents(jpeg(40)), &[CardFault::Flip(10)], &Secrets::from_seed(7)), "as genuine");
    untrusted(
        with_sam(contents(jpeg(40)), &[CardFault::Flip(11)], &Secrets::from_seed(7)),
        "changed on its way",
    );
    let mut lane = lane(contents(jpeg(40)), &[]);
    let mut sam = SamCard::new(SamLane(SimulatedSam::new(Secrets::from_seed(7))));
    let wrong = SamSecret::from_hex(&"00".repeat(32)).unwrap();
    untrusted(protected::read(&mut lane, &mut sam, &wrong, &in_ms(9000)), "opening value");
    let mut other = contents(jpeg(40));
    other.is_ktp = false;
    assert_eq!(with_sam(other, &[], &Secrets::from_seed(7)), Err(Retry::NotKtp.into()));
    let mut short = contents(jpeg(40));
    short.uid = vec![8, 1, 2, 3];
    assert!(matches!(
        with_sam(short, &[], &Secrets::from_seed(7)),
        Err(CaptureEnd::Fault(DeviceFault::Protocol { .. }))
    ));
}

#[test]
fn a_forged_photo_is_not_genuine() {
    let signed = contents(jpeg(40));
    let mut lane = lane(signed, &[CardFault::Flip(5)]);
    let mut sam = SamCard::new(SamLane(SimulatedSam::new(Secrets::from_seed(7))));
    let secret = Secrets::from_seed(7).opening();
    // Answer 4 is the photo's head and 5 its rest: one bit of it was turned.
    let read = protected::read(&mut lane, &mut sam, &secret, &in_ms(60_000)).unwrap();
    assert!(!read.genuine);
}

#[test]
fn a_sam_locks_after_three_wrong_values() {
    let mut sam = SimulatedSam::new(Secrets::random());
    let wrong = apdu::with_data([0, 0xF0, 0, 0], &[1; 32]).unwrap();
    let words: Vec<Vec<u8>> = (0..4).map(|_| sam.answer(&wrong)).collect();
    assert_eq!(words, [[0x63, 0xC2], [0x63, 0xC1], [0x63, 0xC0], [0x69, 0x83]]);
    let mut sam = SamCard::new(SamLane(sam));
    assert!(sam.open(&Secrets::from_seed(1).opening(), &in_ms(1000)).is_err());
}

#[test]
fn nothing_personal_in_debug_output() {
    let secrets = Secrets::from_seed(7);
    let read = with_sam(contents(jpeg(40)), &[], &secrets).unwrap();
    let told = format!("{read:?} {:?} {:?} {secrets:?} {:?}", read.free, read.biodata, secrets.opening());
    let biodata = person(7);
    for private in [biodata.nik.as_str(), &biodata.name, "[4, 1", "04010203"] {
        assert!(!told.contains(private), "{told}");
    }
}

#[test]
fn secrets_in_hexadecimal() {
    let check = |text: &str, good: bool| assert_eq!(SamSecret::from_hex(text).is_some(), good, "{text}");
    check(&"a5".repeat(32), true);
    check(&format!(" {}\n", "A5".repeat(32)), true);
    check(&"a5".repeat(31), false);
    check(&"a5".repeat(33), false);
    check(&"zz".repeat(32), false);
    check("", false);
}

#[test]
fn a_card_that_comes_late_and_one_that_never_comes() {
    struct Table {
        lane: Lane,
        looks: u32,
    }
    let task = CaptureTask::Card { photo: true };
    let info = crate::vocabulary::DeviceInfo {
        id: crate::vocabulary::DeviceId("table".to_owned()),
        kind: crate::vocabulary::DeviceKind::Card,
        driver: "simulated".to_owned(),
        model: "table".to_owned(),
        serial: String::new(),
        training_only: true,
    };
    struct Reader(Table, crate::vocabulary::DeviceInfo);
    impl crate::traits::Device for Reader {
        fn info(&self) -> &crate::vocabulary::DeviceInfo {
            &self.1
        }
    }
    impl crate::traits::CaptureDevice for Reader {
        fn capture(
            &mut self,
            task: &CaptureTask,
            watch: &mut dyn CaptureWatch,
        ) -> Result<Captured, CaptureEnd> {
            capture(self, task, watch)
        }
    }
    impl ApduChannel for Reader {
        fn begin(&mut self, watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
            // It bounces twice when it is laid down.
            self.0.looks += 1;
            if self.0.looks < 6 { Err(Retry::CardRemoved.into()) } else { self.0.lane.begin(watch) }
        }
        fn transmit(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
            self.0.lane.transmit(apdu, watch)
        }
    }
    impl CardReader for Reader {
        fn card_present(&mut self, _deadline: Instant) -> Result<bool, DeviceFault> {
            self.0.looks += 1;
            Ok(self.0.looks > 2)
        }
    }
    let reader = |looks| Reader(Table { lane: lane(contents(jpeg(99)), &[]), looks }, info.clone());
    let read = capture(&mut reader(0), &task, &mut TestWatch::within_ms(60_000)).unwrap();
    assert!(matches!(read, Captured::Card(card) if card.is_ktp && card.photo.is_some()));
    let mut never = reader(i32::MIN.unsigned_abs());
    never.0.looks = 0;
    let end = capture(&mut never, &task, &mut TestWatch::within_ms(1)).unwrap_err();
    assert_eq!(end, Retry::NothingPresented.into());
    let end = capture(&mut reader(0), &CaptureTask::Face, &mut TestWatch::within_ms(9000)).unwrap_err();
    assert_eq!(end, DeviceFault::Unsupported.into());
}

proptest! {
    #[test]
    fn any_answer_of_a_card_ends_the_reading(
        answers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..40),
        good in any::<bool>(),
    ) {
        struct Any(Vec<Vec<u8>>, usize, bool);
        impl ApduChannel for Any {
            fn transmit(&mut self, _apdu: &[u8], _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
                self.1 += 1;
                let mut answer = self.0[self.1 % self.0.len()].clone();
                // Half of the cards say that all is well, so that reading goes on.
                if self.2 {
                    answer.truncate(200);
                    answer.extend([0x90, 0x00]);
                }
                Ok(answer)
            }
        }
        let mut card = Any(answers, 0, good);
        let read = read_free(&mut card, &[], true, &in_ms(60_000));
        if let Ok(read) = read {
            prop_assert!((4..=10).contains(&read.uid.len()));
            prop_assert!(read.photo.is_none_or(|photo| photo_media_type(&photo).is_some()));
        }
        let mut sam = SamCard::new(SamLane(SimulatedSam::new(Secrets::from_seed(1))));
        prop_assert!(protected::read(&mut card, &mut sam, &Secrets::from_seed(1).opening(), &in_ms(60_000)).is_err());
    }

    #[test]
    fn any_answer_of_a_sam_ends_the_reading(
        answers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..120), 1..20),
    ) {
        struct Any(Vec<Vec<u8>>, usize);
        impl ApduChannel for Any {
            fn transmit(&mut self, _apdu: &[u8], _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
                self.1 += 1;
                let mut answer = self.0[self.1 % self.0.len()].clone();
                answer.extend([0x90, 0x00]);
                Ok(answer)
            }
        }
        let mut sam = SamCard::new(Any(answers, 0));
        let secret = Secrets::from_seed(7).opening();
        let mut card = lane(contents(jpeg(40)), &[]);
        prop_assert!(protected::read(&mut card, &mut sam, &secret, &in_ms(60_000)).is_err());
    }
}
