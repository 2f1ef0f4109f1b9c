#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::fs;

use biometrics::codec;
use biometrics::image::GrayImage;
use biometrics::iso::fir::{Compression, FingerRecord, FingerRepresentation, Impression, Position, Sampling};
use biometrics::iso::{CaptureTime, DeviceId as IsoDevice};
use biometrics::position::{Eye, FingerPosition, Slap};

use super::*;
use crate::conformance::TestWatch;
use crate::registry::Registry;

/// A small picture that is another one for each `shade`.
pub(crate) fn gray(shade: u8) -> GrayImage {
    let pixels = (0..48u32 * 64).map(|n| (n % 48 + n / 48) as u8 + 10 * shade).collect();
    GrayImage::new(48, 64, Some(500), pixels).unwrap()
}

pub(super) fn pgm(image: &GrayImage) -> Vec<u8> {
    let mut bytes = format!("P5\n{} {}\n255\n", image.width(), image.height()).into_bytes();
    bytes.extend_from_slice(image.pixels());
    bytes
}

/// A FIR record of one finger, with its image as lossless JPEG 2000.
pub(crate) fn fir(position: Position, image: &GrayImage) -> Vec<u8> {
    let finger = FingerRepresentation {
        captured: CaptureTime::UNKNOWN,
        device: IsoDevice::default(),
        quality: Vec::new(),
        certifications: Vec::new(),
        position,
        number: 1,
        sampling: Sampling::ppi(500),
        compression: Compression::Jpeg2000Lossless,
        impression: Impression::LiveScanPlain,
        width: image.width() as u16,
        height: image.height() as u16,
        data: codec::encode_jp2_lossless_gray(image).unwrap(),
        extended: Vec::new(),
    };
    FingerRecord { certified: false, representations: vec![finger] }.write().unwrap()
}

fn face() -> RgbImage {
    let pixels = (0..60u32 * 80 * 3).map(|n| (n % 253) as u8).collect();
    RgbImage::new(60, 80, pixels).unwrap()
}

/// Writes one sample of every kind, in as many formats as there are, and gives the set-up for them.
pub(crate) fn samples(root: &Path) -> Setup {
    let put = |name: &str, bytes: Vec<u8>| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let finger = |position: FingerPosition| fir(Position::Finger(position), &gray(position.code()));
    put("face/portrait.dat", codec::encode_png_rgb(&face()).unwrap());
    put("face/notes.txt", b"not a sample".to_vec());
    put("finger/set/Right_Thumb.iso", finger(FingerPosition::RightThumb));
    put("finger/set/rightIndex.png", codec::encode_png_gray(&gray(2)).unwrap());
    put("finger/set/right-middle", codec::encode_jp2_lossless_gray(&gray(3)).unwrap());
    put("finger/set/4.pgm", pgm(&gray(4)));
    put("finger/set/sample-a.bin", finger(FingerPosition::RightLittle));
    put("finger/set/jempol kiri.iso", fir(Position::Unknown, &gray(6)));
    for code in 7..=10 {
        put(&format!("finger/set/{code:02}.jpg"), pgm(&gray(code)));
    }
    put("finger/set/README", b"ten fingers".to_vec());
    put("iris/Left_Iris.png", codec::encode_png_gray(&gray(12)).unwrap());
    put("iris/mata kanan.pgm", pgm(&gray(11)));
    let strokes =
        r#"{"width":100,"height":50,"scaled":false,"strokes":[[{"x":1,"y":2,"t_ms":0,"pressure":null}]]}"#;
    put("signature/strokes.json", strokes.as_bytes().to_vec());
    put("temperature/temperature.txt", b"36,6\n".to_vec());
    let mut setup = find_samples(root).unwrap();
    let mut camera = setup.driver(DeviceKind::Camera).unwrap().parameters.clone();
    camera.insert("evidence".to_owned(), camera["path"].clone());
    setup.set(DeviceKind::Camera, ID, camera).unwrap();
    setup
}

fn capture(setup: &Setup, task: &CaptureTask) -> Result<Captured, CaptureEnd> {
    let mut device = Registry::new(true).open_capture(task.kind(), setup, None)?;
    device.capture(task, &mut TestWatch::within_ms(10_000))
}

#[test]
fn every_sample_comes_through_pixel_by_pixel() {
    let folder = tempfile::tempdir().unwrap();
    let setup = samples(folder.path());
    assert_eq!(capture(&setup, &CaptureTask::Face), Ok(Captured::Photo { image: face() }));
    for position in FingerPosition::ALL.iter().copied() {
        let task = CaptureTask::Finger { position, again: false };
        let Ok(Captured::Fingers(fingers)) = capture(&setup, &task) else { panic!("{position}") };
        assert_eq!(fingers.len(), 1);
        assert_eq!(
            (fingers[0].position, fingers[0].image.pixels()),
            (position, gray(position.code()).pixels())
        );
    }
    let Ok(Captured::Irises(irises)) = capture(&setup, &CaptureTask::Irises { missing: Vec::new() }) else {
        panic!("irises")
    };
    let eyes: Vec<_> = irises.iter().map(|iris| (iris.eye, iris.image.pixels().to_vec())).collect();
    assert_eq!(eyes, [(Eye::Right, gray(11).pixels().to_vec()), (Eye::Left, gray(12).pixels().to_vec())]);
    assert_eq!(capture(&setup, &CaptureTask::Temperature), Ok(Captured::Temperature { decidegrees_c: 366 }));
    let Ok(Captured::Signature(strokes)) = capture(&setup, &CaptureTask::Signature) else {
        panic!("strokes")
    };
    assert_eq!(strokes.points(), 1);
    for (kind, entry) in setup.drivers() {
        let path = entry.parameters["path"].as_str().unwrap();
        let found = check_folder(kind, Path::new(path)).unwrap();
        assert!(!found.is_empty() && found.iter().all(|line| !line.contains('/')), "{found:?}");
    }
}

#[test]
fn the_live_picture_is_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let mut camera = Registry::new(true).open_camera(&samples(folder.path()), None).unwrap();
    for _ in 0..2 {
        assert_eq!(camera.frame(Instant::now() + Duration::from_secs(5)), Ok(face()));
    }
}

#[test]
fn a_resolution_is_only_taken_where_the_file_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = samples(folder.path());
    let mut parameters = setup.driver(DeviceKind::Fingerprint).unwrap().parameters.clone();
    parameters.insert("ppi".to_owned(), Value::Integer(400));
    setup.set(DeviceKind::Fingerprint, ID, parameters).unwrap();
    let ppi = |position| match capture(&setup, &CaptureTask::Finger { position, again: false }) {
        Ok(Captured::Fingers(fingers)) => fingers[0].image.ppi(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ppi(FingerPosition::RightThumb), Some(500));
    assert_eq!(ppi(FingerPosition::RightRing), Some(400));
}

/// Puts `bytes` in the place of a file (none: removes it) and looks for words in the fault of a capture and
/// of the check before a session, which both name the file and never its path.
fn check(file: &str, bytes: Option<&[u8]>, task: &CaptureTask, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let setup = samples(folder.path());
    let path = folder.path().join(file);
    fs::remove_file(&path).unwrap();
    if let Some(bytes) = bytes {
        fs::write(&path, bytes).unwrap();
    }
    faulty(&setup, folder.path(), task, words);
}

fn faulty(setup: &Setup, root: &Path, task: &CaptureTask, words: &[&str]) {
    let entry = setup.driver(task.kind()).unwrap();
    let before = check_folder(task.kind(), Path::new(entry.parameters["path"].as_str().unwrap()));
    let root = root.to_string_lossy().into_owned();
    for fault in [capture(setup, task).unwrap_err(), CaptureEnd::Fault(before.unwrap_err())] {
        let CaptureEnd::Fault(DeviceFault::BadData { detail }) = fault else { panic!("{fault:?}") };
        assert!(words.iter().all(|word| detail.contains(word)), "{words:?} in {detail}");
        assert!(!detail.contains(&root), "{detail}");
    }
}

#[test]
fn hostile_and_missing_files() {
    let thumb = CaptureTask::Finger { position: FingerPosition::RightThumb, again: false };
    let file = "finger/set/Right_Thumb.iso";
    let sound = fir(Position::Finger(FingerPosition::RightThumb), &gray(1));
    check(file, None, &thumb, &["right_thumb", "no file"]);
    check(file, Some(b""), &thumb, &["Right_Thumb.iso", "empty"]);
    check(file, Some(b"just text"), &thumb, &["Right_Thumb.iso", "neither"]);
    check(file, Some(b"FAC\x00030\x00"), &thumb, &["Right_Thumb.iso", "face record"]);
    for end in [9, 16, 40, sound.len() / 2, sound.len() - 1] {
        check(file, Some(&sound[..end]), &thumb, &["Right_Thumb.iso", "BIO-"]);
    }
    let other = fir(Position::Finger(FingerPosition::LeftThumb), &gray(1));
    check(file, Some(&other), &thumb, &["Right_Thumb.iso", "position 6", "right_thumb"]);
    let slap = fir(Position::Slap(Slap::Thumbs), &gray(1));
    check(file, Some(&slap), &thumb, &["Right_Thumb.iso", "position 15"]);
    check(file, Some(b"P5\n60000 60000\n255\n0"), &thumb, &["Right_Thumb.iso", "BIO-02"]);
    check(file, Some(b"P5\n0 5\n255\n0"), &thumb, &["Right_Thumb.iso", "BIO-"]);
    check("face/portrait.dat", Some(b"\xFF\xD8\xFFshort"), &CaptureTask::Face, &["portrait.dat", "BIO-"]);
    check(
        "iris/Left_Iris.png",
        Some(&sound),
        &CaptureTask::Irises { missing: Vec::new() },
        &["Left_Iris.png"],
    );
    check("iris/mata kanan.pgm", None, &CaptureTask::Irises { missing: Vec::new() }, &["right"]);
    check("temperature/temperature.txt", Some(b"warm"), &CaptureTask::Temperature, &["temperature.txt"]);
    check("temperature/temperature.txt", Some(b"nan"), &CaptureTask::Temperature, &["temperature.txt"]);
    check("signature/strokes.json", Some(b"{}"), &CaptureTask::Signature, &["strokes.json", "DEV-41"]);
    check("signature/strokes.json", None, &CaptureTask::Signature, &["strokes.json", "missing"]);
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let thumb = CaptureTask::Finger { position: FingerPosition::RightThumb, again: false };
    let folder = tempfile::tempdir().unwrap();
    let setup = samples(folder.path());
    let path = folder.path().join("finger/set/Right_Thumb.iso");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    faulty(&setup, folder.path(), &thumb, &["Right_Thumb.iso", "folder"]);
    fs::remove_dir(&path).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        faulty(&setup, folder.path(), &thumb, &["Right_Thumb.iso", "not found"]);
        fs::remove_file(&path).unwrap();
        // A device that never ends.
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        faulty(&setup, folder.path(), &thumb, &["Right_Thumb.iso", "regular"]);
        fs::remove_file(&path).unwrap();
    }
    let large = fs::File::create(&path).unwrap();
    large.set_len(MAX_FILE_BYTES + 1).unwrap();
    faulty(&setup, folder.path(), &thumb, &["Right_Thumb.iso", "larger"]);
}

#[test]
fn declared_exceptions_need_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let setup = samples(folder.path());
    fs::remove_file(folder.path().join("finger/set/4.pgm")).unwrap();
    fs::remove_file(folder.path().join("iris/Left_Iris.png")).unwrap();
    let task = CaptureTask::Slap { slap: Slap::RightFour, missing: vec![FingerPosition::RightRing] };
    assert!(matches!(capture(&setup, &task), Ok(Captured::Fingers(fingers)) if fingers.len() == 3));
    let task = CaptureTask::Irises { missing: vec![Eye::Left] };
    assert!(matches!(capture(&setup, &task), Ok(Captured::Irises(irises)) if irises.len() == 1));
    let without = Table::from_iter([("path".to_owned(), Value::String("nowhere/x.png".to_owned()))]);
    let mut setup = setup;
    setup.set(DeviceKind::Camera, ID, without).unwrap();
    let registry = Registry::new(true);
    assert!(registry.list(&setup).iter().all(|d| d.kind != DeviceKind::Camera));
    let Err(DeviceFault::BadData { detail }) = registry.open_camera(&setup, None).map(|_| ()) else {
        panic!("opened")
    };
    assert!(detail.contains("x.png") && !detail.contains("nowhere"), "{detail}");
}

/// The real samples, where they are there.
#[test]
fn real_samples() {
    let root = std::env::var_os("REKAM_SAMPLES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if !root.is_dir() {
        eprintln!("skipped: no samples (REKAM_SAMPLES)");
        return;
    }
    let setup = find_samples(&root).unwrap();
    for (kind, count) in [(DeviceKind::Camera, 1), (DeviceKind::Fingerprint, 10), (DeviceKind::Iris, 2)] {
        let path = setup.driver(kind).unwrap().parameters["path"].as_str().unwrap().to_owned();
        assert_eq!(check_folder(kind, Path::new(&path)).map(|found| found.len()), Ok(count), "{kind:?}");
    }
    for slap in Slap::ALL {
        let task = CaptureTask::Slap { slap: *slap, missing: Vec::new() };
        let Ok(Captured::Fingers(fingers)) = capture(&setup, &task) else { panic!("{slap}") };
        assert!(fingers.iter().all(|f| f.image.ppi() == Some(500) && f.image.width() > 200));
    }
}
