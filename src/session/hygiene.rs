//! Disinfection between applicants: which contact devices are locked, for whom, and since whom. Pure; the runtime keeps
//! one [`Hygiene`] for the station and tells each session what is locked for it.
//!
//! A device that touched one applicant is locked for every other until its disinfection is confirmed. The applicant
//! who used it goes on with it: a session that was put aside and taken up again finds it locked only when somebody
//! else used it in between.

use std::collections::{BTreeMap, BTreeSet};

use devices::vocabulary::DeviceKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::gate::policy::Policy;

/// The kind of device that an item of the policy's list of disinfection is; `None` for furniture.
#[must_use]
pub fn device_of(item: &str) -> Option<DeviceKind> {
    Some(match item {
        "fingerprint" => DeviceKind::Fingerprint,
        "iris" => DeviceKind::Iris,
        "camera" => DeviceKind::Camera,
        "signature_pad" => DeviceKind::SignaturePad,
        "thermometer" => DeviceKind::Thermometer,
        "card_reader" => DeviceKind::Card,
        _ => return None,
    })
}

/// True when the policy wants devices of this kind disinfected after each applicant.
#[must_use]
pub fn is_contact_device(policy: &Policy, kind: DeviceKind) -> bool {
    policy.hygiene.disinfect.iter().any(|item| device_of(&item.id) == Some(kind))
}

/// What the station knows across applicants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hygiene {
    /// Devices used since their last disinfection, with the session that used them.
    used: BTreeMap<DeviceKind, Uuid>,
}

impl Hygiene {
    /// What is kept on disk. Bytes that cannot be read mean that nobody knows: every device counts as used.
    #[must_use]
    pub fn from_kept(bytes: Option<&[u8]>) -> Self {
        match bytes.map(serde_json::from_slice) {
            None => Self::default(),
            Some(Ok(kept)) => kept,
            Some(Err(_)) => Self { used: DeviceKind::ALL.iter().map(|k| (*k, Uuid::nil())).collect() },
        }
    }

    /// The bytes to keep; no personal data.
    #[must_use]
    pub fn to_kept(&self) -> Vec<u8> {
        // Maps of plain words cannot fail; an empty file reads as "nobody knows".
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// A session uses a device; true when that is news.
    pub fn use_by(&mut self, kind: DeviceKind, session: Uuid) -> bool {
        self.used.insert(kind, session) != Some(session)
    }

    /// A device was disinfected; true when it had been used.
    pub fn disinfected(&mut self, kind: DeviceKind) -> bool {
        self.used.remove(&kind).is_some()
    }

    /// Devices that this session may not use yet.
    #[must_use]
    pub fn locked_for(&self, policy: &Policy, session: Uuid) -> BTreeSet<DeviceKind> {
        self.waiting(policy).filter(|(_, by)| *by != session).map(|(kind, _)| kind).collect()
    }

    /// Devices that wait for disinfection, with the session that used them.
    pub fn waiting(&self, policy: &Policy) -> impl Iterator<Item = (DeviceKind, Uuid)> {
        self.used.iter().filter(|(kind, _)| is_contact_device(policy, **kind)).map(|(k, by)| (*k, *by))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::session::testing::context;
    use record::schema::Environment;

    /// Plays acts (`use KIND SESSION`, `clean KIND`) and gives what is locked for session 2.
    fn check(acts: &[(&str, DeviceKind, u128)], locked_for_2: &[DeviceKind]) {
        let policy = context(Environment::Training).policy.clone();
        let mut hygiene = Hygiene::default();
        for (act, kind, session) in acts {
            match *act {
                "use" => drop(hygiene.use_by(*kind, Uuid::from_u128(*session))),
                _ => drop(hygiene.disinfected(*kind)),
            }
            // Nothing is lost by keeping it.
            hygiene = Hygiene::from_kept(Some(&hygiene.to_kept()));
        }
        let locked: Vec<_> = hygiene.locked_for(&policy, Uuid::from_u128(2)).into_iter().collect();
        assert_eq!(locked, locked_for_2, "{acts:?}");
    }

    #[test]
    fn locked_for_others_until_disinfected() {
        use DeviceKind::{Camera, Fingerprint, Iris};
        check(&[], &[]);
        check(&[("use", Fingerprint, 2)], &[]);
        check(&[("use", Fingerprint, 1)], &[Fingerprint]);
        check(&[("use", Fingerprint, 1), ("use", Iris, 1)], &[Fingerprint, Iris]);
        check(&[("use", Fingerprint, 1), ("clean", Fingerprint, 0)], &[]);
        check(&[("use", Fingerprint, 2), ("use", Fingerprint, 1)], &[Fingerprint]);
        check(&[("use", Camera, 1)], &[]); // not touched: the policy does not list it
    }

    #[test]
    fn what_cannot_be_read_locks() {
        let policy = context(Environment::Training).policy.clone();
        for bytes in [&b""[..], b"{", b"{\"used\":{\"toaster\":1}}", b"\xff"] {
            let locked = Hygiene::from_kept(Some(bytes)).locked_for(&policy, Uuid::from_u128(1));
            assert!(locked.contains(&DeviceKind::Fingerprint) && locked.contains(&DeviceKind::Iris));
        }
        assert_eq!(Hygiene::from_kept(None), Hygiene::default());
    }

    #[test]
    fn every_device_of_policies_has_its_kind() {
        for id in crate::gate::parse::DEVICE_IDS {
            let furniture = ["chair", "keyboard"].contains(id);
            assert_eq!(device_of(id).is_none(), furniture, "{id}");
        }
    }
}
