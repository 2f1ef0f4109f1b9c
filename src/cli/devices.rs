//! `rekam doctor`, `rekam devices list`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use devices::catalogue::{Catalogue, Faulty, Trial, catalogue};
use devices::conformance;
use devices::drivers::cups;
use devices::registry::Registry;
use devices::setup::{DriverSetup, Setup};
use devices::vocabulary::{DeviceFault, DeviceKind};
use record::schema::Environment;
use rekam::gate::policy::PolicySet;
use rekam::i18n::Words;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::runtime::station::{Finding, Level};
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{CENTRE_WARN, OpenOptions, Vault};
use serde_json::json;

use super::session::{default_devices, policy_files};
use super::{Done, Place, VaultArg};

/// Where Debian's CUPS is configured; `$REKAM_CUPS_CONF` names another folder.
const CUPS_CONF: &str = "/etc/cups";

#[derive(Debug, Subcommand)]
pub(super) enum DevicesCommand {
    /// Driver families, and the devices that are set up and plugged in.
    List(List),
    /// Tries a device as the station uses it: captures, cancels, deadlines, opening again. A finger, eye, card or pen
    /// is needed where the device needs one; what was captured is dropped.
    Check(Check),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Kind of device: camera, fingerprint, iris, card, signature-pad, thermometer.
    #[arg(value_parser = kind_of)]
    kind: DeviceKind,
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn kind_of(text: &str) -> Result<DeviceKind, String> {
    let kinds = || DeviceKind::ALL.iter().filter(|k| !conformance::tasks(**k).is_empty());
    let known = || kinds().map(|k| k.id()).collect::<Vec<_>>().join(", ");
    kinds().find(|k| k.id() == text).copied().ok_or_else(|| format!("use one of: {}", known()))
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// The vault's environment; training where there is no vault yet, so that drivers can be tried.
pub(super) fn environment(place: &Place, arg: &VaultArg) -> Environment {
    let folder = place.vault(arg).ok();
    let config = folder.and_then(|folder| Vault::peek(&RealFiles, &folder).ok());
    config.map_or(Environment::Training, |c| c.environment)
}

fn setup(place: &Place, environment: Environment) -> Setup {
    place.config.devices.clone().unwrap_or_else(|| default_devices(environment))
}

/// The devices of a vault's station.
pub(super) fn setup_of(place: &Place, vault: &VaultArg) -> Setup {
    setup(place, environment(place, vault))
}

pub(super) fn devices(command: &DevicesCommand, place: &mut Place) -> Done {
    match command {
        DevicesCommand::List(list) => self::list(list, place),
        DevicesCommand::Check(check) => self::check(check, place),
    }
}

fn check(check: &Check, place: &mut Place) -> Done {
    let environment = environment(place, &check.vault);
    let (registry, setup) = (Registry::new(environment == Environment::Training), setup(place, environment));
    let open = || registry.open_capture(check.kind, &setup, None);
    let info = open()?.info().clone();
    let kept = conformance::run(&open, &conformance::tasks(check.kind), 1);
    let failures = kept.as_ref().err().cloned().unwrap_or_default();
    if check.json {
        let checked = kept.as_ref().ok();
        place.json(&json!({"device": info, "ok": kept.is_ok(), "checked": checked, "failures": failures}))?;
        return Ok(u8::from(kept.is_err()));
    }
    place.say(format!("{} {} {}", info.driver, info.model, info.serial))?;
    for failure in &failures {
        place.say(format!("FAIL {}: {}", failure.check, failure.detail))?;
    }
    if let Ok(checked) = kept {
        place.say(format!("ok   {checked} promises kept"))?;
    }
    Ok(u8::from(!failures.is_empty()))
}

/// What there is. The devices that are there are opened to see whether they let anybody in, but not while a station
/// runs on the vault: they are its.
fn look(place: &Place, vault: &VaultArg) -> Catalogue {
    let environment = environment(place, vault);
    let registry = Registry::new(environment == Environment::Training);
    let running = place.vault(vault).is_ok_and(|folder| Vault::is_in_use(&RealFiles, &folder));
    let trial = if running { Trial::ListOnly } else { Trial::Open };
    catalogue(&registry, &setup(place, environment), trial)
}

/// What is said of devices that were not opened.
const NOT_TRIED: &str = "not opened: the vault is in use, so a running station may have them";

fn list(list: &List, place: &mut Place) -> Done {
    let found = look(place, &list.vault);
    let words = Words::new(place.config.language);
    if list.json {
        let value = listed(&found, &words)?;
        place.json(&value)?;
        return Ok(0);
    }
    for family in &found.families {
        let kinds: Vec<&str> = family.kinds.iter().map(|k| k.id()).collect();
        let allowed = if family.allowed { "" } else { " (refused in production)" };
        place.say(format!("{}{allowed}: {}", family.driver, kinds.join(", ")))?;
        for device in &family.found {
            place.say(format!("  {} {} {}", device.kind.id(), device.model, device.serial))?;
        }
        for note in &family.notes {
            place.say(format!("  {note}"))?;
        }
    }
    for faulty in &found.faulty {
        place.say(format!("!  {}: {}", faulty.kind.id(), told_faulty(&words, faulty)))?;
    }
    for missing in &found.missing {
        place.say(format!("-  {}: {}", missing.kind.id(), told(&words, missing.kind, &missing.fault)))?;
    }
    if !found.tried {
        place.say(NOT_TRIED)?;
    }
    Ok(0)
}

/// The catalogue with words beside each fault: what it is (`told`) and what to do (`do`).
fn listed(found: &Catalogue, words: &Words) -> Result<serde_json::Value, serde_json::Error> {
    let mut value = serde_json::to_value(found)?;
    let missing: Vec<_> = found.missing.iter().map(|m| (m.kind, &m.fault)).collect();
    let faulty: Vec<_> = found.faulty.iter().map(|f| (f.kind, &f.fault)).collect();
    for (key, faults) in [("missing", missing), ("faulty", faulty)] {
        let lines = value.get_mut(key).and_then(serde_json::Value::as_array_mut);
        for (line, (kind, fault)) in lines.into_iter().flatten().zip(faults) {
            if let Some(line) = line.as_object_mut() {
                line.insert("told".to_owned(), words.fault(kind, fault).what.into());
                line.insert("do".to_owned(), to_do(words, kind, fault).into());
            }
        }
    }
    Ok(value)
}

/// One thing that was looked at.
pub(super) struct Look {
    pub(super) name: &'static str,
    pub(super) ok: bool,
    pub(super) told: String,
}

pub(super) fn doctor(c: &Doctor, place: &mut Place) -> Done {
    let unfit = place.config.fit(environment(place, &c.vault));
    place.warnings.extend(unfit);
    let mut looks = vec![Look {
        name: "config",
        ok: place.warnings.is_empty(),
        told: place.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }];
    looks.extend(vault_looks(c, place));
    let loaded = policy_files(&place.config)
        .map(|files| if files.is_empty() { PolicySet::bundled() } else { PolicySet::load(files) });
    let today = SystemClock.now().date_naive();
    looks.push(match loaded {
        Ok(Ok(set)) => match set.in_force(today) {
            Some(policy) => Look { name: "policy", ok: true, told: policy.id.clone() },
            None => Look { name: "policy", ok: false, told: "RUN-03 no policy is in force today".to_owned() },
        },
        Ok(Err(errors)) => {
            let told = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Look { name: "policy", ok: false, told }
        }
        Err(e) => Look { name: "policy", ok: false, told: format!("{e:?}") },
    });
    let environment = environment(place, &c.vault);
    let found = look(place, &c.vault);
    let words = Words::new(place.config.language);
    looks.extend(found.kinds.iter().map(|kind| kind_look(*kind, &found, &words)));
    looks.extend(printer_looks(place, environment));
    let folder = place.vault(&c.vault).ok();
    looks.extend(super::host::looks(folder.as_deref(), environment, &place.hardening));
    let ok = looks.iter().all(|l| l.ok);
    if c.json {
        let list: Vec<_> =
            looks.iter().map(|l| json!({"name": l.name, "ok": l.ok, "told": l.told})).collect();
        place.json(&json!({"ok": ok, "version": env!("CARGO_PKG_VERSION"), "checks": list}))?;
    } else {
        for look in &looks {
            let mark = if look.ok { "ok  " } else { "FAIL" };
            place.say(format!("{mark} {}: {}", look.name, look.told))?;
        }
    }
    Ok(u8::from(!ok))
}

/// The devices of a kind: those that work by name, the others with what to do. One that works is enough.
fn kind_look(kind: DeviceKind, found: &Catalogue, words: &Words) -> Look {
    let there: Vec<_> = found.families.iter().flat_map(|f| &f.found).filter(|d| d.kind == kind).collect();
    let faulty: Vec<_> = found.faulty.iter().filter(|f| f.kind == kind).collect();
    let is_faulty = |id| faulty.iter().any(|f| f.id.as_ref() == Some(id));
    let mut parts: Vec<String> =
        there.iter().filter(|d| !is_faulty(&d.id)).map(|d| d.model.clone()).collect();
    let works = !parts.is_empty() || faulty.iter().any(|f| f.is_in_use());
    parts.extend(faulty.iter().map(|f| told_faulty(words, f)));
    let missing = found.missing.iter().find(|m| m.kind == kind);
    // What was refused is told already, where that is why there is none.
    let told_already = missing.is_some_and(|m| faulty.iter().any(|f| f.fault == m.fault));
    parts.extend(missing.filter(|_| !told_already).map(|m| told(words, kind, &m.fault)));
    if !found.tried && !there.is_empty() {
        parts.push(NOT_TRIED.to_owned());
    }
    let ok = works || (faulty.is_empty() && (missing.is_none() || spared(kind)));
    Look { name: kind.id(), ok, told: parts.join("; ") }
}

/// What is wrong and what to do.
fn told(words: &Words, kind: DeviceKind, fault: &DeviceFault) -> String {
    let told = words.fault(kind, fault);
    format!("{} {} ({})", told.what, to_do(words, kind, fault), told.code)
}

/// The same of a device that is there, by its name.
fn told_faulty(words: &Words, faulty: &Faulty) -> String {
    format!("{}: {}", faulty.name, told(words, faulty.kind, &faulty.fault))
}

/// What to do about a fault; for the administrator, who gives the permissions.
fn to_do(words: &Words, kind: DeviceKind, fault: &DeviceFault) -> String {
    let permit = format!("permit-{}", kind.id());
    match fault {
        DeviceFault::NotPermitted if words.has(&permit) => words.get(&permit),
        _ => words.fault(kind, fault).to_do,
    }
}

/// Kinds that a station can do without: signatures are made in the window, temperatures are typed, and the card is
/// only looked at.
fn spared(kind: DeviceKind) -> bool {
    matches!(kind, DeviceKind::SignaturePad | DeviceKind::Thermometer | DeviceKind::Card)
}

/// Where documents go: a print server on another machine, and what the spooler of this one keeps of them.
fn printer_looks(place: &Place, environment: Environment) -> Vec<Look> {
    let setup = setup(place, environment);
    let cups_entries = || setup.drivers_of(DeviceKind::Printer).iter().filter(|d| d.driver == cups::ID);
    let remote = |d: &DriverSetup| cups::remote_server(&d.parameters);
    let mut looks: Vec<Look> = cups_entries()
        .filter_map(remote)
        .map(|server| Look {
            name: "print-server",
            ok: environment == Environment::Training,
            told: format!(
                "documents would cross the network to {server} unencrypted, which production refuses; use a queue \
                 of this machine that forwards by ipps (docs/devices/printer.md)"
            ),
        })
        .collect();
    if cups_entries().any(|d| remote(d).is_none()) {
        let root = std::env::var_os("REKAM_CUPS_CONF").map_or_else(|| CUPS_CONF.into(), PathBuf::from);
        let found = cups::spool::look(&root);
        let told = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        looks.push(Look { name: "spooler", ok: found.is_empty(), told });
    }
    looks
}

fn vault_looks(c: &Doctor, place: &Place) -> Vec<Look> {
    let opened = place.vault(&c.vault).map_err(|e| format!("{e:?}")).and_then(|folder| {
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        Vault::open(files, &folder, &OpenOptions::default(), SystemClock.now()).map_err(|e| e.to_string())
    });
    let vault = match opened {
        Ok(vault) => vault,
        Err(told) => return vec![Look { name: "vault", ok: false, told }],
    };
    let config = vault.config();
    let told = format!("{} {} with {} records", config.environment, config.station, vault.queue_len());
    let now = SystemClock.now();
    let centre = match (vault.recipients(now), vault.centre_until(now)) {
        (Err(e), _) => Look { name: "centre-list", ok: false, told: e.to_string() },
        (Ok(_), None) => {
            let told =
                "no centre and escrow are valid together from now on; install the next list".to_owned();
            Look { name: "centre-list", ok: false, told }
        }
        (Ok(_), Some(until)) if until - now <= CENTRE_WARN => {
            let told = format!("ends at {}; install the next one before then", until.to_rfc3339());
            Look { name: "centre-list", ok: false, told }
        }
        (Ok(to), Some(until)) => {
            let told = format!("{} recipients until {}", to.len(), until.to_rfc3339());
            Look { name: "centre-list", ok: true, told }
        }
    };
    let mut looks = vec![Look { name: "vault", ok: true, told }, centre];
    looks.extend(vault.leftovers().iter().map(|folder| leftover(folder)));
    // A policy that cannot be read has its own line.
    if let Ok(policy) = super::upkeep::policy_today(place) {
        let words = Words::new(place.config.language);
        let found = super::upkeep::findings(&vault, &policy, now);
        looks.extend(found.iter().map(|finding| limit_look(finding, &words)));
    }
    looks
}

/// An old copy of the vault or its index: what it holds is kept by no rule.
fn leftover(folder: &Path) -> Look {
    let what = if folder.to_string_lossy().contains("index-damaged-") { "index" } else { "vault" };
    let path = folder.display();
    let told = format!(
        "{path} is an old {what} that no time of keeping reaches; when the station's own is well (rekam vault check), \
         remove it: rm -r -- '{path}'"
    );
    Look { name: "leftover", ok: true, told }
}

/// A limit of the station; what only warns is fine for now.
fn limit_look(finding: &Finding, words: &Words) -> Look {
    let told = finding.told(words);
    let name = finding.message.split('-').nth(1).unwrap_or(finding.message);
    let told = match finding.level {
        Level::Ok => told.what,
        Level::Warn | Level::Refuse => format!("{} {} ({})", told.what, told.to_do, told.code),
    };
    Look { name, ok: finding.level != Level::Refuse, told }
}
