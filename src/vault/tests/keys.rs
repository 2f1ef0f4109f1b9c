//! The sync key, slots and their passphrases, accounts that are removed.

use ed25519_dalek::Verifier;

use super::*;

fn sync_file(world: &World) -> Vec<u8> {
    world.disk.read(&Layout::new(Path::new(ROOT)).sync_key(), SMALL_FILE_MAX).unwrap()
}

#[test]
fn the_sync_key_signs_without_an_officer_and_is_vouched_for() {
    let world = World::new(40);
    let vault = world.open();
    assert!(!vault.is_unlocked());
    let key = vault.sync_key().unwrap();
    let station = vault.config().station_verifying_key().unwrap();
    let vouched = key.certificate.verify(&station).unwrap();
    vouched.verify(b"a manifest", &key.sign(b"a manifest")).unwrap();
    let of = &key.certificate;
    assert_eq!(
        (of.vault, of.station.as_str(), of.epoch),
        (vault.config().vault, record::testing::STATION, 1)
    );
    // Whatever is changed in it, the station does not vouch for it.
    let changes: [fn(&mut SyncCertificate); 5] = [
        |c| c.vault = Uuid::nil(),
        |c| c.station.push('x'),
        |c| c.epoch += 1,
        |c| c.issued += TimeDelta::seconds(1),
        |c| c.public_key = "11".repeat(32),
    ];
    for change in changes {
        let mut other = key.certificate.clone();
        change(&mut other);
        assert_eq!(other.verify(&station).unwrap_err().id(), "corrupt");
    }
    let foreign = SigningKey::from_bytes(&[9; 32]).verifying_key();
    assert_eq!(key.certificate.verify(&foreign).unwrap_err().id(), "corrupt");
    assert!(!format!("{key:?}").contains(&String::from_utf8(sync_file(&world)).unwrap()[12..40]));
}

#[test]
fn a_missing_or_foreign_sync_key_is_made_anew_at_sign_in_and_bars_nobody() {
    let world = World::new(41);
    let path = Layout::new(Path::new(ROOT)).sync_key();
    let first = world.open().sync_key().unwrap().certificate.public_key.clone();
    let other = sync_file(&World::new(42));
    let check = |bytes: Option<&[u8]>, told: bool| {
        match bytes {
            Some(bytes) => world.disk.tamper(&path, |b| *b = bytes.to_vec()),
            None => world.disk.remove_durable(&path).unwrap(),
        }
        let mut vault = world.open();
        assert_eq!(vault.notes().contains(&Note::SyncKeyUnfit), told);
        assert_eq!(vault.sync_key().unwrap_err().id(), "no-sync-key");
        world.sign_in(&mut vault, Role::Operator);
        let made = vault.sync_key().unwrap().certificate.clone();
        assert_ne!(made.public_key, first);
        drop(vault);
        // It is on the disk, and signing in again makes no other.
        let (vault, _) = world.ready();
        assert_eq!(vault.sync_key().unwrap().certificate, made);
        assert!(vault.verify_audit().unwrap().broken.is_none());
    };
    check(None, false);
    check(Some(b"{}"), true);
    check(Some(&other), true);
    let own = sync_file(&world);
    check(Some(&own[..own.len() / 2]), true);
}
