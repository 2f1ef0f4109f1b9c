//! The fuzzer: libFuzzer around the target that `REKAM_FUZZ_TARGET` names. Started by `./dev fuzz`.
#![no_main]

use std::sync::LazyLock;

use fuzz::Target;
use libfuzzer_sys::fuzz_target;

/// Chosen once: libFuzzer calls with bytes only.
static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("REKAM_FUZZ_TARGET").unwrap_or_default();
    let known = || fuzz::TARGETS.iter().map(|t| t.name).collect::<Vec<_>>().join(" ");
    *fuzz::target(&name).unwrap_or_else(|| panic!("no target `{name}`; targets: {}", known()))
});

/// Puts the seeds of the target into the folder of `REKAM_FUZZ_SEEDS`, where libFuzzer reads them.
fn write_seeds() {
    let Some(folder) = std::env::var_os("REKAM_FUZZ_SEEDS") else { return };
    for (n, seed) in (TARGET.seeds)().iter().enumerate() {
        let path = std::path::Path::new(&folder).join(format!("seed-{n}"));
        std::fs::write(&path, seed).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}

fuzz_target!(init: write_seeds(), |bytes: &[u8]| (TARGET.run)(bytes));
