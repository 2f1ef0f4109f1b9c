//! Small synthetic samples, as captures give them.

use super::*;

pub(super) fn stamp(at: DateTime<Utc>) -> DeviceStamp {
    DeviceStamp { driver: "simulated".into(), model: "palsu".into(), serial: "1".into(), at }
}

/// A verdict with a score.
pub(crate) fn quality(score: u8) -> Quality {
    Quality { score: Some(score), algorithm: "palsu".into(), reasons: Vec::new(), validated: false }
}

pub(super) fn rings(w: u32, h: u32, seed: u32) -> GrayImage {
    let at = |x: u32, y: u32| {
        let (dx, dy) = (f64::from(x) - f64::from(w) / 2.0, f64::from(y) - f64::from(h) / 2.0);
        let wave = (dx.hypot(dy) / 3.0 + f64::from(seed)).sin();
        (wave * 100.0 + 128.0) as u8
    };
    let pixels = (0..h).flat_map(|y| (0..w).map(move |x| at(x, y))).collect();
    GrayImage::new(w, h, Some(500), pixels).unwrap()
}

fn jp2(w: u32, h: u32, seed: u32) -> Media {
    Media::new("image/jp2", codec::encode_jp2_lossless_gray(&rings(w, h, seed)).unwrap())
}

/// A finger that matches its own position in the gallery and nothing else.
pub(crate) fn finger(
    position: FingerPosition,
    number: u64,
    gallery: &[(FingerPosition, Template)],
    now: DateTime<Utc>,
) -> FingerSample {
    let matches =
        gallery.iter().filter(|(p, _)| *p == position).map(|(p, _)| Match { position: *p, score: 87 });
    FingerSample {
        position,
        width: 64,
        height: 72,
        ppi: 500,
        jp2: jp2(64, 72, u32::from(position.code()) + 20 * number as u32),
        pixels_sha256: format!("{number}-{position}"),
        quality: quality(72),
        template: Template { width: 64, height: 72, ppi: 500, minutiae: Vec::new() },
        matches: matches.collect(),
        matcher: "palsu".into(),
        threshold: THRESHOLD,
        device: stamp(now),
        cut: None,
    }
}

/// A slap with the boxes that its generator gave.
pub(super) fn whole_slap(
    slap: Slap,
    image: GrayImage,
    placed: &[synth::slap::Placed],
    now: DateTime<Utc>,
) -> SlapSample {
    let boxes = placed.iter().map(|p| SlapBox {
        position: p.position,
        centre_x: p.bounds.centre_x as i32,
        centre_y: p.bounds.centre_y as i32,
        width: p.bounds.width as u32,
        height: p.bounds.height as u32,
        angle_decidegrees: (p.bounds.angle_deg * 10.0) as i32,
        confidence: 90,
        corrected: false,
    });
    SlapSample {
        slap,
        pixels_sha256: format!("{slap}"),
        width: image.width(),
        height: image.height(),
        boxes: boxes.collect(),
        notes: vec![SlapNote { id: "touching".into(), finger: Some(slap.fingers()[0]) }],
        algorithm: "test".into(),
        device: stamp(now),
        image: Some(Arc::new(image)),
    }
}

pub(super) fn iris(eye: Eye, number: u64, now: DateTime<Utc>) -> IrisSample {
    IrisSample {
        eye,
        width: 96,
        height: 72,
        jp2: jp2(96, 72, u32::from(eye.code()) + 7 * number as u32),
        pixels_sha256: format!("{number}-{eye}"),
        quality: quality(66),
        same_as: None,
        iris: Some((48, 36, 20)),
        device: stamp(now),
    }
}

/// A photo of which nothing is known of the background.
pub(crate) fn photo(number: u64, now: DateTime<Utc>) -> PhotoSample {
    let (w, h) = (120, 160);
    let gray = rings(w, h, number as u32);
    let pixels = gray.pixels().iter().flat_map(|p| [*p, p / 2 + 60, 160]).collect();
    let image = RgbImage::new(w, h, pixels).unwrap();
    PhotoSample {
        width: w,
        height: h,
        jpeg: Media::new("image/jpeg", codec::encode_jpeg(&image, 80).unwrap()),
        jp2: None,
        full_size: (w, h),
        ground: None,
        replaced: None,
        chosen_of: 1,
        pixels_sha256: format!("{number}-face"),
        quality: quality(81),
        device: stamp(now),
    }
}

pub(super) fn signature(strokes: Strokes, now: DateTime<Utc>) -> SignatureSample {
    let png =
        Media::new("image/png", codec::encode_png_gray(&rings(90, 40, strokes.points() as u32)).unwrap());
    SignatureSample { strokes, png, quality: quality(75), device: stamp(now) }
}
