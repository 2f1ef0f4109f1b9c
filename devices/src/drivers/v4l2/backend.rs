//! The seam below the thread: what a camera must do for it. Two ways to a real one: by nokhwa, and by the `v4l` crate
//! that lies below nokhwa, where nokhwa refuses (cameras that list no or broken frame rates, formats that it does not
//! know) and after a camera broke, since that way never blocks.

use std::borrow::Cow;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use nokhwa::Camera;
use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use v4l::buffer::{Flags, Type};
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::{FrameSizeEnum, Stepwise};
use v4l::io::traits::CaptureStream;
use v4l::prelude::MmapStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction};

use super::errors::{fault, fault_in_text};
use super::format::{Interval, Offer, Pixels, choose};
use super::nodes::{Linux, Node};
use super::pixels::Shape;
use super::{Cameras, nodes};
use crate::vocabulary::{DeviceFault, DeviceId, DeviceKind};

/// Longest wait for a frame within one call.
const WAIT: Duration = Duration::from_millis(100);
/// `POLLIN` of poll(2).
const POLL_IN: i16 = 1;
/// Buffers of a stream: one that is read, one that is filled, two that wait.
const BUFFERS: u32 = 4;
/// Most entries that are read of each list of a camera.
const LIST_MAX: usize = 64;
/// The rate that is taken where a camera can do any.
const ANY_RATE: Interval = Interval { numerator: 1, denominator: 30 };

/// A camera that streams. Lives on one thread.
pub(super) trait Backend {
    /// How its frames are laid out.
    fn shape(&self) -> Shape;
    /// The next frame; `None` when there was none within about 100 ms, or only a damaged one. The bytes may be
    /// followed by rests of earlier frames.
    ///
    /// # Errors
    /// [`DeviceFault`] after which the camera must be opened again.
    fn next(&mut self) -> Result<Option<Cow<'_, [u8]>>, DeviceFault>;
}

/// Opens one camera, again and again.
pub(super) trait Source: Send + Sync {
    /// Opens the camera; `again` when it was open and broke.
    ///
    /// # Errors
    /// [`DeviceFault`].
    fn open(&self, again: bool) -> Result<Box<dyn Backend>, DeviceFault>;
}

/// A camera of this machine.
pub(super) struct Real {
    pub(super) id: DeviceId,
    pub(super) size: Option<(u32, u32)>,
    pub(super) cameras: Cameras,
}

impl Real {
    fn node(&self) -> Result<Node, DeviceFault> {
        let known: &nodes::Known = self.cameras.known();
        let node = known.look(&Linux).into_iter().find(|node| node.id == self.id);
        node.ok_or_else(|| DeviceFault::NotFound { kind: DeviceKind::Camera.id().to_owned() })
    }
}

impl Source for Real {
    fn open(&self, again: bool) -> Result<Box<dyn Backend>, DeviceFault> {
        let node = self.node()?;
        let device = Arc::new(Device::with_path(node.path()).map_err(|e| fault(&e))?);
        let offer = choose(&offers(&device), self.size).ok_or(DeviceFault::Unsupported)?;
        if !again {
            // Nokhwa panics on some answers of cameras. What it cannot do the other way may.
            let by_nokhwa = AssertUnwindSafe(|| ByNokhwa::open(&node, offer, &device));
            if let Ok(Some(camera)) = catch_unwind(by_nokhwa) {
                tracing::info!(?offer, "camera opened by nokhwa");
                return Ok(Box::new(camera));
            }
        }
        let camera = ByV4l::open(offer, &device)?;
        tracing::info!(?offer, "camera opened by v4l");
        Ok(Box::new(camera))
    }
}

/// What a camera can do, as far as this driver reads it.
fn offers(device: &Device) -> Vec<Offer> {
    let formats = device.enum_formats().unwrap_or_default();
    let mut offers = Vec::new();
    for format in formats.iter().take(LIST_MAX) {
        let Some(pixels) = Pixels::from_fourcc(format.fourcc.repr) else { continue };
        let sizes = device.enum_framesizes(format.fourcc).unwrap_or_default();
        for (width, height) in sizes.into_iter().take(LIST_MAX).flat_map(|s| sizes_of(s.size)) {
            let rates = device.enum_frameintervals(format.fourcc, width, height).unwrap_or_default();
            let rates: Vec<Interval> =
                rates.iter().take(LIST_MAX).filter_map(|r| rate_of(&r.interval)).collect();
            let offer = |interval| Offer { pixels, width, height, interval };
            match rates.as_slice() {
                [] => offers.push(offer(None)),
                rates => offers.extend(rates.iter().map(|rate| offer(Some(*rate)))),
            }
        }
    }
    offers
}

fn sizes_of(size: FrameSizeEnum) -> Vec<(u32, u32)> {
    match size {
        FrameSizeEnum::Discrete(one) => vec![(one.width, one.height)],
        FrameSizeEnum::Stepwise(steps) => {
            let fitted = |(width, height)| fit(&steps, width, height);
            [(1280, 720), (1920, 1080), (steps.max_width, steps.max_height)].into_iter().map(fitted).collect()
        }
    }
}

/// The size nearest below that is a step.
fn fit(steps: &Stepwise, width: u32, height: u32) -> (u32, u32) {
    let side = |wanted: u32, min: u32, max: u32, step: u32| {
        let wanted = wanted.clamp(min, max.max(min));
        min + (wanted - min) / step.max(1) * step.max(1)
    };
    (
        side(width, steps.min_width, steps.max_width, steps.step_width),
        side(height, steps.min_height, steps.max_height, steps.step_height),
    )
}

fn rate_of(interval: &FrameIntervalEnum) -> Option<Interval> {
    let rate = |f: &Fraction| Interval { numerator: f.numerator, denominator: f.denominator };
    let found = match interval {
        FrameIntervalEnum::Discrete(one) => rate(one),
        // The shortest interval is the fastest rate.
        FrameIntervalEnum::Stepwise(steps) => match (rate(&steps.min).fps()?, ANY_RATE.fps()?) {
            (fastest, aim) if fastest >= aim => ANY_RATE,
            _ => rate(&steps.min),
        },
    };
    found.fps().map(|_| found)
}

/// True when there is something to read, or an error to learn of.
fn is_ready(device: &Device) -> Result<bool, DeviceFault> {
    match device.handle().poll(POLL_IN, WAIT.as_millis() as i32) {
        Ok(ready) => Ok(ready > 0),
        Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(e) => Err(fault(&e)),
    }
}

/// By nokhwa. Its wait for a frame has no end, so the frame is waited for on a handle of our own; only the very first
/// frame, which starts the stream, can block.
struct ByNokhwa {
    camera: Camera,
    watched: Arc<Device>,
    shape: Shape,
    streaming: bool,
}

impl ByNokhwa {
    /// `None` where nokhwa cannot do it.
    fn open(node: &Node, offer: Offer, device: &Arc<Device>) -> Option<Self> {
        let format = match offer.pixels {
            Pixels::Mjpeg => FrameFormat::MJPEG,
            Pixels::Yuyv => FrameFormat::YUYV,
            Pixels::Nv12 => FrameFormat::NV12,
            Pixels::Rgb => FrameFormat::RAWRGB,
            Pixels::Bgr => FrameFormat::RAWBGR,
            Pixels::Jpeg | Pixels::Uyvy => return None,
        };
        let rate = offer.interval.filter(|rate| rate.numerator == 1)?.denominator;
        let exact = CameraFormat::new(Resolution::new(offer.width, offer.height), format, rate);
        let formats = [format];
        let request = RequestedFormat::with_formats(RequestedFormatType::Exact(exact), &formats);
        let index = CameraIndex::Index(node.number);
        let mut camera = Camera::with_backend(index, request, ApiBackend::Video4Linux).ok()?;
        camera.open_stream().ok()?;
        let shape = shape_of(&Capture::format(device.as_ref()).ok()?, offer.pixels);
        let asked = (shape.width, shape.height) == (offer.width, offer.height);
        asked.then(|| Self { camera, watched: device.clone(), shape, streaming: false })
    }
}

impl Backend for ByNokhwa {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self) -> Result<Option<Cow<'_, [u8]>>, DeviceFault> {
        if self.streaming && !is_ready(&self.watched)? {
            return Ok(None);
        }
        self.streaming = true;
        self.camera.frame_raw().map(Some).map_err(|e| fault_in_text(&e.to_string()))
    }
}

/// By the `v4l` crate.
struct ByV4l {
    stream: MmapStream<'static>,
    device: Arc<Device>,
    shape: Shape,
    streaming: bool,
    /// True when the buffer that the crate would give back is the camera's already.
    given_back: bool,
}

impl ByV4l {
    fn open(offer: Offer, device: &Arc<Device>) -> Result<Self, DeviceFault> {
        let asked = Format::new(offer.width, offer.height, FourCC::new(offer.pixels.fourcc()));
        let format = device.set_format(&asked).map_err(|e| fault(&e))?;
        if format.fourcc != asked.fourcc {
            return Err(DeviceFault::Unsupported);
        }
        if let Some(rate) = offer.interval {
            // A camera that keeps its own rate works as well.
            device.set_params(&Parameters::new(Fraction::new(rate.numerator, rate.denominator))).ok();
        }
        let opened = MmapStream::with_buffers(device, Type::VideoCapture, BUFFERS);
        let mut stream = opened.map_err(|e| fault(&e))?;
        stream.set_timeout(WAIT);
        let shape = shape_of(&format, offer.pixels);
        Ok(Self { stream, device: device.clone(), shape, streaming: false, given_back: false })
    }
}

impl Backend for ByV4l {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self) -> Result<Option<Cow<'_, [u8]>>, DeviceFault> {
        // The first call starts the stream.
        if self.streaming && !is_ready(&self.device)? {
            return Ok(None);
        }
        self.streaming = true;
        if std::mem::take(&mut self.given_back) {
            return self.stream.dequeue().map(|_| None).map_err(|e| fault(&e));
        }
        match CaptureStream::next(&mut self.stream) {
            Ok((_, meta)) if meta.flags.contains(Flags::ERROR) || meta.bytesused == 0 => Ok(None),
            Ok((bytes, meta)) => {
                let used = bytes.len().min(meta.bytesused as usize);
                Ok(bytes.get(..used).map(Cow::Borrowed))
            }
            Err(e) if matches!(e.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => {
                self.given_back = true;
                Ok(None)
            }
            Err(e) => Err(fault(&e)),
        }
    }
}

fn shape_of(format: &Format, pixels: Pixels) -> Shape {
    Shape { pixels, width: format.width, height: format.height, stride: format.stride }
}

#[cfg(test)]
#[path = "backend_tests.rs"]
mod tests;
