//! Limits, the trial seal and times of keeping, through the desk.

use std::sync::Mutex;

use chrono::DateTime;

use super::*;
use crate::gate::policy::BUNDLED;
use crate::runtime::limits::refusal;
use crate::runtime::station::Level;

/// The June policy with its limits changed.
fn policies(change: &[(&str, &str)]) -> Vec<(String, String)> {
    let (name, text, _) = BUNDLED.iter().find(|(name, ..)| name.contains("2020-06")).unwrap();
    let mut text = (*text).to_owned();
    for (from, to) in change {
        assert!(text.contains(from), "the policy no longer has {from}");
        text = text.replace(from, to);
    }
    vec![((*name).to_owned(), text)]
}

fn messages(desk: &Station, level: Level) -> Vec<&'static str> {
    desk.limits().iter().filter(|f| f.level == level).map(|f| f.message).collect()
}

fn audit(bench: &Bench) -> String {
    crate::vault::testing::audit_text(&bench.folder.path().join("vault"))
}

fn times(audit: &str, event: &str) -> usize {
    audit.matches(&format!("\"event\":\"{event}\"")).count()
}

impl Bench {
    fn open_with(&mut self, change: &[(&str, &str)]) {
        self.desk = None;
        let options = self.options(&self.folder.path().join("vault"));
        let options = StationOptions { policies: policies(change), ..options };
        self.desk = Some(Station::open(options).unwrap());
    }

    fn pass(&mut self, time: TimeDelta) {
        self.clock.advance(time);
        self.desk().pump();
    }
}

#[test]
fn a_full_disk_refuses_the_next_session_and_never_the_open_one() {
    let disk = FaultyFiles::new(11);
    let mut b = Bench::on(&disk);
    b.sign_in();
    assert_eq!(messages(b.desk(), Level::Refuse), [""; 0]);
    b.begin();
    b.go_to(Some(StepId::Photo));
    let open = b.desk().session().unwrap().session.core.id;
    // Room for finishing what is open, and not for one more.
    disk.set_room(Some(disk.used() + 200_000_000 + 25_000_000));
    b.pass(TimeDelta::seconds(11));
    b.until("word of the full disk", |d| messages(d, Level::Refuse) == ["limit-disk-full"]);
    b.desk().send(DeskCommand::NewSession);
    assert_eq!(b.desk().session().map(|v| v.session.core.id), Some(open), "the open session stays on screen");
    b.go_to(None);
    assert_eq!(b.desk().ended().map(|e| e.outcome), Some(Outcome::Sealed), "{:?}", b.desk().notices());
    b.desk().send(DeskCommand::Leave);
    // With a little more there is room for one again; with less there is not.
    disk.set_room(Some(disk.used() + 200_000_000 + 45_000_000));
    b.pass(TimeDelta::seconds(11));
    b.until("word of some room", |d| messages(d, Level::Warn).contains(&"limit-disk-low"));
    disk.set_room(Some(disk.used() + 200_000_000));
    b.pass(TimeDelta::seconds(11));
    b.until("word of the full disk", |d| refusal(d.limits()).is_some());
    b.desk().send(DeskCommand::NewSession);
    assert_eq!(b.desk().screen(), Screen::Start);
    disk.set_room(None);
    b.pass(TimeDelta::seconds(11));
    b.until("word of the room", |d| refusal(d.limits()).is_none());
    b.begin();
}

#[test]
fn records_that_are_not_sent_stop_new_sessions_at_the_policys_limit() {
    let mut b = Bench::new("");
    b.open_with(&[("unsent_records = 500", "unsent_records = 1")]);
    b.sign_in();
    b.begin();
    b.go_to(None);
    b.until("word of the record", |d| messages(d, Level::Refuse) == ["limit-unsent-many"]);
    b.desk().send(DeskCommand::Leave);
    b.desk().send(DeskCommand::NewSession);
    assert_eq!(b.desk().screen(), Screen::Start);
    // Where the policy only tells, the session begins.
    b.open_with(&[
        ("unsent_records = 500", "unsent_records = 1"),
        ("unsent_stops = true", "unsent_stops = false"),
    ]);
    b.sign_in();
    assert_eq!(messages(b.desk(), Level::Warn), ["limit-unsent-many"]);
    b.begin();
    // By age, which in training is told only: a script's records are of any time.
    b.open_with(&[("unsent_days = 3", "unsent_days = 2")]);
    b.clock.advance(TimeDelta::days(2));
    b.sign_in();
    assert_eq!(messages(b.desk(), Level::Warn), ["limit-unsent-old"]);
    drop(b.desk.take());
    assert_eq!(times(&audit(&b), "session-refused"), 1);
}

#[test]
fn a_trial_that_fails_refuses_before_anything_is_captured() {
    let disk = FaultyFiles::new(12);
    let mut b = Bench::on(&disk);
    b.sign_in();
    assert!(messages(b.desk(), Level::Ok).contains(&"limit-trial-ok"));
    // The station's key goes after the sign-in: the session that begins is taken back at once, with the reason.
    let key = Path::new("/disk/vault/station.key");
    let good = disk.read(key, 10_000).unwrap();
    disk.tamper(key, |bytes| bytes[20] ^= 1);
    b.desk().send(DeskCommand::NewSession);
    b.until("end of the session", |d| d.screen() == Screen::Start);
    assert_eq!(messages(b.desk(), Level::Refuse), ["limit-trial-failed"]);
    assert!(b.desk().notices().iter().any(|n| n.message == "vault-corrupt"), "{:?}", b.desk().notices());
    assert!(b.desk().waiting().is_empty());
    b.desk().send(DeskCommand::NewSession);
    assert_eq!(b.desk().screen(), Screen::Start);
    // Mended, it is tried again without anybody's doing.
    disk.tamper(key, |bytes| *bytes = good);
    b.pass(TimeDelta::seconds(11));
    b.until("word that it works", |d| refusal(d.limits()).is_none());
    b.begin();
}

#[test]
fn a_trial_that_fails_after_the_biodata_tells_and_loses_nothing() {
    let disk = FaultyFiles::new(13);
    let mut b = Bench::on(&disk);
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Biodata));
    disk.tamper(Path::new("/disk/vault/station.key"), |bytes| bytes[20] ^= 1);
    b.go_to(Some(StepId::Photo));
    b.until("word of the failure", |d| d.notices().iter().any(|n| n.message == "vault-corrupt"));
    assert_eq!(b.desk().session().map(|v| v.current()), Some(StepId::Photo), "the session goes on");
}

#[test]
fn every_step_of_a_session_passes_its_trial() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(None);
    assert_eq!(b.desk().ended().map(|e| e.outcome), Some(Outcome::Sealed));
    let view = b.desk().session().unwrap();
    assert!(view.session.core.part_faults.is_empty());
    assert!(!view.session.core.log.iter().any(|l| l.event == "part-refused"), "{:?}", view.session.core.log);
}

#[test]
fn an_open_session_warns_before_its_end_and_then_goes() {
    let mut b = Bench::new("");
    b.sign_in();
    let operator = b.desk().signed_in().unwrap().id;
    b.begin();
    b.go_to(Some(StepId::Photo));
    b.desk().send(DeskCommand::SignOut);
    b.until("end of the session", |d| d.screen() == Screen::SignIn);
    // Another officer sees whose it is and until when, and is warned a day before.
    b.clock.advance(TimeDelta::days(6) + TimeDelta::hours(1));
    b.sign_in_with(Role::Supporting, "latihan-pendukung");
    b.until("waiting session", |d| d.waiting().len() == 1);
    let line = b.desk().waiting()[0].clone();
    assert_eq!(line.begun_by, Some(operator));
    assert_eq!(line.expires - line.touched, TimeDelta::days(7));
    b.pass(TimeDelta::seconds(11));
    let expiring = |d: &mut Station| messages(d, Level::Warn).contains(&"limit-drafts-expiring");
    b.until("warning", expiring);
    // Taken up by another officer, it lives on.
    b.desk().send(DeskCommand::TakeUp(line.id));
    b.until("session", |d| d.screen() == Screen::Session);
    b.command(Command::Park);
    b.desk().send(DeskCommand::SignOut);
    b.until("end of the session", |d| d.screen() == Screen::SignIn);
    b.clock.advance(TimeDelta::days(6));
    b.sign_in();
    b.until("waiting session", |d| d.waiting().len() == 1);
    // A week later it goes by itself, at the sign-in, and the audit says so.
    b.desk().send(DeskCommand::SignOut);
    b.until("end of the session", |d| d.screen() == Screen::SignIn);
    b.clock.advance(TimeDelta::days(7));
    b.sign_in();
    b.until("end of the draft", |d| d.waiting().is_empty());
    drop(b.desk.take());
    let audit = audit(&b);
    assert_eq!((times(&audit, "draft-expired"), times(&audit, "draft-discarded")), (1, 0));
    assert!(!b.folder.path().join("vault/drafts").join(line.id.to_string()).exists());
}

#[test]
fn a_session_is_discarded_with_a_reason_of_the_list() {
    for (given, kept) in [("applicant-left", "applicant-left"), ("Ibu Siti pulang", "operator")] {
        let mut b = Bench::new("");
        b.sign_in();
        b.begin();
        b.go_to(Some(StepId::Photo));
        // Killed: the session is found interrupted.
        b.open();
        b.sign_in();
        b.until("waiting session", |d| d.waiting().len() == 1);
        let id = b.desk().waiting()[0].id;
        b.desk().send(DeskCommand::Discard(id, given.to_owned()));
        b.until("end of the draft", |d| d.waiting().is_empty());
        drop(b.desk.take());
        let audit = audit(&b);
        let line = audit.lines().find(|l| l.contains("\"event\":\"draft-discarded\"")).unwrap();
        assert!(line.contains(&format!("\"reason\":\"{kept}\"")) && !line.contains("Siti"), "{line}");
    }
}

/// A clock that is set, beside a time that is not.
struct SetClock(Mutex<(DateTime<chrono::Utc>, Duration)>);

impl SetClock {
    fn pass(&self, wall_s: i64, real_s: u64) {
        let mut now = self.0.lock().unwrap();
        now.0 += TimeDelta::seconds(wall_s);
        now.1 += Duration::from_secs(real_s);
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<chrono::Utc> {
        self.0.lock().unwrap().0
    }
    fn running(&self) -> Option<Duration> {
        Some(self.0.lock().unwrap().1)
    }
}

#[test]
fn a_clock_that_is_set_while_the_station_runs_is_told_and_deletes_nothing() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Photo));
    b.desk().send(DeskCommand::SignOut);
    b.until("end of the session", |d| d.screen() == Screen::SignIn);
    b.desk = None;
    let clock = Arc::new(SetClock(Mutex::new((b.clock.now(), Duration::from_secs(9)))));
    let options = b.options(&b.folder.path().join("vault"));
    b.desk = Some(Station::open(StationOptions { clock: clock.clone(), ..options }).unwrap());
    b.sign_in();
    assert!(messages(b.desk(), Level::Warn).is_empty());
    // Somebody sets the clock a month ahead: nothing that only looks old is deleted.
    clock.pass(30 * 86_400, 1);
    b.desk().pump();
    b.until("word of the clock", |d| messages(d, Level::Warn).contains(&"limit-clock-jumped-ahead"));
    clock.pass(20, 20);
    b.until("quiet", |d| {
        d.pump();
        !d.waiting().is_empty()
    });
    // Signing in again does not make it right.
    b.desk().send(DeskCommand::SignOut);
    b.sign_in();
    assert!(messages(b.desk(), Level::Warn).contains(&"limit-clock-jumped-ahead"));
    b.until("quiet", |d| {
        d.pump();
        !d.waiting().is_empty()
    });
    drop(b.desk.take());
    let audit = audit(&b);
    assert_eq!((times(&audit, "clock-jumped"), times(&audit, "draft-expired")), (1, 0));
}
