//! Reads the source tree as a person would: the files, the code without comments, literals and tests, and the
//! paths that it names. No parser of Rust: good enough for rules about names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"))
}

/// Every file under a folder, as paths from the root with `/`.
pub(crate) fn files(under: &str) -> Vec<String> {
    fn walk(folder: &Path, top: &Path, out: &mut Vec<String>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    walk(&path, top, out);
                }
            } else {
                out.push(path.strip_prefix(top).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let (top, mut out) = (root(), Vec::new());
    walk(&top.join(under), &top, &mut out);
    out.sort();
    out
}

pub(crate) fn folders(under: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(under)) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap())
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub(crate) fn rust_files() -> Vec<String> {
    ["src", "crates", "devices", "tests", "examples", "benches"]
        .iter()
        .flat_map(|f| files(f))
        .filter(|p| p.ends_with(".rs"))
        .collect()
}

/// True for files that only tests, benches and examples compile, or that exist for them.
pub(crate) fn for_tests(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    name.ends_with("_tests.rs")
        || matches!(name, "tests.rs" | "testing.rs" | "conformance.rs")
        // Fuzz targets say by panic what does not hold.
        || path.starts_with("crates/fuzz/")
        || ["tests", "benches", "examples"].iter().any(|f| path.split('/').any(|part| part == *f))
}

/// The code with comments, string and character literals blanked out, lines kept.
pub(crate) fn code_only(source: &str) -> String {
    let b: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut i = 0;
    let blank = |out: &mut String, from: usize, to: usize| {
        out.extend(b[from..to].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
    };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    while i < b.len() {
        let next = b.get(i + 1).copied().unwrap_or(' ');
        let end = match b[i] {
            '/' if next == '/' => (i..b.len()).find(|k| b[*k] == '\n').unwrap_or(b.len()),
            '/' if next == '*' => {
                let (mut depth, mut k) = (1, i + 2);
                while k < b.len() && depth > 0 {
                    match (b[k], b.get(k + 1)) {
                        ('/', Some('*')) => (depth, k) = (depth + 1, k + 1),
                        ('*', Some('/')) => (depth, k) = (depth - 1, k + 1),
                        _ => {}
                    }
                    k += 1;
                }
                k
            }
            'r' if (next == '"' || next == '#') && (i == 0 || !word(b[i - 1]) || b[i - 1] == 'b') => {
                let hashes = b[i + 1..].iter().take_while(|c| **c == '#').count();
                if b.get(i + 1 + hashes) == Some(&'"') {
                    let close: Vec<char> = std::iter::once('"').chain(vec!['#'; hashes]).collect();
                    let from = i + 2 + hashes;
                    (from..b.len()).find(|k| b[*k..].starts_with(&close)).map_or(b.len(), |k| k + close.len())
                } else {
                    i
                }
            }
            '"' => {
                let mut k = i + 1;
                while k < b.len() && b[k] != '"' {
                    k += if b[k] == '\\' { 2 } else { 1 };
                }
                (k + 1).min(b.len())
            }
            // A character, not a lifetime: the quote closes after one character or an escape.
            '\'' if next == '\\' => (i + 3..b.len()).find(|k| b[*k] == '\'').map_or(b.len(), |k| k + 1),
            '\'' if b.get(i + 2) == Some(&'\'') => i + 3,
            _ => i,
        };
        if end > i {
            blank(&mut out, i, end);
            i = end;
        } else {
            out.push(b[i]);
            i += 1;
        }
    }
    out
}

/// Blanks out every item under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    let mut from = 0;
    while let Some(at) = out[from..].find("#[cfg(test)]").map(|k| k + from) {
        let rest = &out[at..];
        let end = match (rest.find(';'), rest.find('{')) {
            (Some(semicolon), Some(brace)) if brace < semicolon => closing(rest, brace),
            (None, Some(brace)) => closing(rest, brace),
            (Some(semicolon), _) => semicolon + 1,
            (None, None) => rest.len(),
        };
        let blank: String = rest[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out = format!("{}{}{}", &out[..at], blank, &out[at + end..]);
        from = at + blank.len();
    }
    out
}

/// Where the brace that opens at `open` closes, exclusive.
fn closing(text: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (i, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return open + i + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Code of a file that ships: no comments, no literals, no tests.
pub(crate) fn shipped(path: &str) -> String {
    without_tests(&code_only(&read(path)))
}

/// Every `a::b::c` in code, with `use` trees written out and `self` and `super` resolved from the file's place.
pub(crate) fn paths(file: &str, code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let text: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text
        .replace(" ::", "::")
        .replace(":: ", "::")
        .replace("{ ", "{")
        .replace(" }", "}")
        .replace(", ", ",");
    let bytes = text.as_bytes();
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let mut i = 0;
    while i < bytes.len() {
        if word(bytes[i]) && (i == 0 || !word(bytes[i - 1])) {
            let used = tree(&text[i..], "", &mut found);
            i += used.max(1);
        } else {
            i += 1;
        }
    }
    let own = module_of(file);
    found.into_iter().map(|p| resolve(&p, &own)).collect()
}

/// Reads one path, which may branch in braces, and notes it with its prefix. Returns the bytes it took.
fn tree(text: &str, prefix: &str, found: &mut BTreeSet<String>) -> usize {
    let length = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let head = &text[..length];
    let full = format!("{prefix}{head}");
    if head.ends_with("::") && text[length..].starts_with('{') {
        let mut at = length + 1;
        while at < text.len() && !text[at..].starts_with('}') {
            let used = tree(&text[at..], &full, found);
            // Over what is not a path (`as x`, `*`, commas).
            at += used.max(1);
            while at < text.len() && !text[at..].starts_with([',', '}']) {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
            }
            if text[at..].starts_with(',') {
                at += 1;
            }
        }
        return (at + 1).min(text.len());
    }
    if full.contains("::") {
        found.insert(full.trim_end_matches(':').to_owned());
    }
    length
}

/// Module path of a file of the station, e.g. `src/ui/widgets/fields.rs` is `crate::ui::widgets::fields`.
fn module_of(file: &str) -> Vec<String> {
    let inner = file.split_once("src/").map_or(file, |(_, rest)| rest).trim_end_matches(".rs");
    let mut parts = vec!["crate".to_owned()];
    parts.extend(inner.split('/').filter(|p| !matches!(*p, "mod" | "lib" | "main")).map(str::to_owned));
    parts
}

fn resolve(path: &str, own: &[String]) -> String {
    let mut base = own.to_vec();
    let mut rest: Vec<&str> = path.split("::").collect();
    match rest.first() {
        Some(&"self") => _ = rest.remove(0),
        Some(&"super") => {
            while rest.first() == Some(&"super") {
                rest.remove(0);
                base.pop();
            }
        }
        _ => return path.to_owned(),
    }
    base.extend(rest.iter().map(|s| (*s).to_owned()));
    base.join("::")
}

/// True when `path` is `what`, lies below it or ends with it after a `::`.
pub(crate) fn names(path: &str, what: &str) -> bool {
    path == what
        || path.starts_with(&format!("{what}::"))
        || path.ends_with(&format!("::{what}"))
        || (what.contains("::") && path.contains(&format!("::{what}::")))
}

pub(crate) fn lines_with<'a>(code: &'a str, what: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.lines().enumerate().filter(move |(_, l)| l.contains(what)).map(|(n, _)| n + 1)
}

#[test]
fn the_reader_sees_code_only() {
    let source = "use a::{b, c::{d, e as f}}; // use z::y\nlet s = \"q::r\"; let l: &'static str = r#\"x::w\"#; g::h(); '\"'; \
                  super::k::m();\n#[cfg(test)]\nmod tests { use t::u; fn v() { } }\n";
    let code = without_tests(&code_only(source));
    assert_eq!(code.lines().count(), source.lines().count());
    let found: Vec<String> = paths("src/ui/one.rs", &code).into_iter().collect();
    assert_eq!(found, ["a::b", "a::c::d", "a::c::e", "crate::ui::k::m", "g::h"]);
    assert!(names("std::fs::read", "std::fs") && names("chrono::Utc::now", "Utc::now"));
    assert!(!names("std::fsx::read", "std::fs") && !names("randomly::x", "rand"));
}
