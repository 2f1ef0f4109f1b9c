//! `rekam camera` by the real binary. No camera is needed: the photo is the simulated camera's.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{Told, rekam, told};

fn camera(config: Option<&Path>, args: &[&str]) -> Told {
    let mut command = rekam();
    command.arg("camera").args(args).args(["--vault", "/nonexistent/vault"]);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    told(command.timeout(std::time::Duration::from_secs(300)).output().unwrap())
}

fn simulated(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("config.toml");
    std::fs::write(&path, "[devices.camera]\ndriver = \"simulated\"\n").unwrap();
    path
}

#[test]
fn cameras_are_listed() {
    let folder = TempDir::new().unwrap();
    // Whatever is plugged in here, cameras and nothing else are listed.
    let any = camera(None, &["list", "--json"]);
    let cameras = any.json["cameras"].as_array().expect("a list");
    assert_eq!(any.code, 0);
    assert!(cameras.iter().all(|c| c["kind"] == "camera" && c["driver"] == "v4l2"), "{cameras:?}");
    let with = camera(Some(&simulated(folder.path())), &["list", "--json"]);
    assert_eq!(with.json["cameras"].as_array().map(Vec::len), Some(cameras.len() + 1), "{}", with.json);
    assert_eq!(with.json["cameras"][0]["driver"], "simulated");
}

#[test]
fn a_photo_is_written_and_its_face_recognised() {
    let folder = TempDir::new().unwrap();
    let config = simulated(folder.path());
    let check = |name: &str, format: &str, magic: &[u8]| {
        let out = folder.path().join(name);
        let got = camera(Some(&config), &["grab", "--json", "--out", out.to_str().unwrap()]);
        assert_eq!(got.code, 0, "{}", got.errors);
        let json = &got.json;
        assert_eq!((&json["width"], &json["height"]), (&1280.into(), &720.into()), "{json}");
        assert_eq!((&json["face"], &json["format"]), (&true.into(), &format.into()), "{json}");
        assert_eq!(json["faces"].as_array().map(Vec::len), Some(1), "{json}");
        assert_eq!(json["device"]["driver"], "simulated");
        assert!(json["quality"]["score"].is_number() && json["fps"].as_f64().is_some_and(|fps| fps > 0.0));
        assert!(std::fs::read(&out).unwrap().starts_with(magic), "{name}");
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    };
    check("photo.png", "png", b"\x89PNG");
    check("photo.JPG", "jpeg", b"\xFF\xD8");
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = TempDir::new().unwrap();
    let config = simulated(folder.path());
    let check = |args: &[&str], code: i32, word: &str| {
        let got = camera(Some(&config), args);
        assert_eq!(got.code, code, "{args:?}: {}", got.errors);
        assert!(got.errors.contains(word), "{args:?}: {}", got.errors);
    };
    let inside = folder.path().join("a.png");
    let out = inside.to_str().unwrap();
    check(&["grab"], 2, "--out");
    check(&["grab", "--out", "photo.gif"], 2, ".png");
    check(&["grab", "--out", out, "--device", ""], 2, "--device");
    check(&["grab", "--out", out, "--device", "no such camera"], 1, "DEV-01");
    check(&["grab", "--out", out, "--device", "/dev/null"], 1, "rekam camera list");
    check(&["grab", "--out", "/nonexistent/folder/a.png"], 1, "CLI-03");
    assert!(!inside.exists());
}
