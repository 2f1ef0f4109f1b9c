#![allow(clippy::unwrap_used, clippy::expect_used)]
use biometrics::position::Eye;
use toml::Table;

use super::*;

fn read(kind: DeviceKind, script: &str) -> Result<Script, Vec<String>> {
    let table: Table = format!("script = {script}").parse().unwrap();
    let mut parameters = Parameters::new(kind, &table);
    let script = Script::read(&mut parameters, kind);
    parameters.finish(script).map_err(|errors| errors.iter().map(|e| e.key().to_owned()).collect())
}

/// The keys of the errors of a script.
fn check(kind: DeviceKind, script: &str, expected: &[&str]) {
    assert_eq!(read(kind, script).err().unwrap_or_default(), expected, "{kind:?} {script}");
}

#[test]
fn sound_and_wrong_elements() {
    use DeviceKind as K;
    check(
        K::Fingerprint,
        r#"["ok", "retry:too-dry", "slow:800", "wrong-finger", "wrong-hand", "blank"]"#,
        &[],
    );
    check(
        K::Camera,
        r#"["unplug", "replug", "hang", "crash", "bad-data", "fault:busy", "fault:protocol"]"#,
        &[],
    );
    check(K::Fingerprint, r#"[{ do = "wrong-hand", on = "slap:right_four", times = 2 }]"#, &[]);
    check(K::Fingerprint, r#"[{ do = "unplug", on = "again", replug_after_ms = 5 }]"#, &[]);
    check(K::Camera, r#""ok""#, &["camera.script"]);
    check(K::Camera, r#"["ok", 3, "okay"]"#, &["camera.script[1]", "camera.script[2]"]);
    check(
        K::Camera,
        r#"["retry:tired", "retry", "slow", "slow:x", "slow:-1", "slow:600001", "ok:1"]"#,
        &[
            "camera.script[0]",
            "camera.script[1]",
            "camera.script[2]",
            "camera.script[3]",
            "camera.script[4]",
            "camera.script[5]",
            "camera.script[6]",
        ],
    );
    check(K::Camera, r#"["wrong-hand"]"#, &["camera.script[0]"]);
    check(K::Printer, r#"["retry:too-dry", "blank"]"#, &["printer.script[0]", "printer.script[1]"]);
    check(K::Thermometer, r#"["blank", "retry:moved"]"#, &["thermometer.script[0]"]);
    check(
        K::Camera,
        r#"[{ on = "face" }, { do = 1 }, { do = "no" }]"#,
        &["camera.script[0].do", "camera.script[1].do", "camera.script[2].do"],
    );
    check(
        K::Camera,
        r#"[{ do = "ok", on = "irises" }, { do = "ok", times = 0 }, { do = "ok", when = 1 }]"#,
        &["camera.script[0].on", "camera.script[1].times", "camera.script[2].when"],
    );
    check(K::Camera, r#"[{ do = "ok", replug_after_ms = 5 }]"#, &["camera.script[0].replug_after_ms"]);
    check(K::Fingerprint, r#"[{ do = "ok", on = "slap:right_index" }]"#, &["fingerprint.script[0].on"]);
    check(K::Iris, &format!("[{}]", "\"ok\",".repeat(ELEMENTS_MAX + 1)), &["iris.script"]);
}

#[test]
fn bound_elements_wait_for_their_task() {
    let text =
        r#"["retry:moved", { do = "crash", on = "slap:thumbs" }, { do = "blank", on = "slap", times = 2 }]"#;
    let mut script = read(DeviceKind::Fingerprint, text).unwrap();
    let slap = |slap| names(&CaptureTask::Slap { slap, missing: Vec::new() });
    let finger = names(&CaptureTask::Finger { position: FingerPosition::LeftRing, again: false });
    assert_eq!(script.take(&slap(Slap::LeftFour)), Some(Action::Blank));
    assert_eq!(script.take(&finger), Some(Action::Retry(Retry::Moved)));
    assert_eq!(script.take(&slap(Slap::Thumbs)), Some(Action::Crash));
    assert_eq!(script.take(&slap(Slap::Thumbs)), Some(Action::Blank));
    assert_eq!(script.take(&slap(Slap::Thumbs)), None);
    assert_eq!(script.take(&finger), None);
}

#[test]
fn a_recapture_has_a_name_of_its_own() {
    let position = FingerPosition::RightIndex;
    assert_eq!(names(&CaptureTask::Finger { position, again: false }), ["finger:right_index", "finger"]);
    assert_eq!(names(&CaptureTask::Finger { position, again: true }), ["again:right_index", "again"]);
}

#[test]
fn every_task_can_be_bound() {
    let tasks = [
        CaptureTask::Face,
        CaptureTask::EvidencePhoto,
        CaptureTask::ExceptionPhoto { fingers: vec![FingerPosition::RightRing], eyes: Vec::new() },
        CaptureTask::Slap { slap: Slap::Thumbs, missing: Vec::new() },
        CaptureTask::Finger { position: FingerPosition::LeftLittle, again: true },
        CaptureTask::Irises { missing: vec![Eye::Left] },
        CaptureTask::Signature,
        CaptureTask::Temperature,
    ];
    for task in tasks {
        let known = names_of(task.kind());
        assert!(names(&task).iter().all(|name| known.contains(name)), "{task:?}");
    }
}
