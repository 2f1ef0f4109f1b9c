//! What the vault has acknowledged, as a model that a vault is compared with after a cut.
//!
//! Every thing that is kept has a value. An act changes a group of values at once: acknowledged, all of them are the
//! new ones; failed or cut, each may be the old or the new one, and all of a group are on the same side.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A thing that the vault keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// A step of the session of a person.
    Step(u64, &'static str),
    /// The record of a person.
    Record(u64),
    /// Its state.
    State(u64),
    /// Failed comparisons of its fingers.
    Tries(u64),
    /// A row of the ledger of cards: its number.
    CardRow(u64),
    /// A document that waits for the printer.
    Document(u64),
    /// Which devices wait for disinfection.
    Hygiene,
    /// How many fingers the operator has enrolled.
    Fingers,
    /// An account besides those of a training vault.
    Officer(u64),
}

/// None: the thing is not there.
pub(super) type Value = Option<String>;

/// A change of several things that happens as a whole or not at all.
pub(super) type Group = Vec<(Thing, Value)>;

pub(super) const STEPS: [&str; 3] = ["biodata", "photo", "fingers"];

/// The session, and later the record, of a person.
pub(super) fn session_of(person: u64) -> Uuid {
    record::testing::complete_draft(person).id
}

pub(super) fn nik_of(person: u64) -> String {
    format!("337401570803{person:04}")
}

pub(super) fn document_of(number: u64) -> Uuid {
    Uuid::from_u128(0xd0c0_0000 + u128::from(number))
}

#[derive(Debug, Default)]
pub(super) struct Model {
    allowed: BTreeMap<Thing, BTreeSet<Value>>,
    /// Changes that are not known to have happened: the values before, and the change.
    open: Vec<(BTreeMap<Thing, BTreeSet<Value>>, Group)>,
    /// Audit lines that were acknowledged.
    pub(super) audit_seq: u64,
}

impl Model {
    fn before(&self, thing: Thing) -> BTreeSet<Value> {
        self.allowed.get(&thing).cloned().unwrap_or_else(|| BTreeSet::from([None]))
    }

    /// The only value that a thing can have, none where it is not certain.
    pub(super) fn certain(&self, thing: Thing) -> Option<Value> {
        let before = self.before(thing);
        if before.len() == 1 { before.into_iter().next() } else { None }
    }

    pub(super) fn is_there(&self, thing: Thing) -> bool {
        self.certain(thing).is_some_and(|value| value.is_some())
    }

    /// Takes over what an act did.
    pub(super) fn take(&mut self, group: &Group, acknowledged: bool) {
        let touched = |thing: &Thing| group.iter().any(|(t, _)| t == thing);
        // Whatever was open about these things is overtaken.
        self.open.retain(|(_, old)| !old.iter().any(|(thing, _)| touched(thing)));
        let before: BTreeMap<_, _> = group.iter().map(|(thing, _)| (*thing, self.before(*thing))).collect();
        for (thing, value) in group {
            let mut allowed = if acknowledged { BTreeSet::new() } else { self.before(*thing) };
            allowed.insert(value.clone());
            self.allowed.insert(*thing, allowed);
        }
        if !acknowledged && !group.is_empty() {
            self.open.push((before, group.clone()));
        }
    }

    /// Compares with an open vault; afterwards what was found is certain.
    pub(super) fn settle(&mut self, vault: &Vault) -> Result<(), String> {
        let seq = vault.audit_seq();
        if seq < self.audit_seq {
            return Err(format!("the audit ends at line {seq}, acknowledged were {}", self.audit_seq));
        }
        self.audit_seq = seq;
        let found = observe(vault, self.allowed.keys().copied())?;
        for (thing, allowed) in &self.allowed {
            let value = &found[thing];
            if !allowed.contains(value) {
                return Err(format!("{thing:?} is {value:?}, may be {allowed:?}"));
            }
        }
        for (before, group) in &self.open {
            let new = group.iter().all(|(thing, value)| found[thing] == *value);
            let old = group.iter().all(|(thing, _)| before[thing].contains(&found[thing]));
            if !new && !old {
                return Err(format!("half of a change: {group:?}, found {found:?}"));
            }
        }
        self.open.clear();
        self.allowed = found.into_iter().map(|(thing, value)| (thing, BTreeSet::from([value]))).collect();
        Ok(())
    }
}

/// What the vault says of these things.
fn observe(vault: &Vault, things: impl Iterator<Item = Thing>) -> Result<BTreeMap<Thing, Value>, String> {
    let told = |e: VaultError| format!("cannot be read: {e}");
    let rows = vault.card_rows().map_err(told)?;
    let documents = vault.unprinted().map_err(told)?;
    let mut drafts: BTreeMap<u64, DraftSteps> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for thing in things {
        let value = match thing {
            Thing::Step(person, step) => {
                if let std::collections::btree_map::Entry::Vacant(place) = drafts.entry(person) {
                    let loaded = vault.load_draft(session_of(person));
                    place.insert(match loaded {
                        Ok((steps, notes)) if notes.is_empty() => steps,
                        Ok((_, notes)) => return Err(format!("steps that cannot be read: {notes:?}")),
                        Err(VaultError::UnknownRecord) => DraftSteps::new(),
                        Err(e) => return Err(told(e)),
                    });
                }
                drafts[&person].get(step).map(|b| String::from_utf8_lossy(b).into_owned())
            }
            Thing::Record(person) => match vault.find(session_of(person)).map_err(told)? {
                Some(row) if row.damaged => return Err(format!("the record of {person} is damaged")),
                Some(row) => {
                    let by_nik = vault.find_nik(&nik_of(person)).map_err(told)?.map(|r| r.id);
                    let extract = vault.extract(row.id).map_err(told)?;
                    if by_nik != Some(row.id) || extract.name != NAME {
                        return Err(format!("the record of {person} is not found by its NIK"));
                    }
                    Some("sealed".to_owned())
                }
                None => None,
            },
            Thing::State(person) => {
                vault.find(session_of(person)).map_err(told)?.map(|row| row.state.to_string())
            }
            Thing::Tries(person) => match vault.extract(session_of(person)) {
                Ok(extract) => extract.tries.map(|(_, failed)| failed.to_string()),
                Err(VaultError::UnknownRecord) => None,
                Err(e) => return Err(told(e)),
            },
            Thing::CardRow(number) => {
                rows.iter().find(|row| row.number == number).map(|row| row.kind.id().to_owned())
            }
            Thing::Document(number) => {
                let one = documents.iter().find(|(id, ..)| *id == document_of(number));
                one.map(|(_, _, document)| document.name.clone())
            }
            Thing::Hygiene => {
                vault.hygiene().map_err(told)?.map(|b| String::from_utf8_lossy(&b).into_owned())
            }
            Thing::Fingers => {
                let all = vault.officer_fingers().map_err(told)?;
                all.iter().next().map(|(_, list)| list.len().to_string())
            }
            Thing::Officer(number) => {
                let name = officer_name(number);
                vault.officers().into_iter().find(|o| o.name == name).map(|o| o.role.to_string())
            }
        };
        found.insert(thing, value);
    }
    Ok(found)
}

pub(super) fn officer_name(number: u64) -> String {
    format!("PETUGAS {number}")
}
