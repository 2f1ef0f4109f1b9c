//! Random events against the promises of the flow.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Op {
    Command(u8),
    Primary,
    Settle,
    Answer(u8),
    Decide(bool),
    Wait(u16),
    Save(bool),
    Stale(u64),
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => any::<u8>().prop_map(Op::Command),
        6 => Just(Op::Primary),
        8 => Just(Op::Settle),
        4 => any::<u8>().prop_map(Op::Answer),
        3 => any::<bool>().prop_map(Op::Decide),
        1 => (0u16..400).prop_map(Op::Wait),
        1 => any::<bool>().prop_map(Op::Save),
        1 => (0u64..30).prop_map(Op::Stale),
    ]
}

fn command(n: u8) -> Command {
    let returns = ReturnReason::ALL;
    let all = [
        Command::Query("contoh".into()),
        Command::Refresh,
        Command::Pick(RECORD),
        Command::Nik(t::NIK.into()),
        Command::Nik("3204125701909002".into()),
        Command::Capture(Target::Card),
        Command::Capture(Target::Verify(CHIP[0])),
        Command::Capture(Target::Verify(CHIP[1])),
        Command::Capture(Target::Face),
        Command::Capture(Target::StatementSignature),
        Command::CancelCapture,
        Command::DismissFault,
        Command::Judge(CardJudgement::ALL[usize::from(n) % 3]),
        Command::Receiver(ReceiverKind::ALL[usize::from(n) % 3]),
        Command::Field(Field::Name, "ibu contoh".into()),
        Command::Field(Field::Document, "dokumen".into()),
        Command::Field(Field::Relation, "ibu".into()),
        Command::Field(Field::Kk, KK.into()),
        Command::ExemptFinger(n.is_multiple_of(2)),
        Command::CannotSign(n.is_multiple_of(3)),
        Command::Married(!n.is_multiple_of(5)),
        Command::MarriageDocument(["akta 12", "x", ""][usize::from(n) % 3].into()),
        Command::Next,
        Command::Back,
        Command::Leave(Leaving::Issue),
        Command::Leave(Leaving::Return(returns[usize::from(n) % returns.len()])),
        Command::Leave(Leaving::Spoil(SpoilReason::Broken)),
    ];
    all[usize::from(n) % all.len()].clone()
}

impl World {
    fn run(&mut self, op: Op) {
        match op {
            Op::Command(n) => self.give(Event::Command(command(n))),
            Op::Primary => {
                if let Some(command) = self.h.primary().command() {
                    self.give(Event::Command(command));
                }
            }
            Op::Settle => self.settle(),
            Op::Answer(n) => {
                let at = self.owed.iter().position(|e| matches!(e, Effect::Capture { .. }));
                if let Some(Effect::Capture { id, target, .. }) = at.map(|at| self.owed.remove(at)) {
                    let outcome = match (n % 6, target) {
                        (0, _) => CaptureOutcome::Retry(Retry::ALL[usize::from(n) % Retry::ALL.len()]),
                        (1, _) => CaptureOutcome::Fault(DeviceFault::Crashed),
                        (2, _) => CaptureOutcome::Cancelled,
                        (3, Target::Verify(f)) => CaptureOutcome::Samples(print(f, 3)),
                        (3, Target::Card) => CaptureOutcome::Samples(Samples::Card(Box::new(t::card(false)))),
                        // An answer of the wrong kind.
                        _ => CaptureOutcome::Samples(Samples::Photo(Box::new(t::photo(1, 80)))),
                    };
                    self.give(Event::Captured(id, outcome));
                }
            }
            Op::Decide(yes) => {
                self.supervisor_says = yes;
                self.decide();
            }
            Op::Wait(seconds) => {
                self.now += Duration::seconds(i64::from(seconds));
                self.give(Event::Tick);
            }
            Op::Save(ok) => {
                let saved = SavedCard { outcome: "issued".into(), reason: None, row: 1, at: self.now };
                let event = if ok { Ok(saved) } else { Err("VLT-11".to_owned()) };
                // Out of the blue: must not count unless a save was ordered.
                let ordered = !self.reports.is_empty();
                self.give(Event::Saved(event));
                assert!(ordered || self.h.saved.is_none());
            }
            Op::Stale(id) => {
                if self.h.pending.as_ref().is_none_or(|p| p.id.0 != id) {
                    let before = self.h.matched.clone();
                    let outcome = CaptureOutcome::Samples(print(CHIP[0], 90));
                    self.give(Event::Captured(RequestId(id), outcome));
                    assert_eq!(before, self.h.matched, "a stale answer counted");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn random_walks_keep_the_promises(ops in proptest::collection::vec(any_op(), 0..120)) {
        let mut world = World::new();
        for op in ops {
            world.run(op);
        }
    }

    #[test]
    fn walks_with_somebody_who_is_too_young_keep_them_too(ops in proptest::collection::vec(any_op(), 0..120)) {
        let mut world = World::too_young();
        world.at_receiver();
        for op in ops {
            world.run(op);
        }
    }

    #[test]
    fn walks_that_begin_at_the_finger_keep_them_too(ops in proptest::collection::vec(any_op(), 0..80)) {
        let mut world = World::new();
        world.at_finger();
        for op in ops {
            world.run(op);
        }
    }
}
