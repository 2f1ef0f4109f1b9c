//! Tries, decisions, disinfection, receipts: what must hold however the operator goes about it.

use super::*;

#[test]
fn leaving_the_counter_gives_no_new_tries() {
    let mut w = World { failed: 3, ..World::new() };
    w.at_finger();
    assert_eq!(w.h.failed, 3);
    w.give(Event::Command(Command::Capture(Target::Verify(CHIP[0]))));
    w.owed.clear();
    let id = w.h.pending.as_ref().unwrap().id;
    w.give(Event::Captured(id, CaptureOutcome::Samples(print(CHIP[0], 12))));
    let kept = w.owed.contains(&Effect::Tried { record: RECORD, failed: TRIES });
    assert!(kept && w.h.targets().is_empty() && w.h.may_exempt_finger());
}

#[test]
fn a_decision_is_about_one_receiver_and_one_card() {
    let mut w = World::new();
    w.at_receiver();
    let check = |w: &mut World, change: Command, stands: bool| {
        w.tell(Command::Receiver(ReceiverKind::Authorised));
        w.tell(Command::Field(Field::Name, "TETANGGA CONTOH".into()));
        w.tell(Command::Field(Field::Document, "Surat kuasa 12/2026".into()));
        for command in [Command::Next, Command::ExemptFinger(true), Command::Next, Command::CannotSign(true)]
        {
            w.tell(command);
        }
        w.decide();
        w.decide();
        assert_eq!(w.h.blockers(), [""; 0]);
        let pages = if matches!(change, Command::Capture(_)) { 3 } else { 2 };
        (0..pages).for_each(|_| w.tell(Command::Back));
        w.tell(change.clone());
        let met = w.h.approvals.values().filter(|a| a.met.is_some()).count();
        assert_eq!(
            (met, w.h.cannot_sign),
            if stands { (2, true) } else { (0, w.h.page == Page::Card) },
            "{change:?}"
        );
        if w.h.page == Page::Card {
            w.tell(Command::Judge(CardJudgement::Same));
            w.tell(Command::Next);
        }
        w.tell(Command::CannotSign(false));
    };
    check(&mut w, Command::Field(Field::Name, "TETANGGA CONTOH".into()), true);
    check(&mut w, Command::Field(Field::Name, "ORANG LAIN".into()), false);
    check(&mut w, Command::Field(Field::Document, "Surat kuasa 13/2026".into()), false);
    check(&mut w, Command::Field(Field::Relation, "paman".into()), false);
    check(&mut w, Command::Field(Field::Kk, KK.into()), false);
    check(&mut w, Command::Receiver(ReceiverKind::Family), false);
    check(&mut w, Command::Capture(Target::Card), false);
}

#[test]
fn a_request_that_fails_is_made_again_after_a_while() {
    let mut w = World::new();
    w.at_card();
    w.tell(Command::Nik(t::NIK.into()));
    w.tell(Command::Capture(Target::Card));
    w.give(Event::Command(Command::Judge(CardJudgement::Unreadable)));
    let asks = |w: &mut World| {
        let found = w.owed.iter().filter(|e| matches!(e, Effect::Ask { .. })).count();
        w.owed.clear();
        found
    };
    assert_eq!(asks(&mut w), 1);
    w.give(Event::NotAsked("handover-face".into()));
    w.give(Event::Tick);
    assert_eq!(asks(&mut w), 0, "not at once");
    w.now += Duration::seconds(ASK_AGAIN_S);
    w.give(Event::Tick);
    assert_eq!(asks(&mut w), 1);
}

#[test]
fn a_device_that_touched_another_waits_for_disinfection() {
    let mut w = World::new();
    w.at_finger();
    assert_eq!(w.h.id, HANDOVER);
    w.give(Event::Hygiene([DeviceKind::Fingerprint, DeviceKind::SignaturePad].into()));
    assert_eq!(w.h.primary(), Primary::Disinfect(DeviceKind::Fingerprint));
    w.tell(Command::Capture(Target::Verify(CHIP[0])));
    assert!(w.h.matched.is_none(), "not before it is clean");
    w.give(Event::Hygiene([DeviceKind::SignaturePad].into()));
    w.tell(Command::Capture(Target::Verify(CHIP[0])));
    w.tell(Command::Next);
    assert_eq!(w.h.primary(), Primary::Disinfect(DeviceKind::SignaturePad));
    w.tell(Command::Drawn(biometrics::synth::signature::render(3, 1)));
    assert!(w.h.signature.is_none());
    w.give(Event::Hygiene(BTreeSet::new()));
    w.tell(Command::Capture(Target::StatementSignature));
    assert_eq!(w.h.primary(), Primary::Issue(true));
}

#[test]
fn a_receipt_that_failed_is_made_again() {
    let mut w = World::new();
    w.at_finger();
    w.tell(Command::Capture(Target::Verify(CHIP[0])));
    w.tell(Command::Next);
    w.tell(Command::Capture(Target::StatementSignature));
    w.tell(Command::Leave(Leaving::Issue));
    w.tell(Command::ReceiptAgain);
    assert_eq!(w.h.receipt, Some(Ok("memory".into())), "there is one");
    w.give(Event::Receipt(Err("DOC-02".into())));
    w.tell(Command::ReceiptAgain);
    assert_eq!(w.h.receipt, Some(Ok("memory".into())));
}

#[test]
fn nothing_personal_is_in_debug_output() {
    let mut w = World::new();
    w.at_receiver();
    w.tell(Command::Query("CONTOH".into()));
    let number = (RequestId(1), RECORD, Number::Nik);
    let check = Effect::Check { id: number.0, record: number.1, number: number.2, value: t::NIK.into() };
    let (reason, evidence) = (String::new(), String::new());
    let ask = Effect::Ask { what: Exempt::Face, reason, nik: t::NIK.into(), evidence };
    let told = format!("{:?} {check:?} {ask:?}", w.h);
    for secret in [t::NIK, "CONTOH"] {
        assert!(!told.contains(secret), "{told}");
    }
}
