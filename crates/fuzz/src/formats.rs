//! The record's format and the standard records inside it.

use biometrics::iso::cbeff::Bir;
use biometrics::iso::fac::FaceRecord;
use biometrics::iso::fir::FingerRecord;
use biometrics::iso::fmr::FmrRecord;
use biometrics::iso::iir::IrisRecord;
use biometrics::iso::incits378::IncitsRecord;
use biometrics::iso::sdi::SignatureRecord;
use biometrics::iso::{RecordKind, sniff};
use record::archive::{pack, unpack};
use record::grant::Grant;
use record::header::Header;
use record::manifest::Manifest;
use record::receipt::Receipt;

/// What is read as a header and written again is read as the same.
pub(crate) fn header(bytes: &[u8]) {
    if let Ok(header) = Header::parse(bytes) {
        let again = header.to_bytes().expect("a header that was read can be written");
        assert_eq!(Header::parse(&again).ok(), Some(header));
    }
}

/// The same of a manifest.
pub(crate) fn manifest(bytes: &[u8]) {
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(bytes) {
        let again = manifest.to_bytes().expect("a manifest that was read can be written");
        assert_eq!(serde_json::from_slice::<Manifest>(&again).ok(), Some(manifest));
    }
}

/// What is taken as an archive is one that we would have written, byte for byte but for dates and hints.
pub(crate) fn archive(bytes: &[u8]) {
    if let Ok(entries) = unpack(bytes) {
        let borrowed: Vec<(&str, &[u8])> =
            entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let again = pack(&borrowed).expect("entries that were read can be packed");
        assert_eq!(unpack(&again).ok(), Some(entries));
    }
}

/// What is read as a receipt and written again is read as the same, and a signature never fits by chance.
pub(crate) fn receipt(bytes: &[u8]) {
    if let Ok(receipt) = Receipt::parse(bytes) {
        let again = serde_json::to_vec(&receipt).expect("a receipt that was read can be written");
        assert_eq!(Receipt::parse(&again).ok(), Some(receipt));
    }
}

/// A grant is judged without panic at any time.
pub(crate) fn grant(bytes: &[u8]) {
    if let Ok(grant) = serde_json::from_slice::<Grant>(bytes) {
        let request = &grant.request;
        request.check_form().ok();
        request.digest().ok();
        for at in [request.asked, request.expires, grant.signed] {
            grant.verify(at, request.operator).ok();
        }
        assert_eq!(grant.binds(record::testing::NIK), request.binds(record::testing::NIK));
    }
}

/// A binary record that is read is written as the same bytes, and is what it is taken for at first sight.
pub(crate) fn iso(bytes: &[u8]) {
    macro_rules! same {
        ($kind:ident, $sniffed:ident) => {
            if let Ok(read) = $kind::read(bytes) {
                assert_eq!(read.write().as_deref().ok(), Some(bytes), stringify!($kind));
                assert_eq!(sniff(bytes), Some(RecordKind::$sniffed));
            }
        };
    }
    same!(FingerRecord, FingerImages);
    same!(FaceRecord, FaceImages);
    same!(IrisRecord, IrisImages);
    same!(FmrRecord, FingerMinutiae);
    same!(IncitsRecord, IncitsMinutiae);
    same!(SignatureRecord, Signature);
    if let Ok(bir) = Bir::read(bytes) {
        let again = bir.write().expect("a BIR that was read can be written");
        assert_eq!(Bir::read(&again).ok(), Some(bir));
    }
}

/// A WSQ picture is decoded or refused.
pub(crate) fn wsq(bytes: &[u8]) {
    if let Ok(image) = biometrics::codec::decode_wsq(bytes) {
        assert!(image.width() > 0 && image.height() > 0);
    }
}
