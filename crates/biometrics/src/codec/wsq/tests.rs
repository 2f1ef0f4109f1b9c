#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::huffman::{Decoder, Encoder, SYMBOLS};
use super::tree::{MIN_SIDE_PX, Tree};
use super::wavelet::Bank;
use super::*;
use crate::codec::tests::sample;

/// A synthetic print (see `fixtures/codecs/README.md`).
const PRINT: &[u8] = include_bytes!("../../../../../fixtures/codecs/print.pgm");
/// The same, encoded by NBIS.
pub(super) const NBIS_9_7: &[u8] = include_bytes!("../../../../../fixtures/codecs/print.wsq");
/// The same, encoded by NBIS with filters of 8 taps.
pub(super) const NBIS_8_8: &[u8] = include_bytes!("../../../../../fixtures/codecs/print-8-taps.wsq");

/// The synthetic print's pixels.
fn print() -> GrayImage {
    let pixels = PRINT.strip_prefix(b"P5\n157 203\n255\n").unwrap();
    GrayImage::new(157, 203, Some(500), pixels.to_vec()).unwrap()
}

/// Ridges that bend, with a bright corner.
pub(super) fn ridges(width: u32, height: u32) -> GrayImage {
    let pixel = |i: u32| {
        let (x, y) = (f64::from(i % width), f64::from(i / width));
        let wave = 80.0 * ((x * x + y * y * 1.3).sqrt() * 0.75).sin();
        (130.0 + wave + if x + y < 20.0 { 40.0 } else { 0.0 }) as u8
    };
    GrayImage::new(width, height, None, (0..width * height).map(pixel).collect()).unwrap()
}

fn psnr_db(a: &GrayImage, b: &GrayImage) -> f64 {
    let pairs = a.pixels().iter().zip(b.pixels());
    let squares: f64 = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * a.pixels().len() as f64 / squares.max(1e-9)).log10()
}

fn code(e: &CodecError) -> String {
    e.to_string().chars().take(6).collect()
}

/// What NBIS decodes from each file: width, height, resolution, SHA-256 of the pixels.
#[test]
fn pixels_are_those_of_nbis() {
    let original = sample("codecs/wsq-original.wsq");
    let cases = [
        (Some(NBIS_9_7), (157, 203), "e6ae35a2d8c2db4b747a82963ebb31457771cc6ebe14c6b7b09a860126adeefa"),
        (Some(NBIS_8_8), (157, 203), "237bcb52f560d640f857b8ca15d2f24d38b548f4db3cdc2f75f8ff9d66a78572"),
        (original.as_deref(), (832, 768), "4539664679be100b8b5c7f201187589181cc412f88bdfefc0175ef0da2895822"),
    ];
    for (file, size, expected) in cases {
        let Some(file) = file else { continue };
        let image = decode_wsq(file).unwrap();
        assert_eq!((image.width(), image.height()), size);
        assert_eq!(image.ppi(), Some(500));
        let hash: String = Sha256::digest(image.pixels()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hash, expected, "{size:?}");
    }
}

#[test]
fn file_is_that_of_nbis() {
    let file = encode_wsq(&print(), WSQ_RATE).unwrap();
    // Where they part says more than two dumps of bytes.
    let same = file.iter().zip(NBIS_9_7).take_while(|(a, b)| a == b).count();
    assert_eq!((same, file.len()), (NBIS_9_7.len(), NBIS_9_7.len()));
}

#[test]
fn quality_and_size_follow_the_rate() {
    // (rate, least PSNR in dB, most bytes), measured with a margin of 1 dB and 10 %.
    let cases = [(0.1, 17.4, 1160), (0.75, 25.9, 3910), (2.25, 34.7, 10_450), (5.0, 38.8, 24_000)];
    let image = print();
    for (rate, floor, bytes) in cases {
        let file = encode_wsq(&image, rate).unwrap();
        let back = decode_wsq(&file).unwrap();
        let db = psnr_db(&image, &back);
        assert!(db >= floor && file.len() <= bytes, "rate {rate}: {db} dB, {} bytes", file.len());
        assert!(file.windows(20).any(|w| w == format!("WSQ_BITRATE {rate:.6}").as_bytes()), "rate {rate}");
    }
}

#[test]
fn parameters_are_checked() {
    let (image, small) = (ridges(90, 90), ridges(200, WSQ_MIN_SIDE_PX - 1));
    let long = "x".repeat(65_534);
    let cases: [(&GrayImage, f32, &str, Option<&str>); 12] = [
        (&image, 0.75, "", None),
        (&image, 0.1, "", None),
        (&image, 5.0, "", None),
        (&image, 0.75, &long[1..], None),
        (&image, 0.75, &long, Some("BIO-27")),
        (&image, 0.0, "", Some("BIO-27")),
        (&image, -0.75, "", Some("BIO-27")),
        (&image, 5.01, "", Some("BIO-27")),
        (&image, f32::NAN, "", Some("BIO-27")),
        (&image, f32::INFINITY, "", Some("BIO-27")),
        (&small, 0.75, "", Some("BIO-24")),
        (&ridges(WSQ_MIN_SIDE_PX, WSQ_MIN_SIDE_PX), 0.75, "", None),
    ];
    for (image, rate, comment, expected) in cases {
        let error = encode_wsq_with_comment(image, rate, comment).err().map(|e| code(&e));
        assert_eq!(error.as_deref(), expected, "{image:?} {rate} {} bytes", comment.len());
    }
}

#[test]
fn resolution_is_kept() {
    for ppi in [None, Some(1), Some(500), Some(508), Some(1000), Some(u16::MAX)] {
        let flat = GrayImage::new(90, 100, ppi, vec![7; 9000]).unwrap();
        let file = encode_wsq_with_comment(&flat, WSQ_RATE, "made in a test").unwrap();
        let back = decode_wsq(&file).unwrap();
        assert_eq!((back.ppi(), &back), (ppi, &flat));
        assert!(file.windows(14).any(|w| w == b"made in a test"));
    }
}

#[test]
fn resolution_in_comments() {
    // Comments in the order of the file, and the resolution.
    let cases: [(&[&[u8]], Option<u16>); 14] = [
        (&[], None),
        (&[b"NIST_COM 2\nPPI 500\n"], Some(500)),
        (&[b"NIST_COM 2\nPPI 1000"], Some(1000)),
        (&[b"NIST_COM 2\r\nPPI\t 500 \r\n"], Some(500)),
        (&[b"NIST_COM 2\nPPI -1"], None),
        (&[b"NIST_COM 2\nPPI 0"], None),
        (&[b"NIST_COM 2\nPPI 65536"], None),
        (&[b"NIST_COM 2\nPPI five hundred"], None),
        (&[b"NIST_COM 2\nPPIX 500"], None),
        (&[b"NIST_COM 2\nPPI"], None),
        (&[b"PPI 500"], None),
        (&[b"by somebody else", b"\xFF\xA1\x00", b"NIST_COM 2\nPPI 508"], Some(508)),
        (&[b"NIST_COM 2\nPPI 500", b"NIST_COM 2\nPPI 250"], Some(500)),
        (&[b"NIST_COM 1", b"NIST_COM 2\nPPI 250"], None),
    ];
    let whole = encode_wsq(&ridges(100, 90), WSQ_RATE).unwrap();
    let body = whole.windows(2).position(|w| w == [0xFF, 0xA4]).unwrap();
    for (comments, expected) in cases {
        let mut file = whole[..2].to_vec();
        for comment in comments {
            stream::put_comment(&mut file, comment);
        }
        file.extend(&whole[body..]);
        assert_eq!(decode_wsq(&file).unwrap().ppi(), expected, "{comments:?}");
        // After the blocks, too.
        let end = whole.len() - 2;
        let mut file = [&whole[..2], &whole[body..end]].concat();
        for comment in comments {
            stream::put_comment(&mut file, comment);
        }
        file.extend(&whole[end..]);
        assert_eq!(decode_wsq(&file).unwrap().ppi(), expected, "{comments:?} at the end");
    }
}

#[test]
fn subbands_cover_every_coefficient_once() {
    for (width, height) in [(17, 17), (18, 31), (64, 33), (81, 82), (157, 203), (416, 560), (8192, 17)] {
        let tree = Tree::new(width, height);
        let mut seen = vec![0_u8; width * height];
        for rect in &tree.bands {
            assert!(rect.area() > 0, "{width}x{height}: {rect:?}");
            for y in rect.y..rect.y + rect.height {
                seen[y * width + rect.x..][..rect.width].iter_mut().for_each(|n| *n += 1);
            }
        }
        assert!(seen.iter().all(|n| *n == 1), "{width}x{height}");
    }
}

/// The bank undoes itself at every size, with every parity at every level.
#[test]
fn the_synthesis_undoes_the_analysis() {
    let (low, high) = encode::filters();
    let analysis = Bank::analysis(&low, &high);
    // Each synthesis filter is the other one's with the sign of every second tap changed.
    let turned = |filter: &[f32]| -> Vec<f32> {
        let middle = filter.len() / 2;
        filter.iter().enumerate().map(|(i, v)| if i.abs_diff(middle) % 2 == 1 { -v } else { *v }).collect()
    };
    let synthesis = Bank::synthesis(&turned(&high), &turned(&low));
    let sides = (MIN_SIDE_PX..=40).chain([63, 64, 65, 81, 97, 131, 200]);
    for (width, height) in sides.clone().flat_map(|w| sides.clone().map(move |h| (w, h))) {
        let image = ridges(width, height);
        let (width, height) = (width as usize, height as usize);
        let tree = Tree::new(width, height);
        let mut plane: Vec<f32> = image.pixels().iter().map(|p| f32::from(*p)).collect();
        let mut scratch = Vec::new();
        tree.nodes.iter().for_each(|node| analysis.run(&mut plane, width, node, &mut scratch));
        tree.nodes.iter().rev().for_each(|node| synthesis.run(&mut plane, width, node, &mut scratch));
        let error = plane.iter().zip(image.pixels()).map(|(a, b)| (a - f32::from(*b)).abs());
        let largest = error.fold(0.0, f32::max);
        assert!(largest < 0.01, "{width}x{height}: {largest}");
    }
}

/// Sizes that are not written for others are read all the same.
#[test]
fn every_size_comes_back() {
    // (smallest side, least PSNR in dB at 5 bits a pixel): where subbands have a few coefficients the model of
    // their bits is poor.
    for (sides, floor) in [(17..=40, 15.0), (81..=93, 30.0)] {
        for (width, height) in sides.clone().flat_map(|w| sides.clone().map(move |h| (w, h))) {
            let image = ridges(width, height);
            let back = decode_wsq(&encode::encode(&image, 5.0, b"")).unwrap();
            assert_eq!((back.width(), back.height()), (width, height));
            let db = psnr_db(&image, &back);
            assert!(db > floor, "{width}x{height}: {db} dB");
        }
    }
}

#[test]
fn every_picture_can_be_kept() {
    let (w, h) = (150_u32, 130_u32);
    let picture = |f: &dyn Fn(u32, u32) -> u8| {
        GrayImage::new(w, h, None, (0..w * h).map(|i| f(i % w, i / w)).collect()).unwrap()
    };
    // Least PSNR in dB at 0.75 bits a pixel, measured with a margin of 1 dB.
    let cases: [(&str, GrayImage, f64); 9] = [
        ("black", picture(&|_, _| 0), 100.0),
        ("grey", picture(&|_, _| 128), 100.0),
        ("white", picture(&|_, _| 255), 100.0),
        ("gradient", picture(&|x, _| (x * 255 / w) as u8), 40.0),
        ("slope", picture(&|x, y| ((x + y) * 255 / (w + h)) as u8), 40.0),
        ("one dot", picture(&|x, y| if (x, y) == (70, 60) { 255 } else { 0 }), 45.0),
        ("step", picture(&|x, _| if x < 75 { 127 } else { 128 }), 45.0),
        ("noise", picture(&|x, y| ((x + y * w).wrapping_mul(2_654_435_761) >> 23) as u8), 9.0),
        ("checks", picture(&|x, y| if (x + y) % 2 == 0 { 0 } else { 255 }), 5.0),
    ];
    for (name, image, floor) in cases {
        for rate in [0.1, 0.75, 5.0] {
            let back = decode_wsq(&encode_wsq(&image, rate).unwrap()).unwrap();
            let db = psnr_db(&image, &back);
            assert!(rate < 0.75 || db > floor, "{name} at {rate}: {db} dB");
        }
    }
}

#[test]
fn huffman_codes_are_short_and_all_ones_is_free() {
    let mut fibonacci = [0_u32; SYMBOLS];
    let mut pair = (1_u32, 1_u32);
    for frequency in fibonacci.iter_mut().take(40) {
        *frequency = pair.0;
        pair = (pair.1, pair.0 + pair.1);
    }
    let mut one = [0; SYMBOLS];
    one[180] = 5;
    let cases = [("none", [0; SYMBOLS]), ("one", one), ("all", [1; SYMBOLS]), ("steep", fibonacci)];
    for (name, frequencies) in cases {
        check_table(name, &frequencies);
    }
}

/// Codes exist for what comes, none is a prefix of all ones, and the decoder finds each.
fn check_table(name: &str, frequencies: &[u32; SYMBOLS]) {
    let table = Encoder::new(frequencies);
    let decoder = Decoder::new(&table.lengths).unwrap();
    for (symbol, (frequency, (code, bits))) in frequencies.iter().zip(table.codes).enumerate() {
        assert_eq!(*frequency > 0, bits > 0, "{name}: symbol {symbol}");
        if bits == 0 {
            continue;
        }
        assert!(bits <= 16 && u32::from(code) < (1 << bits) - 1, "{name}: symbol {symbol}");
        for filled in [0, (1 << (16 - bits)) - 1] {
            let seen = decoder.find((u32::from(code) << (16 - bits)) | filled);
            assert_eq!(seen, Some((u32::from(bits), symbol as u8)), "{name}");
        }
    }
    assert_eq!(decoder.find(0xFFFF), None, "{name}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn huffman_tables_of_any_frequencies(
        seed in prop::collection::vec(prop_oneof![Just(0_u32), 1..10_u32, 1..1_000_000_u32], SYMBOLS),
    ) {
        check_table("random", &seed.try_into().unwrap());
    }

    #[test]
    fn noise_is_encoded_and_decoded(
        width in 81_u32..130, height in 81_u32..130, seed in any::<u32>(), rate in 0.1_f32..5.0,
    ) {
        let pixels = (0..width * height).map(|i| ((i ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let image = GrayImage::new(width, height, Some(500), pixels).unwrap();
        let back = decode_wsq(&encode_wsq(&image, rate).unwrap()).unwrap();
        prop_assert_eq!((back.width(), back.height(), back.ppi()), (width, height, Some(500)));
    }
}
