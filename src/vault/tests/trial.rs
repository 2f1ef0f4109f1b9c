//! The early test-seal: each thing that would keep the last step from working is told by its part.

use super::*;

#[track_caller]
fn check(prepare: impl FnOnce(&World, &mut Vault, &mut OfficerKeys), expected: Result<(), &str>) {
    let world = World::new(1);
    let (mut vault, mut operator) = world.ready();
    let before = (vault.queue_len(), vault.audit_seq());
    prepare(&world, &mut vault, &mut operator);
    let found = vault.trial(&operator, now()).map_err(|fault| fault.part);
    assert_eq!(found, expected);
    // A trial leaves nothing: no record, no line, no file, no used counter.
    assert_eq!(vault.queue_len(), before.0);
    world.disk.set_read_only(false);
    world.disk.set_room(None);
    let left = world.disk.list(&vault.layout().records()).unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_trial_tells_what_the_seal_would_fail_for() {
    check(|_, _, _| {}, Ok(()));
    check(|_, vault, _| vault.lock(), Err("station-key"));
    check(
        |_, vault, _| {
            vault.append_audit(&AuditEvent::new("test"), now() + TimeDelta::hours(1)).unwrap();
        },
        Err("clock"),
    );
    check(
        |world, vault, _| world.disk.tamper(&vault.layout().station_key(), |bytes| bytes[20] ^= 1),
        Err("station-key"),
    );
    check(|_, _, operator| operator.officer.public_key = hex::encode([7; 32]), Err("operator"));
    check(|world, _, _| world.disk.set_read_only(true), Err("folder"));
    check(|world, _, _| world.disk.set_room(Some(world.disk.used())), Err("folder"));
    check(|_, vault, _| vault.centre = Centre::None, Err("seal"));
    check(|_, vault, _| vault.config.environment = Environment::Production, Ok(()));
}

#[test]
fn a_trial_uses_up_no_counter() {
    let world = World::new(2);
    let (mut vault, operator) = world.ready();
    let first = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    vault.trial(&operator, now()).unwrap();
    let second = vault.save(&draft(2, &operator), &input(NIK), &operator, now()).unwrap();
    assert_eq!(second.counter, first.counter + 1);
}
