//! Keys and messages of the simulation. Not the algorithms of the real card and SAM.

use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ktp::sam::{PROOF_BYTES, SECRET_BYTES, SamSecret};

/// Bytes of a nonce in a proof; the rest of the proof is a tag.
const NONCE_BYTES: usize = 16;
/// Bytes of the tag behind a wrapped message.
const TAG_BYTES: usize = 8;
/// Bytes of the digital signature file.
pub(super) const DIGITAL_SIGNATURE_BYTES: usize = 80;

type Key = Zeroizing<[u8; 32]>;

/// HMAC-SHA-256 over parts, each with its length before it.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    // HMAC fills a shorter key with zeros (RFC 2104, clause 2).
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&block).into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// What a simulated office keeps secret: the value that opens its SAM, and the key that its cards and SAM share.
#[derive(Clone)]
pub struct Secrets {
    opening: Key,
    master: Key,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// The same secrets for the same seed, so that card and SAM can be two programs.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let key =
            |what: &[u8]| Zeroizing::new(mac(&[0; 32], &[b"rekam simulation", what, &seed.to_be_bytes()]));
        Self { opening: key(b"opening"), master: key(b"master") }
    }

    /// Secrets by chance.
    #[must_use]
    pub fn random() -> Self {
        let key = || {
            let mut bytes = Zeroizing::new([0; 32]);
            rand::rng().fill_bytes(bytes.as_mut_slice());
            bytes
        };
        Self { opening: key(), master: key() }
    }

    /// The value that opens the simulated SAM.
    #[must_use]
    pub fn opening(&self) -> SamSecret {
        SamSecret::new(*self.opening)
    }

    pub(super) fn opens(&self, value: &[u8]) -> bool {
        value.len() == SECRET_BYTES && same(value, self.opening.as_slice())
    }

    /// The key of one card.
    pub(super) fn card_key(&self, uid: &[u8]) -> Key {
        Zeroizing::new(mac(&self.master, &[b"card", uid]))
    }

    /// The digital signature over the files of a card.
    pub(super) fn sign(&self, signed: &[u8]) -> [u8; DIGITAL_SIGNATURE_BYTES] {
        let mut out = [0; DIGITAL_SIGNATURE_BYTES];
        for (number, part) in (0_u8..).zip(out.chunks_mut(32)) {
            let block = mac(&self.master, &[b"signature", &[number], signed]);
            part.copy_from_slice(&block[..part.len()]);
        }
        out
    }
}

pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Who speaks.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Sam,
    Card,
}

impl Side {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Sam => b"sam",
            Self::Card => b"card",
        }
    }
}

/// A proof that its side has the card's key: a nonce and a tag over it and what was said before.
pub(super) fn prove(key: &Key, side: Side, before: &[u8]) -> [u8; PROOF_BYTES] {
    let mut proof = [0; PROOF_BYTES];
    let (nonce, tag) = proof.split_at_mut(NONCE_BYTES);
    rand::rng().fill_bytes(nonce);
    let full = mac(key, &[side.name(), before, nonce]);
    tag.copy_from_slice(&full[..tag.len()]);
    proof
}

/// True when the proof is one of this side.
pub(super) fn proves(key: &Key, side: Side, before: &[u8], proof: &[u8]) -> bool {
    match proof.split_at_checked(NONCE_BYTES) {
        Some((nonce, tag)) if proof.len() == PROOF_BYTES => {
            same(tag, &mac(key, &[side.name(), before, nonce])[..tag.len()])
        }
        _ => false,
    }
}

/// Secure messaging of one session: both sides count messages, so that none can be repeated or left out.
pub(super) struct Messaging {
    key: Key,
    messages: u64,
}

impl Messaging {
    /// With the key that both proofs agree on.
    pub(super) fn new(card_key: &Key, sam_proof: &[u8], card_proof: &[u8]) -> Self {
        Self { key: Zeroizing::new(mac(card_key, &[b"session", sam_proof, card_proof])), messages: 0 }
    }

    fn crypt(&self, data: &mut [u8]) {
        for (block, part) in (0_u32..).zip(data.chunks_mut(32)) {
            let stream = mac(&self.key, &[b"stream", &self.messages.to_be_bytes(), &block.to_be_bytes()]);
            part.iter_mut().zip(stream).for_each(|(byte, key)| *byte ^= key);
        }
    }

    fn tag(&self, cipher: &[u8]) -> [u8; TAG_BYTES] {
        let full = mac(&self.key, &[b"tag", &self.messages.to_be_bytes(), cipher]);
        std::array::from_fn(|i| full[i])
    }

    pub(super) fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut out = plain.to_vec();
        self.crypt(&mut out);
        out.extend(self.tag(&out));
        self.messages += 1;
        out
    }

    pub(super) fn open(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (cipher, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        if !same(tag, &self.tag(cipher)) {
            return None;
        }
        let mut plain = cipher.to_vec();
        self.crypt(&mut plain);
        self.messages += 1;
        Some(plain)
    }
}
