use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::iso::{describe, images, sniff};

fn read_all(bytes: &[u8]) {
    for (_, _, rewrite) in formats() {
        let _ = rewrite(bytes);
    }
    let _ = (sniff(bytes), describe(bytes), images(bytes));
    let _ = SignatureRecord::read(bytes)
        .map(|r| r.representations.iter().map(|s| s.strokes()).collect::<Vec<_>>());
}

/// Reading what was cut off, at every byte.
#[test]
fn every_cut_is_refused() {
    for (name, bytes, rewrite) in formats() {
        // An XML document is parsed from its begin each time: there not at every byte.
        let step = if name == "BIR" { (bytes.len() / 1500).max(1) } else { 1 };
        for len in (0..bytes.len()).step_by(step) {
            assert!(rewrite(&bytes[..len]).is_err(), "{name} cut to {len}");
            let _ = (sniff(&bytes[..len]), describe(&bytes[..len]), images(&bytes[..len]));
        }
    }
}

/// Every one-, two-, three- and four-byte field that may stand anywhere in the headers, with the values that
/// lengths and counts are attacked with. What is read nevertheless is written as it stands, and none of its
/// parts has more than the record.
#[test]
fn every_header_field_may_be_anything() {
    for (name, bytes, rewrite) in formats().into_iter().filter(|f| f.0 != "BIR") {
        for at in 0..bytes.len().min(180) {
            for width in 1..=4 {
                for fill in
                    [&[0, 0, 0, 0], &[0xFF; 4], &[0x7F, 0xFF, 0xFF, 0xFF], &[0x80, 0, 0, 0], &[0, 0, 0, 1]]
                {
                    let mut damaged = bytes.clone();
                    let end = (at + width).min(damaged.len());
                    damaged[at..end].copy_from_slice(&fill[..end - at]);
                    if let Ok(again) = rewrite(&damaged) {
                        assert_eq!(again, damaged, "{name}: {fill:?} at {at}");
                    }
                    if let Ok(all) = images(&damaged) {
                        assert!(all.iter().map(|i| i.bytes.len()).sum::<usize>() < damaged.len());
                    }
                    let _ = describe(&damaged);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn arbitrary_bytes_never_panic(magic in 0_usize..7, tail in vec(any::<u8>(), 0..300)) {
        let magics: [&[u8]; 7] = [
            b"",
            b"FIR\x00020\0",
            b"FAC\x00030\0",
            b"IIR\x00020\0",
            b"FMR\0 20\0",
            b"SDI\x00020\0",
            b"SDI\0 10\0",
        ];
        read_all(&[magics[magic], &tail].concat());
        // With a right length field, so that what comes after it is reached.
        let mut long = [magics[magic], &[0; 4], &tail].concat();
        let length = (long.len() as u32).to_be_bytes();
        if magic > 0 {
            long[8..12].copy_from_slice(&length);
        }
        read_all(&long);
    }

    /// What is read after damage is read as it stands: writing it gives the same bytes.
    #[test]
    fn damaged_records_never_panic(
        which in 0_usize..7,
        flips in vec(
            (any::<Index>(), prop_oneof![Just(0_u8), Just(255), Just(127), any::<u8>()], 1_usize..5),
            1..4,
        ),
        head in any::<bool>(),
    ) {
        let (_, mut bytes, rewrite) = formats().into_iter().nth(which).unwrap();
        for (at, value, run) in flips {
            // Half of the time only in the headers, where fields are.
            let at = at.index(if head { bytes.len().min(80) } else { bytes.len() });
            let end = bytes.len().min(at + run);
            bytes[at..end].fill(value);
        }
        if let Ok(again) = rewrite(&bytes) {
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn damaged_xml_never_panics(flips in vec((any::<Index>(), any::<u8>()), 1..6), cut in any::<Index>()) {
        let mut bytes = bir().write().unwrap();
        for (at, value) in flips {
            let at = at.index(2000);
            bytes[at] = value;
        }
        let _ = Bir::read(&bytes);
        let _ = Bir::read(&bytes[..cut.index(bytes.len())]);
    }
}
