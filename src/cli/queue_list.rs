//! `rekam queue list`: the sealed records, newest first, by state and by day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use record::schema::RecordState;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::{QueueFilter, QueueRow, Vault};
use serde_json::json;
use uuid::Uuid;

use super::{Done, Place, VaultArg};

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    vault: VaultArg,
    /// In this state only, e.g. BIO_CAPTURED or SENT_FOR_ENROLLMENT.
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<RecordState>,
    /// Finished on this day or later (YYYY-MM-DD, the office's day).
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Finished on this day or earlier.
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Leave out so many of the newest first.
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: usize,
    /// List so many at most.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn state(text: &str) -> Result<RecordState, String> {
    RecordState::from_id(&text.to_ascii_uppercase()).ok_or_else(|| {
        let known: Vec<&str> = RecordState::ALL.iter().map(|s| s.id()).collect();
        format!("write one of {}", known.join(", "))
    })
}

/// What is told of a row besides the row itself.
struct Beside {
    carried: BTreeMap<Uuid, DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl Beside {
    fn unsent_days(&self, r: &QueueRow) -> Option<i64> {
        r.is_unsent().then(|| (self.now - r.created).num_days().max(0))
    }

    fn as_json(&self, vault: &Vault, r: &QueueRow) -> serde_json::Value {
        json!({
            "id": r.id, "state": r.state, "created": r.created, "size": r.size, "sha256": r.sha256,
            "epoch": r.epoch, "counter": r.counter, "damaged": r.damaged,
            "unsent_days": self.unsent_days(r), "carried": self.carried.get(&r.id), "deleted": r.gone,
            "file": vault.layout().payload(r.id),
        })
    }

    fn as_line(&self, r: &QueueRow) -> String {
        let mut line = format!("{} {} {} {} bytes", r.id, r.state, r.created.to_rfc3339(), r.size);
        if let Some(days) = self.unsent_days(r) {
            line += &format!(" unsent for {days} days");
        }
        for (word, at) in [("carried", self.carried.get(&r.id)), ("deleted", r.gone.as_ref())] {
            line += &at.map_or_else(String::new, |at| format!(" {word} {}", at.to_rfc3339()));
        }
        line + if r.damaged { " DAMAGED" } else { "" }
    }
}

pub(super) fn list(c: &List, place: &mut Place) -> Done {
    let (from, to) = place.span(c.from, c.to)?;
    let limit = c.limit.unwrap_or(usize::MAX);
    let filter = QueueFilter { state: c.state, from, to, skip: c.skip, limit };
    let vault = super::vault::open(place, &c.vault)?;
    let rows = vault.search(&filter)?;
    let beside = Beside { carried: vault.carried()?, now: SystemClock.now() };
    if c.json {
        let records: Vec<_> = rows.iter().map(|r| beside.as_json(&vault, r)).collect();
        let notes = vault.notes().to_vec();
        let answer = json!({
            "count": rows.len(), "of": vault.queue_len(), "records": records, "notes": notes
        });
        place.json(&answer)?;
        return Ok(0);
    }
    rows.iter().try_for_each(|r| place.say(beside.as_line(r)))?;
    Ok(0)
}
