#![allow(clippy::unwrap_used, clippy::expect_used)]

use record::header::Header;
use record::seal::{SealKeys, seal};
use record::testing::{complete_draft, context, key as test_key};

use super::*;

#[test]
fn whole_records_get_a_receipt_and_damaged_ones_none() {
    let folder = tempfile::tempdir().unwrap();
    let recipients = [keys::generate_age_identity().recipient, keys::generate_age_identity().recipient];
    let (station, operator) = (test_key(2, "station"), test_key(2, "operator"));
    let seal_keys = SealKeys { station: &station, operator: &operator, recipients: &recipients };
    let sealed = seal(&complete_draft(2), &context(5), &seal_keys).unwrap();
    let id = sealed.header.id;
    let put = |name: String, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    put(format!("{id}.json"), &sealed.header_bytes);
    put(format!("{id}.rekam"), &sealed.payload);
    put("manifest.json".into(), b"{}");
    put("damaged.rekam".into(), b"x");
    let arguments = Arguments::new(folder.path().to_owned(), folder.path().join("hub.pem"));
    run(&arguments).unwrap();
    let hub = key(&arguments.key).unwrap().verifying_key();
    let bytes = fs::read(folder.path().join(format!("{id}.receipt.json"))).unwrap();
    let header = Header::parse(&sealed.header_bytes).unwrap();
    Receipt::parse(&bytes).unwrap().verify(&header, &hub).unwrap();
    assert!(!folder.path().join("damaged.receipt.json").exists());
    // The same key the next time.
    run(&arguments).unwrap();
    assert_eq!(key(&arguments.key).unwrap().verifying_key(), hub);
}
