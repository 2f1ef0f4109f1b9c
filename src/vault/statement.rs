//! What the station says of itself outside its vault (backups, carried records, archives of the audit): a body with the sync
//! key's certificate and signature, as one JSON file.
//!
//! `{"body": …, "certificate": …, "signature": …}`. The signature is Ed25519 by the sync key over `<domain>\n` and the
//! canonical JSON ([`record::canonical`]) of body and certificate; the certificate is signed by the station's key.

use ed25519_dalek::VerifyingKey;
use record::{canonical, keys};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sync::{SyncCertificate, SyncKey};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement<T> {
    body: T,
    certificate: SyncCertificate,
    signature: String,
}

#[derive(Serialize)]
struct Signed<'a, T> {
    body: &'a T,
    certificate: &'a SyncCertificate,
}

/// A statement that was read: nothing of it holds before [`Read::verify`].
pub(super) struct Read<T> {
    pub(super) body: T,
    pub(super) certificate: SyncCertificate,
    signature: String,
}

/// The file of a signed statement. None when the body has no canonical form, which no body of ours lacks.
pub(super) fn sign<T: Serialize>(domain: &str, body: &T, key: &SyncKey) -> Option<Vec<u8>> {
    let certificate = key.certificate.clone();
    let bytes = canonical::to_bytes(domain, &Signed { body, certificate: &certificate }).ok()?;
    let signature = hex::encode(key.sign(&bytes).to_bytes());
    let mut file = serde_json::to_vec(&Statement { body, certificate, signature }).ok()?;
    file.push(b'\n');
    Some(file)
}

/// Reads a file's form only. None when it is no statement of this kind.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<Read<T>> {
    let Statement { body, certificate, signature } = serde_json::from_slice(bytes).ok()?;
    Some(Read { body, certificate, signature })
}

impl<T: Serialize> Read<T> {
    /// True when the station's key vouches for the sync key and that one signed exactly this.
    pub(super) fn verify(&self, domain: &str, station: &VerifyingKey) -> bool {
        let signed = Signed { body: &self.body, certificate: &self.certificate };
        let (Ok(key), Ok(bytes)) = (self.certificate.verify(station), canonical::to_bytes(domain, &signed))
        else {
            return false;
        };
        keys::verify_hex(&key, &bytes, &self.signature).unwrap_or(false)
    }
}
