//! Proof of origin: signed tokens (JWT, RS256) whose certificate leads to a trusted root.
//!
//! The signer stands first in `x5c`, intermediates may follow. Roots are pinned, never signers: device keys change
//! every month. A root of this station may be any certificate authority, also one below another, since services
//! send the signer's certificate alone. Chains are checked by rustls-webpki without regard to key purposes and
//! names, which certificates of devices do not carry.

use std::path::Path;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Utc};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::Value;
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use super::wire;
use crate::vocabulary::DeviceFault;

const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
/// Most bytes of a token's header, and of one file of roots.
const HEADER_MAX_BYTES: usize = 256 * 1024;
/// Most certificates in a token.
const X5C_MAX: usize = 8;
/// Most trusted roots, and most files of a folder that are looked at.
const ROOTS_MAX: usize = 256;

/// How sure it is who made something, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// Signed by a key whose certificate leads to a trusted root.
    Trusted,
    /// Signed, but nobody vouches for the key (training only).
    SelfMade,
    /// Not signed (training only).
    Unsigned,
}

/// Whom this station trusts.
#[derive(Debug, Clone)]
pub(super) enum Trust {
    /// These certificate authorities.
    Roots(Vec<CertificateDer<'static>>),
    /// Everybody: for training, where the devices of developers have no certificate.
    Nothing,
}

/// What a token says, and how sure that is.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) payload: Value,
    pub(super) assurance: Assurance,
    /// Certificate of who signed; `None` where nobody did.
    pub(super) signer: Option<CertificateDer<'static>>,
}

impl std::fmt::Debug for Opened {
    // Captured data are biometric: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields = self.payload.as_object().map_or(0, serde_json::Map::len);
        write!(f, "Opened({fields} fields, {:?})", self.assurance)
    }
}

/// Takes every key purpose: certificates of devices name none, or one of their maker's.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

fn untrusted(what: &str, detail: impl std::fmt::Display) -> DeviceFault {
    DeviceFault::Untrusted { detail: format!("{what}: {detail}") }
}

/// Decodes base64url with or without padding.
pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE.decode(text.trim()).ok()
}

/// Opens a token; `what` names it in faults.
///
/// # Errors
/// [`DeviceFault::Untrusted`] where the signature or the chain does not hold, [`DeviceFault::Protocol`] where it is
/// no token.
pub(super) fn open(
    what: &str,
    token: &str,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Opened, DeviceFault> {
    let broken = |detail: &str| DeviceFault::Protocol { detail: format!("{what}: {detail}") };
    let json = |part: &str| -> Result<Value, DeviceFault> {
        let bytes = base64url(part).ok_or_else(|| broken("not base64url"))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| broken("not JSON"))?;
        if value.is_object() { Ok(value) } else { Err(broken("not a JSON object")) }
    };
    let parts: Vec<&str> = token.trim().splitn(4, '.').collect();
    let (header, payload, signature) = match parts.as_slice() {
        [""] => return Err(broken("is missing")),
        [payload] => match trust {
            Trust::Nothing => {
                return Ok(Opened { payload: json(payload)?, assurance: Assurance::Unsigned, signer: None });
            }
            Trust::Roots(_) => return Err(untrusted(what, "is not signed")),
        },
        [header, payload, signature] => (*header, *payload, *signature),
        _ => return Err(broken("not a token of three parts")),
    };
    if header.len() > HEADER_MAX_BYTES {
        return Err(broken("its header is too large"));
    }
    let head = json(header)?;
    let algorithm = wire::label(&head, "alg");
    if algorithm != "RS256" {
        return Err(untrusted(what, format!("signed by `{algorithm}`, only RS256 is accepted")));
    }
    let chain = chain(what, &head)?;
    let signature = base64url(signature).ok_or_else(|| broken("the signature is not base64url"))?;
    let signed = token.trim().get(..header.len() + 1 + payload.len()).unwrap_or_default();
    let signer = chain.first().ok_or_else(|| untrusted(what, "no certificate in `x5c`"))?;
    let signer = EndEntityCert::try_from(signer)
        .map_err(|e| untrusted(what, format!("the signer's certificate cannot be read ({e:?})")))?;
    signer
        .verify_signature(webpki::ring::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .map_err(|_| untrusted(what, "the signature does not hold"))?;
    let assurance = match trust {
        Trust::Nothing => Assurance::SelfMade,
        Trust::Roots(roots) => {
            check_chain(what, &signer, chain.get(1..).unwrap_or_default(), roots, now)?;
            Assurance::Trusted
        }
    };
    Ok(Opened { payload: json(payload)?, assurance, signer: chain.into_iter().next() })
}

/// The certificate that a token names as its signer's. Nothing of it is checked.
pub(super) fn named_signer(token: &str) -> Option<CertificateDer<'static>> {
    let header = token.trim().split('.').next().filter(|header| header.len() <= HEADER_MAX_BYTES)?;
    let head: Value = serde_json::from_slice(&base64url(header)?).ok()?;
    chain("token", &head).ok()?.into_iter().next()
}

fn chain(what: &str, head: &Value) -> Result<Vec<CertificateDer<'static>>, DeviceFault> {
    let texts = wire::texts(head, "x5c");
    if texts.len() > X5C_MAX {
        return Err(untrusted(what, format!("more than {X5C_MAX} certificates in `x5c`")));
    }
    let certificate = |text: &String| {
        let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(plain).map_err(|_| untrusted(what, "a certificate is not base64"))?;
        Ok(CertificateDer::from(der))
    };
    texts.iter().map(certificate).collect()
}

fn check_chain(
    what: &str,
    signer: &EndEntityCert<'_>,
    intermediates: &[CertificateDer<'_>],
    roots: &[CertificateDer<'static>],
    now: DateTime<Utc>,
) -> Result<(), DeviceFault> {
    let valid: Vec<_> = roots.iter().filter(|root| in_force(root, now)).collect();
    if valid.is_empty() {
        return Err(untrusted(what, "every trusted root has expired or is not valid yet"));
    }
    let anchors: Vec<_> =
        valid.iter().filter_map(|root| webpki::anchor_from_trusted_cert(root).ok()).collect();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    signer
        .verify_for_usage(algorithms, &anchors, intermediates, time, AnyPurpose, None, None)
        .map(|_| ())
        .map_err(|e| untrusted(what, chain_words(&e)))
}

fn chain_words(error: &webpki::Error) -> String {
    match error {
        // The second one: an authority of the same name, with another key.
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            "the certificate leads to no trusted root".to_owned()
        }
        webpki::Error::CertExpired { .. } => "the certificate has expired".to_owned(),
        webpki::Error::CertNotValidYet { .. } => "the certificate is not valid yet".to_owned(),
        webpki::Error::CaUsedAsEndEntity => "the signer's certificate is one of an authority".to_owned(),
        other => format!("the certificate is refused ({other:?})"),
    }
}

/// True while a root is valid.
fn in_force(root: &CertificateDer<'_>, now: DateTime<Utc>) -> bool {
    x509_parser::parse_x509_certificate(root).is_ok_and(|(_, certificate)| {
        let validity = certificate.validity();
        (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now.timestamp())
    })
}

/// Reads the trusted roots: a PEM or DER file, or a folder of them. Other files of a folder are left alone.
///
/// # Errors
/// [`DeviceFault::BadData`] naming the file or folder (never its path) that cannot be used.
pub(super) fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, DeviceFault> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let bad = |detail: String| DeviceFault::BadData { detail: format!("trusted roots `{name}`: {detail}") };
    let mut roots = Vec::new();
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|e| bad(e.kind().to_string()))?;
        let mut files: Vec<_> = entries.take(ROOTS_MAX).filter_map(|e| Some(e.ok()?.path())).collect();
        files.sort();
        for file in files.iter().filter(|file| is_certificate_file(file)) {
            roots.extend(read_file(file).map_err(|e| {
                let file = file.file_name().unwrap_or_default().to_string_lossy();
                bad(format!("{file} {e}"))
            })?);
        }
        if roots.is_empty() {
            return Err(bad("no certificate (.pem, .crt, .cer, .der) in this folder".to_owned()));
        }
    } else {
        roots = read_file(path).map_err(bad)?;
    }
    roots.truncate(ROOTS_MAX);
    Ok(roots)
}

fn is_certificate_file(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    path.is_file() && matches!(extension.as_str(), "pem" | "crt" | "cer" | "der")
}

fn read_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let about = std::fs::metadata(path).map_err(|e| format!("cannot be read ({})", e.kind()))?;
    if !about.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if about.len() > HEADER_MAX_BYTES as u64 {
        return Err(format!("has more than {HEADER_MAX_BYTES} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|e| format!("cannot be read ({})", e.kind()))?;
    let pem = bytes.windows(11).any(|w| w == b"-----BEGIN ");
    let certificates: Vec<CertificateDer<'static>> = if pem {
        CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, _>>()
            .map_err(|_| "is not valid PEM".to_owned())?
    } else {
        vec![CertificateDer::from(bytes)]
    };
    if certificates.is_empty() {
        return Err("holds no certificate".to_owned());
    }
    match certificates.iter().all(|c| webpki::anchor_from_trusted_cert(c).is_ok()) {
        true => Ok(certificates),
        false => Err("holds what is no certificate".to_owned()),
    }
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
