//! The parameters of simulated devices.

use std::path::PathBuf;

use biometrics::position::{Eye, FingerPosition};
use toml::{Table, Value};

use super::script::{Script, TIME_MAX_MS};
use crate::setup::{DriverParameters, Parameters, SetupError};
use crate::vocabulary::DeviceKind;

/// Time a capture takes where `capture_ms` does not say otherwise.
const CAPTURE_MS: u64 = 60;
/// Length of a type A card UID (ISO/IEC 14443-3, double size) that is used where `uid` does not say.
const CARD_UID: [u8; 7] = [0x04, 0x52, 0x45, 0x4B, 0x41, 0x4D, 0x01];

/// The even background behind the simulated face. Photos for the card have red for odd and blue for even
/// years of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Red (odd years).
    Red,
    /// Blue (even years).
    Blue,
}

impl Background {
    /// Its colour, R G B.
    #[must_use]
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Red => [196, 32, 38],
            Self::Blue => [30, 76, 168],
        }
    }
}

/// The parameters of one simulated device. Those that are of no meaning for its kind are at their defaults,
/// as a set-up that names them is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedParameters {
    /// Whose samples are given: the same seed always is the same (made-up) person.
    pub person_seed: u64,
    /// Tells several devices of a kind apart, from 1.
    pub number: u64,
    /// Time a capture takes, in milliseconds.
    pub capture_ms: u64,
    /// Time after which an unplugged device is back, where the script's element does not say.
    pub replug_after_ms: Option<u64>,
    /// What happens when.
    pub script: Script,
    /// Camera: colour behind the face.
    pub background: Background,
    /// Fingerprint: fingers that the person does not have.
    pub missing_fingers: Vec<FingerPosition>,
    /// Fingerprint: slaps come segmented, as from readers with segmentation of their own.
    pub segmented: bool,
    /// Fingerprint: one finger at a time; a slap is refused.
    pub single: bool,
    /// Iris: eyes that the person does not have.
    pub missing_eyes: Vec<Eye>,
    /// Thermometer: readings in tenths of a degree Celsius, one per capture; the last one stays.
    pub decidegrees_c: Vec<i32>,
    /// Card: UID of the card on the reader; `None` when there is no card.
    pub card_uid: Option<Vec<u8>>,
    /// Printer: folder that gets the PDFs; kept in memory where there is none.
    pub folder: Option<PathBuf>,
}

impl DriverParameters<'_> for SimulatedParameters {
    fn read(kind: DeviceKind, table: &Table) -> Result<Self, Vec<SetupError>> {
        let mut reader = Parameters::new(kind, table);
        let time_max = TIME_MAX_MS as i64;
        let person_seed = reader.integer("person_seed", 0, i64::MAX).unwrap_or(1) as u64;
        let number = reader.integer("number", 1, 9).unwrap_or(1) as u64;
        let capture_ms = reader.integer("capture_ms", 0, time_max).map_or(CAPTURE_MS, |n| n as u64);
        let replug_after_ms = reader.integer("replug_after_ms", 0, time_max).map(|n| n as u64);
        let script = Script::read(&mut reader, kind);
        let mut parameters = Self {
            person_seed,
            number,
            capture_ms,
            replug_after_ms,
            script,
            background: Background::Red,
            missing_fingers: Vec::new(),
            segmented: false,
            single: false,
            missing_eyes: Vec::new(),
            decidegrees_c: vec![365],
            card_uid: Some(CARD_UID.to_vec()),
            folder: None,
        };
        match kind {
            DeviceKind::Camera => parameters.background = background(&mut reader),
            DeviceKind::Fingerprint => {
                let read = |v: &Value| v.as_str().and_then(FingerPosition::from_id);
                parameters.segmented = reader.boolean("segmented").unwrap_or(false);
                parameters.single = reader.boolean("single").unwrap_or(false);
                parameters.missing_fingers = reader.list("missing", "a finger, e.g. \"right_index\"", read);
            }
            DeviceKind::Iris => {
                let read = |v: &Value| v.as_str().and_then(Eye::from_id);
                parameters.missing_eyes = reader.list("missing", "\"right\" or \"left\"", read);
            }
            DeviceKind::Thermometer => parameters.decidegrees_c = temperatures(&mut reader),
            DeviceKind::Card => parameters.card_uid = card_uid(&mut reader),
            DeviceKind::Printer => parameters.folder = reader.text("folder").map(PathBuf::from),
            DeviceKind::SignaturePad => {}
        }
        reader.finish(parameters)
    }
}

fn background(reader: &mut Parameters<'_>) -> Background {
    match reader.text("background") {
        None | Some("red") => Background::Red,
        Some("blue") => Background::Blue,
        Some(_) => {
            reader.wrong("background", "\"red\" or \"blue\"");
            Background::Red
        }
    }
}

fn temperatures(reader: &mut Parameters<'_>) -> Vec<i32> {
    let read = |value: &Value| {
        let celsius = value.as_float().or_else(|| value.as_integer().map(|n| n as f64))?;
        (0.0..=100.0).contains(&celsius).then_some((celsius * 10.0).round() as i32)
    };
    let expected = "degrees Celsius from 0.0 to 100.0";
    let list = match reader.value("celsius") {
        None => return vec![365],
        Some(Value::Array(_)) => reader.list("celsius", expected, read),
        Some(value) => read(value).into_iter().collect(),
    };
    if list.is_empty() {
        reader.wrong("celsius", format!("{expected}, one or a list"));
        return vec![365];
    }
    list
}

fn card_uid(reader: &mut Parameters<'_>) -> Option<Vec<u8>> {
    let present = reader.boolean("present").unwrap_or(true);
    let uid = match reader.text("uid") {
        None => CARD_UID.to_vec(),
        Some(text) => match hex(text).filter(|uid| matches!(uid.len(), 4 | 7 | 8 | 10)) {
            Some(uid) => uid,
            None => {
                reader.wrong("uid", "4, 7, 8 or 10 bytes in hexadecimal");
                CARD_UID.to_vec()
            }
        },
    };
    present.then_some(uid)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect();
    let digits = digits.filter(|d| d.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
