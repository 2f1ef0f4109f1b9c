#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

fn offer(pixels: Pixels, width: u32, height: u32, fps: u32) -> Offer {
    let interval = (fps > 0).then_some(Interval { numerator: 1, denominator: fps });
    Offer { pixels, width, height, interval }
}

#[test]
fn the_best_offer_is_taken() {
    use Pixels::{Mjpeg, Nv12, Rgb, Uyvy, Yuyv};
    let check = |offers: &[Offer], wanted: Option<(u32, u32)>, expected: usize| {
        assert_eq!(choose(offers, wanted), Some(offers[expected]), "{offers:?} for {wanted:?}");
    };
    // An ordinary webcam: raw frames are slow at 720p.
    let webcam = [
        offer(Yuyv, 640, 480, 30),
        offer(Yuyv, 1280, 720, 10),
        offer(Mjpeg, 640, 480, 30),
        offer(Mjpeg, 1280, 720, 60),
        offer(Mjpeg, 1280, 720, 30),
        offer(Mjpeg, 1920, 1080, 30),
    ];
    check(&webcam, None, 4);
    check(&webcam, Some((1920, 1080)), 5);
    check(&webcam, Some((640, 480)), 2);
    check(&webcam, Some((600, 400)), 2);
    // Fast enough comes before small.
    check(&[offer(Yuyv, 1280, 720, 5), offer(Mjpeg, 1920, 1080, 30)], None, 1);
    // Nothing in the range: larger before smaller, and of the larger ones the nearest.
    check(
        &[offer(Mjpeg, 1024, 768, 30), offer(Mjpeg, 2592, 1944, 15), offer(Mjpeg, 3264, 2448, 15)],
        None,
        1,
    );
    check(&[offer(Mjpeg, 320, 240, 30), offer(Mjpeg, 800, 600, 30)], None, 1);
    // Size comes before speed, and a rate that is not told is no slow one.
    check(&[offer(Yuyv, 640, 480, 30), offer(Yuyv, 1280, 720, 10)], None, 1);
    check(&[offer(Yuyv, 1280, 720, 0), offer(Mjpeg, 1920, 1080, 30)], None, 0);
    // Formats in their order.
    check(&[offer(Rgb, 1280, 720, 30), offer(Nv12, 1280, 720, 30), offer(Uyvy, 1280, 720, 30)], None, 2);
}

#[test]
fn nothing_usable_is_no_choice() {
    let check = |offers: &[Offer]| assert_eq!(choose(offers, None), None, "{offers:?}");
    check(&[]);
    check(&[offer(Pixels::Yuyv, 0, 720, 30), offer(Pixels::Yuyv, 1280, 0, 30)]);
    check(&[offer(Pixels::Yuyv, u32::MAX, u32::MAX, 30)]);
}

#[test]
fn names_of_formats() {
    for (pixels, code) in FORMATS {
        assert_eq!(Pixels::from_fourcc(**code), Some(*pixels));
        assert_eq!(pixels.fourcc(), *code);
    }
    for unread in [b"GREY", b"H264", b"Z16 ", b"yuyv", b"\0\0\0\0"] {
        assert_eq!(Pixels::from_fourcc(*unread), None);
    }
    let rate = |numerator, denominator| Interval { numerator, denominator }.fps();
    assert_eq!(rate(0, 30), None);
    assert_eq!(rate(1, 0), None);
    assert!(rate(1001, 30000).is_some_and(|fps| (29.9..30.0).contains(&fps)));
}
