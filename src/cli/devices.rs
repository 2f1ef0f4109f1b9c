//! `rekam doctor`, `rekam devices list`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use devices::catalogue::{Missing, catalogue};
use devices::conformance;
use devices::drivers::cups;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::vocabulary::DeviceKind;
use record::schema::Environment;
use rekam::gate::policy::PolicySet;
use rekam::i18n::Words;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::runtime::station::{Finding, Level};
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{CENTRE_WARN, OpenOptions, Vault};
use serde_json::json;
use toml::{Table, Value};

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

fn list(list: &List, place: &mut Place) -> Done {
    let environment = environment(place, &list.vault);
    let registry = Registry::new(environment == Environment::Training);
    let found = catalogue(&registry, &setup(place, environment));
    if list.json {
        place.json(&found)?;
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
    let words = Words::new(place.config.language);
    for missing in &found.missing {
        place.say(format!("-  {}: {}", missing.kind.id(), told(&words, missing)))?;
    }
    Ok(0)
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
    let registry = Registry::new(environment == Environment::Training);
    let found = catalogue(&registry, &setup(place, environment));
    let words = Words::new(place.config.language);
    for kind in found.kinds {
        let missing = found.missing.iter().find(|m| m.kind == *kind);
        let there: Vec<_> =
            found.families.iter().flat_map(|f| &f.found).filter(|d| d.kind == *kind).collect();
        looks.push(Look {
            name: kind.id(),
            ok: missing.is_none() || spared(*kind),
            told: missing.map_or_else(
                || there.iter().map(|d| d.model.as_str()).collect::<Vec<_>>().join(", "),
                |m| told(&words, m),
            ),
        });
    }
    looks.extend(spool_look(place, environment));
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

/// What is missing, why and what to do.
fn told(words: &Words, missing: &Missing) -> String {
    let told = words.fault(missing.kind, &missing.fault);
    format!("{} {} ({})", told.what, told.to_do, told.code)
}

/// Kinds that a station can do without: signatures are made in the window, temperatures are typed, and the card is
/// only looked at.
fn spared(kind: DeviceKind) -> bool {
    matches!(kind, DeviceKind::SignaturePad | DeviceKind::Thermometer | DeviceKind::Card)
}

/// What the spooler keeps of printed documents, where documents are printed by CUPS on this machine.
fn spool_look(place: &Place, environment: Environment) -> Option<Look> {
    let setup = setup(place, environment);
    let here = |p: &Table| p.get("server").and_then(Value::as_str).is_none_or(|s| s.starts_with('/'));
    setup.drivers_of(DeviceKind::Printer).iter().find(|d| d.driver == cups::ID && here(&d.parameters))?;
    let root = std::env::var_os("REKAM_CUPS_CONF").map_or_else(|| CUPS_CONF.into(), PathBuf::from);
    let found = cups::spool::look(&root);
    let told = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    Some(Look { name: "spooler", ok: found.is_empty(), told })
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
