//! An opened SBI device: live pictures first, then the capture on the same part, then every check.

use std::time::{Duration, Instant};

use biometrics::codec;
use biometrics::image::RgbImage;
use chrono::Utc;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::{self, Asked, Sample};
use super::codes;
use super::discovery::{self, Lease, Services};
use super::http::{self, Connection, HttpError, Request, SLICE};
use super::info::{Policy, Target};
use super::jwt::Trust;
use super::order::{DeviceShape, Order, Part};
use super::stream::LiveStream;
use super::wire::{self, BioType, CaptureBio, CaptureRequest};
use crate::pace;
use crate::traits::{
    Camera, CaptureDevice, CaptureWatch, Device, FingerprintReader, IrisReader, PreviewFrame,
};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, FingerImage, IrisImage};

/// Time that a device gets for its first live picture; the capture is then asked for without one.
const FIRST_PICTURE: Duration = Duration::from_secs(3);
/// How long it is asked again while it says that it is busy: a device may notice late that its last caller is gone.
const BUSY_PATIENCE: Duration = Duration::from_secs(3);
/// Pause before it is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(200);
/// Pause between two looks whether a service that broke off is gone.
const GONE_PAUSE: Duration = Duration::from_millis(40);
/// Time behind the timeout that the device was given, after which it counts as hung.
const GRACE: Duration = Duration::from_secs(5);
/// Live pictures that nobody read for so long may show somebody else: they are begun again.
const STALE: Duration = Duration::from_secs(1);
/// Time for live pictures that the device is told.
const LIVE_MS: u64 = 300_000;

/// What a capture asks of a device besides its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wishes {
    /// Longest time that the device is given for one capture, in milliseconds.
    pub(super) timeout_ms: u64,
    /// Score at which it may end early, 0 to 100.
    pub(super) requested_score: u8,
}

/// An opened device.
#[derive(Debug)]
pub struct SbiDevice {
    info: DeviceInfo,
    target: Target,
    shape: DeviceShape,
    policy: Policy,
    wishes: Wishes,
    services: Services,
    /// Hash of the last answer, empty before the first.
    hash: String,
    live: Option<Live>,
}

/// Live pictures that run between captures (faces only).
#[derive(Debug)]
struct Live {
    stream: LiveStream,
    lease: Lease,
    read: Instant,
}

impl Live {
    fn is_fresh(&self) -> bool {
        !self.stream.ended() && self.read.elapsed() <= STALE
    }
}

impl SbiDevice {
    pub(super) fn new(target: Target, policy: Policy, wishes: Wishes, services: Services) -> Self {
        let shape = DeviceShape::new(&target.digital, &target.sub_ids);
        let info = target.device_info();
        Self { info, target, shape, policy, wishes, services, hash: String::new(), live: None }
    }

    /// What decides how this device is asked.
    #[must_use]
    pub fn shape(&self) -> &DeviceShape {
        &self.shape
    }

    /// One capture, checked in full; its records are not decoded.
    ///
    /// # Errors
    /// [`CaptureEnd`]: what the person can mend, what the station must mend, or our own cancel.
    pub fn take(&mut self, order: &Order, watch: &mut dyn CaptureWatch) -> Result<Vec<Sample>, CaptureEnd> {
        pace::check(watch)?;
        let patience = Instant::now() + BUSY_PATIENCE;
        let live = self.live.take().filter(Live::is_fresh);
        let (mut stream, _lease) = match live {
            Some(live) => (Some(live.stream), live.lease),
            None => (None, self.services.lease(self.target.port)),
        };
        loop {
            let transaction = Uuid::now_v7().to_string();
            let told = self.attempt(order, &transaction, stream.take(), watch);
            let told = told.map_err(|end| match end {
                CaptureEnd::Fault(fault) => CaptureEnd::Fault(self.or_gone(fault)),
                other => other,
            })?;
            let answer = match told {
                Told::Answer(answer) => answer,
                Told::Code(code) => return Err(codes::end(&code, self.info.kind)),
                Told::Passing(_) if Instant::now() < patience => {
                    // Asked again after a pause; its end by cancel or deadline is seen by the next check.
                    pace::wait(BUSY_PAUSE, watch, || false);
                    pace::check(watch)?;
                    continue;
                }
                Told::Passing(code) => return Err(codes::end(&code, self.info.kind)),
            };
            self.follow_key(&answer, watch);
            let asked = Asked {
                target: &self.target,
                order,
                transaction_id: &transaction,
                previous_hash: &self.hash,
                trust: &self.policy.trust,
                now: Utc::now(),
            };
            let (samples, hash) = answer::check(&answer, &asked)?;
            self.hash = hash;
            return Ok(samples);
        }
    }

    /// Device keys change every month, perhaps while the device is open: when an answer names another signer, the
    /// device info is read and checked anew. What that does not explain the checks of the answer refuse.
    fn follow_key(&mut self, answer: &Value, watch: &dyn CaptureWatch) {
        let signed = matches!(self.policy.trust, Trust::Roots(_));
        if !signed || answer::names_signer(answer, self.target.signer.as_ref()) {
            return;
        }
        let stop = || watch.cancelled() || Instant::now() >= watch.deadline();
        let found = discovery::devices_of(self.target.port, &stop).unwrap_or_default();
        let known = &self.target;
        let same = |target: &Target| {
            target.port == known.port
                && target.device_code == known.device_code
                && target.digital == known.digital
                && target.certification == known.certification
        };
        let renewed = found
            .iter()
            .filter(|found| found.device_id == known.device_id)
            .filter_map(|found| Target::verify(found, &self.policy, Utc::now()).ok())
            .find(same);
        if let Some(renewed) = renewed {
            tracing::info!(port = renewed.port, "the device has a new key");
            self.target.signer = renewed.signer;
        }
    }

    /// One try: live pictures, and the capture once they run.
    fn attempt(
        &self,
        order: &Order,
        transaction: &str,
        running: Option<LiveStream>,
        watch: &mut dyn CaptureWatch,
    ) -> Result<Told, CaptureEnd> {
        let mut stream = match running {
            Some(stream) => stream,
            None => self.open_stream(order.sub_id, LIVE_MS)?,
        };
        let begun = Instant::now();
        let first_by = begun + FIRST_PICTURE;
        loop {
            check_cancel(watch)?;
            let shown = self.show(&mut stream, watch)?;
            if let Some(code) = stream.error() {
                return Ok(Told::of(code));
            }
            let now = Instant::now();
            if shown || (stream.answered() && (stream.ended() || now >= first_by)) {
                break;
            }
            if stream.ended() {
                return Err(HttpError::Closed.into());
            }
            if now >= first_by.min(watch.deadline()) {
                return Err(DeviceFault::Hung { after_ms: begun.elapsed().as_millis() as u64 }.into());
            }
            http::wait(&[&stream.connection], SLICE);
        }
        self.capture_beside(order, transaction, stream, watch)
    }

    /// The capture itself, while the live pictures go on or pause as the device likes.
    fn capture_beside(
        &self,
        order: &Order,
        transaction: &str,
        mut stream: LiveStream,
        watch: &mut dyn CaptureWatch,
    ) -> Result<Told, CaptureEnd> {
        let begun = Instant::now();
        let timeout = self.device_timeout(watch.deadline().saturating_duration_since(begun));
        let until = (begun + timeout + GRACE).min(watch.deadline());
        let body = self.capture_request(order, transaction, timeout);
        let request = Request { port: self.target.port, method: "RCAPTURE", path: "/capture", body: &body };
        let mut capture = Connection::open(&request)?;
        let mut streaming = true;
        loop {
            check_cancel(watch)?;
            let grew = capture.pump()?;
            if let Some(answer) = capture.json(!grew)? {
                let code = answer::told_error(&answer);
                return Ok(code.map_or(Told::Answer(answer), Told::of));
            }
            if Instant::now() >= until {
                return Err(DeviceFault::Hung { after_ms: begun.elapsed().as_millis() as u64 }.into());
            }
            // The capture decides: live pictures that end or break now harm nothing.
            streaming = streaming && self.show(&mut stream, watch).is_ok() && !stream.ended();
            match streaming {
                true => http::wait(&[&capture, &stream.connection], SLICE),
                false => http::wait(&[&capture], SLICE),
            }
        }
    }

    /// The body of a capture.
    pub(super) fn capture_request(&self, order: &Order, transaction: &str, timeout: Duration) -> String {
        wire::json(&CaptureRequest {
            env: &self.target.env,
            purpose: wire::REGISTRATION,
            spec_version: self.target.spec_version,
            timeout: timeout.as_millis().to_string(),
            capture_time: wire::moment(Utc::now()),
            transaction_id: transaction,
            bio: [CaptureBio {
                bio_type: order.bio_type.id(),
                count: order.count().to_string(),
                bio_sub_type: &order.named,
                exception: &order.exceptions,
                requested_score: self.wishes.requested_score.to_string(),
                device_id: &self.target.device_id,
                device_sub_id: order.sub_id,
                previous_hash: &self.hash,
            }],
            custom_opts: Map::new(),
        })
    }

    /// Always shorter than what is left, so that the device itself says that nothing came.
    pub(super) fn device_timeout(&self, left: Duration) -> Duration {
        let margin = (left / 5).min(Duration::from_millis(1500));
        (left - margin).min(Duration::from_millis(self.wishes.timeout_ms))
    }

    /// A connection that broke off may mean that the service is gone: then that is what is said.
    fn or_gone(&self, fault: DeviceFault) -> DeviceFault {
        if !matches!(fault, DeviceFault::Protocol { .. } | DeviceFault::Hung { .. }) {
            return fault;
        }
        for _ in 0..3 {
            if !http::listens(self.target.port) {
                return HttpError::Refused.into();
            }
            // A program that ends closes its connections one after the other.
            std::thread::sleep(GONE_PAUSE);
        }
        fault
    }

    fn open_stream(&self, sub_id: &str, timeout_ms: u64) -> Result<LiveStream, HttpError> {
        LiveStream::open(self.target.port, &self.target.device_id, sub_id, timeout_ms)
    }

    /// Shows the newest live picture; true when there was one. One that cannot be read is left out.
    fn show(&self, stream: &mut LiveStream, watch: &mut dyn CaptureWatch) -> Result<bool, HttpError> {
        let Some(jpeg) = stream.pump()? else { return Ok(false) };
        let frame = match self.shape.bio_type {
            BioType::Face => codec::decode_rgb(&jpeg).map(PreviewFrame::Rgb),
            BioType::Finger | BioType::Iris => codec::decode_gray(&jpeg).map(PreviewFrame::Gray),
        };
        match frame {
            Ok(frame) => watch.preview(frame),
            Err(e) => tracing::debug!(error = %e, "a live picture cannot be read"),
        }
        Ok(true)
    }
}

/// Checked samples as what the station takes.
fn captured(bio_type: BioType, samples: &[Sample], watch: &dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
    let (mut fingers, mut irises) = (Vec::new(), Vec::new());
    for sample in samples {
        check_cancel(watch)?;
        match (sample.part, sample.picture()?) {
            (Part::Finger(position), PreviewFrame::Gray(image)) => {
                fingers.push(FingerImage { position, image });
            }
            (Part::Eye(eye), PreviewFrame::Gray(image)) => irises.push(IrisImage { eye, image }),
            (Part::Face, PreviewFrame::Rgb(image)) => return Ok(Captured::Photo { image }),
            _ => return Err(DeviceFault::Crashed.into()),
        }
    }
    Ok(match bio_type {
        BioType::Iris => Captured::Irises(irises),
        _ => Captured::Fingers(fingers),
    })
}

/// What a device told.
enum Told {
    Answer(Value),
    /// An error.
    Code(String),
    /// An error that passes by itself.
    Passing(String),
}

impl Told {
    fn of(code: String) -> Self {
        if codes::passes(&code) { Self::Passing(code) } else { Self::Code(code) }
    }
}

fn check_cancel(watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
    if watch.cancelled() { Err(CaptureEnd::Cancelled) } else { Ok(()) }
}

impl Device for SbiDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn can(&self, task: &CaptureTask) -> bool {
        Order::of_task(task, &self.shape).is_ok()
    }
}

impl FingerprintReader for SbiDevice {}
impl IrisReader for SbiDevice {}

impl CaptureDevice for SbiDevice {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        let orders = Order::of_task(task, &self.shape)?;
        pace::check(watch)?;
        let mut samples = Vec::new();
        for order in &orders {
            samples.extend(self.take(order, watch)?);
        }
        captured(self.shape.bio_type, &samples, watch)
    }
}

impl Camera for SbiDevice {
    fn frame(&mut self, deadline: Instant) -> Result<RgbImage, DeviceFault> {
        if self.shape.bio_type != BioType::Face {
            return Err(DeviceFault::Unsupported);
        }
        let begun = Instant::now();
        let mut late = None;
        loop {
            if self.live.as_ref().is_none_or(|live| !live.is_fresh()) {
                // Closed before it is asked for again.
                self.live = None;
                let stream = self.open_stream("0", LIVE_MS)?;
                let lease = self.services.lease(self.target.port);
                self.live = Some(Live { stream, lease, read: Instant::now() });
            }
            let Some(live) = &mut self.live else { return Err(DeviceFault::Crashed) };
            live.read = Instant::now();
            match live.stream.pump() {
                Ok(newest) => {
                    if let Some(image) = newest.and_then(|jpeg| codec::decode_rgb(&jpeg).ok()) {
                        return Ok(image);
                    }
                }
                Err(e) => {
                    self.live = None;
                    return Err(self.or_gone(e.into()));
                }
            }
            let code = live.stream.error();
            let over = live.stream.ended() || code.is_some();
            if let Some(code) = code
                && let CaptureEnd::Fault(fault) = codes::end(&code, self.info.kind)
            {
                if !codes::passes(&code) {
                    self.live = None;
                    return Err(fault);
                }
                late = Some(fault);
            }
            let now = Instant::now();
            if now >= deadline {
                let after_ms = begun.elapsed().as_millis() as u64;
                return Err(late.unwrap_or(DeviceFault::Hung { after_ms }));
            }
            if over {
                // In good order: live pictures have a timeout of their own and are begun again.
                self.live = None;
                std::thread::sleep(BUSY_PAUSE.min(deadline - now));
            } else {
                http::wait(&[&live.stream.connection], deadline - now);
            }
        }
    }

    fn pause(&mut self) {
        self.live = None;
    }
}
