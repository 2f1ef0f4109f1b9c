//! The centre's list: who installs it, what is refused, and that nothing else names a recipient.

use record::centre::{CentreEntry, CentreList, CentreRole, SCHEMA};
use record::keys;

use super::*;

const SECRET: &str = "kata sandi uji";

fn root() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

fn entry(role: CentreRole, from: i64, until: i64) -> CentreEntry {
    CentreEntry {
        name: format!("Kunci {role}"),
        role,
        recipient: keys::generate_age_identity().recipient,
        valid_from: now() + TimeDelta::days(from),
        valid_until: now() + TimeDelta::days(until),
    }
}

fn list(serial: u64) -> CentreList {
    CentreList {
        schema: SCHEMA.into(),
        environment: Environment::Production,
        serial,
        issued: now() - TimeDelta::days(1),
        entries: vec![entry(CentreRole::Centre, -5, 100), entry(CentreRole::Escrow, -5, 100)],
        root: String::new(),
        signature: String::new(),
    }
}

fn signed(mut list: CentreList) -> Vec<u8> {
    list.sign(&root()).unwrap();
    serde_json::to_vec(&list).unwrap()
}

/// A production station with two supervisors and an operator, without a list. Its slots have the standard cost, so few
/// tests make one.
struct Office {
    disk: FaultyFiles,
    accounts: Vec<Uuid>,
}

const FIRST: usize = 0;
const SECOND: usize = 1;
const OPERATOR: usize = 2;

impl Office {
    fn new() -> Self {
        let disk = FaultyFiles::new(7);
        disk.make_folder_durable(Path::new("/disk")).unwrap();
        let mut options = options(Environment::Production);
        options.kdf = KdfCost::Standard;
        options.centre_root = Some(keys::public_to_hex(&root().verifying_key()));
        options.first_supervisor = Some(person("Kepala", Role::Supervisor, "9999000000000001"));
        options.officers = vec![
            person("Wakil", Role::Supervisor, "9999000000000002"),
            person("Petugas", Role::Operator, "9999000000000003"),
        ];
        let made = Vault::init(&disk.shared(), Path::new(ROOT), &options).unwrap();
        Self { disk, accounts: made.officers.iter().map(|o| o.id).collect() }
    }
    fn open(&self) -> Vault {
        Vault::open(self.disk.shared(), Path::new(ROOT), &OpenOptions::default(), now()).unwrap()
    }
    fn keys(&self, vault: &mut Vault, who: usize) -> OfficerKeys {
        vault.unlock(self.accounts[who], SECRET, now()).unwrap()
    }
}

#[test]
fn only_two_supervisors_install_a_list_and_only_a_right_one() {
    let office = Office::new();
    let mut vault = office.open();
    let operator = office.keys(&mut vault, OPERATOR);
    let (first, second) = (office.keys(&mut vault, FIRST), office.keys(&mut vault, SECOND));
    assert_eq!(vault.recipients(now()).unwrap_err().id(), "no-centre-list");
    let mut production = draft(1, &operator);
    production.environment = Environment::Production;
    let error = vault.save(&production, &input(NIK), &operator, now()).unwrap_err();
    assert_eq!(error.id(), "no-centre-list", "nothing is sealed without a list");

    let refuse = |vault: &mut Vault, bytes: &[u8], by: &[&OfficerKeys], expected: &str| {
        let by: Vec<OfficerKeys> = by.iter().map(|k| (*k).clone()).collect();
        assert_eq!(vault.install_centre_list(bytes, &by, now()).unwrap_err().id(), expected);
        assert!(vault.centre_list().is_err(), "{expected}");
    };
    let good = signed(list(3));
    refuse(&mut vault, &good, &[], "supervisors");
    refuse(&mut vault, &good, &[&first], "supervisors");
    refuse(&mut vault, &good, &[&first, &first], "supervisors");
    refuse(&mut vault, &good, &[&first, &operator], "not-supervisor");
    let both = [&first, &second];
    refuse(&mut vault, b"{}", &both, "recipients");
    let training = CentreList { environment: Environment::Training, ..list(3) };
    refuse(&mut vault, &signed(training), &both, "wrong-environment");
    let mut added: CentreList = serde_json::from_slice(&good).unwrap();
    added.entries.push(entry(CentreRole::Centre, -5, 100));
    refuse(&mut vault, &serde_json::to_vec(&added).unwrap(), &both, "recipients");
    let mut foreign = list(3);
    foreign.sign(&SigningKey::from_bytes(&[5; 32])).unwrap();
    refuse(&mut vault, &serde_json::to_vec(&foreign).unwrap(), &both, "recipients");
    refuse(
        &mut vault,
        &signed(CentreList { issued: now() + TimeDelta::days(2), ..list(3) }),
        &both,
        "recipients",
    );
    let over = vec![entry(CentreRole::Centre, -50, -1), entry(CentreRole::Escrow, -50, -1)];
    let over = CentreList { entries: over, issued: now() - TimeDelta::days(40), ..list(3) };
    refuse(&mut vault, &signed(over), &both, "recipients");

    let two = [first, second];
    vault.install_centre_list(&good, &two, now()).unwrap();
    assert_eq!(vault.recipients(now()).unwrap().len(), 2);
    assert_eq!(vault.centre_until(now()), Some(now() + TimeDelta::days(100)));
    for stale in [list(2), list(3)] {
        let error = vault.install_centre_list(&signed(stale), &two, now()).unwrap_err();
        assert_eq!(error.id(), "recipients", "a serial must rise");
    }
    let mut rotation = list(4);
    rotation.entries.push(entry(CentreRole::Centre, 90, 200));
    let names: Vec<String> = rotation.entries.iter().map(|e| e.recipient.clone()).collect();
    vault.install_centre_list(&signed(rotation), &two, now()).unwrap();
    let sealed_to = |vault: &Vault, day: i64| vault.recipients(now() + TimeDelta::days(day));
    assert_eq!(sealed_to(&vault, 89).unwrap(), names[..2]);
    assert_eq!(sealed_to(&vault, 95).unwrap(), names, "both while they overlap");
    assert_eq!(sealed_to(&vault, 100).unwrap_err().id(), "no-centre-list");
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
}

#[test]
fn a_list_that_is_not_to_be_trusted_seals_nothing_and_keeps_nobody_out() {
    let office = Office::new();
    let mut vault = office.open();
    let two = [office.keys(&mut vault, FIRST), office.keys(&mut vault, SECOND)];
    let path = vault.layout().centre();
    let read = || office.disk.read(&path, u64::MAX).unwrap();
    vault.install_centre_list(&signed(list(1)), &two, now()).unwrap();
    let first = read();
    vault.install_centre_list(&signed(list(2)), &two, now()).unwrap();
    let whole = read();
    drop(vault);
    let check = |bytes: &[u8], trusted: bool| {
        office.disk.tamper(&path, |b| *b = bytes.to_vec());
        let vault = office.open();
        assert_eq!(vault.recipients(now()).is_ok(), trusted);
        assert_eq!(vault.notes().contains(&Note::CentreListUnfit), !trusted);
        let found = vault.check().unwrap().problems.iter().any(|p| p.kind == ProblemKind::CentreList);
        assert_eq!(found, !trusted);
    };
    check(&whole, true);
    check(&first, false);
    check(&whole[..whole.len() - 9], false);
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        change(&mut value);
        serde_json::to_vec(&value).unwrap()
    };
    check(&changed(&|_| {}), true);
    let own = serde_json::to_value(entry(CentreRole::Centre, -5, 100)).unwrap();
    check(&changed(&|v| v["list"]["entries"].as_array_mut().unwrap().push(own.clone())), false);
    check(&changed(&|v| v["list"]["entries"][0] = own.clone()), false);
    check(&changed(&|v| v["approvals"].as_array_mut().unwrap().truncate(1)), false);
    check(&changed(&|v| v["approvals"][1] = v["approvals"][0].clone()), false);
    check(&changed(&|v| v["approvals"][1]["officer"] = office.accounts[OPERATOR].to_string().into()), false);
    office.disk.remove_durable(&path).unwrap();
    let vault = office.open();
    assert!(
        vault.recipients(now()).is_err() && !vault.check().unwrap().is_well(),
        "the audit knows of a list"
    );
}

#[test]
fn an_installation_that_is_interrupted_leaves_a_list_that_holds() {
    let office = Office::new();
    let mut vault = office.open();
    let two = [office.keys(&mut vault, FIRST), office.keys(&mut vault, SECOND)];
    vault.install_centre_list(&signed(list(1)), &two, now()).unwrap();
    for nth in 1..30 {
        office.disk.fail(nth, Fault::PowerCut);
        vault.install_centre_list(&signed(list(1 + nth)), &two, now()).ok();
        let over = office.disk.forget();
        drop(vault);
        office.disk.power_on();
        vault = office.open();
        assert!(vault.recipients(now()).is_ok(), "cut at {nth}: {:?}", vault.notes());
        office.keys(&mut vault, FIRST);
        if over {
            assert!(nth > 6, "an installation has more operations than {nth}");
            return;
        }
    }
    panic!("no end of operations");
}
