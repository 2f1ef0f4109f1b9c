//! The counter over simulated devices and a real vault.

mod locked;

use record::schema::RecordState;

use super::*;
use crate::handover::event::Command as Act;
use crate::handover::parts::{Leaving, Page, Proof, ReceiverKind, ReturnReason};
use crate::runtime::station::CardMove;
use crate::session::event::CardAtStation;
use crate::session::sample::CardJudgement;
use crate::steps::identity::CardCheck;
use crate::vault::{CardStock, OpenOptions};

impl Bench {
    /// Records somebody; the record's id.
    fn recorded(&mut self) -> Uuid {
        self.sign_in();
        self.begin();
        self.go_to(None);
        let id = self.desk().ended().map(|e| e.session).unwrap();
        self.until("sealed record", |d| d.queue_len() == 1);
        id
    }

    /// The vault, while the station is closed.
    fn with_vault<T>(&mut self, act: impl FnOnce(&mut Vault) -> T) -> T {
        self.desk = None;
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        let options = OpenOptions { simulated_clock: true, ..OpenOptions::default() };
        let now = self.clock.now();
        let mut vault = Vault::open(files, &self.folder.path().join("vault"), &options, now).unwrap();
        let officer = vault.officers().into_iter().find(|o| o.role == Role::Operator).unwrap().id;
        vault.unlock(officer, "latihan-operator", now).unwrap();
        let out = act(&mut vault);
        drop(vault);
        self.open();
        out
    }

    fn printed(&mut self, record: Uuid) {
        let now = self.clock.now();
        self.with_vault(|v| drop(v.set_state(record, RecordState::CardPrinted, None, now).unwrap()));
        self.sign_in();
    }

    fn act_at_counter(&mut self, command: Act) {
        self.clock.advance(TimeDelta::seconds(1));
        self.desk().send(DeskCommand::Handover(command));
        self.until("end of the work at the counter", |d| {
            d.pump();
            d.handover().is_some_and(|h| !h.busy() && h.nik.asked.is_none())
        });
    }

    fn page(&mut self) -> Page {
        self.desk().handover().unwrap().page
    }

    /// The card that was read in the session, once the ledger has answered.
    fn card_looked_up(&mut self) -> CardCheck {
        self.quiet();
        self.until("answer of the ledger", |d| {
            d.pump();
            let view = d.session().unwrap();
            view.session.data.identity.card.as_ref().is_some_and(|c| c.asked.is_none())
        });
        self.desk().session().unwrap().session.data.identity.card.clone().unwrap()
    }

    fn at_card(&mut self, record: Uuid) {
        self.desk().send(DeskCommand::OpenHandover);
        assert_eq!(self.desk().screen(), Screen::Handover);
        self.until("list", |d| d.handover().is_some_and(|h| h.list.is_some()));
        let (name, tail) = {
            let found = self.desk().handover().unwrap().found().0.into_iter().next().unwrap();
            (found.name.clone(), found.nik_tail.clone())
        };
        assert_eq!((name.as_str(), tail.as_str()), ("CONTOH LATIHAN", &t::NIK[12..]));
        self.act_at_counter(Act::Pick(record));
        assert_eq!(self.page(), Page::Card, "{:?}", self.desk().notices());
        for kind in self.desk().to_disinfect() {
            self.desk().send(DeskCommand::Disinfected(kind));
        }
    }

    fn at_finger(&mut self, record: Uuid) {
        self.at_card(record);
        for command in [
            Act::Nik(t::NIK.into()),
            Act::Capture(Target::Card),
            Act::Judge(CardJudgement::Same),
            Act::Next,
            Act::Receiver(ReceiverKind::Own),
            Act::Next,
        ] {
            self.act_at_counter(command);
        }
        assert_eq!(self.page(), Page::Finger, "{:?}", self.desk().handover().unwrap().blockers());
    }
}

#[test]
fn a_card_is_handed_over_with_its_proof() {
    let mut b = Bench::new("");
    let record = b.recorded();
    b.printed(record);
    let touched = [DeviceKind::Fingerprint, DeviceKind::SignaturePad];
    assert_eq!(b.desk().to_disinfect().len(), 3, "the iris reader as well, by the session");
    b.at_finger(record);
    assert!(b.desk().to_disinfect().is_empty());
    assert!(b.desk().handover().unwrap().card.as_ref().is_some_and(|c| c.photo.is_some()));
    let target = b.desk().handover().unwrap().targets()[0];
    b.act_at_counter(Act::Capture(target));
    let matched = b.desk().handover().unwrap().matched.clone();
    assert!(matched.is_some_and(|m| m.score >= m.threshold), "{:?}", b.desk().handover().unwrap().retry);
    b.act_at_counter(Act::Next);
    b.act_at_counter(Act::Drawn(biometrics::synth::signature::render(3, 1)));
    assert_eq!(b.desk().handover().unwrap().blockers(), [""; 0]);
    b.act_at_counter(Act::Leave(Leaving::Issue));
    assert_eq!(b.page(), Page::Done, "{:?}", b.desk().notices());
    assert_eq!(b.desk().to_disinfect(), touched, "by the receiver");
    b.until("receipt", |d| d.document().is_some());
    let (path, bytes) = b.desk().document().map(|(p, b)| (p.clone(), b)).unwrap();
    assert!(bytes.starts_with(b"%PDF-") && std::fs::read(&path).unwrap() == *bytes);
    b.until("ledger", |d| d.ledger().is_some_and(|l| l.stock.issued == 1));
    assert_eq!(b.desk().ledger().unwrap().rows[0].kind, CardMove::Issued);
    b.desk().send(DeskCommand::CloseHandover);
    b.until("state of the record", |d| d.queue().iter().any(|l| l.state == RecordState::CardIssued));
    assert!(b.desk().notices().is_empty(), "{:?}", b.desk().notices());
    // The same card cannot be handed over again: its record is not on the list.
    b.desk().send(DeskCommand::OpenHandover);
    b.until("list", |d| d.handover().is_some_and(|h| h.list.is_some()));
    assert_eq!(b.desk().handover().unwrap().found().1, 0);
    let (proof, extract, well) = b.with_vault(|v| {
        let well = v.check().unwrap().is_well();
        (v.card_proof(1).unwrap(), v.extract(record).unwrap(), well)
    });
    assert!(well);
    let proof: Proof = ciborium::from_reader(proof.as_slice()).unwrap();
    assert!(proof.matched.is_some() && proof.signature.is_some() && proof.nik_fits == Some(true));
    assert!(proof.card.unwrap().uid.is_empty(), "the UID is not kept in clear");
    assert!(extract.cards[0].uid_hash.is_some());
}

/// A whole handover of this record's card; its UID.
fn hand_over(b: &mut Bench, record: Uuid) -> Vec<u8> {
    b.at_finger(record);
    let uid = b.desk().handover().unwrap().card.as_ref().unwrap().uid.clone();
    let target = b.desk().handover().unwrap().targets()[0];
    for command in [
        Act::Capture(target),
        Act::Next,
        Act::Drawn(biometrics::synth::signature::render(3, 1)),
        Act::Leave(Leaving::Issue),
    ] {
        b.act_at_counter(command);
    }
    assert_eq!(b.page(), Page::Done, "{:?}", b.desk().notices());
    uid
}

#[test]
fn a_card_that_was_handed_out_here_is_recognised_in_a_session() {
    let mut b = Bench::new("");
    let record = b.recorded();
    b.printed(record);
    assert!(!hand_over(&mut b, record).is_empty());
    b.desk().send(DeskCommand::CloseHandover);
    b.begin();
    b.go_to(Some(StepId::Identity));
    // Somebody else, with the card that the simulated reader always has.
    b.command(Command::Field("nik".into(), "3204125701909002".into()));
    b.command(Command::Field("no_kk".into(), t::NO_KK.into()));
    b.command(Command::Confirm);
    b.quiet();
    b.command(Command::CardClaimed(true));
    b.command(Command::Capture(Target::Card));
    let found = b.card_looked_up().at_station;
    let CardAtStation::Handed { code, .. } = found else { panic!("{found:?}") };
    assert_eq!(code, record::schema::short_code(record));
}

#[test]
fn a_card_goes_back_and_what_was_interrupted_is_not_handed_over() {
    let mut b = Bench::new("");
    let record = b.recorded();
    b.printed(record);
    b.at_card(record);
    b.act_at_counter(Act::Nik("3204125701909002".into()));
    assert_eq!(b.desk().handover().unwrap().nik.fits, Some(false));
    b.act_at_counter(Act::Capture(Target::Card));
    // The program is killed in the middle.
    b.open();
    b.sign_in();
    b.at_card(record);
    assert!(b.desk().handover().unwrap().card.is_none());
    b.act_at_counter(Act::Leave(Leaving::Return(ReturnReason::DamagedChip)));
    assert_eq!(b.page(), Page::Done, "{:?}", b.desk().notices());
    let (state, stock) =
        b.with_vault(|v| (v.find(record).unwrap().unwrap().state, CardStock::of(&v.card_rows().unwrap())));
    assert_eq!((state, stock.returned, stock.issued), (RecordState::CardPrinted, 1, 0));
}

#[test]
fn nobody_leaves_before_the_vault_has_said_whether_the_card_did() {
    let mut b = Bench::new("");
    let record = b.recorded();
    b.printed(record);
    b.at_card(record);
    b.desk().send(DeskCommand::Handover(Act::Leave(Leaving::Return(ReturnReason::DamagedChip))));
    b.desk().send(DeskCommand::CloseHandover);
    b.desk().send(DeskCommand::SignOut);
    assert!(b.desk().handover().is_some_and(|h| h.unanswered.is_some()));
    b.until("end of the shift", |d| d.screen() == Screen::SignIn);
    let (rows, audit) = b.with_vault(|v| {
        let audit = crate::vault::testing::audit_text(v.layout().root());
        (v.card_rows().unwrap().len(), audit)
    });
    assert_eq!((rows, audit.contains("handover-left")), (1, false), "it was not left, it was done");
}

#[test]
fn going_away_and_coming_back_gives_no_new_tries_and_locks_the_reader() {
    let mut b = Bench::new("");
    let record = b.recorded();
    b.printed(record);
    b.at_finger(record);
    let (first, target) = b.desk().handover().map(|h| (h.id, h.targets()[0])).unwrap();
    let Target::Verify(position) = target else { panic!("{target:?}") };
    b.desk().send(DeskCommand::Handover(Act::Capture(target)));
    let id = b.desk().handover().unwrap().pending.as_ref().unwrap().id;
    let mut miss = t::finger(position, position, 1, 80, &[]);
    miss.matches.clear();
    let outcome = CaptureOutcome::Samples(crate::session::sample::Samples::Fingers(vec![miss]));
    b.desk().take_for_test(first, id, outcome);
    assert_eq!(b.desk().handover().unwrap().failed, 1);
    b.desk().send(DeskCommand::CloseHandover);
    b.desk().send(DeskCommand::OpenHandover);
    b.until("list", |d| d.handover().is_some_and(|h| h.list.is_some()));
    b.act_at_counter(Act::Pick(record));
    let h = b.desk().handover().unwrap();
    assert_eq!((h.failed, h.id == first), (1, false));
    assert!(h.locked.contains(&DeviceKind::Fingerprint));
}

#[test]
fn a_receipt_comes_though_the_counter_was_left() {
    let cups = FakeCups::new();
    let mut b = Bench::new("");
    b.devices.push_str(&cups.setup());
    b.open();
    cups.set("media-empty-error", 9);
    let record = b.recorded();
    b.printed(record);
    b.at_finger(record);
    let target = b.desk().handover().unwrap().targets()[0];
    for command in [
        Act::Capture(target),
        Act::Next,
        Act::Drawn(biometrics::synth::signature::render(3, 1)),
        Act::Leave(Leaving::Issue),
    ] {
        b.act_at_counter(command);
    }
    assert_eq!(b.page(), Page::Done, "{:?}", b.desk().notices());
    b.desk().send(DeskCommand::CloseHandover);
    b.until("waiting receipt", |d| d.unprinted().len() == 2);
    let kept: Vec<_> = b.desk().unprinted().iter().map(|l| (l.kind.clone(), l.name.clone())).collect();
    let name = "CONTOH LATIHAN".to_owned();
    assert_eq!(kept, [("proof".to_owned(), name.clone()), ("receipt".to_owned(), name)]);
}

#[test]
fn a_draft_that_is_being_loaded_and_the_counter_do_not_meet() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Biodata));
    b.open();
    b.sign_in();
    b.until("draft", |d| !d.waiting().is_empty());
    let draft = b.desk().waiting()[0].id;
    b.desk().send(DeskCommand::TakeUp(draft));
    b.desk().send(DeskCommand::OpenHandover);
    assert!(b.desk().handover().is_none(), "a session is on its way");
    b.until("session", |d| d.screen() == Screen::Session);
    assert!(b.desk().handover().is_none());
}

#[test]
fn a_supervisor_decides_at_the_counter_and_signing_out_leaves_nothing() {
    let mut b = Bench::new("");
    let record = b.recorded();
    b.printed(record);
    b.at_card(record);
    b.act_at_counter(Act::Nik(t::NIK.into()));
    b.act_at_counter(Act::Capture(Target::Card));
    b.act_at_counter(Act::Judge(CardJudgement::Unreadable));
    b.until("request", |d| d.handover().is_some_and(|h| h.approvals.values().any(|a| a.request.is_some())));
    let nonce = {
        let h = b.desk().handover().unwrap();
        h.approvals.values().find_map(|a| a.request.as_ref()).unwrap().nonce
    };
    let decide = |b: &mut Bench, role: Role, secret: &str| {
        let officer = b.desk().officers().iter().find(|o| o.role == role).unwrap().id;
        let (passphrase, note) = (Zeroizing::new(secret.to_owned()), String::new());
        b.desk().send(DeskCommand::Decide { nonce, officer, passphrase, approve: true, note });
        b.until("decision", |d| !d.checking_secret());
        b.desk().handover().unwrap().approvals.values().any(|a| a.met.is_some())
    };
    assert!(!decide(&mut b, Role::Supporting, "latihan-pendukung"), "not for this role");
    assert!(decide(&mut b, Role::Supervisor, "latihan-supervisor"), "{:?}", b.desk().notices());
    b.desk().send(DeskCommand::SignOut);
    assert!(b.desk().handover().is_none() && b.desk().ledger().is_none());
    assert_eq!(b.desk().screen(), Screen::SignIn);
}

#[test]
fn a_card_in_a_session_goes_into_the_record() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    b.act(); // NIK, No. KK
    b.act(); // the look-up
    b.quiet();
    b.command(Command::CardClaimed(true));
    b.command(Command::Capture(Target::Card));
    let check = b.card_looked_up();
    assert!(check.sample.is_ktp && check.sample.photo.is_some());
    assert_eq!(check.at_station, CardAtStation::NotHanded);
    b.command(Command::JudgeCard(CardJudgement::Other));
    b.go_to(None);
    let ended = b.desk().ended().cloned().unwrap();
    assert_eq!(ended.outcome, Outcome::Sealed, "{:?}", b.desk().notices());
    let key = b.folder.path().join("vault/training/centre.age-key");
    let (header, payload) = {
        let file = ended.file.unwrap();
        (std::fs::read(file.with_extension("json")).unwrap(), std::fs::read(&file).unwrap())
    };
    let identity = std::fs::read_to_string(key).unwrap();
    let (_, opened) = record::open::open_with_header(&header, &payload, &identity, None).unwrap();
    assert!(opened.missing().is_empty(), "{:?}", opened.missing());
    let card = opened.entries.iter().find(|e| e.name == record::entries::CARD).unwrap();
    let facts: serde_json::Value = serde_json::from_slice(&card.bytes).unwrap();
    assert_eq!((&facts["is_ktp"], &facts["judgement"]), (&true.into(), &"other".into()));
    assert_eq!(facts["uid_hmac"].as_str().map(str::len), Some(64));
    assert!(opened.entries.iter().any(|e| e.name == record::entries::CARD_PHOTO));
}
