//! Which of the formats that a camera offers is taken: a pure choice.

use biometrics::image::check_size;

/// Sizes that are as good as each other for a portrait: from here...
const SMALL: (u32, u32) = (1280, 720);
/// ...to here; beyond it pictures only cost time.
const LARGE: (u32, u32) = (1920, 1080);
/// Slower than this a live picture is no mirror.
const FPS_MIN: f32 = 15.0;
/// Rate that is aimed at, in frames a second.
const FPS_AIM: f32 = 30.0;

/// Pixel formats that this driver reads (V4L2 names them by four characters).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pixels {
    /// Motion JPEG, a JPEG picture a frame, often without Huffman tables.
    Mjpeg,
    /// As [`Pixels::Mjpeg`], by the name that some older cameras use.
    Jpeg,
    /// YUV 4:2:2, bytes Y U Y V.
    Yuyv,
    /// YUV 4:2:2, bytes U Y V Y (frame grabbers).
    Uyvy,
    /// YUV 4:2:0, a plane of Y and one of U V.
    Nv12,
    /// Bytes R G B.
    Rgb,
    /// Bytes B G R.
    Bgr,
}

/// The formats in the order of preference. JPEG comes first: raw frames fill a USB bus that other readers share.
const FORMATS: &[(Pixels, &[u8; 4])] = &[
    (Pixels::Mjpeg, b"MJPG"),
    (Pixels::Jpeg, b"JPEG"),
    (Pixels::Yuyv, b"YUYV"),
    (Pixels::Uyvy, b"UYVY"),
    (Pixels::Nv12, b"NV12"),
    (Pixels::Rgb, b"RGB3"),
    (Pixels::Bgr, b"BGR3"),
];

impl Pixels {
    /// The format of a four-character code; `None` for one that is not read (grey ones are infrared cameras).
    pub(super) fn from_fourcc(fourcc: [u8; 4]) -> Option<Self> {
        FORMATS.iter().find(|(_, code)| **code == fourcc).map(|(pixels, _)| *pixels)
    }
    /// The four-character code.
    pub(super) fn fourcc(self) -> &'static [u8; 4] {
        FORMATS.iter().find(|(pixels, _)| *pixels == self).map_or(b"    ", |(_, code)| code)
    }
    fn rank(self) -> usize {
        FORMATS.iter().position(|(pixels, _)| *pixels == self).unwrap_or(FORMATS.len())
    }
}

/// Time from one frame to the next, in seconds as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) numerator: u32,
    pub(super) denominator: u32,
}

impl Interval {
    /// Frames a second; `None` for a fraction that is none.
    pub(super) fn fps(self) -> Option<f32> {
        (self.numerator > 0 && self.denominator > 0).then(|| self.denominator as f32 / self.numerator as f32)
    }
}

/// One thing that a camera can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) pixels: Pixels,
    pub(super) width: u32,
    pub(super) height: u32,
    /// `None` where the camera tells none.
    pub(super) interval: Option<Interval>,
}

/// The offer to take. A size that is asked for: the nearest one. Otherwise the smallest from 1280x720 to 1920x1080
/// that comes at least 15 times a second; then the nearest larger one, then the nearest smaller one.
pub(super) fn choose(offers: &[Offer], wanted: Option<(u32, u32)>) -> Option<Offer> {
    let cost = |offer: &Offer| {
        let (from, to) = wanted.map_or((SMALL, LARGE), |size| (size, size));
        let off = |side: u32, from: u32, to: u32| {
            u64::from(from.saturating_sub(side)) + u64::from(side.saturating_sub(to))
        };
        let distance = off(offer.width, from.0, to.0) + off(offer.height, from.1, to.1);
        let small = wanted.is_none() && (offer.width < from.0 || offer.height < from.1);
        let fps = offer.interval.and_then(Interval::fps);
        let slow = fps.is_some_and(|fps| fps < FPS_MIN);
        let area = u64::from(offer.width) * u64::from(offer.height);
        let from_aim = fps.map_or(0.0, |fps| (fps - FPS_AIM).abs());
        (small, distance, slow, area, offer.pixels.rank(), from_aim as u64)
    };
    let fits = |offer: &&Offer| check_size(offer.width, offer.height).is_ok();
    offers.iter().filter(fits).min_by_key(|offer| cost(offer)).copied()
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
