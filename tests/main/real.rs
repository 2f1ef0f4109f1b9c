//! A session on real samples, opened by our reader and by public tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{rekam, root, told};

fn samples() -> Option<PathBuf> {
    let named = std::env::var_os("REKAM_SAMPLES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root().join("../shared/data"));
    let there = folder.join("finger").is_dir();
    if !there {
        eprintln!("skipped: no samples in {}", folder.display());
    }
    there.then_some(folder)
}

fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--help").output().is_ok();
    if !found {
        eprintln!("skipped: {tool} is not installed");
    }
    found
}

#[test]
fn a_missing_sample_is_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let found = told(rekam().args(["real", "--samples"]).arg(folder.path()).output().unwrap());
    assert_eq!(found.code, 1);
    assert!(found.errors.contains("face"), "{}", found.errors);
}

#[test]
fn the_record_holds_the_samples() {
    let Some(samples) = samples() else { return };
    let folder = tempfile::TempDir::new().unwrap();
    let vault = folder.path().join("vault");
    let found = told(
        rekam()
            .args(["real", "--json", "--samples"])
            .arg(&samples)
            .arg("--out")
            .arg(&vault)
            .output()
            .unwrap(),
    );
    assert_eq!(found.code, 0, "{} {}", found.json, found.errors);
    assert_eq!(found.json["identical_sample"], Value::Bool(true));
    let (record, key) =
        (found.json["record"].as_str().unwrap(), found.json["centre_identity"].as_str().unwrap());
    let pem = found.json["station_key"].as_str().unwrap();
    let out = folder.path().join("out");
    let opened = told(
        rekam()
            .args(["record", "open", record, "--identity", key, "--station-key", pem, "--out"])
            .arg(&out)
            .output()
            .unwrap(),
    );
    assert_eq!(opened.code, 0, "{}", opened.errors);
    let compared = compare(&samples, &out);
    assert_eq!(compared, 12, "ten fingers and two irises");
    let face = samples.join("face/astronaut.png");
    if face.is_file() {
        let decode = |path: &Path| biometrics::codec::decode_rgb(&std::fs::read(path).unwrap()).unwrap();
        let (input, kept) = (decode(&face), decode(&out.join("face/photo.jp2")));
        assert!(input.pixels() == kept.pixels(), "the portrait's pixels");
    }
    if has("age") && has("unzip") {
        by_public_tools(Path::new(record), key, folder.path(), &out);
    }
}

/// Compares the decoded pixels of fingers and irises; gives how many pictures were equal.
fn compare(samples: &Path, out: &Path) -> usize {
    let pictures = |folder: &str| -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut folders = vec![out.to_owned()];
        while let Some(dir) = folders.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                let name = path.to_string_lossy().into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if name.contains(folder) && name.ends_with(".jp2") {
                    let bytes = std::fs::read(&path).unwrap();
                    all.push(biometrics::codec::decode_gray(&bytes).unwrap().pixels().to_vec());
                }
            }
        }
        all
    };
    let (fingers, irises) = (pictures("finger"), pictures("iris"));
    let mut equal = 0;
    for entry in std::fs::read_dir(samples.join("finger/mosip")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let fir = biometrics::iso::fir::FingerRecord::read(&bytes).unwrap();
        let image = fir.representations[0].decode_image().unwrap();
        equal += usize::from(fingers.iter().any(|p| p == image.pixels()));
    }
    for entry in std::fs::read_dir(samples.join("iris/mosip")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let iir = biometrics::iso::iir::IrisRecord::read(&bytes).unwrap();
        let image = iir.representations[0].decode_image().unwrap();
        equal += usize::from(irises.iter().any(|p| p == image.pixels()));
    }
    equal
}

fn by_public_tools(record: &Path, key: &str, folder: &Path, ours: &Path) {
    let zip = folder.join("record.zip");
    let done = Command::new("age").args(["-d", "-i", key, "-o"]).arg(&zip).arg(record).status().unwrap();
    assert!(done.success());
    let theirs = folder.join("theirs");
    let done = Command::new("unzip").arg("-q").arg(&zip).arg("-d").arg(&theirs).status().unwrap();
    assert!(done.success());
    let same = Command::new("diff").arg("-r").arg(ours).arg(&theirs).status().unwrap();
    assert!(same.success(), "public tools and our reader unpack the same");
}
