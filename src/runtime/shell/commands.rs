//! What the operator does outside a session, and how sessions are put aside and taken up.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use devices::vocabulary::{DeviceId, DeviceKind};
use record::schema::{Outcome, Role, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Station;
use super::locking;
use super::open::choose;
use crate::gate::facts::PersonFacts;
use crate::runtime::audit_words::discard_reason;
use crate::runtime::device_host::DeviceMessage;
use crate::runtime::error;
use crate::runtime::guidance::Watching;
use crate::runtime::station::DeskCommand;
use crate::runtime::vault_jobs::{Decision, VaultJob};
use crate::runtime::workers::{error_notice, vault_notice};
use crate::session::Session;
use crate::session::event::{Command, Event};
use crate::steps::exceptions::decided_with;
use crate::steps::photo;
use crate::vault::VaultError;

impl Station {
    pub(super) fn command(&mut self, command: DeskCommand) {
        if self.lock.is_some() && !locking::allowed(&command) {
            return;
        }
        // The window starts and stops the live picture by itself.
        if !matches!(command, DeskCommand::Preview(_)) {
            self.touched = self.clock.now();
        }
        // A record that is being sealed and a card that is being noted are not left alone: what would put them aside
        // waits for the end.
        let leaves = matches!(
            command,
            DeskCommand::SignOut | DeskCommand::NewSession | DeskCommand::TakeUp(_) | DeskCommand::Leave
        );
        if leaves && self.is_writing() {
            self.deferred = Some(command);
            return;
        }
        // A document that is being made has to reach the vault before that is locked.
        if matches!(command, DeskCommand::SignOut) && self.makes_document() {
            self.deferred = Some(command);
            return;
        }
        match command {
            DeskCommand::SignIn(officer, passphrase) => self.sign_in(officer, passphrase),
            DeskCommand::SignOut => self.sign_out(),
            DeskCommand::Activity => {}
            DeskCommand::Lock => {
                let now = self.clock.now();
                self.lock(now, "command", now);
            }
            DeskCommand::Unlock(passphrase) => self.unlock_by_passphrase(passphrase),
            DeskCommand::UnlockByPin(pin) => self.unlock_by_pin(pin),
            DeskCommand::UnlockByFinger => self.unlock_by_finger(),
            DeskCommand::StopFinger => self.stop_finger(),
            DeskCommand::NewSession => self.new_session(),
            DeskCommand::TakeUp(id) => self.take_up(id),
            DeskCommand::Leave => {
                if self.active.as_ref().is_some_and(|s| !s.core.running()) {
                    self.set_aside();
                }
            }
            DeskCommand::Session(command) => {
                if let Some(id) = self.active_id() {
                    self.feed(id, Event::Command(command));
                }
            }
            DeskCommand::Decide { nonce, officer, passphrase, approve, note } => {
                self.decide(nonce, officer, passphrase, approve, note);
            }
            DeskCommand::OpenHandover => self.open_handover(),
            DeskCommand::CloseHandover => {
                if !self.handover_saves() {
                    self.close_handover();
                }
            }
            DeskCommand::Handover(command) => self.handover_command(command),
            DeskCommand::EnterCards(row) => self.enter_cards(row),
            DeskCommand::Discard(id, reason) => self.discard(id, &reason),
            DeskCommand::RestartDevice(kind) => self.tell_devices(DeviceMessage::Restart(kind)),
            DeskCommand::Disinfected(kind) => {
                self.confirm_disinfected(kind);
                self.tell_handover_hygiene();
            }
            DeskCommand::UseDevice(kind, id) => self.use_device(kind, id),
            DeskCommand::Preview(on) => {
                let background = self.active.as_ref().and_then(photo::required);
                // The live picture beside a card is for the officer's eye only.
                let guided = on && self.active.as_ref().is_some_and(|s| s.core.current == StepId::Photo);
                self.guidance.board().watch(guided.then_some(Watching { background }));
                self.tell_devices(DeviceMessage::Preview(on));
            }
            DeskCommand::QueuePage(page) => {
                self.page = page;
                self.refresh_page();
            }
            DeskCommand::Reprint(id) => self.reprint(id),
            DeskCommand::CameOut(id) => self.came_out(id),
            DeskCommand::DismissNotice(index) => {
                if index < self.notices.len() {
                    self.notices.remove(index);
                }
            }
        }
    }

    /// The vault writes something that must not be left before it answers.
    pub(super) fn is_writing(&self) -> bool {
        let sealing = self.active.as_ref().is_some_and(|s| s.data.seal.sealing.is_some());
        sealing || self.handover_saves()
    }

    pub(super) fn local_date(&self, now: DateTime<Utc>) -> NaiveDate {
        (now + Duration::seconds(i64::from(self.utc_offset_s))).date_naive()
    }

    pub(super) fn tell_devices(&mut self, message: DeviceMessage) {
        if let Err((why, _)) = self.devices.give(message) {
            self.notify(error_notice("runtime-worker-busy", why.code()));
        }
    }

    fn use_device(&mut self, kind: DeviceKind, id: DeviceId) {
        let line = self.lines.iter().find(|l| l.kind == kind);
        let Some(other) = line.and_then(|l| l.others.iter().find(|o| o.id == id)) else { return };
        let details = vec![("kind", kind.id().to_owned()), ("driver", other.driver.clone())];
        let now = self.clock.now();
        self.give_vault(VaultJob::AuditDesk { event: "device-changed", details, now });
        self.tell_devices(DeviceMessage::Use(kind, id));
    }

    fn sign_in(&mut self, officer: Uuid, passphrase: Zeroizing<String>) {
        if self.checking || self.signed_in.is_some() {
            return;
        }
        self.checking = true;
        let now = self.clock.now();
        self.give_vault(VaultJob::SignIn { officer, passphrase, now });
    }

    fn sign_out(&mut self) {
        if self.signed_in.is_none() {
            return;
        }
        let now = self.clock.now();
        let details = vec![("why", self.why_signed_out(now).to_owned())];
        self.give_vault(VaultJob::AuditDesk { event: "signed-out", details, now });
        self.stop_finger();
        self.lock = None;
        self.forget_applicants();
        self.signed_in = None;
        self.checking = false;
        self.give_vault(VaultJob::SignOut);
        self.end_upkeep();
        self.refresh_waiting();
    }

    /// True when the signed-in officer may record people.
    pub(super) fn may_record(&mut self) -> bool {
        match self.signed_in.as_ref().map(|s| s.line.role) {
            None => false,
            Some(Role::Auditor) => {
                self.notify(error_notice("runtime-not-for-role", error::NOT_FOR_ROLE));
                false
            }
            Some(_) => true,
        }
    }

    fn new_session(&mut self) {
        if !self.may_record() {
            return;
        }
        if self.retired {
            self.notify(vault_notice(&VaultError::Retired));
            return;
        }
        let now = self.clock.now();
        // Nobody is asked to come for a recording that cannot be sealed.
        if self.centre_until.is_none_or(|until| now >= until) {
            let why = "the list has ended".to_owned();
            self.notify(vault_notice(&VaultError::NoCentreList { why }));
            return;
        }
        if self.refuses_session(now) {
            return;
        }
        self.close_handover();
        self.set_aside();
        match choose(&self.policies, self.policy_id.as_deref(), self.local_date(now)) {
            Ok(policy) if policy != *self.policy => self.policy = policy.into(),
            Ok(_) => {}
            Err(e) => {
                self.notify(error_notice("runtime-no-policy", &e.code()));
                return;
            }
        }
        let Some(ctx) = self.context() else { return };
        let check = self.officer_check(ctx.operator, now);
        let session = Session::new(Uuid::now_v7(), ctx, check, now);
        let id = session.core.id;
        self.show(session);
        self.ended = None;
        self.give_vault(VaultJob::Audit { session: id, event: "session-begun", details: Vec::new(), now });
        self.try_seal(id, now);
    }

    /// The officer's check of this shift, while it is valid.
    fn officer_check(&self, officer: Uuid, now: DateTime<Utc>) -> Option<PersonFacts> {
        let check = self.officer_checks.get(&officer)?;
        let valid = Duration::hours(i64::from(self.policy.health.officer.check_valid_hours));
        let latest = check.readings.iter().map(|r| r.at).max()?;
        (now - latest <= valid).then(|| check.clone())
    }

    /// Puts a session on screen and tells it which devices are there.
    fn show(&mut self, session: Session) {
        let id = session.core.id;
        self.document = None;
        self.active = Some(session);
        let there: Vec<_> = self.lines.iter().filter_map(|l| l.info.clone()).collect();
        for info in there {
            self.feed(id, Event::DeviceArrived(info));
        }
        self.tell_hygiene(id);
        self.refresh_waiting();
    }

    /// Parks the running session; one that is over leaves the memory.
    pub(super) fn set_aside(&mut self) {
        let Some(id) = self.active_id() else { return };
        self.note_officer_check(id);
        self.stop_capture();
        if let Some(session) = &mut self.active {
            session.core.look_up = None;
        }
        self.feed(id, Event::Command(Command::Park));
        if let Some(session) = self.active.take()
            && matches!(session.core.outcome, Outcome::Parked | Outcome::Open)
        {
            self.parked.insert(id, session);
        }
        self.document = None;
        self.refresh_waiting();
    }

    fn take_up(&mut self, id: Uuid) {
        if !self.may_record() || self.active.as_ref().is_some_and(|s| s.core.id == id && s.core.running()) {
            return;
        }
        self.close_handover();
        let on_screen = self.active_id() == Some(id);
        if on_screen || self.parked.contains_key(&id) {
            self.set_aside();
            if let Some(session) = self.parked.remove(&id) {
                self.activate(session);
            }
        } else if let (true, Some(ctx)) = (self.drafts.iter().any(|d| d.id == id), self.context()) {
            self.taking_up = Some(id);
            self.give_vault(VaultJob::Load { session: id, ctx });
        } else {
            self.notify(error_notice("runtime-no-session", error::NO_SESSION));
        }
    }

    /// Goes on with a parked or interrupted session as the signed-in officer.
    pub(super) fn activate(&mut self, mut session: Session) {
        let Some(ctx) = self.context() else { return };
        hand_over(&mut session, ctx.operator, &ctx.operator_key);
        let id = session.core.id;
        self.show(session);
        self.feed(id, Event::TakenUp);
        self.refresh_waiting();
    }

    fn decide(
        &mut self,
        nonce: Uuid,
        officer: Uuid,
        passphrase: Zeroizing<String>,
        approve: bool,
        note: String,
    ) {
        if self.checking {
            return;
        }
        let found = self.active.as_ref().and_then(|s| {
            let requests: Vec<_> = decided_with(s, nonce).iter().filter_map(|r| r.request.clone()).collect();
            if requests.is_empty() { None } else { Some((s.core.id, requests, s.nik()?.to_owned())) }
        });
        let found = found.or_else(|| {
            let h = self.handover.as_ref()?;
            let asked = h.approvals.values().filter(|a| a.met.is_none()).filter_map(|a| a.request.as_ref());
            let request = asked.into_iter().find(|q| q.nonce == nonce)?;
            Some((h.id, vec![request.clone()], h.known_nik()?.to_owned()))
        });
        let Some((session, requests, nik)) = found else {
            self.notify(error_notice("runtime-request-gone", error::REQUEST_GONE));
            return;
        };
        self.checking = true;
        let now = self.clock.now();
        let nik = Zeroizing::new(nik);
        let decision = Decision { requests, nik, officer, passphrase, approve, note };
        self.give_vault(VaultJob::Decide { session, decision, now });
    }

    fn discard(&mut self, id: Uuid, reason: &str) {
        if self.signed_in.is_none() || self.active_id() == Some(id) {
            return;
        }
        self.parked.remove(&id);
        let now = self.clock.now();
        self.give_vault(VaultJob::Discard { session: id, reason: discard_reason(reason), now });
        self.refresh_waiting();
    }
}

/// An officer, perhaps another one, goes on with a session. Approvals are bound to the operator who asked for them:
/// those of another are asked for anew; captures and data stay.
fn hand_over(session: &mut Session, operator: Uuid, operator_key: &str) {
    if session.ctx.operator != operator {
        let mut ctx = (*session.ctx).clone();
        ctx.operator = operator;
        operator_key.clone_into(&mut ctx.operator_key);
        session.ctx = ctx.into();
    }
    session.core.grants.retain(|g| g.request.operator == operator);
    for r in session.core.requirements.iter_mut().filter(|r| r.needs_grant()) {
        if r.request.as_ref().is_some_and(|q| q.operator != operator) {
            (r.request, r.met, r.denied, r.asking) = (None, None, false, false);
        }
    }
}
