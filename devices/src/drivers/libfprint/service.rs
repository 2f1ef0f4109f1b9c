//! The library's own thread. libfprint is neither thread-safe nor able to run on a main context other than GLib's
//! default one (its enumeration and its `_sync` calls iterate that one), so one thread of the program owns the default
//! context and everything of the library: list, claims, captures. A second owner in the same program is told `Busy`.
//!
//! Only safe calls of `libfprint-rs` are used. Its `FpDevice::name` frees a string of the library, and its
//! `finger_status` panics when two flags are set; both are read as GObject properties instead.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gio::glib::{self, ControlFlow, MainContext};
use gio::prelude::{CancellableExt, ObjectExt};
use libfprint_rs::{Cancellable, FpContext, FpDevice, FpImage, GError};

use super::backend::{Answer, Backend, ENDED, GONE, LibraryError, OURS, RawPicture, Touch, Work};
use super::{FAMILY, Found};
use crate::vocabulary::DeviceFault;

/// How often plugged-in readers are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the first listing may take: every reader is asked who it is.
const START_WITHIN: Duration = Duration::from_secs(5);
/// Work that may wait for the thread.
const JOBS: usize = 16;
/// Events of the main context handled between two jobs.
const EVENTS_MAX: usize = 64;
/// Longest name that is taken from a driver, in characters.
const NAME_MAX: usize = 80;
/// `FP_FINGER_STATUS_PRESENT` of `fp-enums.h`.
const PRESENT: u32 = 2;
/// `FP_DEVICE_FEATURE_CAPTURE` of `fp-device.h`.
const CAPTURE: u32 = 1;

type Reply = Result<Answer, LibraryError>;

/// What the glass feels, written by the library's thread.
#[derive(Debug, Default)]
struct Glass {
    present: AtomicBool,
    ever: AtomicBool,
}

enum Job {
    Do { id: String, work: Work, cancel: Cancellable, glass: Arc<Glass>, reply: SyncSender<Reply> },
    Close(String),
}

/// The library, running. Ends when it and every reader of it are gone.
#[derive(Debug, Clone)]
pub(super) struct Service {
    jobs: SyncSender<Job>,
    seen: Arc<Mutex<Vec<Found>>>,
}

impl Service {
    /// Starts the library's thread and waits for its first listing. Who keeps the thread sees when it has crashed.
    ///
    /// # Errors
    /// [`DeviceFault::Busy`] where another part of the program runs the library, [`DeviceFault::Hung`] when the first
    /// listing takes too long, [`DeviceFault::Crashed`] when there is no thread to be had.
    pub(super) fn start() -> Result<(Self, JoinHandle<()>), DeviceFault> {
        let (jobs, receiver) = sync_channel(JOBS);
        let (told, started) = sync_channel(1);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = seen.clone();
        let thread = std::thread::Builder::new()
            .name("libfprint".to_owned())
            .spawn(move || serve(&receiver, &shared, &told))
            .map_err(|_| DeviceFault::Crashed)?;
        match started.recv_timeout(START_WITHIN) {
            Ok(true) => Ok((Self { jobs, seen }, thread)),
            Ok(false) => Err(DeviceFault::Busy),
            Err(RecvTimeoutError::Timeout) => {
                Err(DeviceFault::Hung { after_ms: START_WITHIN.as_millis() as u64 })
            }
            Err(RecvTimeoutError::Disconnected) => Err(DeviceFault::Crashed),
        }
    }

    /// The readers that are plugged in, as of the last look. Never waits.
    pub(super) fn found(&self) -> Vec<Found> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The reader of a name, not claimed yet.
    pub(super) fn reader(&self, id: &str) -> Handle {
        Handle { service: self.clone(), id: id.to_owned(), under_way: None, glass: Arc::default() }
    }
}

/// One reader behind the library's thread.
#[derive(Debug)]
pub(super) struct Handle {
    service: Service,
    id: String,
    under_way: Option<(Receiver<Reply>, Cancellable)>,
    glass: Arc<Glass>,
}

impl Backend for Handle {
    fn begin(&mut self, work: Work) -> Result<(), DeviceFault> {
        let (reply, receiver) = sync_channel(1);
        let cancel = Cancellable::new();
        self.glass = Arc::default();
        let job =
            Job::Do { id: self.id.clone(), work, cancel: cancel.clone(), glass: self.glass.clone(), reply };
        self.service.jobs.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => DeviceFault::Hung { after_ms: 0 },
            TrySendError::Disconnected(_) => DeviceFault::Crashed,
        })?;
        self.under_way = Some((receiver, cancel));
        Ok(())
    }

    fn poll(&mut self, at_most: Duration) -> Option<Reply> {
        let (receiver, _) = self.under_way.as_ref()?;
        let answer = match receiver.recv_timeout(at_most) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Err(ours(ENDED)),
        };
        self.under_way = None;
        Some(answer)
    }

    fn cancel(&mut self) {
        if let Some((_, cancel)) = &self.under_way {
            let cancel = cancel.clone();
            // On the library's thread: its handler of the signal reads what that thread writes.
            MainContext::default().invoke(move || cancel.cancel());
        }
    }

    fn touch(&self) -> Touch {
        Touch {
            present: self.glass.present.load(Ordering::Acquire),
            ever: self.glass.ever.load(Ordering::Acquire),
        }
    }

    fn close(&mut self) {
        // A full channel means a thread that hangs: it has the reader as long as it hangs.
        self.service.jobs.try_send(Job::Close(self.id.clone())).ok();
    }
}

fn ours(code: i32) -> LibraryError {
    LibraryError { domain: OURS.to_owned(), code }
}

fn library(error: &GError) -> LibraryError {
    LibraryError { domain: error.domain().as_str().to_string(), code: error.code() }
}

/// What the library's thread keeps of a reader.
struct Known {
    id: String,
    device: FpDevice,
    arrival: u64,
}

/// The readers, shared between the thread's loop and its timer (both on this thread).
#[derive(Default)]
struct Shelf {
    known: Vec<Known>,
    arrivals: u64,
}

impl Shelf {
    /// Takes the library's list. A reader keeps its name as long as it is plugged in.
    fn look(&mut self, context: &FpContext, seen: &Mutex<Vec<Found>>) {
        let there = context.devices();
        self.known.retain(|k| there.contains(&k.device));
        for device in there {
            if self.known.iter().any(|k| k.device == device) {
                continue;
            }
            let driver = device.driver();
            let free = |n: &usize| {
                let id = id(&driver, *n);
                self.known.iter().all(|k| k.id != id)
            };
            let Some(number) = (1..=self.known.len() + 1).find(free) else { continue };
            self.arrivals += 1;
            self.known.push(Known { id: id(&driver, number), device, arrival: self.arrivals });
        }
        let found = self.known.iter().map(describe).collect();
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }

    fn find(&self, id: &str) -> Option<FpDevice> {
        self.known.iter().find(|k| k.id == id).map(|k| k.device.clone())
    }
}

fn id(driver: &str, number: usize) -> String {
    format!("{}-{driver}-{number}", FAMILY.id)
}

/// A flags property as a number; 0 where this libfprint does not have it.
fn flags(device: &FpDevice, property: &str) -> u32 {
    if device.find_property(property).is_none() {
        return 0;
    }
    device.property_value(property).transform::<u32>().ok().and_then(|v| v.get().ok()).unwrap_or(0)
}

fn describe(known: &Known) -> Found {
    let device = &known.device;
    let name = device.find_property("name").and_then(|_| device.property::<Option<String>>("name"));
    Found {
        id: known.id.clone(),
        driver: device.driver(),
        name: name.unwrap_or_default().chars().filter(|c| !c.is_control()).take(NAME_MAX).collect(),
        gives_pictures: gives_pictures(device),
        arrival: known.arrival,
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn gives_pictures(device: &FpDevice) -> bool {
    device.features().iter().any(|f| *f as u32 == CAPTURE)
}

/// `libfprint-rs` 0.3 tells features on x86 only; elsewhere a reader is offered and says itself that it cannot.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
fn gives_pictures(_: &FpDevice) -> bool {
    CAPTURE != 0
}

/// A timer on the main context. It goes with its thread, also when that crashes: run by the next thread that owns the
/// context it would end the program.
struct Timer(Option<glib::SourceId>);

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(timer) = self.0.take() {
            timer.remove();
        }
    }
}

fn serve(jobs: &Receiver<Job>, seen: &Arc<Mutex<Vec<Found>>>, started: &SyncSender<bool>) {
    let main = MainContext::default();
    let Ok(_owned) = main.acquire() else {
        started.try_send(false).ok();
        return;
    };
    let context = FpContext::new();
    let shelf = std::rc::Rc::new(std::cell::RefCell::new(Shelf::default()));
    shelf.borrow_mut().look(&context, seen);
    started.try_send(true).ok();
    // While a call runs the main context, only its timers see what comes and goes.
    let _timer = {
        let (context, shelf, seen) = (context.clone(), shelf.clone(), seen.clone());
        Timer(Some(glib::timeout_add_local(LOOK_EVERY, move || {
            if let Ok(mut shelf) = shelf.try_borrow_mut() {
                shelf.look(&context, &seen);
            }
            ControlFlow::Continue
        })))
    };
    let mut claimed: BTreeMap<String, FpDevice> = BTreeMap::new();
    loop {
        match jobs.recv_timeout(LOOK_EVERY) {
            Ok(Job::Do { id, work, cancel, glass, reply }) => {
                let device = shelf.borrow().find(&id);
                let answer = match (device, work) {
                    (None, _) => Err(ours(GONE)),
                    (Some(device), Work::Open) => open(&device, &cancel, &id, &mut claimed),
                    (Some(device), Work::Capture) => capture(&device, &cancel, &glass),
                };
                reply.try_send(answer).ok();
            }
            Ok(Job::Close(id)) => close(claimed.remove(&id)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        for _ in 0..EVENTS_MAX {
            if !main.iteration(false) {
                break;
            }
        }
    }
    claimed.into_values().for_each(|device| close(Some(device)));
}

fn open(
    device: &FpDevice,
    cancel: &Cancellable,
    id: &str,
    claimed: &mut BTreeMap<String, FpDevice>,
) -> Reply {
    // A claim of ours that the library still holds (the reader was unplugged meanwhile) is given back first.
    close(claimed.remove(id));
    device.open_sync(Some(cancel)).map_err(|e| library(&e))?;
    claimed.insert(id.to_owned(), device.clone());
    Ok(Answer::Opened)
}

/// Gives a reader back. One that is gone cannot be closed, and need not be.
fn close(device: Option<FpDevice>) {
    if let Some(error) = device.filter(FpDevice::is_open).and_then(|d| d.close_sync(None).err()) {
        tracing::debug!(domain = error.domain().as_str().as_str(), code = error.code(), "reader not closed");
    }
}

fn capture(device: &FpDevice, cancel: &Cancellable, glass: &Arc<Glass>) -> Reply {
    let felt = glass.clone();
    let note = move |device: &FpDevice| {
        let present = flags(device, "finger-status") & PRESENT != 0;
        felt.present.store(present, Ordering::Release);
        felt.ever.fetch_or(present, Ordering::AcqRel);
    };
    let handler = device.connect_notify_local(Some("finger-status"), move |device, _| note(device));
    let taken = device.capture_sync(true, Some(cancel));
    device.disconnect(handler);
    taken.map(|image| Answer::Picture(raw(&image))).map_err(|e| library(&e))
}

fn raw(image: &FpImage) -> RawPicture {
    RawPicture { width: image.width(), height: image.height(), ppmm: image.ppmm(), pixels: image.data() }
}
