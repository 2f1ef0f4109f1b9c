//! Takes the workers' answers and turns them into events of the sessions they belong to.

use devices::vocabulary::DeviceKind;
use record::schema::Environment;
use uuid::Uuid;

use super::{Document, SignedIn, Station};
use crate::handover::event as handover;
use crate::runtime::error;
use crate::runtime::station::{
    Desk, DeviceLine, DeviceState, DocumentKind, Notice, NoticeLevel, OfficerLine, Screen,
};
use crate::runtime::vault_jobs::{PaperJob, SealedRecord, VaultAnswer, VaultJob};
use crate::runtime::workers::{Answer, Made, error_notice};
use crate::session::Session;
use crate::session::event::Event;

impl Station {
    pub(super) fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Vault(answer) => self.take_vault(answer),
            Answer::Captured { session, id, outcome } if self.is_handover(session) => {
                self.feed_handover(handover::Event::Captured(id, outcome));
            }
            Answer::Captured { session, id, outcome } => {
                if let Some(outcome) = self.lock_captured(session, id, outcome) {
                    self.feed(session, Event::Captured(id, outcome));
                }
            }
            Answer::FingersSearched { session, id, result } => {
                self.feed(session, Event::FingersSearched(id, result));
            }
            Answer::Devices(lines) => self.devices_told(lines),
            Answer::Power(power) => self.power_seen(power),
            Answer::Document { session, kind, name, made } => {
                self.documents_due.remove(&session);
                match kind {
                    DocumentKind::Receipt => self.receipt_made(session, name, made),
                    kind => self.document_made(session, kind, name, made),
                }
            }
            Answer::Arrived(info) => {
                if info.kind == DeviceKind::Fingerprint {
                    // Another reader perhaps: it may be able to.
                    self.platen_possible = true;
                }
                let faulty = self.handover.as_ref().and_then(|h| h.fault.as_ref()).map(|f| f.kind);
                if faulty == Some(info.kind) {
                    self.feed_handover(handover::Event::Command(handover::Command::DismissFault));
                }
                self.feed_all(&Event::DeviceArrived(info));
            }
            Answer::Left(kind, id) => self.feed_all(&Event::DeviceLeft(kind, id)),
            Answer::Printing { document, progress } => self.printing_told(document, progress),
            Answer::Notice(notice) => self.notify(notice),
            Answer::Sleep { why, ready } => self.sleeps(why, ready),
            Answer::SleepWatched(watch) => self.sleep_watched(watch),
        }
    }

    /// The device list, with a line in the audit for each kind that became faulty or is well again.
    fn devices_told(&mut self, lines: Vec<DeviceLine>) {
        let before = std::mem::replace(&mut self.lines, lines);
        self.note_printer();
        let now = self.clock.now();
        for line in self.lines.clone() {
            let was = before.iter().find(|l| l.kind == line.kind).map(|l| &l.state);
            let code = match (&line.state, was) {
                (DeviceState::Faulty(fault), Some(DeviceState::Faulty(same)))
                    if fault.code() == same.code() =>
                {
                    continue;
                }
                // What is missing from the start is no event; the doctor tells it.
                (DeviceState::Faulty(_), None) => continue,
                (DeviceState::Faulty(fault), Some(_)) => fault.code().to_owned(),
                (DeviceState::Ready, Some(DeviceState::Faulty(_))) => "ready".to_owned(),
                _ => continue,
            };
            let details = vec![("kind", line.kind.id().to_owned()), ("state", code)];
            self.give_vault(VaultJob::AuditDesk { event: "device-state", details, now });
        }
    }

    /// An event for the running session and the parked ones.
    fn feed_all(&mut self, event: &Event) {
        let ids: Vec<Uuid> = self.active_id().into_iter().chain(self.parked.keys().copied()).collect();
        for id in ids {
            self.feed(id, event.clone());
        }
    }

    fn take_vault(&mut self, answer: VaultAnswer) {
        match answer {
            VaultAnswer::SignedIn { officer, public_key, look } => {
                self.signed_in(officer, public_key);
                self.begin_upkeep(look, self.clock.now());
            }
            VaultAnswer::NotSearched { session, id, code } => {
                self.feed(session, Event::FingersSearched(id, Err(code)));
            }
            VaultAnswer::NotSignedIn => self.checking = false,
            VaultAnswer::SignedOut => self.signed_out(),
            VaultAnswer::Locked { pin } => self.keys_dropped(pin),
            VaultAnswer::Unlocked(checked) => self.passphrase_checked(checked),
            VaultAnswer::FingersOf(officer, templates) => self.fingers_of(officer, &templates),
            VaultAnswer::Kept { session, step, result } => {
                let event = match result {
                    Ok(()) => Event::StepKept(step),
                    Err(code) => Event::KeepFailed(step, code),
                };
                self.feed(session, event);
            }
            VaultAnswer::LookedUp { session, id, answer: Some(answer) } => {
                self.feed(session, Event::LookedUp(id, answer));
            }
            VaultAnswer::LookedUp { session, id, answer: None } => self.look_up_failed(session, id),
            VaultAnswer::CardLookedUp { session, id, answer } => {
                self.feed(session, Event::CardLookedUp(id, answer));
            }
            VaultAnswer::Cards { handover, answer } => self.take_cards(handover, answer),
            VaultAnswer::Asked { session, request } if self.is_handover(session) => {
                self.feed_handover(handover::Event::Asked(*request));
            }
            VaultAnswer::NotAsked { session, reason, .. } if self.is_handover(session) => {
                self.feed_handover(handover::Event::NotAsked(reason));
            }
            VaultAnswer::Asked { session, request } => self.feed(session, Event::ApprovalAsked(*request)),
            VaultAnswer::NotAsked { session, step, reason } => {
                // Asked again with the next event.
                if let Some(s) = self.session_mut(session) {
                    let same =
                        s.core.requirements.iter_mut().filter(|r| r.step == step && r.reason == reason);
                    same.for_each(|r| r.asking = false);
                }
            }
            VaultAnswer::Decided { session, grants } => {
                self.checking = false;
                for grant in grants {
                    if self.is_handover(session) {
                        self.feed_handover(handover::Event::Decided(grant));
                    } else {
                        self.feed(session, Event::Decided(grant));
                    }
                }
                self.drop_keys();
            }
            VaultAnswer::Looked { session, look } => self.looked(session, look),
            VaultAnswer::PartTried { session, step, result } => {
                self.feed(session, Event::PartTried(step, result));
            }
            VaultAnswer::KeptHouse(report) => self.kept_house(&report),
            VaultAnswer::Sealed { session, result } => self.sealed(session, result),
            VaultAnswer::Discarded(session) => {
                self.drafts.retain(|d| d.id != session);
                self.refresh_waiting();
            }
            VaultAnswer::Page { lines, len } => (self.queue, self.queue_len) = (lines, len),
            VaultAnswer::Drafts(lines) => {
                self.drafts = lines;
                self.refresh_waiting();
            }
            VaultAnswer::Papers(lines) => self.papers(lines),
            VaultAnswer::PaperKept { id, lines } => {
                self.unkept.remove(&id);
                self.papers(lines);
            }
            VaultAnswer::PaperNotKept(code) => {
                let message = "runtime-document-not-kept".to_owned();
                self.notify(Notice { level: NoticeLevel::Warning, message, code });
            }
            VaultAnswer::HygieneKept { releases, kept } => self.hygiene_kept(releases, kept),
            VaultAnswer::PaperLoaded { id, document } => self.paper_loaded(id, document),
            VaultAnswer::Loaded { session, taken } => self.loaded(session, taken),
            VaultAnswer::Done => {}
        }
    }

    fn signed_in(&mut self, line: OfficerLine, public_key: String) {
        self.checking = false;
        self.signed_in = Some(SignedIn { line, public_key });
        let now = self.clock.now();
        self.touched = now;
        if self.sleepers.is_empty() {
            self.show_lists();
        } else {
            // The machine went to sleep while the passphrase was checked.
            self.lock_for_sleep("sleep", now);
        }
    }

    /// Asks for what the start page shows.
    pub(super) fn show_lists(&mut self) {
        self.refresh_page();
        self.refresh_drafts();
        self.refresh_waiting();
        self.give_vault(VaultJob::Paper(PaperJob::List));
    }

    fn signed_out(&mut self) {
        self.leave_memory();
        self.sleep_acknowledged();
    }

    pub(super) fn refresh_page(&mut self) {
        let now = self.clock.now();
        self.give_vault(VaultJob::Page { page: self.page, now });
    }

    pub(super) fn refresh_drafts(&mut self) {
        if let Some(ctx) = self.context() {
            self.give_vault(VaultJob::Drafts(ctx));
        }
    }

    fn look_up_failed(&mut self, session: Uuid, id: devices::vocabulary::RequestId) {
        let now = self.clock.now();
        let Some(s) = self.session_mut(session) else { return };
        // The reducer knows a look-up that never answers; this one is as overdue as it will ever be.
        if let Some(look_up) = s.core.look_up.as_mut().filter(|l| l.id == id) {
            look_up.gives_up = now;
            self.feed(session, Event::Tick);
        }
    }

    fn sealed(&mut self, session: Uuid, result: Result<SealedRecord, String>) {
        match result {
            Ok(record) => {
                let file = record.path.file_name().map(|n| n.to_string_lossy().into_owned());
                let event = Event::Sealed {
                    record_id: record.record_id,
                    file: file.unwrap_or_default(),
                    sha256: record.sha256.clone(),
                };
                let (path, sha256) = (record.path.clone(), record.sha256.clone());
                self.sealed = Some(record);
                self.feed(session, event);
                if let Some(ended) = self.ended.as_mut().filter(|e| e.session == session) {
                    ended.file = Some(path);
                    ended.sha256 = Some(sha256);
                }
                self.drafts.retain(|d| d.id != session);
                self.refresh_page();
                self.look_soon();
            }
            Err(code) => self.feed(session, Event::SealFailed(code)),
        }
    }

    fn document_made(&mut self, session: Uuid, kind: DocumentKind, name: String, made: Result<Made, String>) {
        let event = match made {
            Ok(Made { path, bytes, place }) => {
                let written = self.environment == Environment::Training;
                if let Some(ended) = self.ended.as_mut().filter(|e| written && e.session == session) {
                    ended.document = Some(path.clone());
                }
                let document = Document { id: Uuid::now_v7(), kind, name, path, bytes };
                self.print_new(session, &document);
                if self.active_id() == Some(session) {
                    self.document = Some((session, document));
                }
                Event::ProofReady(place)
            }
            Err(code) => {
                self.notify(error_notice("runtime-document-failed", &code));
                Event::ProofFailed(code)
            }
        };
        if kind == DocumentKind::Proof {
            self.feed(session, event);
        }
    }

    /// A receipt is owed to the receiver also when the counter was left meanwhile.
    fn receipt_made(&mut self, handover: Uuid, name: String, made: Result<Made, String>) {
        let result = match made {
            Ok(Made { path, bytes, place }) => {
                let kind = DocumentKind::Receipt;
                let document = Document { id: Uuid::now_v7(), kind, name, path, bytes };
                self.print_new(handover, &document);
                if self.is_handover(handover) {
                    self.document = Some((handover, document));
                }
                Ok(place)
            }
            Err(code) => {
                self.notify(error_notice("runtime-document-failed", &code));
                Err(code)
            }
        };
        if self.is_handover(handover) {
            self.feed_handover(handover::Event::Receipt(result));
        }
    }

    fn loaded(&mut self, id: Uuid, taken: Option<Box<Session>>) {
        if self.taking_up.take_if(|t| *t == id).is_none() || self.screen() == Screen::SignIn {
            return;
        }
        match taken {
            Some(session) => {
                self.drafts.retain(|d| d.id != id);
                self.close_handover();
                self.set_aside();
                self.activate(*session);
            }
            None => self.notify(error_notice("runtime-no-session", error::NO_SESSION)),
        }
    }
}
