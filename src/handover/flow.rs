//! How one event moves a handover.

use chrono::{DateTime, Duration, Utc};
use devices::vocabulary::{CaptureTask, DeviceKind, RequestId, Retry};
use record::grant::{Grant, GrantRequest};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::event::{Command, Effect, Effects, Field, Number, Report};
use super::parts::{Approval, Exempt, Leaving, Matched, Page, Person, Proof, ReceiverKind};
use super::{ANSWER_S, Checked, Handover, MAX_FIELD, TRIES};
use crate::population::kk::NoKk;
use crate::population::nik::Nik;
use crate::session::core::Pending;
use crate::session::event::Target;
use crate::session::sample::{CardJudgement, CardSample, FingerSample, Samples};
use crate::session::timeout_ms;

/// Lowest score of a signature that is more than dots; a receipt needs no better one.
const SIGNATURE_MIN: u8 = 20;

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_FIELD).collect()
}

impl Handover {
    pub(super) fn on_command(&mut self, command: Command, now: DateTime<Utc>, fx: &mut Effects) {
        match command {
            Command::CancelCapture => {
                if let Some(p) = self.pending.as_mut() {
                    p.cancelling = true;
                    fx.push(Effect::Cancel(p.id));
                }
            }
            Command::DismissFault => self.fault = None,
            // While a device or the vault is at work nothing else moves.
            _ if self.busy() => {}
            Command::Leave(leaving) if self.may_leave(leaving) => self.leave(leaving, now, fx),
            // Nobody knows yet whether the card has left: only the same may be ordered again.
            _ if self.unanswered.is_some() => {}
            Command::Query(text) => self.query = clean(&text),
            Command::Refresh if self.page == Page::Pick => {
                (self.list, self.list_failed) = (None, None);
                fx.push(Effect::List);
            }
            Command::Pick(id) => self.pick(id, now, fx),
            Command::Capture(target) => self.ask_device(target, now, fx),
            Command::Drawn(strokes) if self.can_capture(Target::StatementSignature) => {
                let id = self.begin(Target::StatementSignature, DeviceKind::SignaturePad, now);
                fx.push(Effect::AnalyseStrokes { id, strokes });
            }
            Command::Next if self.blockers().is_empty() => self.turn(1),
            Command::Back => self.back(fx),
            Command::ReceiptAgain if matches!(self.receipt, Some(Err(_))) => {
                self.receipt = None;
                fx.push(Effect::Receipt);
            }
            other => self.fill(other, now, fx),
        }
    }

    /// Commands that fill in the page on screen.
    fn fill(&mut self, command: Command, now: DateTime<Utc>, fx: &mut Effects) {
        match (self.page, command) {
            (Page::Card, Command::Nik(text)) => {
                let text: String = text.chars().filter(char::is_ascii_digit).take(16).collect();
                if text != self.nik.text {
                    let valid = Nik::parse(&text).is_ok();
                    self.nik = Checked { text, ..Checked::default() };
                    // Grants are bound to the NIK that they were asked for.
                    self.approvals.clear();
                    self.check(Number::Nik, valid, now, fx);
                }
            }
            (Page::Card, Command::Judge(judgement)) => self.judge(judgement, fx),
            (Page::Card, Command::Married(on)) if self.married != on && self.waits_until().is_some() => {
                self.married = on;
                self.marriage.clear();
                self.approvals.remove(&Exempt::Age);
                if on {
                    self.note_exempt(Exempt::Age, fx);
                }
            }
            (Page::Card, Command::MarriageDocument(text)) if self.married => {
                let text = clean(&text);
                if text != self.marriage {
                    self.marriage = text;
                    self.approvals.remove(&Exempt::Age);
                }
            }
            (Page::Receiver, Command::Receiver(kind)) if self.receiver.kind != Some(kind) => {
                self.receiver.kind = Some(kind);
                // Nobody's finger but the person's own says anything, and a signature is its writer's.
                (self.matched, self.finger_exempt) = (None, false);
                self.receiver_changed();
            }
            (Page::Receiver, Command::Field(field, text)) => self.field(field, &text, now, fx),
            (Page::Finger, Command::ExemptFinger(on)) if !on || self.may_exempt_finger() => {
                self.finger_exempt = on;
                self.retry = None;
                if on {
                    self.note_exempt(Exempt::Finger, fx);
                }
            }
            (Page::Sign, Command::CannotSign(on)) => {
                self.cannot_sign = on;
                if on {
                    self.signature = None;
                    self.note_exempt(Exempt::Signature, fx);
                }
            }
            _ => {}
        }
    }

    fn note_exempt(&self, what: Exempt, fx: &mut Effects) {
        let details = vec![("what", what.id().to_owned())];
        fx.push(Effect::Audit { event: "handover-exempt", details });
    }

    fn pick(&mut self, id: Uuid, now: DateTime<Utc>, fx: &mut Effects) {
        let listed = self.list.as_ref().is_some_and(|list| list.iter().any(|c| c.id == id));
        if self.page == Page::Pick && listed {
            self.list_failed = None;
            self.opening = Some((id, now + Duration::seconds(ANSWER_S)));
            fx.push(Effect::Open(id));
        }
    }

    pub(super) fn on_opened(&mut self, id: Uuid, result: Result<Box<Person>, String>, fx: &mut Effects) {
        if self.opening.take_if(|(asked, _)| *asked == id).is_none() {
            return;
        }
        match result {
            Ok(person) => {
                self.forget_person();
                (self.id, self.failed) = (person.handover, person.failed.min(TRIES));
                fx.push(Effect::Audit {
                    event: "handover-begun",
                    details: vec![("record", person.id.to_string())],
                });
                self.person = Some(*person);
                self.page = Page::Card;
            }
            Err(code) => self.list_failed = Some(code),
        }
    }

    fn turn(&mut self, by: isize) {
        let here = Page::ALL.iter().position(|p| *p == self.page).unwrap_or(0);
        if let Some(page) = here.checked_add_signed(by).and_then(|n| Page::ALL.get(n))
            && *page != Page::Done
        {
            self.page = *page;
            (self.retry, self.fault) = (None, None);
        }
    }

    fn back(&mut self, fx: &mut Effects) {
        match self.page {
            Page::Pick | Page::Done => {}
            Page::Card => {
                if let Some(person) = &self.person {
                    fx.push(Effect::Audit {
                        event: "handover-left",
                        details: vec![("record", person.id.to_string())],
                    });
                }
                self.forget_person();
            }
            _ => self.turn(-1),
        }
    }

    /// Somebody else perhaps: what was signed and decided for the one before does not stand.
    fn receiver_changed(&mut self) {
        (self.signature, self.cannot_sign) = (None, false);
        self.approvals.remove(&Exempt::Finger);
        self.approvals.remove(&Exempt::Signature);
    }

    fn field(&mut self, field: Field, text: &str, now: DateTime<Utc>, fx: &mut Effects) {
        let before = (self.receiver.clone(), self.kk.text.clone());
        match field {
            Field::Name => self.receiver.name = clean(text).to_uppercase(),
            Field::Relation => self.receiver.relation = clean(text).to_uppercase(),
            Field::Document => self.receiver.document = clean(text),
            Field::Kk => {
                let text: String = text.chars().filter(char::is_ascii_digit).take(16).collect();
                if text != self.kk.text {
                    let valid = NoKk::parse(&text).is_ok();
                    self.kk = Checked { text, ..Checked::default() };
                    self.check(Number::Kk, valid, now, fx);
                }
            }
        }
        if before != (self.receiver.clone(), self.kk.text.clone()) {
            self.receiver_changed();
        }
    }

    fn check(&mut self, number: Number, valid: bool, now: DateTime<Utc>, fx: &mut Effects) {
        let Some(record) = self.person.as_ref().map(|p| p.id).filter(|_| valid) else { return };
        let id = self.next_request();
        let asked = Some((id, now + Duration::seconds(ANSWER_S)));
        let value = match number {
            Number::Nik => {
                self.nik.asked = asked;
                self.nik.text.clone()
            }
            Number::Kk => {
                self.kk.asked = asked;
                self.kk.text.clone()
            }
            Number::Card => {
                self.card_asked = Some(id);
                self.card.as_ref().map(|c| hex::encode(&c.uid)).unwrap_or_default()
            }
        };
        fx.push(Effect::Check { id, record, number, value });
    }

    /// True when this capture can be asked for now.
    #[must_use]
    pub fn can_capture(&self, target: Target) -> bool {
        !self.busy()
            && self.unanswered.is_none()
            && self.targets().contains(&target)
            && self.locks(target).is_none()
    }

    fn begin(&mut self, target: Target, kind: DeviceKind, now: DateTime<Utc>) -> RequestId {
        let id = self.next_request();
        self.pending = Some(Pending::begin(id, target, kind, timeout_ms(kind), now));
        (self.retry, self.fault) = (None, None);
        id
    }

    fn ask_device(&mut self, target: Target, now: DateTime<Utc>, fx: &mut Effects) {
        if !self.can_capture(target) {
            return;
        }
        let (task, gallery) = match target {
            Target::Card => (CaptureTask::Card { photo: true }, Vec::new()),
            Target::Verify(position) => {
                let fingers = self.person.as_ref().map(|p| p.fingers.clone()).unwrap_or_default();
                (CaptureTask::Finger { position, again: true }, fingers)
            }
            Target::StatementSignature => (CaptureTask::Signature, Vec::new()),
            _ => return,
        };
        let kind = task.kind();
        let id = self.begin(target, kind, now);
        fx.push(Effect::Capture { id, target, task, gallery, timeout_ms: timeout_ms(kind) });
    }

    /// Routes what a capture brought.
    pub(super) fn take(&mut self, target: Target, samples: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        match (target, samples) {
            (Target::Card, Samples::Card(card)) => self.card_read(*card, now, fx),
            (Target::Verify(_), Samples::Fingers(list)) => match list.into_iter().next() {
                Some(finger) => self.finger(target, &finger, fx),
                None => self.retry = Some((target, Retry::TooFewFingers.id().to_owned())),
            },
            (Target::StatementSignature, Samples::Signature(sample)) => {
                if sample.quality.score.is_some_and(|s| s >= SIGNATURE_MIN) {
                    (self.signature, self.cannot_sign) = (Some(*sample), false);
                } else {
                    let reason =
                        sample.quality.reasons.first().map_or(Retry::EmptySignature.id(), |r| r.id());
                    self.retry = Some((target, reason.to_owned()));
                }
            }
            _ => {}
        }
    }

    fn card_read(&mut self, card: CardSample, now: DateTime<Utc>, fx: &mut Effects) {
        fx.push(Effect::Audit {
            event: "card-read",
            details: vec![
                ("ktp", card.is_ktp.to_string()),
                ("photo", card.photo.is_some().to_string()),
                ("uid", card.uid_hmac.clone()),
            ],
        });
        (self.card, self.card_known, self.face) = (None, None, None);
        // Every approval is bound to the card that was read.
        self.approvals.clear();
        if !card.is_ktp {
            self.retry = Some((Target::Card, Retry::NotKtp.id().to_owned()));
            return;
        }
        self.face = card.photo.is_none().then_some(CardJudgement::Unreadable);
        self.card = Some(card);
        self.check(Number::Card, true, now, fx);
    }

    fn judge(&mut self, judgement: CardJudgement, fx: &mut Effects) {
        let Some(card) = &self.card else { return };
        if self.face == Some(judgement) || (card.photo.is_none() && judgement != CardJudgement::Unreadable) {
            return;
        }
        self.face = Some(judgement);
        fx.push(Effect::Audit {
            event: "handover-face",
            details: vec![("judgement", judgement.id().to_owned())],
        });
    }

    fn finger(&mut self, target: Target, finger: &FingerSample, fx: &mut Effects) {
        // Either chip finger shows that it is the person: which of the two lay on the glass does not matter.
        let best = finger.best_match();
        let score = finger.matches.iter().map(|m| m.score).max().unwrap_or(0);
        fx.push(Effect::Audit {
            event: "handover-finger",
            details: vec![
                ("target", target.id()),
                ("match", best.is_some().to_string()),
                ("score", score.to_string()),
                ("try", (self.failed + 1).to_string()),
            ],
        });
        match best {
            Some(found) => {
                self.matched = Some(Matched {
                    position: found.position,
                    score: found.score,
                    threshold: finger.threshold,
                    matcher: finger.matcher.clone(),
                });
                self.finger_exempt = false;
                self.approvals.remove(&Exempt::Finger);
            }
            None => {
                self.failed = (self.failed + 1).min(TRIES);
                self.retry = Some((target, "no-match".to_owned()));
                if let Some(record) = self.person.as_ref().map(|p| p.id) {
                    fx.push(Effect::Tried { record, failed: self.failed });
                }
            }
        }
    }

    /// Approvals that are needed and not asked for yet.
    pub(super) fn ask_approvals(&mut self, now: DateTime<Utc>, fx: &mut Effects) {
        if self.page == Page::Done || self.unanswered.is_some() {
            return;
        }
        let needed = self.exempted();
        self.approvals.retain(|what, _| needed.contains(what));
        let Some(nik) = self.known_nik().map(ToOwned::to_owned) else { return };
        for what in needed {
            // While the document or the receiver is being typed there is nothing to decide about.
            let known = match what {
                Exempt::Face => true,
                Exempt::Age => self.page != Page::Card,
                Exempt::Finger | Exempt::Signature => matches!(self.page, Page::Finger | Page::Sign),
            };
            if !known {
                continue;
            }
            let evidence = self.evidence(what);
            let approval = self.approvals.entry(what).or_insert_with(|| Approval::new(what));
            if approval.met.is_none() && approval.request.as_ref().is_some_and(|r| r.expires <= now) {
                approval.request = None;
            }
            let due = approval.again.is_none_or(|again| now >= again);
            if approval.met.is_none() && approval.request.is_none() && !approval.asking && due {
                (approval.asking, approval.again) = (true, None);
                fx.push(Effect::Ask { what, reason: approval.reason(), nik: nik.clone(), evidence });
            }
        }
    }

    /// What a supervisor decides about, as SHA-256 in hex: the card; for the age the document of marriage, for finger and
    /// signature who receives it. Each fact with its length before it; all of them stand in the proof.
    pub(super) fn evidence(&self, what: Exempt) -> String {
        let card = self.card.as_ref().map_or("", |c| c.uid_hmac.as_str());
        let mut facts = vec![what.id(), card];
        match what {
            Exempt::Age => facts.push(&self.marriage),
            Exempt::Face => {}
            Exempt::Finger | Exempt::Signature => {
                let r = &self.receiver;
                facts.extend([r.kind.map_or("", ReceiverKind::id), &r.name, &r.relation, &r.document]);
            }
        }
        let mut hash = Sha256::new();
        for fact in facts {
            hash.update((fact.len() as u64).to_be_bytes());
            hash.update(fact);
        }
        hex::encode(hash.finalize())
    }

    pub(super) fn on_asked(&mut self, request: GrantRequest) {
        let found = self.approvals.values().find(|a| a.asking && a.reason() == request.reason);
        let Some(what) = found.map(|a| a.what) else { return };
        // One that was asked for before something changed says nothing about what is there now.
        if request.session != self.id || request.evidence != [self.evidence(what)] {
            return;
        }
        if let Some(approval) = self.approvals.get_mut(&what) {
            (approval.asking, approval.request) = (false, Some(request));
        }
    }

    pub(super) fn on_decided(&mut self, grant: Grant, now: DateTime<Utc>, fx: &mut Effects) {
        let Some(nik) = self.known_nik().map(ToOwned::to_owned) else { return };
        let operator = self.ctx.operator;
        let open = |a: &&mut Approval| a.met.is_none() && a.request.as_ref() == Some(&grant.request);
        let Some(approval) = self.approvals.values_mut().find(open) else { return };
        // The signature is checked here, not believed: a grant is evidence.
        if grant.verify(now, operator).is_err() || !grant.request.binds(&nik) {
            fx.push(Effect::Audit { event: "grant-refused", details: vec![("reason", "invalid".into())] });
            return;
        }
        let event = if grant.approved { "approval-given" } else { "approval-denied" };
        fx.push(Effect::Audit {
            event,
            details: vec![("supervisor", grant.supervisor.to_string()), ("reason", approval.reason())],
        });
        if grant.approved {
            (approval.met, approval.denied) = (Some(grant), false);
        } else {
            (approval.request, approval.denied) = (None, true);
        }
    }

    /// True when the finger may be left to a supervisor.
    #[must_use]
    pub fn may_exempt_finger(&self) -> bool {
        self.matched.is_none()
            && (self.reader_failed
                || self.failed >= TRIES
                || self.receiver.kind.is_some_and(|k| k != ReceiverKind::Own)
                || self.person.as_ref().is_some_and(|p| p.fingers.is_empty()))
    }

    fn leave(&mut self, leaving: Leaving, now: DateTime<Utc>, fx: &mut Effects) {
        let Some(record) = self.person.as_ref().map(|p| p.id) else { return };
        let proof = self.proof(leaving, now);
        let orders = self.unanswered.map_or(0, |(_, orders)| orders);
        (self.saving, self.save_failed) = (Some((now, leaving)), None);
        self.unanswered = Some((leaving, orders.saturating_add(1)));
        fx.push(Effect::Save(Box::new(Report { id: self.id, record, leaving, proof })));
    }

    fn proof(&self, leaving: Leaving, now: DateTime<Utc>) -> Proof {
        let issue = leaving == Leaving::Issue;
        let married = issue && self.exempted().contains(&Exempt::Age);
        Proof {
            form: "rekam-handover/1".to_owned(),
            outcome: leaving.id().to_owned(),
            reason: leaving.reason().map(ToOwned::to_owned),
            begun: self.begun,
            at: now,
            station: self.ctx.station.clone(),
            operator: self.ctx.operator,
            nik_fits: self.nik.fits,
            card: self.card.clone(),
            face: self.face,
            marriage: married.then(|| self.marriage.clone()),
            // Who was there to collect a card that is not handed over is nobody's business.
            receiver: if issue { self.receiver.clone() } else { Default::default() },
            kk_fits: self.kk.fits.filter(|_| self.receiver.kind == Some(ReceiverKind::Family)),
            matched: self.matched.clone(),
            failed_tries: self.failed,
            signature: self.signature.clone().filter(|_| issue),
            grants: self.approvals.values().filter_map(|a| a.met.clone()).collect(),
        }
    }
}
