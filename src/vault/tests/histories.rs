//! Histories of everything that the vault does durably, with faults and cuts at random operations, compared with a
//! model of what was acknowledged.
//!
//! A failure prints its seed; `REKAM_SEED=<seed>` runs that history alone, `REKAM_SEEDS=<n>` so many of them.

use super::model::{Group, Model, STEPS, Thing, Value, document_of, nik_of, officer_name, session_of};
use super::sabotage::{HookedFiles, Sabotage};
use super::*;
use crate::vault::testing::Random;

/// Histories of a usual run.
const SEEDS: u64 = 500;
/// Times that a history is cut.
const LIVES: u64 = 5;
/// Most acts between two cuts.
const ACTS: u64 = 9;
/// Operations within which the fault strikes: some acts' worth.
const WITHIN_OPS: u64 = 110;
/// People in a history.
const PEOPLE: u64 = 3;

/// Something that is done to a vault.
#[derive(Debug, Clone, Copy)]
enum Act {
    Keep(u64, &'static str, u64),
    Discard(u64),
    Save(u64),
    State(u64, RecordState),
    Import(u64, RecordState),
    Tries(u64, u32),
    CardsIn,
    CardLeft(u64, u64),
    Document(u64),
    Printed(u64),
    Hygiene(u64),
    Fingers(usize),
    Officer(u64),
    WrongSecret,
    SignInAgain,
    Rebuild,
    Reopen,
}

fn some_act(random: &mut Random, tag: u64) -> Act {
    let person = 1 + random.below(PEOPLE);
    let states =
        [RecordState::SentForEnrollment, RecordState::ReceivedAtCentral, RecordState::PrintReadyRecord];
    let state = states[usize::try_from(random.below(3)).unwrap()];
    match random.below(28) {
        0..=5 => Act::Keep(person, STEPS[usize::try_from(random.below(3)).unwrap()], tag),
        6 => Act::Discard(person),
        7..=13 => Act::Save(person),
        14..=15 => Act::State(person, state),
        16 => Act::Import(person, state),
        17 => Act::Tries(person, u32::try_from(tag).unwrap()),
        18 => Act::CardsIn,
        19 => Act::CardLeft(person, tag),
        20 => Act::Document(random.below(2)),
        21 => Act::Printed(random.below(2)),
        22 => Act::Hygiene(tag),
        23 => Act::Fingers(1 + usize::try_from(random.below(9)).unwrap()),
        24 => Act::Officer(random.below(3)),
        25 => Act::WrongSecret,
        26 => Act::SignInAgain,
        _ => [Act::Rebuild, Act::Reopen][usize::try_from(random.below(2)).unwrap()],
    }
}

/// A disk with a vault, made once and copied for each history.
struct Image {
    world: World,
}

/// A history under way.
struct History<'i> {
    image: &'i Image,
    disk: FaultyFiles,
    sabotage: Option<Sabotage>,
    random: Random,
    model: Model,
    vault: Option<(Vault, OfficerKeys)>,
    cuts: u64,
    acts: u64,
}

impl<'i> History<'i> {
    fn new(image: &'i Image, seed: u64, sabotage: Option<Sabotage>) -> Self {
        Self {
            image,
            disk: image.world.disk.copy(seed),
            sabotage,
            random: Random(seed.wrapping_mul(0x5851_f42d_4c95_7f2d)),
            model: Model::default(),
            vault: None,
            cuts: 0,
            acts: 0,
        }
    }

    fn files(&self) -> Arc<dyn Files> {
        match self.sabotage {
            Some(sabotage) => HookedFiles::sabotaged(self.disk.shared(), sabotage),
            None => self.disk.shared(),
        }
    }

    /// Opens the vault and signs the operator in; the disk may fail meanwhile.
    fn open(&mut self) -> Result<(), VaultError> {
        self.vault = None;
        let mut vault = Vault::open(self.files(), Path::new(ROOT), &OpenOptions::default(), now())?;
        let (id, passphrase) = self.image.world.logins[&Role::Operator];
        let operator = vault.unlock(id, passphrase, now())?;
        self.vault = Some((vault, operator));
        Ok(())
    }

    /// The next act, its effect in the model.
    fn act(&mut self) -> Result<(), String> {
        self.acts += 1;
        let act = some_act(&mut self.random, self.acts);
        let Some(group) = self.effect(act) else { return Ok(()) };
        if matches!(act, Act::Reopen) {
            // A fault may strike here: the open is repeated after the cut.
            self.open().ok();
            return Ok(());
        }
        let Some((vault, operator)) = &mut self.vault else { return Ok(()) };
        let done = perform(act, vault, operator, &self.image.world);
        if done.is_ok() {
            self.model.audit_seq = vault.audit_seq();
        }
        self.model.take(&group, done.is_ok());
        match done {
            Err(VaultError::Corrupt { what, why }) => Err(format!("{act:?}: {what} is damaged: {why}")),
            _ => Ok(()),
        }
    }

    /// What an act changes; none where it has no sense now.
    fn effect(&self, act: Act) -> Option<Group> {
        let value = |text: &str| Some(text.to_owned());
        let sealed = |person| self.model.is_there(Thing::Record(person));
        let unsealed = |person| self.model.certain(Thing::Record(person)) == Some(None);
        let gone = |person| STEPS.iter().map(move |step| (Thing::Step(person, step), None));
        Some(match act {
            Act::Keep(person, step, tag) if unsealed(person) => {
                vec![(Thing::Step(person, step), value(&format!("{step} {tag}")))]
            }
            Act::Discard(person) if unsealed(person) => gone(person).collect(),
            Act::Save(person) if unsealed(person) => {
                let mut group: Group = gone(person).collect();
                group.push((Thing::Record(person), value("sealed")));
                group.push((Thing::State(person), value("BIO_CAPTURED")));
                group
            }
            // The same session once more changes nothing.
            Act::Save(person) if sealed(person) => Vec::new(),
            Act::State(person, state) if sealed(person) => {
                vec![(Thing::State(person), value(&state.to_string()))]
            }
            Act::Import(person, state) if sealed(person) => {
                let from = self.model.certain(Thing::State(person))??;
                let follows = may_follow(RecordState::from_id(&from)?, state);
                if !follows || states::stage(state) < states::stage(RecordState::ReceivedAtCentral) {
                    return None;
                }
                vec![(Thing::State(person), value(&state.to_string()))]
            }
            Act::Tries(person, failed) if sealed(person) => {
                vec![(Thing::Tries(person), value(&failed.to_string()))]
            }
            Act::CardsIn => vec![(self.next_card()?, value("received"))],
            Act::CardLeft(person, _) if sealed(person) => {
                let state = self.model.certain(Thing::State(person))?;
                if state == value("CARD_ISSUED") {
                    return None;
                }
                vec![
                    (self.next_card()?, value("issued")),
                    (Thing::State(person), value("CARD_ISSUED")),
                    (Thing::Tries(person), None),
                ]
            }
            Act::Document(number) => vec![(Thing::Document(number), value(NAME))],
            Act::Printed(number) if self.model.is_there(Thing::Document(number)) => {
                vec![(Thing::Document(number), None)]
            }
            Act::Hygiene(tag) => vec![(Thing::Hygiene, value(&format!("hygiene {tag}")))],
            Act::Fingers(count) => vec![(Thing::Fingers, value(&count.to_string()))],
            Act::Officer(number) => {
                let is: Value = self.model.certain(Thing::Officer(number))?;
                if is.is_some() {
                    return None;
                }
                vec![(Thing::Officer(number), value("operator"))]
            }
            Act::WrongSecret | Act::SignInAgain | Act::Rebuild | Act::Reopen => Vec::new(),
            _ => return None,
        })
    }

    /// The number that the next row of the ledger gets, where that is certain.
    fn next_card(&self) -> Option<Thing> {
        let taken = |n: &u64| self.model.is_there(Thing::CardRow(*n));
        let number = (1..).find(|n| !taken(n))?;
        let next = Thing::CardRow(number);
        (self.model.certain(next) == Some(None)).then_some(next)
    }

    /// What a restart finds. The start itself may be cut.
    fn restart(&mut self, fault: Fault) -> Result<(), String> {
        self.vault = None;
        match fault {
            Fault::Kill => self.disk.restart(),
            _ => self.disk.power_on(),
        }
        self.cuts += 1;
        if self.random.below(3) == 0 {
            self.disk.fail(1 + self.random.below(40), Fault::PowerCut);
            self.open().ok();
            self.vault = None;
            self.cuts += u64::from(!self.disk.forget());
            self.disk.power_on();
        }
        self.open().map_err(|e| format!("does not open: {e}"))?;
        let Some((vault, _)) = &self.vault else { return Err("not open".into()) };
        self.model.settle(vault)?;
        let report = vault.check().map_err(|e| e.to_string())?;
        if !report.is_well() {
            return Err(format!("the check finds {:?} {:?}", report.problems, report.audit.broken));
        }
        let counters: Vec<u64> =
            vault.queue().map_err(|e| e.to_string())?.iter().map(|r| r.counter).collect();
        let different: std::collections::BTreeSet<u64> = counters.iter().copied().collect();
        if different.len() == counters.len() { Ok(()) } else { Err(format!("counters {counters:?}")) }
    }

    fn life(&mut self) -> Result<(), String> {
        let fault = match self.random.below(10) {
            0..=5 => Fault::PowerCut,
            6..=7 => Fault::Kill,
            8 => Fault::Io,
            _ => Fault::NoSpace,
        };
        let nth = 1 + self.random.below(WITHIN_OPS);
        self.disk.fail(nth, fault);
        let first = self.acts;
        let told =
            |what: String, acts: u64| format!("{fault:?} at operation {nth}, act {}: {what}", acts - first);
        for _ in 0..ACTS {
            if self.vault.is_some() {
                self.act().map_err(|what| told(what, self.acts))?;
            }
        }
        let _over = self.disk.forget();
        self.restart(fault).map_err(|what| told(what, self.acts))
    }

    /// Cuts that were made and survived.
    fn run(mut self) -> Result<u64, String> {
        self.open().map_err(|e| format!("does not open: {e}"))?;
        for life in 0..LIVES {
            self.life().map_err(|what| format!("life {life}: {what}"))?;
        }
        Ok(self.cuts)
    }
}

fn perform(act: Act, vault: &mut Vault, operator: &OfficerKeys, world: &World) -> Result<(), VaultError> {
    let session = |person| session_of(person);
    match act {
        Act::Keep(person, step, tag) => {
            vault.keep_step(session(person), step, format!("{step} {tag}").as_bytes(), now())
        }
        Act::Discard(person) => {
            vault.discard_draft(session(person), "entered-twice", operator.officer.id, now())
        }
        Act::Save(person) => {
            vault.save(&draft(person, operator), &input(&nik_of(person)), operator, now()).map(drop)
        }
        Act::State(person, state) => {
            vault.set_state(session(person), state, Some(b"receipt"), now()).map(drop)
        }
        Act::Import(person, state) => {
            let line = StateLine { line: 2, id: session(person), state, at: now() };
            let report = vault.import_states((vec![line], Vec::new()), operator, now())?;
            match report.errors.first() {
                None => Ok(()),
                Some(error) => Err(VaultError::Seal(error.to_string())),
            }
        }
        Act::Tries(person, failed) => vault.note_tries(session(person), failed, now()),
        Act::CardsIn => {
            let row =
                NewCardRow { kind: CardMove::Received, count: 10, serials: None, reason: None, of: None };
            vault.add_card_row(&row, operator, now()).map(drop)
        }
        Act::CardLeft(person, tag) => {
            let outcome = CardOutcome {
                id: Uuid::from_u128(0xca4d_0000 + u128::from(tag)),
                record: session(person),
                kind: CardMove::Issued,
                reason: None,
                uid: Zeroizing::new(vec![4, 1, 2, u8::try_from(person).unwrap_or(0)]),
                proof: Zeroizing::new(b"receiver and signature".to_vec()),
            };
            vault.card_left(&outcome, operator, now()).map(drop)
        }
        Act::Document(number) => {
            let pdf = b"%PDF-1.7 a proof".to_vec();
            let document =
                UnprintedDocument { kind: "proof".into(), session: Uuid::nil(), name: NAME.into(), pdf };
            vault.keep_unprinted(document_of(number), &document, now(), now() + TimeDelta::days(14))
        }
        Act::Printed(number) => vault.printed(document_of(number), now()),
        Act::Hygiene(tag) => vault.keep_hygiene(format!("hygiene {tag}").as_bytes()),
        Act::Fingers(count) => {
            let template = FingerTemplate { finger: 2, format: "test".into(), bytes: vec![7; 100] };
            vault.set_officer_fingers(operator.officer.id, vec![template; count], operator, now())
        }
        Act::Officer(number) => {
            let (id, passphrase) = world.logins[&Role::Supervisor];
            let supervisor = vault.authenticate(id, passphrase, now())?;
            let new = person(&officer_name(number), Role::Operator, &nik_of(100 + number));
            vault.add_officer(&new, &supervisor, KdfCost::Test, now()).map(drop)
        }
        Act::WrongSecret => {
            // Of an account that nobody needs afterwards: it will be locked out.
            let (id, _) = world.logins[&Role::Auditor];
            match vault.authenticate(id, "bukan kata sandinya", now()) {
                Err(VaultError::WrongSecret | VaultError::LockedOut { .. }) => Ok(()),
                Err(e) => Err(e),
                Ok(_) => Err(VaultError::Seal("a wrong passphrase was taken".into())),
            }
        }
        Act::SignInAgain => {
            let (id, passphrase) = world.logins[&Role::Operator];
            match vault.unlock(id, passphrase, now()) {
                // Too many wrong tries before: still signed in.
                Err(VaultError::LockedOut { .. }) => Ok(()),
                other => other.map(drop),
            }
        }
        Act::Rebuild => vault.rebuild(now()).map(drop),
        Act::Reopen => Ok(()),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[test]
fn histories_cut_at_any_operation_lose_nothing_that_was_acknowledged() {
    let image = Image { world: World::new(1) };
    let seeds = match number("REKAM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REKAM_SEEDS").unwrap_or(SEEDS),
    };
    let mut cuts = 0;
    for seed in seeds.clone() {
        match History::new(&image, seed, None).run() {
            Ok(made) => cuts += made,
            Err(what) => panic!(
                "seed {seed}: {what}\nagain: REKAM_SEED={seed} cargo test --workspace --locked --lib histories_cut"
            ),
        }
    }
    eprintln!("{cuts} cuts in {} histories", seeds.end - seeds.start);
    assert!(cuts >= (seeds.end - seeds.start) * LIVES);
}

/// Which sabotage the histories must notice, and within how many of them.
#[test]
fn histories_notice_every_sabotage() {
    let image = Image { world: World::new(1) };
    for sabotage in Sabotage::ALL {
        // A missing row is made anew when the vault is opened: nothing is lost, and `kill_loop` tells it.
        if sabotage == Sabotage::SkipRow {
            continue;
        }
        let noticed = (0..60).find_map(|seed| History::new(&image, seed, Some(sabotage)).run().err());
        assert!(noticed.is_some(), "{} goes unnoticed", sabotage.id());
    }
}
