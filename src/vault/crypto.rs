//! Keys and authenticated encryption of the vault's files.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random 24-byte nonce in front of the ciphertext; subkeys
//! by HKDF-Expand of one block (RFC 5869 §2.3: HMAC-SHA-256(key, info || 0x01)) from keys that are already uniform.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;

/// 32 secret bytes, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Key(pub(super) [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// A random key from the system's generator.
    pub(super) fn random() -> Self {
        Self(random())
    }

    /// The subkey for one purpose.
    pub(super) fn derive(&self, purpose: &str) -> Self {
        Self(self.mac(&[purpose.as_bytes(), &[1]]))
    }

    /// HMAC-SHA-256 of the parts, each preceded by its length but for HKDF's fixed form, so that parts cannot run into
    /// each other.
    pub(super) fn keyed_hash(&self, parts: &[&str]) -> String {
        let mut bytes = Zeroizing::new(Vec::new());
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        hex::encode(self.mac(&[&bytes]))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // A key shorter than the hash's block is padded with zeros (RFC 2104 §2); given a whole block, nothing can fail.
        let mut block = Zeroizing::new([0u8; 64]);
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Nonce, ciphertext and tag of `plain`, bound to `context`.
    pub(super) fn encrypt(&self, context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random();
        let sealed = XChaCha20Poly1305::new(&self.0.into())
            .encrypt((&nonce).into(), Payload { msg: plain, aad: context })
            .ok()?;
        let mut out = Vec::with_capacity(NONCE_LEN + sealed.len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Some(out)
    }

    /// The plain bytes, or none when key, context or a single bit differ.
    pub(super) fn decrypt(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if sealed.len() < NONCE_LEN + TAG_LEN {
            return None;
        }
        let (nonce, msg) = sealed.split_at(NONCE_LEN);
        let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
        XChaCha20Poly1305::new(&self.0.into())
            .decrypt((&nonce).into(), Payload { msg, aad: context })
            .ok()
            .map(Zeroizing::new)
    }

    /// Like [`Key::decrypt`], for another key.
    pub(super) fn decrypt_key(&self, context: &[u8], sealed: &[u8]) -> Option<Key> {
        let plain = self.decrypt(context, sealed)?;
        Some(Key(plain.as_slice().try_into().ok()?))
    }
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// SHA-256 in hex.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
