#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

fn at(image: &RgbImage, x: u32, y: u32) -> [u8; 3] {
    let from = ((y * image.width() + x) * 3) as usize;
    image.pixels()[from..from + 3].try_into().unwrap()
}

#[test]
fn the_person_is_before_an_even_background() {
    for background in [Background::Red, Background::Blue] {
        let scene = Scene::new(background).unwrap();
        let frame = scene.frame(0).unwrap();
        assert_eq!((frame.width(), frame.height()), (WIDTH_PX, HEIGHT_PX));
        for (x, y) in [(20, 20), (640, 4), (1260, 20), (300, 300), (1000, 300), (1270, 700)] {
            assert_eq!(at(&frame, x, y), background.rgb(), "{x} {y}");
        }
        // Between the eyes is skin: lighter than both backgrounds, more red than blue.
        let [r, g, b] = at(&frame, 640, 300);
        assert!(r > 150 && g > 100 && r > b, "{r} {g} {b}");
    }
}

#[test]
fn frames_move_the_same_way_each_time_and_photos_differ() {
    let scene = Scene::new(Background::Red).unwrap();
    assert!(scene.frame(0).unwrap() != scene.frame(12).unwrap());
    assert!(scene.frame(5).unwrap() == scene.frame(5).unwrap());
    assert!(scene.photo(5, 1).unwrap() != scene.photo(5, 2).unwrap());
    assert!(scene.photo(5, 1).unwrap() == scene.photo(5, 1).unwrap());
    assert!(document(1, 1).unwrap() != document(2, 1).unwrap());
}

#[test]
fn every_frame_number_is_inside_of_the_canvas() {
    let scene = Scene::new(Background::Red).unwrap();
    for number in (0..100).chain([u64::MAX]) {
        assert!(scene.frame(number).is_ok());
    }
}

#[test]
fn a_moved_photo_is_less_sharp() {
    let scene = Scene::new(Background::Red).unwrap();
    let steps = |picture: &RgbImage| -> u64 {
        let green = |at: usize| i64::from(picture.pixels()[at * 3 + 1]);
        let pixels = (WIDTH_PX * HEIGHT_PX) as usize;
        (1..pixels).map(|at| (green(at) - green(at - 1)).unsigned_abs()).sum()
    };
    let (sharp, moved) = (scene.photo(3, 9).unwrap(), scene.moved(3, 9).unwrap());
    assert_eq!((moved.width(), moved.height()), (WIDTH_PX, HEIGHT_PX));
    assert!(steps(&moved) * 10 < steps(&sharp) * 9, "{} {}", steps(&moved), steps(&sharp));
}
