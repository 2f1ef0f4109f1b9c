//! Colours behind the person, and the software background.

use super::portraits::scene;
use super::*;

#[test]
fn the_colour_is_named_and_compared_with_the_rule() {
    let check = |rgb: [u8; 3], name: ColourName, year: i32, matches: bool| {
        let picture = ours(&scene(&[(2.2, 130, 30)], rgb));
        let mask = analyser().person_mask(&picture).unwrap();
        let found = background(&picture, &mask, expected_background(year)).unwrap();
        assert_eq!((found.colour, found.matches), (name, matches), "{rgb:?} {year}: {found:?}");
        assert!(found.uniformity > 80 && found.deviation < 4.0, "{rgb:?}: {found:?}");
        let report = analyser().assess_for_card(&picture, expected_background(year));
        let named = report.quality.reasons.contains(&QualityReason::BackgroundColour);
        assert_eq!(named, !matches, "{rgb:?} {year}: {report:?}");
    };
    check([196, 32, 38], ColourName::Red, 1991, true);
    check([196, 32, 38], ColourName::Red, 1992, false);
    check([30, 76, 168], ColourName::Blue, 2004, true);
    check([30, 76, 168], ColourName::Blue, 2005, false);
    check([225, 225, 225], ColourName::White, 2005, false);
}

#[test]
fn half_a_curtain_is_not_the_colour() {
    let mut picture = scene(&[(2.2, 130, 30)], [196, 32, 38]);
    for (x, _, p) in picture.enumerate_pixels_mut() {
        if x > 950 {
            p.0 = [120, 160, 120];
        }
    }
    let picture = ours(&picture);
    let mask = analyser().person_mask(&picture).unwrap();
    let found = background(&picture, &mask, BackgroundColour::Red).unwrap();
    assert!(!found.matches && (0.3..0.9).contains(&found.expected_share), "{found:?}");
}

#[test]
fn a_picture_full_of_person_has_no_background() {
    let picture = ours(&astronaut());
    let full = PersonMask::new(vec![1.0; 256 * 256]).unwrap();
    assert_eq!(background(&picture, &full, BackgroundColour::Red), None);
    assert!(PersonMask::new(vec![0.0; 5]).is_none());
    assert!(PersonMask::new(vec![f32::NAN; 256 * 256]).is_none());
}

#[test]
fn the_background_is_replaced_and_the_face_is_not() {
    let picture = ours(&astronaut());
    let mask = analyser().person_mask(&picture).unwrap();
    let red = [196, 32, 38];
    let out = replace_background(&picture, &mask, red);
    let at = |image: &RgbImage, x: usize, y: usize| image.pixels()[(y * 512 + x) * 3..][..3].to_vec();
    // Face, hair and suit are the picture's own; flag, wall and shuttle are gone.
    for (x, y) in [(225, 120), (204, 103), (220, 60), (200, 320)] {
        assert_eq!(at(&out, x, y), at(&picture, x, y), "{x} {y}");
    }
    for (x, y) in [(10, 10), (100, 60), (340, 100), (420, 20)] {
        assert_eq!(at(&out, x, y), red, "{x} {y}");
    }
    // No rim of the light wall: within the mixed edge nothing is much lighter than both sides.
    let lightness = |p: &[u8]| p.iter().map(|v| u32::from(*v)).sum::<u32>() / 3;
    let edge: Vec<u32> = (280..330).map(|x| lightness(&at(&out, x, 80))).collect();
    assert!(edge.iter().all(|l| *l < 150), "{edge:?}");
    let after = analyser().assess_for_card(&out, BackgroundColour::Red);
    assert!(after.background.is_some_and(|b| b.matches), "{:?}", after.quality);
}
