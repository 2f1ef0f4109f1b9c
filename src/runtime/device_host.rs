//! The host of all devices: one manager thread that gives each kind a thread of its own, watches their deadlines,
//! abandons those that hang, and tells what comes and goes.
//!
//! A thread that hangs inside a driver cannot be ended; it is left alone, counted, and replaced. What it says later is
//! of an older generation and dropped.

mod looks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use biometrics::face::BackgroundColour;
use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use devices::hotplug::HotPlugMonitor;
use devices::registry::{Registry, family};
use devices::setup::Setup;
use devices::traits::PreviewFrame;
use devices::vocabulary::{
    CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceId, DeviceInfo, DeviceKind, RequestId,
};
use uuid::Uuid;

use super::analysis::{Engine, Request, Work, analyse};
use super::clock::Clock;
use super::device_thread::{DeviceJob, DeviceThread};
use super::error;
use super::portrait::Shots;
use super::preview::PreviewSlot;
use super::station::{DeviceLine, DeviceState};
use super::workers::{Answer, Outbox, error_notice};
use crate::session::event::{CaptureOutcome, Target};

/// Grace over a device's own deadline before it counts as hung; also what it has to answer a cancel.
const GRACE: Duration = Duration::from_secs(2);
/// How long a device may take to open.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// Threads of one kind that may hang at the same time; then the kind stays faulty until the program is restarted.
const ABANDONED_MAX: usize = 4;
/// Jobs that may wait for one device.
const DEVICE_JOBS: usize = 8;
/// Longest sleep of the manager.
const IDLE: Duration = Duration::from_secs(60);

/// A capture to be made.
pub(super) struct Order {
    pub(super) session: Uuid,
    pub(super) id: RequestId,
    pub(super) target: Target,
    pub(super) task: CaptureTask,
    pub(super) gallery: Vec<(FingerPosition, Template)>,
    pub(super) background: Option<BackgroundColour>,
    pub(super) timeout_ms: u64,
}

/// What a device gave.
pub(super) struct Taken {
    pub(super) captured: Captured,
    /// Pictures that may be kept instead (photos only).
    pub(super) candidates: Vec<Arc<PreviewFrame>>,
    pub(super) device: DeviceInfo,
}

/// How a capture on a device's thread ended.
pub(super) type Ended = Result<Taken, CaptureEnd>;

/// What the manager is told: by the shell, by its threads and by the hot-plug monitor.
pub(super) enum DeviceMessage {
    /// The manager's own channel, for the threads that it starts. Comes first.
    Begin(SyncSender<DeviceMessage>),
    Capture(Box<Order>),
    Cancel(Uuid, RequestId),
    Restart(DeviceKind),
    Use(DeviceKind, DeviceId),
    /// What printing came to: a printer that failed, or works again.
    Printing(Option<DeviceFault>),
    Preview(bool),
    Stop,
    HotPlug,
    Opened(DeviceKind, u64, Result<DeviceInfo, DeviceFault>),
    Broken(DeviceKind, u64, DeviceFault),
    Done(DeviceKind, u64, u64, Box<Ended>),
    Ended(DeviceKind),
}

/// Something to be analysed.
pub(super) struct AnalysisJob {
    pub(super) session: Uuid,
    pub(super) id: RequestId,
    pub(super) target: Target,
    pub(super) gallery: Vec<(FingerPosition, Template)>,
    pub(super) device: DeviceInfo,
    pub(super) work: Work,
    pub(super) at: chrono::DateTime<chrono::Utc>,
}

/// The analysis worker.
pub(super) fn analyse_all(engine: &Engine, jobs: &Receiver<AnalysisJob>, out: &Outbox) {
    while let Ok(job) = jobs.recv() {
        let request = Request { target: job.target, gallery: &job.gallery, device: &job.device, at: job.at };
        let outcome = analyse(engine, &request, job.work);
        if !out.send(Answer::Captured { session: job.session, id: job.id, outcome }) {
            return;
        }
    }
}

struct Running {
    ticket: u64,
    order: Box<Order>,
    deadline: Instant,
    begun: Instant,
    cancel: Arc<AtomicBool>,
}

struct Thread {
    jobs: SyncSender<DeviceJob>,
    generation: u64,
}

struct Host {
    line: DeviceLine,
    /// The device that the operator chose; without a choice the first that is there.
    choice: Option<DeviceId>,
    thread: Option<Thread>,
    running: Option<Running>,
    next: Option<Box<Order>>,
    opening: Option<Instant>,
    abandoned: usize,
    given_up: bool,
    /// What looks told of devices that do not work.
    told: BTreeMap<DeviceId, DeviceFault>,
}

/// What the manager works with.
pub(super) struct DeviceHost {
    pub(super) registry: Arc<Registry>,
    pub(super) setup: Arc<Setup>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) preview: Arc<PreviewSlot>,
    pub(super) wake: Arc<dyn Fn() + Send + Sync>,
    pub(super) analysis: SyncSender<AnalysisJob>,
    pub(super) out: Outbox,
}

/// Notes which device of a kind is in use; true when that is new. The one before it, still plugged in, is another.
fn in_use(line: &mut DeviceLine, info: &DeviceInfo) -> bool {
    if line.info.as_ref() == Some(info) {
        return false;
    }
    let before = line.info.replace(info.clone()).filter(|before| before.id != info.id);
    line.others.retain(|other| other.id != info.id);
    line.others.extend(before);
    true
}

/// The devices that are set up, before anything is known of them.
pub(super) fn first_lines(registry: &Registry, setup: &Setup) -> Vec<DeviceLine> {
    let allowed = |driver: &str| family(driver).is_some_and(|f| registry.is_training() || !f.training_only);
    let line = |kind: DeviceKind| {
        let fault = if setup.drivers_of(kind).iter().all(|entry| !allowed(&entry.driver)) {
            DeviceFault::TrainingOnly
        } else {
            DeviceFault::NotFound { kind: kind.id().to_owned() }
        };
        DeviceLine { kind, info: None, state: DeviceState::Faulty(fault), others: Vec::new() }
    };
    setup.kinds().map(line).collect()
}

impl DeviceHost {
    /// Runs until told to stop, or until the shell is gone.
    pub(super) fn run(self, messages: Receiver<DeviceMessage>) {
        let Ok(DeviceMessage::Begin(own)) = messages.recv() else { return };
        let host = |line: DeviceLine| Host {
            line,
            choice: None,
            thread: None,
            running: None,
            next: None,
            opening: None,
            abandoned: 0,
            given_up: false,
            told: BTreeMap::new(),
        };
        let hosts = first_lines(&self.registry, &self.setup).into_iter().map(|l| (l.kind, host(l))).collect();
        let wake = own.clone();
        // A full channel is no loss: the manager looks at the monitor after every message.
        let told = move || drop(wake.try_send(DeviceMessage::HotPlug));
        let monitor = match HotPlugMonitor::start(&self.registry, &self.setup, told) {
            Ok(monitor) => Some(monitor),
            Err(e) => {
                tracing::error!("hot-plug monitor: {e}");
                self.out.send(Answer::Notice(error_notice("runtime-no-hotplug", error::WORKER_GONE)));
                None
            }
        };
        let mut manager =
            Manager { host: self, own, hosts, tickets: 0, generations: 0, preview: false, changed: true };
        loop {
            if let Some(monitor) = &monitor {
                while let Ok(event) = monitor.events().try_recv() {
                    manager.hot_plug(event);
                }
            }
            manager.watch();
            if !manager.tell() {
                break;
            }
            match messages.recv_timeout(manager.sleep()) {
                Ok(DeviceMessage::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(message) => manager.take(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        manager.stop();
    }
}

struct Manager {
    host: DeviceHost,
    own: SyncSender<DeviceMessage>,
    hosts: BTreeMap<DeviceKind, Host>,
    tickets: u64,
    generations: u64,
    preview: bool,
    changed: bool,
}

impl Manager {
    fn answer(&self, order: &Order, outcome: CaptureOutcome) {
        self.host.out.send(Answer::Captured { session: order.session, id: order.id, outcome });
    }

    /// Tells the shell the lines, once for any number of changes. False when the shell is gone.
    fn tell(&mut self) -> bool {
        !std::mem::take(&mut self.changed)
            || self.host.out.send(Answer::Devices(self.hosts.values().map(|h| h.line.clone()).collect()))
    }

    fn set_state(&mut self, kind: DeviceKind, state: DeviceState) {
        if let Some(host) = self.hosts.get_mut(&kind)
            && host.line.state != state
        {
            host.line.state = state;
            self.changed = true;
        }
    }

    fn take(&mut self, message: DeviceMessage) {
        match message {
            DeviceMessage::Capture(order) => self.capture(order),
            DeviceMessage::Cancel(session, id) => self.cancel(session, id),
            DeviceMessage::Restart(kind) => self.restart(kind),
            DeviceMessage::Use(kind, id) => self.change(kind, id),
            DeviceMessage::Printing(fault) => self.printing(fault),
            DeviceMessage::Preview(on) => self.set_preview(on),
            DeviceMessage::Opened(kind, generation, opened) => self.opened(kind, generation, opened),
            DeviceMessage::Broken(kind, generation, fault) => {
                if self.is_current(kind, generation) {
                    self.set_state(kind, DeviceState::Faulty(fault));
                }
            }
            DeviceMessage::Done(kind, generation, ticket, ended) => {
                self.done(kind, generation, ticket, *ended)
            }
            DeviceMessage::Ended(kind) => {
                if let Some(host) = self.hosts.get_mut(&kind) {
                    host.abandoned = host.abandoned.saturating_sub(1);
                }
            }
            DeviceMessage::Begin(_) | DeviceMessage::HotPlug | DeviceMessage::Stop => {}
        }
    }

    fn is_current(&self, kind: DeviceKind, generation: u64) -> bool {
        self.hosts.get(&kind).and_then(|h| h.thread.as_ref()).is_some_and(|t| t.generation == generation)
    }

    /// The thread of a kind, started where there is none.
    fn thread(&mut self, kind: DeviceKind) -> Result<SyncSender<DeviceJob>, DeviceFault> {
        let not_found = || DeviceFault::NotFound { kind: kind.id().to_owned() };
        let host = self.hosts.get_mut(&kind).ok_or_else(not_found)?;
        if host.given_up {
            return Err(DeviceFault::Hung { after_ms: GRACE.as_millis() as u64 });
        }
        if let Some(thread) = &host.thread {
            return Ok(thread.jobs.clone());
        }
        self.generations += 1;
        let generation = self.generations;
        let thread = DeviceThread {
            kind,
            generation,
            registry: self.host.registry.clone(),
            setup: self.host.setup.clone(),
            choice: host.choice.clone(),
            preview: self.host.preview.clone(),
            wake: self.host.wake.clone(),
            out: self.own.clone(),
        };
        let (jobs, receiver) = sync_channel(DEVICE_JOBS);
        let name = format!("device-{}", kind.id());
        let started = std::thread::Builder::new().name(name).spawn(move || thread.run(receiver));
        if let Err(e) = started {
            tracing::error!("thread of the {}: {e}", kind.id());
            return Err(DeviceFault::Busy);
        }
        host.thread = Some(Thread { jobs: jobs.clone(), generation });
        if self.preview && kind == DeviceKind::Camera {
            jobs.try_send(DeviceJob::Preview(true)).ok();
        }
        Ok(jobs)
    }

    fn capture(&mut self, order: Box<Order>) {
        let kind = order.task.kind();
        if let Some(host) = self.hosts.get_mut(&kind)
            && let Some(running) = &mut host.running
        {
            // The session no longer waits for the running one; this one follows as soon as the device is free.
            running.cancel.store(true, Ordering::Release);
            running.deadline = running.deadline.min(Instant::now() + GRACE);
            if let Some(old) = host.next.replace(order) {
                self.answer(&old, CaptureOutcome::Cancelled);
            }
            return;
        }
        self.tickets += 1;
        let ticket = self.tickets;
        let jobs = match self.thread(kind) {
            Ok(jobs) => jobs,
            Err(fault) => return self.answer(&order, CaptureOutcome::Fault(fault)),
        };
        let cancel = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let deadline = begun + Duration::from_millis(order.timeout_ms);
        let job = DeviceJob::Capture { ticket, task: order.task.clone(), deadline, cancel: cancel.clone() };
        if jobs.try_send(job).is_err() {
            // Only a thread that hangs in something else leaves its jobs lying.
            self.abandon(kind, DeviceFault::Hung { after_ms: order.timeout_ms });
            return self.answer(&order, CaptureOutcome::Fault(DeviceFault::Busy));
        }
        if let Some(host) = self.hosts.get_mut(&kind) {
            host.running = Some(Running { ticket, order, deadline: deadline + GRACE, begun, cancel });
        }
        self.set_state(kind, DeviceState::Working);
    }

    fn cancel(&mut self, session: Uuid, id: RequestId) {
        let mut waiting = Vec::new();
        for host in self.hosts.values_mut() {
            if let Some(running) =
                host.running.as_mut().filter(|r| r.order.session == session && r.order.id == id)
            {
                running.cancel.store(true, Ordering::Release);
                running.deadline = running.deadline.min(Instant::now() + GRACE);
            }
            waiting.extend(host.next.take_if(|o| o.session == session && o.id == id));
        }
        for order in waiting {
            self.answer(&order, CaptureOutcome::Cancelled);
        }
    }

    fn done(&mut self, kind: DeviceKind, generation: u64, ticket: u64, ended: Ended) {
        if !self.is_current(kind, generation) {
            return;
        }
        let Some(host) = self.hosts.get_mut(&kind) else { return };
        let Some(running) = host.running.take_if(|r| r.ticket == ticket) else { return };
        let order = running.order;
        let state = match &ended {
            // What a device cannot do is no fault of it.
            Ok(_) | Err(CaptureEnd::Fault(DeviceFault::Unsupported)) => DeviceState::Ready,
            Err(CaptureEnd::Fault(fault)) => DeviceState::Faulty(fault.clone()),
            Err(CaptureEnd::Retry(_) | CaptureEnd::Cancelled) => DeviceState::Ready,
        };
        self.set_state(kind, state);
        match ended {
            Ok(Taken { captured, candidates, device }) => {
                let job = AnalysisJob {
                    session: order.session,
                    id: order.id,
                    target: order.target,
                    gallery: order.gallery,
                    device,
                    work: match (order.target, captured) {
                        (Target::Face, Captured::Photo { image }) => {
                            Work::Face(Box::new(Shots { image, candidates, background: order.background }))
                        }
                        (_, captured) => captured.into(),
                    },
                    at: self.host.clock.now(),
                };
                if self.host.analysis.send(job).is_err() {
                    let notice = error_notice("runtime-worker-gone", error::WORKER_GONE);
                    self.host.out.send(Answer::Notice(notice));
                }
            }
            Err(CaptureEnd::Retry(retry)) => self.answer(&order, CaptureOutcome::Retry(retry)),
            Err(CaptureEnd::Fault(fault)) => self.answer(&order, CaptureOutcome::Fault(fault)),
            Err(CaptureEnd::Cancelled) => self.answer(&order, CaptureOutcome::Cancelled),
        }
        self.next(kind);
    }

    fn next(&mut self, kind: DeviceKind) {
        if let Some(order) = self.hosts.get_mut(&kind).and_then(|h| h.next.take()) {
            self.capture(order);
        }
    }

    fn opened(&mut self, kind: DeviceKind, generation: u64, opened: Result<DeviceInfo, DeviceFault>) {
        if !self.is_current(kind, generation) {
            return;
        }
        let Some(host) = self.hosts.get_mut(&kind) else { return };
        let asked = host.opening.take().is_some();
        let working = host.running.is_some();
        match opened {
            Ok(info) => {
                self.changed |= in_use(&mut host.line, &info);
                self.set_state(kind, if working { DeviceState::Working } else { DeviceState::Ready });
                // A device that was opened again on request: the session's fault is over.
                if asked {
                    self.host.out.send(Answer::Arrived(info));
                }
            }
            Err(fault) => {
                self.not_changed(kind);
                self.set_state(kind, DeviceState::Faulty(fault));
            }
        }
    }

    /// A device that was chosen in place of another did not open: the other one, which is there, can be chosen again.
    fn not_changed(&mut self, kind: DeviceKind) {
        let Some(host) = self.hosts.get_mut(&kind) else { return };
        let before = host.line.info.take_if(|info| host.choice.as_ref().is_some_and(|id| *id != info.id));
        self.changed |= before.is_some();
        host.line.others.extend(before);
    }

    fn restart(&mut self, kind: DeviceKind) {
        // Documents are printed by the print worker: nothing is held open here.
        if kind == DeviceKind::Printer {
            return self.looked_at(kind);
        }
        let Some(host) = self.hosts.get_mut(&kind) else { return };
        if host.running.is_some() {
            self.abandon(kind, DeviceFault::Unplugged);
        }
        match self.thread(kind) {
            Ok(jobs) => {
                let choice = self.hosts.get(&kind).and_then(|h| h.choice.clone());
                if jobs.try_send(DeviceJob::Open(choice)).is_ok()
                    && let Some(host) = self.hosts.get_mut(&kind)
                {
                    host.opening = Some(Instant::now() + OPEN_LIMIT);
                    self.set_state(kind, DeviceState::Opening);
                }
            }
            Err(fault) => self.set_state(kind, DeviceState::Faulty(fault)),
        }
    }

    /// Changes to another device of the kind; what the old one was doing ends.
    fn change(&mut self, kind: DeviceKind, id: DeviceId) {
        let Some(host) = self.hosts.get_mut(&kind) else { return };
        let Some(other) = host.line.others.iter().find(|other| other.id == id).cloned() else { return };
        host.choice = Some(id);
        if kind == DeviceKind::Printer {
            self.changed |= in_use(&mut host.line, &other);
        }
        self.restart(kind);
    }

    fn set_preview(&mut self, on: bool) {
        self.preview = on;
        let camera = self.hosts.get(&DeviceKind::Camera);
        let started = camera.is_some_and(|h| h.thread.is_some());
        if camera.is_none_or(|h| h.line.info.is_none()) || (!on && !started) {
            return;
        }
        // A new thread learns of the preview as it is started.
        if started && let Some(thread) = camera.and_then(|h| h.thread.as_ref()) {
            thread.jobs.try_send(DeviceJob::Preview(on)).ok();
        } else {
            self.thread(DeviceKind::Camera).ok();
        }
    }

    /// Lets go of the thread of a kind: it hangs. What it was doing ends with `fault`.
    fn abandon(&mut self, kind: DeviceKind, fault: DeviceFault) {
        let Some(host) = self.hosts.get_mut(&kind) else { return };
        if host.thread.take().is_some() {
            host.abandoned += 1;
        }
        let opened = host.opening.take().is_none();
        host.given_up = host.abandoned >= ABANDONED_MAX;
        let given_up = host.given_up;
        if let Some(running) = host.running.take() {
            running.cancel.store(true, Ordering::Release);
            tracing::warn!(kind = kind.id(), code = fault.code(), "device abandoned");
            self.answer(&running.order, CaptureOutcome::Fault(fault.clone()));
        }
        if !opened {
            self.not_changed(kind);
        }
        self.set_state(kind, DeviceState::Faulty(fault));
        if given_up {
            let notice = error_notice("runtime-device-given-up", error::DEVICE_GIVEN_UP);
            self.host.out.send(Answer::Notice(notice));
        }
        self.next(kind);
    }

    /// Abandons what has overrun its deadline.
    fn watch(&mut self) {
        let now = Instant::now();
        let overdue: Vec<(DeviceKind, u64)> = self
            .hosts
            .iter()
            .filter_map(|(kind, host)| {
                let running = host.running.as_ref().filter(|r| now >= r.deadline);
                let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
                let opening = host.opening.filter(|at| now >= *at).map(|_| ms(OPEN_LIMIT));
                running.map(|r| ms(now - r.begun)).or(opening).map(|after_ms| (*kind, after_ms))
            })
            .collect();
        for (kind, after_ms) in overdue {
            self.abandon(kind, DeviceFault::Hung { after_ms });
        }
    }

    /// Time until the next deadline.
    fn sleep(&self) -> Duration {
        let deadlines = self
            .hosts
            .values()
            .flat_map(|h| h.running.as_ref().map(|r| r.deadline).into_iter().chain(h.opening));
        deadlines.min().map_or(IDLE, |at| at.saturating_duration_since(Instant::now())).min(IDLE)
    }

    /// Cancels what runs; nobody waits for a thread that hangs.
    fn stop(&mut self) {
        for host in self.hosts.values_mut() {
            if let Some(running) = &host.running {
                running.cancel.store(true, Ordering::Release);
            }
            host.thread = None;
        }
        self.host.registry.simulation().release_hangs();
    }
}

#[cfg(test)]
#[path = "device_host_tests.rs"]
mod tests;
