//! The index on a real disk: damaged in every way, searched, and written anew.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::vault::index_folder::Places;
use crate::vault::testing::Random;

/// A training vault in a temporary folder, with three records of which one has gone on.
struct Place {
    _folder: tempfile::TempDir,
    dir: PathBuf,
    login: (Uuid, &'static str),
    rows: Vec<QueueRow>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("vault");
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        let report = Vault::init(&files, &dir, &options(Environment::Training)).unwrap();
        let login = (report.training[1].officer.id, report.training[1].passphrase);
        let mut place = Self { _folder: folder, dir, login, rows: Vec::new() };
        let mut vault = place.open();
        let operator = vault.unlock(login.0, login.1, now()).unwrap();
        for seed in 1..4 {
            vault.save(&draft(seed, &operator), &input(NIK), &operator, now()).unwrap();
        }
        place.rows = vault.queue().unwrap();
        place
    }
    fn open(&self) -> Vault {
        Vault::open(Arc::new(RealFiles), &self.dir, &OpenOptions::default(), now()).unwrap()
    }
    fn index(&self) -> PathBuf {
        self.dir.join("index")
    }
    /// Opens after some damage: the rows are right. True when a note says that something was mended.
    fn told(&self, what: &str) -> bool {
        let vault = self.open();
        assert_eq!(vault.queue().unwrap(), self.rows, "{what}");
        assert_eq!(vault.queue_len(), 3, "{what}");
        let filter = QueueFilter { state: Some(RecordState::BioCaptured), ..QueueFilter::default() };
        assert_eq!(vault.search(&filter).unwrap(), self.rows, "{what}");
        assert!(vault.check().unwrap().is_well(), "{what}");
        let mended = |n: &Note| {
            matches!(n, Note::IndexRebuilt { rows: 3, .. } | Note::IndexMended { added: 1..=3, removed: 0 })
        };
        assert!(vault.notes().iter().all(mended), "{what}: {:?}", vault.notes());
        !vault.notes().is_empty()
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_in(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn an_index_that_is_gone_or_foreign_is_made_anew_and_that_is_said() {
    let other = Place::new();
    type Damage<'d> = &'d dyn Fn(&Path);
    let damages: [(&str, Damage); 7] = [
        ("deleted", &|index| fs::remove_dir_all(index).unwrap()),
        ("emptied", &|index| {
            fs::remove_dir_all(index).unwrap();
            fs::create_dir(index).unwrap();
        }),
        ("a file in its place", &|index| {
            fs::remove_dir_all(index).unwrap();
            fs::write(index, b"not a folder").unwrap();
        }),
        ("every file empty", &|index| {
            for file in files_in(index) {
                fs::write(file, b"").unwrap();
            }
        }),
        ("another vault's", &|index| {
            fs::remove_dir_all(index).unwrap();
            copy_tree(&other.index(), index);
        }),
        ("garbage", &|index| {
            let mut random = Random(5);
            let noise: Vec<u8> = (0..8 << 20).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
            fs::write(index.join("db"), noise).unwrap();
        }),
        ("a hole of a gigabyte", &|index| {
            fs::File::create(index.join("db")).unwrap().set_len(1 << 30).unwrap();
        }),
    ];
    let place = Place::new();
    for (what, damage) in damages {
        damage(&place.index());
        assert!(place.told(what), "{what}: nothing was said");
        // Once only.
        assert!(!place.told(what), "{what}: said again");
    }
}

#[test]
fn an_index_that_is_cut_or_changed_anywhere_gives_the_right_rows() {
    let place = Place::new();
    let whole = place.dir.with_file_name("whole");
    copy_tree(&place.index(), &whole);
    let mut said = 0;
    let mut cases = 0;
    let mut case = |what: &str, file: &Path, damage: &dyn Fn(&mut Vec<u8>)| {
        fs::remove_dir_all(place.index()).unwrap();
        copy_tree(&whole, &place.index());
        let target = place.index().join(file.strip_prefix(&whole).unwrap());
        let mut bytes = fs::read(&target).unwrap();
        damage(&mut bytes);
        fs::write(&target, bytes).unwrap();
        cases += 1;
        said += usize::from(place.told(&format!("{what} of {}", file.display())));
    };
    for file in files_in(&whole) {
        let len = usize::try_from(fs::metadata(&file).unwrap().len()).unwrap();
        for keep in [0, 1, len / 4, len / 2, len * 3 / 4, len.saturating_sub(1)] {
            case(&format!("{keep} bytes"), &file, &|bytes| bytes.truncate(keep));
        }
        for seed in 0..10 {
            for count in [1, 40] {
                case(&format!("{count} bytes changed, seed {seed}"), &file, &|bytes| {
                    let mut random = Random(seed);
                    for _ in 0..count.min(bytes.len()) {
                        // Where something is written: most of sled's first segment is empty.
                        let used: Vec<usize> =
                            bytes.iter().enumerate().filter(|(_, b)| **b != 0).map(|(at, _)| at).collect();
                        let at = if used.is_empty() {
                            0
                        } else {
                            used[usize::try_from(random.below(used.len() as u64)).unwrap()]
                        };
                        bytes[at] ^= u8::try_from(1 + random.below(255)).unwrap();
                    }
                });
            }
        }
    }
    assert!(said > cases / 10, "{said} of {cases} damages were noticed");
}

#[cfg(unix)]
#[test]
fn an_index_that_may_not_be_read_is_moved_aside() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    fs::set_permissions(place.index(), fs::Permissions::from_mode(0o000)).unwrap();
    // The administrator may read everything: then there is nothing to be said.
    let readable = fs::read_dir(place.index()).is_ok();
    assert_eq!(place.told("unreadable"), !readable);
}

#[test]
fn a_row_of_an_older_index_is_found_and_mended() {
    let place = Place::new();
    let before = place.dir.with_file_name("before");
    copy_tree(&place.index(), &before);
    let id = place.rows[1].id;
    let mut vault = place.open();
    vault.unlock(place.login.0, place.login.1, now()).unwrap();
    vault.set_state(id, RecordState::ReceivedAtCentral, None, now()).unwrap();
    let rows = vault.queue().unwrap();
    drop(vault);
    fs::remove_dir_all(place.index()).unwrap();
    copy_tree(&before, &place.index());

    let mut vault = place.open();
    assert_eq!(vault.find(id).unwrap().unwrap().state, RecordState::BioCaptured, "sled cannot know");
    let found: Vec<ProblemKind> = vault.check().unwrap().problems.iter().map(|p| p.kind).collect();
    assert_eq!(found, [ProblemKind::RowDiffers]);
    let mended: Vec<Uuid> =
        rows.iter().map(|r| r.id).filter(|id| vault.mend_row(*id, now()).unwrap()).collect();
    assert_eq!(mended, [id]);
    assert_eq!(vault.notes(), [Note::RowMended { record: id }]);
    assert_eq!(vault.queue().unwrap(), rows);
    assert!(vault.check().unwrap().is_well());
}

#[test]
fn rows_are_found_by_state_and_day() {
    let place = Place::new();
    let mut vault = place.open();
    vault.unlock(place.login.0, place.login.1, now()).unwrap();
    let moved = place.rows[0].id;
    vault.set_state(moved, RecordState::ReceivedAtCentral, None, now()).unwrap();
    let rows = vault.queue().unwrap();
    let ids =
        |filter: QueueFilter| -> Vec<Uuid> { vault.search(&filter).unwrap().iter().map(|r| r.id).collect() };
    let any = QueueFilter::default;
    let all: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let second = TimeDelta::seconds(1);
    let state = |s| Some(s);
    for (filter, expected) in [
        (any(), &all[..]),
        (QueueFilter { limit: 2, ..any() }, &all[..2]),
        (QueueFilter { skip: 1, limit: 1, ..any() }, &all[1..2]),
        (QueueFilter { skip: 5, ..any() }, &[]),
        (QueueFilter { state: state(RecordState::ReceivedAtCentral), ..any() }, &all[..1]),
        (QueueFilter { state: state(RecordState::BioCaptured), ..any() }, &all[1..]),
        (QueueFilter { state: state(RecordState::CardIssued), ..any() }, &[]),
        (QueueFilter { from: Some(rows[1].created), ..any() }, &all[..2]),
        (QueueFilter { to: Some(rows[1].created), ..any() }, &all[2..]),
        (QueueFilter { from: Some(rows[2].created), to: Some(rows[2].created + second), ..any() }, &all[2..]),
        (QueueFilter { from: Some(now()), to: Some(rows[2].created), ..any() }, &[]),
        (
            QueueFilter { state: state(RecordState::BioCaptured), to: Some(rows[1].created), ..any() },
            &all[2..],
        ),
    ] {
        assert_eq!(ids(filter.clone()), expected, "{filter:?}");
    }
}

#[test]
fn an_index_that_has_grown_is_written_anew() {
    let place = Place::new();
    let mut vault = place.open();
    // The same row, again and again another one: what sled never gives back.
    let mut row = place.rows[0].clone();
    for n in 0..4_000 {
        row.counter = n;
        vault.index.put(&row).unwrap();
        vault.index.flush().unwrap();
    }
    vault.index.put(&place.rows[0]).unwrap();
    vault.index.flush().unwrap();
    assert!(!vault.compaction_due().unwrap(), "a small index is left alone");
    let report = vault.compact(now()).unwrap();
    assert!(report.after_bytes < report.before_bytes, "{report:?}");
    assert_eq!(vault.queue().unwrap(), place.rows);
    assert_eq!(vault.queue_len(), 3);
    drop(vault);
    assert!(!place.told("compacted"));
}

#[test]
fn a_compaction_killed_at_any_point_leaves_an_index() {
    let place = Place::new();
    let places = Places::of(&place.index());
    let whole = place.dir.with_file_name("whole");
    copy_tree(&place.index(), &whole);
    let partial = || {
        fs::create_dir_all(&places.new).unwrap();
        fs::write(places.new.join("db"), b"half").unwrap();
    };
    type Kill<'k> = &'k dyn Fn();
    let kills: [(&str, Kill, bool); 4] = [
        ("while the new one is filled", &|| partial(), false),
        ("before the first rename", &|| copy_tree(&whole, &places.new), false),
        (
            "between the renames",
            &|| {
                copy_tree(&whole, &places.new);
                fs::rename(&places.index, &places.old).unwrap();
            },
            false,
        ),
        ("before the old one was removed", &|| copy_tree(&whole, &places.old), false),
    ];
    for (what, kill, said) in kills {
        kill();
        assert_eq!(place.told(what), said, "{what}");
        assert!(!places.new.exists() && !places.old.exists(), "{what}");
    }
}
