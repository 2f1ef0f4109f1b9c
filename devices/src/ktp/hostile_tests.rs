#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Cards that lie, stall, go away or never stop: each gives a clear end, in bounded time and memory.

use std::time::Duration;

use super::simulation::{CardFault, Contents};
use super::tests::{contents, free, in_ms, jpeg, lane, with_sam};
use super::*;
use crate::conformance::TestWatch;
use crate::ktp::simulation::Secrets;

/// The end of a reading in one word: id of the retry, or id and detail of the fault.
fn word<T>(answer: Result<T, CaptureEnd>) -> String {
    match answer {
        Ok(_) => "ok".to_owned(),
        Err(CaptureEnd::Retry(retry)) => retry.id().to_owned(),
        Err(CaptureEnd::Cancelled) => "cancelled".to_owned(),
        Err(CaptureEnd::Fault(DeviceFault::Reported { code })) => code,
        Err(CaptureEnd::Fault(
            DeviceFault::Protocol { detail }
            | DeviceFault::BadData { detail }
            | DeviceFault::Untrusted { detail },
        )) => detail,
        Err(CaptureEnd::Fault(fault)) => fault.id().to_owned(),
    }
}

fn check(contents: Contents, faults: &[CardFault], expected: &str) {
    let found = word(free(&mut lane(contents, faults), true, &in_ms(60_000)));
    assert!(found.contains(expected), "{faults:?}: {found}, expected {expected}");
}

// The commands of a reading: 1 UID, 2 SELECT application, 3 SELECT photo, 4 its head, 5 and on its rest.

#[test]
fn every_class_of_status_word_at_every_command() {
    let table: &[(u32, u16, &str)] = &[
        // UID: the reader's refusal is no fault as long as the card is no KTP-el or tells a serial number.
        (1, 0x6300, "neither reader nor card"),
        (1, 0x6A81, "neither reader nor card"),
        // SELECT application: tried again, so one bad answer does no harm.
        (2, 0x6400, "ok"),
        (2, 0x6985, "ok"),
        // Not there at all.
        (2, 0x6A82, "ok"),
        (2, 0x6D00, "ok"),
        (2, 0x6E00, "ok"),
        // SELECT photo: none, or not for us.
        (3, 0x6A82, "ok"),
        (3, 0x6982, "ok"),
        (3, 0x6985, "ok"),
        (3, 0x6283, "file-sw-6283"),
        (3, 0x6300, "file-sw-6300"),
        (3, 0x6400, "file-sw-6400"),
        (3, 0x6581, "file-sw-6581"),
        (3, 0x6700, "file-sw-6700"),
        (3, 0x6A86, "file-sw-6a86"),
        (3, 0x6B00, "file-sw-6b00"),
        (3, 0x6D00, "file-sw-6d00"),
        (3, 0x6E00, "file-sw-6e00"),
        (3, 0x6F00, "file-sw-6f00"),
        // READ BINARY.
        (4, 0x6982, "ok"),
        (4, 0x6986, "read-sw-6986"),
        (4, 0x6B00, "read-sw-6b00"),
        (4, 0x6F00, "read-sw-6f00"),
        (4, 0x9000, "without its length"),
        (5, 0x9000, "ends at 6"),
        (5, 0x6282, "ends at 6"),
        (5, 0x6B00, "ends at 6"),
        (5, 0x6400, "read-sw-6400"),
        (5, 0x6581, "read-sw-6581"),
        (5, 0x6982, "read-sw-6982"),
        (5, 0x6F00, "read-sw-6f00"),
        (5, 0xFFFF, "read-sw-ffff"),
        (5, 0x0000, "read-sw-0000"),
        (5, 0x6C10, "ok"),
        (5, 0x6700, "ok"),
    ];
    for (command, word, expected) in table {
        check(contents(jpeg(700)), &[CardFault::Status(*command, *word)], expected);
    }
    let always = |word: u16| (1..40).map(|n| CardFault::Status(n, word)).collect::<Vec<_>>();
    check(contents(jpeg(700)), &always(0x6F00), "select-sw-6f00");
    check(contents(jpeg(700)), &always(0x6500), "select-sw-6500");
    check(contents(jpeg(700)), &always(0x6300), "not-ktp");
    check(contents(jpeg(700)), &always(0x6110), "promised and does not come");
    check(contents(jpeg(700)), &always(0x6C10), "not-ktp");
}

#[test]
fn removal_at_every_command() {
    let commands = 1..=8;
    for command in commands {
        check(contents(jpeg(700)), &[CardFault::Remove(command)], "card-removed");
    }
    check(contents(jpeg(700)), &[CardFault::Remove(9)], "ok");
}

#[test]
fn lengths_that_lie() {
    let with_length = |length: u16, photo: usize| {
        let mut contents = contents(jpeg(photo));
        contents.photo_length = Some(length);
        contents
    };
    check(with_length(0xFFFF, 700), &[], "a file of 65535 bytes");
    check(with_length(0x7FFE, 700), &[], "a file of 32766 bytes");
    check(with_length(0x7FFD, 700), &[], "a file of 32765 bytes that ends at 700");
    check(with_length(701, 700), &[], "a file of 701 bytes that ends at 700");
    check(with_length(699, 700), &[], "ok");
    check(with_length(0, 700), &[], "ok");
    check(with_length(1, 700), &[], "no JPEG");
    assert_eq!(free(&mut lane(with_length(0, 700), &[]), true, &in_ms(9000)).unwrap().photo, None);
    let empty = Contents::new(7, super::tests::UID.to_vec(), Vec::new());
    assert_eq!(free(&mut lane(empty, &[]), true, &in_ms(9000)).unwrap().photo, None);
}

#[test]
fn photos_that_are_none() {
    for photo in
        [b"<html>no picture</html>".to_vec(), vec![0; 700], b"P5 2 2 255 abcd".to_vec(), vec![0xFF; 3]]
    {
        check(contents_of(photo), &[], "no JPEG, PNG or JPEG 2000");
    }
}

fn contents_of(photo: Vec<u8>) -> Contents {
    Contents::new(7, super::tests::UID.to_vec(), photo)
}

#[test]
fn answers_that_are_none() {
    for command in 1..=6 {
        check(contents(jpeg(700)), &[CardFault::Empty(command)], "without status word");
        check(contents(jpeg(700)), &[CardFault::Half(command)], "without status word");
        check(contents(jpeg(700)), &[CardFault::Long(command, 66_000)], "an answer of 66");
    }
    check(contents(jpeg(700)), &[CardFault::Long(4, 1)], "more data than was asked for");
    check(contents(jpeg(700)), &[CardFault::Long(5, 40)], "more data than was asked for");
    check(contents(jpeg(700)), &[CardFault::Endless], "does not end");
    check(contents(jpeg(9000)), &[CardFault::Crumbs], "crumbs");
    check(contents(jpeg(700)), &[CardFault::Chunk(0x40)], "read-sw-6700");
}

#[test]
fn slow_cards_end_by_the_deadline_and_on_cancel() {
    let slow = &[CardFault::Slow(60_000)];
    assert_eq!(word(free(&mut lane(contents(jpeg(700)), slow), true, &in_ms(60))), "hung");
    let watch = TestWatch::cancelled_after(Duration::from_millis(40));
    assert_eq!(word(free(&mut lane(contents(jpeg(700)), slow), true, &watch)), "cancelled");
    let many = &[CardFault::Slow(30)];
    assert_eq!(word(free(&mut lane(contents(jpeg(30_000)), many), true, &in_ms(200))), "hung");
}

#[test]
fn hostile_cards_before_a_sam() {
    let secrets = Secrets::from_seed(7);
    // Its fingers are grown once; clones have them.
    let honest = contents(jpeg(40));
    honest.signature_and_fingers().unwrap();
    let check = |contents: Contents, faults: &[CardFault], expected: &str| {
        let found = word(with_sam(contents, faults, &secrets));
        assert!(found.contains(expected), "{faults:?}: {found}, expected {expected}");
    };
    let with_biodata = |biodata: &[u8]| {
        let mut contents = honest.clone();
        contents.biodata = biodata.to_vec();
        contents
    };
    check(with_biodata(b"\"a\",\"b\""), &[], "biodata of the card: biodata with 2 fields");
    check(with_biodata(&[b'"', 0xFF, 0xFE, b'"']), &[], "not UTF-8 at byte 1");
    check(with_biodata(b"no quotes"), &[], "quotation marks");
    check(with_biodata(b""), &[], "is empty");
    let mut control = honest.clone();
    control.control = vec![0; 50];
    check(control, &[], "control data of 50 bytes");
    // 1 to 5 free part, 6 and 7 and on control data (SELECT, head, rest), then challenge and proof, then files.
    for command in 1..30 {
        check(honest.clone(), &[CardFault::Remove(command)], "card-removed");
        let found = word(with_sam(honest.clone(), &[CardFault::Status(command, 0x6F00)], &secrets));
        assert!(found != "ok" || command == 1 || command == 2, "{command}: {found}");
        let found = word(with_sam(honest.clone(), &[CardFault::Half(command)], &secrets));
        assert!(found.contains("without status word"), "{command}: {found}");
    }
}
