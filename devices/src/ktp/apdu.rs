//! Commands and answers of ISO/IEC 7816-4, and a bounded conversation with one card.

use std::time::Instant;

use crate::traits::{ApduChannel, CaptureWatch};
use crate::vocabulary::{CaptureEnd, DeviceFault};

/// Status words of ISO/IEC 7816-4, table 5 and 6.
pub mod status {
    /// Done.
    pub const OK: u16 = 0x9000;
    /// The file ended before all that was asked for.
    pub const END_OF_FILE: u16 = 0x6282;
    /// A wrong cryptogram: the other side does not have the key.
    pub const NOT_VERIFIED: u16 = 0x6300;
    /// Wrong length (Lc or Le).
    pub const WRONG_LENGTH: u16 = 0x6700;
    /// Mutual authentication is needed first.
    pub const SECURITY_NOT_SATISFIED: u16 = 0x6982;
    /// Not in this state.
    pub const CONDITIONS: u16 = 0x6985;
    /// No file is selected.
    pub const NO_CURRENT_FILE: u16 = 0x6986;
    /// Secure messaging data are wrong.
    pub const SECURE_MESSAGING: u16 = 0x6988;
    /// Function not supported.
    pub const NOT_SUPPORTED: u16 = 0x6A81;
    /// File not found.
    pub const FILE_NOT_FOUND: u16 = 0x6A82;
    /// Wrong P1 or P2.
    pub const WRONG_PARAMETERS: u16 = 0x6A86;
    /// Offset behind the end.
    pub const WRONG_OFFSET: u16 = 0x6B00;
    /// Instruction not known.
    pub const UNKNOWN_INSTRUCTION: u16 = 0x6D00;
    /// Class not known.
    pub const UNKNOWN_CLASS: u16 = 0x6E00;
}

/// Most bytes of one answer of a card: 256 and the status word, as commands are short ones here.
pub const ANSWER_MAX_BYTES: usize = 258;
/// Most bytes that a chain of GET RESPONSE may give.
const CHAIN_MAX_BYTES: usize = 4096;
/// Commands of one conversation. The longest, all files of a card in pieces of 112 bytes, needs about 400.
const COMMANDS_MAX: u32 = 2048;

/// What a card answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// Data without status word.
    pub data: Vec<u8>,
    /// Status word.
    pub word: u16,
}

impl Answer {
    /// True for 9000.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.word == status::OK
    }

    /// Splits data and status word.
    ///
    /// # Errors
    /// [`DeviceFault::Protocol`] when there is no status word or too much.
    pub fn split(mut bytes: Vec<u8>) -> Result<Self, DeviceFault> {
        if bytes.len() > ANSWER_MAX_BYTES {
            return Err(protocol(format!("an answer of {} bytes", bytes.len())));
        }
        let word = bytes.split_off(bytes.len().saturating_sub(2));
        match word[..] {
            [high, low] => Ok(Self { data: bytes, word: u16::from_be_bytes([high, low]) }),
            _ => Err(protocol("an answer without status word")),
        }
    }
}

impl std::fmt::Debug for Answer {
    // Answers hold personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({} bytes, {:04x})", self.data.len(), self.word)
    }
}

/// A command that selects a file by its identifier (ISO/IEC 7816-4, SELECT, P1 = 00).
#[must_use]
pub fn select(file: u16) -> [u8; 7] {
    let [high, low] = file.to_be_bytes();
    [0x00, 0xA4, 0x00, 0x00, 0x02, high, low]
}

/// A command that reads 1 to 256 bytes at an offset below 32768 (READ BINARY).
///
/// # Errors
/// [`DeviceFault::Protocol`] for an offset or length that the command cannot say.
pub fn read_binary(offset: usize, length: usize) -> Result<[u8; 5], DeviceFault> {
    let place = u16::try_from(offset).ok().filter(|place| *place < 0x8000);
    let length = match length {
        256 => Some(0),
        length => u8::try_from(length).ok().filter(|length| *length > 0),
    };
    match (place, length) {
        (Some(place), Some(length)) => {
            let [high, low] = place.to_be_bytes();
            Ok([0x00, 0xB0, high, low, length])
        }
        _ => Err(protocol(format!("a file that goes on behind byte {offset}"))),
    }
}

/// A command with data, up to 255 bytes (case 3).
///
/// # Errors
/// [`DeviceFault::Protocol`] when there are more.
pub fn with_data(head: [u8; 4], data: &[u8]) -> Result<Vec<u8>, DeviceFault> {
    let length = u8::try_from(data.len()).map_err(|_| protocol("too much data for a command"))?;
    let mut apdu = Vec::with_capacity(5 + data.len());
    apdu.extend(head);
    apdu.push(length);
    apdu.extend(data);
    Ok(apdu)
}

/// A fault of a card or reader that does not keep the protocol.
pub(super) fn protocol(detail: impl Into<String>) -> DeviceFault {
    DeviceFault::Protocol { detail: detail.into() }
}

/// The fault of a card that refuses, by its status word; `what` says which part of the reading.
pub(super) fn refused(what: &str, word: u16) -> CaptureEnd {
    DeviceFault::Reported { code: format!("{what}-sw-{word:04x}") }.into()
}

/// One conversation with a card: answers in several parts are put together, and it ends by the watch's deadline, on
/// cancel, and after a number of commands that no honest card needs.
pub struct Conversation<'a> {
    channel: &'a mut dyn ApduChannel,
    watch: &'a dyn CaptureWatch,
    begun: Instant,
    commands_left: u32,
}

impl<'a> Conversation<'a> {
    /// Over a channel on which [`ApduChannel::begin`] was called.
    pub fn new(channel: &'a mut dyn ApduChannel, watch: &'a dyn CaptureWatch) -> Self {
        Self { channel, watch, begun: Instant::now(), commands_left: COMMANDS_MAX }
    }

    /// Sends a short command and gives the whole answer: 61xx is followed by GET RESPONSE, 6Cxx by the command with
    /// the right length (ISO/IEC 7816-4, clause 5.3.4).
    ///
    /// # Errors
    /// [`CaptureEnd`]; every complete answer, whatever its status word, is none.
    pub fn send(&mut self, apdu: &[u8]) -> Result<Answer, CaptureEnd> {
        let mut answer = self.once(apdu)?;
        if let (0x6C, [head @ .., _]) = (answer.word >> 8, apdu)
            && apdu.len() == 5
        {
            let mut again = head.to_vec();
            again.push((answer.word & 0xFF) as u8);
            answer = self.once(&again)?;
        }
        let mut data = Vec::new();
        while answer.word >> 8 == 0x61 {
            data.append(&mut answer.data);
            let more = self.once(&[0x00, 0xC0, 0x00, 0x00, (answer.word & 0xFF) as u8])?;
            if data.len() + more.data.len() > CHAIN_MAX_BYTES {
                return Err(protocol("an answer that does not end").into());
            }
            if more.data.is_empty() && more.word >> 8 == 0x61 {
                return Err(protocol("an answer that is promised and does not come").into());
            }
            answer = more;
        }
        data.append(&mut answer.data);
        Ok(Answer { data, word: answer.word })
    }

    fn once(&mut self, apdu: &[u8]) -> Result<Answer, CaptureEnd> {
        if self.watch.cancelled() {
            return Err(CaptureEnd::Cancelled);
        }
        if Instant::now() >= self.watch.deadline() {
            // There is a card, so the person has done what was asked.
            let after_ms = self.begun.elapsed().as_millis() as u64;
            return Err(DeviceFault::Hung { after_ms }.into());
        }
        self.commands_left = self
            .commands_left
            .checked_sub(1)
            .ok_or_else(|| protocol("a card that gives its data in crumbs"))?;
        let answer = Answer::split(self.channel.transmit(apdu, self.watch)?)?;
        if let [_, _, _, _, length] = *apdu {
            let most = if length == 0 { 256 } else { usize::from(length) };
            if answer.data.len() > most {
                return Err(protocol("more data than was asked for").into());
            }
        }
        Ok(answer)
    }
}
