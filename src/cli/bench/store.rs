//! The vault: sealing and saving, and opening with ten thousand records.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{KdfCost, OfficerKeys, OpenOptions, Vault, crowd};

use super::super::session::make_training_vault;
use super::super::{CliError, failure};
use super::{Measured, timed};

/// Bytes of each finger of the record that is saved: ten of them make 1.5 MB.
const FINGER_BYTES: usize = 150_000;
/// Records in the crowded vault.
pub(super) const CROWD: u64 = 10_000;

pub(super) fn open(folder: &Path) -> Result<Vault, CliError> {
    let files: Arc<dyn Files> = Arc::new(RealFiles);
    Ok(Vault::open(files, folder, &OpenOptions::default(), SystemClock.now())?)
}

pub(super) fn ready(folder: &Path) -> Result<(Vault, OfficerKeys), CliError> {
    // The drafts are those of the record crate's own tests and name their station.
    let station = record::testing::complete_draft(0).station;
    let report = make_training_vault(folder, &station, KdfCost::Test)?;
    let operator = report.training.iter().find(|t| t.officer.role == record::schema::Role::Operator);
    let login = operator.ok_or_else(|| failure("CLI-09", "the training vault has no operator"))?;
    let mut vault = open(folder)?;
    let keys = vault.unlock(login.officer.id, login.passphrase, SystemClock.now())?;
    Ok((vault, keys))
}

/// Seal and durable save of a record of 1.5 MB.
pub(super) fn save(rounds: u32, folder: &Path) -> Result<Measured, CliError> {
    let (mut vault, operator) = ready(folder)?;
    let mut samples_ms = Vec::new();
    for seed in 0..u64::from(rounds) {
        let mut draft = crowd::draft(seed, &operator);
        for finger in biometrics::position::FingerPosition::ALL {
            let noise: Vec<u8> = (0..FINGER_BYTES as u64)
                .map(|i| ((i + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
                .collect();
            let name = record::entries::finger(*finger);
            record::testing::put(&mut draft, &name, record::testing::jp2(&noise));
        }
        let input = crowd::input(seed, SystemClock.now());
        let begun = Instant::now();
        vault.save(&draft, &input, &operator, SystemClock.now())?;
        samples_ms.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Measured {
        what: "seal and durable save of a 1.5 MB record",
        budget: 60.0,
        unit: "ms",
        samples: samples_ms,
    })
}

/// A vault with ten thousand records, opened again and again.
pub(super) fn crowded(rounds: u32, folder: &Path) -> Result<Measured, CliError> {
    let (mut vault, operator) = ready(folder)?;
    vault.crowd(CROWD, &operator, SystemClock.now())?;
    drop(vault);
    // The first open takes them into the index; that is not what a start in the morning does.
    drop(open(folder)?);
    let samples_ms = timed(rounds, || {
        let vault = open(folder)?;
        Ok(vault.queue_page(None, 50)?.len())
    })?;
    Ok(Measured {
        what: "vault with 10 000 records: open, first page",
        budget: 300.0,
        unit: "ms",
        samples: samples_ms,
    })
}
