//! The simulated contactless reader with a made-up KTP-el on it: its UID and the part that is readable
//! without a SAM (SELECT 7F0A, EF photo 6FF2, EF card control 6FF0; ISO/IEC 7816-4 commands).

use std::time::Instant;

use super::capture::SimulatedDevice;
use super::samples;
use crate::ktp;
use crate::traits::{CaptureDevice, CaptureWatch, CardReader, Device};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo};

/// Status words of ISO/IEC 7816-4.
mod status {
    pub(super) const OK: u16 = 0x9000;
    pub(super) const END_OF_FILE: u16 = 0x6282;
    pub(super) const WRONG_LENGTH: u16 = 0x6700;
    pub(super) const SECURITY_NOT_SATISFIED: u16 = 0x6982;
    pub(super) const NO_CURRENT_FILE: u16 = 0x6986;
    pub(super) const FILE_NOT_FOUND: u16 = 0x6A82;
    pub(super) const WRONG_OFFSET: u16 = 0x6B00;
    pub(super) const UNKNOWN_INSTRUCTION: u16 = 0x6D00;
    pub(super) const UNKNOWN_CLASS: u16 = 0x6E00;
}

const DF_KTP_EL: u16 = 0x7F0A;
const EF_CARD_CONTROL: u16 = 0x6FF0;
const EF_PHOTO: u16 = 0x6FF2;
/// Elementary files that a real card gives after mutual authentication with a SAM only.
const EF_BEHIND_SAM: [u16; 5] = [0x6FF1, 0x6FF3, 0x6FF4, 0x6FF5, 0x6FF6];
/// Length of the card control data of one of the two known card generations.
const CARD_CONTROL_BYTES: u8 = 0x33;

pub(super) struct SimulatedCardReader {
    device: SimulatedDevice,
    card: Option<Card>,
}

impl SimulatedCardReader {
    pub(super) fn new(device: SimulatedDevice) -> Result<Self, DeviceFault> {
        let card = match &device.parameters().card_uid {
            Some(uid) => Some(Card::new(uid.clone(), &samples::card_photo()?)?),
            None => None,
        };
        Ok(Self { device, card })
    }
}

impl Device for SimulatedCardReader {
    fn info(&self) -> &DeviceInfo {
        &self.device.info
    }
}

impl CaptureDevice for SimulatedCardReader {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        ktp::capture(self, task, watch)
    }
}

impl CardReader for SimulatedCardReader {
    fn card_uid(&mut self, deadline: Instant) -> Result<Option<Vec<u8>>, DeviceFault> {
        self.device.call("card-uid", deadline)?;
        Ok(self.card.as_ref().map(|card| card.uid.clone()))
    }

    fn transmit(&mut self, apdu: &[u8], deadline: Instant) -> Result<Vec<u8>, DeviceFault> {
        self.device.call("apdu", deadline)?;
        let no_card = || DeviceFault::Protocol { detail: "no card on the reader".to_owned() };
        Ok(self.card.as_mut().ok_or_else(no_card)?.answer(apdu))
    }
}

/// The card: what is selected and what the files hold.
struct Card {
    uid: Vec<u8>,
    control: Vec<u8>,
    photo: Vec<u8>,
    in_application: bool,
    selected: Option<u16>,
}

impl Card {
    fn new(uid: Vec<u8>, photo: &[u8]) -> Result<Self, DeviceFault> {
        let control: Vec<u8> = (0..CARD_CONTROL_BYTES).collect();
        let (control, photo) = (file(&control)?, file(photo)?);
        Ok(Self { uid, control, photo, in_application: false, selected: None })
    }

    /// The answer to one command, status word at the end.
    fn answer(&mut self, apdu: &[u8]) -> Vec<u8> {
        let (mut data, word) = match *apdu {
            // PC/SC part 3: GET DATA, UID.
            [0xFF, 0xCA, 0x00, 0x00, ..] => (self.uid.clone(), status::OK),
            [0x00, 0xA4, 0x00, 0x00, 0x02, high, low] | [0x00, 0xA4, 0x00, 0x00, 0x02, high, low, 0x00] => {
                (Vec::new(), self.select(u16::from_be_bytes([high, low])))
            }
            [0x00, 0xA4, ..] => (Vec::new(), status::WRONG_LENGTH),
            [0x00, 0xB0, high, low, length] => self.read(u16::from_be_bytes([high, low]), length),
            [0x00, 0xB0, ..] => (Vec::new(), status::WRONG_LENGTH),
            [0x00, _, _, _, ..] => (Vec::new(), status::UNKNOWN_INSTRUCTION),
            [_, _, _, _, ..] => (Vec::new(), status::UNKNOWN_CLASS),
            _ => (Vec::new(), status::WRONG_LENGTH),
        };
        data.extend(word.to_be_bytes());
        data
    }

    fn select(&mut self, file: u16) -> u16 {
        match file {
            DF_KTP_EL => {
                (self.in_application, self.selected) = (true, None);
                status::OK
            }
            EF_CARD_CONTROL | EF_PHOTO if self.in_application => {
                self.selected = Some(file);
                status::OK
            }
            file if self.in_application && EF_BEHIND_SAM.contains(&file) => status::SECURITY_NOT_SATISFIED,
            _ => status::FILE_NOT_FOUND,
        }
    }

    /// READ BINARY; a length of 0 asks for 256 bytes.
    fn read(&self, offset: u16, length: u8) -> (Vec<u8>, u16) {
        let Some(file) = self.selected else { return (Vec::new(), status::NO_CURRENT_FILE) };
        let content = if file == EF_PHOTO { &self.photo } else { &self.control };
        let (from, wanted) = (usize::from(offset), if length == 0 { 256 } else { usize::from(length) });
        match content.get(from..(from + wanted).min(content.len())) {
            Some([]) | None => (Vec::new(), status::WRONG_OFFSET),
            Some(data) if data.len() < wanted => (data.to_vec(), status::END_OF_FILE),
            Some(data) => (data.to_vec(), status::OK),
        }
    }
}

/// An elementary file: two bytes of length, big endian, then the data.
fn file(data: &[u8]) -> Result<Vec<u8>, DeviceFault> {
    let too_long = |_| DeviceFault::BadData { detail: "too long for a file of the card".to_owned() };
    let mut content = u16::try_from(data.len()).map_err(too_long)?.to_be_bytes().to_vec();
    content.extend(data);
    Ok(content)
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
