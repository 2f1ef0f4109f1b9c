//! Keys and certificates of the service: a root of its own, a device key and a key of the trusted module (FTM), all
//! RSA 2048; tokens are signed with RS256 (RFC 7515, RFC 7518 section 3.3).
//!
//! Nothing here protects anything: the keys are made by the simulator for whoever trains or tests with it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::Value;

const BITS: usize = 2048;
/// How long a certificate of a device is good for; services change them about once a month.
const DEVICE_DAYS: i64 = 30;
const ROOT_DAYS: i64 = 3650;
/// Most bytes that a kept key or certificate may have.
const KEPT_BYTES_MAX: u64 = 16 * 1024;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key or certificate could not be made.
    #[error("SIM-01 a key or certificate could not be made: {detail}")]
    Make {
        /// What the library said.
        detail: String,
    },
    /// A file of the folder of keys could not be read or written.
    #[error("SIM-02 {path}: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// A kept key is not one of ours.
    #[error(
        "SIM-03 {path} is no RSA key in PKCS#8 PEM or no certificate; remove the folder to have new keys made"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
}

fn make(error: impl std::fmt::Display) -> KeyError {
    KeyError::Make { detail: error.to_string() }
}

/// Where the keys come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeySource {
    /// Made once for the process: every service of a test program has the same ones.
    #[default]
    Process,
    /// Kept in a folder, made there when it has none.
    Folder(PathBuf),
}

/// Which certificate a token carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carried {
    /// The device's own.
    #[default]
    Own,
    /// Of the same key and root, past its end.
    Expired,
    /// Of the same key, by another root that has the same name.
    Foreign,
}

/// A key that signs tokens, with its certificates in base64 of DER.
struct Signer {
    key: RsaKeyPair,
    own: String,
    expired: String,
    foreign: String,
}

/// The keys of a service.
pub struct Keys {
    root_pem: String,
    device: Signer,
    ftm: Signer,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// The three keys as PKCS#8 PEM and the root's certificate as PEM.
struct Kept {
    root: String,
    device: String,
    ftm: String,
    root_certificate: String,
}

impl Keys {
    /// The keys of a source.
    ///
    /// # Errors
    /// [`KeyError`] says which file or what could not be made.
    pub fn open(source: &KeySource) -> Result<Arc<Self>, KeyError> {
        static PROCESS: OnceLock<Result<Arc<Keys>, String>> = OnceLock::new();
        match source {
            KeySource::Folder(folder) => Ok(Arc::new(Self::certify(&Kept::in_folder(folder)?, Utc::now())?)),
            // Growing RSA keys takes seconds in a debug build: once is enough.
            KeySource::Process => PROCESS
                .get_or_init(|| {
                    let keys = Kept::new().and_then(|kept| Self::certify(&kept, Utc::now()));
                    keys.map(Arc::new).map_err(|e| e.to_string())
                })
                .clone()
                .map_err(make),
        }
    }

    /// The root's certificate in PEM, for clients that are to trust this service.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// A token signed by the device.
    pub(super) fn device_token(&self, payload: &Value, carried: Carried) -> Result<String, KeyError> {
        self.device.token(payload, carried)
    }

    /// A token signed by the trusted module.
    pub(super) fn ftm_token(&self, payload: &Value, carried: Carried) -> Result<String, KeyError> {
        self.ftm.token(payload, carried)
    }

    fn certify(kept: &Kept, now: DateTime<Utc>) -> Result<Self, KeyError> {
        let root_key = key_pair(&kept.root)?;
        let params = root_params(now);
        let root = Issuer::from_params(&params, &root_key);
        // Another key under the same name: who compares names only is deceived.
        let foreign_key = KeyPair::generate().map_err(make)?;
        let foreign = Issuer::from_params(&params, &foreign_key);
        let signer = |pem: &str, name: &str| -> Result<Signer, KeyError> {
            let public = key_pair(pem)?;
            let leaf = |from: i64, to: i64, issuer: &Issuer<'_, &KeyPair>| {
                let params = leaf_params(name, now + TimeDelta::days(from), now + TimeDelta::days(to));
                params.signed_by(&public, issuer).map(|c| STANDARD.encode(c.der())).map_err(make)
            };
            Ok(Signer {
                own: leaf(-1, DEVICE_DAYS, &root)?,
                expired: leaf(-2 * DEVICE_DAYS, -2, &root)?,
                foreign: leaf(-1, DEVICE_DAYS, &foreign)?,
                key: RsaKeyPair::from_pkcs8(public.serialized_der()).map_err(make)?,
            })
        };
        Ok(Self {
            root_pem: kept.root_certificate.clone(),
            device: signer(&kept.device, "rekam simulated device")?,
            ftm: signer(&kept.ftm, "rekam simulated FTM")?,
        })
    }
}

impl Signer {
    fn token(&self, payload: &Value, carried: Carried) -> Result<String, KeyError> {
        let certificate = match carried {
            Carried::Own => &self.own,
            Carried::Expired => &self.expired,
            Carried::Foreign => &self.foreign,
        };
        let header = serde_json::json!({ "alg": "RS256", "typ": "JWT", "x5c": [certificate] });
        let signed = format!("{}.{}", encoded(&header), encoded(payload));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)
            .map_err(|_| make("signing failed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A JSON value in base64url without padding, as an unsigned digital id is sent.
pub(super) fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Kept {
    fn new() -> Result<Self, KeyError> {
        let root = new_key()?;
        let root_certificate = root_params(Utc::now()).self_signed(&key_pair(&root)?).map_err(make)?.pem();
        Ok(Self { root, device: new_key()?, ftm: new_key()?, root_certificate })
    }

    /// The keys of a folder; all of them are made when the root's is not there.
    fn in_folder(folder: &Path) -> Result<Self, KeyError> {
        let file = |reason| KeyError::File { path: folder.to_owned(), reason };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(file)?;
        let names = ["root.key.pem", "device.key.pem", "ftm.key.pem", "root.pem"];
        let [root, device, ftm, certificate] = names.map(|name| folder.join(name));
        if !root.exists() {
            let new = Self::new()?;
            // The root's key last: without it the next start makes everything again.
            write(&certificate, &new.root_certificate)?;
            write(&device, &new.device)?;
            write(&ftm, &new.ftm)?;
            write(&root, &new.root)?;
            return Ok(new);
        }
        let kept = Self {
            root: read(&root)?,
            device: read(&device)?,
            ftm: read(&ftm)?,
            root_certificate: read(&certificate)?,
        };
        for (path, pem) in [(root, &kept.root), (device, &kept.device), (ftm, &kept.ftm)] {
            key_pair(pem).map_err(|_| KeyError::Damaged { path })?;
        }
        if !kept.root_certificate.contains("BEGIN CERTIFICATE") {
            return Err(KeyError::Damaged { path: certificate });
        }
        Ok(kept)
    }
}

fn read(path: &Path) -> Result<String, KeyError> {
    use std::io::Read as _;
    let failed = |reason| KeyError::File { path: path.to_owned(), reason };
    let mut text = String::new();
    fs::File::open(path).map_err(failed)?.take(KEPT_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

fn write(path: &Path, text: &str) -> Result<(), KeyError> {
    let failed = |reason| KeyError::File { path: path.to_owned(), reason };
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}

fn new_key() -> Result<String, KeyError> {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(make)?;
    Ok(key.to_pkcs8_pem(LineEnding::LF).map_err(make)?.to_string())
}

fn key_pair(pem: &str) -> Result<KeyPair, KeyError> {
    KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_RSA_SHA256).map_err(make)
}

fn root_params(now: DateTime<Utc>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name("rekam simulated root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    good(&mut params, now - TimeDelta::days(1), now + TimeDelta::days(ROOT_DAYS));
    params
}

fn leaf_params(common: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(common);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    good(&mut params, from, to);
    params
}

fn name(common: &str) -> rcgen::DistinguishedName {
    let mut name = rcgen::DistinguishedName::new();
    name.push(DnType::OrganizationName, "rekam simulators, for training only");
    name.push(DnType::CommonName, common);
    name
}

/// Sets the days between which a certificate is good.
fn good(params: &mut CertificateParams, from: DateTime<Utc>, to: DateTime<Utc>) {
    let midnight = |d: DateTime<Utc>| rcgen::date_time_ymd(d.year(), d.month() as u8, d.day() as u8);
    (params.not_before, params.not_after) = (midnight(from), midnight(to));
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
