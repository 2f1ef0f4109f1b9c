//! `rekam card`: what can be read of a KTP-el on the reader, to try a reader and to look at a card.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use devices::ktp::photo_media_type;
use devices::ktp::protected::{self, Protected};
use devices::ktp::sam::SamSecret;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::traits::CardReader;
use devices::vocabulary::{
    CaptureEnd, CaptureTask, Captured, CardRead, CardType, DeviceFault, DeviceKind, Retry,
};
use record::schema::Environment;
use serde_json::{Value, json};
use toml::Table;
use zeroize::Zeroizing;

use super::devices::environment;
use super::{CliError, Done, Place, Until, VaultArg, failure, write_private};

/// Driver where the configuration names none.
const DRIVER: &str = "pcsc";
/// Time between two looks of `rekam card watch`.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Time that one reading gets in `rekam card watch`.
const READ_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug, Subcommand)]
pub(super) enum CardCommand {
    /// Wait for a card and read it.
    Read(Read),
    /// Tell each card that is laid down, until stopped.
    Watch(Watch),
}

#[derive(Debug, Args)]
struct ReaderArg {
    #[command(flatten)]
    vault: VaultArg,
    /// Part of the name of the reader, for readers by PC/SC; without it the reader of the configuration.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// Tell the whole UID; without it the last four digits only.
    #[arg(long)]
    uid: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Read {
    #[command(flatten)]
    common: ReaderArg,
    /// Read the photo and write it to this file, readable by its owner only.
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
    /// How long a card is waited for.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait_s: u64,
    /// Read the protected part too, with a SAM: file with the value that opens it, 64 hexadecimal digits.
    #[arg(long, value_name = "FILE")]
    sam_secret: Option<PathBuf>,
    /// Write biodata and minutiae of the protected part to this file, readable by its owner only.
    #[arg(long, value_name = "FILE", requires = "sam_secret")]
    protected: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Watch {
    #[command(flatten)]
    common: ReaderArg,
    /// End after this time.
    #[arg(long, value_name = "SECONDS")]
    for_s: Option<u64>,
}

pub(super) fn card(command: &CardCommand, place: &mut Place) -> Done {
    match command {
        CardCommand::Read(c) => read(c, place),
        CardCommand::Watch(c) => watch(c, place),
    }
}

/// The configured card reader, or readers by PC/SC.
fn devices(common: &ReaderArg, place: &Place) -> Result<(Registry, Setup), CliError> {
    let environment = environment(place, &common.vault);
    let mut setup = place.config.devices.clone().unwrap_or_default();
    if common.reader.is_some() || setup.driver(DeviceKind::Card).is_none() {
        let part = common.reader.iter().map(|part| ("reader".to_owned(), part.clone().into()));
        setup
            .set(DeviceKind::Card, DRIVER, Table::from_iter(part))
            .map_err(|e| CliError::Usage(e.to_string()))?;
    }
    Ok((Registry::new(environment == Environment::Training), setup))
}

/// A fault with what to do about it.
fn told(end: &CaptureEnd) -> CliError {
    let (what, advice) = match end {
        CaptureEnd::Retry(Retry::NothingPresented) => ("no card".to_owned(), "lay a card on the reader"),
        CaptureEnd::Retry(Retry::CardRemoved) => {
            ("the card was taken off too early".to_owned(), "leave it on the reader until it has been read")
        }
        CaptureEnd::Retry(retry) => (retry.id().to_owned(), "lay one KTP-el only on the reader"),
        CaptureEnd::Fault(fault) => (fault.to_string(), advice(fault)),
        CaptureEnd::Cancelled => ("stopped".to_owned(), "run the command again"),
    };
    failure("CLI-12", format!("{what}; {advice}"))
}

fn advice(fault: &DeviceFault) -> &'static str {
    match fault {
        DeviceFault::ServiceMissing { .. } => "start it (systemctl start pcscd.socket), or install pcscd",
        DeviceFault::NotFound { .. } => "plug the reader in, and look at its name with `rekam devices list`",
        DeviceFault::Unplugged => "plug the reader in again",
        DeviceFault::Busy => "close the other program that uses the card",
        DeviceFault::NotPermitted => "let this user use pcscd (polkit), or ask the administrator",
        DeviceFault::Hung { .. } => "take the card off, plug the reader in again; if it stays, restart pcscd",
        DeviceFault::Untrusted { .. } => "keep the card and call the administrator",
        _ => "try another card; if all cards do this, try another reader",
    }
}

/// UID as it may be told.
fn uid(read: &CardRead, whole: bool) -> String {
    let text = hex::encode(&read.uid);
    match text.len().checked_sub(4) {
        Some(hidden) if !whole => format!("{}{}", "*".repeat(hidden), text.get(hidden..).unwrap_or_default()),
        _ => text,
    }
}

fn line(reader: &dyn CardReader, read: &CardRead, whole_uid: bool, begun: Instant) -> Value {
    let photo = read.photo.as_ref();
    json!({
        "reader": reader.info().model,
        "driver": reader.info().driver,
        "card_type": read.card_type,
        "uid": uid(read, whole_uid),
        "is_ktp": read.is_ktp,
        "photo_bytes": photo.map(Vec::len),
        "photo_media_type": photo.and_then(|photo| photo_media_type(photo)),
        "ms": begun.elapsed().as_millis() as u64,
    })
}

fn sentence(read: &CardRead, whole_uid: bool) -> String {
    let what = if read.is_ktp { "KTP-el" } else { "a card that is no KTP-el" };
    let signalling = match read.card_type {
        CardType::A => "type A",
        CardType::B => "type B",
        CardType::Unknown => "type not told",
    };
    let photo =
        read.photo.as_ref().map_or_else(String::new, |photo| format!(", photo of {} bytes", photo.len()));
    format!("{what}, {signalling}, UID {}{photo}", uid(read, whole_uid))
}

fn read(c: &Read, place: &mut Place) -> Done {
    let (registry, setup) = devices(&c.common, place)?;
    let secret = c.sam_secret.as_ref().map(secret_of).transpose()?;
    let mut reader = registry.open_card(&setup, None).map_err(|fault| told(&fault.into()))?;
    let begun = Instant::now();
    let mut until = Until(begun + Duration::from_secs(c.wait_s));
    if !c.common.json {
        place.say(format!("{}: lay the card down", reader.info().model))?;
    }
    // The free part first, and with it the wait for the card.
    let photo = c.photo.is_some() && secret.is_none();
    let captured = reader.capture(&CaptureTask::Card { photo }, &mut until);
    let Captured::Card(mut read) = captured.map_err(|end| told(&end))? else {
        return Err(failure("CLI-12", "the reader gave something else; try another reader"));
    };
    let mut protected = None;
    if let Some(secret) = &secret {
        let mut sam = reader.sam().map_err(|fault| told(&fault.into()))?;
        let all = protected::read(&mut *reader, sam.as_mut(), secret, &until).map_err(|end| told(&end))?;
        read = all.free.clone();
        protected = Some(all);
    }
    let mut told = line(reader.as_ref(), &read, c.common.uid, begun);
    if let (Some(all), Some(told)) = (&protected, told.as_object_mut()) {
        told.insert("protected".to_owned(), summary(all));
    }
    if let (Some(path), Some(photo)) = (&c.photo, &read.photo) {
        write_private(path, photo)?;
    }
    if let (Some(path), Some(all)) = (&c.protected, &protected) {
        let text = Zeroizing::new(serde_json::to_vec_pretty(&content(all)?)?);
        write_private(path, &text)?;
    }
    if c.common.json {
        place.json(&told)?;
    } else {
        place.say(sentence(&read, c.common.uid))?;
        if let Some(all) = &protected {
            let genuine = if all.genuine { "good" } else { "BAD" };
            place.say(format!("protected part read; its digital signature is {genuine}"))?;
        }
    }
    if c.photo.is_some() && read.photo.is_none() {
        return Err(failure(
            "CLI-12",
            "this card gave no photo; a KTP-el without one goes back to the office",
        ));
    }
    Ok(0)
}

fn secret_of(path: &PathBuf) -> Result<SamSecret, CliError> {
    let unread = |e: std::io::Error| failure("CLI-03", format!("{} cannot be read ({e})", path.display()));
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unread)?);
    let expected = || failure("CLI-12", format!("{} must hold 64 hexadecimal digits", path.display()));
    SamSecret::from_hex(&text).ok_or_else(expected)
}

/// What may be told of the protected part: that it is there.
fn summary(all: &Protected) -> Value {
    json!({
        "genuine": all.genuine,
        "biodata": true,
        "signature_bytes": all.signature.as_ref().map(Vec::len),
        "minutiae": all.minutiae.each_ref().map(|finger| {
            finger.as_ref().map(|record| record.body.views.iter().map(|v| v.minutiae.len()).sum::<usize>())
        }),
    })
}

/// The protected part, for the file that the caller named.
fn content(all: &Protected) -> Result<Value, CliError> {
    let records = all.minutiae.iter().map(|finger| finger.as_ref().map(|record| record.write()).transpose());
    let records = records.collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "biodata": all.biodata,
        "signature": all.signature.as_ref().map(hex::encode),
        "minutiae": records.iter().map(|record| record.as_ref().map(hex::encode)).collect::<Vec<_>>(),
        "genuine": all.genuine,
    }))
}

fn watch(c: &Watch, place: &mut Place) -> Done {
    let (registry, setup) = devices(&c.common, place)?;
    let until = c.for_s.map(|s| Instant::now() + Duration::from_secs(s));
    let over = || until.is_some_and(|until| Instant::now() >= until);
    let mut last = String::new();
    while !over() {
        let state = match registry.open_card(&setup, None) {
            Ok(mut reader) => {
                tell(c, place, &mut last, &format!("{}: ready", reader.info().model))?;
                follow(c, place, reader.as_mut(), &over)?
            }
            Err(fault) => fault,
        };
        if over() {
            break;
        }
        tell(c, place, &mut last, &format!("{state}; {}", advice(&state)))?;
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(0)
}

/// Tells a state once.
fn tell(c: &Watch, place: &mut Place, last: &mut String, state: &str) -> Result<(), CliError> {
    if last != state {
        state.clone_into(last);
        if c.common.json {
            place.json(&json!({ "state": state }))?
        } else {
            place.say(state)?
        }
        place.out.flush()?;
    }
    Ok(())
}

/// Tells the cards of one reader until it has a fault, which is given, or the time is over.
fn follow(
    c: &Watch,
    place: &mut Place,
    reader: &mut dyn CardReader,
    over: &dyn Fn() -> bool,
) -> Result<DeviceFault, CliError> {
    let mut lies = false;
    while !over() {
        let now = Instant::now();
        match reader.card_present(now + READ_WITHIN) {
            Err(fault) => return Ok(fault),
            Ok(there) if there == lies => {}
            Ok(false) => {
                lies = false;
                if c.common.json {
                    place.json(&json!({"card": false}))?
                } else {
                    place.say("card taken off")?
                }
            }
            Ok(true) => {
                lies = true;
                match reader.capture(&CaptureTask::Card { photo: false }, &mut Until(now + READ_WITHIN)) {
                    Ok(Captured::Card(read)) if c.common.json => {
                        place.json(&line(reader, &read, c.common.uid, now))?;
                    }
                    Ok(Captured::Card(read)) => place.say(sentence(&read, c.common.uid))?,
                    Ok(_) | Err(CaptureEnd::Cancelled) => {}
                    Err(CaptureEnd::Fault(fault)) => {
                        place.say(format!("{fault}; {}", advice(&fault)))?;
                    }
                    // Taken off while it was read: looked for again.
                    Err(CaptureEnd::Retry(_)) => lies = false,
                }
            }
        }
        place.out.flush()?;
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(DeviceFault::Unplugged)
}
