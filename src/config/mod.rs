//! Typed configuration: a value that always works, and warnings about what did not.
//!
//! `config.toml`, all keys optional: `vault`, `language` (`id`, `en`), `district` (region code), `utc_offset_hours`
//! (7, 8 or 9), `policies` and `documents` (folders), `roster` (CSV file), `lock_after_min` (1 to 120, minutes without
//! input until the screen locks), `lock_max_min` (1 to 480, minutes locked until the officer is signed out),
//! `lock_finger` (training only; true: the officer's finger opens the lock, and the keys stay in memory behind it), and
//! a table `[devices]` as in `devices::setup`. Paths are taken from the file's own folder.

use std::path::{Path, PathBuf};

use devices::setup::Setup;
use record::schema::Environment;
use toml::{Table, Value};

use crate::i18n::Language;

/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 256 * 1024;
const KEYS: [&str; 11] = [
    "vault",
    "language",
    "district",
    "utc_offset_hours",
    "policies",
    "documents",
    "roster",
    "devices",
    "lock_after_min",
    "lock_max_min",
    "lock_finger",
];
/// Minutes without input after which the screen locks.
const LOCK_AFTER_MIN: std::ops::RangeInclusive<i64> = 1..=120;
/// Minutes that it stays locked before the officer is signed out.
const LOCK_MAX_MIN: std::ops::RangeInclusive<i64> = 1..=480;

/// What the station is told about its place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Vault folder.
    pub vault: Option<PathBuf>,
    /// Language of the screens.
    pub language: Language,
    /// Region code of the station's district, empty where not set.
    pub district: String,
    /// Seconds east of UTC: WIB 25200, WITA 28800, WIT 32400.
    pub utc_offset_s: Option<i32>,
    /// Folder of policy files; none: the bundled ones.
    pub policies: Option<PathBuf>,
    /// Folder of proofs and slips in training; none: `documents` in the vault.
    pub documents: Option<PathBuf>,
    /// Roster file.
    pub roster: Option<PathBuf>,
    /// Devices; none: the simulated ones in training, `Setup::hardware` in production.
    pub devices: Option<Setup>,
    /// Minutes without input until the screen locks; none: 5.
    pub lock_after_min: Option<i64>,
    /// Minutes locked until the officer is signed out; none: 30.
    pub lock_max_min: Option<i64>,
    /// The officer's finger opens the lock, for which the keys stay in memory behind it; none: they do not. In training
    /// only, see [`Config::fit`].
    pub lock_finger: Option<bool>,
}

/// Something in the configuration that does not work and was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CFG-01 {file}: {what}")]
pub struct ConfigWarning {
    /// The file.
    pub file: String,
    /// What is wrong and what is used instead.
    pub what: String,
}

impl Config {
    /// Drops what a vault of this environment does not allow, and tells it.
    pub fn fit(&mut self, environment: Environment) -> Option<ConfigWarning> {
        let refused = environment == Environment::Production && self.lock_finger == Some(true);
        refused.then(|| {
            self.lock_finger = None;
            let what = "`lock_finger` keeps the keys in memory behind the lock and is for training only; it is not \
                        used. Set a PIN instead: rekam officer pin";
            ConfigWarning { file: "config.toml".to_owned(), what: what.to_owned() }
        })
    }
}

/// `$REKAM_CONFIG`, else `$XDG_CONFIG_HOME/rekam/config.toml`, else `~/.config/rekam/config.toml`.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    named("REKAM_CONFIG").or_else(|| {
        let home = || named("HOME").map(|home| home.join(".config"));
        named("XDG_CONFIG_HOME").or_else(home).map(|dir| dir.join("rekam/config.toml"))
    })
}

/// Reads the configuration; a file that is not there is an empty one.
#[must_use]
pub fn load(path: &Path) -> (Config, Vec<ConfigWarning>) {
    let file = path.display().to_string();
    let warn = |what: String| vec![ConfigWarning { file: file.clone(), what }];
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return (Config::default(), Vec::new()),
        Err(e) => return (Config::default(), warn(format!("cannot be read ({e}); nothing of it is used"))),
        Ok(m) if m.len() > MAX_BYTES => {
            return (
                Config::default(),
                warn(format!("is larger than {MAX_BYTES} bytes; nothing of it is used")),
            );
        }
        Ok(_) => {}
    }
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&file, &text, path.parent().unwrap_or_else(|| Path::new("."))),
        Err(e) => (Config::default(), warn(format!("cannot be read ({e}); nothing of it is used"))),
    }
}

/// Reads a configuration from its text.
#[must_use]
pub fn parse(file: &str, text: &str, folder: &Path) -> (Config, Vec<ConfigWarning>) {
    let mut warnings = Vec::new();
    let mut warn = |what: String| warnings.push(ConfigWarning { file: file.to_owned(), what });
    let mut config = Config::default();
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(e) => {
            let e: toml::de::Error = e;
            warn(format!("is no TOML ({}); nothing of it is used", e.message()));
            return (config, warnings);
        }
    };
    for (key, value) in &table {
        let path = || value.as_str().filter(|p| !p.is_empty()).map(|p| folder.join(p));
        let taken = match key.as_str() {
            "vault" => set(&mut config.vault, path()),
            "policies" => set(&mut config.policies, path()),
            "documents" => set(&mut config.documents, path()),
            "roster" => set(&mut config.roster, path()),
            "language" => value.as_str().and_then(Language::from_tag).map(|l| config.language = l).is_some(),
            "district" => digits(value).map(|d| config.district = d).is_some(),
            "utc_offset_hours" => {
                let hours = value.as_integer().filter(|h| (7..=9).contains(h));
                set(&mut config.utc_offset_s, hours.and_then(|h| i32::try_from(h * 3600).ok()))
            }
            "lock_after_min" => {
                let minutes = value.as_integer().filter(|m| LOCK_AFTER_MIN.contains(m));
                set(&mut config.lock_after_min, minutes)
            }
            "lock_max_min" => {
                let minutes = value.as_integer().filter(|m| LOCK_MAX_MIN.contains(m));
                set(&mut config.lock_max_min, minutes)
            }
            "lock_finger" => set(&mut config.lock_finger, value.as_bool()),
            "devices" => match value.as_table().cloned().map(Setup::try_from) {
                Some(Ok(setup)) => set(&mut config.devices, Some(setup.rebased(folder))),
                Some(Err(errors)) => {
                    errors.0.iter().for_each(|e| warn(format!("devices: {e}; no device of it is used")));
                    true
                }
                None => false,
            },
            unknown => {
                warn(format!("`{unknown}` is not known; use one of: {}", KEYS.join(", ")));
                true
            }
        };
        if !taken {
            warn(format!("the value of `{key}` does not fit and is not used"));
        }
    }
    (config, warnings)
}

fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let fits = value.is_some();
    *slot = value;
    fits
}

fn digits(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let fits = [0, 2, 4, 6].contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn check(text: &str, warnings: usize, good: impl Fn(&Config) -> bool) {
        let (config, found) = parse("config.toml", text, Path::new("/etc/rekam"));
        assert_eq!(found.len(), warnings, "{text}: {found:?}");
        assert!(good(&config), "{text}: {config:?}");
    }

    #[test]
    fn a_finger_opens_the_lock_in_training_only() {
        let check = |text: &str, environment, warned: bool, kept: Option<bool>| {
            let (mut config, _) = parse("config.toml", text, Path::new("/etc/rekam"));
            assert_eq!(config.fit(environment).is_some(), warned, "{text} {environment}");
            assert_eq!(config.lock_finger, kept, "{text} {environment}");
        };
        check("lock_finger = true", Environment::Production, true, None);
        check("lock_finger = true", Environment::Training, false, Some(true));
        check("lock_finger = false", Environment::Production, false, Some(false));
        check("", Environment::Production, false, None);
    }

    #[test]
    fn a_value_that_works_and_warnings_about_the_rest() {
        check("", 0, |c| *c == Config::default());
        check("vault = \"v\"", 0, |c| c.vault.as_deref() == Some(Path::new("/etc/rekam/v")));
        check("utc_offset_hours = 8", 0, |c| c.utc_offset_s == Some(28_800));
        check("utc_offset_hours = 12\nlanguage = \"en\"", 1, |c| c.language == Language::English);
        check("district = \"3204x\"", 1, |c| c.district.is_empty());
        check("district = \"320437\"", 0, |c| c.district == "320437");
        check("colour = 1\nvault = 3", 2, |c| c.vault.is_none());
        check("lock_after_min = 2\nlock_max_min = 15", 0, |c| {
            (c.lock_after_min, c.lock_max_min) == (Some(2), Some(15))
        });
        check("lock_after_min = 0\nlock_max_min = 481", 2, |c| {
            (c.lock_after_min, c.lock_max_min) == (None, None)
        });
        check("lock_finger = true", 0, |c| c.lock_finger == Some(true));
        check("lock_finger = 1", 1, |c| c.lock_finger.is_none());
        check("vault = \"a\nb", 1, |c| c.vault.is_none());
        check("[devices.camera]\ndriver = \"nokhwa-9\"", 1, |c| c.devices.is_none());
        check("[devices.camera]\ndriver = \"simulated\"", 0, |c| c.devices.is_some());
    }
}
