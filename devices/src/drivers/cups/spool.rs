//! What the CUPS spooler keeps of printed documents: read from its configuration, for `rekam doctor`.
//!
//! CUPS keeps the files of finished jobs for a day unless it is told otherwise (cupsd.conf(5), `PreserveJobFiles`).

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Largest configuration file that is read, in bytes.
const CONF_MAX: u64 = 1024 * 1024;
/// How long CUPS keeps job files when nothing is said, in seconds.
const DEFAULT_KEEP_S: u64 = 86_400;

/// Something that should be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpoolFinding {
    /// Files of printed jobs are kept; `None`: until they are removed by hand.
    KeepsFiles {
        /// For how long.
        seconds: Option<u64>,
    },
    /// Others than root and the spooler can list or read the spool.
    Readable {
        /// The folder.
        folder: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A file that this account may not read: what it says is not known.
    NotChecked {
        /// The file.
        file: PathBuf,
    },
}

impl std::fmt::Display for SpoolFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeepsFiles { seconds } => {
                let long = seconds.map_or_else(|| "for ever".to_owned(), |s| format!("for {s} s"));
                write!(f, "the spooler keeps printed documents {long}; ")?;
                f.write_str("set `PreserveJobFiles No` in cupsd.conf and restart CUPS")
            }
            Self::Readable { folder, mode } => {
                let folder = folder.display();
                write!(f, "{folder} has mode {mode:o}; others can read it: chmod 710 {folder}")
            }
            Self::NotChecked { file } => {
                let file = file.display();
                write!(f, "{file} cannot be read by this account; look as root for `PreserveJobFiles No`")
            }
        }
    }
}

/// Looks at the configuration below `root` (`/etc/cups`) and at the spool that it names.
#[must_use]
pub fn look(root: &Path) -> Vec<SpoolFinding> {
    let mut findings = Vec::new();
    let mut read = |name: &str| {
        let file = root.join(name);
        let text = match std::fs::metadata(&file) {
            Ok(found) if found.len() > CONF_MAX => Err(ErrorKind::FileTooLarge.into()),
            Ok(_) => std::fs::read(&file),
            Err(e) => Err(e),
        };
        match text {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // No such file: the defaults hold.
            Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
            Err(_) => {
                findings.push(SpoolFinding::NotChecked { file });
                String::new()
            }
        }
    };
    let conf = read("cupsd.conf");
    let files = read("cups-files.conf");
    if !findings
        .iter()
        .any(|f| matches!(f, SpoolFinding::NotChecked { file } if file.ends_with("cupsd.conf")))
    {
        findings.extend(keeps_files(&conf));
    }
    let spool = value(&files, "RequestRoot").unwrap_or("/var/spool/cups");
    let spool = PathBuf::from(spool);
    if let Ok(found) = std::fs::metadata(&spool) {
        let mode = found.mode() & 0o777;
        if mode & 0o067 != 0 {
            findings.push(SpoolFinding::Readable { folder: spool, mode });
        }
    }
    findings
}

/// What cupsd.conf says about files of finished jobs.
#[must_use]
pub fn keeps_files(conf: &str) -> Option<SpoolFinding> {
    // Without a history a finished job is forgotten at once, with its files.
    let history = value(conf, "PreserveJobHistory").map_or(Keep::For(None), keep);
    if history == Keep::No {
        return None;
    }
    match value(conf, "PreserveJobFiles").map_or(Keep::For(Some(DEFAULT_KEEP_S)), keep) {
        Keep::No => None,
        Keep::For(seconds) => Some(SpoolFinding::KeepsFiles { seconds }),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    No,
    /// Seconds, or for ever.
    For(Option<u64>),
}

/// `Yes`, `No`, or a time with a unit of `s m h d w` (cupsd.conf(5)). What cannot be read counts as kept.
fn keep(text: &str) -> Keep {
    if ["no", "off", "false", "0"].contains(&text.to_ascii_lowercase().as_str()) {
        return Keep::No;
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).and_then(|u| u.chars().next()).unwrap_or('s') {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => 1,
    };
    Keep::For(digits.parse::<u64>().ok().map(|n| n.saturating_mul(unit)))
}

/// The value of a directive, the last one where it stands several times.
fn value<'a>(conf: &'a str, name: &str) -> Option<&'a str> {
    let lines = conf.lines().map(str::trim).filter(|l| !l.starts_with('#'));
    let mut found =
        lines.filter_map(|l| l.split_once(char::is_whitespace)).filter(|(n, _)| n.eq_ignore_ascii_case(name));
    found.next_back().map(|(_, value)| value.trim()).filter(|v| !v.is_empty())
}

#[cfg(test)]
#[path = "spool_tests.rs"]
mod tests;
