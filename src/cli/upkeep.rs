//! `rekam vault retention`, `rekam vault deletions`, and the station's limits for `rekam doctor`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use record::schema::Environment;
use rekam::gate::policy::{Policy, PolicySet};
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::runtime::limits::{self, Finding, StationFacts};
use rekam::runtime::{lookout, power};
use rekam::vault::{Deletion, Held, Vault, draft_expires};
use serde_json::json;

use super::secrets::Secret;
use super::session::policy_files;
use super::vault::{account, open};
use super::{CliError, Done, Place, VaultArg, failure};

/// Most deletions of one run.
const DELETE_MOST: usize = 10_000;

#[derive(Debug, Args)]
pub(super) struct Retention {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the officer who signs in.
    #[arg(long, value_name = "ACCOUNT")]
    officer: String,
    #[command(flatten)]
    secret: Secret,
    /// Say what is due and delete nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Deletions {
    #[command(flatten)]
    vault: VaultArg,
    /// First day, e.g. 2026-11-01.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Last day, included.
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Folder with archived segments of the audit: they are read too. May be given several times.
    #[arg(long, value_name = "DIR")]
    archive: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct AcceptClock {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the supervisor who has looked at the clock.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn accept_clock(c: &AcceptClock, place: &mut Place) -> Done {
    let (mut vault, keys) =
        super::backup::signed_in(place, &c.vault, &c.by, &c.secret, "Passphrase of the supervisor")?;
    let now = SystemClock.now();
    let was = vault.accept_clock(&keys, now)?;
    if c.json {
        place.json(&json!({"accepted": was.is_some(), "now": now, "was_at": was}))?;
        return Ok(0);
    }
    match was {
        Some(was) => place.say(format!(
            "{} counts from now on; the audit, or the hub, had reached {}",
            now.to_rfc3339(),
            was.to_rfc3339()
        ))?,
        None => place.say("the clock is not behind the audit or the hub; nothing was changed")?,
    }
    Ok(0)
}

/// The policy in force today at the office.
pub(super) fn policy_today(place: &Place) -> Result<Policy, CliError> {
    let files = policy_files(&place.config)?;
    let set = if files.is_empty() { PolicySet::bundled() } else { PolicySet::load(files) };
    let told = |errors: Vec<rekam::gate::PolicyError>| {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let set = set.map_err(|errors| failure("RUN-02", told(errors)))?;
    let today = SystemClock.now().with_timezone(&place.office()?).date_naive();
    let policy = set.in_force(today).cloned();
    policy.ok_or_else(|| failure("RUN-03", format!("no policy is in force on {today}; add one")))
}

/// What a locked vault and the computer say of the limits.
pub(super) fn findings(vault: &Vault, policy: &Policy, now: DateTime<Utc>) -> Vec<Finding> {
    let rules = policy.retention;
    let drafts = vault.drafts().unwrap_or_default();
    let ends = drafts.iter().map(|draft| draft_expires(draft.updated, rules.draft_days));
    let facts = StationFacts {
        expiring: limits::expiring_soon(ends, rules.draft_warn_hours, now),
        store: Some(lookout::store_facts(vault, now)),
        power: Some(power::judge(&power::read(Path::new(power::SUPPLIES)))),
        training: vault.config().environment == Environment::Training,
        ..StationFacts::default()
    };
    limits::findings(&facts, &policy.limits, now)
}

pub(super) fn retention(c: &Retention, place: &mut Place) -> Done {
    let policy = policy_today(place)?;
    let times = lookout::retention_times(&policy.retention);
    let mut vault = open(place, &c.vault)?;
    let officer = account(&vault, &c.officer)?.id;
    let passphrase = c.secret.read("Passphrase")?;
    let now = SystemClock.now();
    vault.unlock(officer, &passphrase, now)?;
    let far_ahead = vault.is_clock_far_ahead(now);
    let plan = vault.retention_plan(&times, &[], now)?;
    let archivable = vault.archivable_segments(&times, now)?;
    let held = held(&plan.held);
    if c.dry_run {
        if c.json {
            place.json(&json!({
                "dry_run": true, "policy": policy.id, "clock_far_ahead": far_ahead, "due": plan.due,
                "held": held, "archivable_audit_segments": archivable,
            }))?;
        } else {
            say_plan(place, &plan.due, "due")?;
            say_rest(place, &held, &archivable)?;
        }
        return Ok(0);
    }
    if far_ahead {
        return Err(self::far_ahead("nothing was deleted"));
    }
    let report = vault.run_retention(plan.due, DELETE_MOST, now);
    if c.json {
        place.json(&json!({
            "dry_run": false, "policy": policy.id, "deleted": report.deleted, "failed": report.failed,
            "left": report.left, "held": held, "archivable_audit_segments": archivable,
        }))?;
    } else {
        say_plan(place, &report.deleted, "deleted")?;
        for (deletion, code) in &report.failed {
            place.say(format!("failed {} {}: {code}; run it again", deletion.what.event(), deletion.id))?;
        }
        say_rest(place, &held, &archivable)?;
    }
    Ok(u8::from(!report.failed.is_empty()))
}

/// By such a clock nothing old goes.
pub(super) fn far_ahead(done: &str) -> CliError {
    failure(
        "LIM-10",
        format!(
            "the clock is far ahead of the last use of this vault; {done}. Check the date; where it is right, run this \
             once more"
        ),
    )
}

/// How many old payloads stay, by reason.
fn held(held: &[(uuid::Uuid, Held)]) -> BTreeMap<Held, usize> {
    let mut counts = BTreeMap::new();
    for (_, why) in held {
        *counts.entry(*why).or_insert(0) += 1;
    }
    counts
}

fn say_plan(place: &mut Place, list: &[Deletion], done: &str) -> Result<(), CliError> {
    for d in list {
        place.say(format!(
            "{done} {} {} {} ({}: {} since {})",
            d.what.subject(),
            d.id,
            d.what.event(),
            d.rule,
            d.reason,
            d.since.to_rfc3339()
        ))?;
    }
    place.say(format!("{} {done}", list.len()))
}

fn say_rest(place: &mut Place, held: &BTreeMap<Held, usize>, archivable: &[String]) -> Result<(), CliError> {
    for (why, count) in held {
        let why = match why {
            Held::NotSafe => "nobody else is known to have them",
            Held::CaseOpen => "their case is open at the centre",
            Held::TimeUnknown => "the centre has them, since when is not known",
            Held::Young => "their time has not passed",
        };
        place.say(format!("{count} old records stay: {why}"))?;
    }
    if !archivable.is_empty() {
        place.say(format!("audit segments that may go to an archive: {}", archivable.join(", ")))?;
    }
    Ok(())
}

pub(super) fn deletions(c: &Deletions, place: &mut Place) -> Done {
    let vault = open(place, &c.vault)?;
    let (from, to) = place.span(c.from, c.to)?;
    let found = vault.deletions(from, to, &c.archive)?;
    if c.json {
        place.json(&json!({
            "count": found.lines.len(), "deletions": found.lines, "archived_segments": found.archived,
            "audit_broken": found.broken,
        }))?;
    } else {
        for line in &found.lines {
            let detail = |key: &str| line.details.get(key).map_or("", String::as_str);
            let subject =
                ["record", "draft", "document", "row"].iter().find_map(|key| line.details.get(*key));
            let id = subject.cloned().or_else(|| line.session.map(|s| s.to_string())).unwrap_or_default();
            place.say(format!(
                "{} {} {id} {} {}",
                line.time.to_rfc3339(),
                line.event,
                detail("reason"),
                detail("rule")
            ))?;
        }
        if let Some(b) = &found.broken {
            place.say(format!("audit broken at {} line {}: {}", b.segment, b.line, b.why))?;
        }
        if found.archived > 0 {
            place.say(format!(
                "older lines are in {} archived segments that were not read; name their folder with --archive",
                found.archived
            ))?;
        }
        place.say(format!("{} deletions", found.lines.len()))?;
    }
    Ok(u8::from(found.broken.is_some()))
}
