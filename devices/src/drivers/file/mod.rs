//! Devices that give samples from files: JPEG, PNG, PGM, JPEG 2000 and ISO FIR, FAC and IIR records, told
//! apart by their content. For training only.
//!
//! | kind | `path` |
//! |---|---|
//! | camera | a picture or FAC record, or a folder with exactly one |
//! | fingerprint | a folder with one file per finger: `Left_Index.iso`, `left-index.png`, `telunjuk kiri.jpg`, `7.pgm` (ISO code); FIR records of any name are taken by the position inside; whole slaps as `slap_left_four.png` or `14.png` come before the fingers |
//! | iris | a folder with one file per eye: `Left_Iris.iso`, `right.png`, `mata kiri.pgm`; IIR records of any name by the eye inside |
//! | signature-pad | a JSON file of strokes, or a folder with `strokes.json` (see [`strokes`]) |
//! | thermometer | a text file with degrees Celsius, or a folder with `temperature.txt` |
//!
//! Further parameters: `evidence` (camera: the picture for evidence photos), `ppi` (fingerprint: resolution
//! where the file tells none). Folders are not searched recursively. Files are read anew on each capture.

pub(super) mod decode;
mod folder;
pub mod strokes;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use biometrics::image::RgbImage;
use biometrics::position::{FingerPosition, Slap};
use toml::{Table, Value};

pub use folder::{MAX_ENTRIES, check_folder};

use crate::pace;
use crate::registry::{Bench, DriverFamily, Opened, Sighting};
use crate::setup::{self, DriverParameters, Parameters, Setup, SetupError};
use crate::traits::{
    Camera, CaptureDevice, CaptureWatch, Device, FingerprintReader, IrisReader, PreviewFrame, SignaturePad,
    Thermometer,
};
use crate::vocabulary::{
    CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceId, DeviceInfo, DeviceKind, FingerImage, IrisImage,
};

/// Identifier of the family.
pub const ID: &str = "file";
/// Most bytes of one sample file.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// Time between two live frames.
const FRAME_EVERY: Duration = Duration::from_millis(66);

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: &[
        DeviceKind::Camera,
        DeviceKind::Fingerprint,
        DeviceKind::Iris,
        DeviceKind::SignaturePad,
        DeviceKind::Thermometer,
    ],
    training_only: true,
    look_every_ms: 200,
    check: |kind, table| setup::errors_of::<FileParameters>(kind, table),
    list,
    open,
};

#[derive(Debug, Clone, PartialEq, Eq)]
struct FileParameters {
    path: PathBuf,
    evidence: Option<PathBuf>,
    ppi: Option<u16>,
}

impl DriverParameters<'_> for FileParameters {
    fn read(kind: DeviceKind, table: &Table) -> Result<Self, Vec<SetupError>> {
        let mut reader = Parameters::new(kind, table);
        let path = reader.needed_path("path", "the file or folder with the samples");
        let evidence = match kind {
            DeviceKind::Camera => reader.text("evidence").map(PathBuf::from),
            _ => None,
        };
        let ppi = match kind {
            DeviceKind::Fingerprint => reader.integer("ppi", 100, 4000).map(|n| n as u16),
            _ => None,
        };
        reader.finish(Self { path, evidence, ppi })
    }
}

fn list(_bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let there = FileParameters::read(kind, parameters).is_ok_and(|p| p.path.exists());
    there.then(|| Sighting { info: info(kind), arrival: 1, fault: None }).into_iter().collect()
}

fn open(
    _bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    _choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let parameters = FileParameters::wanted(kind, parameters)?;
    if !parameters.path.exists() {
        return Err(folder::bad(&parameters.path, "is missing"));
    }
    let device = FileDevice { info: info(kind), parameters, live: None, next_frame: Instant::now() };
    Ok(match kind {
        DeviceKind::Camera => Opened::Camera(Box::new(device)),
        _ => Opened::Capture(Box::new(device)),
    })
}

fn info(kind: DeviceKind) -> DeviceInfo {
    DeviceInfo {
        id: DeviceId(format!("{ID}-{}-1", kind.id())),
        kind,
        driver: ID.to_owned(),
        model: format!("rekam {} from files", kind.id()),
        serial: String::new(),
        training_only: true,
    }
}

/// A set-up that takes every sample that a folder of samples has: `face/`, `finger/`, `iris/`, and where they
/// are there `signature/` and `temperature/`. Samples may lie in the folder itself or in one folder below it
/// (`finger/mosip/`). Among several faces a JPEG comes first, then PNG, JPEG 2000, FAC record, by name.
///
/// # Errors
/// [`DeviceFault::BadData`] naming the folder in which there are no samples.
pub fn find_samples(root: &Path) -> Result<Setup, DeviceFault> {
    let mut setup = Setup::default();
    let wanted = [
        (DeviceKind::Camera, "face", true),
        (DeviceKind::Fingerprint, "finger", true),
        (DeviceKind::Iris, "iris", true),
        (DeviceKind::SignaturePad, "signature", false),
        (DeviceKind::Thermometer, "temperature", false),
    ];
    for (kind, name, needed) in wanted {
        let Some(path) = folder::locate(kind, &root.join(name)) else {
            if needed {
                return Err(folder::bad(&root.join(name), "there are no such samples in this folder"));
            }
            continue;
        };
        let path = Value::String(path.to_string_lossy().into_owned());
        let parameters = Table::from_iter([("path".to_owned(), path)]);
        setup.set(kind, ID, parameters).map_err(DeviceFault::from)?;
    }
    Ok(setup)
}

/// A device of any kind that reads files.
struct FileDevice {
    info: DeviceInfo,
    parameters: FileParameters,
    /// The live picture, decoded once.
    live: Option<RgbImage>,
    next_frame: Instant,
}

impl Device for FileDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn can(&self, task: &CaptureTask) -> bool {
        let evidence = !matches!(task, CaptureTask::EvidencePhoto | CaptureTask::ExceptionPhoto { .. })
            || self.parameters.evidence.is_some();
        // A file of the empty glass would say nothing of any glass.
        task.kind() == self.info.kind && evidence && *task != CaptureTask::Platen
    }
}

impl FingerprintReader for FileDevice {}
impl IrisReader for FileDevice {}
impl SignaturePad for FileDevice {}
impl Thermometer for FileDevice {}

impl CaptureDevice for FileDevice {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        if !self.can(task) {
            return Err(DeviceFault::Unsupported.into());
        }
        pace::check(watch)?;
        let path = self.parameters.path.as_path();
        match task {
            CaptureTask::Face => photo(path, watch),
            CaptureTask::EvidencePhoto | CaptureTask::ExceptionPhoto { .. } => {
                photo(self.parameters.evidence.as_deref().unwrap_or(path), watch)
            }
            CaptureTask::Slap { slap, missing } => {
                let asked: Vec<_> = slap.fingers().iter().filter(|f| !missing.contains(f)).copied().collect();
                match self.slap(*slap, missing, watch)? {
                    Some(captured) => Ok(captured),
                    None => self.fingers(&asked, watch),
                }
            }
            CaptureTask::Platen | CaptureTask::Card { .. } => Err(DeviceFault::Unsupported.into()),
            CaptureTask::Finger { position, .. } => self.fingers(&[*position], watch),
            CaptureTask::Irises { missing } => irises(path, missing, watch),
            CaptureTask::Signature => {
                let file = folder::single(path, "strokes.json")?;
                let strokes = strokes::parse(&folder::read(&file)?).map_err(|e| folder::bad(&file, e))?;
                Ok(Captured::Signature(strokes))
            }
            CaptureTask::Temperature => {
                let file = folder::single(path, "temperature.txt")?;
                let decidegrees_c =
                    decode::temperature(&folder::read(&file)?).map_err(|e| folder::bad(&file, e))?;
                Ok(Captured::Temperature { decidegrees_c })
            }
        }
    }
}

impl FileDevice {
    /// The whole slap, where the folder has one (`slap_left_four.png`, or as its ISO code, `14.png`).
    fn slap(
        &self,
        slap: Slap,
        missing: &[FingerPosition],
        watch: &mut dyn CaptureWatch,
    ) -> Result<Option<Captured>, CaptureEnd> {
        let Some(file) = folder::slaps(&self.parameters.path)?.remove(&slap) else { return Ok(None) };
        let image = decode::slap(&folder::read(&file)?, slap, self.parameters.ppi)
            .map_err(|e| folder::bad(&file, e))?;
        watch.preview(PreviewFrame::Gray(image.clone()));
        Ok(Some(Captured::Slap { slap, missing: missing.to_vec(), image }))
    }

    fn fingers(
        &self,
        asked: &[FingerPosition],
        watch: &mut dyn CaptureWatch,
    ) -> Result<Captured, CaptureEnd> {
        let files = folder::fingers(&self.parameters.path)?;
        let mut fingers = Vec::with_capacity(asked.len());
        for position in asked.iter().copied() {
            pace::check(watch)?;
            let file = files
                .get(&position)
                .ok_or_else(|| folder::bad(&self.parameters.path, format!("no file for {position}")))?;
            let image = decode::finger(&folder::read(file)?, position, self.parameters.ppi)
                .map_err(|e| folder::bad(file, e))?;
            watch.preview(PreviewFrame::Gray(image.clone()));
            fingers.push(FingerImage { position, image });
        }
        Ok(Captured::Fingers(fingers))
    }
}

fn irises(
    path: &Path,
    missing: &[biometrics::position::Eye],
    watch: &mut dyn CaptureWatch,
) -> Result<Captured, CaptureEnd> {
    let files = folder::eyes(path)?;
    let mut irises = Vec::new();
    for eye in biometrics::position::Eye::ALL.iter().copied().filter(|eye| !missing.contains(eye)) {
        pace::check(watch)?;
        let file = files.get(&eye).ok_or_else(|| folder::bad(path, format!("no file for the {eye} eye")))?;
        let image = decode::iris(&folder::read(file)?, eye).map_err(|e| folder::bad(file, e))?;
        watch.preview(PreviewFrame::Gray(image.clone()));
        irises.push(IrisImage { eye, image });
    }
    Ok(Captured::Irises(irises))
}

fn photo(path: &Path, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
    let file = folder::face(path)?;
    let image = decode::photo(&folder::read(&file)?).map_err(|e| folder::bad(&file, e))?;
    pace::check(watch)?;
    watch.preview(PreviewFrame::Rgb(image.clone()));
    Ok(Captured::Photo { image })
}

impl Camera for FileDevice {
    fn frame(&mut self, deadline: Instant) -> Result<RgbImage, DeviceFault> {
        let image = match self.live.take() {
            Some(image) => image,
            None => {
                let file = folder::face(&self.parameters.path)?;
                decode::photo(&folder::read(&file)?).map_err(|e| folder::bad(&file, e))?
            }
        };
        let image = self.live.insert(image).clone();
        let now = Instant::now();
        let at = self.next_frame.max(now);
        if at > deadline {
            let left = deadline.saturating_duration_since(now);
            std::thread::sleep(left);
            return Err(DeviceFault::Hung { after_ms: left.as_millis() as u64 });
        }
        std::thread::sleep(at - now);
        self.next_frame = at + FRAME_EVERY;
        Ok(image)
    }
}

#[cfg(test)]
pub(crate) use tests::{fir as test_fir, gray as test_gray, samples as test_samples};

#[cfg(test)]
mod tests;
