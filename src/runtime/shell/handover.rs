//! The counter in the shell: runs the handover that is on screen, and the ledger of cards.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use devices::vocabulary::{Captured, DeviceKind, RequestId};
use record::schema::{RequirementKind, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Station;
use super::effects::window;
use crate::documents::short_code;
use crate::handover::Handover;
use crate::handover::event::{Command, Effect, Event};
use crate::handover::parts::HandoverContext;
use crate::runtime::device_host::{AnalysisJob, DeviceMessage, Order};
use crate::runtime::documents::{DocumentJob, ReceiptJob};
use crate::runtime::station::NewCardRow;
use crate::runtime::vault_cards::{CardsAnswer, CardsJob};
use crate::runtime::vault_jobs::VaultJob;
use crate::runtime::workers::Answer;
use crate::session::effect::ApprovalDraft;
use crate::session::event::{CaptureOutcome, Target};
use devices::vocabulary::DeviceFault;

impl Station {
    pub(super) fn is_handover(&self, id: Uuid) -> bool {
        self.handover.as_ref().is_some_and(|h| h.id == id)
    }

    /// Begins a handover, in place of one that is over or not begun.
    pub(super) fn open_handover(&mut self) {
        let taken = self.active.is_some() || self.taking_up.is_some() || self.handover_saves();
        if taken || !self.may_record() {
            return;
        }
        self.close_handover();
        let Some(operator) = self.signed_in.as_ref().map(|s| s.line.id) else { return };
        let ctx = HandoverContext {
            environment: self.environment,
            station: self.station.clone(),
            operator,
            utc_offset_s: self.utc_offset_s,
            card_from_age: self.policy.ages.card_from,
        };
        let now = self.clock.now();
        let (handover, effects) = Handover::new(Uuid::now_v7(), Arc::new(ctx), now);
        let id = handover.id;
        self.handover = Some(handover);
        for effect in effects {
            self.run_handover(id, effect, now);
        }
        self.tell_handover_hygiene();
        self.ask_ledger();
    }

    /// True until the vault has said whether the card left the counter.
    pub(super) fn handover_saves(&self) -> bool {
        self.handover.as_ref().is_some_and(|h| h.unanswered.is_some())
    }

    /// Leaves the counter: what was not written is forgotten; the card counts as not handed over.
    pub(super) fn close_handover(&mut self) {
        let Some(id) = self.handover.as_ref().map(|h| h.id) else { return };
        let pending = self.handover.as_ref().and_then(|h| h.pending.as_ref()).map(|p| p.id);
        if let Some(request) = pending {
            self.devices.give(DeviceMessage::Cancel(id, request)).ok();
        }
        if self.handover.as_ref().is_some_and(|h| h.person.is_some() && h.saved.is_none()) {
            let now = self.clock.now();
            self.give_vault(VaultJob::Audit {
                session: id,
                event: "handover-left",
                details: Vec::new(),
                now,
            });
        }
        self.handover = None;
        self.document = None;
        self.refresh_page();
    }

    pub(super) fn feed_handover(&mut self, event: Event) {
        let now = self.clock.now();
        let Some(handover) = &mut self.handover else { return };
        let effects = handover.update(event, now);
        let id = handover.id;
        for effect in effects {
            self.run_handover(id, effect, now);
        }
    }

    /// Tells the handover which devices are locked for it.
    pub(super) fn tell_handover_hygiene(&mut self) {
        let Some(id) = self.handover.as_ref().map(|h| h.id) else { return };
        let locked = self.hygiene.locked_for(&self.policy, id);
        self.feed_handover(Event::Hygiene(locked));
    }

    pub(super) fn handover_command(&mut self, command: Command) {
        if self.signed_in.is_some() {
            self.feed_handover(Event::Command(command));
        }
    }

    pub(super) fn enter_cards(&mut self, row: NewCardRow) {
        if self.may_record() {
            self.cards_entered = None;
            self.give_cards(CardsJob::Enter(Box::new(row)));
        }
    }

    fn ask_ledger(&mut self) {
        self.give_cards(CardsJob::Ledger);
    }

    fn give_cards(&mut self, job: CardsJob) {
        let handover = self.handover.as_ref().map_or(Uuid::nil(), |h| h.id);
        let now = self.clock.now();
        self.give_vault(VaultJob::Cards { handover, job, now });
    }

    fn run_handover(&mut self, handover: Uuid, effect: Effect, now: DateTime<Utc>) {
        match effect {
            Effect::List => self.give_cards(CardsJob::List),
            Effect::Open(id) => self.give_cards(CardsJob::Open(id)),
            Effect::Check { id, record, number, value } => {
                self.give_cards(CardsJob::Check { id, record, number, value: Zeroizing::new(value) });
            }
            Effect::Capture { id, target, task, gallery, timeout_ms } => {
                self.device_used(task.kind(), handover);
                let order =
                    Order { session: handover, id, target, task, gallery, background: None, timeout_ms };
                if self.devices.give(DeviceMessage::Capture(Box::new(order))).is_err() {
                    self.handover_capture_failed(handover, id);
                }
            }
            Effect::AnalyseStrokes { id, strokes } => {
                self.device_used(DeviceKind::SignaturePad, handover);
                let job = AnalysisJob {
                    session: handover,
                    id,
                    target: Target::StatementSignature,
                    gallery: Vec::new(),
                    device: window(),
                    work: Captured::Signature(strokes).into(),
                    at: now,
                };
                if self.analysis.give(job).is_err() {
                    self.handover_capture_failed(handover, id);
                }
            }
            Effect::Cancel(id) => {
                // A host that is gone has failed the capture already.
                self.devices.give(DeviceMessage::Cancel(handover, id)).ok();
            }
            Effect::Ask { what: _, reason, nik, evidence } => {
                let (kind, step) = (RequirementKind::SupervisorApproval, StepId::Verification);
                let draft = ApprovalDraft { kind, step, reason, evidence: vec![evidence], nik };
                self.give_vault(VaultJob::Ask { session: handover, draft, now });
            }
            Effect::Tried { record, failed } => self.give_cards(CardsJob::Tried { record, failed }),
            Effect::Save(report) => self.give_cards(CardsJob::Save(report)),
            Effect::Receipt => self.make_receipt(handover, now),
            Effect::Audit { event, details } => {
                self.give_vault(VaultJob::Audit { session: handover, event, details, now });
            }
        }
    }

    fn handover_capture_failed(&mut self, session: Uuid, id: RequestId) {
        let outcome = CaptureOutcome::Fault(DeviceFault::Busy);
        self.stash.push_back(Answer::Captured { session, id, outcome });
    }

    fn make_receipt(&mut self, handover: Uuid, now: DateTime<Utc>) {
        let officer = self.signed_in.as_ref().map(|s| s.line.name.clone()).unwrap_or_default();
        let Some(h) = self.handover.as_ref() else { return };
        let (Some(person), Some(saved)) = (&h.person, &h.saved) else { return };
        let job = ReceiptJob {
            handover,
            environment: self.environment,
            station: self.station.clone(),
            utc_offset_s: self.utc_offset_s,
            code: short_code(person.id),
            name: person.name.clone(),
            nik: h.known_nik().unwrap_or_default().to_owned(),
            receiver: h.receiver.clone(),
            finger: h.matched.as_ref().map(|m| m.position),
            signed: h.signature.is_some(),
            at: saved.at,
            officer,
            now,
        };
        if let Err(code) = self.give_document(handover, DocumentJob::Receipt(Box::new(job))) {
            self.feed_handover(Event::Receipt(Err(code.to_owned())));
        }
    }

    pub(super) fn take_cards(&mut self, handover: Uuid, answer: CardsAnswer) {
        let event = match answer {
            CardsAnswer::Ledger { ledger, entered } => {
                if let Some(ledger) = ledger {
                    self.ledger = Some(*ledger);
                }
                self.cards_entered = entered.or(self.cards_entered.take());
                return;
            }
            CardsAnswer::Listed(result) => Event::Listed(result),
            CardsAnswer::Opened(id, result) => Event::Opened(id, result),
            CardsAnswer::Checked(id, number, fits) => Event::Checked(id, number, fits),
            CardsAnswer::Saved(result) => Event::Saved(result),
            CardsAnswer::Tried => return,
        };
        let saved = matches!(event, Event::Saved(Ok(_)));
        // Each person is another handover, with devices of its own to be disinfected.
        let opened = matches!(event, Event::Opened(..));
        if self.is_handover(handover) {
            self.feed_handover(event);
        }
        if opened {
            self.tell_handover_hygiene();
        }
        if saved {
            self.refresh_page();
            self.ask_ledger();
        }
    }
}
