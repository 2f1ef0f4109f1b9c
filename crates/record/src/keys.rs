//! Keys: Ed25519 for signatures (RFC 8032), age X25519 for sealing.

use age::secrecy::ExposeSecret;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
pub use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand::TryRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// Why a key was refused. Never holds key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The operating system gave no randomness.
    #[error("KEY-01 the operating system gives no random numbers; restart the machine before making keys")]
    NoRandomness,
    /// A private key that is not Ed25519 PKCS#8 PEM.
    #[error("KEY-02 this is no Ed25519 private key in PKCS#8 PEM")]
    PrivatePem,
    /// A public key that is not Ed25519 SPKI PEM.
    #[error("KEY-03 this is no Ed25519 public key in SPKI PEM")]
    PublicPem,
    /// A public key that is not 32 bytes in hex, or not a point of the curve, or of small order.
    #[error("KEY-04 this is no Ed25519 public key of 32 bytes in hex")]
    PublicHex,
    /// A signature that is not 64 bytes in hex.
    #[error("KEY-05 this is no Ed25519 signature of 64 bytes in hex")]
    SignatureHex,
    /// Not an `age1` X25519 recipient.
    #[error("KEY-06 this is no age X25519 recipient (age1 and 58 characters)")]
    Recipient,
    /// Not an `AGE-SECRET-KEY-1` identity.
    #[error("KEY-07 this is no age X25519 identity (AGE-SECRET-KEY-1)")]
    Identity,
    /// The key could not be written.
    #[error("KEY-08 the key could not be encoded")]
    Encode,
}

/// Fills a buffer from the operating system's random source.
///
/// # Errors
/// [`KeyError::NoRandomness`].
pub fn fill_random(out: &mut [u8]) -> Result<(), KeyError> {
    rand::rngs::SysRng.try_fill_bytes(out).map_err(|_| KeyError::NoRandomness)
}

/// A new signing key from the operating system's randomness. The key wipes itself when dropped.
///
/// # Errors
/// [`KeyError::NoRandomness`].
pub fn generate_signing_key() -> Result<SigningKey, KeyError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    fill_random(&mut seed[..])?;
    Ok(SigningKey::from_bytes(&seed))
}

/// PKCS#8 PEM of a private key (RFC 8410, version 1), wiped when dropped.
///
/// # Errors
/// [`KeyError::Encode`].
pub fn private_to_pem(key: &SigningKey) -> Result<Zeroizing<String>, KeyError> {
    // Without the public part: OpenSSL 3.0 cannot read version 2 of PKCS#8, which would carry it.
    let mut pair = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
    let pem = pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Encode);
    pair.secret_key.zeroize();
    pem
}

/// A private key from PKCS#8 PEM, with or without the public part.
///
/// # Errors
/// [`KeyError::PrivatePem`].
pub fn private_from_pem(pem: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pkcs8_pem(pem).map_err(|_| KeyError::PrivatePem)
}

/// SPKI PEM of a public key (RFC 8410), as `openssl pkeyutl -pubin` reads it.
///
/// # Errors
/// [`KeyError::Encode`].
pub fn public_to_pem(key: &VerifyingKey) -> Result<String, KeyError> {
    key.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Encode)
}

/// A public key from SPKI PEM.
///
/// # Errors
/// [`KeyError::PublicPem`], also for keys of small order.
pub fn public_from_pem(pem: &str) -> Result<VerifyingKey, KeyError> {
    let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| KeyError::PublicPem)?;
    if key.is_weak() { Err(KeyError::PublicPem) } else { Ok(key) }
}

/// The 32 bytes of a public key in lower-case hex.
#[must_use]
pub fn public_to_hex(key: &VerifyingKey) -> String {
    hex::encode(key.as_bytes())
}

/// A public key from 32 bytes in lower-case hex.
///
/// # Errors
/// [`KeyError::PublicHex`], also for keys of small order.
pub fn public_from_hex(text: &str) -> Result<VerifyingKey, KeyError> {
    if !crate::canonical::is_hex(text, 32) {
        return Err(KeyError::PublicHex);
    }
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::PublicHex)?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::PublicHex)?;
    if key.is_weak() { Err(KeyError::PublicHex) } else { Ok(key) }
}

/// Fingerprint of a public key: SHA-256 of its 32 bytes, lower-case hex.
#[must_use]
pub fn public_fingerprint(key: &VerifyingKey) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// Signs bytes; the signature is 64 bytes in lower-case hex.
#[must_use]
pub fn sign_hex(key: &SigningKey, bytes: &[u8]) -> String {
    hex::encode(key.sign(bytes).to_bytes())
}

/// Checks a signature of 64 bytes in lower-case hex by the strict rules (no small-order points).
///
/// # Errors
/// [`KeyError::SignatureHex`] when the text is no signature. `Ok(false)` when it does not fit.
pub fn verify_hex(key: &VerifyingKey, bytes: &[u8], signature: &str) -> Result<bool, KeyError> {
    if !crate::canonical::is_hex(signature, 64) {
        return Err(KeyError::SignatureHex);
    }
    let mut raw = [0u8; 64];
    hex::decode_to_slice(signature, &mut raw).map_err(|_| KeyError::SignatureHex)?;
    Ok(key.verify_strict(bytes, &Signature::from_bytes(&raw)).is_ok())
}

/// An age X25519 key pair, for the training centre and its escrow.
pub struct AgeKeyPair {
    /// `AGE-SECRET-KEY-1…`, wiped when dropped.
    pub identity: Zeroizing<String>,
    /// `age1…`.
    pub recipient: String,
}

impl std::fmt::Debug for AgeKeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AgeKeyPair({})", self.recipient)
    }
}

/// A new age X25519 key pair from the operating system's randomness.
#[must_use]
pub fn generate_age_identity() -> AgeKeyPair {
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    AgeKeyPair { identity: Zeroizing::new(identity.to_string().expose_secret().to_owned()), recipient }
}

/// An age X25519 recipient from its text (surrounding white space is allowed).
///
/// # Errors
/// [`KeyError::Recipient`].
pub fn parse_recipient(text: &str) -> Result<age::x25519::Recipient, KeyError> {
    text.trim().parse().map_err(|_| KeyError::Recipient)
}

/// An age X25519 identity from its text or from an identity file with comments and exactly one key.
///
/// # Errors
/// [`KeyError::Identity`].
pub fn parse_identity(text: &str) -> Result<age::x25519::Identity, KeyError> {
    let mut keys = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let key = keys.next().ok_or(KeyError::Identity)?;
    if keys.next().is_some() {
        return Err(KeyError::Identity);
    }
    key.parse().map_err(|_| KeyError::Identity)
}

/// Fingerprint of a recipient: the first 16 bytes of SHA-256 over its `age1…` text, lower-case hex.
///
/// # Errors
/// [`KeyError::Recipient`] when it is no recipient.
pub fn recipient_fingerprint(text: &str) -> Result<String, KeyError> {
    let canonical = parse_recipient(text)?.to_string();
    Ok(hex::encode(&Sha256::digest(canonical.as_bytes())[..16]))
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
