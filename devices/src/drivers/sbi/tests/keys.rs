//! Keys, certificates and tokens, made anew in each test run. Hand-made from the protocol's page, so that a mistake
//! of the driver is not made here again.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};

/// An RSA key.
pub(in crate::drivers::sbi) struct Rsa {
    pkcs8: Vec<u8>,
}

impl Rsa {
    fn new() -> Self {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        Self { pkcs8: key.to_pkcs8_der().unwrap().as_bytes().to_vec() }
    }

    fn public(&self) -> KeyPair {
        KeyPair::try_from(self.pkcs8.as_slice()).unwrap()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let key = RsaKeyPair::from_pkcs8(&self.pkcs8).unwrap();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }
}

/// A key with its certificates, the signer's first.
#[derive(Clone)]
pub(in crate::drivers::sbi) struct Signer {
    pub(in crate::drivers::sbi) rsa: &'static Rsa,
    pub(in crate::drivers::sbi) chain: Vec<Vec<u8>>,
}

/// What a test run has.
pub(in crate::drivers::sbi) struct Keys {
    device_rsa: Rsa,
    ftm_rsa: Rsa,
    root_key: KeyPair,
    root_params: CertificateParams,
    /// The trusted root, DER.
    pub(in crate::drivers::sbi) root: Vec<u8>,
    /// A root that has expired, with the same key and name, DER.
    pub(in crate::drivers::sbi) old_root: Vec<u8>,
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A certificate as devices have: no alternative names, no key purposes.
fn leaf(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

pub(in crate::drivers::sbi) fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let root_key = KeyPair::generate().unwrap();
        let root_params = authority("test devices root");
        let mut old = authority("test devices root");
        old.not_before = rcgen::date_time_ymd(2001, 1, 1);
        old.not_after = rcgen::date_time_ymd(2002, 1, 1);
        Keys {
            device_rsa: Rsa::new(),
            ftm_rsa: Rsa::new(),
            root: root_params.self_signed(&root_key).unwrap().der().to_vec(),
            old_root: old.self_signed(&root_key).unwrap().der().to_vec(),
            root_key,
            root_params,
        }
    })
}

impl Keys {
    fn signed(&self, params: &CertificateParams, rsa: &Rsa) -> Vec<u8> {
        let issuer = Issuer::from_params(&self.root_params, &self.root_key);
        params.signed_by(&rsa.public(), &issuer).unwrap().der().to_vec()
    }

    /// The device's key, its certificate made by the root.
    pub(in crate::drivers::sbi) fn device(&'static self) -> Signer {
        Signer { chain: vec![self.signed(&leaf("device"), &self.device_rsa)], rsa: &self.device_rsa }
    }

    /// The key of the trust module, which signs digital ids of L1 devices.
    pub(in crate::drivers::sbi) fn ftm(&'static self) -> Signer {
        Signer { chain: vec![self.signed(&leaf("ftm"), &self.ftm_rsa)], rsa: &self.ftm_rsa }
    }

    /// The device's key with a certificate below an intermediate authority, which comes along or not.
    pub(in crate::drivers::sbi) fn below(&'static self, comes_along: bool) -> (Signer, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let params = authority("maker of devices");
        let root = Issuer::from_params(&self.root_params, &self.root_key);
        let middle = params.signed_by(&key, &root).unwrap().der().to_vec();
        let issuer = Issuer::from_params(&params, &key);
        let own = leaf("device").signed_by(&self.device_rsa.public(), &issuer).unwrap().der().to_vec();
        let chain = if comes_along { vec![own, middle.clone()] } else { vec![own] };
        (Signer { chain, rsa: &self.device_rsa }, middle)
    }

    /// The device's key with a certificate that was valid in 2001 only.
    pub(in crate::drivers::sbi) fn expired(&'static self) -> Signer {
        let mut params = leaf("device");
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        Signer { chain: vec![self.signed(&params, &self.device_rsa)], rsa: &self.device_rsa }
    }

    /// The device's key with a certificate of an authority.
    pub(in crate::drivers::sbi) fn as_authority(&'static self) -> Signer {
        let chain = vec![self.signed(&authority("device"), &self.device_rsa)];
        Signer { chain, rsa: &self.device_rsa }
    }

    /// The device's key with a certificate of somebody else's root of the same name.
    pub(in crate::drivers::sbi) fn foreign(&'static self) -> Signer {
        let key = KeyPair::generate().unwrap();
        let params = authority("test devices root");
        let issuer = Issuer::from_params(&params, &key);
        let own = leaf("device").signed_by(&self.device_rsa.public(), &issuer).unwrap().der().to_vec();
        Signer { chain: vec![own], rsa: &self.device_rsa }
    }
}

pub(in crate::drivers::sbi) fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    /// A token of this payload.
    pub(in crate::drivers::sbi) fn token(&self, payload: &Value) -> String {
        let x5c: Vec<String> = self.chain.iter().map(|der| STANDARD.encode(der)).collect();
        self.token_of(&json!({"alg": "RS256", "typ": "JWT", "x5c": x5c}), payload)
    }

    /// A token with a header of the test's choice.
    pub(in crate::drivers::sbi) fn token_of(&self, header: &Value, payload: &Value) -> String {
        let signed =
            format!("{}.{}", b64(header.to_string().as_bytes()), b64(payload.to_string().as_bytes()));
        let signature = self.rsa.sign(signed.as_bytes());
        format!("{signed}.{}", b64(&signature))
    }
}

pub(in crate::drivers::sbi) fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
}
