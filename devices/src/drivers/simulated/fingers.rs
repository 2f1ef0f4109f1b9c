//! The simulated fingerprint reader: whole slaps (or segmented ones, as the set-up says), single fingers and the
//! empty glass.

use std::collections::BTreeMap;

use biometrics::image::GrayImage;
use biometrics::position::{FingerPosition, Slap};
use biometrics::synth::finger::{FingerSpec, HEIGHT_PX, Master, PPI, WIDTH_PX};
use biometrics::synth::slap::{self, Press, Print};

use super::capture::{Order, SimulatedDevice, Variant};
use super::samples;
use crate::pace;
use crate::traits::{CaptureDevice, CaptureWatch, Device, FingerprintReader, PreviewFrame};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, FingerImage, Retry};

pub(super) struct Reader {
    device: SimulatedDevice,
    /// Ridges of the fingers seen so far: growing them costs most of an image's time.
    masters: BTreeMap<FingerPosition, Master>,
}

impl Reader {
    pub(super) fn new(device: SimulatedDevice) -> Self {
        Self { device, masters: BTreeMap::new() }
    }
}

impl Device for Reader {
    fn info(&self) -> &DeviceInfo {
        &self.device.info
    }

    fn can(&self, task: &CaptureTask) -> bool {
        let one = matches!(task, CaptureTask::Finger { .. });
        task.kind() == self.device.info.kind && (one || !self.device.parameters().single)
    }
}

impl FingerprintReader for Reader {}

impl CaptureDevice for Reader {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        if !self.can(task) {
            return Err(DeviceFault::Unsupported.into());
        }
        let absent = &self.device.parameters().missing_fingers;
        let person_seed = self.device.parameters().person_seed;
        let whole_slaps = !self.device.parameters().segmented;
        let masters = &mut self.masters;
        self.device.capture(task, watch, |order, watch| {
            if *task == CaptureTask::Platen {
                let platen = samples::blank(slap::WIDTH_PX, slap::HEIGHT_PX, Some(PPI))?;
                return Ok((Captured::Platen(platen.clone()), Some(PreviewFrame::Gray(platen))));
            }
            let asked = asked(task, absent)?;
            if let CaptureTask::Slap { slap, missing } = task
                && whole_slaps
                && order.variant != Variant::WrongFinger
            {
                let image = whole_slap(masters, person_seed, *slap, &asked, order, watch)?;
                let captured = Captured::Slap { slap: *slap, missing: missing.clone(), image: image.clone() };
                return Ok((captured, Some(PreviewFrame::Gray(image))));
            }
            let mut fingers = Vec::with_capacity(asked.len());
            for position in asked {
                pace::check(watch)?;
                let shown = shown(position, order.variant);
                let image = match order.variant {
                    Variant::Blank => samples::blank(WIDTH_PX, HEIGHT_PX, Some(PPI))?,
                    _ => masters
                        .entry(shown)
                        .or_insert_with(|| Master::new(&FingerSpec { person_seed, position: shown }))
                        .impression(&samples::touch(shown, order.seed)),
                };
                fingers.push(FingerImage { position, image });
            }
            let preview = side_by_side(&fingers).map(PreviewFrame::Gray);
            Ok((Captured::Fingers(fingers), preview))
        })
    }
}

/// The platen with the hand on it.
fn whole_slap(
    masters: &mut BTreeMap<FingerPosition, Master>,
    person_seed: u64,
    asked: Slap,
    fingers: &[FingerPosition],
    order: Order,
    watch: &dyn CaptureWatch,
) -> Result<GrayImage, CaptureEnd> {
    if order.variant == Variant::Blank {
        return Ok(samples::blank(slap::WIDTH_PX, slap::HEIGHT_PX, Some(PPI))?);
    }
    let swapped = order.variant == Variant::WrongHand;
    let mut images = Vec::with_capacity(fingers.len());
    for finger in fingers {
        pace::check(watch)?;
        let shown = if swapped { finger.mirrored() } else { *finger };
        // Thumbs that are swapped lie crossed, each in the other's place.
        let place = if asked == Slap::Thumbs { *finger } else { shown };
        let master =
            masters.entry(shown).or_insert_with(|| Master::new(&FingerSpec { person_seed, position: shown }));
        images.push((place, master.impression(&samples::touch(shown, order.seed))));
    }
    let prints: Vec<Print<'_>> = images
        .iter()
        .map(|(position, image)| Print {
            position: *position,
            image,
            distal: slap::extent(image),
            below_px: 0.0,
        })
        .collect();
    let slap = prints.first().map_or(asked, |p| p.position.slap());
    Ok(slap::compose(&prints, slap, &Press::ordinary(order.seed)).0)
}

/// The fingers to be given; a finger that the person does not have and nobody declared is the person's to say.
fn asked(task: &CaptureTask, absent: &[FingerPosition]) -> Result<Vec<FingerPosition>, CaptureEnd> {
    match task {
        CaptureTask::Slap { slap, missing } => {
            let asked: Vec<_> = slap.fingers().iter().copied().filter(|f| !missing.contains(f)).collect();
            if asked.iter().any(|f| absent.contains(f)) {
                Err(Retry::TooFewFingers.into())
            } else {
                Ok(asked)
            }
        }
        CaptureTask::Finger { position, .. } if absent.contains(position) => {
            Err(Retry::NothingPresented.into())
        }
        CaptureTask::Finger { position, .. } => Ok(vec![*position]),
        CaptureTask::Platen => Ok(Vec::new()),
        _ => Err(DeviceFault::Unsupported.into()),
    }
}

/// The finger whose image is given where `asked` is expected.
fn shown(asked: FingerPosition, variant: Variant) -> FingerPosition {
    match variant {
        Variant::Asked | Variant::Blank => asked,
        Variant::WrongHand => asked.mirrored(),
        Variant::WrongFinger => {
            let first_of_hand = if asked.code() <= 5 { 1 } else { 6 };
            let next = first_of_hand + (asked.code() - first_of_hand + 1) % 5;
            FingerPosition::from_code(next).unwrap_or(asked)
        }
    }
}

/// All fingers in one picture, as the platen shows them.
fn side_by_side(fingers: &[FingerImage]) -> Option<GrayImage> {
    let height = fingers.iter().map(|f| f.image.height()).max()?;
    let width: u32 = fingers.iter().map(|f| f.image.width()).sum();
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for y in 0..i64::from(height) {
        for finger in fingers {
            pixels.extend((0..i64::from(finger.image.width())).map(|x| finger.image.at(x, y)));
        }
    }
    GrayImage::new(width, height, Some(PPI), pixels).ok()
}
