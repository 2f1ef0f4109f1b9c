//! A desk in memory: it holds a real session and answers every effect at once with small synthetic samples.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use biometrics::codec;
use biometrics::image::{GrayImage, RgbImage};
use biometrics::minutiae::Template;
use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::quality::Quality;
use biometrics::signature::Strokes;
use biometrics::synth;
use chrono::{DateTime, Utc};
use devices::traits::PreviewFrame;
use devices::vocabulary::{CaptureTask, DeviceFault, DeviceId, DeviceInfo, DeviceKind, PrintHitch};
use record::grant::{Ask, GrantRequest, sign};
use record::schema::{Environment, Outcome, RecordState, Role, StepId};
use uuid::Uuid;

use super::rekam::gate::policy::{Policy, PolicySet};
use super::rekam::handover::Handover;
use super::rekam::population::biodata::Biodata;
use super::rekam::population::regions::Regions;
use super::rekam::runtime::station::{
    Advice, Desk, DeskCommand, DeviceLine, DeviceState, Ended, Finding, FingerWay, Guidance, Ledger,
    LockNote, LockView, Notice, NoticeLevel, OfficerLine, PrintProgress, QueueLine, Screen, UnprintedLine,
    WaitingLine,
};
use super::rekam::session::effect::Effect;
use super::rekam::session::event::{CaptureOutcome, CardAtStation, Event, LookUpAnswer};
use super::rekam::session::sample::{
    DeviceStamp, FingerSample, IrisSample, Match, Media, PhotoSample, PlatenCheck, Samples, SignatureSample,
    SlapBox, SlapNote, SlapSample, TemperatureSample,
};
use super::rekam::session::view::SessionView;
use super::rekam::session::{Session, SessionContext};

pub(crate) mod counter;
mod locking;
mod samples;

pub(crate) use locking::PIN;
use locking::locked;
pub(crate) use samples::{finger, photo};
use samples::{iris, rings, signature, stamp, whole_slap};

/// Secret of everybody here.
pub(crate) const SECRET: &str = "rahasia latihan";
const THRESHOLD: u32 = 40;

/// What a test holds on to beside the desk.
#[derive(Default)]
pub(crate) struct Control {
    /// The clock.
    pub(crate) now: DateTime<Utc>,
    /// Outcomes that come before the good ones, by target id.
    pub(crate) outcomes: BTreeMap<String, VecDeque<CaptureOutcome>>,
    /// Captures stay under way.
    pub(crate) hold: bool,
    /// What the roster says of every NIK.
    pub(crate) roster: Option<Biodata>,
    /// A signature pad is plugged in.
    pub(crate) pad: bool,
    /// The reader gives whole slaps.
    pub(crate) whole_slaps: bool,
    /// Contact devices that another applicant used.
    pub(crate) locked: BTreeSet<DeviceKind>,
    /// The owner of the card at the counter is not seventeen yet.
    pub(crate) young: bool,
    /// What the ledger says of an applicant's card.
    pub(crate) at_station: CardAtStation,
    /// Receipts cannot be made.
    pub(crate) receipt_fails: bool,
    /// A second device of this kind is plugged in.
    pub(crate) spare: Option<DeviceKind>,
    /// The printer is stopped.
    pub(crate) stopped: bool,
    /// Devices that were changed to.
    pub(crate) used: Vec<DeviceId>,
    /// How printing of documents goes; none where nothing is printed.
    pub(crate) print: Option<PrintProgress>,
    /// What the vault mended when it was opened: message ids.
    pub(crate) mended: Vec<&'static str>,
    /// The lock that is on.
    pub(crate) lock: Option<LockView>,
    /// What the reader does for the lock: the officer's finger, or another.
    pub(crate) own_finger: bool,
    /// With the lock the keys go: a PIN opens it, and no finger.
    pub(crate) keys_go: bool,
    /// How often the window said that somebody is there.
    pub(crate) activity: u32,
    /// What live guidance says.
    pub(crate) advice: Option<Advice>,
    /// What the station knows of itself.
    pub(crate) limits: Vec<Finding>,
    /// A step whose result cannot go into the record.
    pub(crate) refused: Option<StepId>,
    /// Sessions that were found interrupted.
    pub(crate) found: Vec<WaitingLine>,
    /// Sessions that were discarded, and why.
    pub(crate) discarded: Vec<(Uuid, String)>,
}

pub(crate) struct FakeDesk {
    pub(crate) control: Rc<RefCell<Control>>,
    policy: Arc<Policy>,
    officers: Vec<OfficerLine>,
    signed_in: Option<OfficerLine>,
    session: Option<Session>,
    parked: BTreeMap<Uuid, Session>,
    waiting: Vec<WaitingLine>,
    queue: Vec<QueueLine>,
    devices: Vec<DeviceLine>,
    notices: Vec<Notice>,
    document: Option<(PathBuf, Arc<[u8]>)>,
    prints: BTreeMap<Uuid, PrintProgress>,
    unprinted: Vec<UnprintedLine>,
    captures: u64,
    limits: Vec<Finding>,
    handover: Option<Handover>,
    ledger: Ledger,
    entered: Option<Result<(), String>>,
}

impl FakeDesk {
    pub(crate) fn new(control: Rc<RefCell<Control>>) -> Self {
        let policy = PolicySet::bundled().unwrap().get("443-2978-2020-06").unwrap().clone();
        let officer =
            |n: u128, name: &str, role| OfficerLine { id: Uuid::from_u128(n), name: name.into(), role };
        let told = |message: &&'static str| Notice {
            level: NoticeLevel::Warning,
            message: (*message).to_owned(),
            code: "VLT-00".to_owned(),
        };
        let notices = control.borrow().mended.iter().map(told).collect();
        Self {
            notices,
            control,
            policy: Arc::new(policy),
            officers: vec![
                officer(1, "Oka Petugas", Role::Operator),
                officer(2, "Dewi Penyelia", Role::Supervisor),
                officer(3, "Bayu Pendukung", Role::Supporting),
            ],
            signed_in: None,
            session: None,
            parked: BTreeMap::new(),
            waiting: Vec::new(),
            queue: Vec::new(),
            devices: Vec::new(),
            document: None,
            prints: BTreeMap::new(),
            unprinted: Vec::new(),
            captures: 0,
            limits: Vec::new(),
            handover: None,
            ledger: Ledger::default(),
            entered: None,
        }
    }

    fn context(&self) -> SessionContext {
        SessionContext {
            environment: Environment::Training,
            station: "LATIH-01".into(),
            district: "3201".into(),
            policy: Arc::clone(&self.policy),
            regions: Arc::new(Regions::new()),
            operator: self.signed_in.as_ref().unwrap().id,
            operator_key: "00".repeat(32),
            utc_offset_s: 25_200,
            statement_text: "Saya menyatakan bahwa data di atas benar dan biometrik ini milik saya sendiri."
                .into(),
            statement_language: "id".into(),
        }
    }

    fn list_devices(&mut self) {
        let (pad, spare) = (self.control.borrow().pad, self.control.borrow().spare);
        let stopped = self.control.borrow().stopped;
        let state = |kind: DeviceKind| match (kind, stopped) {
            (DeviceKind::Printer, true) => {
                let detail = PrintHitch::Stopped.id().to_owned();
                DeviceState::Faulty(DeviceFault::CannotPrint { detail })
            }
            _ => DeviceState::Ready,
        };
        let info = |kind: DeviceKind, id: &str, model: &str| DeviceInfo {
            id: DeviceId(id.into()),
            kind,
            driver: "simulated".into(),
            model: model.into(),
            serial: "1".into(),
            training_only: true,
        };
        self.devices = DeviceKind::ALL
            .iter()
            .filter(|k| pad || **k != DeviceKind::SignaturePad)
            .map(|kind| DeviceLine {
                kind: *kind,
                info: Some(info(*kind, kind.id(), "palsu")),
                state: state(*kind),
                others: spare
                    .filter(|s| s == kind)
                    .map(|s| info(s, "cadangan", "Cadangan"))
                    .into_iter()
                    .collect(),
            })
            .collect();
    }

    fn feed(&mut self, event: Event) {
        let now = self.control.borrow().now;
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let Some(session) = &mut self.session else { return };
            for effect in session.update(event, now) {
                events.extend(self.answer(effect, now));
            }
        }
    }

    fn answer(&mut self, effect: Effect, now: DateTime<Utc>) -> Option<Event> {
        Some(match effect {
            Effect::Capture { id, target, task, gallery, .. } => {
                let mut control = self.control.borrow_mut();
                if control.hold {
                    return None;
                }
                let planned = control.outcomes.get_mut(&target.id()).and_then(VecDeque::pop_front);
                drop(control);
                let outcome = planned.unwrap_or_else(|| self.samples(&task, &gallery, now));
                Event::Captured(id, outcome)
            }
            Effect::AnalyseStrokes { id, strokes } => {
                let sample = signature(strokes, now);
                Event::Captured(id, CaptureOutcome::Samples(Samples::Signature(Box::new(sample))))
            }
            Effect::Recut { id, slap, gallery } => {
                self.captures += 1;
                let number = self.captures;
                let cut = slap.boxes.iter().map(|b| finger(b.position, number, &gallery, now)).collect();
                Event::Captured(id, CaptureOutcome::Samples(Samples::Slap(slap, cut)))
            }
            Effect::SearchFingers { id, .. } => Event::FingersSearched(id, Ok(Vec::new())),
            Effect::Cancel(id) => Event::Captured(id, CaptureOutcome::Cancelled),
            Effect::LookUp { id, nik, .. } => {
                let roster = self.control.borrow().roster.clone().map(|b| Box::new(Biodata { nik, ..b }));
                Event::LookedUp(id, LookUpAnswer { roster, ..LookUpAnswer::default() })
            }
            Effect::LookUpCard { id, .. } => {
                Event::CardLookedUp(id, self.control.borrow().at_station.clone())
            }
            Effect::AskApproval(draft) => {
                let session = self.session.as_ref()?;
                let ask = Ask {
                    kind: draft.kind,
                    step: draft.step,
                    reason: draft.reason,
                    evidence: draft.evidence,
                    station: session.ctx.station.clone(),
                    session: session.core.id,
                    operator: session.ctx.operator,
                };
                let valid = chrono::Duration::hours(8);
                Event::ApprovalAsked(GrantRequest::new(ask, &draft.nik, now, valid).unwrap())
            }
            Effect::KeepStep { step, .. } => Event::StepKept(step),
            Effect::TryPart(step) => Event::PartTried(step, Ok(())),
            Effect::Seal => {
                let session = self.session.as_ref()?;
                let id = session.core.id;
                self.queue.insert(
                    0,
                    QueueLine {
                        id,
                        state: RecordState::BioCaptured,
                        created: now,
                        name: Some(session.data.biodata.values.nama.clone()),
                        size: 1_000_000,
                    },
                );
                Event::Sealed { record_id: id, file: format!("{id}.rekam"), sha256: "00".repeat(32) }
            }
            Effect::MakeProof(id) => {
                self.document = Some((PathBuf::from(format!("{id}.pdf")), Arc::from(vec![0; 20_000])));
                self.print();
                Event::ProofReady(format!("{id}.pdf"))
            }
            Effect::MakeSlip => {
                self.document = Some((PathBuf::from("lembar.pdf"), Arc::from(vec![0; 9_000])));
                return None;
            }
            Effect::Disinfected(kind) => {
                self.control.borrow_mut().locked.remove(&kind);
                return None;
            }
            Effect::DiscardDraft(_) | Effect::Audit { .. } => return None,
        })
    }

    /// Prints the document on screen as the test wants it.
    fn print(&mut self) {
        let (Some(progress), Some(session)) = (self.control.borrow().print.clone(), &self.session) else {
            return;
        };
        let id = session.core.id;
        self.unprinted.retain(|l| l.id != id);
        if progress != PrintProgress::Printed {
            let name = session.data.biodata.values.nama.clone();
            let made = self.control.borrow().now;
            self.unprinted.push(UnprintedLine { id, kind: "proof".into(), session: id, name, made });
        }
        self.prints.insert(id, progress);
    }

    fn samples(
        &mut self,
        task: &CaptureTask,
        gallery: &[(FingerPosition, Template)],
        now: DateTime<Utc>,
    ) -> CaptureOutcome {
        self.captures += 1;
        let number = self.captures;
        let fingers = |list: &[FingerPosition]| {
            Samples::Fingers(list.iter().map(|f| finger(*f, number, gallery, now)).collect())
        };
        CaptureOutcome::Samples(match task {
            CaptureTask::Card { .. } => Samples::Card(Box::new(counter::card(now))),
            CaptureTask::Temperature => {
                Samples::Temperature(TemperatureSample { decidegrees_c: 366, device: stamp(now) })
            }
            CaptureTask::Face | CaptureTask::EvidencePhoto | CaptureTask::ExceptionPhoto { .. } => {
                Samples::Photo(Box::new(photo(number, now)))
            }
            CaptureTask::Signature => {
                Samples::Signature(Box::new(signature(synth::signature::render(9, number), now)))
            }
            CaptureTask::Slap { slap, missing } => {
                let list: Vec<_> = slap.fingers().iter().copied().filter(|f| !missing.contains(f)).collect();
                let control = self.control.borrow();
                if control.whole_slaps {
                    let (image, placed) = synth::slap::render(9, *slap, number, missing);
                    let cut = list.iter().map(|f| finger(*f, number, gallery, now)).collect();
                    Samples::Slap(Box::new(whole_slap(*slap, image, &placed, now)), cut)
                } else {
                    fingers(&list)
                }
            }
            CaptureTask::Platen => {
                Samples::Platen(PlatenCheck { clean: true, reasons: Vec::new(), device: stamp(now) })
            }
            CaptureTask::Finger { position, .. } => fingers(&[*position]),
            CaptureTask::Irises { missing } => Samples::Irises(
                Eye::ALL.iter().filter(|e| !missing.contains(e)).map(|e| iris(*e, number, now)).collect(),
            ),
        })
    }

    fn notice(&mut self, message: &str, code: &str) {
        self.notices.push(Notice { level: NoticeLevel::Warning, message: message.into(), code: code.into() });
    }

    fn decide(&mut self, nonce: Uuid, officer: Uuid, secret: &str, approve: bool, note: &str) {
        let now = self.control.borrow().now;
        if secret != SECRET {
            self.notice("reason-blank", "VLT-07");
            return;
        }
        if self.handover.is_some() {
            self.decide_handover(nonce, officer, approve, note);
            return;
        }
        let Some(session) = &self.session else { return };
        let asked = crate::steps::exceptions::decided_with(session, nonce);
        let requests: Vec<_> = asked.iter().filter_map(|r| r.request.clone()).collect();
        assert!(!requests.is_empty(), "a decision of nothing that was asked");
        let key = record::keys::generate_signing_key().unwrap();
        for request in requests {
            let grant = sign(request, approve, note, &key, officer, now).unwrap();
            self.feed(Event::Decided(grant));
        }
    }

    fn put_aside(&mut self) {
        let Some(session) = self.session.take() else { return };
        if session.core.outcome == Outcome::Parked {
            let id = session.core.id;
            self.waiting.push(WaitingLine {
                begun_by: self.signed_in.as_ref().map(|o| o.id),
                expires: session.core.last_seen + chrono::Duration::days(7),
                id,
                name: session.data.biodata.values.nama.clone(),
                step: session.core.current,
                touched: session.core.last_seen,
                not_before: session.core.closing.not_before,
                parked: true,
            });
            self.parked.insert(id, session);
        }
    }
}

impl Desk for FakeDesk {
    fn screen(&self) -> Screen {
        match (&self.signed_in, &self.session) {
            (None, _) => Screen::SignIn,
            (Some(_), _) if self.lock().is_some() => Screen::Locked,
            (Some(_), Some(_)) => Screen::Session,
            (Some(_), None) if self.handover.is_some() => Screen::Handover,
            (Some(_), None) => Screen::Start,
        }
    }
    fn environment(&self) -> Environment {
        Environment::Training
    }
    fn station_id(&self) -> &str {
        "LATIH-01"
    }
    fn policy(&self) -> &Policy {
        &self.policy
    }
    fn now(&self) -> DateTime<Utc> {
        self.control.borrow().now
    }
    fn utc_offset_s(&self) -> i32 {
        25_200
    }
    fn officers(&self) -> &[OfficerLine] {
        &self.officers
    }
    fn signed_in(&self) -> Option<&OfficerLine> {
        self.signed_in.as_ref()
    }
    fn checking_secret(&self) -> bool {
        false
    }
    fn lock(&self) -> Option<LockView> {
        self.control.borrow().lock.clone()
    }
    fn lock_due(&self) -> Option<DateTime<Utc>> {
        self.signed_in.as_ref().map(|_| self.now() + chrono::Duration::minutes(5))
    }
    fn queue_len(&self) -> usize {
        self.queue.len()
    }
    fn queue(&self) -> &[QueueLine] {
        &self.queue
    }
    fn waiting(&self) -> &[WaitingLine] {
        &self.waiting
    }
    fn devices(&self) -> &[DeviceLine] {
        &self.devices
    }
    fn limits(&self) -> &[Finding] {
        &self.limits
    }
    fn to_disinfect(&self) -> Vec<DeviceKind> {
        self.control.borrow().locked.iter().copied().collect()
    }
    fn notices(&self) -> &[Notice] {
        &self.notices
    }
    fn session(&self) -> Option<SessionView<'_>> {
        let now = self.control.borrow().now;
        self.session.as_ref().filter(|_| self.lock().is_none()).map(|s| s.view(now))
    }
    fn preview(&self) -> Option<(u64, Arc<PreviewFrame>)> {
        Some((1, Arc::new(PreviewFrame::Gray(rings(320, 240, 3)))))
    }
    fn guidance(&self) -> Option<Arc<Guidance>> {
        let advice = self.control.borrow().advice?;
        let face = Some([0.4, 0.25, 0.2, 0.35]);
        Some(Arc::new(Guidance { frame: 1, face, advice, score: Some(70), behind_ms: 20 }))
    }
    fn handover(&self) -> Option<&Handover> {
        self.handover.as_ref()
    }
    fn ledger(&self) -> Option<&Ledger> {
        Some(&self.ledger)
    }
    fn cards_entered(&self) -> Option<&Result<(), String>> {
        self.entered.as_ref()
    }
    fn ended(&self) -> Option<&Ended> {
        None
    }
    fn document(&self) -> Option<(&PathBuf, Arc<[u8]>)> {
        self.document.as_ref().map(|(p, b)| (p, Arc::clone(b)))
    }
    fn print_of_document(&self) -> Option<(Uuid, &PrintProgress)> {
        let id = self.session.as_ref()?.core.id;
        self.prints.get(&id).map(|p| (id, p))
    }
    fn print_progress(&self, document: Uuid) -> Option<&PrintProgress> {
        self.prints.get(&document)
    }
    fn unprinted(&self) -> &[UnprintedLine] {
        &self.unprinted
    }
    fn send(&mut self, command: DeskCommand) {
        let now = self.control.borrow().now;
        match command {
            DeskCommand::SignIn(id, secret) => {
                if *secret == SECRET {
                    self.signed_in = self.officers.iter().find(|o| o.id == id).cloned();
                } else {
                    self.notice("reason-blank", "VLT-07");
                }
            }
            DeskCommand::SignOut => {
                self.feed(Event::Command(super::rekam::session::event::Command::Park));
                self.put_aside();
                self.signed_in = None;
                self.control.borrow_mut().lock = None;
            }
            DeskCommand::Activity => self.control.borrow_mut().activity += 1,
            DeskCommand::Lock => {
                let mut control = self.control.borrow_mut();
                let keys_go = control.keys_go;
                let finger = if keys_go { FingerWay::Off } else { locked(now).finger };
                control.lock = Some(LockView { finger, pin: keys_go, ..locked(now) });
            }
            DeskCommand::Unlock(_)
            | DeskCommand::UnlockByPin(_)
            | DeskCommand::UnlockByFinger
            | DeskCommand::StopFinger => {
                self.unlock(&command);
            }
            DeskCommand::NewSession => {
                self.put_aside();
                self.document = None;
                let id = Uuid::from_u128(u128::from(now.timestamp_micros() as u64) << 64 | 0xABCD_EF01_2345);
                self.session = Some(Session::new(id, Arc::new(self.context()), None, now));
                let locked = self.control.borrow().locked.clone();
                self.feed(Event::Hygiene { locked, platen_due: false });
            }
            DeskCommand::TakeUp(id) => {
                self.put_aside();
                self.waiting.retain(|w| w.id != id);
                self.session = self.parked.remove(&id);
                self.feed(Event::TakenUp);
            }
            DeskCommand::Leave => self.put_aside(),
            DeskCommand::Session(command) => self.feed(Event::Command(command)),
            DeskCommand::Decide { nonce, officer, passphrase, approve, note } => {
                self.decide(nonce, officer, &passphrase, approve, &note);
            }
            DeskCommand::DismissNotice(i) => {
                self.notices.remove(i);
            }
            DeskCommand::Disinfected(kind) => {
                self.control.borrow_mut().locked.remove(&kind);
                self.tell_hygiene();
            }
            DeskCommand::UseDevice(_, id) => self.control.borrow_mut().used.push(id),
            DeskCommand::Reprint(id) => {
                let progress = self.control.borrow().print.clone();
                self.prints.extend(progress.map(|p| (id, p)));
            }
            DeskCommand::CameOut(id) => drop(self.prints.insert(id, PrintProgress::Printed)),
            DeskCommand::OpenHandover => self.open_handover(),
            DeskCommand::CloseHandover => self.handover = None,
            DeskCommand::Handover(command) => self.handover_command(command),
            DeskCommand::EnterCards(row) => self.enter_cards(&row),
            DeskCommand::Discard(id, why) => self.control.borrow_mut().discarded.push((id, why)),
            DeskCommand::RestartDevice(_) | DeskCommand::Preview(_) | DeskCommand::QueuePage(_) => {}
        }
    }
    fn pump(&mut self) -> bool {
        self.list_devices();
        self.limits.clone_from(&self.control.borrow().limits);
        self.waiting.append(&mut self.control.borrow_mut().found);
        let refused = self.control.borrow_mut().refused.take();
        if let Some(step) = refused {
            self.feed(Event::PartTried(step, Err("SES-12".into())));
        }
        self.feed(Event::Tick);
        false
    }
    fn wait(&mut self, _at_most: Duration) {}
}
