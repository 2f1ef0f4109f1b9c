//! The program, a vault and what it answered.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The program, without the configuration of whoever runs the tests.
pub(crate) fn rekam() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("rekam"));
    command.env("REKAM_CONFIG", "/nonexistent/rekam.toml").env_remove("REKAM_VAULT").env_remove("REKAM_LOG");
    // A place where no witness can be written, so that tests leave none behind.
    command.env("XDG_STATE_HOME", "/dev/null");
    command
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn session(name: &str) -> PathBuf {
    root().join("fixtures/sessions").join(name)
}

/// A fresh training vault with cheap passphrases.
pub(crate) struct Training {
    pub(crate) _folder: TempDir,
    pub(crate) vault: PathBuf,
}

pub(crate) fn training() -> Training {
    let folder = TempDir::new().unwrap();
    let vault = folder.path().join("vault");
    let args = ["init", "--training", "--station", "TEST-01", "--kdf", "test", "--vault"];
    rekam().args(args).arg(&vault).assert().success();
    Training { _folder: folder, vault }
}

/// A production vault, made with a key that is nobody's.
pub(crate) fn production(folder: &Path) -> PathBuf {
    let vault = folder.join("production");
    let root = record::keys::generate_signing_key().unwrap();
    let root = record::keys::public_to_hex(&root.verifying_key());
    let args = ["init", "--station", "TEST-02", "--supervisor", "Kepala Seksi"];
    let more = ["--supervisor-nik", "3204375512810001", "--passphrase-fd", "0", "--centre-root"];
    let mut command = rekam();
    command.args(args).args(more).arg(root).arg("--vault").arg(&vault);
    command.write_stdin("payung biru di stasiun lama\n").assert().success();
    vault
}

/// Exit code, the one JSON object of stdout, stderr.
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) errors: String,
}

pub(crate) fn told(output: Output) -> Told {
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let json =
        text.lines().last().map_or(Value::Null, |line| serde_json::from_str(line).unwrap_or(Value::Null));
    Told { code: output.status.code().unwrap_or(-1), json, errors }
}

pub(crate) fn run(vault: &Path, script: &Path) -> Told {
    let mut command = rekam();
    command.args(["session", "run", "--json", "--vault"]).arg(vault).arg(script);
    told(command.timeout(std::time::Duration::from_secs(300)).output().unwrap())
}

pub(crate) fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map_or_else(Vec::new, |a| a.iter().filter_map(|v| v.as_str().map(ToOwned::to_owned)).collect())
}
