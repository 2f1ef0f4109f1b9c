//! `rekam record verify`, `rekam record open`, `rekam record states`.

use std::fs::File;
use std::path::{Path, PathBuf};

use biometrics::codec::{WSQ_RATE, decode_gray, encode_wsq};
use biometrics::position::FingerPosition;
use clap::{Args, Subcommand};
use record::verify::{KeyTrust, MAX_PAYLOAD_BYTES, verify};
use serde_json::json;

use super::{CliError, Done, Place, failure, write_private};

/// Longest header or key file that is read, in bytes.
const SMALL_MAX: u64 = 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum RecordCommand {
    /// Check header, size, digest and signature of a sealed record; its contents stay sealed and unchecked.
    Verify(Verify),
    /// Open a record with the centre's key and unpack it into a new folder, in clear.
    Open(Open),
    /// States of records as the centre tells them.
    #[command(subcommand)]
    States(super::cards::StatesCommand),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// `<id>.rekam`; its header `<id>.json` lies beside it.
    file: PathBuf,
    /// The station's public key (PEM), where it is known from elsewhere.
    #[arg(long, value_name = "PEM")]
    station_key: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Open {
    /// `<id>.rekam`; its header `<id>.json` lies beside it.
    file: PathBuf,
    /// The centre's age identity file.
    #[arg(long, value_name = "KEY")]
    identity: PathBuf,
    /// New or empty folder.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write every finger as WSQ too, for systems that ask for it (0.75 bits a pixel; not lossless).
    #[arg(long)]
    wsq: bool,
    /// The station's public key (PEM), where it is known from elsewhere.
    #[arg(long, value_name = "PEM")]
    station_key: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, CliError> {
    let unread = |e: std::io::Error| {
        failure("CLI-02", format!("{} cannot be read ({e}); name the right file", path.display()))
    };
    let len = std::fs::metadata(path).map_err(unread)?.len();
    if len > most {
        let what = format!("{} has {len} bytes, more than {most}; name the right file", path.display());
        return Err(failure("CLI-02", what));
    }
    std::fs::read(path).map_err(unread)
}

fn key(path: Option<&Path>) -> Result<Option<ed25519_dalek::VerifyingKey>, CliError> {
    let Some(path) = path else { return Ok(None) };
    let text = String::from_utf8_lossy(&read(path, SMALL_MAX)?).into_owned();
    Ok(Some(record::keys::public_from_pem(&text)?))
}

const fn trust(trust: KeyTrust) -> &'static str {
    match trust {
        KeyTrust::Expected => "expected",
        KeyTrust::Untrusted => "named by the record itself",
    }
}

pub(super) fn record(command: &RecordCommand, place: &mut Place) -> Done {
    match command {
        RecordCommand::Verify(c) => verify_file(c, place),
        RecordCommand::Open(c) => open_file(c, place),
        RecordCommand::States(c) => super::cards::states(c, place),
    }
}

fn verify_file(c: &Verify, place: &mut Place) -> Done {
    let header = read(&c.file.with_extension("json"), SMALL_MAX)?;
    let expected = key(c.station_key.as_deref())?;
    let payload = File::open(&c.file).map_err(|e| {
        failure("CLI-02", format!("{} cannot be read ({e}); name the right file", c.file.display()))
    })?;
    let found = verify(&header, payload, expected.as_ref())?;
    let h = &found.header;
    if c.json {
        place.json(&json!({
            "ok": true, "record_id": h.id, "station": h.station, "environment": h.environment,
            "sha256": h.payload_sha256, "size": h.payload_size, "created": h.created,
            "station_key": record::keys::public_to_hex(&found.station_key),
            "station_key_trust": trust(found.trust), "contents": found.contents.to_string(),
        }))?;
    } else {
        place.say(format!("record {} of station {} ({})", h.id, h.station, h.environment))?;
        place.say(format!(
            "header, size, digest and signature fit; the station's key is {}",
            trust(found.trust)
        ))?;
        place.say(format!("contents: {} (they are sealed for the centre)", found.contents))?;
    }
    Ok(0)
}

/// The fingers as WSQ beside their JPEG 2000 files.
fn export_wsq(opened: &record::open::Opened, out: &Path) -> Result<Vec<String>, CliError> {
    let mut names = Vec::new();
    for position in FingerPosition::ALL {
        let name = record::entries::finger(*position);
        let Some(entry) = opened.entries.iter().find(|e| e.name == name) else { continue };
        let wsq = encode_wsq(&decode_gray(&entry.bytes)?, WSQ_RATE)?;
        let name = name.replace(".jp2", ".wsq");
        let path = out.join(&name);
        write_private(&path, &wsq)?;
        names.push(name);
    }
    Ok(names)
}

fn open_file(c: &Open, place: &mut Place) -> Done {
    let header = read(&c.file.with_extension("json"), SMALL_MAX)?;
    let payload = read(&c.file, MAX_PAYLOAD_BYTES)?;
    let identity =
        zeroize::Zeroizing::new(String::from_utf8_lossy(&read(&c.identity, SMALL_MAX)?).into_owned());
    let expected = key(c.station_key.as_deref())?;
    let (_, opened) = record::open::open_with_header(&header, &payload, &identity, expected.as_ref())?;
    opened.write_to(&c.out)?;
    let exported = if c.wsq { export_wsq(&opened, &c.out)? } else { Vec::new() };
    let missing: Vec<String> = opened.missing().iter().map(|m| format!("{m:?}")).collect();
    if c.json {
        let names: Vec<&str> = opened.entries.iter().map(|e| e.name.as_str()).collect();
        place.json(&json!({
            "ok": true, "record_id": opened.manifest.id, "out": c.out, "entries": names, "missing": missing, "wsq": exported,
            "station_key_trust": trust(opened.trust),
        }))?;
    } else {
        place.say(format!(
            "record {}: {} entries in {}, in clear",
            opened.manifest.id,
            opened.entries.len(),
            c.out.display()
        ))?;
    }
    Ok(0)
}
