//! Documents whose way to the printer or into the vault is not straight.

use super::*;

/// State of the document on screen.
fn state(desk: &Station) -> Option<&'static str> {
    desk.print_of_document().map(|(_, p)| p.id())
}

fn audited(b: &Bench, event: &str) -> usize {
    let audit = crate::vault::testing::audit_text(&b.folder.path().join("vault"));
    audit.matches(&format!("\"event\":\"{event}\"")).count()
}

#[test]
fn a_document_that_the_printing_system_forgot_waits_until_the_officer_has_seen_it() {
    let cups = FakeCups::new();
    let mut b = Bench::new("");
    b.devices.push_str(&cups.setup());
    b.open();
    b.sign_in();
    cups.set("none", FakeCups::FORGOTTEN);
    b.begin();
    b.go_to(None);
    b.until("word that it was sent", |d| state(d) == Some("sent"));
    let id = b.desk().print_of_document().unwrap().0;
    b.until("waiting document", |d| d.unprinted().len() == 1);
    // A restart changes nothing: nobody has seen it yet.
    b.open();
    b.desk().send(DeskCommand::CameOut(id));
    b.sign_in();
    b.until("waiting document", |d| d.unprinted().len() == 1);
    assert_eq!((audited(&b, "document-sent"), audited(&b, "document-printed")), (1, 0));
    b.desk().send(DeskCommand::CameOut(Uuid::from_u128(99)));
    b.desk().send(DeskCommand::CameOut(id));
    b.desk().send(DeskCommand::CameOut(id));
    b.until("empty list", |d| d.unprinted().is_empty());
    assert_eq!((audited(&b, "document-came-out"), audited(&b, "document-printed")), (1, 1));
    assert_eq!(cups.received().len(), 1);
}

#[test]
fn what_the_vault_could_not_keep_is_not_called_kept() {
    let cups = FakeCups::new();
    let disk = FaultyFiles::new(6);
    let mut b = Bench::on(&disk);
    b.desk = None;
    b.devices.push_str(&cups.setup());
    b.desk = Some(Station::open_on(b.options(Path::new("/disk/vault")), disk.shared()).unwrap());
    b.sign_in();
    b.begin();
    b.go_to(None);
    b.until("printed document", |d| state(d) == Some("printed") && d.unprinted().is_empty());
    let id = b.desk().print_of_document().unwrap().0;
    assert!(b.desk().is_kept(id));
    // Once more, without paper and without room on the disk.
    cups.set("media-empty-error", 9);
    disk.set_room(Some(0));
    b.desk().send(DeskCommand::Reprint(id));
    let told = |d: &Station| d.notices().iter().any(|n| n.message == "runtime-document-not-kept");
    b.until("word of both", |d| state(d) == Some("not-printed") && told(d));
    assert!(!b.desk().is_kept(id));
    disk.set_room(None);
    b.desk().send(DeskCommand::Reprint(id));
    b.until("waiting document", |d| d.unprinted().len() == 1 && state(d) == Some("not-printed"));
    assert!(b.desk().is_kept(id));
}

#[test]
fn signing_out_waits_for_the_proof() {
    let cups = FakeCups::new();
    let mut b = Bench::new("");
    b.devices.push_str(&cups.setup());
    b.open();
    b.sign_in();
    cups.set("media-empty-error", 9);
    b.begin();
    b.go_to(Some(StepId::Seal));
    b.command(Command::Confirm);
    let making = |d: &Station| d.session().is_some_and(|v| v.session.data.proof.making.is_some());
    b.until("proof in the making", |d| making(d));
    b.desk().send(DeskCommand::SignOut);
    assert_eq!(b.desk().screen(), Screen::Session, "the proof is not in the vault yet");
    b.until("end of the session", |d| d.screen() == Screen::SignIn);
    b.sign_in();
    b.until("waiting document", |d| d.unprinted().len() == 1);
    assert!(b.desk().notices().iter().all(|n| n.message != "runtime-document-not-kept"));
}

#[test]
fn another_printer_is_taken_for_the_following_documents() {
    let cups = FakeCups::new();
    let mut b = Bench::new("");
    b.devices.push_str(&cups.setup_of(&["lab", "other"]));
    cups.stop("lab");
    b.open();
    b.sign_in();
    let line = |d: &Station| d.devices().iter().find(|l| l.kind == DeviceKind::Printer).cloned().unwrap();
    let offered = |d: &Station| {
        let line = line(d);
        line.others.len() == 1 && matches!(line.state, DeviceState::Faulty(DeviceFault::CannotPrint { .. }))
    };
    b.until("word that the printer is stopped, and the other one", |d| offered(d));
    assert_eq!(line(b.desk()).info.map(|i| i.id.0), Some("cups-lab".to_owned()));
    b.begin();
    b.go_to(None);
    b.until("word that it was not printed", |d| state(d) == Some("not-printed"));
    assert_eq!(cups.queues().len(), 0, "a stopped queue gets no document");
    let other = line(b.desk()).others[0].id.clone();
    b.desk().send(DeskCommand::UseDevice(DeviceKind::Printer, other));
    b.until("the other printer", |d| line(d).state == DeviceState::Ready);
    let id = b.desk().print_of_document().unwrap().0;
    b.desk().send(DeskCommand::Reprint(id));
    b.until("printed document", |d| state(d) == Some("printed"));
    assert_eq!(cups.queues(), ["other"]);
    assert_eq!(audited(&b, "device-changed"), 1);
}
