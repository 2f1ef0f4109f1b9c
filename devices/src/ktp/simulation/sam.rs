//! The simulated SAM: the commands of a real one, with cryptography of our own.

use super::crypto::{self, Messaging, Secrets, Side};
use super::{answer, no_command};
use crate::ktp::apdu::status;
use crate::ktp::sam::CHALLENGE_BYTES;

/// Failed openings after which it locks for good.
pub const OPENINGS_MAX: u32 = 3;
/// Most bytes that are collected for one signature check: more than a chip holds.
const SIGNED_MAX_BYTES: usize = 64 * 1024;

/// A SAM that answers APDUs.
pub struct SimulatedSam {
    secrets: Secrets,
    failures: u32,
    session: Session,
}

#[derive(Default)]
struct Session {
    open: bool,
    card: Option<Pending>,
    messaging: Option<Messaging>,
    check: Option<Check>,
}

/// A card to which a proof was made and whose own has not come.
struct Pending {
    uid: Vec<u8>,
    proof: Vec<u8>,
}

#[derive(Default)]
struct Check {
    signature: Vec<u8>,
    signed: Vec<u8>,
    deciphering: bool,
}

impl SimulatedSam {
    /// The SAM of the office with these secrets.
    #[must_use]
    pub fn new(secrets: Secrets) -> Self {
        Self { secrets, failures: 0, session: Session::default() }
    }

    /// Powers it anew. Failures stay counted.
    pub fn reset(&mut self) {
        self.session = Session::default();
    }

    /// Answer to reset of a T=1 card with the historical bytes `REKAM-SAM` (ISO/IEC 7816-3).
    #[must_use]
    pub fn atr(&self) -> Vec<u8> {
        let mut atr = vec![0x3B, 0x89, 0x01];
        atr.extend(b"REKAM-SAM");
        atr.push(atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte));
        atr
    }

    /// The answer to one command, status word at the end.
    pub fn answer(&mut self, apdu: &[u8]) -> Vec<u8> {
        let [0x00, instruction, p1, p2, length, ref data @ ..] = *apdu else {
            return match apdu.first() {
                Some(0x00) | None => no_command(),
                Some(_) => answer(&[], status::UNKNOWN_CLASS),
            };
        };
        if data.len() != usize::from(length) {
            return no_command();
        }
        let outcome = match instruction {
            0xF0 => self.open(data),
            _ if !self.session.open => Err(status::SECURITY_NOT_SATISFIED),
            0xFF => {
                self.session = Session { open: true, ..Session::default() };
                Ok(Vec::new())
            }
            0xF1 => self.prove(p2, data),
            0xF2 => self.check(data),
            0xF3 => self.wrap(data),
            0xF4 => self.unwrap(data),
            0xFA => self.signature(p1, data),
            _ => Err(status::UNKNOWN_INSTRUCTION),
        };
        match outcome {
            Ok(data) => answer(&data, status::OK),
            Err(word) => answer(&[], word),
        }
    }

    fn open(&mut self, value: &[u8]) -> Result<Vec<u8>, u16> {
        self.session = Session::default();
        if self.failures >= OPENINGS_MAX {
            // Authentication method blocked.
            return Err(0x6983);
        }
        if !self.secrets.opens(value) {
            self.failures += 1;
            return Err(0x63C0 | (OPENINGS_MAX - self.failures) as u16);
        }
        self.failures = 0;
        self.session.open = true;
        Ok(Vec::new())
    }

    fn prove(&mut self, generation: u8, data: &[u8]) -> Result<Vec<u8>, u16> {
        let control_bytes = match generation {
            0x01 => 51,
            0x00 => 29,
            _ => return Err(status::WRONG_PARAMETERS),
        };
        let (_, rest) = data.split_at_checked(control_bytes).ok_or(status::WRONG_LENGTH)?;
        let (uid, challenge) = rest.split_at_checked(8).ok_or(status::WRONG_LENGTH)?;
        if challenge.len() != CHALLENGE_BYTES {
            return Err(status::WRONG_LENGTH);
        }
        let proof = crypto::prove(&self.secrets.card_key(uid), Side::Sam, challenge).to_vec();
        self.session.card = Some(Pending { uid: uid.to_vec(), proof: proof.clone() });
        Ok(proof)
    }

    fn check(&mut self, theirs: &[u8]) -> Result<Vec<u8>, u16> {
        let pending = self.session.card.take().ok_or(status::CONDITIONS)?;
        let key = self.secrets.card_key(&pending.uid);
        if !crypto::proves(&key, Side::Card, &pending.proof, theirs) {
            return Err(status::NOT_VERIFIED);
        }
        self.session.messaging = Some(Messaging::new(&key, &pending.proof, theirs));
        Ok(Vec::new())
    }

    fn wrap(&mut self, command: &[u8]) -> Result<Vec<u8>, u16> {
        let messaging = self.session.messaging.as_mut().ok_or(status::CONDITIONS)?;
        let instruction = *command.get(1).ok_or(status::WRONG_LENGTH)?;
        let sealed = messaging.seal(command);
        let length = u8::try_from(sealed.len()).map_err(|_| status::WRONG_LENGTH)?;
        Ok([&[0x0C, instruction, 0x00, 0x00, length], &sealed[..], &[0x00]].concat())
    }

    fn unwrap(&mut self, sealed: &[u8]) -> Result<Vec<u8>, u16> {
        let messaging = self.session.messaging.as_mut().ok_or(status::CONDITIONS)?;
        let Some(plain) = messaging.open(sealed) else {
            self.session.messaging = None;
            return Err(status::SECURE_MESSAGING);
        };
        if let Some(check) = &mut self.session.check
            && check.deciphering
        {
            let data = plain.get(..plain.len().saturating_sub(2)).unwrap_or_default();
            collect(&mut check.signed, data)?;
        }
        Ok(plain)
    }

    fn signature(&mut self, step: u8, data: &[u8]) -> Result<Vec<u8>, u16> {
        if step == 0x00 {
            self.session.check = Some(Check::default());
            return Ok(Vec::new());
        }
        let check = self.session.check.as_mut().ok_or(status::CONDITIONS)?;
        match step {
            0x06 => collect(&mut check.signature, data)?,
            0x03 => collect(&mut check.signed, data)?,
            0x05 => check.deciphering = true,
            0x02 => check.deciphering = false,
            0x04 if crypto::same(&self.secrets.sign(&check.signed), &check.signature) => {}
            0x04 => return Err(status::NOT_VERIFIED),
            _ => return Err(status::WRONG_PARAMETERS),
        }
        Ok(Vec::new())
    }
}

fn collect(into: &mut Vec<u8>, data: &[u8]) -> Result<(), u16> {
    if into.len() + data.len() > SIGNED_MAX_BYTES {
        return Err(status::WRONG_LENGTH);
    }
    into.extend(data);
    Ok(())
}
