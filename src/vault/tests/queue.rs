//! Queue, index, check and rebuild.

use super::*;

#[test]
fn saving_twice_gives_the_same_record() {
    let world = World::new(9);
    let (mut vault, operator) = world.ready();
    let first = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    let again = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    assert_eq!((again.sha256.clone(), again.counter, again.already), (first.sha256, first.counter, true));
    let other = vault.save(&draft(2, &operator), &input("3374015708030002"), &operator, now()).unwrap();
    assert_eq!((other.counter, vault.queue_len()), (first.counter + 1, 2));
    assert_eq!(vault.find_family(KK, birth()).unwrap().len(), 2);
    assert_eq!(vault.find_family(KK, birth() + TimeDelta::days(1)).unwrap().len(), 0);
    assert!(vault.find_nik("3374015708030003").unwrap().is_none());
    let jakarta = FixedOffset::east_opt(7 * 3600).unwrap();
    let day = record::testing::created(1).with_timezone(&jakarta).date_naive();
    assert_eq!(vault.sealed_on(day, jakarta).unwrap().len(), 2);
    assert_eq!(vault.sealed_on(day + TimeDelta::days(1), jakarta).unwrap().len(), 0);
    let page = vault.queue_page(None, 1).unwrap();
    assert_eq!(page[0].id, vault.queue().unwrap()[0].id);
    assert_eq!(vault.queue_page(Some(&page[0]), 5).unwrap().len(), 1);
}

#[test]
fn a_damaged_record_is_told_and_never_written_over() {
    let world = World::new(15);
    let (mut vault, operator) = world.ready();
    let id = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap().record_id;
    let layout = vault.layout().clone();
    drop(vault);
    world.disk.remove_durable(&layout.local(id)).unwrap();
    let (mut vault, operator) = world.ready();
    assert!(vault.find(id).unwrap().unwrap().damaged);
    let error = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap_err();
    assert_eq!(error.id(), "corrupt");
    drop(vault);
    let payload = world.disk.read(&layout.payload(id), u64::MAX).unwrap();
    world.disk.tamper(&layout.header(id), |bytes| bytes.truncate(40));
    let (vault, _) = world.ready();
    assert!(vault.notes().contains(&Note::RecordUnreadable { record: id }));
    assert_eq!(world.disk.read(&layout.payload(id), u64::MAX).unwrap(), payload);
}

#[test]
fn the_check_names_what_is_wrong() {
    let check = |damage: &dyn Fn(&FaultyFiles, &Layout, Uuid), expected: &[ProblemKind]| {
        let world = World::new(3);
        let (mut vault, operator) = world.ready();
        let id = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap().record_id;
        damage(&world.disk, vault.layout(), id);
        let found: Vec<ProblemKind> = vault.check().unwrap().problems.iter().map(|p| p.kind).collect();
        assert_eq!(found, expected);
    };
    check(&|_, _, _| {}, &[]);
    check(
        &|disk, layout, id| disk.tamper(&layout.payload(id), |b| *b.last_mut().unwrap() ^= 1),
        &[ProblemKind::RecordDamaged],
    );
    check(
        &|disk, layout, id| disk.tamper(&layout.local(id), |b| *b.last_mut().unwrap() ^= 1),
        &[ProblemKind::ExtractDamaged],
    );
    check(
        &|disk, layout, id| disk.remove_durable(&layout.local(id)).unwrap(),
        &[ProblemKind::FileMissing, ProblemKind::RowDiffers],
    );
    check(
        &|disk, layout, id| disk.remove_durable(&layout.payload(id)).unwrap(),
        &[ProblemKind::FileMissing, ProblemKind::RowDiffers],
    );
    check(
        &|disk, layout, _| disk.tamper(&layout.records().join("stray"), |b| b.push(1)),
        &[ProblemKind::ForeignFile],
    );
    check(
        &|disk, layout, id| {
            for path in [layout.header(id), layout.payload(id), layout.local(id)] {
                disk.remove_durable(&path).unwrap();
            }
        },
        &[ProblemKind::RecordMissing],
    );
    // A tail of the audit cut off at a line's end is a whole chain; the record remembers more.
    check(
        &|disk, layout, _| {
            disk.tamper(&layout.audit().join("000001.jsonl"), |b| {
                let end = b.iter().position(|c| *c == b'\n').unwrap();
                b.truncate(end + 1);
            });
        },
        &[ProblemKind::NotInAudit],
    );
}
