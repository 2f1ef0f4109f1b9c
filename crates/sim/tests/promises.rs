//! The station's SBI client against the program `rekam-sim sbi`: the suite of promises that every driver must keep, for
//! fingerprint reader, iris camera and face camera, with the devices' chain checked.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use devices::conformance::{self, SLOW};
use devices::registry::Registry;
use devices::setup::Setup;
use devices::vocabulary::DeviceKind;

/// The program, as long as the test runs.
struct Program {
    child: Child,
    port: u16,
    roots: PathBuf,
    _folder: tempfile::TempDir,
}

impl Program {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = folder.path().join("root.pem");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rekam-sim"));
        command.args(["sbi", "--port", "0", "--capture-ms", "60", "--root-out"]).arg(&roots);
        command.env("REKAM_LOG", "error").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The root is written before the address is told.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
        Self { child, port: port.expect("an address"), roots, _folder: folder }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn check(kind: DeviceKind, port: u16, roots: &Path) {
    let name = kind.id();
    let text = format!("[{name}]\ndriver = \"sbi\"\nports = \"{port}\"\nroots = \"{}\"\n", roots.display());
    // The simulator's devices are those of developers, which a station takes in training.
    let (registry, setup) = (Registry::new(true), Setup::from_toml(&text).unwrap());
    let open = || registry.open_capture(kind, &setup, None);
    let model = open().unwrap().info().model.clone();
    assert!(!model.contains("not verified"), "{model}");
    let kept = conformance::run(&open, &conformance::tasks(kind), SLOW);
    assert!(kept.as_ref().is_ok_and(|count| *count >= 20), "{name}: {kept:#?}");
}

#[test]
fn the_client_keeps_its_promises_with_the_program() {
    let program = Program::start();
    for kind in [DeviceKind::Fingerprint, DeviceKind::Iris, DeviceKind::Camera] {
        check(kind, program.port, &program.roots);
    }
}
