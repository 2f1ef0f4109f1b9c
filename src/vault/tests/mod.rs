#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The vault as a whole: what its tests share. `crash`: faults and cuts; `door`: who and what gets in; `keys`: the station's and the
//! officers' keys; `queue`: records
//! and index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{FixedOffset, TimeDelta, TimeZone};
use record::draft::{Draft, OfficerNote};
use record::schema::{RecordState, Role};
use zeroize::Zeroizing;

use uuid::Uuid;

use super::files::RealFiles;
use super::pins::PinKind;
use super::slots::Slot;
use super::testing::{Fault, FaultyFiles};
use super::*;

mod audit;
mod backup;
mod cards;
mod carry;
mod centre;
mod clock;
mod crash;
mod door;
mod fingers;
mod histories;
mod index;
mod keys;
mod model;
mod queue;
mod retention;
mod trial;
mod unprinted;

const NIK: &str = "3374015708030001";
const KK: &str = "3374010101200001";
const NAME: &str = "CONTOH PEMOHON";
const ROOT: &str = "/disk/vault";

pub(super) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 2, 0, 0).unwrap()
}

fn birth() -> NaiveDate {
    NaiveDate::from_ymd_opt(2003, 8, 17).unwrap()
}

fn options(environment: Environment) -> InitOptions {
    InitOptions {
        station: record::testing::STATION.into(),
        environment,
        centre_root: None,
        first_supervisor: None,
        officers: Vec::new(),
        kdf: KdfCost::Test,
        now: now() - TimeDelta::days(1),
    }
}

fn person(name: &str, role: Role, nik: &str) -> NewOfficer {
    NewOfficer {
        name: name.into(),
        role,
        nik: Zeroizing::new(nik.into()),
        passphrase: Zeroizing::new("kata sandi uji".into()),
    }
}

fn input(nik: &str) -> ExtractInput {
    ExtractInput {
        nik: Zeroizing::new(nik.into()),
        kk: Zeroizing::new(KK.into()),
        name: Zeroizing::new(NAME.into()),
        birth_date: birth(),
        templates: vec![FingerTemplate {
            finger: 2,
            format: "test".into(),
            bytes: b"TEMPLATE-BYTES".to_vec(),
        }],
        photo_jpeg: b"SMALL-PHOTO-BYTES".to_vec(),
        expires: now() + TimeDelta::days(30),
    }
}

/// A finished session of the signed-in operator.
fn draft(seed: u64, operator: &OfficerKeys) -> Draft {
    let mut draft = record::testing::complete_draft(seed);
    draft.officers[0] = OfficerNote {
        id: operator.officer.id,
        role: Role::Operator,
        public_key: operator.officer.public_key.clone(),
    };
    draft
}

/// A training vault on a faulty disk.
struct World {
    disk: FaultyFiles,
    logins: BTreeMap<Role, (Uuid, &'static str)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let disk = FaultyFiles::new(seed);
        disk.make_folder_durable(Path::new("/disk")).unwrap();
        let report = Vault::init(&disk.shared(), Path::new(ROOT), &options(Environment::Training)).unwrap();
        let logins = report.training.iter().map(|t| (t.officer.role, (t.officer.id, t.passphrase))).collect();
        Self { disk, logins }
    }
    fn open(&self) -> Vault {
        Vault::open(self.disk.shared(), Path::new(ROOT), &OpenOptions::default(), now()).unwrap()
    }
    fn sign_in(&self, vault: &mut Vault, role: Role) -> OfficerKeys {
        let (id, passphrase) = self.logins[&role];
        vault.unlock(id, passphrase, now()).unwrap()
    }
    fn ready(&self) -> (Vault, OfficerKeys) {
        let mut vault = self.open();
        let operator = self.sign_in(&mut vault, Role::Operator);
        (vault, operator)
    }

    /// The same, with the key of the tests' hub pinned.
    fn ready_with_hub(&self) -> (Vault, OfficerKeys) {
        let mut vault = self.open();
        let supervisor = self.sign_in(&mut vault, Role::Supervisor);
        let key = record::keys::public_to_hex(&record::testing::key(1, "hub").verifying_key());
        vault.pin(PinKind::HubKey, &key, &supervisor, now()).unwrap();
        let operator = self.sign_in(&mut vault, Role::Operator);
        (vault, operator)
    }
}

fn kept(vault: &mut Vault, session: Uuid) {
    vault.keep_step(session, "biodata", b"biodata of the session", now()).unwrap();
    vault.keep_step(session, "photo", b"photo of the session", now()).unwrap();
}
