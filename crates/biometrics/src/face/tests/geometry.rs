//! What needs no network: anchors, suppression, resampling, pose, crop, colours.

use proptest::prelude::*;

use super::super::background::{ColourName, SIDE};
use super::super::colour::{lab, luminance};
use super::super::crop::portrait_frame;
use super::super::detect::{Detection, decode, suppress};
use super::super::mesh::{EYES_IN_BOX, Mesh};
use super::super::patch::fill;
use super::super::pose::{pose, turned};
use super::super::sample::{Region, Similarity, reduced, square, stretched, warp};
use super::*;

fn detection(x: f32, width: f32, score: f32) -> Detection {
    let points = [[x - 10.0, 90.0], [x + 10.0, 90.0], [x, 100.0], [x, 110.0], [x, 95.0], [x, 95.0]];
    Detection { x, y: 100.0, width, height: width, points, score }
}

#[test]
fn anchors_lie_where_the_numbers_say() {
    let region = Region { x: 320.0, y: 240.0, side: 640.0, angle: 0.0 };
    let mut boxes = vec![0.0f32; 896 * 16];
    let mut scores = vec![-9.0f32; 896];
    let check = |boxes: &[f32], scores: &[f32], expected: &[(f32, f32, f32)]| {
        let found: Vec<_> = decode(boxes, scores, &region).iter().map(|d| (d.x, d.y, d.width)).collect();
        assert_eq!(found, expected);
    };
    check(&boxes, &scores, &[]);
    // Anchor 2 is the second cell of the first row of 16: its middle is at 1.5 / 16 and 0.5 / 16.
    (boxes[2 * 16 + 2], boxes[2 * 16 + 3], scores[2]) = (12.8, 12.8, 5.0);
    check(&boxes, &scores, &[(60.0, -60.0, 64.0)]);
    // Anchor 895 is the last cell of 8 x 8, 12.8 pixels of the network to the left.
    (boxes[895 * 16], boxes[895 * 16 + 2], boxes[895 * 16 + 3], scores[895]) = (-12.8, 64.0, 64.0, 5.0);
    check(&boxes, &scores, &[(60.0, -60.0, 64.0), (536.0, 520.0, 320.0)]);
    boxes[2 * 16 + 2] = f32::NAN;
    check(&boxes, &scores, &[(536.0, 520.0, 320.0)]);
}

#[test]
fn overlapping_finds_are_one_face() {
    let check = |found: Vec<Detection>, expected: &[(f32, f32)]| {
        let faces: Vec<_> = suppress(found).iter().map(|d| (d.x, d.score)).collect();
        assert_eq!(faces, expected);
    };
    check(vec![], &[]);
    check(vec![detection(100.0, 40.0, 0.75)], &[]); // a dog
    check(vec![detection(100.0, 40.0, 0.875), detection(104.0, 40.0, 0.875)], &[(102.0, 0.875)]);
    check(
        vec![detection(100.0, 40.0, 0.875), detection(300.0, 40.0, 0.9375)],
        &[(300.0, 0.9375), (100.0, 0.875)],
    );
    check(vec![detection(100.0, 0.0, 0.9)], &[(100.0, 0.9)]);
}

#[test]
fn shrinking_takes_means_and_places_stay() {
    // Left half black, right half white.
    let picture = Picture::from_fn(400, 200, |x, _| image::Rgb([if x < 200 { 0 } else { 255 }; 3]));
    let picture = ours(&picture);
    let whole = Region { x: 200.0, y: 100.0, side: 400.0, angle: 0.0 };
    let small = square(&picture, &whole, 4);
    let expected = [0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0];
    assert_eq!(small.rgb.iter().step_by(3).copied().collect::<Vec<u8>>(), expected);
    assert_eq!(stretched(&picture, 2, 1).rgb, [0, 0, 0, 255, 255, 255]);
    let (half, scale) = reduced(&picture, 200);
    assert_eq!((half.width, half.height, scale), (200, 100, 2.0));
    let (same, scale) = reduced(&picture, 800);
    assert_eq!((same.width, same.height, scale), (400, 200, 1.0));
    // The region turned clockwise by a quarter: its upper edge looks to the picture's right.
    let turned = Region { angle: std::f32::consts::FRAC_PI_2, side: 100.0, ..whole };
    let turned = warp(&picture, &Similarity::of(&turned, 2), 2, 2);
    assert_eq!(turned.rgb.iter().step_by(3).copied().collect::<Vec<u8>>(), [255, 255, 0, 0]);
}

#[test]
fn polygons_are_filled() {
    let check = |outline: &[(f32, f32)], expected: usize| {
        assert_eq!(fill(outline, 20, 10).iter().filter(|v| **v).count(), expected, "{outline:?}");
    };
    check(&[(2.0, 2.0), (6.0, 2.0), (6.0, 5.0), (2.0, 5.0)], 12);
    check(&[(-5.0, -5.0), (50.0, -5.0), (50.0, 50.0), (-5.0, 50.0)], 200);
    check(&[(3.0, 3.0)], 0);
    check(&[], 0);
    check(&[(f32::NAN, 1.0), (4.0, f32::INFINITY), (5.0, 5.0)], 0);
}

#[test]
fn the_pose_of_a_turned_face_is_read_back() {
    let check = |yaw: f64, pitch: f64, roll: f64| {
        let found = pose(&turned(yaw, pitch, roll));
        let off = (f64::from(found.yaw) - yaw).abs()
            + (f64::from(found.pitch) - pitch).abs()
            + (f64::from(found.roll) - roll).abs();
        assert!(off < 0.01, "{yaw} {pitch} {roll}: {found:?}");
    };
    for (yaw, pitch, roll) in [
        (0.0, 0.0, 0.0),
        (20.0, 0.0, 0.0),
        (-35.0, 0.0, 0.0),
        (0.0, 15.0, 0.0),
        (0.0, -15.0, 0.0),
        (0.0, 0.0, 30.0),
        (12.0, -8.0, 5.0),
        (-60.0, 20.0, -45.0),
    ] {
        check(yaw, pitch, roll);
    }
    // A face turned to its left shows its nose further right in the picture than its cheeks' middle.
    let mesh = turned(20.0, 0.0, 0.0);
    assert!(mesh.at(4)[0] > (mesh.at(234)[0] + mesh.at(454)[0]) / 2.0);
    let empty = pose(&Mesh { points: Vec::new(), presence: 0.0 });
    assert!(empty.yaw.is_finite() && empty.pitch.is_finite() && empty.roll.is_finite());
}

#[test]
fn portraits_have_card_proportions_and_the_eyes_in_place() {
    let picture = ours(&astronaut());
    let check = |face: (i32, i32, u32), expected: Option<(u32, u32)>| {
        let face = FaceBox { x: face.0, y: face.1, width: face.2, height: face.2, score: 0.9 };
        let cut = crop_portrait(&picture, &face, CARD_ASPECT);
        assert_eq!(cut.as_ref().ok().map(|c| (c.width(), c.height())), expected, "{face:?}");
    };
    check((200, 200, 100), Some((141, 211)));
    check((0, 0, 100), Some((141, 211))); // moved inside
    check((56, 56, 400), Some((341, 512))); // made smaller
    check((-300, 0, 100), None);
    check((600, 600, 100), None);
    check((200, 200, 0), None);
    // The crop is the picture's own pixels: eyes of a face at 200 are at 236, 40 % of 211 below the top.
    let face = FaceBox { x: 200, y: 200, width: 100, height: 100, score: 0.9 };
    let cut = crop_portrait(&picture, &face, CARD_ASPECT).unwrap();
    let (left, top, _, height) = portrait_frame(&face, CARD_ASPECT);
    let (left, top) = (left as usize, top as usize);
    let at = |x: usize, y: usize| &picture.pixels()[(y * 512 + x) * 3..(y * 512 + x) * 3 + 3];
    assert_eq!(&cut.pixels()[..3], at(left, top));
    // Head, crown to chin, is two distances of eyes and chin: 60 to 90 % of the height (ISO/IEC 19794-5).
    let head = 2.0 * (1.0 - EYES_IN_BOX) * 100.0 / height;
    assert!((0.6..0.9).contains(&head), "{head}");
    assert!(matches!(crop_portrait(&picture, &face, f32::NAN), Err(FaceError::Crop)));
    let card = scaled(&cut, 240, 360).unwrap();
    assert_eq!((card.width(), card.height()), (240, 360));
}

#[test]
fn light_and_colours_by_the_standards() {
    // CIE 15 values of sRGB primaries (D65), and OFIQ's dark 8-bit luminance.
    let check = |rgb: [u8; 3], light: u8, expected: [f32; 3], name: ColourName| {
        assert_eq!(luminance(rgb), light, "{rgb:?}");
        let found = lab(rgb);
        let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.2);
        assert!(near && ColourName::of(found) == name, "{rgb:?}: {found:?} {:?}", ColourName::of(found));
    };
    check([255, 255, 255], 255, [100.0, 0.0, 0.0], ColourName::White);
    check([0, 0, 0], 0, [0.0, 0.0, 0.0], ColourName::Black);
    check([128, 128, 128], 55, [53.59, 0.0, 0.0], ColourName::Grey);
    check([255, 0, 0], 54, [53.24, 80.09, 67.2], ColourName::Red);
    check([0, 0, 255], 18, [32.3, 79.19, -107.86], ColourName::Blue);
    check([0, 255, 0], 182, [87.73, -86.18, 83.18], ColourName::Green);
    check([255, 255, 0], 237, [97.14, -21.55, 94.48], ColourName::Yellow);
    let named = |rgb: [u8; 3], name: ColourName| assert_eq!(ColourName::of(lab(rgb)), name, "{rgb:?}");
    named([196, 32, 38], ColourName::Red); // the simulated camera's red
    named([30, 76, 168], ColourName::Blue); // and its blue
    named([120, 10, 20], ColourName::Red);
    named([220, 60, 60], ColourName::Red);
    named([0, 0, 90], ColourName::Blue);
    named([90, 150, 220], ColourName::Blue);
    named([240, 150, 40], ColourName::Orange);
    named([140, 60, 160], ColourName::Purple);
    named([210, 205, 200], ColourName::White);
}

#[test]
fn the_year_of_birth_asks_for_a_colour() {
    let check = |year: i32, colour: BackgroundColour| assert_eq!(expected_background(year), colour, "{year}");
    check(1991, BackgroundColour::Red);
    check(1992, BackgroundColour::Blue);
    check(2000, BackgroundColour::Blue);
    check(-1, BackgroundColour::Red);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_numbers_of_a_network_are_survived(seed in any::<u64>(), scale in 0.0f32..1e9) {
        let wild = |i: usize| {
            let bits = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i as u64 * 0x9E37_79B9);
            match bits % 17 {
                0 => f32::NAN,
                1 => f32::INFINITY,
                k => (k as f32 - 9.0) * scale,
            }
        };
        let boxes: Vec<f32> = (0..896 * 16).map(wild).collect();
        let scores: Vec<f32> = (0..896).map(wild).collect();
        let region = Region { x: 50.0, y: 50.0, side: 100.0, angle: 0.0 };
        prop_assert!(suppress(decode(&boxes, &scores, &region)).len() <= 16);
        let numbers: Vec<f32> = (0..468 * 3).map(wild).collect();
        let placed = Mesh::place(&numbers, 1.0, &region);
        prop_assert!(placed.is_none() || scale < 400.0);
    }

    #[test]
    fn similarities_invert(x in -500.0f32..500.0, y in -500.0f32..500.0, side in 10.0f32..900.0, angle in -3.0f32..3.0) {
        let map = Similarity::of(&Region { x: 40.0, y: 70.0, side, angle }, 192);
        let (px, py) = map.apply(x, y);
        let (qx, qy) = map.invert(px, py);
        prop_assert!((qx - x).abs() < 0.1 && (qy - y).abs() < 0.1);
        let (mx, my) = map.apply(96.0, 96.0);
        prop_assert!((mx - 40.0).abs() < 0.01 && (my - 70.0).abs() < 0.01);
    }

    #[test]
    fn any_mask_and_size_give_a_picture(width in 1u32..40, height in 1u32..40, value in 0.0f32..1.0) {
        let picture = RgbImage::new(width, height, vec![77; (width * height * 3) as usize]).unwrap();
        let mask = PersonMask::new((0..SIDE * SIDE).map(|i| if i % 3 == 0 { value } else { 0.0 }).collect()).unwrap();
        let out = replace_background(&picture, &mask, [1, 2, 3]);
        prop_assert_eq!((out.width(), out.height()), (width, height));
        let _ = background(&picture, &mask, BackgroundColour::Red);
    }
}
