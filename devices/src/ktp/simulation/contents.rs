//! What a simulated card holds.

use std::sync::OnceLock;

use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
use biometrics::iso::incits378::IncitsRecord;
use biometrics::position::FingerPosition;
use biometrics::signature_bitmap::chip_bitmap;
use biometrics::synth::finger::{self, FingerSpec, Impression};
use biometrics::synth::rng::Rng;
use biometrics::synth::signature;

use super::crypto::Secrets;
use crate::ktp::biodata::Biodata;
use crate::vocabulary::{CardType, DeviceFault};

/// Length of the card control data of the newer of the two known generations.
const CARD_CONTROL_BYTES: u8 = 51;
/// Quality that is written for the fingers on the chip.
const FINGER_QUALITY: u8 = 80;

/// Which of the two commands gives the serial number of a type B chip: public readers disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SerialCommand {
    /// `00 DD 00 00 08`.
    Dd,
    /// `00 DF 00 00 00`.
    Df,
    /// None of them.
    None,
}

/// What a simulated card holds, and how it is reached.
#[derive(Debug, Clone)]
pub struct Contents {
    /// UID (type A) or serial number of the chip (type B).
    pub uid: Vec<u8>,
    /// Signalling.
    pub card_type: CardType,
    /// Of a type B card: the command for the serial number.
    pub serial_command: SerialCommand,
    /// The photo file as it is.
    pub photo: Vec<u8>,
    /// Length that stands before the photo, where it is not the true one.
    pub photo_length: Option<u16>,
    /// False for a card without the application.
    pub is_ktp: bool,
    /// Control data, 51 or 29 bytes.
    pub control: Vec<u8>,
    /// Biodata file.
    pub biodata: Vec<u8>,
    /// Whose signature and fingers the card has.
    pub person_seed: u64,
    protected: OnceLock<[Vec<u8>; 3]>,
}

impl Contents {
    /// A type A card of an invented person.
    #[must_use]
    pub fn new(person_seed: u64, uid: Vec<u8>, photo: Vec<u8>) -> Self {
        Self {
            uid,
            card_type: CardType::A,
            serial_command: SerialCommand::None,
            photo,
            photo_length: None,
            is_ktp: true,
            control: (0..CARD_CONTROL_BYTES).collect(),
            biodata: person(person_seed).write(),
            person_seed,
            protected: OnceLock::new(),
        }
    }

    /// Signature and both fingers. Made when they are first asked for: growing fingers takes some tenths of a second.
    ///
    /// # Errors
    /// [`DeviceFault::BadData`] when a finger cannot be made.
    pub fn signature_and_fingers(&self) -> Result<&[Vec<u8>; 3], DeviceFault> {
        if let Some(made) = self.protected.get() {
            return Ok(made);
        }
        let bitmap = chip_bitmap(&signature::render(self.person_seed, 1)).as_bytes().to_vec();
        // Index and index: the fingers that the regulation names.
        let fingers = [FingerPosition::LeftIndex, FingerPosition::RightIndex];
        let [left, right] = fingers.map(|position| template(self.person_seed, position));
        let made = [bitmap, left?, right?];
        Ok(self.protected.get_or_init(|| made))
    }

    /// Data that the digital signature is over: the photo, then the other files as they are read, with their lengths
    /// and padding.
    pub(super) fn signed(&self) -> Result<Vec<u8>, DeviceFault> {
        let mut signed = self.photo.clone();
        signed.extend(padded_file(&self.biodata)?);
        for content in self.signature_and_fingers()? {
            signed.extend(padded_file(content)?);
        }
        Ok(signed)
    }

    pub(super) fn digital_signature(&self, secrets: &Secrets) -> Result<Vec<u8>, DeviceFault> {
        Ok(secrets.sign(&self.signed()?).to_vec())
    }
}

fn template(person_seed: u64, position: FingerPosition) -> Result<Vec<u8>, DeviceFault> {
    let image = finger::render(&FingerSpec { person_seed, position }, &Impression::clean(1));
    let bad = |e: &dyn std::fmt::Display| DeviceFault::BadData { detail: format!("finger of the card: {e}") };
    let template = MinutiaeMatcher::new().extract(&image).map_err(|e| bad(&e))?;
    IncitsRecord::for_chip(&template, Some(position), FINGER_QUALITY).write().map_err(|e| bad(&e))
}

/// An elementary file: two bytes of length, big endian, then the data.
pub(super) fn file(data: &[u8]) -> Result<Vec<u8>, DeviceFault> {
    let too_long = |_| DeviceFault::BadData { detail: "too long for a file of the card".to_owned() };
    let mut content = u16::try_from(data.len()).map_err(too_long)?.to_be_bytes().to_vec();
    content.extend(data);
    Ok(content)
}

/// A file as secure messaging reads it: in whole blocks of eight bytes.
pub(super) fn padded_file(data: &[u8]) -> Result<Vec<u8>, DeviceFault> {
    let mut content = file(data)?;
    content.resize(content.len().next_multiple_of(8), 0);
    Ok(content)
}

/// The biodata of an invented person: every seed is another one, none is real (district 00 does not exist).
#[must_use]
pub fn person(person_seed: u64) -> Biodata {
    const FIRST: [&str; 8] = ["SITI", "BUDI", "DEWI", "AGUS", "RINA", "JOKO", "MAYA", "HADI"];
    const LAST: [&str; 8] =
        ["LESTARI", "SANTOSO", "WULANDARI", "PRASETYO", "KARTIKA", "NUGROHO", "SAPUTRI", "WIBOWO"];
    let mut rng = Rng::new(person_seed, 0x4B54_5045);
    let mut number = |below: u64| rng.next_u64() % below;
    let (first, last) = (number(8), number(8));
    let (day, month, year) = (1 + number(28), 1 + number(12), 1960 + number(40));
    let woman = first % 2 == 0;
    let nik_day = day + if woman { 40 } else { 0 };
    let text = str::to_owned;
    Biodata {
        nik: format!("347100{nik_day:02}{month:02}{:02}{:04}", year % 100, 1 + number(9999)),
        address: format!("JALAN CONTOH {}", 1 + number(200)),
        rt: format!("{:03}", 1 + number(20)),
        rw: format!("{:03}", 1 + number(12)),
        birth_place: text("YOGYAKARTA"),
        district: text("CONTOH"),
        village: text("CONTOHAN"),
        regency: text("KOTA YOGYAKARTA"),
        sex: text(if woman { "PEREMPUAN" } else { "LAKI-LAKI" }),
        blood_group: text(["A", "B", "AB", "O"].get(number(4) as usize).copied().unwrap_or("O")),
        religion: text("ISLAM"),
        marital_status: text("BELUM KAWIN"),
        occupation: text("KARYAWAN SWASTA"),
        name: format!("{} {}", FIRST[first as usize], LAST[last as usize]),
        birth_date: format!("{day:02}-{month:02}-{year}"),
        province: text("DI YOGYAKARTA"),
        citizenship: text("WNI"),
        unexplained: [text("SEUMUR HIDUP"), String::new(), String::new(), String::new()],
    }
}
