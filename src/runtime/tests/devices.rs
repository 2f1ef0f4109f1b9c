//! Disinfection between applicants and the change to another device, through the whole station.

use super::*;
use devices::vocabulary::DeviceId;

impl Bench {
    fn locked(&mut self) -> Option<DeviceKind> {
        self.desk().session().unwrap().locked()
    }

    /// A second applicant, at the fingers.
    fn next_applicant_at_fingers(&mut self) {
        self.begin();
        self.go_to(Some(StepId::Fingers));
    }

    fn fingerprint(&mut self) -> (Option<String>, Vec<String>, DeviceState) {
        let line = self.desk().devices().iter().find(|l| l.kind == DeviceKind::Fingerprint).cloned().unwrap();
        let names = line.others.into_iter().map(|i| i.id.0).collect();
        (line.info.map(|i| i.id.0), names, line.state)
    }
}

#[test]
fn a_reader_is_locked_for_the_next_applicant_until_disinfected() {
    let mut b = Bench::new("");
    b.sign_in();
    b.next_applicant_at_fingers();
    assert_eq!(b.locked(), None);
    b.capture_fingers();
    assert_eq!(b.locked(), None, "the same applicant goes on");
    b.next_applicant_at_fingers();
    assert_eq!(b.locked(), Some(DeviceKind::Fingerprint));
    let view = b.desk().session().unwrap();
    assert!(view.targets().iter().all(|t| !matches!(t, Target::Slap(_))), "{:?}", view.targets());
    assert_eq!(view.primary().id, "disinfected");
    b.command(Command::Capture(Target::Slap(biometrics::position::Slap::RightFour)));
    assert!(b.desk().session().unwrap().session.core.pending.is_none(), "refused");
    b.command(Command::Disinfected(DeviceKind::Fingerprint));
    assert_eq!(b.locked(), None);
    b.capture_fingers();
    let s = b.desk().session().unwrap().session.clone();
    assert!(!s.data.fingers.samples.is_empty());
    assert!(s.core.log.iter().any(|l| l.event == "disinfected" && l.target == "fingerprint"));
}

#[test]
fn a_restart_unlocks_nothing_and_the_start_page_can() {
    let mut b = Bench::new("");
    b.sign_in();
    b.next_applicant_at_fingers();
    b.capture_fingers();
    // What was given to the vault is written before it is closed.
    b.open();
    assert_eq!(b.desk().to_disinfect(), [DeviceKind::Fingerprint, DeviceKind::SignaturePad]);
    b.desk().send(DeskCommand::Disinfected(DeviceKind::Fingerprint));
    assert_eq!(b.desk().to_disinfect().len(), 2, "somebody must answer for it");
    b.sign_in();
    b.begin();
    b.desk().send(DeskCommand::Disinfected(DeviceKind::Fingerprint));
    assert_eq!(b.desk().to_disinfect(), [DeviceKind::SignaturePad]);
    b.go_to(Some(StepId::Fingers));
    assert_eq!(b.locked(), None);
    b.open();
    assert!(!b.desk().to_disinfect().contains(&DeviceKind::Fingerprint));
}

#[test]
fn the_empty_glass_is_looked_at_first_where_the_reader_can() {
    let mut b = Bench::new("");
    b.sign_in();
    b.next_applicant_at_fingers();
    let primary = b.desk().session().unwrap().primary();
    assert_eq!(primary.action, Action::Command(Command::Capture(Target::Platen)));
    b.act();
    b.quiet();
    assert!(b.desk().session().unwrap().session.data.fingers.platen.is_some());
    // A reader that says once that it cannot is not asked again.
    let mut b = Bench::new("script = [{ on = \"platen\", do = \"fault:unsupported\" }]");
    b.sign_in();
    for _ in 0..2 {
        b.next_applicant_at_fingers();
        if b.locked().is_some() {
            b.act();
        }
        let platen = Action::Command(Command::Capture(Target::Platen));
        let primary = b.desk().session().unwrap().primary();
        let asked_before = !b.desk().waiting().is_empty();
        assert_eq!(primary.action == platen, !asked_before);
        b.act();
        b.quiet();
        assert!(b.fault().is_none());
    }
}

#[test]
fn another_reader_takes_over() {
    let second = "[[fingerprint]]\ndriver = \"simulated\"\nnumber = 2\ncapture_ms = 1\n";
    let mut b = Bench::new("");
    b.devices = DEVICES.replace("SCRIPT", "").replace("[fingerprint]", "[[fingerprint]]");
    b.devices = b.devices.replace("[iris]", &format!("{second}[iris]"));
    b.open();
    b.sign_in();
    let (first, other) = ("simulated-fingerprint-1".to_owned(), "simulated-fingerprint-2".to_owned());
    b.until("both readers", |d| {
        d.devices().iter().any(|l| l.kind == DeviceKind::Fingerprint && l.others.len() == 1)
    });
    b.next_applicant_at_fingers();
    b.capture_fingers();
    assert!(b.desk().registry().simulation().unplug(DeviceKind::Fingerprint));
    let gone = DeviceState::Faulty(DeviceFault::Unplugged);
    b.until("unplugged reader", |d| d.devices().iter().any(|l| l.state == gone));
    assert_eq!(b.fingerprint(), (None, vec![other.clone()], gone));
    let use_it = |id: &str| DeskCommand::UseDevice(DeviceKind::Fingerprint, DeviceId(id.to_owned()));
    b.desk().send(use_it("nobody"));
    b.desk().send(use_it(&other));
    b.until("the other reader", |d| {
        d.devices().iter().any(|l| l.kind == DeviceKind::Fingerprint && l.state == DeviceState::Ready)
    });
    assert_eq!(b.fingerprint(), (Some(other.clone()), vec![], DeviceState::Ready));
    b.capture_fingers();
    assert_eq!(b.fault(), None);
    // The first one is back: it is offered, the chosen one stays.
    assert!(b.desk().registry().simulation().replug(DeviceKind::Fingerprint));
    b.until("the first reader", |d| d.devices().iter().any(|l| !l.others.is_empty()));
    assert_eq!(b.fingerprint(), (Some(other), vec![first], DeviceState::Ready));
    b.desk = None;
    let audit = crate::vault::testing::audit_text(&b.folder.path().join("vault"));
    let changed = audit.lines().filter(|l| l.contains("\"device-changed\"")).collect::<Vec<_>>();
    assert!(matches!(changed[..], [line] if line.contains("fingerprint") && line.contains("simulated")));
}

#[test]
fn that_a_device_is_used_is_kept_as_soon_as_the_disk_can() {
    let disk = FaultyFiles::new(4);
    let kept = |disk: &FaultyFiles| {
        let file = disk.shared().read(Path::new("/disk/vault/hygiene.json"), 4096).unwrap_or_default();
        String::from_utf8(file).unwrap().contains("fingerprint")
    };
    let mut b = Bench::on(&disk);
    b.sign_in();
    b.next_applicant_at_fingers();
    assert!(!kept(&disk));
    disk.set_room(Some(0));
    b.capture_fingers();
    assert!(!b.desk().session().unwrap().session.data.fingers.samples.is_empty());
    assert!(!kept(&disk) && b.desk().notices().iter().any(|n| n.code == "VLT-09"));
    disk.set_room(None);
    b.clock.advance(TimeDelta::seconds(6));
    b.until("word on the disk", |_| kept(&disk));
}

#[test]
fn a_capture_that_waits_for_the_disk_can_be_cancelled() {
    let mut b = Bench::new("");
    b.sign_in();
    b.next_applicant_at_fingers();
    let target = b.desk().session().unwrap().targets()[0];
    // Nothing is pumped in between: the vault's answer has not come.
    b.command(Command::Capture(target));
    b.command(Command::CancelCapture);
    b.quiet();
    let s = b.desk().session().unwrap().session.clone();
    assert!(s.data.fingers.samples.is_empty() && s.core.pending.is_none());
    assert_eq!(b.fault(), None);
    b.capture_fingers();
    assert!(!b.desk().session().unwrap().session.data.fingers.samples.is_empty());
}
