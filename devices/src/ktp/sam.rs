//! The secure access module (SAM) that opens the protected part of a KTP-el.
//!
//! SAMs are issued by Dukcapil only, against a signed agreement; the value that opens one belongs to its owner and
//! comes from the caller. Neither is in this program. Commands and their order are those that public readers agree on;
//! what a step of `00 FA` takes besides its number is not public, so P2 = 0 and plain data are an assumption. Nothing
//! here was tried with a real SAM.

use zeroize::Zeroizing;

use super::apdu::{self, Answer, Conversation, protocol, refused, status};
use crate::traits::{ApduChannel, CaptureWatch};
use crate::vocabulary::{CaptureEnd, DeviceFault, DeviceKind, Retry};

/// Bytes of the value that opens a SAM.
pub const SECRET_BYTES: usize = 32;
/// Bytes of each message of the mutual authentication.
pub const PROOF_BYTES: usize = 40;
/// Bytes of a challenge.
pub const CHALLENGE_BYTES: usize = 8;
/// Most bytes of card data that go into one command of a signature step.
const STEP_BYTES: usize = 0xD0;

/// The value that opens a SAM. Wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SamSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl SamSecret {
    /// From its bytes.
    #[must_use]
    pub fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// From 64 hexadecimal digits, blanks around them allowed.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        hex::decode_to_slice(text.trim(), bytes.as_mut_slice()).ok()?;
        Some(Self(bytes))
    }

    /// The bytes, for who must give them to a SAM or keep them.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }
}

impl std::fmt::Debug for SamSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SamSecret(..)")
    }
}

/// Steps of the automatic check of the card's digital signature, by their number in the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureStep {
    /// Begins a check.
    Start = 0x00,
    /// Gives the digital signature of the card.
    Signature = 0x06,
    /// Gives the photo.
    Photo = 0x03,
    /// From now on everything that is unwrapped belongs to the signed data.
    AutoDecipher = 0x05,
    /// Ends that.
    Stop = 0x02,
    /// Asks whether the signature is good.
    Verify = 0x04,
}

/// A SAM. Calls must come in the order in which they stand here.
pub trait Sam: Send {
    /// Opens it and forgets what was before. A wrong secret is not tried twice: SAMs count failures and lock.
    ///
    /// # Errors
    /// [`DeviceFault::Untrusted`] when the SAM refuses the secret; [`CaptureEnd`].
    fn open(&mut self, secret: &SamSecret, watch: &dyn CaptureWatch) -> Result<(), CaptureEnd>;
    /// Answers the card's challenge; `control` is the content of the card control file.
    ///
    /// # Errors
    /// [`CaptureEnd`].
    fn prove(
        &mut self,
        control: &[u8],
        uid: &[u8; 8],
        challenge: &[u8; CHALLENGE_BYTES],
        watch: &dyn CaptureWatch,
    ) -> Result<Vec<u8>, CaptureEnd>;
    /// Checks the card's answer.
    ///
    /// # Errors
    /// [`DeviceFault::Untrusted`] when the card is not a genuine one; [`CaptureEnd`].
    fn check(&mut self, proof: &[u8], watch: &dyn CaptureWatch) -> Result<(), CaptureEnd>;
    /// Wraps a command for the card.
    ///
    /// # Errors
    /// [`CaptureEnd`].
    fn wrap(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd>;
    /// Unwraps the card's answer.
    ///
    /// # Errors
    /// [`DeviceFault::Untrusted`] when the answer is not the card's; [`CaptureEnd`].
    fn unwrap_answer(&mut self, answer: &Answer, watch: &dyn CaptureWatch) -> Result<Answer, CaptureEnd>;
    /// One step of the signature check; for [`SignatureStep::Verify`] whether it is good, else true.
    ///
    /// # Errors
    /// [`CaptureEnd`].
    fn signature(
        &mut self,
        step: SignatureStep,
        data: &[u8],
        watch: &dyn CaptureWatch,
    ) -> Result<bool, CaptureEnd>;
    /// Lets go of it.
    fn close(&mut self) {}
}

/// A SAM behind a channel: a slot of the reader, or a reader of its own.
pub struct SamCard<C>(C);

impl<C: ApduChannel> SamCard<C> {
    /// Over this channel.
    pub fn new(channel: C) -> Self {
        Self(channel)
    }

    fn send(&mut self, head: [u8; 4], data: &[u8], watch: &dyn CaptureWatch) -> Result<Answer, CaptureEnd> {
        let command = match data {
            [] => [&head[..], &[0x00]].concat(),
            data => apdu::with_data(head, data)?,
        };
        let command = Zeroizing::new(command);
        Conversation::new(&mut self.0, watch).send(&command).map_err(of_the_station)
    }

    /// Sends a command that must succeed.
    fn done(&mut self, head: [u8; 4], data: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        match self.send(head, data, watch)? {
            answer if answer.is_ok() => Ok(answer.data),
            answer => Err(refused(&format!("sam-{:02x}", head[1]), answer.word)),
        }
    }
}

/// Nothing about the SAM is the person's to mend: where the channel blames the card, the SAM is not there or is none.
fn of_the_station(end: CaptureEnd) -> CaptureEnd {
    match end {
        CaptureEnd::Retry(Retry::CardRemoved | Retry::NothingPresented) => {
            DeviceFault::NotFound { kind: format!("{} (SAM)", DeviceKind::Card.id()) }.into()
        }
        CaptureEnd::Retry(_) => protocol("what is in the slot of the SAM is none").into(),
        end => end,
    }
}

fn untrusted(what: &str, word: u16) -> CaptureEnd {
    DeviceFault::Untrusted { detail: format!("{what} ({word:04x})") }.into()
}

impl<C: ApduChannel> Sam for SamCard<C> {
    fn open(&mut self, secret: &SamSecret, watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
        self.0.begin(watch).map_err(of_the_station)?;
        let opened = self.send([0x00, 0xF0, 0x00, 0x00], secret.expose(), watch)?;
        if !opened.is_ok() {
            return Err(untrusted(
                "the SAM refuses its opening value; do not try again without its owner",
                opened.word,
            ));
        }
        self.done([0x00, 0xFF, 0x00, 0x00], &[], watch).map(|_| ())
    }

    fn prove(
        &mut self,
        control: &[u8],
        uid: &[u8; 8],
        challenge: &[u8; CHALLENGE_BYTES],
        watch: &dyn CaptureWatch,
    ) -> Result<Vec<u8>, CaptureEnd> {
        // Two generations of card are known, by the length of their control data.
        let generation = match control.len() {
            51 => 0x01,
            29 => 0x00,
            length => {
                return Err(protocol(format!("card control data of {length} bytes, not 51 or 29")).into());
            }
        };
        let proof = self.done([0x00, 0xF1, 0x00, generation], &[control, uid, challenge].concat(), watch)?;
        if proof.len() != PROOF_BYTES {
            return Err(protocol(format!("a SAM that proves itself in {} bytes", proof.len())).into());
        }
        Ok(proof)
    }

    fn check(&mut self, proof: &[u8], watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
        match self.send([0x00, 0xF2, 0x00, 0x00], proof, watch)? {
            answer if answer.is_ok() => Ok(()),
            answer => Err(untrusted("the SAM does not accept this card as genuine", answer.word)),
        }
    }

    fn wrap(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        self.done([0x00, 0xF3, 0x00, 0x00], apdu, watch)
    }

    fn unwrap_answer(&mut self, answer: &Answer, watch: &dyn CaptureWatch) -> Result<Answer, CaptureEnd> {
        match self.send([0x00, 0xF4, 0x00, 0x00], &answer.data, watch)? {
            // Within: the data and the status word that the card meant.
            inner if inner.is_ok() => Ok(Answer::split(inner.data)?),
            refused if refused.word == status::SECURE_MESSAGING => {
                Err(untrusted("an answer that was changed on its way from the card", refused.word))
            }
            answer => Err(refused("sam-f4", answer.word)),
        }
    }

    fn signature(
        &mut self,
        step: SignatureStep,
        data: &[u8],
        watch: &dyn CaptureWatch,
    ) -> Result<bool, CaptureEnd> {
        let head = [0x00, 0xFA, step as u8, 0x00];
        if step == SignatureStep::Verify {
            return match self.send(head, data, watch)?.word {
                status::OK => Ok(true),
                status::NOT_VERIFIED | status::SECURE_MESSAGING => Ok(false),
                word => Err(refused("sam-fa", word)),
            };
        }
        if data.is_empty() {
            self.done(head, data, watch)?;
        }
        for part in data.chunks(STEP_BYTES) {
            self.done(head, part, watch)?;
        }
        Ok(true)
    }

    fn close(&mut self) {
        self.0.end();
    }
}
