//! The program inside the virtual machine: compares the vault on its disk with what was acknowledged before the last
//! cut, then saves records until the power goes, telling each acknowledgement over the serial line.

use std::path::PathBuf;
use std::sync::Arc;

use record::schema::RecordState;
use uuid::Uuid;

use super::compare::Acknowledged;
use super::kills::{make_vault, open_signed_in};
use super::{LabError, Told};
use crate::runtime::clock::{Clock, SystemClock};
use crate::vault::files::{Files, RealFiles};
use crate::vault::sabotage::{HookedFiles, Sabotage};
use crate::vault::testing::Random;
use crate::vault::{OfficerKeys, Vault, VaultError, crowd};

/// What the writer is told on its command line.
#[derive(Debug, Clone)]
pub struct Writer {
    /// The vault's folder, on the disk whose power is cut.
    pub vault: PathBuf,
    /// What was acknowledged so far, as lines of [`Told`].
    pub acknowledged: PathBuf,
    /// Decides what is written.
    pub seed: u64,
    /// A promise to be broken.
    pub sabotage: Option<Sabotage>,
}

fn files(sabotage: Option<Sabotage>) -> Arc<dyn Files> {
    Arc::new(HookedFiles { inner: Arc::new(RealFiles), sabotage, told: None })
}

/// Opens the vault, or makes it: an interrupted making has left nothing that counts.
fn open(writer: &Writer, first: bool) -> Result<(Vault, OfficerKeys), LabError> {
    let files = files(writer.sabotage);
    if first && matches!(Vault::peek(&*files, &writer.vault), Err(VaultError::NotAVault { .. })) {
        std::fs::remove_dir_all(&writer.vault).ok();
        make_vault(&files, &writer.vault, record::testing::STATION)?;
    }
    open_signed_in(files, &writer.vault)
}

/// Compares, then writes until it is cut off.
///
/// # Errors
/// [`LabError`] when the vault refuses to go on, which nothing here gives it a reason for.
pub fn run(writer: &Writer) -> Result<(), LabError> {
    let lines = std::fs::read_to_string(&writer.acknowledged).unwrap_or_default();
    let mut acknowledged = Acknowledged::default();
    for told in lines.lines().filter_map(Told::parse) {
        acknowledged.take(&told);
    }
    let (mut vault, operator) = match open(writer, acknowledged.is_empty()) {
        Ok(open) => open,
        Err(error) => {
            Told::Lost(error.to_string()).tell();
            return Err(error);
        }
    };
    for what in acknowledged.compare(&vault).map_err(LabError::at("comparing"))? {
        Told::Lost(what).tell();
    }
    Told::Compared(acknowledged.len()).tell();
    Told::Ready.tell();
    // Every start writes something else; when it is cut is planned by the host.
    let started_ms = u64::try_from(SystemClock.now().timestamp_millis()).unwrap_or(0);
    let mut random = Random(writer.seed ^ started_ms);
    loop {
        save_one(&mut vault, &operator, &mut random).map_err(LabError::at("saving"))?;
    }
}

/// One session: two steps, the record, sometimes a state.
fn save_one(vault: &mut Vault, operator: &OfficerKeys, random: &mut Random) -> Result<(), VaultError> {
    let now = SystemClock.now();
    let seed = random.below(u64::from(u32::MAX));
    let mut draft = crowd::draft(seed, operator);
    let noise: Vec<u8> = (0..random.below(60_000)).map(|_| (random.below(256)) as u8).collect();
    let name = record::entries::finger(biometrics::position::FingerPosition::RightThumb);
    record::testing::put(&mut draft, &name, record::testing::jp2(&noise));
    let session: Uuid = draft.id;
    for step in ["biodata", "fingers"] {
        vault.keep_step(session, step, &noise, now)?;
        Told::Kept(session, step.to_owned()).tell();
    }
    let saved = vault.save(&draft, &crowd::input(seed, now), operator, now)?;
    Told::Saved(saved.record_id, saved.sha256).tell();
    if random.below(3) == 0 {
        vault.set_state(session, RecordState::SentForEnrollment, Some(b"receipt"), now)?;
        Told::Sent(session).tell();
    }
    Ok(())
}
