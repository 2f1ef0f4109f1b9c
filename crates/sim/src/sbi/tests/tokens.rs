//! Tokens and certificates, checked by another library than the one that makes them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject as _};
use serde_json::Value;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::super::{Options, Service};
use super::{call, discover, service};

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Signature,
    Chain,
}

/// The payload of a token, whether or not it is right.
pub(super) fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The payload of a token whose signature and chain hold.
pub(super) fn verified(token: &str, root_pem: &str) -> Result<Value, Wrong> {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "compact form");
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&Value::from("RS256"), &Value::from("JWT")));
    let der = CertificateDer::from(STANDARD.decode(header["x5c"][0].as_str().unwrap()).unwrap());
    let leaf = EndEntityCert::try_from(&der).unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    leaf.verify_signature(webpki::ring::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .map_err(|_| Wrong::Signature)?;
    let root = CertificateDer::from_pem_slice(root_pem.as_bytes()).unwrap();
    let anchors = [anchor_from_trusted_cert(&root).unwrap()];
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    leaf.verify_for_usage(algorithms, &anchors, &[], UnixTime::now(), KeyUsage::client_auth(), None, None)
        .map_err(|_| Wrong::Chain)?;
    Ok(payload(token))
}

#[test]
fn device_info_is_signed_and_agrees_with_discovery() {
    for l1 in [false, true] {
        let service = Service::start(Options { l1, ..Options::for_tests() }).unwrap();
        let (found, infos) =
            (discover(&service, "Biometric Device"), call(&service, "MOSIPDINFO", "/info", &Value::Null));
        let (found, infos) = (found.as_array().unwrap(), infos.as_array().unwrap());
        assert_eq!((found.len(), infos.len()), (3, 3));
        let mut signers = Vec::new();
        for (item, info) in found.iter().zip(infos) {
            assert_eq!(info["error"]["errorCode"], "0");
            let token = info["deviceInfo"].as_str().unwrap();
            let info = verified(token, service.root_pem()).unwrap();
            for field in ["deviceId", "deviceCode", "callbackId", "certification", "deviceSubId", "purpose"] {
                assert_eq!(item[field], info[field], "{field}");
            }
            assert_eq!(item["certification"], if l1 { "L1" } else { "L0" });
            assert_eq!(item["callbackId"], format!("http://127.0.0.1:{}/", service.port()));
            let unsigned = URL_SAFE_NO_PAD.decode(item["digitalId"].as_str().unwrap()).unwrap();
            let unsigned: Value = serde_json::from_slice(&unsigned).unwrap();
            let digital_id = info["digitalId"].as_str().unwrap();
            let signed = verified(digital_id, service.root_pem()).unwrap();
            assert_eq!(unsigned["serialNo"], signed["serialNo"]);
            assert_eq!(unsigned["serialNo"], item["deviceCode"]);
            signers.push(token.split('.').next() == digital_id.split('.').next());
        }
        assert!(signers.iter().all(|same| *same != l1), "L0 signs both with one key, L1 with two");
    }
}

#[test]
fn another_root_is_not_believed() {
    let service = service();
    let infos = call(&service, "MOSIPDINFO", "/info", &Value::Null);
    let token = infos[0]["deviceInfo"].as_str().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let keys = super::super::KeySource::Folder(folder.path().to_owned());
    let other = Service::start(Options { keys, ..Options::for_tests() }).unwrap();
    assert_eq!(verified(token, other.root_pem()), Err(Wrong::Chain));
    assert!(verified(token, service.root_pem()).is_ok());
}
