//! Looks at the station for [`super::limits`]: the vault's disk and queue, the trial seal, mains and batteries.

use std::path::Path;
use std::sync::mpsc::Receiver;

use chrono::{DateTime, Utc};

use super::limits::{StoreFacts, Trouble};
use super::power;
use super::workers::{Answer, Outbox};
use crate::gate::RetentionRules;
use crate::vault::{OfficerKeys, RetentionTimes, Vault, VaultError};

impl From<&VaultError> for Trouble {
    fn from(error: &VaultError) -> Self {
        Self { message: error.message_id(), code: error.code() }
    }
}

/// The vault's disk, queue and clock.
///
/// # Errors
/// The vault's, as the findings tell it.
pub fn store_facts(vault: &Vault, now: DateTime<Utc>) -> Result<StoreFacts, Trouble> {
    let facts = || {
        Ok(StoreFacts {
            room: vault.room()?,
            unsent: vault.unsent()?,
            behind_s: match vault.check_clock(now) {
                Err(VaultError::ClockBack { now, floor }) => Some((floor - now).num_seconds()),
                other => other.map(|()| None)?,
            },
            far_ahead: vault.is_clock_far_ahead(now),
            hub: vault.hub_time()?,
            leftovers: vault.leftovers().len(),
        })
    };
    facts().map_err(|error: VaultError| Trouble::from(&error))
}

/// The trial seal of an officer.
///
/// # Errors
/// What did not work, as the findings tell it.
pub fn trial(vault: &Vault, officer: &OfficerKeys, now: DateTime<Utc>) -> Result<(), Trouble> {
    vault.trial(officer, now).map_err(|fault| {
        tracing::warn!(part = fault.part, code = fault.error.code(), "the trial seal failed");
        Trouble::from(&fault.error)
    })
}

/// The policy's times as the vault takes them.
#[must_use]
pub fn retention_times(rules: &RetentionRules) -> RetentionTimes {
    RetentionTimes {
        health_days: rules.health_days,
        draft_days: rules.draft_days,
        sent_days: rules.sent_days,
        extract_days: rules.extract_days,
        duplicate_days: rules.duplicate_days,
        unprinted_days: rules.unprinted_days,
        card_proof_days: rules.card_proof_days,
        audit_years: rules.audit_years,
    }
}

/// Looks at mains and batteries each time it is asked. On a thread of its own: a battery that does not answer must not
/// keep a record from being saved.
pub(super) fn watch_power(asked: &Receiver<()>, out: &Outbox) {
    while asked.recv().is_ok() {
        let power = power::judge(&power::read(Path::new(power::SUPPLIES)));
        if !out.send(Answer::Power(power)) {
            return;
        }
    }
}
