//! Files of the KTP-el application: selecting, reading, and what tells one card from another.

use std::time::Duration;

use super::apdu::{self, Answer, Conversation, protocol, refused, status};
use crate::vocabulary::{CaptureEnd, CardType};

/// The application (DF).
pub const DF_KTP_EL: u16 = 0x7F0A;
/// Card control data: what a SAM wants to know of the card first.
pub const EF_CARD_CONTROL: u16 = 0x6FF0;
/// Biodata, behind the SAM.
pub const EF_BIODATA: u16 = 0x6FF1;
/// The photo, readable by anybody.
pub const EF_PHOTO: u16 = 0x6FF2;
/// The signature, behind the SAM.
pub const EF_SIGNATURE: u16 = 0x6FF3;
/// Minutiae of the two fingers, behind the SAM.
pub const EF_MINUTIAE: [u16; 2] = [0x6FF4, 0x6FF5];
/// Digital signature over the other files, behind the SAM.
pub const EF_DIGITAL_SIGNATURE: u16 = 0x6FF6;

/// Most bytes of a file without its length: offsets of READ BINARY end at 32767. The chip has 8 KB in all.
pub const FILE_MAX_BYTES: usize = 0x7FFF - 2;
/// Bytes of the first read of a file.
const HEAD_BYTES: usize = 8;
/// Tries of SELECT for the application: cards are told to need more than one when they have just been powered.
const SELECT_TRIES: u32 = 3;
const SELECT_PAUSE: Duration = Duration::from_millis(40);

/// How files are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Bytes of one READ BINARY, the first that the card takes.
    chunks: &'static [usize],
    /// Lengths are rounded up to a multiple of this.
    round_to: usize,
}

/// Both sizes that public readers use: the large one first.
pub(super) const PLAIN: Manner = Manner { chunks: &[0xD0, 0x70], round_to: 1 };
/// Within secure messaging: whole blocks, with room for the wrapping.
pub(super) const WRAPPED: Manner = Manner { chunks: &[0x70], round_to: 8 };

/// Selects the KTP-el application; false when the card has none.
pub(super) fn select_application(card: &mut Conversation<'_>) -> Result<bool, CaptureEnd> {
    let mut word = status::OK;
    for attempt in 0..SELECT_TRIES {
        if attempt > 0 {
            std::thread::sleep(SELECT_PAUSE);
        }
        word = card.send(&apdu::select(DF_KTP_EL))?.word;
        match word {
            status::OK => return Ok(true),
            status::FILE_NOT_FOUND | status::UNKNOWN_INSTRUCTION | status::UNKNOWN_CLASS => return Ok(false),
            _ => {}
        }
    }
    match word >> 8 {
        // The card says that it is broken, not that it is another one.
        0x64 | 0x65 | 0x66 | 0x6F => Err(refused("select", word)),
        _ => Ok(false),
    }
}

/// Selects and reads a file; `None` when the card does not have it or does not let it be read.
pub(super) fn read_file(
    file: u16,
    manner: Manner,
    send: &mut dyn FnMut(&[u8]) -> Result<Answer, CaptureEnd>,
) -> Result<Option<Vec<u8>>, CaptureEnd> {
    match send(&apdu::select(file))?.word {
        status::OK => {}
        status::FILE_NOT_FOUND | status::SECURITY_NOT_SATISFIED | status::CONDITIONS => return Ok(None),
        word => return Err(refused("file", word)),
    }
    let mut head = send(&apdu::read_binary(0, HEAD_BYTES)?)?;
    if head.word == status::WRONG_LENGTH {
        head = send(&apdu::read_binary(0, 2)?)?;
    }
    match head.word {
        status::OK | status::END_OF_FILE => {}
        status::SECURITY_NOT_SATISFIED => return Ok(None),
        word => return Err(refused("read", word)),
    }
    let (length, begin) = match head.data[..] {
        [high, low, ref begin @ ..] => (usize::from(u16::from_be_bytes([high, low])), begin),
        _ => return Err(protocol("a file without its length").into()),
    };
    if length > FILE_MAX_BYTES {
        return Err(protocol(format!("a file of {length} bytes")).into());
    }
    let mut content = Vec::with_capacity(length);
    content.extend(begin.iter().take(length));
    read_rest(&mut content, length, manner, send)?;
    Ok(Some(content))
}

fn read_rest(
    content: &mut Vec<u8>,
    length: usize,
    manner: Manner,
    send: &mut dyn FnMut(&[u8]) -> Result<Answer, CaptureEnd>,
) -> Result<(), CaptureEnd> {
    let mut chunks = manner.chunks.iter().copied();
    let mut chunk = chunks.next().unwrap_or(HEAD_BYTES);
    while content.len() < length {
        let left = length - content.len();
        let wanted = chunk.min(left.next_multiple_of(manner.round_to));
        let answer = send(&apdu::read_binary(2 + content.len(), wanted)?)?;
        match answer.word {
            status::OK | status::END_OF_FILE if !answer.data.is_empty() => {
                content.extend(answer.data.iter().take(left));
            }
            status::WRONG_LENGTH => match chunks.next() {
                Some(smaller) => chunk = smaller,
                None => return Err(refused("read", answer.word)),
            },
            status::OK | status::END_OF_FILE | status::WRONG_OFFSET => {
                return Err(
                    protocol(format!("a file of {length} bytes that ends at {}", content.len())).into()
                );
            }
            word => return Err(refused("read", word)),
        }
    }
    Ok(())
}

/// The UID as the reader tells it (PC/SC part 3, clause 3.2.2.1.3, GET DATA). For type B this is the PUPI, which may
/// be another one each time.
pub(super) fn uid_of_reader(card: &mut Conversation<'_>) -> Result<Option<Vec<u8>>, CaptureEnd> {
    let answer = card.send(&[0xFF, 0xCA, 0x00, 0x00, 0x00])?;
    Ok(Some(answer.data).filter(|uid| answer.word == status::OK && (4..=10).contains(&uid.len())))
}

/// The serial number of a type B chip. Public readers disagree about the command, so both are tried.
pub(super) fn chip_serial(card: &mut Conversation<'_>) -> Result<Option<Vec<u8>>, CaptureEnd> {
    for command in [[0x00, 0xDD, 0x00, 0x00, 0x08], [0x00, 0xDF, 0x00, 0x00, 0x00]] {
        let answer = card.send(&command)?;
        if answer.is_ok() && answer.data.len() == 8 {
            return Ok(Some(answer.data));
        }
    }
    Ok(None)
}

/// Tells type A from type B by the ATR that a reader makes for a contactless card (PC/SC part 3, clause 3.1.3.2.3)
/// and by the length of the UID (ISO/IEC 14443-3: 7 and 10 bytes are of type A only).
#[must_use]
pub fn signalling(atr: &[u8], uid: Option<&[u8]>) -> CardType {
    match *atr {
        // Storage cards: the registered application provider of PC/SC, then the standard.
        [0x3B, _, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, standard, ..] => match standard
        {
            1..=3 => return CardType::A,
            5..=7 => return CardType::B,
            _ => {}
        },
        // Of type B come exactly eight historical bytes: application data, protocol info, MBLI.
        [0x3B, 0x88, 0x80, 0x01, ..] if uid.is_none_or(|uid| matches!(uid.len(), 4 | 8)) => {
            return CardType::B;
        }
        _ => {}
    }
    match uid.map(<[u8]>::len) {
        Some(7 | 10) => CardType::A,
        _ => CardType::Unknown,
    }
}
