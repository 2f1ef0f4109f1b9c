//! What a screen may show and offer of a handover: derived from it alone, so that a test can do what an operator can.

use devices::vocabulary::DeviceKind;
use record::schema::Environment;

use super::event::Command;
use super::parts::{Candidate, Leaving, Page, ReceiverKind, ReturnReason, SpoilReason};
use super::{Handover, MIN_FIELD, TRIES};
use crate::population::kk::NoKk;
use crate::population::nik::Nik;
use crate::session::event::Target;
use crate::session::flow::target_kind;
use crate::session::sample::CardJudgement;

/// Most lines of the list that are shown at once.
pub const SHOWN: usize = 50;

/// The one primary action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Primary {
    /// Ask a device.
    Capture(Target),
    /// Confirm that a device was disinfected, which is the station's matter.
    Disinfect(DeviceKind),
    /// On to the next page; false while something is missing.
    Next(bool),
    /// Hand the card over; false while something is missing.
    Issue(bool),
    /// Order the same again: the vault has not answered.
    SaveAgain(Leaving),
    /// Stop the running capture.
    Cancel,
    /// The vault is at work.
    Wait,
    /// Another handover is begun, which is not this one's matter.
    Again,
    /// Nothing: the page's list is the action.
    Nothing,
}

impl Primary {
    /// What it sends, where it can be pressed.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        match self {
            Self::Capture(target) => Some(Command::Capture(*target)),
            Self::Next(true) => Some(Command::Next),
            Self::Issue(true) => Some(Command::Leave(Leaving::Issue)),
            Self::SaveAgain(leaving) => Some(Command::Leave(*leaving)),
            Self::Cancel => Some(Command::CancelCapture),
            Self::Next(false)
            | Self::Issue(false)
            | Self::Disinfect(_)
            | Self::Again
            | Self::Wait
            | Self::Nothing => None,
        }
    }
}

impl Handover {
    /// Lines of the list that fit what is searched for, newest first, and how many there are.
    #[must_use]
    pub fn found(&self) -> (Vec<&Candidate>, usize) {
        let query = self.query.trim().to_lowercase();
        let fits = |c: &&Candidate| {
            let digits = !query.is_empty() && query.bytes().all(|b| b.is_ascii_digit());
            if digits {
                // A whole NIK, or its end.
                let tail = query.get(query.len().saturating_sub(4)..).unwrap_or_default();
                return !c.nik_tail.is_empty() && c.nik_tail.ends_with(tail);
            }
            let name = c.name.to_lowercase();
            query.split_whitespace().all(|part| name.contains(part))
        };
        let all: Vec<&Candidate> = self.list.iter().flatten().filter(fits).collect();
        let count = all.len();
        (all.into_iter().take(SHOWN).collect(), count)
    }

    /// Captures that belong to the page, the one that comes next first.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        match self.page {
            Page::Card => vec![Target::Card],
            Page::Finger if self.receiver.kind == Some(ReceiverKind::Own) && self.failed < TRIES => {
                let matched = self.matched.is_some();
                let fingers = self.person.iter().flat_map(|p| p.fingers.iter()).filter(|_| !matched);
                fingers.map(|(f, _)| Target::Verify(*f)).collect()
            }
            Page::Sign if !self.cannot_sign => vec![Target::StatementSignature],
            _ => Vec::new(),
        }
    }

    /// The device of a capture, while it waits for disinfection.
    #[must_use]
    pub fn locks(&self, target: Target) -> Option<DeviceKind> {
        target_kind(target).filter(|kind| self.locked.contains(kind))
    }

    /// Ids of what is missing on the page (`handover-missing-<id>` in the catalogue).
    #[must_use]
    pub fn blockers(&self) -> Vec<&'static str> {
        self.missing_on(self.page)
    }

    fn missing_on(&self, page: Page) -> Vec<&'static str> {
        let mut out = Vec::new();
        let mut need = |fits: bool, id: &'static str| {
            if !fits {
                out.push(id);
            }
        };
        let long = |text: &str| text.trim().chars().count() >= MIN_FIELD;
        match page {
            Page::Pick => need(false, "pick"),
            Page::Card => {
                if self.waits_until().is_some() {
                    need(self.married, "age");
                    need(!self.married || long(&self.marriage), "marriage");
                }
                need(Nik::parse(&self.nik.text).is_ok(), "nik");
                need(self.nik.asked.is_none() && !self.nik.unknown, "nik-unchecked");
                need(self.nik.fits != Some(false), "nik-differs");
                need(self.card.is_some(), "card");
                if self.card.is_some() {
                    let known = self.card_known == Some(true);
                    need(!known || self.ctx.environment == Environment::Training, "card-known");
                    need(self.face.is_some(), "face");
                    need(self.face != Some(CardJudgement::Other), "face-other");
                }
            }
            Page::Receiver => {
                need(self.receiver.kind.is_some(), "receiver");
                if matches!(self.receiver.kind, Some(ReceiverKind::Family | ReceiverKind::Authorised)) {
                    need(long(&self.receiver.name), "name");
                    need(long(&self.receiver.document), "document");
                }
                if self.receiver.kind == Some(ReceiverKind::Family) {
                    need(long(&self.receiver.relation), "relation");
                    need(NoKk::parse(&self.kk.text).is_ok(), "kk");
                    need(self.kk.asked.is_none(), "kk-unchecked");
                    need(self.kk.fits != Some(false), "kk-differs");
                }
            }
            Page::Finger => need(self.matched.is_some() || self.finger_exempt, "finger"),
            Page::Sign => {
                need(self.signature.is_some() || self.cannot_sign, "signature");
                let open = self
                    .exempted()
                    .iter()
                    .any(|what| self.approvals.get(what).is_none_or(|a| a.met.is_none()));
                need(!open, "approval");
            }
            Page::Done => {}
        }
        out
    }

    /// The one primary action.
    #[must_use]
    pub fn primary(&self) -> Primary {
        if self.pending.is_some() {
            return Primary::Cancel;
        }
        if self.busy() {
            return Primary::Wait;
        }
        if let Some((leaving, _)) = self.unanswered {
            return Primary::SaveAgain(leaving);
        }
        let next = Primary::Next(self.blockers().is_empty());
        let capture = |t: Target| self.locks(t).map_or(Primary::Capture(t), Primary::Disinfect);
        match self.page {
            Page::Pick => Primary::Nothing,
            // Nothing of the card matters before the age does.
            Page::Card if !self.married && self.waits_until().is_some() => next,
            Page::Card if self.card.is_none() => capture(Target::Card),
            Page::Finger if !self.finger_exempt => self.targets().first().map_or(next, |t| capture(*t)),
            Page::Card | Page::Receiver | Page::Finger => next,
            Page::Sign if self.signature.is_none() && !self.cannot_sign => {
                capture(Target::StatementSignature)
            }
            Page::Sign => Primary::Issue(self.blockers().is_empty()),
            Page::Done => Primary::Again,
        }
    }

    /// Reasons for which the card may go back now.
    #[must_use]
    pub fn return_reasons(&self) -> Vec<ReturnReason> {
        let fits = |reason: &ReturnReason| match reason {
            ReturnReason::FingerNoMatch => self.failed >= TRIES && self.matched.is_none(),
            ReturnReason::OtherFace => self.face == Some(CardJudgement::Other),
            ReturnReason::WrongData | ReturnReason::DamagedChip => true,
        };
        ReturnReason::ALL.iter().copied().filter(fits).collect()
    }

    /// True when the card may leave the counter in this way now.
    #[must_use]
    pub fn may_leave(&self, leaving: Leaving) -> bool {
        if self.busy() || self.person.is_none() || self.page == Page::Done {
            return false;
        }
        if let Some((ordered, _)) = self.unanswered {
            return ordered == leaving;
        }
        match leaving {
            // Every page is looked at again: what was found on one may have changed since.
            Leaving::Issue => {
                self.page == Page::Sign
                    && [Page::Card, Page::Receiver, Page::Finger, Page::Sign]
                        .into_iter()
                        .all(|page| self.missing_on(page).is_empty())
            }
            Leaving::Return(reason) => self.return_reasons().contains(&reason),
            Leaving::Spoil(reason) => SpoilReason::ALL.contains(&reason),
        }
    }
}
