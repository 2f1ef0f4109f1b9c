#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::testing::{complete_draft, context, created, key};

fn header() -> Header {
    let recipients = [keys::generate_age_identity().recipient, keys::generate_age_identity().recipient];
    let (station, operator) = (key(2, "station"), key(2, "operator"));
    let keys = crate::seal::SealKeys { station: &station, operator: &operator, recipients: &recipients };
    crate::seal::seal(&complete_draft(2), &context(5), &keys).unwrap().header
}

#[test]
fn receipt_vectors() {
    let header = header();
    let hub = key(2, "hub");
    let replicas = vec!["disk-a".to_owned(), "disk-b".to_owned()];
    let good = Receipt::sign(&header, replicas, created(2), &hub).unwrap();
    let check = |name: &str, resign: bool, mutate: &dyn Fn(&mut Receipt), expected: &str| {
        let mut receipt = good.clone();
        mutate(&mut receipt);
        if resign {
            receipt.signature = keys::sign_hex(&hub, &receipt.signed_bytes().unwrap());
        }
        let text = serde_json::to_vec(&receipt).unwrap();
        let found = Receipt::parse(&text).and_then(|r| r.verify(&header, &hub.verifying_key()));
        assert_eq!(
            found.map_or_else(|e| e.to_string()[..6].to_owned(), |()| "ok".to_owned()),
            expected,
            "{name}"
        );
    };
    check("good", false, &|_| {}, "ok");
    check("another record", true, &|r| r.record = complete_draft(9).id, "RCP-05");
    check("another payload", true, &|r| r.payload_sha256 = "0".repeat(64), "RCP-05");
    check("an old counter", true, &|r| r.counter -= 1, "RCP-05");
    check("an old epoch", true, &|r| r.epoch -= 1, "RCP-05");
    check("replica added", false, &|r| r.replicas.push("disk-c".into()), "RCP-04");
    check("no replica", true, &|r| r.replicas.clear(), "RCP-02");
    check("one replica twice", true, &|r| r.replicas[1] = "disk-a".into(), "RCP-02");
    check("replica without name", true, &|r| r.replicas[1].clear(), "RCP-02");
    check("another version", true, &|r| r.schema = "rekam-receipt/2".into(), "RCP-02");
    check(
        "another hub",
        true,
        &|r| r.hub_key = keys::public_to_hex(&key(3, "hub").verifying_key()),
        "RCP-03",
    );
    check("signature cut", false, &|r| r.signature.truncate(8), "RCP-02");
    assert_eq!(Receipt::parse(b"{}"), Err(ReceiptError::Syntax));
    assert_eq!(Receipt::parse(&vec![b' '; MAX_BYTES + 1]), Err(ReceiptError::Syntax));
}
