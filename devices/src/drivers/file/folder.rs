//! Finds the sample files of a folder by their names, or by what the records in them say.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use biometrics::position::{Eye, FingerPosition, Slap};

use super::{MAX_FILE_BYTES, decode, strokes};
use crate::vocabulary::{DeviceFault, DeviceKind};

/// Most entries of a folder that are looked at.
pub const MAX_ENTRIES: usize = 1000;

/// A fault about one file or folder: its name without the path, and why.
pub(super) fn bad(path: &Path, why: impl std::fmt::Display) -> DeviceFault {
    let name = path.file_name().map_or_else(|| "samples".into(), |name| name.to_string_lossy());
    DeviceFault::BadData { detail: format!("{name}: {why}") }
}

/// Reads a whole file of at most [`MAX_FILE_BYTES`]. Only regular files: a pipe would never end.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, DeviceFault> {
    let metadata = std::fs::metadata(path).map_err(|e| bad(path, e.kind()))?;
    if metadata.is_dir() {
        return Err(bad(path, "is a folder, not a file"));
    }
    if !metadata.is_file() {
        return Err(bad(path, "is not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| bad(path, e.kind()))?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| bad(path, e.kind()))?;
    match bytes.len() as u64 {
        0 => Err(bad(path, "is empty")),
        n if n > MAX_FILE_BYTES => Err(bad(path, format!("is larger than {MAX_FILE_BYTES} bytes"))),
        _ => Ok(bytes),
    }
}

/// The entries of a folder that are not hidden, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DeviceFault> {
    let metadata = std::fs::metadata(folder).map_err(|e| bad(folder, e.kind()))?;
    if !metadata.is_dir() {
        return Err(bad(folder, "is not a folder"));
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| bad(folder, e.kind()))? {
        let entry = entry.map_err(|e| bad(folder, e.kind()))?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if paths.len() == MAX_ENTRIES {
            return Err(bad(folder, format!("holds more than {MAX_ENTRIES} files")));
        }
        paths.push(entry.path());
    }
    paths.sort();
    Ok(paths)
}

/// The one file of a device that needs one: `path` itself, or `name` in it where it is a folder.
pub(super) fn single(path: &Path, name: &str) -> Result<PathBuf, DeviceFault> {
    let file = if path.is_dir() { path.join(name) } else { path.to_owned() };
    if file.exists() { Ok(file) } else { Err(bad(&file, "is missing")) }
}

/// The face file: `path` itself, or the one in it where it is a folder.
pub(super) fn face(path: &Path) -> Result<PathBuf, DeviceFault> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let faces = faces(path)?;
    match faces.as_slice() {
        [face] => Ok(face.clone()),
        [] => Err(bad(path, "holds no picture and no FAC record")),
        more => Err(bad(path, format!("holds {} faces; name the file to be used", more.len()))),
    }
}

/// The face files of a folder: JPEG, PNG, JPEG 2000, FAC in this order, then by name. Files of other content
/// are passed over, unless their name ends as a picture's: such a file is a damaged sample, not a stranger.
fn faces(folder: &Path) -> Result<Vec<PathBuf>, DeviceFault> {
    let mut found = Vec::new();
    for path in entries(folder)?.into_iter().filter(|p| p.is_file()) {
        let rank = match head(&path).as_deref().and_then(decode::face_rank) {
            Some(rank) => rank,
            None if has_sample_extension(&path) => decode::RANK_UNKNOWN,
            None => continue,
        };
        found.push((rank, path));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

fn has_sample_extension(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| matches!(e.as_str(), "jpg" | "jpeg" | "png" | "jp2" | "iso" | "fac"))
}

/// The first bytes of a file, enough to tell what it is.
fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(path).ok()?.take(16).read_to_end(&mut head).ok()?;
    Some(head)
}

/// The files of a folder's fingers.
pub(super) fn fingers(folder: &Path) -> Result<BTreeMap<FingerPosition, PathBuf>, DeviceFault> {
    by_position(folder, finger_of_name, decode::finger_of_record)
}

/// The files of a folder's whole slaps: named `slap_right_four` and so on, or by the ISO code 13 to 15.
pub(super) fn slaps(folder: &Path) -> Result<BTreeMap<Slap, PathBuf>, DeviceFault> {
    let named = |stem: &str| match stem.trim().parse() {
        Ok(code) => Slap::from_code(code),
        Err(_) => stem.to_lowercase().replace('-', "_").strip_prefix("slap_").and_then(Slap::from_id),
    };
    by_position(folder, named, |_| None)
}

/// The files of a folder's irises.
pub(super) fn eyes(folder: &Path) -> Result<BTreeMap<Eye, PathBuf>, DeviceFault> {
    by_position(folder, eye_of_name, decode::eye_of_record)
}

/// Maps files to places, by name first; a record whose name says nothing is taken by what is inside.
fn by_position<P: Ord + Copy + std::fmt::Display>(
    folder: &Path,
    of_name: impl Fn(&str) -> Option<P>,
    of_record: impl Fn(&[u8]) -> Option<P>,
) -> Result<BTreeMap<P, PathBuf>, DeviceFault> {
    let mut found: BTreeMap<P, PathBuf> = BTreeMap::new();
    for path in entries(folder)? {
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let inside = || {
            let record = path.is_file() && head(&path).as_deref().is_some_and(decode::is_record);
            if record { read(&path).ok().and_then(|bytes| of_record(&bytes)) } else { None }
        };
        let Some(place) = of_name(&stem).or_else(inside) else { continue };
        if let Some(other) = found.insert(place, path.clone()) {
            let other = other.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(bad(&path, format!("{place} is there twice, also as {other}")));
        }
    }
    Ok(found)
}

/// Words of a file name: small letters and digits; anything else, and a change to a capital, parts them.
fn words(stem: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in stem.chars() {
        let parts = !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        if parts {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The finger that a file is named after: hand and finger in English or Indonesian in any order, or the ISO
/// code 1 to 10 alone.
fn finger_of_name(stem: &str) -> Option<FingerPosition> {
    if let Ok(code) = stem.trim().parse() {
        return FingerPosition::from_code(code);
    }
    let words = split_hand(words(stem));
    let first_of_hand = if hand(&words)? { 1 } else { 6 };
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let fingers: [&[&str]; 5] = [
        &["thumb", "jempol", "ibu"],
        &["index", "telunjuk"],
        &["middle", "tengah"],
        &["ring", "manis"],
        &["little", "pinky", "kelingking"],
    ];
    let mut named = (0..5u8).filter(|n| has(fingers[usize::from(*n)]));
    match (named.next(), named.next()) {
        (Some(n), None) => FingerPosition::from_code(first_of_hand + n),
        _ => None,
    }
}

/// The eye that a file is named after.
fn eye_of_name(stem: &str) -> Option<Eye> {
    let right = hand(&split_hand(words(stem)))?;
    Some(if right { Eye::Right } else { Eye::Left })
}

/// `leftindex` without a parting becomes `left`, `index`.
fn split_hand(words: Vec<String>) -> Vec<String> {
    let split = |word: String| {
        let hand = ["left", "right", "kiri", "kanan"]
            .into_iter()
            .find(|h| word.len() > h.len() && word.starts_with(h));
        match hand {
            Some(hand) => vec![hand.to_owned(), word[hand.len()..].to_owned()],
            None => vec![word],
        }
    };
    words.into_iter().flat_map(split).collect()
}

/// True for right, false for left; `None` where neither or both are named.
fn hand(words: &[String]) -> Option<bool> {
    let has = |names: [&str; 2]| words.iter().any(|word| names.contains(&word.as_str()));
    match (has(["right", "kanan"]), has(["left", "kiri"])) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Where the samples of a kind lie: in the folder itself, or in the first folder below it that has them.
pub(super) fn locate(kind: DeviceKind, folder: &Path) -> Option<PathBuf> {
    let here = |folder: &Path| match kind {
        DeviceKind::Camera => faces(folder).ok()?.first().cloned(),
        DeviceKind::Fingerprint => fingers(folder).ok().filter(|f| !f.is_empty()).map(|_| folder.to_owned()),
        DeviceKind::Iris => eyes(folder).ok().filter(|f| !f.is_empty()).map(|_| folder.to_owned()),
        DeviceKind::SignaturePad => single(folder, "strokes.json").ok(),
        _ => single(folder, "temperature.txt").ok(),
    };
    if let Some(found) = here(folder) {
        return Some(found);
    }
    let below = entries(folder).ok()?;
    below.iter().filter(|path| path.is_dir()).find_map(|path| here(path))
}

/// Reads and decodes every sample of a kind before a session begins; `path` as in the parameters.
/// Gives one line for each sample that was found: what it is and its file.
///
/// # Errors
/// [`DeviceFault::BadData`] naming every sample that is missing or cannot be read, and why;
/// [`DeviceFault::Unsupported`] for kinds that have no samples.
pub fn check_folder(kind: DeviceKind, path: &Path) -> Result<Vec<String>, DeviceFault> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    let mut note = |what: String, file: Option<&PathBuf>, decode: &dyn Fn(&[u8]) -> Result<(), String>| {
        let Some(file) = file else {
            wrong.push(format!("{what}: no file"));
            return;
        };
        match read(file).and_then(|bytes| decode(&bytes).map_err(|e| bad(file, e))) {
            Ok(()) => {
                found.push(format!("{what}: {}", file.file_name().unwrap_or_default().to_string_lossy()))
            }
            Err(DeviceFault::BadData { detail }) => wrong.push(detail),
            Err(fault) => wrong.push(fault.to_string()),
        }
    };
    match kind {
        DeviceKind::Camera => {
            note("face".to_owned(), Some(&face(path)?), &|bytes| decode::photo(bytes).map(|_| ()));
        }
        DeviceKind::Fingerprint => {
            let files = fingers(path)?;
            for position in FingerPosition::ALL.iter().copied() {
                let decode = |bytes: &[u8]| decode::finger(bytes, position, None).map(|_| ());
                note(position.to_string(), files.get(&position), &decode);
            }
        }
        DeviceKind::Iris => {
            let files = eyes(path)?;
            for eye in Eye::ALL.iter().copied() {
                let decode = |bytes: &[u8]| decode::iris(bytes, eye).map(|_| ());
                note(format!("{eye} iris"), files.get(&eye), &decode);
            }
        }
        DeviceKind::SignaturePad => {
            let decode = |bytes: &[u8]| strokes::parse(bytes).map(|_| ()).map_err(|e| e.to_string());
            note("signature".to_owned(), Some(&single(path, "strokes.json")?), &decode);
        }
        DeviceKind::Thermometer => {
            let decode = |bytes: &[u8]| decode::temperature(bytes).map(|_| ());
            note("temperature".to_owned(), Some(&single(path, "temperature.txt")?), &decode);
        }
        DeviceKind::Card | DeviceKind::Printer => return Err(DeviceFault::Unsupported),
    }
    if wrong.is_empty() { Ok(found) } else { Err(DeviceFault::BadData { detail: wrong.join("; ") }) }
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
