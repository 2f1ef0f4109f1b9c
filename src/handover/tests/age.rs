//! Seventeen, or married: nobody younger gets a card.

use super::*;

/// At the office, the day on which `World` begins.
fn today() -> NaiveDate {
    World::new().h.today()
}

fn years_before(day: NaiveDate, years: u32) -> NaiveDate {
    day.checked_sub_months(chrono::Months::new(12 * years)).unwrap()
}

impl World {
    /// The owner will be seventeen in a year.
    pub(super) fn too_young() -> Self {
        Self { birth: years_before(today(), 16), ..Self::new() }
    }
}

#[test]
fn the_birthday_decides() {
    let check = |birth: NaiveDate, waits: Option<NaiveDate>| {
        let mut w = World { birth, ..World::new() };
        w.at_card();
        assert_eq!(w.h.waits_until(), waits, "{birth}");
        let first = w.h.blockers().first().copied();
        assert_eq!(first == Some("age"), waits.is_some(), "{birth} {first:?}");
        assert_eq!(w.h.primary() == Primary::Next(false), waits.is_some(), "{birth}");
        w.tell(Command::Married(true));
        assert_eq!(w.h.exempted().contains(&Exempt::Age), waits.is_some(), "{birth}");
    };
    let (today, day) = (today(), Duration::days(1));
    check(years_before(today, 17), None);
    check(years_before(today, 17) + day, Some(today + day));
    check(years_before(today, 16), Some(today.checked_add_months(chrono::Months::new(12)).unwrap()));
    check(years_before(today, 60), None);
    // Somebody born on 29 February completes the year on 1 March, as for the gate.
    let leap = NaiveDate::from_ymd_opt(2004, 2, 29).unwrap();
    check(leap, NaiveDate::from_ymd_opt(2021, 3, 1));
}

#[test]
fn the_day_is_that_of_the_office() {
    let mut w = World::new();
    let midnight = today().succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let local_midnight = midnight - Duration::seconds(25_200);
    w.birth = years_before(midnight.date_naive(), 17);
    w.at_card();
    w.now = local_midnight - Duration::seconds(2);
    w.give(Event::Tick);
    assert_eq!(w.h.waits_until(), Some(midnight.date_naive()), "the evening before");
    w.give(Event::Tick);
    assert_eq!(w.h.waits_until(), None, "seventeen from midnight on");
}

#[test]
fn a_marriage_is_stated_by_a_document_and_decided_by_a_supervisor() {
    let mut w = World::too_young();
    w.at_card();
    w.tell(Command::Nik(t::NIK.into()));
    w.tell(Command::Capture(Target::Card));
    w.tell(Command::Judge(CardJudgement::Same));
    let stays = |w: &mut World, missing: &str| {
        assert_eq!(w.h.blockers(), [missing]);
        w.tell(Command::Next);
        assert_eq!(w.h.page, Page::Card);
    };
    stays(&mut w, "age");
    w.tell(Command::MarriageDocument("Akta perkawinan 12/2026".into()));
    assert!(w.h.marriage.is_empty(), "nobody said that there is one");
    w.give(Event::Command(Command::Married(true)));
    let said = w.owed.iter().any(|e| matches!(e, Effect::Audit { event: "handover-exempt", .. }));
    assert!(said, "{:?}", w.owed);
    w.settle();
    stays(&mut w, "marriage");
    w.tell(Command::MarriageDocument("x".into()));
    stays(&mut w, "marriage");
    w.tell(Command::MarriageDocument("Akta perkawinan 12/2026".into()));
    assert!(w.h.approvals.is_empty(), "not while it is being typed");
    w.tell(Command::Next);
    assert!(w.h.approvals[&Exempt::Age].request.is_some());
    for command in [
        Command::Receiver(ReceiverKind::Own),
        Command::Next,
        Command::Capture(Target::Verify(CHIP[0])),
        Command::Next,
        Command::Capture(Target::StatementSignature),
    ] {
        w.tell(command);
    }
    assert_eq!(w.h.blockers(), ["approval"]);
    w.tell(Command::Leave(Leaving::Issue));
    assert!(w.reports.is_empty(), "not without the decision");
    w.decide();
    // Another document is another decision; another receiver is not.
    w.tell(Command::Back);
    w.tell(Command::Back);
    w.tell(Command::Back);
    w.tell(Command::MarriageDocument("Akta perkawinan 13/2026".into()));
    assert!(w.h.approvals.is_empty());
    w.tell(Command::Next);
    w.decide();
    w.tell(Command::Receiver(ReceiverKind::Authorised));
    w.tell(Command::Receiver(ReceiverKind::Own));
    assert!(w.h.approvals[&Exempt::Age].met.is_some());
    w.tell(Command::Next);
    w.tell(Command::Capture(Target::Verify(CHIP[0])));
    w.tell(Command::Next);
    w.tell(Command::Capture(Target::StatementSignature));
    w.tell(Command::Leave(Leaving::Issue));
    let proof = &w.reports[0].proof;
    assert_eq!(proof.marriage.as_deref(), Some("Akta perkawinan 13/2026"));
    assert_eq!(proof.grants.len(), 1);
}

#[test]
fn a_card_that_goes_back_says_nothing_of_a_marriage() {
    let mut w = World::too_young();
    w.at_receiver();
    w.tell(Command::Back);
    w.tell(Command::Back);
    assert!(w.h.person.is_none() && !w.h.married && w.h.marriage.is_empty(), "forgotten with the person");
    w.at_receiver();
    w.tell(Command::Leave(Leaving::Return(ReturnReason::WrongData)));
    assert_eq!(w.reports[0].proof.marriage, None);
}
