#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::path::PathBuf;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::image::{MAX_SIDE_PX, check_size};

/// A sample file by its path below the sample folder; says so where it is missing.
pub(crate) fn sample(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("REKAM_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let found = std::fs::read(root.join(path)).ok();
    if found.is_none() {
        println!("skipped: no sample {path}");
    }
    found
}

/// A grey image with ridges, an edge and noise, so that no codec has it easy.
pub(crate) fn ridges(width: u32, height: u32, ppi: Option<u16>) -> GrayImage {
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        let wave = 90.0 * (f64::from(x) * 0.7 + f64::from(y) * 0.25).sin();
        let noise = f64::from((x * 7919 + y * 104_729) % 17);
        (128.0 + wave + noise + if x > width / 2 { 15.0 } else { -15.0 }).clamp(0.0, 255.0) as u8
    };
    GrayImage::new(width, height, ppi, (0..width * height).map(pixel).collect()).unwrap()
}

/// A colour image of gradients with an edge.
pub(crate) fn colours(width: u32, height: u32) -> RgbImage {
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        [(x * 255 / width) as u8, (y * 255 / height) as u8, if x > y { 200 } else { 60 }]
    };
    RgbImage::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

/// Peak signal to noise ratio in dB.
fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / squares.max(1e-9)).log10()
}

fn code(e: &CodecError) -> String {
    e.to_string().chars().take(6).collect()
}

#[test]
fn grey_comes_back_with_its_resolution() {
    type Encode = fn(&GrayImage) -> Result<Vec<u8>, CodecError>;
    let encoders: [(Format, Encode); 2] =
        [(Format::Png, encode_png_gray), (Format::Jp2, encode_jp2_lossless_gray)];
    for (format, encode) in encoders {
        for (w, h, ppi) in [
            (1, 1, None),
            (2, 1, Some(500)),
            (33, 70, Some(500)),
            (200, 150, Some(1000)),
            (64, 64, Some(508)),
        ] {
            let image = ridges(w, h, ppi);
            let file = encode(&image).unwrap();
            assert_eq!(sniff(&file), Some(format));
            let back = decode_gray(&file).unwrap();
            assert_eq!(back.ppi(), ppi, "{format} {w}x{h}");
            assert_eq!(back.pixels(), image.pixels(), "{format} {w}x{h}");
        }
    }
}

#[test]
fn colour_comes_back() {
    let image = colours(120, 90);
    let lossless: [fn(&RgbImage) -> Result<Vec<u8>, CodecError>; 2] =
        [encode_png_rgb, |i| encode_jp2_rgb(i, Jp2Rate::Lossless)];
    for encode in lossless {
        assert_eq!(decode_rgb(&encode(&image).unwrap()).unwrap(), image);
    }
    // Floors measured with a margin of about 3 dB on this image.
    let lossy: [(Vec<u8>, f64); 3] = [
        (encode_jpeg(&image, 95).unwrap(), 30.0),
        (encode_jp2_rgb(&image, Jp2Rate::Ratio(5.0)).unwrap(), 35.0),
        (encode_jp2_rgb(&image, Jp2Rate::Ratio(20.0)).unwrap(), 25.0),
    ];
    for (file, floor) in lossy {
        let db = psnr(decode_rgb(&file).unwrap().pixels(), image.pixels());
        assert!(db > floor, "{db} dB");
    }
}

#[test]
fn ratio_is_kept() {
    let image = colours(400, 300);
    for ratio in [8.0_f32, 15.0, 30.0] {
        let size = encode_jp2_rgb(&image, Jp2Rate::Ratio(ratio)).unwrap().len();
        let target = image.pixels().len() as f32 / ratio;
        assert!(size as f32 <= target * 1.02 + 200.0, "{size} bytes for {target}");
    }
}

#[test]
fn parameters_are_checked() {
    let image = colours(8, 8);
    for ratio in [f32::NAN, f32::INFINITY, -1.0, 0.0, 1.0, 501.0] {
        assert_eq!(code(&encode_jp2_rgb(&image, Jp2Rate::Ratio(ratio)).unwrap_err()), "BIO-27");
    }
    for quality in [0, 101, 255] {
        assert_eq!(code(&encode_jpeg(&image, quality).unwrap_err()), "BIO-27");
    }
}

#[test]
fn grey_and_colour_are_exchanged() {
    let grey = ridges(20, 10, None);
    let rgb = decode_rgb(&encode_png_gray(&grey).unwrap()).unwrap();
    assert!(rgb.pixels().chunks_exact(3).zip(grey.pixels()).all(|(p, g)| p == [*g; 3]));
    let colour = colours(20, 10);
    assert_eq!(decode_gray(&encode_png_rgb(&colour).unwrap()).unwrap(), colour.to_gray());
}

#[test]
fn bare_codestream_is_read() {
    let image = ridges(90, 60, None);
    let file = encode_jp2_lossless_gray(&image).unwrap();
    let at = file.windows(4).position(|w| w == [0xFF, 0x4F, 0xFF, 0x51]).unwrap();
    assert_eq!(sniff(&file[at..]), Some(Format::J2k));
    assert_eq!(decode_gray(&file[at..]).unwrap(), image);
}

#[test]
fn jpeg_density_is_read() {
    // JFIF header: length 16, version 1.1, unit, x, y, no thumbnail.
    let cases: [(u8, u16, u16, Option<u16>); 6] = [
        (1, 500, 500, Some(500)),
        (2, 197, 197, Some(500)),
        (0, 1, 1, None),
        (1, 500, 499, None),
        (1, 0, 0, None),
        (9, 500, 500, None),
    ];
    for (unit, x, y, expected) in cases {
        let mut head = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, unit];
        head.extend([x.to_be_bytes(), y.to_be_bytes()].concat());
        head.extend([0, 0]);
        assert_eq!(resolution::jpeg_ppi(&head), expected, "unit {unit} {x}x{y}");
    }
}

#[test]
fn pgm_files() {
    let pixels = |data: &[u8]| {
        decode_gray(data).map(|i| (i.width(), i.height(), i.pixels().to_vec())).map_err(|e| code(&e))
    };
    type Expected = Result<(u32, u32, Vec<u8>), &'static str>;
    let cases: &[(&[u8], Expected)] = &[
        (b"P5 2 1 255 \x01\x02", Ok((2, 1, vec![1, 2]))),
        (b"P5\n# made by hand\n2 1\n#x\n255\n\x0a\x20", Ok((2, 1, vec![10, 32]))),
        (b"P2 2 2 255 0 1\n2 255", Ok((2, 2, vec![0, 1, 2, 255]))),
        (b"P2 2 1 1 0 1 # end", Ok((2, 1, vec![0, 255]))),
        (b"P5 1 1 15 \x07", Ok((1, 1, vec![119]))),
        (b"P5 1 1 15 \x10", Err("BIO-23")),
        (b"P5 2 1 255 \x01", Err("BIO-23")),
        (b"P5 2 1 255 \x01\x02\x03", Err("BIO-23")),
        (b"P5 2 1 255", Err("BIO-23")),
        (b"P5 2 1 255x\x01\x02", Err("BIO-23")),
        (b"P5 0 1 255 ", Err("BIO-01")),
        (b"P5 99999 1 255 ", Err("BIO-02")),
        (b"P5 8192 8192 255 ", Err("BIO-02")),
        (b"P5 9999999999 1 255 ", Err("BIO-23")),
        (b"P5 -1 1 255 ", Err("BIO-23")),
        (b"P5 1 1 0 \x00", Err("BIO-23")),
        (b"P5 1 1 65535 \x00\x00", Err("BIO-24")),
        (b"P5 1 1 65536 \x00\x00", Err("BIO-23")),
        (b"P2 2 1 255 0", Err("BIO-23")),
        (b"P2 2 1 255 0 256", Err("BIO-23")),
        (b"P2 2 1 255 0 1 2", Err("BIO-23")),
        (b"P2 2 1 100 0 101", Err("BIO-23")),
        (b"P6 1 1 255 abc", Err("BIO-21")),
        (b"P5", Err("BIO-21")),
        (b"P5 ", Err("BIO-23")),
        (b"", Err("BIO-21")),
    ];
    for (data, expected) in cases {
        let expected = expected.clone().map_err(str::to_owned);
        assert_eq!(pixels(data), expected, "{}", data.escape_ascii());
    }
}

/// Sets the bytes at `at`.
fn with(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// Offset of the first occurrence of a marker or box name.
fn find(file: &[u8], what: &[u8]) -> usize {
    file.windows(what.len()).position(|w| w == what).unwrap()
}

#[test]
fn refused_before_anything_is_allocated() {
    let huge = 60_000_u32.to_be_bytes();
    let jp2 = encode_jp2_lossless_gray(&ridges(64, 64, Some(500))).unwrap();
    let siz = find(&jp2, &[0xFF, 0x51]);
    let cod = find(&jp2, &[0xFF, 0x52]);
    let ihdr = find(&jp2, b"ihdr");
    let png = encode_png_gray(&ridges(16, 16, None)).unwrap();
    let jpeg = encode_jpeg(&colours(16, 16), 80).unwrap();
    let sof = find(&jpeg, &[0xFF, 0xC0]);
    let wsq = encode_wsq(&ridges(90, 90, None), WSQ_RATE).unwrap();
    let mut scans = jpeg[..jpeg.len() - 2].to_vec();
    scans.extend([0xFF, 0xDA].repeat(101));
    let four_components = with(&with(&jp2, siz + 38, &[0, 4]), siz + 2, &[0, 50]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("png size", with(&png, 16, &huge), "BIO-02"),
        ("png no rows", with(&png, 20, &[0; 4]), "BIO-01"),
        ("png 16 bits", with(&png, 24, &[16]), "BIO-25"),
        ("png cut", png[..png.len() / 2].to_vec(), "BIO-25"),
        ("png signature only", png[..8].to_vec(), "BIO-23"),
        ("jpeg size", with(&jpeg, sof + 5, &[0xFF; 4]), "BIO-02"),
        ("jpeg no width", with(&jpeg, sof + 7, &[0; 2]), "BIO-01"),
        ("jpeg no frame", jpeg[..sof].to_vec(), "BIO-23"),
        ("jpeg scans", scans, "BIO-24"),
        ("jp2 codestream size", with(&jp2, siz + 6, &huge), "BIO-02"),
        ("jp2 ihdr size", with(&jp2, ihdr + 4, &[0xFF; 8]), "BIO-02"),
        ("jp2 no width", with(&jp2, siz + 6, &[0; 4]), "BIO-01"),
        ("jp2 offset above size", with(&jp2, siz + 14, &[0xFF; 8]), "BIO-01"),
        ("jp2 tile of one pixel", with(&jp2, siz + 22, &[0, 0, 0, 1, 0, 0, 0, 1]), "BIO-24"),
        ("jp2 tile of nothing", with(&jp2, siz + 22, &[0; 8]), "BIO-23"),
        ("jp2 four components", four_components, "BIO-24"),
        ("jp2 SIZ length", with(&jp2, siz + 2, &[0, 40]), "BIO-23"),
        ("jp2 16 bits", with(&jp2, siz + 40, &[15]), "BIO-24"),
        ("jp2 subsampled", with(&jp2, siz + 41, &[2, 2]), "BIO-24"),
        ("jp2 layers", with(&jp2, cod + 6, &[0, 0]), "BIO-23"),
        ("jp2 levels", with(&jp2, cod + 9, &[200]), "BIO-23"),
        ("jp2 block size", with(&jp2, cod + 10, &[9, 9]), "BIO-23"),
        ("jp2 palette", with(&jp2, find(&jp2, b"colr"), b"pclr"), "BIO-24"),
        ("jp2 colour space", with(&jp2, find(&jp2, b"colr") + 10, &[18]), "BIO-24"),
        ("jp2 no header box", with(&jp2, find(&jp2, b"jp2h"), b"free"), "BIO-23"),
        ("jp2 box length", with(&jp2, ihdr - 4, &[0, 0, 0, 7]), "BIO-23"),
        ("jp2 cut", jp2[..jp2.len() / 2].to_vec(), "BIO-23"),
        ("j2k cut", jp2[siz - 2..jp2.len() / 2].to_vec(), "BIO-25"),
        ("wsq start only", vec![0xFF, 0xA0, 0xFF, 0xA8], "BIO-23"),
        ("wsq size", with(&wsq, find(&wsq, &[0xFF, 0xA2]) + 6, &[0xFF; 4]), "BIO-02"),
        ("wsq cut", wsq[..wsq.len() / 2].to_vec(), "BIO-23"),
        ("text", b"hello".to_vec(), "BIO-21"),
        ("too long", vec![0xFF; MAX_ENCODED_BYTES + 1], "BIO-22"),
    ];
    for (name, data, expected) in cases {
        let error = decode_gray(&data).map(|i| format!("{i:?}")).unwrap_err();
        assert_eq!(code(&error), expected, "{name}: {error}");
    }
}

#[test]
fn fine_divisions_are_refused() {
    let limit = 4000_u32.to_be_bytes();
    let file = encode_jp2_lossless_gray(&ridges(64, 64, None)).unwrap();
    let siz = find(&file, &[0xFF, 0x51]);
    let cod = find(&file, &[0xFF, 0x52]);
    let ihdr = find(&file, b"ihdr");
    let big = with(
        &with(&with(&file, siz + 6, &[limit, limit].concat()), siz + 22, &[limit, limit].concat()),
        ihdr + 4,
        &[limit, limit].concat(),
    );
    // The control: with blocks of 64x64 the same claims pass, and what has no data stays flat.
    assert_eq!(decode_gray(&big).unwrap().width(), 4000);
    let fine = [
        with(&big, cod + 10, &[0, 0]),      // blocks of 4x4
        with(&big, cod + 6, &[0xFF, 0xFF]), // 65535 layers
    ];
    for file in fine {
        assert_eq!(code(&decode_gray(&file).unwrap_err()), "BIO-24");
    }
}

#[test]
fn samples_are_read() {
    // (file, width, height, ppi)
    let cases = [
        ("codecs/img.jp2", 0x38C, 0x3EF, Some(1000)),
        ("codecs/wsq-original.wsq", 832, 768, Some(500)),
        ("codecs/wsq-converted.png", 832, 768, None),
        ("finger/sfinge/SFinGe_Test01.pgm", 416, 560, None),
    ];
    for (path, width, height, ppi) in cases {
        let Some(data) = sample(path) else { continue };
        let image = decode_gray(&data).unwrap();
        assert_eq!((image.width(), image.height(), image.ppi()), (width, height, ppi), "{path}");
    }
    if let Some(data) = sample("face/astronaut.png") {
        assert_eq!(decode_rgb(&data).unwrap().width(), 512);
    }
    // Another codec's decoded pixels of the same file.
    if let (Some(wsq), Some(png)) = (sample("codecs/wsq-original.wsq"), sample("codecs/wsq-converted.png")) {
        assert_eq!(sniff(&wsq), Some(Format::Wsq));
        assert_eq!(decode_gray(&wsq).unwrap().pixels(), decode_gray(&png).unwrap().pixels());
        assert_eq!(decode_rgb(&wsq).unwrap(), decode_rgb(&png).unwrap());
    }
}

/// Decodes JPEG 2000 with OpenJPEG's own tool; `None` where it is not installed.
pub(crate) fn opj_decompress(jp2: &[u8]) -> Option<GrayImage> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.jp2"), folder.path().join("out.pgm"));
    std::fs::write(&from, jp2).unwrap();
    let run = Command::new("opj_decompress").arg("-i").arg(&from).arg("-o").arg(&to).output();
    match run {
        Ok(out) => {
            assert!(out.status.success(), "opj_decompress: {}", String::from_utf8_lossy(&out.stderr));
            Some(decode_gray(&std::fs::read(to).unwrap()).unwrap())
        }
        Err(_) => {
            println!("skipped: no opj_decompress");
            None
        }
    }
}

#[test]
fn openjpeg_reads_what_is_written() {
    let image = ridges(150, 100, Some(500));
    if let Some(seen) = opj_decompress(&encode_jp2_lossless_gray(&image).unwrap()) {
        assert_eq!(seen.pixels(), image.pixels());
    }
}

/// Small valid files of every format.
fn seeds() -> Vec<Vec<u8>> {
    let (grey, rgb) = (ridges(40, 30, Some(500)), colours(24, 24));
    let jp2 = encode_jp2_lossless_gray(&grey).unwrap();
    let at = find(&jp2, &[0xFF, 0x4F]);
    vec![
        encode_png_gray(&grey).unwrap(),
        encode_jpeg(&rgb, 85).unwrap(),
        encode_jp2_rgb(&rgb, Jp2Rate::Ratio(4.0)).unwrap(),
        jp2[at..].to_vec(),
        jp2,
        [b"P5 40 30 255 ".as_slice(), grey.pixels()].concat(),
        encode_wsq(&ridges(90, 81, Some(500)), WSQ_RATE).unwrap(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn arbitrary_bytes_never_panic(prefix in 0_usize..8, tail in vec(any::<u8>(), 0..400)) {
        let magics: [&[u8]; 8] = [b"", &[0xFF, 0xA0, 0xFF], b"P5 ", b"P2 ", &[0xFF, 0xD8, 0xFF], &[0xFF, 0x4F, 0xFF, 0x51],
            &[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A],
            &[0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A]];
        let data = [magics[prefix], &tail].concat();
        let _ = decode_gray(&data);
        let _ = decode_rgb(&data);
    }

    #[test]
    fn damaged_files_never_panic(
        which in 0_usize..7,
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut data = seeds().swap_remove(which);
        for (at, value) in flips {
            let at = at.index(data.len());
            data[at] = value;
        }
        if let Some(cut) = cut {
            data.truncate(cut.index(data.len()));
        }
        if let Ok(image) = decode_gray(&data) {
            prop_assert!(check_size(image.width(), image.height()).is_ok());
            prop_assert!(image.width() <= MAX_SIDE_PX);
        }
    }

    #[test]
    fn noise_comes_back(width in 1_u32..50, height in 1_u32..50, seed in vec(any::<u8>(), 2500)) {
        let pixels = seed[..(width * height) as usize].to_vec();
        let image = GrayImage::new(width, height, Some(500), pixels).unwrap();
        prop_assert_eq!(&decode_gray(&encode_jp2_lossless_gray(&image).unwrap()).unwrap(), &image);
        prop_assert_eq!(&decode_gray(&encode_png_gray(&image).unwrap()).unwrap(), &image);
    }
}

/// Nothing that can be on a glass may fail to be kept: noise and edges are the hardest to compress.
#[test]
fn every_picture_can_be_kept_without_loss() {
    let noise = |w: u32, h: u32| (0..w * h).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
    let sawtooth =
        |w: u32, h: u32| (0..w * h).map(|i| if (i % w).is_multiple_of(2) { 0 } else { 255 }).collect();
    let steps = |w: u32, h: u32| (0..w * h).map(|i| ((i % w) * 37 + (i / w) * 91) as u8).collect();
    let pictures: [&dyn Fn(u32, u32) -> Vec<u8>; 3] = [&noise, &sawtooth, &steps];
    for (w, h) in
        [(1, 1), (1, 70), (70, 1), (2, 3), (7, 5), (31, 33), (48, 64), (64, 64), (65, 70), (416, 560)]
    {
        for (kind, picture) in pictures.iter().enumerate() {
            let image = GrayImage::new(w, h, Some(500), picture(w, h)).unwrap();
            let jp2 = encode_jp2_lossless_gray(&image).unwrap_or_else(|e| panic!("{w}x{h} kind {kind}: {e}"));
            assert_eq!(decode_gray(&jp2).unwrap().pixels(), image.pixels(), "{w}x{h} kind {kind}");
        }
    }
}
