//! The vault worker: the one thread that owns the vault. Everything that waits for the disk or for Argon2id is here.

mod drafts;
mod local;
mod papers;
mod unlock;
mod upkeep;

pub(super) use upkeep::Look;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};

use chrono::{DateTime, Duration, FixedOffset, Utc};
use record::grant::{self, Ask, GrantRequest};
use record::schema::{RequirementKind, Role, StepId, short_code};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::audit_words::plain;
use super::error;
use super::finger_search::SearchJob;
use super::station::{Notice, NoticeLevel, OfficerLine, QueueLine};
use super::vault_jobs::{Decision, FingerQuestion, Question, SealedRecord, VaultAnswer, VaultJob};
use super::workers::{Answer, Outbox, error_notice, vault_notice};
use crate::population::nik::Nik;
use crate::population::roster::{self, Roster};
use crate::session::effect::ApprovalDraft;
use crate::session::event::{FingerOwner, LookUpAnswer};
use crate::session::{Session, assemble};
use crate::vault::{AuditEvent, OfficerKeys, QueueRow, Vault, VaultError};

/// Records on one page of the queue.
pub(super) const PAGE: usize = 50;
/// How long an approval request is open.
const REQUEST_VALID_MIN: i64 = 30;
/// Records whose fingers are read between two jobs.
const READ_AT_ONCE: usize = 20;
/// How long the next few are left alone when the search worker has enough to do.
const READ_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
/// Audit lines that may wait for the disk.
const OWED_MAX: usize = 4_096;

/// Why a job failed.
pub(super) enum JobError {
    Vault(VaultError),
    /// Message id and stable code.
    Told(&'static str, String),
}

impl From<VaultError> for JobError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl JobError {
    fn code(&self) -> String {
        match self {
            Self::Vault(e) => e.code(),
            Self::Told(_, code) => code.clone(),
        }
    }
    fn notice(&self) -> Notice {
        match self {
            Self::Vault(e) => vault_notice(e),
            Self::Told(message, code) => error_notice(message, code),
        }
    }
}

fn told(message: &'static str, error: impl std::fmt::Display) -> JobError {
    JobError::Told(message, error.to_string().chars().take(6).collect())
}

/// The worker.
pub(super) struct VaultWorker {
    pub(super) vault: Vault,
    /// The district's roster, while an officer is signed in.
    roster: Roster,
    roster_file: Option<PathBuf>,
    pub(super) office: FixedOffset,
    out: Outbox,
    pub(super) operator: Option<OfficerKeys>,
    /// Who is signed in while the keys are gone.
    away: Option<Uuid>,
    /// Audit lines that could not be written yet: nothing is sealed before they are.
    owed: VecDeque<(AuditEvent, DateTime<Utc>)>,
    /// More were lost than could wait.
    overflowed: bool,
    /// Drafts whose removal failed and is tried again.
    discards: Vec<(Uuid, String)>,
    /// Where searches of fingers are made.
    searches: SyncSender<SearchJob>,
    /// Records whose fingers are still to be read, the next one last.
    reading: Vec<Uuid>,
    /// When their reading began.
    reading_since: DateTime<Utc>,
    /// Searches that wait for them.
    search_waits: Vec<SearchJob>,
    /// Last rows of the pages of the queue that were read.
    page_ends: Vec<QueueRow>,
    /// A run of deletions that is under way.
    house: Option<upkeep::HouseKeeping>,
}

impl VaultWorker {
    pub(super) fn new(
        vault: Vault,
        roster_file: Option<PathBuf>,
        office: FixedOffset,
        searches: SyncSender<SearchJob>,
        out: Outbox,
    ) -> Self {
        Self {
            vault,
            roster: Roster::default(),
            roster_file,
            office,
            out,
            operator: None,
            away: None,
            owed: VecDeque::new(),
            overflowed: false,
            discards: Vec::new(),
            searches,
            reading: Vec::new(),
            reading_since: DateTime::UNIX_EPOCH,
            search_waits: Vec::new(),
            page_ends: Vec::new(),
            house: None,
        }
    }

    /// Serves jobs until the shell is gone. A job that panics fails; the next one is served.
    pub(super) fn run(mut self, jobs: &Receiver<VaultJob>) {
        while let Some(job) = self.next_job(jobs) {
            let failure = job.failure();
            let answer = match catch_unwind(AssertUnwindSafe(|| self.work(job))) {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => {
                    tracing::warn!(code = error.code(), "vault job failed");
                    self.tell(error.notice());
                    failure.with_code(&error.code())
                }
                Err(_) => {
                    self.tell(error_notice("runtime-worker-crashed", error::WORKER_CRASHED));
                    failure.with_code(error::WORKER_CRASHED)
                }
            };
            if !self.out.send(Answer::Vault(answer)) {
                // The shell is gone, but what it had already given (steps to be kept) is still done.
                continue;
            }
        }
    }

    /// The next job. While none waits, the records' fingers are read.
    fn next_job(&mut self, jobs: &Receiver<VaultJob>) -> Option<VaultJob> {
        while !self.reading.is_empty() {
            match jobs.try_recv() {
                Ok(job) => return Some(job),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if self.idly(Self::read_some) => {}
                // The search worker has enough to do: the vault's own jobs come first meanwhile.
                Err(TryRecvError::Empty) => match jobs.recv_timeout(READ_PAUSE) {
                    Ok(job) => return Some(job),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) => {}
                },
            }
        }
        while self.keeps_house() {
            match jobs.try_recv() {
                Ok(job) => return Some(job),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {
                    self.idly(|worker| {
                        worker.keep_house();
                        true
                    });
                }
            }
        }
        jobs.recv().ok()
    }

    /// What is done between two jobs. When it panics the records that it was at are left, and the next job is served.
    fn idly(&mut self, work: impl FnOnce(&mut Self) -> bool) -> bool {
        let done = catch_unwind(AssertUnwindSafe(|| work(self)));
        if done.is_err() {
            self.tell(error_notice("runtime-worker-crashed", error::WORKER_CRASHED));
        }
        if self.reading.is_empty() {
            self.release_searches();
        }
        done.unwrap_or(true)
    }

    fn tell(&self, notice: Notice) {
        self.out.send(Answer::Notice(notice));
    }

    fn work(&mut self, job: VaultJob) -> Result<VaultAnswer, JobError> {
        Ok(match job {
            VaultJob::SignIn { officer, passphrase, now } => self.sign_in(officer, &passphrase, now)?,
            VaultJob::SignOut => {
                self.drop_keys(false);
                self.away = None;
                VaultAnswer::SignedOut
            }
            VaultJob::Lock { pin } => VaultAnswer::Locked { pin: self.drop_keys(pin) },
            VaultJob::UnlockByPin { officer, pin, now } => {
                VaultAnswer::Unlocked(self.open_lock_by_pin(officer, &pin, now))
            }
            VaultJob::Unlock { officer, passphrase, now } => {
                VaultAnswer::Unlocked(self.open_lock(officer, &passphrase, now))
            }
            VaultJob::FingersOf(officer) => {
                let all = self.vault.officer_fingers()?;
                let own = all.iter().find(|(id, _)| *id == officer).map(|(_, list)| list.to_vec());
                VaultAnswer::FingersOf(officer, own.unwrap_or_default())
            }
            VaultJob::Keep { session, step, bytes, now } => {
                self.spare(session);
                self.vault.keep_step(session, step.id(), &bytes, now)?;
                VaultAnswer::Kept { session, step, result: Ok(()) }
            }
            VaultJob::LookUp { session, question } => {
                VaultAnswer::LookedUp { session, id: question.id, answer: Some(self.look_up(&question)?) }
            }
            VaultJob::LookUpCard { session, id, uid } => {
                VaultAnswer::CardLookedUp { session, id, answer: self.card_at_station(&uid)? }
            }
            VaultJob::SearchFingers { session, search } => self.search(session, search)?,
            VaultJob::Ask { session, draft, now } => {
                VaultAnswer::Asked { session, request: Box::new(self.ask(session, draft, now)?) }
            }
            VaultJob::Decide { session, decision, now } => self.decide(session, decision, now)?,
            VaultJob::Seal { session, now } => {
                VaultAnswer::Sealed { session: session.core.id, result: Ok(self.seal(&session, now)?) }
            }
            VaultJob::Discard { session, reason, now } => {
                self.discards.push((session, reason));
                self.discard_owed(now)?;
                VaultAnswer::Discarded(session)
            }
            VaultJob::Audit { session, event, details, now } => {
                self.audit(Some(session), event, details, now)?;
                VaultAnswer::Done
            }
            VaultJob::AuditDesk { event, details, now } => {
                self.audit(None, event, details, now)?;
                VaultAnswer::Done
            }
            VaultJob::KeepHygiene { bytes, releases } => {
                self.vault.keep_hygiene(&bytes)?;
                VaultAnswer::HygieneKept { releases, kept: true }
            }
            VaultJob::Page { page, now } => {
                VaultAnswer::Page { lines: self.page(page, now)?, len: self.vault.queue_len() }
            }
            VaultJob::Paper(job) => self.paper(job)?,
            VaultJob::Drafts(ctx) => VaultAnswer::Drafts(self.drafts(&ctx)?),
            VaultJob::Load { session, ctx } => {
                VaultAnswer::Loaded { session, taken: Some(Box::new(self.load(session, ctx)?)) }
            }
            VaultJob::Look { session, trial, now } => {
                VaultAnswer::Looked { session, look: self.look(trial, now) }
            }
            VaultJob::TryPart { session, step, now } => {
                let result = local::try_part(&session, step, now).map_err(|error| error.code());
                VaultAnswer::PartTried { session: session.core.id, step, result }
            }
            VaultJob::KeepHouse { times, in_use, now } => {
                self.begin_house_keeping(*times, &in_use, now)?;
                VaultAnswer::Done
            }
            VaultJob::Cards { handover, job, now } => {
                VaultAnswer::Cards { handover, answer: self.cards(job, now)? }
            }
        })
    }

    fn sign_in(
        &mut self,
        officer: Uuid,
        passphrase: &str,
        now: DateTime<Utc>,
    ) -> Result<VaultAnswer, JobError> {
        let keys = self.vault.unlock(officer, passphrase, now)?;
        let line = officer_line(&keys.officer);
        let public_key = keys.officer.public_key.clone();
        self.operator = Some(keys);
        if let Err(error) = self.begin_reading(now) {
            self.drop_keys(false);
            self.away = None;
            return Err(error);
        }
        self.away = None;
        let look = self.look(true, now);
        Ok(VaultAnswer::SignedIn { officer: line, public_key, look })
    }

    pub(super) fn operator(&self) -> Result<&OfficerKeys, JobError> {
        self.operator.as_ref().ok_or(JobError::Vault(VaultError::Locked))
    }

    fn audit(
        &mut self,
        session: Option<Uuid>,
        event: &'static str,
        details: Vec<(&'static str, String)>,
        now: DateTime<Utc>,
    ) -> Result<(), JobError> {
        let mut line = AuditEvent::new(event);
        if let Some(session) = session {
            line = line.in_session(session);
        }
        if let Some(officer) = self.operator.as_ref().map(|o| o.officer.id).or(self.away) {
            line = line.by(officer);
        }
        let line = details.into_iter().fold(line, |l, (key, value)| l.with(key, plain(key, &value)));
        self.owe(line, now);
        Ok(self.write_owed()?)
    }

    fn owe(&mut self, line: AuditEvent, now: DateTime<Utc>) {
        if self.owed.len() < OWED_MAX {
            self.owed.push_back((line, now));
        } else {
            self.overflowed = true;
        }
    }

    /// Writes the audit lines that wait, oldest first.
    pub(super) fn write_owed(&mut self) -> Result<(), VaultError> {
        while let Some((line, at)) = self.owed.front() {
            match self.vault.append_audit(line, *at) {
                // A line whose form is refused would be refused for ever: it is told, and the others go on.
                Err(error @ VaultError::Name { .. }) => {
                    self.owed.pop_front();
                    return Err(error);
                }
                other => other?,
            }
            self.owed.pop_front();
        }
        Ok(())
    }

    fn look_up(&self, question: &Question) -> Result<LookUpAnswer, JobError> {
        let found = self.vault.find_nik(&question.nik)?;
        let nik = Nik::parse(&question.nik).ok();
        let person = nik.as_ref().and_then(|nik| self.roster.get(nik));
        let no_kk = match person {
            Some(person) if question.no_kk.is_empty() => person.no_kk.as_str(),
            _ => question.no_kk.as_str(),
        };
        let births = match (person.and_then(|p| p.tanggal_lahir), &nik) {
            (Some(birth), _) => vec![birth],
            (None, Some(nik)) => nik.possible_birth_dates(question.today),
            (None, None) => Vec::new(),
        };
        let own = found.as_ref().map(|row| row.nik_hash.as_str());
        let mut twin = person.is_some_and(|p| self.roster.same_family_same_birth(p).next().is_some());
        if !no_kk.is_empty() {
            for birth in births {
                let family = self.vault.find_family(no_kk, birth)?;
                twin |= family.iter().any(|row| Some(row.nik_hash.as_str()) != own);
            }
        }
        let sealed_today = self.vault.sealed_on(question.today, self.office)?.len();
        Ok(LookUpAnswer {
            in_queue: found.map(|row| (short_code(row.id), row.state.to_string())),
            roster: person.cloned().map(Box::new),
            same_family_and_birth: twin,
            sealed_today: u32::try_from(sealed_today).unwrap_or(u32::MAX),
        })
    }

    fn ask(
        &mut self,
        session: Uuid,
        draft: ApprovalDraft,
        now: DateTime<Utc>,
    ) -> Result<GrantRequest, JobError> {
        let ask = Ask {
            kind: draft.kind,
            step: draft.step,
            reason: draft.reason,
            evidence: draft.evidence,
            station: self.vault.config().station.clone(),
            session,
            operator: self.operator()?.officer.id,
        };
        let request = GrantRequest::new(ask, &draft.nik, now, Duration::minutes(REQUEST_VALID_MIN))
            .map_err(|e| told("runtime-request-failed", e))?;
        let line = AuditEvent::new("approval-asked").by(request.operator).in_session(session);
        let line = line.with("nonce", request.nonce).with("reason", plain("reason", &request.reason));
        // Asked again when it fails, so its line is not owed: a full disk would gather one with each try.
        self.write_owed()?;
        self.vault.append_audit(&line, now)?;
        Ok(request)
    }

    fn decide(
        &mut self,
        session: Uuid,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<VaultAnswer, JobError> {
        let Decision { requests, nik, officer, passphrase, approve, note } = decision;
        let keys = self.vault.authenticate(officer, &passphrase, now)?;
        let role = keys.officer.role;
        let fits = |request: &GrantRequest| match request.kind {
            RequirementKind::SupervisorApproval => role == Role::Supervisor,
            _ => role != Role::Auditor,
        };
        if !requests.iter().all(fits) {
            return Err(JobError::Told("runtime-not-for-role", error::NOT_FOR_ROLE.to_owned()));
        }
        if self.vault.is_nik_of(officer, &nik)? {
            return Err(JobError::Told("runtime-own-recording", error::OWN_RECORDING.to_owned()));
        }
        let mut grants = Vec::new();
        for request in requests {
            let nonce = request.nonce;
            let grant = grant::sign(request, approve, &note, &keys.signing, officer, now)
                .map_err(|e| told("runtime-grant-failed", e))?;
            grants.push(grant);
            let line = AuditEvent::new("grant-signed").by(officer).in_session(session);
            self.owe(line.with("nonce", nonce).with("approved", approve), now);
        }
        // A grant is handed out only when the audit holds it.
        self.write_owed()?;
        Ok(VaultAnswer::Decided { session, grants })
    }

    fn seal(&mut self, session: &Session, now: DateTime<Utc>) -> Result<SealedRecord, JobError> {
        self.write_owed()?;
        if self.overflowed {
            return Err(JobError::Told("runtime-audit-lost", error::WORKER_BUSY.to_owned()));
        }
        // The look-up was made when the session began: another session of the same person may have been sealed since.
        let nik = session.nik().unwrap_or_default();
        if self.vault.find_nik(nik)?.is_some_and(|row| row.id != session.core.id) {
            return Err(JobError::Told("runtime-nik-in-queue", error::NIK_IN_QUEUE.to_owned()));
        }
        let mut token = [0; 16];
        record::keys::fill_random(&mut token).map_err(|e| told("runtime-no-randomness", e))?;
        let draft = assemble::draft(session, token, now).map_err(|e| told("runtime-not-assembled", e))?;
        let input = local::extract_input(session, now)?;
        let operator = self.operator.as_ref().ok_or(VaultError::Locked)?;
        let saved = self.vault.save(&draft, &input, operator, now)?;
        self.page_ends.clear();
        self.reading.push(saved.record_id);
        // An earlier save that only now is acknowledged has a token of its own.
        let token = self.vault.extract(saved.record_id)?.tracking_token;
        let at = self.vault.find(saved.record_id)?.map_or(now, |row| row.created);
        Ok(SealedRecord { record_id: saved.record_id, path: saved.path, sha256: saved.sha256, token, at })
    }

    /// Hands a search to its worker, once the records' fingers were read.
    fn search(&mut self, session: Uuid, question: FingerQuestion) -> Result<VaultAnswer, JobError> {
        let mut officers = Vec::new();
        for (officer, templates) in self.vault.officer_fingers()?.iter() {
            officers.push((FingerOwner::Officer(officer), templates.to_vec()));
        }
        let FingerQuestion { id, fingers } = question;
        let job = SearchJob::Search { session, id, fingers, officers };
        if self.reading.is_empty() {
            self.give_search(job)?;
        } else {
            self.search_waits.push(job);
        }
        Ok(VaultAnswer::Done)
    }

    fn give_search(&self, job: SearchJob) -> Result<(), JobError> {
        self.searches.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => JobError::Told("runtime-worker-busy", error::WORKER_BUSY.to_owned()),
            TrySendError::Disconnected(_) => {
                JobError::Told("runtime-worker-gone", error::WORKER_GONE.to_owned())
            }
        })
    }

    /// After a sign-in the fingers of the records are read, a few between two jobs.
    pub(super) fn begin_reading(&mut self, now: DateTime<Utc>) -> Result<(), JobError> {
        self.reading_since = now;
        self.forget_fingers();
        self.roster = self.roster_file.as_deref().map(roster_of).unwrap_or_default();
        self.reading = self.vault.queue()?.into_iter().map(|row| row.id).collect();
        Ok(())
    }

    /// Nothing of anybody's fingers stays in memory.
    fn forget_fingers(&mut self) {
        self.reading.clear();
        self.search_waits.clear();
        // A full channel is emptied first: the worker never waits for this one.
        self.searches.send(SearchJob::Forget).ok();
    }

    /// Reads the next few records' fingers. False when the search worker cannot take any now.
    fn read_some(&mut self) -> bool {
        let from = self.reading.len().saturating_sub(READ_AT_ONCE);
        let mut owned = Vec::new();
        let ids = self.reading.split_off(from);
        let now = self.vault.not_before(self.reading_since);
        for id in ids.iter().copied() {
            // An index that was copied back may hold an older row: the files are read anyway.
            if self.vault.mend_row(id, now).is_ok_and(|mended| mended) {
                self.tell(note_notice("vault-note-row-mended"));
            }
            // A damaged extract costs its fingers only; `vault check` says what is wrong.
            if let Ok(extract) = self.vault.extract(id) {
                owned.push((FingerOwner::Record(short_code(id)), extract.templates.clone()));
            }
        }
        if let Err(TrySendError::Full(_)) = self.searches.try_send(SearchJob::Add(owned)) {
            self.reading.extend(ids);
            return false;
        }
        true
    }

    /// The searches that waited for the records' fingers go on.
    fn release_searches(&mut self) {
        for job in std::mem::take(&mut self.search_waits) {
            if let SearchJob::Search { session, id, .. } = &job {
                let (session, id) = (*session, *id);
                if let Err(e) = self.give_search(job) {
                    let answer = VaultAnswer::NotSearched { session, id, code: e.code() };
                    self.out.send(Answer::Vault(answer));
                }
            }
        }
    }

    fn page(&mut self, page: usize, now: DateTime<Utc>) -> Result<Vec<QueueLine>, JobError> {
        self.page_ends.truncate(page);
        while self.page_ends.len() < page {
            let rows = self.vault.queue_page(self.page_ends.last(), PAGE)?;
            match rows.into_iter().last() {
                Some(last) => self.page_ends.push(last),
                None => return Ok(Vec::new()),
            }
        }
        let rows = self.vault.queue_page(self.page_ends.last().filter(|_| page > 0), PAGE)?;
        let line = |row: QueueRow| {
            let readable = self.vault.is_unlocked() && row.expires.is_some_and(|at| at > now);
            // A damaged extract costs its name only; `vault check` says what is wrong.
            let name = if readable { self.vault.extract(row.id).ok().map(|e| e.name.clone()) } else { None };
            QueueLine { id: row.id, state: row.state, created: row.created, name, size: row.size }
        };
        Ok(rows.into_iter().map(line).collect())
    }
}

/// What can be read of a roster; what cannot was told when the station was opened.
fn roster_of(file: &Path) -> Roster {
    if std::fs::metadata(file).map_or(true, |m| m.len() > roster::MAX_BYTES as u64) {
        return Roster::default();
    }
    std::fs::read(file).map(Zeroizing::new).map(|bytes| roster::read(&bytes).0).unwrap_or_default()
}

/// Name, step and earliest time of a session, for the list of waiting ones.
pub(super) fn waiting_facts(s: &Session) -> (String, StepId, Option<DateTime<Utc>>) {
    let name = match (&s.data.biodata.values.nama, &s.data.biodata.roster) {
        (name, Some(roster)) if name.is_empty() => roster.nama.clone(),
        (name, _) => name.clone(),
    };
    (name, s.core.current, s.core.closing.not_before)
}

pub(super) fn officer_line(officer: &crate::vault::Officer) -> OfficerLine {
    OfficerLine { id: officer.id, name: officer.name.clone(), role: officer.role }
}

/// The notice of something that the vault mended by itself.
pub(super) fn note_notice(message: &str) -> Notice {
    Notice { level: NoticeLevel::Warning, message: message.to_owned(), code: "VLT-00".to_owned() }
}
