//! Files that are not sound: none may panic, and each is refused for its reason.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::tests::{NBIS_8_8, NBIS_9_7, ridges};
use super::*;
use crate::codec::MAX_ENCODED_BYTES;
use crate::image::check_size;

/// A marker segment: marker, body, and the coded data after it (blocks only).
#[derive(Clone)]
struct Segment {
    marker: u8,
    body: Vec<u8>,
    data: Vec<u8>,
}

/// Takes a sound file apart.
fn parts(file: &[u8]) -> Vec<Segment> {
    let mut parts = Vec::new();
    let mut at = 2;
    while file[at + 1] != 0xA1 {
        let end = at + 2 + usize::from(file[at + 2]) * 256 + usize::from(file[at + 3]);
        let next = if file[at + 1] == 0xA3 {
            end + file[end..].windows(2).position(|w| w[0] == 0xFF && w[1] != 0).unwrap()
        } else {
            end
        };
        let (body, data) = (file[at + 4..end].to_vec(), file[end..next].to_vec());
        parts.push(Segment { marker: file[at + 1], body, data });
        at = next;
    }
    parts
}

/// Puts a file together.
fn whole(parts: &[Segment]) -> Vec<u8> {
    let mut file = vec![0xFF, 0xA0];
    for part in parts {
        file.extend([0xFF, part.marker]);
        file.extend((part.body.len() as u16 + 2).to_be_bytes());
        file.extend(part.body.iter().chain(&part.data));
    }
    file.extend([0xFF, 0xA1]);
    file
}

// Where the segments of a file of this encoder are.
const COM: usize = 0;
const DTT: usize = 1;
const DQT: usize = 2;
const SOF: usize = 3;
const DHT0: usize = 4;
const SOB0: usize = 5;
const DHT1: usize = 6;
const SOB1: usize = 7;
const SOB2: usize = 8;

/// A file with some of its parts changed, and what is said of it.
type Case = (&'static str, fn(&mut Vec<Segment>), &'static str);

fn set(parts: &mut [Segment], which: usize, at: usize, bytes: &[u8]) {
    parts[which].body[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Takes the last byte off a segment.
fn cut(parts: &mut [Segment], which: usize) {
    parts[which].body.pop();
}

/// Replaces a block's table and data.
fn code(parts: &mut [Segment], counts: [u8; 16], symbols: &[u8], data: &[u8]) {
    parts[DHT0].body = [&[0], counts.as_slice(), symbols].concat();
    parts[SOB0].data = data.to_vec();
}

/// Counts with codes of one length only.
fn of_length(bits: usize, count: u8) -> [u8; 16] {
    let mut counts = [0; 16];
    counts[bits - 1] = count;
    counts
}

const TABLES: &[Case] = &[
    ("as it is", |_| {}, "sound"),
    ("comment of nothing", |p| p[COM].body.clear(), "sound"),
    (
        "tables twice",
        |p| {
            let (a, b) = (p[DTT].clone(), p[DQT].clone());
            p.splice(0..0, [a, b]);
        },
        "sound",
    ),
    (
        "unused table",
        |p| {
            let mut t = p[DHT0].clone();
            t.body[0] = 7;
            p.insert(DHT0, t);
        },
        "sound",
    ),
    (
        "two tables in one",
        |p| {
            let t = p.remove(DHT1);
            p[DHT0].body.extend(t.body);
        },
        "sound",
    ),
    (
        "table again",
        |p| {
            let t = p[DHT1].clone();
            p.insert(SOB2, t);
        },
        "sound",
    ),
    ("no transform table", |p| drop(p.remove(DTT)), "no transform table"),
    ("no quantisation table", |p| drop(p.remove(DQT)), "no quantisation table"),
    ("no frame", |p| drop(p.remove(SOF)), "no frame header"),
    ("no first Huffman table", |p| drop(p.remove(DHT0)), "no such Huffman table"),
    ("no second Huffman table", |p| drop(p.remove(DHT1)), "no such Huffman table"),
    ("table of another number", |p| p[SOB1].body = vec![5], "no such Huffman table"),
    ("number of no table", |p| p[SOB1].body = vec![200], "no such Huffman table"),
    ("nothing", Vec::clear, "no block of coefficients"),
    ("no blocks", |p| p.truncate(DHT0), "no block of coefficients"),
    ("one block", |p| p.truncate(DHT1), "fewer coefficients"),
    ("no last block", |p| drop(p.remove(SOB2)), "fewer coefficients"),
    (
        "a block twice",
        |p| {
            let b = p[SOB2].clone();
            p.push(b);
        },
        "more coefficients",
    ),
    (
        "two frames",
        |p| {
            let f = p[SOF].clone();
            p.insert(DTT, f);
        },
        "marker out of place",
    ),
    (
        "frame in the middle",
        |p| {
            let f = p[SOF].clone();
            p.insert(SOB1, f);
        },
        "marker out of place",
    ),
    (
        "transform in the middle",
        |p| {
            let t = p[DTT].clone();
            p.insert(SOB1, t);
        },
        "marker out of place",
    ),
    (
        "bins in the middle",
        |p| {
            let t = p[DQT].clone();
            p.push(t);
        },
        "marker out of place",
    ),
    ("start again", |p| p[COM].marker = 0xA0, "marker out of place"),
    ("marker of JPEG", |p| p[COM].marker = 0xDB, "marker out of place"),
    ("restarts", |p| p[COM].marker = 0xA7, "restart interval"),
    (
        "257 comments",
        |p| {
            let c = p[COM].clone();
            p.splice(0..0, vec![c; 257]);
        },
        "too many marker segments",
    ),
];

const HEADERS: &[Case] = &[
    ("no width", |p| set(p, SOF, 4, &[0, 0]), "BIO-01"),
    ("no height", |p| set(p, SOF, 2, &[0, 0]), "BIO-01"),
    ("huge width", |p| set(p, SOF, 4, &[0xFF; 2]), "BIO-02"),
    ("huge both", |p| set(p, SOF, 2, &[0x20, 0, 0x20, 0]), "BIO-02"),
    ("width of 16", |p| set(p, SOF, 4, &[0, 16]), "less than 17 pixels"),
    ("largest", |p| set(p, SOF, 2, &[0x0C, 0, 0x20, 0]), "fewer coefficients"),
    ("a pixel more", |p| set(p, SOF, 4, &[0, 101]), "fewer coefficients"),
    ("a pixel less", |p| set(p, SOF, 4, &[0, 99]), "more coefficients"),
    ("frame cut", |p| cut(p, SOF), "frame header"),
    ("frame too long", |p| p[SOF].body.push(0), "frame header"),
    ("shift of many places", |p| set(p, SOF, 6, &[255]), "sound"),
    ("scale of nothing", |p| set(p, SOF, 10, &[0, 0]), "sound"),
    ("scale without places", |p| set(p, SOF, 9, &[0, 0xFF, 0xFF]), "sound"),
    ("bins of nothing", |p| p[DQT].body[3..].fill(0), "more coefficients"),
    ("a bin of nothing", |p| set(p, DQT, 3, &[0; 3]), "more coefficients"),
    ("zero bin of nothing", |p| set(p, DQT, 6, &[0; 3]), "sound"),
    ("bins for every band", |p| p[DQT].body[3..363].fill(0x0F), "fewer coefficients"),
    ("widest bin", |p| set(p, DQT, 3, &[0, 0xFF, 0xFF]), "sound"),
    ("narrowest bin", |p| set(p, DQT, 3, &[255, 0, 1]), "more coefficients"),
    ("narrow bin", |p| set(p, DQT, 3, &[40, 0, 1]), "sound"),
    ("bin of a band that is not coded", |p| set(p, DQT, 363, &[0, 0, 1]), "subband that is not coded"),
    ("quantisation cut", |p| cut(p, DQT), "quantisation table"),
    ("quantisation too long", |p| p[DQT].body.push(0), "quantisation table"),
    ("filters of no taps", |p| set(p, DTT, 0, &[0, 0]), "length of a filter"),
    ("filter of 33 taps", |p| set(p, DTT, 0, &[33]), "length of a filter"),
    ("filters of 255 taps", |p| set(p, DTT, 0, &[255, 255]), "length of a filter"),
    ("filter of 8 and 7 taps", |p| set(p, DTT, 0, &[8, 7]), "length of a filter"),
    ("filter longer than the table", |p| set(p, DTT, 0, &[31]), "transform table"),
    ("filter shorter than the table", |p| set(p, DTT, 0, &[7]), "transform table"),
    ("filters exchanged", |p| set(p, DTT, 0, &[7, 9]), "sound"),
    (
        "filters of 31 taps",
        |p| p[DTT].body = [&[31, 31], [0, 0, 0xFF, 0xFF, 0xFF, 0xFF].repeat(32).as_slice()].concat(),
        "sound",
    ),
    (
        "filters of 32 taps",
        |p| p[DTT].body = [&[32, 32], [1, 0, 0xFF, 0xFF, 0xFF, 0xFF].repeat(32).as_slice()].concat(),
        "sound",
    ),
    ("no filters", |p| p[DTT].body.clear(), "transform table"),
    ("block header of nothing", |p| p[SOB0].body.clear(), "block header"),
    ("block header too long", |p| p[SOB0].body.push(0), "block header"),
];

const CODES: &[Case] = &[
    ("table number 8", |p| set(p, DHT0, 0, &[8]), "Huffman table"),
    ("table of nothing", |p| p[DHT0].body.clear(), "Huffman table"),
    ("table cut", |p| cut(p, DHT0), "Huffman table"),
    ("table too long", |p| p[DHT0].body.push(0), "Huffman table"),
    (
        "more than 256 symbols",
        |p| p[DHT0].body = [&[0; 15], [255, 255].as_slice(), &[1; 510]].concat(),
        "Huffman table",
    ),
    (
        "three codes of one bit",
        |p| code(p, of_length(1, 3), &[1, 2, 3], &[0]),
        "lengths of the Huffman codes",
    ),
    ("five codes of two bits", |p| code(p, of_length(2, 5), &[1; 5], &[0]), "lengths of the Huffman codes"),
    (
        "codes below full ones",
        |p| {
            code(
                p,
                {
                    let mut c = of_length(1, 2);
                    c[15] = 1;
                    c
                },
                &[1; 3],
                &[0],
            )
        },
        "lengths of the Huffman codes",
    ),
    ("all ones used", |p| code(p, of_length(1, 2), &[181, 182], &[0; 4]), "fewer coefficients"),
    ("no codes, no data", |p| code(p, [0; 16], &[], &[]), "fewer coefficients"),
    ("no codes, but data", |p| code(p, [0; 16], &[], &[0; 3]), "code that is in no table"),
    (
        "code of no symbol",
        |p| code(p, of_length(2, 3), &[1, 2, 3], &[0b1100_0000, 0, 0]),
        "code that is in no table",
    ),
    (
        "long code of no symbol",
        |p| code(p, of_length(16, 2), &[1, 2], &[0, 2, 0]),
        "code that is in no table",
    ),
    ("symbol 0", |p| code(p, of_length(1, 1), &[0], &[0]), "symbol without a meaning"),
    ("symbol 255", |p| code(p, of_length(1, 1), &[255], &[0]), "symbol without a meaning"),
    ("value cut", |p| code(p, of_length(1, 1), &[103], &[0, 0]), "end of a block"),
    ("run cut", |p| code(p, of_length(8, 1), &[106], &[0, 1]), "end of a block"),
    ("runs of nothing", |p| code(p, of_length(8, 1), &[105], &[0; 2000]), "fewer coefficients"),
    ("run beyond the end", |p| code(p, of_length(8, 1), &[106], &[0, 0xFE, 0xFE]), "more coefficients"),
    ("values beyond the end", |p| code(p, of_length(1, 1), &[181], &[0; 4000]), "more coefficients"),
    (
        "largest values",
        |p| {
            code(p, of_length(8, 1), &[104], &[0, 0xFF, 0, 0xFF, 0]);
            p[DHT1].body = [&[1], of_length(8, 1).as_slice(), &[106]].concat();
        },
        "code that is in no table",
    ),
    ("block of nothing", |p| p[SOB0].data.clear(), "fewer coefficients"),
    ("marker of nothing in a block", |p| p[SOB0].data = vec![0xFF, 0x01], "marker out of place"),
    ("ones without end", |p| p[SOB0].data = [0xFF, 0].repeat(50), "code that is in no table"),
];

#[test]
fn files_are_refused_for_their_reason() {
    let sound = encode_wsq(&ridges(100, 90), WSQ_RATE).unwrap();
    assert_eq!(whole(&parts(&sound)), sound);
    for (name, change, expected) in [TABLES, HEADERS, CODES].concat() {
        let mut parts = parts(&sound);
        change(&mut parts);
        let said = match decode_wsq(&whole(&parts)) {
            Ok(image) => format!("sound {}x{}", image.width(), image.height()),
            Err(e) => e.to_string(),
        };
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn starts_and_ends_are_checked() {
    let sound = encode_wsq(&ridges(100, 90), WSQ_RATE).unwrap();
    let decoded = decode_wsq(&sound).unwrap();
    let cases: [(&[u8], &[u8], &str); 6] = [
        (b"", b"", "sound"),
        (b"", b"\0\0trailing", "sound"),
        (b"\0", b"", "start of image"),
        (b"\xFF\xA1", b"", "start of image"),
        (b"\xFF\xA0", b"", "marker out of place"),
        (b"\xFF\xA0\xFF\xA1", b"", "no block of coefficients"),
    ];
    for (before, after, expected) in cases {
        let said = match decode_wsq(&[before, &sound, after].concat()) {
            Ok(image) if image == decoded => "sound".to_owned(),
            Ok(_) => "another image".to_owned(),
            Err(e) => e.to_string(),
        };
        assert!(said.contains(expected), "{before:?} {after:?}: {said}");
    }
    for (bytes, expected) in
        [(vec![0xFF; MAX_ENCODED_BYTES + 1], "BIO-22"), (Vec::new(), "BIO-23"), (vec![0xFF], "BIO-23")]
    {
        assert!(decode_wsq(&bytes).unwrap_err().to_string().starts_with(expected));
    }
}

#[test]
fn no_shorter_file_is_sound() {
    for sound in [encode_wsq(&ridges(90, 81), WSQ_RATE).unwrap(), NBIS_8_8.to_vec()] {
        assert!(decode_wsq(&sound).is_ok());
        for len in 0..sound.len() {
            let error = decode_wsq(&sound[..len]).unwrap_err();
            let CodecError::Damaged { offset, .. } = error else { panic!("{len}: {error}") };
            assert!(offset <= len, "{len}: {error}");
        }
    }
}

/// Any value of any byte of the tables and headers.
#[test]
fn no_byte_of_the_headers_panics() {
    let sound = encode_wsq(&ridges(90, 81), WSQ_RATE).unwrap();
    let end = sound.windows(2).position(|w| w == [0xFF, 0xA3]).unwrap() + 8;
    for at in 0..end {
        for value in [0, 1, 2, 0x7F, 0x80, 0xA1, 0xFE, 0xFF, sound[at] ^ 1, sound[at] ^ 0x10] {
            let mut file = sound.clone();
            file[at] = value;
            if let Ok(image) = decode_wsq(&file) {
                assert!(check_size(image.width(), image.height()).is_ok());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn arbitrary_bytes_never_panic(marked in any::<bool>(), tail in vec(any::<u8>(), 0..600)) {
        let start: &[u8] = if marked { &[0xFF, 0xA0, 0xFF] } else { &[] };
        prop_assert!(decode_wsq(&[start, &tail].concat()).is_err());
    }

    #[test]
    fn damaged_files_never_panic(
        which in 0_usize..2,
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut data = [NBIS_9_7, NBIS_8_8][which].to_vec();
        for (at, value) in flips {
            let at = at.index(data.len());
            data[at] = value;
        }
        if let Some(cut) = cut {
            data.truncate(cut.index(data.len()));
        }
        if let Ok(image) = decode_wsq(&data) {
            prop_assert!(check_size(image.width(), image.height()).is_ok());
        }
    }

    #[test]
    fn shuffled_segments_never_panic(
        order in vec(any::<prop::sample::Index>(), 0..14),
        bodies in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let parts = parts(NBIS_9_7);
        let mut chosen: Vec<Segment> = order.iter().map(|i| parts[i.index(parts.len())].clone()).collect();
        for (which, at, value) in bodies {
            if chosen.is_empty() { break }
            let which = which.index(chosen.len());
            if !chosen[which].body.is_empty() {
                let at = at.index(chosen[which].body.len());
                chosen[which].body[at] = value;
            }
        }
        if let Ok(image) = decode_wsq(&whole(&chosen)) {
            prop_assert!(check_size(image.width(), image.height()).is_ok());
        }
    }
}
