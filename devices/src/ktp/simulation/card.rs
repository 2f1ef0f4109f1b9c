//! The simulated card.

use std::sync::Arc;

use rand::Rng;

use super::contents::{self, Contents, SerialCommand};
use super::crypto::{self, Messaging, Secrets, Side};
use super::{answer, no_command};
use crate::ktp::apdu::status;
use crate::ktp::files::{
    DF_KTP_EL, EF_BIODATA, EF_CARD_CONTROL, EF_DIGITAL_SIGNATURE, EF_MINUTIAE, EF_PHOTO, EF_SIGNATURE,
};
use crate::ktp::sam::CHALLENGE_BYTES;
use crate::vocabulary::{CardType, DeviceFault};

/// A KTP-el that answers APDUs. Power it by [`SimulatedCard::reset`].
pub struct SimulatedCard {
    contents: Arc<Contents>,
    secrets: Secrets,
    in_application: bool,
    selected: Option<Vec<u8>>,
    challenge: Option<[u8; CHALLENGE_BYTES]>,
    messaging: Option<Messaging>,
    /// PUPI of a type B card (ISO/IEC 14443-3, clause 7.9.2): another one each time it is powered.
    pupi: [u8; 4],
}

impl SimulatedCard {
    /// A card with these contents, of the office with these secrets.
    ///
    /// # Errors
    /// [`DeviceFault::BadData`] when a file is too long for its length field.
    pub fn new(contents: Arc<Contents>, secrets: Secrets) -> Result<Self, DeviceFault> {
        contents::file(&contents.photo)?;
        contents::file(&contents.biodata)?;
        let mut card = Self {
            contents,
            secrets,
            in_application: false,
            selected: None,
            challenge: None,
            messaging: None,
            pupi: [0; 4],
        };
        card.reset();
        Ok(card)
    }

    /// Powers the card anew: nothing is selected, no session.
    pub fn reset(&mut self) {
        (self.in_application, self.selected, self.challenge, self.messaging) = (false, None, None, None);
        rand::rng().fill_bytes(&mut self.pupi);
    }

    /// The answer to reset as a reader makes it for a contactless card (PC/SC part 3, clause 3.1.3.2.3.1): eight
    /// historical bytes for type B, here five for type A.
    #[must_use]
    pub fn atr(&self) -> Vec<u8> {
        let historical: &[u8] = match self.contents.card_type {
            CardType::B => &[0, 0, 0, 0, 0, 0x81, 0x81, 0],
            CardType::A | CardType::Unknown => b"REKAM",
        };
        let mut atr = vec![0x3B, 0x80 | historical.len() as u8, 0x80, 0x01];
        atr.extend(historical);
        // TCK (ISO/IEC 7816-3, clause 8.2.5): all bytes from T0 on give zero.
        atr.push(atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte));
        atr
    }

    /// The answer to one command, status word at the end.
    pub fn answer(&mut self, apdu: &[u8]) -> Vec<u8> {
        match *apdu {
            // Answered by the reader, where there is a real one.
            [0xFF, 0xCA, 0x00, 0x00, ..] => match self.contents.card_type {
                CardType::B => answer(&self.pupi, status::OK),
                CardType::A | CardType::Unknown => answer(&self.contents.uid, status::OK),
            },
            [0x0C, _, 0x00, 0x00, length, ref sealed @ .., 0x00] if sealed.len() == usize::from(length) => {
                self.sealed(sealed)
            }
            [0x00, ..] if apdu.len() >= 4 => {
                let (data, word) = self.plain(apdu, false);
                answer(&data, word)
            }
            [_, _, _, _, ..] => answer(&[], status::UNKNOWN_CLASS),
            _ => no_command(),
        }
    }

    /// A command within secure messaging. A message that is not the SAM's ends the session.
    fn sealed(&mut self, sealed: &[u8]) -> Vec<u8> {
        let opened = self.messaging.as_mut().and_then(|messaging| messaging.open(sealed));
        let Some(command) = opened else {
            self.messaging = None;
            return answer(&[], status::SECURE_MESSAGING);
        };
        let (data, word) = self.plain(&command, true);
        match &mut self.messaging {
            Some(messaging) => answer(&messaging.seal(&answer(&data, word)), status::OK),
            None => answer(&[], status::SECURE_MESSAGING),
        }
    }

    fn plain(&mut self, apdu: &[u8], protected: bool) -> (Vec<u8>, u16) {
        let none = |word: u16| (Vec::new(), word);
        match *apdu {
            [0x00, 0xA4, 0x00, 0x00, 0x02, high, low] | [0x00, 0xA4, 0x00, 0x00, 0x02, high, low, 0x00] => {
                none(self.select(u16::from_be_bytes([high, low]), protected))
            }
            [0x00, 0xB0, high, low, length] => {
                if protected && !length.is_multiple_of(8) {
                    return none(status::WRONG_LENGTH);
                }
                self.read(u16::from_be_bytes([high, low]), length)
            }
            [0x00, 0xA4 | 0xB0, ..] => none(status::WRONG_LENGTH),
            [0x00, 0xDD, 0x00, 0x00, 0x08] => self.serial(SerialCommand::Dd),
            [0x00, 0xDF, 0x00, 0x00, 0x00] => self.serial(SerialCommand::Df),
            [0x00, 0x84, 0x00, 0x00, 0x08] if self.in_application => {
                let mut challenge = [0; CHALLENGE_BYTES];
                rand::rng().fill_bytes(&mut challenge);
                self.challenge = Some(challenge);
                (challenge.to_vec(), status::OK)
            }
            [0x00, 0x82, 0x00, 0x00, length, ref proof @ ..] if proof.len() == usize::from(length) => {
                self.authenticate(proof)
            }
            _ => none(status::UNKNOWN_INSTRUCTION),
        }
    }

    fn select(&mut self, file: u16, protected: bool) -> u16 {
        let contents = &self.contents;
        if file == DF_KTP_EL && contents.is_ktp {
            (self.in_application, self.selected) = (true, None);
            return status::OK;
        }
        if !self.in_application {
            return status::FILE_NOT_FOUND;
        }
        let fingers =
            |number: usize| contents.signature_and_fingers().ok().and_then(|all| all.get(number)).cloned();
        let content = match file {
            EF_CARD_CONTROL => contents::file(&contents.control).ok(),
            EF_PHOTO => contents::file(&contents.photo).ok().map(|mut file| {
                if let (Some(length), Some(head)) = (contents.photo_length, file.first_chunk_mut::<2>()) {
                    *head = length.to_be_bytes();
                }
                file
            }),
            EF_BIODATA | EF_SIGNATURE | EF_DIGITAL_SIGNATURE if !protected => {
                return status::SECURITY_NOT_SATISFIED;
            }
            file if EF_MINUTIAE.contains(&file) && !protected => return status::SECURITY_NOT_SATISFIED,
            EF_BIODATA => contents::padded_file(&contents.biodata).ok(),
            EF_SIGNATURE => fingers(0).and_then(|content| contents::padded_file(&content).ok()),
            EF_DIGITAL_SIGNATURE => {
                contents.digital_signature(&self.secrets).ok().and_then(|s| contents::padded_file(&s).ok())
            }
            file if file == EF_MINUTIAE[0] => fingers(1).and_then(|c| contents::padded_file(&c).ok()),
            file if file == EF_MINUTIAE[1] => fingers(2).and_then(|c| contents::padded_file(&c).ok()),
            _ => None,
        };
        match content {
            Some(content) => {
                self.selected = Some(content);
                status::OK
            }
            None => status::FILE_NOT_FOUND,
        }
    }

    /// READ BINARY; a length of 0 asks for 256 bytes.
    fn read(&self, offset: u16, length: u8) -> (Vec<u8>, u16) {
        let Some(content) = &self.selected else { return (Vec::new(), status::NO_CURRENT_FILE) };
        let (from, wanted) = (usize::from(offset), if length == 0 { 256 } else { usize::from(length) });
        match content.get(from..(from + wanted).min(content.len())) {
            Some([]) | None => (Vec::new(), status::WRONG_OFFSET),
            Some(data) if data.len() < wanted => (data.to_vec(), status::END_OF_FILE),
            Some(data) => (data.to_vec(), status::OK),
        }
    }

    fn serial(&self, by: SerialCommand) -> (Vec<u8>, u16) {
        match self.contents.card_type == CardType::B && self.contents.serial_command == by {
            true => (self.contents.uid.clone(), status::OK),
            false => (Vec::new(), status::UNKNOWN_INSTRUCTION),
        }
    }

    /// EXTERNAL AUTHENTICATE: the SAM's proof over our challenge; answered with ours over both.
    fn authenticate(&mut self, proof: &[u8]) -> (Vec<u8>, u16) {
        let Some(challenge) = self.challenge.take() else { return (Vec::new(), status::CONDITIONS) };
        let key = self.secrets.card_key(&sam_uid(&self.contents.uid));
        if !crypto::proves(&key, Side::Sam, &challenge, proof) {
            return (Vec::new(), status::NOT_VERIFIED);
        }
        let ours = crypto::prove(&key, Side::Card, proof);
        self.messaging = Some(Messaging::new(&key, proof, &ours));
        (ours.to_vec(), status::OK)
    }
}

/// The UID as the SAM gets it.
fn sam_uid(uid: &[u8]) -> Vec<u8> {
    match uid.len() {
        7 => [&[0x80], uid].concat(),
        _ => uid.to_vec(),
    }
}
