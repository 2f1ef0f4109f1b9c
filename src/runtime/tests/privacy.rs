//! What an attacker finds: the memory of a locked station, its vault, log, crash output and temporary folders are
//! searched for a person who was recorded. The search runs in a process of its own, which dumps itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command as Process;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::hardening;

/// Names the folder of the process that is searched.
const FOLDER: &str = "REKAM_PRIVACY_TEST";
/// Bytes of a picture or template that are looked for.
const PIECE: usize = 48;
/// Turns bytes into others while they are remembered, so that the search does not find itself.
const MASK: u8 = 0xA5;
/// How long workers may take to let go of what they were working on.
const LETTING_GO: Duration = Duration::from_secs(30);

/// Something that must not be found.
struct Plant {
    name: String,
    masked: Vec<u8>,
}

/// What is looked for. The plants are kept masked.
#[derive(Default)]
struct Plants {
    all: Vec<Plant>,
    /// Plants by their first two bytes.
    first: std::collections::BTreeMap<[u8; 2], Vec<usize>>,
}

impl Plants {
    fn add(&mut self, name: &str, bytes: &[u8]) {
        assert!(bytes.len() >= 8, "{name} is too short to be told from chance");
        self.first.entry([bytes[0], bytes[1]]).or_default().push(self.all.len());
        self.all.push(Plant { name: name.to_owned(), masked: bytes.iter().map(|b| b ^ MASK).collect() });
    }

    /// A text in every form that it may have: as it is, in UTF-16, in hex, in base64 (at each of three places).
    fn text(&mut self, name: &str, text: &str) {
        self.add(&format!("{name} utf-8"), text.as_bytes());
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.add(&format!("{name} utf-16"), &utf16);
        self.bytes_encoded(name, text.as_bytes());
    }

    /// Bytes of a picture or template, from the middle.
    fn piece(&mut self, name: &str, bytes: &[u8]) {
        let at = (bytes.len() / 2).min(bytes.len() - PIECE);
        let piece = &bytes[at..at + PIECE];
        let different: BTreeSet<u8> = piece.iter().copied().collect();
        assert!(different.len() > 8, "{name}: an even piece would be found anywhere");
        self.add(&format!("{name} raw"), piece);
        self.bytes_encoded(name, piece);
    }

    fn bytes_encoded(&mut self, name: &str, bytes: &[u8]) {
        self.add(&format!("{name} hex"), hex::encode(bytes).as_bytes());
        self.add(&format!("{name} HEX"), hex::encode_upper(bytes).as_bytes());
        for skip in 0..3 {
            // Whole groups of three bytes read the same wherever they stand.
            let whole = bytes.get(skip..skip + (bytes.len() - skip) / 3 * 3).unwrap_or_default();
            self.add(&format!("{name} base64+{skip}"), STANDARD.encode(whole).as_bytes());
        }
    }

    /// Names of the plants in these bytes.
    fn search(&self, bytes: &[u8], found: &mut BTreeSet<String>) {
        let mut begins = vec![false; 1 << 16];
        for [a, b] in self.first.keys() {
            begins[usize::from(*a) << 8 | usize::from(*b)] = true;
        }
        for at in 0..bytes.len().saturating_sub(1) {
            if !begins[usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1])] {
                continue;
            }
            for plant in &self.first[&[bytes[at], bytes[at + 1]]] {
                let plant = &self.all[*plant];
                let there = bytes.get(at..at + plant.masked.len());
                if there.is_some_and(|t| t.iter().zip(&plant.masked).all(|(t, m)| t ^ MASK == *m)) {
                    found.insert(plant.name.clone());
                }
            }
        }
    }

    /// Every plant that is found in a file, or in any below a folder.
    fn in_files(&self, path: &Path, found: &mut BTreeSet<String>) -> usize {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            return entries.map(|e| self.in_files(&e.unwrap().path(), found)).sum();
        }
        let mut hits = BTreeSet::new();
        self.search(&std::fs::read(path).unwrap(), &mut hits);
        found.extend(hits.into_iter().map(|hit| format!("{hit} in {}", path.display())));
        1
    }

    /// Every plant in the writable memory of this process: heap, stacks, everything without a file behind it.
    fn in_memory(&self, buffer: &mut [u8]) -> BTreeSet<String> {
        let own = buffer.as_ptr() as usize..buffer.as_ptr() as usize + buffer.len();
        let mut memory = File::open("/proc/self/mem").unwrap();
        let mut found = BTreeSet::new();
        for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines() {
            let mut words = line.split_whitespace();
            let (range, mode) = (words.next().unwrap(), words.next().unwrap());
            let what = words.nth(3).unwrap_or("anonymous");
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|n| usize::from_str_radix(n, 16).unwrap());
            if !mode.starts_with("rw") || what == "[vvar]" {
                continue;
            }
            let mut at = from;
            while at < to {
                // The buffer holds what was read last: it is left out, and read around.
                if own.contains(&at) {
                    at = own.end;
                    continue;
                }
                let end = if at < own.start { to.min(own.start) } else { to };
                let len = (end - at).min(buffer.len());
                memory.seek(SeekFrom::Start(at as u64)).unwrap();
                let Ok(read) = memory.read(&mut buffer[..len]) else { break };
                let mut hits = BTreeSet::new();
                self.search(&buffer[..read], &mut hits);
                found.extend(hits.into_iter().map(|hit| format!("{hit} in {what}")));
                if read < len || end == at + read {
                    at += read;
                } else {
                    // Pieces overlap, so that nothing is cut in two.
                    at += read - 256;
                }
                if read == 0 {
                    break;
                }
            }
        }
        buffer.fill(0);
        found
    }
}

/// The plants of the running session: what the operator typed, what the devices gave.
fn plants(b: &mut Bench) -> Plants {
    let mut plants = Plants::default();
    let session = b.desk().session().unwrap().session;
    let values = &session.data.biodata.values;
    let typed =
        [("nik", &values.nik), ("no_kk", &values.no_kk), ("name", &values.nama), ("address", &values.alamat)];
    for (name, text) in typed {
        plants.text(name, text);
    }
    plants.piece("photo jpeg", &session.data.photo.sample.as_ref().unwrap().jpeg.bytes);
    let (position, finger) = session.data.fingers.samples.iter().next().unwrap();
    plants.piece("finger jp2", &finger.jp2.bytes);
    let kept = super::super::analysis::kept_template(*position, &finger.template, Some(60)).unwrap();
    plants.piece("finger template", &kept.bytes);
    plants
}

/// Every file of a vault is its owner's alone.
fn check_modes(path: &Path) {
    let meta = std::fs::metadata(path).unwrap();
    let expected = if meta.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(meta.permissions().mode() & 0o777, expected, "{}", path.display());
    if meta.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            check_modes(&entry.unwrap().path());
        }
    }
}

/// Waits until nothing is found any more; what is found at the end is there to stay.
fn settle(b: &mut Bench, plants: &Plants, buffer: &mut [u8]) -> BTreeSet<String> {
    let begun = Instant::now();
    loop {
        b.desk().pump();
        let found = plants.in_memory(buffer);
        if found.is_empty() || begun.elapsed() > LETTING_GO {
            return found;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The panic hook keeps a failing test's words to itself, so they are printed before.
fn none(what: &str, found: &BTreeSet<String>) {
    if !found.is_empty() {
        eprintln!("{what}: {found:#?}");
    }
    assert!(found.is_empty());
}

/// What the process of its own does.
fn search_this_process(folder: &Path) {
    let _ = hardening::apply();
    // Only the account itself may read its own memory here, also where that is not root.
    let readable = rustix::process::DumpableBehavior::Dumpable;
    rustix::process::set_dumpable_behavior(readable).unwrap();
    let log = File::create(folder.join("log")).unwrap();
    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(log).init();
    let mut buffer = vec![0u8; 4 << 20];
    let mut b = Bench::with_pin("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Irises));
    let plants = plants(&mut b);
    let id = b.desk().session().unwrap().session.core.id;

    // The control: all of it is there, and the search finds it.
    let found = plants.in_memory(&mut buffer);
    for plant in plants.all.iter().filter(|p| p.name.ends_with("utf-8") || p.name.ends_with("raw")) {
        let there = found.iter().any(|f| f.starts_with(&plant.name));
        // A template is put into its kept form only when the record is sealed.
        if !there && !plant.name.starts_with("finger template") {
            eprintln!("{} is not found: {found:#?}", plant.name);
            panic!("the search does not work");
        }
    }

    b.leave();
    let found = settle(&mut b, &plants, &mut buffer);
    none("in the memory of the locked station", &found);
    // A crash tells its place and nothing else.
    let name = b.clock.now().to_rfc3339();
    let text = plants.all[2].masked.iter().map(|m| char::from(m ^ MASK)).collect::<String>();
    let crashed = std::thread::Builder::new().name("crash".into()).spawn(move || panic!("{text} {name}"));
    assert!(crashed.unwrap().join().is_err());
    drop(std::fs::write(folder.join("tmp/there"), b"the folder is searched"));

    // The second control: it was not lost, and the search still works.
    b.by_pin(PIN_OF_OPERATOR);
    b.until("the session", |d| d.session().is_some_and(|v| v.session.core.id == id));
    let found = plants.in_memory(&mut buffer);
    assert!(found.iter().any(|f| f.starts_with("nik utf-8")), "{found:?}");
    b.go_to(None);
    b.desk().send(DeskCommand::Leave);
    b.leave();
    let found = settle(&mut b, &plants, &mut buffer);
    none("in memory after the seal", &found);
    assert_eq!(b.desk().queue_len(), 1);

    let vault = b.folder.path().join("vault");
    let mut found = BTreeSet::new();
    let files = plants.in_files(&vault, &mut found) + plants.in_files(&folder.join("log"), &mut found);
    none("in vault and log", &found);
    assert!(files > 20);
    b.desk = None;
    plants.in_files(&vault, &mut found);
    plants.in_files(&folder.join("tmp"), &mut found);
    none("in vault and temporary folder", &found);
    check_modes(&vault);
    // For the process that reads what this one printed.
    let mut words = String::new();
    for plant in plants.all.iter().filter(|p| p.name.ends_with("utf-8")) {
        let text: String = plant.masked.iter().map(|m| char::from(m ^ MASK)).collect();
        writeln!(words, "{text}").unwrap();
    }
    std::fs::write(folder.join("planted"), words).unwrap();
}

const PIN_OF_OPERATOR: &str = "271828";

#[test]
fn a_locked_station_holds_nobody() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return search_this_process(&PathBuf::from(folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let name = "runtime::tests::privacy::a_locked_station_holds_nobody";
    let mut process = Process::new(std::env::current_exe().unwrap());
    process.args(["--exact", name, "--nocapture", "--test-threads", "1"]);
    process.env(FOLDER, folder.path()).env("TMPDIR", &temporary).env("RUST_BACKTRACE", "1");
    let output = process.output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&told);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert!(
        text.contains(hardening::PANIC_CODE) && text.contains("thread crash"),
        "the crash was told: {text}"
    );
    let planted = std::fs::read_to_string(folder.path().join("planted")).unwrap();
    assert_eq!(planted.lines().count(), 4);
    for word in planted.lines() {
        assert!(!text.contains(word), "in the output: {word}");
    }
}

#[test]
fn the_search_finds_what_is_planted_in_every_form() {
    let mut plants = Plants::default();
    plants.text("word", "CONTOH RAHASIA 17");
    let piece: Vec<u8> = (0..200u32).map(|n| (n.wrapping_mul(97) >> 1) as u8).collect();
    plants.piece("picture", &piece);
    let check = |bytes: &[u8], expected: &[&str]| {
        let mut found = BTreeSet::new();
        plants.search(bytes, &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    };
    let word = "CONTOH RAHASIA 17";
    check(b"", &[]);
    check(word.as_bytes(), &["word utf-8"]);
    check(format!("x{word}y").as_bytes(), &["word utf-8"]);
    check(b"CONTOH RAHASIA 18", &[]);
    check(hex::encode(word).as_bytes(), &["word hex"]);
    check(hex::encode_upper(word).as_bytes(), &["word HEX"]);
    let utf16: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(&utf16, &["word utf-16"]);
    check(&piece, &["picture raw"]);
    for before in ["", "a", "ab"] {
        let mut found = BTreeSet::new();
        plants.search(STANDARD.encode(format!("{before}{word} and more")).as_bytes(), &mut found);
        assert!(found.iter().any(|f| f.starts_with("word base64")), "{before}: {found:?}");
    }
    // Nothing of it is in memory in clear, so that a search of the memory does not find the search.
    let mut buffer = vec![0u8; 1 << 20];
    let planted = Box::new(*b"PLANTED-FOR-THE-SEARCH-0123");
    let mut one = Plants::default();
    one.add("boxed", &planted[..]);
    assert!(one.in_memory(&mut buffer).iter().any(|f| f.starts_with("boxed")));
}
