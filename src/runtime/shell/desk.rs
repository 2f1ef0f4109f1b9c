//! The station as a [`Desk`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use devices::traits::PreviewFrame;
use devices::vocabulary::DeviceKind;
use record::schema::Environment;
use uuid::Uuid;

use super::Station;
use crate::gate::policy::Policy;
use crate::handover::Handover;
use crate::runtime::error;
use crate::runtime::station::{
    Desk, DeskCommand, DeviceLine, Ended, Finding, Guidance, Ledger, LockView, Notice, OfficerLine,
    PrintProgress, QueueLine, Screen, UnprintedLine, WaitingLine,
};
use crate::runtime::workers::error_notice;
use crate::session::event::Event;
use crate::session::view::SessionView;

/// Answers taken in one go, so that a flood does not hold the window.
const ANSWERS_MAX: usize = 64;
/// Least time between two ticks.
const TICK_MS: i64 = 250;

impl Station {
    /// The session or handover whose document may be shown.
    fn on_paper(&self) -> Option<Uuid> {
        let shown = self.active_id().or(self.handover.as_ref().map(|h| h.id));
        shown.filter(|_| self.lock.is_none())
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        let due = self.last_tick.is_none_or(|last| {
            let since = now - last;
            since >= TimeDelta::milliseconds(TICK_MS) || since < TimeDelta::zero()
        });
        if !due {
            return;
        }
        self.last_tick = Some(now);
        let unkept = self.parked.iter().filter(|(_, s)| !s.core.unkept.is_empty()).map(|(id, _)| *id);
        let ids: Vec<Uuid> = self.active_id().into_iter().chain(unkept).collect();
        for id in ids {
            self.feed(id, Event::Tick);
        }
        self.tick_lock(now);
        self.tick_hygiene(now);
        self.tick_upkeep(now);
        self.feed_handover(crate::handover::event::Event::Tick);
    }

    /// A worker whose thread ended cannot be brought back: say so, once.
    fn check_workers(&mut self) {
        let gone = self.vault.is_gone()
            || self.searches.is_gone()
            || self.devices.is_gone()
            || self.analysis.is_gone()
            || self.documents.is_gone()
            || self.printing.is_gone()
            || self.power.is_gone();
        if gone && !self.told_gone {
            self.told_gone = true;
            self.notify(error_notice("runtime-worker-gone", error::WORKER_GONE));
        }
    }
}

impl Desk for Station {
    fn screen(&self) -> Screen {
        match (&self.signed_in, &self.active) {
            (None, _) => Screen::SignIn,
            (Some(_), _) if self.lock.is_some() => Screen::Locked,
            (Some(_), None) if self.handover.is_some() => Screen::Handover,
            (Some(_), None) => Screen::Start,
            (Some(_), Some(_)) => Screen::Session,
        }
    }
    fn environment(&self) -> Environment {
        self.environment
    }
    fn station_id(&self) -> &str {
        &self.station
    }
    fn policy(&self) -> &Policy {
        &self.policy
    }
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    fn utc_offset_s(&self) -> i32 {
        self.utc_offset_s
    }
    fn officers(&self) -> &[OfficerLine] {
        &self.officers
    }
    fn signed_in(&self) -> Option<&OfficerLine> {
        self.signed_in.as_ref().map(|s| &s.line)
    }
    fn checking_secret(&self) -> bool {
        self.checking
    }
    fn lock(&self) -> Option<LockView> {
        self.lock_view()
    }
    fn lock_due(&self) -> Option<DateTime<Utc>> {
        Self::lock_due(self)
    }
    fn queue_len(&self) -> usize {
        self.queue_len
    }
    fn queue(&self) -> &[QueueLine] {
        if self.lock.is_some() { &[] } else { &self.queue }
    }
    fn waiting(&self) -> &[WaitingLine] {
        if self.lock.is_some() { &[] } else { &self.waiting }
    }
    fn devices(&self) -> &[DeviceLine] {
        &self.lines
    }
    fn limits(&self) -> &[Finding] {
        self.upkeep.findings()
    }
    fn to_disinfect(&self) -> Vec<DeviceKind> {
        self.hygiene.waiting(&self.policy).map(|(kind, _)| kind).collect()
    }
    fn notices(&self) -> &[Notice] {
        &self.notices
    }
    fn session(&self) -> Option<SessionView<'_>> {
        let now = self.clock.now();
        let shown = self.signed_in.as_ref().filter(|_| self.lock.is_none()).and(self.active.as_ref());
        shown.map(|s| s.view(now))
    }
    fn preview(&self) -> Option<(u64, Arc<PreviewFrame>)> {
        if self.lock.is_some() { None } else { self.preview.newest() }
    }
    fn guidance(&self) -> Option<Arc<Guidance>> {
        self.guidance.board().newest()
    }
    fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref().filter(|_| self.lock.is_none())
    }
    fn handover(&self) -> Option<&Handover> {
        self.signed_in.as_ref().filter(|_| self.lock.is_none()).and(self.handover.as_ref())
    }
    fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }
    fn cards_entered(&self) -> Option<&Result<(), String>> {
        self.cards_entered.as_ref()
    }
    fn document(&self) -> Option<(&PathBuf, Arc<[u8]>)> {
        let active = self.on_paper();
        let shown = self.document.as_ref().filter(|(session, _)| Some(*session) == active);
        shown.map(|(_, document)| (&document.path, document.bytes.clone()))
    }
    fn print_of_document(&self) -> Option<(Uuid, &PrintProgress)> {
        let active = self.on_paper();
        let (_, document) = self.document.as_ref().filter(|(session, _)| Some(*session) == active)?;
        Some((document.id, self.progress.get(&document.id)?))
    }
    fn print_progress(&self, document: Uuid) -> Option<&PrintProgress> {
        self.progress.get(&document)
    }
    fn unprinted(&self) -> &[UnprintedLine] {
        if self.lock.is_some() { &[] } else { &self.unprinted }
    }
    fn is_kept(&self, document: Uuid) -> bool {
        !self.unkept.contains(&document)
    }
    fn printing(&self) -> bool {
        self.progress.values().any(|p| !p.is_over())
    }
    fn send(&mut self, command: DeskCommand) {
        self.command(command);
    }
    fn pump(&mut self) -> bool {
        self.vault.flush();
        self.devices.flush();
        self.analysis.flush();
        self.documents.flush();
        self.printing.flush();
        let mut changed = false;
        for _ in 0..ANSWERS_MAX {
            let Some(answer) = self.stash.pop_front().or_else(|| self.inbox.try_recv().ok()) else { break };
            self.take(answer);
            changed = true;
        }
        self.tick();
        self.check_workers();
        let waits = self.is_writing() || self.makes_document();
        if let Some(command) = self.deferred.take_if(|_| !waits) {
            self.command(command);
            changed = true;
        }
        self.drop_keys();
        changed
    }
    fn wait(&mut self, at_most: Duration) {
        if self.stash.is_empty()
            && let Ok(answer) = self.inbox.recv_timeout(at_most)
        {
            self.stash.push_back(answer);
        }
    }
}
