//! From what a device captured to what the session keeps: judged, compared, encoded. Pure, but not quick.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use biometrics::codec::{CodecError, encode_jp2_lossless_gray, encode_png_gray};
use biometrics::face::{FaceAnalyser, FaceError};
use biometrics::finger::MinutiaeMatcher;
use biometrics::finger::matcher::{FingerError, FingerMatcher, WORK_PPI};
use biometrics::finger::platen::{self, PlatenError};
use biometrics::finger::segment::{self, CutMode, CutOptions, FingerBox, SegmentError, SlapProblem};
use biometrics::image::{GrayImage, ImageError};
use biometrics::iris::{IrisCode, IrisReport};
use biometrics::iso::IsoError;
use biometrics::iso::fmr::{FmrImpression, FmrRecord};
use biometrics::minutiae::Template;
use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::quality::Quality;
use biometrics::signature::Strokes;
use biometrics::{finger, iris, signature_analysis};
use chrono::{DateTime, Utc};
use devices::vocabulary::{Captured, DeviceFault, DeviceInfo, FingerImage, IrisImage};
use sha2::{Digest, Sha256};

pub use super::portrait::colour_rgb;
use super::portrait::{Shots, evidence, face};
use crate::session::event::{CaptureOutcome, Target};
use crate::session::sample::{
    Cut, DeviceStamp, FingerSample, IrisSample, Match, Media, PlatenCheck, Samples, SignatureSample, SlapBox,
    SlapNote, SlapSample, TemperatureSample,
};
use crate::vault::FingerTemplate;

/// Name of the form in which the station keeps templates.
const TEMPLATE_FORMAT: &str = "iso-19794-2:2005";
/// Width of a drawn signature in pixels.
const SIGNATURE_WIDTH_PX: u32 = 640;
/// Height of a drawn signature in pixels, at least and at most.
const SIGNATURE_HEIGHT_PX: std::ops::RangeInclusive<u32> = 64..=640;
/// Room left around a finger's box, in pixels.
const CUT_MARGIN_PX: u32 = 8;

/// Why a capture cannot be analysed.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnalysisError {
    #[error(transparent)]
    Finger(#[from] FingerError),
    #[error(transparent)]
    Face(#[from] FaceError),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Platen(#[from] PlatenError),
    #[error(transparent)]
    Segment(#[from] SegmentError),
    #[error(transparent)]
    Key(#[from] record::keys::KeyError),
    #[error("RUN-23 a slap without its picture")]
    NoPicture,
    #[error("RUN-20 an answer of the wrong kind for {0}")]
    Kind(String),
    #[error("RUN-21 the analysis crashed")]
    Crashed,
}

/// The algorithms. Make one and keep it.
pub struct Engine {
    matcher: Box<dyn FingerMatcher>,
    pub(super) face: Arc<Faces>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({})", self.matcher.name())
    }
}

/// A finger as the station keeps it, of an officer or with a record: ISO/IEC 19794-2:2005, one view. A quality that is
/// not known is written as 0.
///
/// # Errors
/// [`IsoError`] when the template does not fit into a record.
pub fn kept_template(
    position: FingerPosition,
    template: &Template,
    quality: Option<u8>,
) -> Result<FingerTemplate, IsoError> {
    let score = quality.unwrap_or(0);
    let record = FmrRecord::from_template(template, Some(position), FmrImpression::LiveScanPlain, score);
    Ok(FingerTemplate { finger: position.code(), format: TEMPLATE_FORMAT.to_owned(), bytes: record.write()? })
}

/// The extractor and matcher of sessions.
#[must_use]
pub fn default_matcher() -> Box<dyn FingerMatcher> {
    Box::new(MinutiaeMatcher::new())
}

/// An extractor and matcher by its short name: `own` or `nbis`.
///
/// # Errors
/// What to write instead, where there is no such one.
pub fn matcher_named(name: &str) -> Result<Box<dyn FingerMatcher>, &'static str> {
    match name {
        "own" => Ok(Box::new(MinutiaeMatcher::new())),
        #[cfg(feature = "nbis")]
        "nbis" => Ok(Box::new(biometrics::finger::NbisMatcher::new())),
        #[cfg(not(feature = "nbis"))]
        "nbis" => Err("this program was built without NIST's matcher; build it with --features nbis"),
        _ => Err("no such matcher; write own or nbis"),
    }
}

impl Engine {
    /// The algorithms that come with the program. The networks for faces are read with the first picture.
    ///
    /// # Errors
    /// None at present; what is read later fails the capture.
    pub fn new() -> Result<Self, FaceError> {
        Ok(Self { matcher: default_matcher(), face: Arc::default() })
    }
}

/// The networks for faces. They are read when a picture needs them and go with the last user: a start of the program
/// does not wait for them, and after the photo step their memory is free again.
#[derive(Default)]
pub(super) struct Faces(Mutex<Weak<FaceAnalyser>>);

impl Faces {
    pub(super) fn get(&self) -> Result<Arc<FaceAnalyser>, FaceError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(analyser) = kept.upgrade() {
            return Ok(analyser);
        }
        let analyser = Arc::new(FaceAnalyser::new()?);
        *kept = Arc::downgrade(&analyser);
        Ok(analyser)
    }
}

/// What a capture is analysed with.
#[derive(Debug)]
pub struct Request<'a> {
    /// What it was captured for.
    pub target: Target,
    /// Fingers recorded so far.
    pub gallery: &'a [(FingerPosition, Template)],
    /// The device.
    pub device: &'a DeviceInfo,
    /// When it was captured.
    pub at: DateTime<Utc>,
}

impl Request<'_> {
    pub(super) fn stamp(&self) -> DeviceStamp {
        DeviceStamp {
            driver: self.device.driver.clone(),
            model: self.device.model.clone(),
            serial: self.device.serial.clone(),
            at: self.at,
        }
    }
}

/// What is analysed.
pub enum Work {
    /// What a device captured.
    Captured(Captured),
    /// The pictures of one face photo.
    Face(Box<Shots>),
    /// A slap whose boxes the operator set.
    Recut(Box<SlapSample>),
}

impl std::fmt::Debug for Work {
    // Captures are biometrics: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work(..)")
    }
}

impl From<Captured> for Work {
    fn from(captured: Captured) -> Self {
        Self::Captured(captured)
    }
}

/// Judges, compares and encodes a capture. What cannot be analysed is the device's fault, never the person's: it
/// becomes [`DeviceFault::BadData`] naming the reason.
#[must_use]
pub fn analyse(engine: &Engine, request: &Request<'_>, work: impl Into<Work>) -> CaptureOutcome {
    let work = AssertUnwindSafe(|| match work.into() {
        Work::Captured(captured) => samples(engine, request, captured),
        Work::Recut(slap) => cut_slap(&*engine.matcher, request, *slap),
        Work::Face(shots) => Ok(Samples::Photo(Box::new(face(engine, request, *shots)?))),
    });
    match catch_unwind(work).unwrap_or(Err(AnalysisError::Crashed)) {
        Ok(samples) => CaptureOutcome::Samples(samples),
        Err(error) => CaptureOutcome::Fault(DeviceFault::BadData { detail: error.to_string() }),
    }
}

fn samples(engine: &Engine, request: &Request<'_>, captured: Captured) -> Result<Samples, AnalysisError> {
    match (request.target, captured) {
        (Target::Face, Captured::Photo { image }) => {
            Ok(Samples::Photo(Box::new(face(engine, request, Shots::of(image))?)))
        }
        (Target::ExceptionPhoto | Target::EvidencePhoto, Captured::Photo { image }) => {
            Ok(Samples::Photo(Box::new(evidence(request, &image)?)))
        }
        (
            Target::Slap(_) | Target::Finger(_) | Target::Verify(_) | Target::Reverify(_),
            Captured::Fingers(list),
        ) => Ok(Samples::Fingers(fingers(&*engine.matcher, request, &list)?)),
        (Target::Slap(_), Captured::Slap { slap, missing, image }) => {
            segmented(&*engine.matcher, request, slap, &missing, image)
        }
        (Target::Platen, Captured::Platen(image)) => {
            let report = platen::assess_platen(&image, None)?;
            let device = request.stamp();
            Ok(Samples::Platen(PlatenCheck { clean: report.clean, reasons: report.reasons, device }))
        }
        (Target::Irises, Captured::Irises(list)) => Ok(Samples::Irises(eyes(request, &list)?)),
        (Target::CardSignature | Target::StatementSignature, Captured::Signature(strokes)) => {
            Ok(Samples::Signature(Box::new(signature(request, strokes)?)))
        }
        (Target::Temperature(_), Captured::Temperature { decidegrees_c }) => {
            Ok(Samples::Temperature(TemperatureSample { decidegrees_c, device: request.stamp() }))
        }
        (Target::Card, Captured::Card(read)) => {
            Ok(Samples::Card(Box::new(super::cards::sample(request, read)?)))
        }
        (target, _) => Err(AnalysisError::Kind(target.id())),
    }
}

pub(super) fn digest(pixels: &[u8]) -> String {
    hex::encode(Sha256::digest(pixels))
}

/// Judged and encoded, not yet compared.
struct Print {
    template: Template,
    quality: Quality,
    jp2: Vec<u8>,
}

fn print(matcher: &dyn FingerMatcher, image: &GrayImage) -> Result<Print, AnalysisError> {
    let template = matcher.extract(image)?;
    let quality = finger::quality::assess(image, &template);
    Ok(Print { template, quality, jp2: encode_jp2_lossless_gray(image)? })
}

/// The fingers of one capture side by side: the minutiae extractor takes one at a time, encoding and judging do not.
fn prints(matcher: &dyn FingerMatcher, list: &[FingerImage]) -> Result<Vec<Print>, AnalysisError> {
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            list.iter().map(|finger| scope.spawn(move || print(matcher, &finger.image))).collect();
        threads.into_iter().map(|t| t.join().unwrap_or(Err(AnalysisError::Crashed))).collect()
    })
}

fn fingers(
    matcher: &dyn FingerMatcher,
    request: &Request<'_>,
    list: &[FingerImage],
) -> Result<Vec<FingerSample>, AnalysisError> {
    let prints = prints(matcher, list)?;
    let captured: Vec<FingerPosition> = list.iter().map(|f| f.position).collect();
    let mut out = Vec::with_capacity(list.len());
    for (index, (finger, print)) in list.iter().zip(&prints).enumerate() {
        // Recorded fingers of other positions of this capture are being replaced: only the new ones count.
        let recorded = request.gallery.iter().filter(|(p, _)| *p == finger.position || !captured.contains(p));
        let others = captured.iter().copied().zip(prints.iter().map(|p| &p.template)).enumerate();
        let others = others.filter(|(other, _)| *other != index).map(|(_, entry)| entry);
        let mut matches = Vec::new();
        for (position, template) in recorded.map(|(p, t)| (*p, t)).chain(others) {
            matches.push(Match { position, score: matcher.compare(&print.template, template)? });
        }
        out.push(FingerSample {
            position: finger.position,
            width: finger.image.width(),
            height: finger.image.height(),
            ppi: finger.image.ppi().unwrap_or(WORK_PPI),
            jp2: Media::new("image/jp2", print.jp2.clone()),
            pixels_sha256: digest(finger.image.pixels()),
            quality: print.quality.clone(),
            template: print.template.clone(),
            matches,
            matcher: matcher.name().to_owned(),
            threshold: matcher.threshold(),
            device: request.stamp(),
            cut: None,
        });
    }
    Ok(out)
}

/// A whole slap: cut into its fingers where it holds those that were asked for. Otherwise its picture says why not.
fn segmented(
    matcher: &dyn FingerMatcher,
    request: &Request<'_>,
    slap: Slap,
    missing: &[FingerPosition],
    image: GrayImage,
) -> Result<Samples, AnalysisError> {
    let found = segment::segment(&image, slap, missing)?;
    let whole = |v: f32| v.round() as i32;
    let boxes = found.segments.iter().map(|s| SlapBox {
        position: s.position,
        centre_x: whole(s.bounds.centre_x),
        centre_y: whole(s.bounds.centre_y),
        width: whole(s.bounds.width).unsigned_abs(),
        height: whole(s.bounds.height).unsigned_abs(),
        angle_decidegrees: whole(s.bounds.angle_deg * 10.0),
        confidence: s.confidence,
        corrected: false,
    });
    let note = |p: &SlapProblem| {
        let finger = match p {
            SlapProblem::MissingDisagrees { position, .. }
            | SlapProblem::CutOff { position }
            | SlapProblem::Partial { position } => Some(*position),
            SlapProblem::Touching { a, .. } => Some(*a),
            _ => None,
        };
        SlapNote { id: p.id().to_owned(), finger }
    };
    let sample = SlapSample {
        slap,
        pixels_sha256: digest(image.pixels()),
        width: image.width(),
        height: image.height(),
        boxes: boxes.collect(),
        notes: found.problems.iter().map(note).collect(),
        algorithm: found.algorithm,
        device: request.stamp(),
        image: Some(Arc::new(image)),
    };
    let expected = slap.fingers().iter().filter(|f| !missing.contains(f)).count();
    if sample.boxes.len() != expected {
        return Ok(Samples::Slap(Box::new(sample), Vec::new()));
    }
    cut_slap(matcher, request, sample)
}

/// Cuts the fingers from the boxes of a slap. Their pixels stay as they were captured: nothing is turned or scaled.
fn cut_slap(
    matcher: &dyn FingerMatcher,
    request: &Request<'_>,
    sample: SlapSample,
) -> Result<Samples, AnalysisError> {
    let image = sample.image.clone().ok_or(AnalysisError::NoPicture)?;
    let options = CutOptions { mode: CutMode::Original, margin_px: CUT_MARGIN_PX, white_outside: true };
    let mut list = Vec::with_capacity(sample.boxes.len());
    for b in &sample.boxes {
        let bounds = FingerBox {
            centre_x: b.centre_x as f32,
            centre_y: b.centre_y as f32,
            width: b.width as f32,
            height: b.height as f32,
            angle_deg: b.angle_decidegrees as f32 / 10.0,
        };
        let image = segment::cut(&image, &bounds, &options)?;
        list.push(FingerImage { position: b.position, image });
    }
    let mut fingers = fingers(matcher, request, &list)?;
    for (finger, bounds) in fingers.iter_mut().zip(&sample.boxes) {
        finger.cut = Some(Cut {
            slap_sha256: sample.pixels_sha256.clone(),
            bounds: *bounds,
            segmentation: sample.algorithm.clone(),
        });
    }
    Ok(Samples::Slap(Box::new(sample), fingers))
}

/// The eyes of one capture; two that are one eye say so.
fn eyes(request: &Request<'_>, list: &[IrisImage]) -> Result<Vec<IrisSample>, AnalysisError> {
    let mut samples = Vec::with_capacity(list.len());
    let mut codes: Vec<(Eye, Option<IrisCode>)> = Vec::with_capacity(list.len());
    for captured in list {
        let report = iris::assess(&captured.image);
        let code = iris::encode(&captured.image, &report);
        let same = |other: &Option<IrisCode>| {
            let distance = iris::distance(code.as_ref()?, other.as_ref()?)?;
            Some(distance < iris::SAME_EYE_BELOW)
        };
        let same_as = codes.iter().find(|(_, other)| same(other) == Some(true)).map(|(eye, _)| *eye);
        samples.push(IrisSample { same_as, ..eye(request, captured, report)? });
        codes.push((captured.eye, code));
    }
    Ok(samples)
}

fn eye(request: &Request<'_>, captured: &IrisImage, report: IrisReport) -> Result<IrisSample, AnalysisError> {
    let image = &captured.image;
    let number = |v: f32| v.round().clamp(0.0, f32::from(u16::MAX)) as u16;
    Ok(IrisSample {
        eye: captured.eye,
        width: image.width(),
        height: image.height(),
        jp2: Media::new("image/jp2", encode_jp2_lossless_gray(image)?),
        pixels_sha256: digest(image.pixels()),
        quality: report.quality,
        same_as: None,
        iris: report.iris.map(|c| (number(c.x), number(c.y), number(c.radius))),
        device: request.stamp(),
    })
}

fn signature(request: &Request<'_>, strokes: Strokes) -> Result<SignatureSample, AnalysisError> {
    let quality = signature_analysis::assess(&strokes);
    let proportion = i64::from(strokes.height.max(1)) * i64::from(SIGNATURE_WIDTH_PX);
    let height = u32::try_from(proportion / i64::from(strokes.width.max(1))).unwrap_or(u32::MAX);
    let height = height.clamp(*SIGNATURE_HEIGHT_PX.start(), *SIGNATURE_HEIGHT_PX.end());
    let picture = signature_analysis::render(&strokes, SIGNATURE_WIDTH_PX, height)?;
    let png = Media::new("image/png", encode_png_gray(&picture)?);
    Ok(SignatureSample { strokes, png, quality, device: request.stamp() })
}
