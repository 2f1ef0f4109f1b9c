//! A hub's receipts for records that were carried: `rekam-sim receipts`.
//!
//! It does what a hub does with a stick: checks every record's outside and signs a receipt for each that is right. For
//! training and tests; its key is a file of its own, its stores hold nothing.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::Utc;
use clap::Args;
use record::keys;
use record::receipt::Receipt;
use serde_json::json;

/// Names of the stores in the receipts.
const REPLICAS: [&str; 2] = ["latihan-a", "latihan-b"];

/// `rekam-sim receipts`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of carried records (`<id>.json`, `<id>.rekam`), e.g. `rekam-ST-01` on the stick.
    #[arg(long, value_name = "DIR")]
    records: PathBuf,
    /// The hub's private key (Ed25519, PKCS#8 PEM); made where it is missing.
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    /// Folder for `<id>.receipt.json`; the records' own where it is not named.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Arguments {
    /// Receipts beside the records of a folder, signed by the key in a file.
    #[must_use]
    pub fn new(records: PathBuf, key: PathBuf) -> Self {
        Self { records, key, out: None }
    }
}

fn key(path: &Path) -> Result<keys::SigningKey> {
    if path.exists() {
        let pem = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        return Ok(keys::private_from_pem(&pem)?);
    }
    let key = keys::generate_signing_key()?;
    let pem = keys::private_to_pem(&key)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(pem.as_bytes())?;
    Ok(key)
}

/// Signs receipts for all records of a folder; prints one JSON object.
///
/// # Errors
/// A folder or key that cannot be read or written. A record that is not right gets no receipt and is named.
pub fn run(arguments: &Arguments) -> Result<()> {
    let hub = key(&arguments.key)?;
    let out = arguments.out.as_ref().unwrap_or(&arguments.records);
    fs::create_dir_all(out)?;
    let (mut signed, mut refused) = (0, Vec::new());
    let listed = fs::read_dir(&arguments.records)
        .with_context(|| format!("{} cannot be read", arguments.records.display()))?;
    for entry in listed {
        let payload = entry?.path();
        let is_record = payload.extension().is_some_and(|ending| ending == "rekam");
        let Some(stem) = payload.file_stem().filter(|_| is_record).map(|s| s.to_string_lossy().into_owned())
        else {
            continue;
        };
        let header = fs::read(payload.with_extension("json")).unwrap_or_default();
        let verified = record::verify::verify(&header, fs::File::open(&payload)?, None);
        match verified.ok().filter(|verified| verified.header.id.to_string() == stem) {
            Some(verified) => {
                let replicas = REPLICAS.map(ToOwned::to_owned).to_vec();
                let receipt = Receipt::sign(&verified.header, replicas, Utc::now(), &hub)?;
                fs::write(out.join(format!("{stem}.receipt.json")), serde_json::to_vec_pretty(&receipt)?)?;
                signed += 1;
            }
            None => refused.push(stem),
        }
    }
    let hub_key = keys::public_to_hex(&hub.verifying_key());
    let told = json!({"signed": signed, "refused": refused, "hub_key": hub_key, "out": out});
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
