//! What a capture task means in the words of the protocol: type, part of the device, count, exceptions.
//!
//! Parts (`deviceSubId`): 1 left, 2 right, 3 both thumbs or both eyes, 0 the face or a device with one part. Count
//! and exceptions together must be what the part holds: 4, 4 and 2 fingers, 2 eyes.

use biometrics::position::{Eye, FingerPosition, Slap};

use super::info::DigitalId;
use super::wire::BioType;
use crate::vocabulary::{CaptureTask, DeviceFault};

/// The exception of a picture that is no portrait and shows nothing that is missing, e.g. a document: such a picture
/// needs no portrait's pose.
const UNKNOWN: &str = "UNKNOWN";

/// The name of a finger on the wire.
#[must_use]
pub fn finger_name(finger: FingerPosition) -> &'static str {
    use FingerPosition as F;
    match finger {
        F::RightThumb => "Right Thumb",
        F::RightIndex => "Right IndexFinger",
        F::RightMiddle => "Right MiddleFinger",
        F::RightRing => "Right RingFinger",
        F::RightLittle => "Right LittleFinger",
        F::LeftThumb => "Left Thumb",
        F::LeftIndex => "Left IndexFinger",
        F::LeftMiddle => "Left MiddleFinger",
        F::LeftRing => "Left RingFinger",
        F::LeftLittle => "Left LittleFinger",
    }
}

/// The name of an eye on the wire.
#[must_use]
pub fn eye_name(eye: Eye) -> &'static str {
    match eye {
        Eye::Right => "Right",
        Eye::Left => "Left",
    }
}

/// One part of the body that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A finger.
    Finger(FingerPosition),
    /// An eye.
    Eye(Eye),
    /// The face.
    Face,
}

impl Part {
    /// The name on the wire; the face has none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finger(finger) => finger_name(finger),
            Self::Eye(eye) => eye_name(eye),
            Self::Face => "",
        }
    }

    /// The name for files and messages, e.g. `left_index`, `iris_left`, `face`.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Finger(finger) => finger.id().to_owned(),
            Self::Eye(eye) => format!("iris_{eye}"),
            Self::Face => "face".to_owned(),
        }
    }
}

/// One capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What is captured.
    pub bio_type: BioType,
    /// Part of the device, `deviceSubId`.
    pub sub_id: &'static str,
    /// What must be in the answer, each once.
    pub expected: Vec<Part>,
    /// `bioSubType`: named only where a part of the device can give several things.
    pub named: Vec<String>,
    /// `exception`.
    pub exceptions: Vec<String>,
}

impl Order {
    fn new(bio_type: BioType, sub_id: &'static str, expected: Vec<Part>) -> Self {
        Self { bio_type, sub_id, expected, named: Vec::new(), exceptions: Vec::new() }
    }

    /// A slap without the fingers that are declared missing.
    #[must_use]
    pub fn slap(slap: Slap, missing: &[FingerPosition]) -> Self {
        let (gone, there): (Vec<_>, Vec<_>) =
            slap.fingers().iter().copied().partition(|f| missing.contains(f));
        let expected = there.into_iter().map(Part::Finger).collect();
        let exceptions = gone.into_iter().map(|f| finger_name(f).to_owned()).collect();
        Self { exceptions, ..Self::new(BioType::Finger, slap_sub_id(slap), expected) }
    }

    /// Both eyes without those that are declared missing.
    #[must_use]
    pub fn eyes(missing: &[Eye]) -> Self {
        let (gone, there): (Vec<_>, Vec<_>) = Eye::ALL.iter().copied().partition(|e| missing.contains(e));
        let expected = there.into_iter().map(Part::Eye).collect();
        let exceptions = gone.into_iter().map(|e| eye_name(e).to_owned()).collect();
        Self { exceptions, ..Self::new(BioType::Iris, "3", expected) }
    }

    /// One eye on its own part of the device.
    #[must_use]
    pub fn eye(eye: Eye) -> Self {
        let sub_id = if eye == Eye::Left { "1" } else { "2" };
        Self::new(BioType::Iris, sub_id, vec![Part::Eye(eye)])
    }

    /// The face.
    #[must_use]
    pub fn face() -> Self {
        Self::new(BioType::Face, "0", vec![Part::Face])
    }

    /// The person with what is missing, each named; where nothing is, a picture without a portrait's pose.
    #[must_use]
    pub fn exception_photo(fingers: &[FingerPosition], eyes: &[Eye]) -> Self {
        let names = fingers.iter().map(|f| finger_name(*f)).chain(eyes.iter().map(|e| eye_name(*e)));
        let mut exceptions: Vec<String> = names.map(str::to_owned).collect();
        if exceptions.is_empty() {
            exceptions.push(UNKNOWN.to_owned());
        }
        Self { exceptions, ..Self::face() }
    }

    /// One finger. A slap reader takes the other fingers of its part as exceptions.
    #[must_use]
    pub fn finger(finger: FingerPosition, device: &DeviceShape) -> Self {
        let slap = finger.slap();
        let expected = vec![Part::Finger(finger)];
        let named = vec![finger_name(finger).to_owned()];
        if device.slaps() {
            let others: Vec<_> = slap.fingers().iter().copied().filter(|f| *f != finger).collect();
            return Self { named, ..Self::slap(slap, &others) };
        }
        let sub_id = if device.has_part(slap_sub_id(slap)) { slap_sub_id(slap) } else { "0" };
        Self { named, ..Self::new(BioType::Finger, sub_id, expected) }
    }

    /// The captures of a task, in order; none where everything is declared missing.
    ///
    /// # Errors
    /// [`DeviceFault::Unsupported`] for a task that the device cannot do.
    pub fn of_task(task: &CaptureTask, device: &DeviceShape) -> Result<Vec<Self>, DeviceFault> {
        if BioType::of_kind(task.kind()) != Some(device.bio_type) {
            return Err(DeviceFault::Unsupported);
        }
        let orders = match task {
            CaptureTask::Face => vec![Self::face()],
            CaptureTask::ExceptionPhoto { fingers, eyes } => vec![Self::exception_photo(fingers, eyes)],
            CaptureTask::EvidencePhoto => vec![Self::exception_photo(&[], &[])],
            CaptureTask::Slap { slap, missing } if device.slaps() => vec![Self::slap(*slap, missing)],
            CaptureTask::Finger { position, .. } => vec![Self::finger(*position, device)],
            CaptureTask::Irises { missing } if device.has_part("3") => vec![Self::eyes(missing)],
            CaptureTask::Irises { missing } => {
                Eye::ALL.iter().filter(|e| !missing.contains(e)).map(|e| Self::eye(*e)).collect()
            }
            _ => return Err(DeviceFault::Unsupported),
        };
        Ok(orders.into_iter().filter(|order| !order.expected.is_empty()).collect())
    }

    /// How many things are captured.
    #[must_use]
    pub fn count(&self) -> usize {
        self.expected.len()
    }
}

fn slap_sub_id(slap: Slap) -> &'static str {
    match slap {
        Slap::LeftFour => "1",
        Slap::RightFour => "2",
        Slap::Thumbs => "3",
    }
}

/// What of a device decides how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceShape {
    /// What it captures.
    pub bio_type: BioType,
    /// `deviceSubType`: `Slap`, `Single`, `Touchless`, `Double`, `Full face`.
    pub sub_type: String,
    /// Its parts; empty where it tells none.
    pub sub_ids: Vec<String>,
}

impl DeviceShape {
    pub(super) fn new(digital: &DigitalId, sub_ids: &[String]) -> Self {
        let sub_type = digital.sub_type.clone();
        Self { bio_type: digital.bio_type, sub_type, sub_ids: sub_ids.to_vec() }
    }

    /// True for a reader that takes several fingers at once.
    #[must_use]
    pub fn slaps(&self) -> bool {
        self.bio_type == BioType::Finger && !self.sub_type.eq_ignore_ascii_case("Single")
    }

    fn has_part(&self, sub_id: &str) -> bool {
        match self.sub_ids.is_empty() {
            true => !self.sub_type.eq_ignore_ascii_case("Single"),
            false => self.sub_ids.iter().any(|s| s == sub_id),
        }
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
