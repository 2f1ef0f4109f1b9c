//! `rekam bio` by the real binary, on synthetic samples.

use std::path::{Path, PathBuf};

use biometrics::codec::{encode_pgm, encode_png_gray, encode_png_rgb};
use biometrics::image::{GrayImage, RgbImage};
use biometrics::iso::fir::{Compression, FingerRecord, FingerRepresentation, Impression, Position, Sampling};
use biometrics::iso::{CaptureTime, DeviceId};
use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::synth::finger::{FingerSpec, Impression as Touch, Master};
use biometrics::synth::iris::{EyeSpec, Shot};
use biometrics::synth::slap::{self, Press};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{rekam, strings};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// Exit code, one JSON object a line, stderr.
fn bio(args: &[&str]) -> (i32, Vec<Value>, String) {
    let output = rekam().arg("bio").args(args).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|l| serde_json::from_str(l).expect("one JSON object a line")).collect();
    (output.status.code().unwrap(), lines, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn print(person_seed: u64, seed: u64) -> GrayImage {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::RightIndex })
        .impression(&Touch::ordinary(seed))
}

#[test]
fn quality_of_good_and_bad_files() {
    let folder = Folder::new();
    let good = folder.put("good.png", &encode_png_gray(&print(3, 1)).unwrap());
    let blank = GrayImage::new(416, 560, Some(500), vec![240; 416 * 560]).unwrap();
    let blank = folder.put("blank.pgm", &encode_pgm(&blank));
    let torn = folder.put("torn.png", &encode_png_gray(&print(3, 1)).unwrap()[..400]);
    let empty = folder.put("empty.png", b"");
    let (code, lines, _) = bio(&["quality", text(&good), text(&blank)]);
    assert_eq!((code, lines.len()), (0, 2));
    assert!(lines[0]["score"].as_u64().unwrap() >= 30, "{}", lines[0]);
    assert_eq!(lines[0]["algorithm"], "rekam-finger-2");
    assert_eq!(lines[0]["validated"], false);
    assert_eq!((lines[1]["score"].as_u64(), strings(&lines[1]["reasons"])), (Some(0), vec!["blank".into()]));
    // A bad file is told and the others are done.
    for (file, code_of) in [(&torn, "CLI-07"), (&empty, "CLI-07"), (&folder.path("none"), "CLI-02")] {
        let (code, lines, errors) = bio(&["quality", text(file), text(&good)]);
        assert_eq!((code, lines.len()), (1, 1), "{errors}");
        assert!(errors.starts_with(code_of), "{errors}");
    }
    let (code, lines, _) = bio(&["quality", "--features", text(&good)]);
    assert_eq!((code, lines[0]["features"].as_object().unwrap().len()), (0, 69));
}

#[test]
fn a_slap_is_cut_and_the_other_hand_is_named() {
    let folder = Folder::new();
    let (image, _) = slap::render_with(4, Slap::RightFour, &Press::ordinary(2), &[]);
    let file = folder.put("slap.png", &encode_png_gray(&image).unwrap());
    let out = folder.path("fingers");
    std::fs::create_dir(&out).unwrap();
    let (code, lines, errors) = bio(&["segment", text(&file), "--hand", "right", "--out", text(&out)]);
    assert_eq!(code, 0, "{errors}");
    let fingers = lines[0]["fingers"].as_array().unwrap();
    let names: Vec<&str> = fingers.iter().map(|f| f["position"].as_str().unwrap()).collect();
    assert_eq!(names, ["right_index", "right_middle", "right_ring", "right_little"]);
    assert_eq!(lines[0]["problems"].as_array().unwrap().len(), 0, "{}", lines[0]);
    assert!(out.join("right_ring.png").is_file());
    let (_, lines, _) = bio(&["segment", text(&file), "--hand", "left"]);
    assert_eq!(lines[0]["problems"][0]["problem"], "wrong_hand", "{}", lines[0]);
    let (code, _, _) = bio(&["segment", text(&file), "--hand", "middle"]);
    assert_eq!(code, 2);
}

#[test]
fn templates_and_comparison() {
    let folder = Folder::new();
    let pictures = [print(5, 1), print(5, 2), print(6, 1)].map(|i| encode_png_gray(&i).unwrap());
    let [first, again, other] = std::array::from_fn(|i| folder.put(&format!("{i}.png"), &pictures[i]));
    let (iso, incits) = (folder.path("a.fmr"), folder.path("a.378"));
    let (code, lines, _) = bio(&["minutiae", text(&first), "--out", text(&iso)]);
    assert_eq!(code, 0);
    assert_eq!(lines[0]["count"].as_u64().unwrap() as usize, lines[0]["minutiae"].as_array().unwrap().len());
    assert_eq!(bio(&["minutiae", text(&first), "--out", text(&incits), "--format", "incits"]).0, 0);
    let check = |a: &Path, b: &Path, same: bool| {
        let (code, lines, errors) = bio(&["match", text(a), text(b)]);
        assert_eq!(code, 0, "{errors}");
        assert_eq!(lines[0]["same_finger"], same, "{}", lines[0]);
    };
    check(&first, &again, true);
    check(&iso, &again, true);
    check(&incits, &again, true);
    check(&first, &other, false);
    check(&iso, &other, false);
}

#[test]
fn wsq_there_and_back() {
    let folder = Folder::new();
    let image = print(7, 1);
    let file = folder.put("a.pgm", &encode_pgm(&image));
    let (wsq, back) = (folder.path("a.wsq"), folder.path("b.pgm"));
    assert_eq!(bio(&["wsq", "encode", text(&file), text(&wsq)]).0, 0);
    assert!(std::fs::metadata(&wsq).unwrap().len() < 30_000);
    assert_eq!(bio(&["wsq", "decode", text(&wsq), text(&back)]).0, 0);
    let decoded = biometrics::codec::decode_gray(&std::fs::read(&back).unwrap()).unwrap();
    assert_eq!((decoded.width(), decoded.height(), decoded.ppi()), (416, 560, Some(500)));
    let (code, lines, _) = bio(&["quality", text(&wsq)]);
    assert_eq!((code, lines[0]["ppi"].as_u64()), (0, Some(500)));
    let (code, _, errors) = bio(&["wsq", "decode", text(&file), text(&back)]);
    assert!(code == 1 && errors.starts_with("CLI-07"), "{errors}");
    assert_eq!(bio(&["wsq", "decode", text(&wsq), text(&folder.path("b.gif"))]).0, 2);
}

#[test]
fn iso_records_and_the_bir() {
    let folder = Folder::new();
    let image = print(8, 1);
    let representation = FingerRepresentation {
        captured: CaptureTime::from_utc("2020-07-06T02:00:00Z".parse().unwrap()),
        device: DeviceId { technology: 0, vendor: 0, product: 0 },
        quality: Vec::new(),
        certifications: Vec::new(),
        position: Position::Finger(FingerPosition::LeftMiddle),
        number: 0,
        sampling: Sampling::ppi(500),
        compression: Compression::Png,
        impression: Impression::LiveScanPlain,
        width: 416,
        height: 560,
        data: encode_png_gray(&image).unwrap(),
        extended: Vec::new(),
    };
    let record = FingerRecord { certified: false, representations: vec![representation] }.write().unwrap();
    let file = folder.put("left_middle.iso", &record);
    let pictures = folder.path("pictures");
    std::fs::create_dir(&pictures).unwrap();
    let (code, lines, errors) = bio(&["iso", "read", text(&file), "--out", text(&pictures)]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(lines[0]["record"]["kind"], "finger_images");
    assert_eq!(lines[0]["record"]["representations"][0]["part"], "left_middle");
    assert!(pictures.join("1-left_middle.png").is_file());
    assert_eq!(bio(&["quality", text(&file)]).1[0]["position"], "left_middle");
    let xml = folder.path("bir.xml");
    let (code, lines, errors) = bio(&["bir", text(&file), "--out", text(&xml)]);
    assert_eq!((code, lines[0]["blocks"].as_u64()), (0, Some(1)), "{errors}");
    assert_eq!(bio(&["iso", "read", text(&xml)]).1[0]["record"]["kind"], "bir");
    let torn = folder.put("torn.iso", &record[..record.len() - 9]);
    let (code, _, errors) = bio(&["iso", "read", text(&torn)]);
    assert!(code == 1 && errors.starts_with("CLI-07"), "{errors}");
    let (code, _, errors) = bio(&["iso", "read", text(&folder.put("x", b"hello"))]);
    assert!(code == 1 && errors.starts_with("CLI-07"), "{errors}");
}

#[test]
fn faces_and_eyes() {
    let folder = Folder::new();
    let portrait = crate::support::root().join("fixtures/face/astronaut-512.jpg");
    let card = folder.path("card.jpg");
    let (code, lines, errors) =
        bio(&["face", text(&portrait), "--birth-year", "1991", "--out", text(&card), "--replace-background"]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(lines[0]["faces"].as_array().unwrap().len(), 1);
    assert_eq!(lines[0]["background"]["expected"], "red");
    assert!(card.is_file());
    let nobody = RgbImage::new(320, 240, vec![150; 320 * 240 * 3]).unwrap();
    let nobody = folder.put("nobody.png", &encode_png_rgb(&nobody).unwrap());
    let (code, lines, _) = bio(&["face", text(&nobody)]);
    assert_eq!((code, lines[0]["faces"].as_array().unwrap().len()), (0, 0));
    assert!(strings(&lines[0]["reasons"]).contains(&"no-face".to_owned()), "{}", lines[0]);
    let spec = EyeSpec { person_seed: 2, eye: Eye::Left };
    let eye = biometrics::synth::iris::render(&spec, &Shot::clean(1));
    let eye = folder.put("eye.png", &encode_png_gray(&eye).unwrap());
    let (code, lines, _) = bio(&["iris", text(&eye), text(&nobody)]);
    assert_eq!((code, lines.len()), (0, 2));
    assert!(
        lines[0]["score"].as_u64().unwrap() >= 60 && lines[0]["iris"]["radius"].is_number(),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1]["score"].as_u64(), Some(0));
}
