//! Cards that do not behave: for tests and for `rekam-sim card --fault`.

use std::str::FromStr;
use std::time::Duration;

use super::SimulatedCard;
use crate::ktp::apdu::status;

/// Longest time of a slow answer, in milliseconds.
const SLOW_MAX_MS: u64 = 60_000;

/// One thing that is wrong with a card. Commands are counted from 1 since the card was laid down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardFault {
    /// Every answer takes this many milliseconds: `slow:MS`.
    Slow(u64),
    /// The card is taken away instead of the answer number N: `remove:N`.
    Remove(u32),
    /// Answer number N is this status word alone: `status:N:HHHH`.
    Status(u32, u16),
    /// Answer number N is empty: `empty:N`.
    Empty(u32),
    /// Answer number N is one byte, so without status word: `half:N`.
    Half(u32),
    /// Answer number N has this many bytes of data too many: `long:N:BYTES`.
    Long(u32, usize),
    /// READ BINARY of more than this many bytes is refused by 6700: `chunk:BYTES`.
    Chunk(usize),
    /// READ BINARY of more than this many bytes is refused by 6Cxx: `exact:BYTES`.
    Exact(usize),
    /// Every answer with data is followed by 61xx for ever: `endless`.
    Endless,
    /// READ BINARY gives one byte at a time: `crumbs`.
    Crumbs,
    /// Answers with data come by GET RESPONSE, as with T=0: `get-response`.
    GetResponse,
    /// One bit of answer number N is turned: `flip:N`.
    Flip(u32),
}

impl FromStr for CardFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let arguments: Vec<&str> = parts.collect();
        let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0);
        let size = |text: &str| text.parse::<usize>().ok().filter(|n| (1..=70_000).contains(n));
        let fault = match (name, &arguments[..]) {
            ("slow", [ms]) => ms.parse().ok().filter(|ms| *ms <= SLOW_MAX_MS).map(Self::Slow),
            ("remove", [n]) => number(n).map(Self::Remove),
            ("status", [n, word]) => {
                let word = u16::from_str_radix(word, 16).ok().filter(|_| word.len() == 4);
                number(n).zip(word).map(|(n, word)| Self::Status(n, word))
            }
            ("empty", [n]) => number(n).map(Self::Empty),
            ("half", [n]) => number(n).map(Self::Half),
            ("long", [n, bytes]) => number(n).zip(size(bytes)).map(|(n, bytes)| Self::Long(n, bytes)),
            ("chunk", [bytes]) => size(bytes).map(Self::Chunk),
            ("exact", [bytes]) => size(bytes).filter(|bytes| *bytes < 256).map(Self::Exact),
            ("endless", []) => Some(Self::Endless),
            ("crumbs", []) => Some(Self::Crumbs),
            ("get-response", []) => Some(Self::GetResponse),
            ("flip", [n]) => number(n).map(Self::Flip),
            _ => None,
        };
        fault.ok_or_else(|| {
            "one of: slow:MS, remove:N, status:N:HHHH, empty:N, half:N, long:N:BYTES, chunk:BYTES, exact:BYTES, \
             endless, crumbs, get-response, flip:N"
                .to_owned()
        })
    }
}

/// What comes of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Time until then.
    pub after: Duration,
    /// The answer; `None` when the card was taken away.
    pub bytes: Option<Vec<u8>>,
}

/// A simulated card with faults.
pub struct FaultyCard {
    card: SimulatedCard,
    faults: Vec<CardFault>,
    commands: u32,
    /// What GET RESPONSE will give.
    kept: Vec<u8>,
}

impl FaultyCard {
    /// This card with these faults.
    #[must_use]
    pub fn new(card: SimulatedCard, faults: Vec<CardFault>) -> Self {
        Self { card, faults, commands: 0, kept: Vec::new() }
    }

    /// The card's answer to reset.
    #[must_use]
    pub fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    /// Powers the card anew.
    pub fn reset(&mut self) {
        self.kept.clear();
        self.card.reset();
    }

    /// Lays the card down again: commands are counted from the beginning.
    pub fn insert(&mut self) {
        self.commands = 0;
        self.reset();
    }

    /// What comes of one command.
    pub fn answer(&mut self, apdu: &[u8]) -> Reply {
        self.commands = self.commands.saturating_add(1);
        let mut reply = Reply { after: Duration::ZERO, bytes: None };
        let mut bytes = self.before(apdu).unwrap_or_else(|| self.card.answer(apdu));
        for fault in self.faults.clone() {
            let now = |n: u32| n == self.commands;
            match fault {
                CardFault::Slow(ms) => reply.after = Duration::from_millis(ms),
                CardFault::Remove(n) if n <= self.commands => return reply,
                CardFault::Status(n, word) if now(n) => bytes = word.to_be_bytes().to_vec(),
                CardFault::Empty(n) if now(n) => bytes.clear(),
                CardFault::Half(n) if now(n) => bytes.truncate(1),
                CardFault::Long(n, more) if now(n) => {
                    bytes.splice(0..0, std::iter::repeat_n(0xA5, more));
                }
                CardFault::Flip(n) if now(n) => {
                    if let Some(byte) = bytes.first_mut() {
                        *byte ^= 0x01;
                    }
                }
                CardFault::Endless if bytes.len() > 2 => {
                    let at = bytes.len() - 2;
                    bytes.splice(at.., [0x61, 0x00]);
                }
                CardFault::GetResponse if bytes.len() > 2 && apdu.get(1) != Some(&0xC0) => {
                    self.kept = std::mem::take(&mut bytes);
                    bytes = vec![0x61, (self.kept.len() - 2) as u8];
                }
                _ => {}
            }
        }
        reply.bytes = Some(bytes);
        reply
    }

    /// The answers that a fault gives instead of the card.
    fn before(&mut self, apdu: &[u8]) -> Option<Vec<u8>> {
        if let [0x00, 0xC0, ..] = apdu
            && !self.kept.is_empty()
        {
            return Some(std::mem::take(&mut self.kept));
        }
        if self.faults.contains(&CardFault::Endless) && apdu.get(1) == Some(&0xC0) {
            return Some(super::answer(&[0; 64], status::OK));
        }
        let [0x00, 0xB0, high, low, length] = *apdu else { return None };
        let wanted = if length == 0 { 256 } else { usize::from(length) };
        self.faults.clone().into_iter().find_map(|fault| match fault {
            CardFault::Chunk(most) if wanted > most => Some(super::answer(&[], status::WRONG_LENGTH)),
            CardFault::Exact(most) if wanted > most => Some(super::answer(&[], 0x6C00 | most as u16)),
            CardFault::Crumbs => {
                Some(self.card.answer(&[0x00, 0xB0, high, low, if wanted == 8 { 8 } else { 1 }]))
            }
            _ => None,
        })
    }
}
