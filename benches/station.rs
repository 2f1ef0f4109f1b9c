//! Criterion benches of the station's slow work: one slap analysed, a station opened, a policy set read.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use biometrics::position::Slap;
use chrono::Utc;
use criterion::{Criterion, criterion_group, criterion_main};
use devices::registry::Registry;
use devices::setup::Setup;
use devices::traits::{CaptureWatch, PreviewFrame};
use devices::vocabulary::{CaptureTask, DeviceKind};
use record::schema::Environment;
use rekam::gate::policy::PolicySet;
use rekam::runtime::analysis::{Engine, Request, analyse};
use rekam::session::event::Target;
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{InitOptions, KdfCost, OpenOptions, Vault};

struct Watch(Instant);

impl CaptureWatch for Watch {
    fn deadline(&self) -> Instant {
        self.0
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn preview(&mut self, _: PreviewFrame) {}
}

fn slap(c: &mut Criterion) {
    let registry = Registry::new(true);
    let setup = Setup::simulated(7);
    let mut device = registry.open_capture(DeviceKind::Fingerprint, &setup, None).unwrap();
    let info = device.info().clone();
    let task = CaptureTask::Slap { slap: Slap::RightFour, missing: Vec::new() };
    let captured = device.capture(&task, &mut Watch(Instant::now() + Duration::from_secs(60))).unwrap();
    let engine = Engine::new().unwrap();
    let request =
        Request { target: Target::Slap(Slap::RightFour), gallery: &[], device: &info, at: Utc::now() };
    c.bench_function("slap analysed", |b| b.iter(|| analyse(&engine, &request, black_box(captured.clone()))));
}

fn open(c: &mut Criterion) {
    let folder = tempfile::TempDir::new().unwrap();
    let vault = folder.path().join("vault");
    let files: Arc<dyn Files> = Arc::new(RealFiles);
    let options = InitOptions {
        station: "BENCH-01".into(),
        environment: Environment::Training,
        centre_root: None,
        first_supervisor: None,
        officers: Vec::new(),
        kdf: KdfCost::Test,
        now: Utc::now(),
    };
    Vault::init(&files, &vault, &options).unwrap();
    c.bench_function("vault opened", |b| {
        b.iter(|| Vault::open(files.clone(), &vault, &OpenOptions::default(), Utc::now()).unwrap());
    });
    c.bench_function("policies read", |b| b.iter(|| PolicySet::bundled().unwrap()));
}

criterion_group! {
    name = station;
    config = Criterion::default().sample_size(10);
    targets = slap, open
}
criterion_main!(station);
