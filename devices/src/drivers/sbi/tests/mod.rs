#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The driver from discovery to pictures, against services by script.

mod captures;
pub(super) mod fake;
mod hostile;
pub(super) mod keys;
pub(super) mod records;
mod schemas;
pub(super) mod service;

use std::sync::Arc;

use toml::Table;

use crate::registry::Registry;
use crate::setup::Setup;
use crate::vocabulary::DeviceKind;
use fake::Fake;
use keys::keys;
use service::Service;

/// A service of one device.
pub(super) fn serve(device: Fake) -> Service {
    let device = Arc::new(device);
    Service::start(|port| device.script(port))
}

/// The trusted root as a file, as long as the folder lives.
pub(super) fn roots() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("root.der"), &keys().root).unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    (folder, path)
}

/// Parameters for a service; with roots where there are some.
pub(super) fn parameters(port: u16, roots: Option<&str>) -> Table {
    let trust = roots.map_or("trust = 'none'".to_owned(), |path| format!("roots = '{path}'"));
    format!("{trust}\nports = '{port}'").parse().unwrap()
}

/// A set-up of one kind.
pub(super) fn setup(kind: DeviceKind, port: u16, roots: Option<&str>) -> Setup {
    let mut setup = Setup::default();
    setup.set(kind, super::ID, parameters(port, roots)).unwrap();
    setup
}

/// A station that records for real, and one for training.
pub(super) fn production() -> Registry {
    Registry::new(false)
}

pub(super) fn training() -> Registry {
    Registry::new(true)
}
