#![allow(clippy::unwrap_used, clippy::expect_used)]
use biometrics::codec::encode_jpeg;
use proptest::prelude::*;

use super::*;

fn shape(pixels: Pixels, width: u32, height: u32, stride: u32) -> Shape {
    Shape { pixels, width, height, stride }
}

/// A soft pattern that JPEG keeps well.
fn picture(width: u32, height: u32) -> RgbImage {
    let pixel = |at: u32| [(at % width * 2) as u8, (at / width * 2) as u8, 90];
    RgbImage::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

/// The same JPEG without its Huffman tables, as many cameras send it.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let (mut at, mut out) = (2, jpeg[..2].to_vec());
    while jpeg[at + 1] != SOS {
        let next = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != DHT {
            out.extend_from_slice(&jpeg[at..next]);
        }
        at = next;
    }
    out.extend_from_slice(&jpeg[at..]);
    out
}

#[test]
fn colours_of_raw_frames() {
    let check = |shape: Shape, bytes: &[u8], expected: &[u8]| {
        assert_eq!(decode(shape, bytes).unwrap().pixels(), expected, "{shape:?}");
    };
    // BT.601: black, white, and the primary red of table 3 (81 90 240).
    check(shape(Pixels::Yuyv, 2, 1, 0), &[16, 128, 235, 128], &[0, 0, 0, 255, 255, 255]);
    check(shape(Pixels::Yuyv, 2, 1, 0), &[81, 90, 81, 240], &[254, 0, 0, 254, 0, 0]);
    check(shape(Pixels::Uyvy, 2, 1, 0), &[90, 81, 240, 81], &[254, 0, 0, 254, 0, 0]);
    check(shape(Pixels::Yuyv, 2, 1, 0), &[255, 128, 0, 128], &[255, 255, 255, 0, 0, 0]);
    check(
        shape(Pixels::Nv12, 2, 2, 0),
        &[16, 235, 235, 16, 128, 128],
        &[0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0],
    );
    check(shape(Pixels::Rgb, 1, 1, 0), &[1, 2, 3], &[1, 2, 3]);
    check(shape(Pixels::Bgr, 1, 1, 0), &[1, 2, 3], &[3, 2, 1]);
    // Padding at the end of rows, and none after the last.
    check(shape(Pixels::Rgb, 1, 2, 5), &[1, 2, 3, 0, 0, 4, 5, 6], &[1, 2, 3, 4, 5, 6]);
    check(
        shape(Pixels::Nv12, 2, 2, 4),
        &[16, 235, 7, 7, 235, 16, 7, 7, 128, 128, 7, 7],
        &[0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0],
    );
    // More than a frame in the buffer.
    check(shape(Pixels::Rgb, 1, 1, 0), &[1, 2, 3, 9, 9], &[1, 2, 3]);
}

#[test]
fn jpeg_frames_with_and_without_tables() {
    let source = picture(64, 48);
    let whole = encode_jpeg(&source, 92).unwrap();
    let near = |bytes: &[u8]| {
        let got = decode(shape(Pixels::Mjpeg, 64, 48, 0), bytes).unwrap();
        let off =
            got.pixels().iter().zip(source.pixels()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        assert!(off / (source.pixels().len() as u64) < 6, "mean difference {off}");
    };
    near(&whole);
    // A buffer with rests of an earlier frame behind the end.
    near(&[whole.as_slice(), &whole[100..]].concat());
    let bare = without_tables(&whole);
    assert!(bare.len() < whole.len());
    near(&bare);
}

#[test]
fn bad_frames_are_refused() {
    let check = |shape: Shape, bytes: &[u8], word: &str| {
        let told = decode(shape, bytes).unwrap_err();
        assert!(told.contains(word), "{shape:?}: {told}");
    };
    let whole = encode_jpeg(&picture(64, 48), 92).unwrap();
    let mjpeg = shape(Pixels::Mjpeg, 64, 48, 0);
    check(mjpeg, &[], "damaged");
    check(mjpeg, b"not a picture at all", "damaged");
    check(mjpeg, &whole[..whole.len() - 40], "damaged");
    check(mjpeg, &[&[0xFF, SOI], &[0xFF; 64][..]].concat(), "damaged");
    check(mjpeg, &[0xFF, SOI, 0xFF, 0xE0, 0x00, 0x01, 0xFF, EOI], "damaged");
    check(shape(Pixels::Mjpeg, 1280, 720, 0), &whole, "64x48");
    check(shape(Pixels::Yuyv, 4, 2, 0), &[0; 15], "15 bytes where 16");
    check(shape(Pixels::Yuyv, 3, 2, 0), &[0; 64], "no layout");
    check(shape(Pixels::Yuyv, 4, 2, 7), &[0; 64], "no layout");
    check(shape(Pixels::Nv12, 2, 3, 0), &[0; 64], "no layout");
    check(shape(Pixels::Nv12, 2, 2, 0), &[0; 5], "5 bytes where 6");
    check(shape(Pixels::Rgb, 0, 0, 0), &[], "no layout");
    check(shape(Pixels::Rgb, u32::MAX, u32::MAX, u32::MAX), &[0; 64], "no layout");
}

proptest! {
    #[test]
    fn any_bytes_are_a_picture_or_an_error(
        which in 0usize..7,
        (width, height, stride) in (0u32..40, 0u32..40, 0u32..200),
        bytes in prop::collection::vec(any::<u8>(), 0..6000),
    ) {
        let all = [Pixels::Mjpeg, Pixels::Jpeg, Pixels::Yuyv, Pixels::Uyvy, Pixels::Nv12, Pixels::Rgb, Pixels::Bgr];
        if let Ok(picture) = decode(shape(all[which], width, height, stride), &bytes) {
            prop_assert_eq!((picture.width(), picture.height()), (width, height));
        }
    }

    #[test]
    fn damaged_jpeg_frames_do_no_harm(at in 2usize..2000, value in any::<u8>(), cut in 0usize..2000) {
        let mut bytes = encode_jpeg(&picture(64, 48), 92).unwrap();
        let at = at % bytes.len();
        bytes[at] = value;
        bytes.truncate(bytes.len().saturating_sub(cut));
        decode(shape(Pixels::Mjpeg, 64, 48, 0), &bytes).ok();
        decode(shape(Pixels::Mjpeg, 64, 48, 0), &without_damage(&bytes)).ok();
    }
}

/// The frame with its start mended, so that damage further on is reached.
fn without_damage(bytes: &[u8]) -> Vec<u8> {
    [&[0xFF, SOI], bytes.get(2..).unwrap_or_default()].concat()
}
