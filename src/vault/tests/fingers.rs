//! The officers' own fingers: who may set them, that they come back, that they lie encrypted.

use super::*;

const PATH: &str = "/disk/vault/officer-fingers.enc";

fn templates(count: usize) -> Vec<FingerTemplate> {
    let one = |n: usize| FingerTemplate {
        finger: u8::try_from(n % 10 + 1).unwrap(),
        format: "iso-19794-2:2005".into(),
        bytes: format!("TEMPLATE-OF-AN-OFFICER-{n}").into_bytes(),
    };
    (0..count).map(one).collect()
}

fn of(vault: &Vault, officer: Uuid) -> Option<Vec<FingerTemplate>> {
    let all = vault.officer_fingers().unwrap();
    all.iter().find(|(id, _)| *id == officer).map(|(_, list)| list.to_vec())
}

#[test]
fn they_come_back_and_lie_encrypted() {
    let world = World::new(31);
    let (mut vault, operator) = world.ready();
    let id = operator.officer.id;
    assert_eq!(of(&vault, id), None);
    vault.set_officer_fingers(id, templates(2), &operator, now()).unwrap();
    assert_eq!(of(&vault, id), Some(templates(2)));
    drop(vault);
    let (mut vault, operator) = world.ready();
    assert_eq!(of(&vault, id), Some(templates(2)), "after a restart");
    let bytes = world.disk.read(Path::new(PATH), 1 << 20).unwrap();
    assert!(!bytes.windows(8).any(|w| w == b"TEMPLATE"), "in clear on disk");
    vault.set_officer_fingers(id, templates(1), &operator, now()).unwrap();
    assert_eq!(of(&vault, id), Some(templates(1)), "in place of the older ones");
    vault.set_officer_fingers(id, Vec::new(), &operator, now()).unwrap();
    assert_eq!(of(&vault, id), None);
    vault.lock();
    assert_eq!(vault.officer_fingers().unwrap_err().id(), "locked");
    world.disk.tamper(Path::new(PATH), |b| b[30] ^= 1);
    let (vault, _) = {
        drop(vault);
        world.ready()
    };
    assert_eq!(vault.officer_fingers().unwrap_err().id(), "corrupt");
}

#[test]
fn who_may_set_whose() {
    let world = World::new(32);
    let mut vault = world.open();
    let keys: BTreeMap<Role, OfficerKeys> =
        [Role::Operator, Role::Supporting, Role::Supervisor, Role::Auditor]
            .into_iter()
            .map(|role| (role, world.sign_in(&mut vault, role)))
            .collect();
    let mut check = |by: Role, of: Uuid, count: usize, expected: Option<&str>| {
        let got = vault.set_officer_fingers(of, templates(count), &keys[&by], now());
        assert_eq!(got.err().map(|e| e.id()), expected, "{by} {count}");
    };
    let operator = keys[&Role::Operator].officer.id;
    check(Role::Operator, operator, 1, None);
    check(Role::Supervisor, operator, 1, None);
    check(Role::Supporting, operator, 1, Some("not-supervisor"));
    check(Role::Auditor, operator, 1, Some("not-supervisor"));
    check(Role::Supervisor, Uuid::from_u128(7), 1, Some("name"));
    check(Role::Operator, operator, OFFICER_FINGERS_MAX, None);
    check(Role::Operator, operator, OFFICER_FINGERS_MAX + 1, Some("too-large"));
}
