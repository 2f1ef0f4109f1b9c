//! Carrying records by USB stick, and the receipts that come back.

use record::header::Header;
use record::receipt::Receipt;

use super::*;
use crate::vault::carry::{MANIFEST_NAME, read_manifest};

const STICK: &str = "/media/usb";

fn stick(seed: u64) -> FaultyFiles {
    let stick = FaultyFiles::new(seed);
    stick.make_folder(Path::new(STICK)).unwrap();
    stick.sync_folder(Path::new("/")).unwrap();
    stick.sync_folder(Path::new("/media")).unwrap();
    stick
}

/// A vault with so many records.
fn office(seed: u64, records: u64) -> (World, Vec<Uuid>) {
    let world = World::new(seed);
    let (mut vault, operator) = world.ready();
    let save = |n: u64| {
        let nik = format!("337401570803{n:04}");
        vault.save(&draft(n, &operator), &input(&nik), &operator, now()).unwrap().record_id
    };
    let ids = (1..=records).map(save).collect();
    (world, ids)
}

fn folder() -> PathBuf {
    Path::new(STICK).join(format!("rekam-{}", record::testing::STATION))
}

fn carry(world: &World, stick: &FaultyFiles, limit: Option<usize>) -> Result<CarryReport, VaultError> {
    let outside = Outside::open(world.disk.shared(), Path::new(ROOT)).unwrap();
    outside.carry(stick, Path::new(STICK), CarryOptions { limit, ..Default::default() }, now())
}

/// Records that the manifest on the stick names; each of them must be there and right.
fn on_stick(stick: &FaultyFiles, what: &str) -> Vec<Uuid> {
    let Ok(bytes) = stick.read(&folder().join(MANIFEST_NAME), u64::MAX) else { return Vec::new() };
    let Some(manifest) = read_manifest(&bytes, None) else { return Vec::new() };
    for r in &manifest.records {
        let header = stick.read(&folder().join(format!("{}.json", r.id)), u64::MAX).unwrap();
        let payload = stick.read(&folder().join(format!("{}.rekam", r.id)), u64::MAX).unwrap();
        let verified = record::verify::verify(&header, payload.as_slice(), None);
        assert_eq!(verified.map(|v| v.header.id).map_err(|e| e.to_string()), Ok(r.id), "{what}");
    }
    manifest.records.iter().map(|r| r.id).collect()
}

fn receipt(world: &World, id: Uuid, hub: &str) -> Receipt {
    let header = world.disk.read(&Layout::new(Path::new(ROOT)).header(id), 99_999).unwrap();
    let header = Header::parse(&header).unwrap();
    Receipt::sign(&header, vec!["hub-a".into(), "hub-b".into()], now(), &record::testing::key(1, hub))
        .unwrap()
}

#[test]
fn a_round_with_the_stick_and_the_receipts() {
    let (world, ids) = office(1, 3);
    let stick = stick(1);
    let first = carry(&world, &stick, Some(2)).unwrap();
    assert_eq!((first.carried, first.copied, first.left, first.full), (2, 2, 1, false));
    let rest = carry(&world, &stick, None).unwrap();
    assert_eq!((rest.carried, rest.copied, rest.left), (3, 1, 0));
    assert_eq!(on_stick(&stick, "carried"), ids);
    let (mut vault, operator) = world.ready_with_hub();
    assert_eq!(vault.carried().unwrap().len(), 3);
    let receipts: Vec<(String, Vec<u8>)> = ids[..2]
        .iter()
        .map(|id| (format!("{id}.receipt.json"), serde_json::to_vec(&receipt(&world, *id, "hub")).unwrap()))
        .collect();
    let report = vault.import_receipts(&receipts, &operator, now()).unwrap();
    assert_eq!((report.taken, report.known, report.faults.len()), (2, 0, 0));
    let again = vault.import_receipts(&receipts, &operator, now()).unwrap();
    assert_eq!((again.taken, again.known), (0, 2));
    assert_eq!(vault.find(ids[0]).unwrap().unwrap().state, RecordState::SentForEnrollment);
    assert_eq!(vault.extract(ids[0]).unwrap().receipt.as_deref(), Some(receipts[0].1.as_slice()));
    assert!(vault.check().unwrap().is_well());
    drop(vault);
    // Another stick gets what has no receipt only; the first one still has all three.
    let other = self::stick(2);
    assert_eq!(carry(&world, &other, None).unwrap().carried, 1);
    carry(&world, &stick, None).unwrap();
    assert_eq!(on_stick(&stick, "merged"), ids);
}

/// Whatever strikes the stick: what counts as carried is there and right, and the same command goes on.
#[test]
fn a_carry_cut_anywhere_counts_nothing_that_is_not_there() {
    for fault in [Fault::Io, Fault::NoSpace, Fault::PowerCut, Fault::Kill] {
        for nth in 1.. {
            let (world, ids) = office(nth, 2);
            let stick = stick(nth);
            let what = format!("{fault:?} at {nth}");
            stick.fail(nth, fault);
            let done = carry(&world, &stick, None);
            let over = stick.forget();
            if fault == Fault::Kill {
                stick.restart()
            } else {
                stick.power_on()
            }
            let mut counted: Vec<Uuid> = world.open().carried().unwrap().into_keys().collect();
            counted.sort();
            let there = on_stick(&stick, &what);
            assert!(counted.iter().all(|id| there.contains(id)), "{what}: counted and not there");
            let complete = done.is_ok_and(|report| report.carried == 2);
            assert!(!complete || counted == ids, "{what}");
            let again = carry(&world, &stick, None).unwrap();
            assert_eq!((again.carried, again.full), (2, false), "{what}");
            assert_eq!(on_stick(&stick, &what), ids, "{what}");
            if over {
                assert!(complete && nth > 20, "{what}");
                break;
            }
        }
    }
}

#[test]
fn a_full_stick_takes_what_fits_and_says_what_is_left() {
    let (world, ids) = office(3, 3);
    let stick = stick(3);
    let size = world.open().find(ids[0]).unwrap().unwrap().size;
    stick.set_room(Some(2 * size + 70_000));
    let report = carry(&world, &stick, None).unwrap();
    assert!(report.full && report.carried < 3 && report.carried > 0, "{report:?}");
    assert_eq!(report.left, 3 - report.carried);
    assert_eq!(on_stick(&stick, "full"), ids[..report.carried]);
    stick.set_room(None);
    assert_eq!(carry(&world, &stick, None).unwrap().carried, 3);
}

#[test]
fn what_is_on_the_stick_is_told_and_left_alone() {
    let (world, ids) = office(4, 1);
    type Prepare = fn(&FaultyFiles);
    let table: [(&str, Prepare, Option<&str>); 9] = [
        ("empty", |_| {}, None),
        ("foreign file", |s| s.tamper(&folder().join("skripsi.docx"), |b| *b = b"x".to_vec()), None),
        ("torn manifest", |s| s.tamper(&folder().join(MANIFEST_NAME), |b| *b = b"{\"body\"".to_vec()), None),
        ("other station beside", |s| s.make_folder(Path::new("/media/usb/rekam-ST-OTHER")).unwrap(), None),
        (
            "another vault's manifest",
            |s| {
                let (other, _) = office(99, 1);
                let elsewhere = stick(9);
                carry(&other, &elsewhere, None).unwrap();
                let bytes = elsewhere.read(&folder().join(MANIFEST_NAME), u64::MAX).unwrap();
                s.tamper(&folder().join(MANIFEST_NAME), |b| *b = bytes);
            },
            Some("carry-folder"),
        ),
        (
            "a file of the folder's name",
            |s| {
                s.remove_folder(&folder()).unwrap();
                s.write_durable(&folder(), b"x").unwrap();
            },
            Some("carry-folder"),
        ),
        ("read-only", |s| s.set_read_only(true), Some("read-only")),
        (
            "not mounted",
            |s| {
                s.remove_folder(&folder()).unwrap();
                s.remove_folder(Path::new(STICK)).unwrap();
            },
            Some("medium-gone"),
        ),
        ("full", |s| s.set_room(Some(10)), None),
    ];
    for (what, prepare, expected) in table {
        let stick = stick(5);
        stick.make_folder_durable(&folder()).unwrap();
        prepare(&stick);
        let done = carry(&world, &stick, None);
        assert_eq!(done.as_ref().err().map(VaultError::id), expected, "{what}");
        if let Ok(report) = done {
            assert_eq!(report.foreign, if what == "foreign file" { vec!["skripsi.docx"] } else { vec![] });
            assert_eq!(report.manifest_was_torn, what == "torn manifest", "{what}");
            assert_eq!(report.carried, usize::from(what != "full"), "{what}");
            assert_eq!(on_stick(&stick, what), if what == "full" { vec![] } else { ids.clone() }, "{what}");
        }
        if what == "foreign file" {
            assert_eq!(stick.read(&folder().join("skripsi.docx"), 10).unwrap(), b"x");
        }
    }
}

#[test]
fn torn_copies_are_made_again_and_damaged_records_are_told() {
    let (world, ids) = office(6, 2);
    let stick = stick(6);
    carry(&world, &stick, None).unwrap();
    stick.tamper(&folder().join(format!("{}.rekam", ids[0])), |bytes| bytes[700] ^= 1);
    let report = carry(&world, &stick, None).unwrap();
    assert_eq!((report.carried, report.copied), (2, 1));
    on_stick(&stick, "mended");
    let layout = Layout::new(Path::new(ROOT));
    world.disk.tamper(&layout.payload(ids[1]), |bytes| bytes[700] ^= 1);
    let fresh = self::stick(7);
    let report = carry(&world, &fresh, None).unwrap();
    assert_eq!((report.carried, report.faults.len(), report.faults[0].record), (1, 1, ids[1]));
}

/// An unmounted stick leaves its empty folder on the station's own disk.
#[test]
fn a_folder_of_the_vaults_own_disk_is_no_medium_unless_it_is_meant() {
    let (world, ids) = office(12, 1);
    let disk = world.disk.clone();
    disk.make_folder_durable(Path::new("/media")).unwrap();
    disk.make_folder_durable(Path::new(STICK)).unwrap();
    let outside = Outside::open(world.disk.shared(), Path::new(ROOT)).unwrap();
    let to = Path::new(STICK);
    let refused = outside.carry(&disk, to, CarryOptions::default(), now()).unwrap_err();
    assert_eq!((refused.id(), refused.code()), ("same-disk", "VLT-50".to_owned()));
    assert_eq!(disk.list(to).unwrap(), []);
    assert!(world.open().carried().unwrap().is_empty());
    let meant = CarryOptions { same_disk: true, ..Default::default() };
    let report = outside.carry(&disk, to, meant, now()).unwrap();
    assert_eq!((report.carried, report.same_disk), (1, true));
    let report = outside.carry(&stick(12), to, CarryOptions::default(), now()).unwrap();
    assert_eq!((report.carried, report.same_disk), (1, false));
    let carried = world.open().carried().unwrap();
    assert!(carried.contains_key(&ids[0]));
}

#[test]
fn a_bad_receipt_changes_nothing_and_is_told() {
    let (world, ids) = office(8, 2);
    let good = receipt(&world, ids[0], "hub");
    let (mut vault, operator) = world.ready_with_hub();
    let mut other_station = good.clone();
    other_station.record = Uuid::now_v7();
    other_station.station_key =
        record::keys::public_to_hex(&record::testing::key(5, "station").verifying_key());
    let mut not_here = good.clone();
    not_here.record = Uuid::now_v7();
    let sign = |mut receipt: Receipt| {
        let bytes = receipt.signed_bytes().unwrap();
        receipt.signature = record::keys::sign_hex(&record::testing::key(1, "hub"), &bytes);
        serde_json::to_vec(&receipt).unwrap()
    };
    let mut replica = good.clone();
    replica.replicas.push("hub-c".into());
    let mut counter = good.clone();
    counter.counter += 1;
    let table = [
        ("nothing", b"{}".to_vec(), "RCP-01"),
        ("another hub", serde_json::to_vec(&receipt(&world, ids[1], "other hub")).unwrap(), "RCP-03"),
        ("replica added", serde_json::to_vec(&replica).unwrap(), "RCP-04"),
        ("another counter", sign(counter), "RCP-05"),
        ("another station", sign(other_station), "RCP-11"),
        ("not here", sign(not_here), "RCP-12"),
    ];
    for (what, bytes, code) in table {
        let report = vault.import_receipts(&[(what.to_owned(), bytes)], &operator, now()).unwrap();
        assert_eq!((report.taken, report.faults.len()), (0, 1), "{what}");
        assert_eq!(report.faults[0].code, code, "{what}");
        assert_eq!(report.not_here.len(), usize::from(code == "RCP-12"), "{what}");
    }
    assert!(vault.queue().unwrap().iter().all(|row| row.state == RecordState::BioCaptured));
    assert!(vault.check().unwrap().is_well());
}

#[test]
fn receipts_are_read_from_a_file_a_list_and_a_folder() {
    let (world, ids) = office(9, 2);
    let one = serde_json::to_vec(&receipt(&world, ids[0], "hub")).unwrap();
    let pretty = serde_json::to_vec_pretty(&receipt(&world, ids[1], "hub")).unwrap();
    let disk = FaultyFiles::new(9);
    disk.make_folder_durable(Path::new("/r")).unwrap();
    disk.write_durable(Path::new("/r/a.receipt.json"), &pretty).unwrap();
    disk.write_durable(Path::new("/r/list"), &[one.as_slice(), b"\n\nnonsense\n"].concat()).unwrap();
    let names = |path: &str| -> Vec<String> {
        read_receipts(&disk, Path::new(path)).unwrap().into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names("/r"), ["a.receipt.json"]);
    assert_eq!(names("/r/a.receipt.json"), ["a.receipt.json"]);
    assert_eq!(names("/r/list"), ["list:1", "list:3"]);
    assert_eq!(read_receipts(&disk, Path::new("/none")).unwrap_err().id(), "medium-gone");
}
