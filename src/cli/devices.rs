//! `rekam doctor`, `rekam devices list`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use devices::catalogue::catalogue;
use devices::registry::Registry;
use devices::setup::Setup;
use record::schema::Environment;
use rekam::gate::policy::PolicySet;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{OpenOptions, Vault};
use serde_json::json;

use super::session::{default_devices, policy_files};
use super::{Done, Place, VaultArg};

#[derive(Debug, Subcommand)]
pub(super) enum DevicesCommand {
    /// Driver families, and the devices that are set up and plugged in.
    List(List),
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
fn environment(place: &Place, arg: &VaultArg) -> Environment {
    let folder = place.vault(arg).ok();
    let config = folder.and_then(|folder| Vault::peek(&RealFiles, &folder).ok());
    config.map_or(Environment::Training, |c| c.environment)
}

fn setup(place: &Place, environment: Environment) -> Setup {
    place.config.devices.clone().unwrap_or_else(|| default_devices(environment))
}

pub(super) fn devices(DevicesCommand::List(list): &DevicesCommand, place: &mut Place) -> Done {
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
    for kind in &found.missing {
        place.say(format!("no {}", kind.id()))?;
    }
    Ok(0)
}

/// One thing that was looked at.
struct Look {
    name: &'static str,
    ok: bool,
    told: String,
}

pub(super) fn doctor(c: &Doctor, place: &mut Place) -> Done {
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
    let missing: Vec<&str> = found.missing.iter().map(|k| k.id()).collect();
    looks.push(Look { name: "devices", ok: missing.is_empty(), told: missing.join(", ") });
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
    let clock = vault.check_clock(SystemClock.now());
    let room = vault.free_bytes();
    vec![
        Look { name: "vault", ok: true, told },
        Look {
            name: "clock",
            ok: clock.is_ok(),
            told: clock.err().map(|e| e.to_string()).unwrap_or_default(),
        },
        Look {
            name: "disk",
            ok: room.as_ref().is_ok_and(|r| *r > 64 * 1024 * 1024),
            told: room.map_or_else(|e| e.to_string(), |r| format!("{} MB free", r / 1_000_000)),
        },
    ]
}
