//! Handing a card over at the counter: [`Handover::update`] takes an event and the time and gives effects. Pure, in the
//! manner of `crate::session`: no clock, no I/O, no threads, no screen.
//!
//! Pages: pick the record → the card (NIK printed on it, UID, picture on the chip beside the recorded one) → who
//! receives it → one of the two chip fingers 1:1, at most four tries → signature → done. From the second page on the
//! card can go back through the hierarchy, or be spoiled. An owner who is not of age yet waits for the birthday. What cannot
//! be shown (no picture, no finger, no signature) needs a supervisor's grant, as does the card of somebody who is too
//! young and married. Nothing is handed over before the vault says that it is durable.

mod age;
pub mod event;
mod flow;
pub mod parts;
pub mod view;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use devices::vocabulary::{DeviceFault, DeviceKind, RequestId};
use uuid::Uuid;

use event::{Effect, Effects, Event, Number};
use parts::{
    Approval, Candidate, Exempt, HandoverContext, Leaving, Matched, Page, Person, Receiver, SavedCard,
};

use crate::session::core::{FaultNote, Pending};
use crate::session::event::{CaptureOutcome, Target};
use crate::session::sample::{CardJudgement, CardSample, SignatureSample};

/// Failed comparisons of fingers after which no more is made: the card goes back, or a supervisor decides.
pub const TRIES: u32 = 4;
/// Most effects that one event can cause.
pub const MAX_EFFECTS: usize = 16;
/// Most characters of any typed field.
pub const MAX_FIELD: usize = 120;
/// Fewest characters of a name or document.
pub const MIN_FIELD: usize = 3;
/// Seconds after which the vault's answer to a question is no longer waited for.
pub const ANSWER_S: i64 = 30;
/// Seconds after which nobody waits for the answer to a save any longer. Whether the card left is unknown until it comes.
pub const SAVE_S: i64 = 120;
/// Seconds after which an approval request that could not be made out is made out again.
pub const ASK_AGAIN_S: i64 = 10;

/// A number that is checked against the record.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// As typed.
    pub text: String,
    /// The question under way.
    pub asked: Option<(RequestId, DateTime<Utc>)>,
    /// It fits the record; `None` while that is not known.
    pub fits: Option<bool>,
    /// The vault did not answer, or the record does not know the number.
    pub unknown: bool,
}

impl std::fmt::Debug for Checked {
    // NIK and KK: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checked(fits {:?})", self.fits)
    }
}

/// One card on its way over the counter. Nothing of it is on disk before it is saved.
#[derive(Clone, PartialEq)]
pub struct Handover {
    /// Its id, another for each person that is picked; the ledger's row gets the same.
    pub id: Uuid,
    /// What does not change.
    pub ctx: Arc<HandoverContext>,
    /// When it was begun.
    pub begun: DateTime<Utc>,
    /// Latest time seen.
    pub last_seen: DateTime<Utc>,
    /// The page on screen.
    pub page: Page,
    /// Records whose card may be handed over; `None` while they are read.
    pub list: Option<Vec<Candidate>>,
    /// How many older records are not on the list.
    pub list_cut: usize,
    /// Why they could not be read.
    pub list_failed: Option<String>,
    /// What is searched for.
    pub query: String,
    /// The record being opened.
    pub opening: Option<(Uuid, DateTime<Utc>)>,
    /// The record that was picked.
    pub person: Option<Person>,
    /// NIK as printed on the card.
    pub nik: Checked,
    /// The card.
    pub card: Option<CardSample>,
    /// The card was handed over for another record before.
    pub card_known: Option<bool>,
    card_asked: Option<RequestId>,
    /// Picture on the chip against the recorded one.
    pub face: Option<CardJudgement>,
    /// The operator states that a document of the owner's marriage was shown.
    pub married: bool,
    /// That document.
    pub marriage: String,
    /// Who receives the card.
    pub receiver: Receiver,
    /// No. KK of a family member.
    pub kk: Checked,
    /// Failed comparisons of fingers, both together, also those of an earlier visit on the same day.
    pub failed: u32,
    /// The finger that matched.
    pub matched: Option<Matched>,
    /// The finger is left to a supervisor.
    pub finger_exempt: bool,
    /// The reader failed while a finger was asked for.
    pub reader_failed: bool,
    /// The receiver's signature.
    pub signature: Option<SignatureSample>,
    /// The receiver cannot sign: left to a supervisor.
    pub cannot_sign: bool,
    /// Approvals asked for.
    pub approvals: BTreeMap<Exempt, Approval>,
    /// The running device request.
    pub pending: Option<Pending>,
    /// Why the last capture must be made again: a stable reason.
    pub retry: Option<(Target, String)>,
    /// The last device fault.
    pub fault: Option<FaultNote>,
    /// Being written since, and what.
    pub saving: Option<(DateTime<Utc>, Leaving)>,
    /// What the vault was told to write and how often it was told without an answer yet: until the last one comes,
    /// nobody knows whether the card has left.
    pub unanswered: Option<(Leaving, u32)>,
    /// Why it could not be written.
    pub save_failed: Option<String>,
    /// What was written.
    pub saved: Option<SavedCard>,
    /// Where the receipt is, or the code why there is none.
    pub receipt: Option<Result<String, String>>,
    /// Devices that touched somebody else and were not disinfected since.
    pub locked: BTreeSet<DeviceKind>,
    last_request: u64,
}

impl std::fmt::Debug for Handover {
    // Names and numbers: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handover({}, {})", self.id, self.page.id())
    }
}

impl Handover {
    /// A handover at its beginning, and what it asks for first.
    #[must_use]
    pub fn new(id: Uuid, ctx: Arc<HandoverContext>, now: DateTime<Utc>) -> (Self, Effects) {
        let handover = Self {
            id,
            ctx,
            begun: now,
            last_seen: now,
            page: Page::Pick,
            list: None,
            list_cut: 0,
            list_failed: None,
            query: String::new(),
            opening: None,
            person: None,
            nik: Checked::default(),
            card: None,
            card_known: None,
            card_asked: None,
            face: None,
            married: false,
            marriage: String::new(),
            receiver: Receiver::default(),
            kk: Checked::default(),
            failed: 0,
            matched: None,
            finger_exempt: false,
            reader_failed: false,
            signature: None,
            cannot_sign: false,
            approvals: BTreeMap::new(),
            pending: None,
            retry: None,
            fault: None,
            saving: None,
            unanswered: None,
            save_failed: None,
            saved: None,
            receipt: None,
            locked: BTreeSet::new(),
            last_request: 0,
        };
        (handover, vec![Effect::List])
    }

    /// Takes one event and says what is to be done. Never fails, never blocks: an event that does not fit the state is
    /// ignored.
    pub fn update(&mut self, event: Event, now: DateTime<Utc>) -> Effects {
        let now = now.max(self.last_seen);
        self.last_seen = now;
        let mut fx = Effects::new();
        match event {
            Event::Command(command) => self.on_command(command, now, &mut fx),
            Event::Captured(id, outcome) => self.on_captured(id, outcome, now, &mut fx),
            Event::Tick => self.on_tick(now, &mut fx),
            Event::Listed(Ok((list, cut))) => {
                (self.list, self.list_cut, self.list_failed) = (Some(list), cut, None);
            }
            Event::Listed(Err(code)) => self.list_failed = Some(code),
            Event::Opened(id, result) => self.on_opened(id, result, &mut fx),
            Event::Checked(id, number, fits) => self.on_checked(id, number, fits, &mut fx),
            Event::Asked(request) => self.on_asked(request),
            Event::NotAsked(reason) => {
                let again = Some(now + chrono::Duration::seconds(ASK_AGAIN_S));
                for a in self.approvals.values_mut().filter(|a| a.asking && a.reason() == reason) {
                    (a.asking, a.again) = (false, again);
                }
            }
            Event::Hygiene(locked) => self.locked = locked,
            Event::Decided(grant) => self.on_decided(grant, now, &mut fx),
            Event::Saved(result) => self.on_saved(result, &mut fx),
            Event::Receipt(result) => self.receipt = Some(result),
        }
        self.ask_approvals(now, &mut fx);
        debug_assert!(fx.len() <= MAX_EFFECTS, "bounded effects");
        fx
    }

    /// True while a device or the vault is at work.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.pending.is_some() || self.saving.is_some() || self.opening.is_some()
    }

    /// NIK, once it is known to be the record's.
    #[must_use]
    pub fn known_nik(&self) -> Option<&str> {
        (self.nik.fits == Some(true)).then_some(self.nik.text.as_str())
    }

    /// What is left to a supervisor.
    #[must_use]
    pub fn exempted(&self) -> Vec<Exempt> {
        let mut out = Vec::new();
        if self.married && self.waits_until().is_some() {
            out.push(Exempt::Age);
        }
        if self.face == Some(CardJudgement::Unreadable) {
            out.push(Exempt::Face);
        }
        if self.finger_exempt && self.matched.is_none() {
            out.push(Exempt::Finger);
        }
        if self.cannot_sign && self.signature.is_none() {
            out.push(Exempt::Signature);
        }
        out
    }

    fn next_request(&mut self) -> RequestId {
        self.last_request += 1;
        RequestId(self.last_request)
    }

    fn on_captured(&mut self, id: RequestId, outcome: CaptureOutcome, now: DateTime<Utc>, fx: &mut Effects) {
        let Some(pending) = self.pending.take_if(|p| p.id == id) else { return };
        match outcome {
            CaptureOutcome::Samples(samples) => self.take(pending.target, samples, now, fx),
            CaptureOutcome::Retry(retry) => self.retry = Some((pending.target, retry.id().to_owned())),
            CaptureOutcome::Fault(fault) => self.faulty(pending, fault, fx),
            CaptureOutcome::Cancelled => {}
        }
    }

    fn faulty(&mut self, pending: Pending, fault: DeviceFault, fx: &mut Effects) {
        fx.push(Effect::Audit {
            event: "device-fault",
            details: vec![("target", pending.target.id()), ("code", fault.code().to_owned())],
        });
        self.reader_failed |= matches!(pending.target, Target::Verify(_));
        self.fault = Some(FaultNote { kind: pending.kind, target: pending.target, fault });
    }

    fn on_tick(&mut self, now: DateTime<Utc>, fx: &mut Effects) {
        // The runtime's watchdog answers first; this is the second net, so that nothing waits for ever.
        if let Some(p) = self.pending.take_if(|p| now >= p.gives_up) {
            fx.push(Effect::Cancel(p.id));
            let fault = DeviceFault::Hung { after_ms: p.timeout_ms };
            self.faulty(p, fault, fx);
        }
        if self.opening.take_if(|(_, until)| now >= *until).is_some() {
            self.list_failed = Some("open-timeout".into());
        }
        for number in [&mut self.nik, &mut self.kk] {
            if number.asked.take_if(|(_, until)| now >= *until).is_some() {
                number.unknown = true;
            }
        }
        if let Some((since, _)) = self.saving
            && now >= since + chrono::Duration::seconds(SAVE_S)
        {
            self.saving = None;
            self.save_failed = Some("save-timeout".into());
        }
    }

    fn on_checked(&mut self, id: RequestId, number: Number, fits: Option<bool>, fx: &mut Effects) {
        let checked = match number {
            Number::Nik => &mut self.nik,
            Number::Kk => &mut self.kk,
            Number::Card => {
                if self.card_asked.take_if(|asked| *asked == id).is_some() {
                    self.card_known = fits;
                }
                return;
            }
        };
        if checked.asked.take_if(|(asked, _)| *asked == id).is_none() {
            return;
        }
        (checked.fits, checked.unknown) = (fits, fits.is_none());
        if let Some(fits) = fits {
            fx.push(Effect::Audit {
                event: "handover-number",
                details: vec![("what", number.id().to_owned()), ("fits", fits.to_string())],
            });
        }
    }

    fn on_saved(&mut self, result: Result<SavedCard, String>, fx: &mut Effects) {
        let Some((leaving, orders)) = self.unanswered else { return };
        match result {
            Ok(saved) => {
                if saved.issued() {
                    fx.push(Effect::Receipt);
                }
                (self.saved, self.save_failed) = (Some(saved), None);
                (self.saving, self.unanswered) = (None, None);
                self.page = Page::Done;
            }
            // The same was ordered again meanwhile: that answer decides.
            Err(_) if orders > 1 => self.unanswered = Some((leaving, orders - 1)),
            Err(code) => (self.saving, self.unanswered, self.save_failed) = (None, None, Some(code)),
        }
    }

    /// Everything that was found out of one record, before another is picked.
    fn forget_person(&mut self) {
        let ctx = Arc::clone(&self.ctx);
        let (list, list_cut) = (self.list.take(), self.list_cut);
        let (query, locked) = (std::mem::take(&mut self.query), std::mem::take(&mut self.locked));
        let (last_request, last_seen) = (self.last_request, self.last_seen);
        let (fresh, _) = Self::new(self.id, ctx, last_seen);
        *self = Self { list, list_cut, query, locked, last_request, last_seen, ..fresh };
    }
}
