//! What rekam does with bytes from outside, as targets for a fuzzer.
//!
//! A target takes any bytes. It must come to an end without panic, and where it accepts the bytes, what it read must
//! hold what the target says (written and read again it is the same, a changed audit is told, …). `./dev fuzz` runs one
//! under libFuzzer; the tests replay `fixtures/fuzz/<target>/` and mutations of the seeds.
#![forbid(unsafe_code)]
// A target says by panic what does not hold: that is what a fuzzer looks for.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use rekam::vault::testing::Random;

mod audit;
mod formats;
mod seeds;
mod statements;
mod station;

/// One target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Stable name, also that of its folder in `fixtures/fuzz`.
    pub name: &'static str,
    /// What is done with the bytes.
    pub run: fn(&[u8]),
    /// Good inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

const fn entry(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, run, seeds }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    entry("header", formats::header, seeds::header),
    entry("manifest", formats::manifest, seeds::manifest),
    entry("archive", formats::archive, seeds::archive),
    entry("receipt", formats::receipt, seeds::receipt),
    entry("grant", formats::grant, seeds::grant),
    entry("iso", formats::iso, seeds::iso),
    entry("wsq", formats::wsq, seeds::wsq),
    entry("audit", audit::any_segment, seeds::audit),
    entry("audit-edit", audit::edited, seeds::edits),
    entry("backup", statements::backup, seeds::statements),
    entry("carry", statements::carry, seeds::statements),
    entry("policy", station::policy, seeds::policy),
    entry("roster", station::roster, seeds::roster),
    entry("script", station::script, seeds::script),
    entry("states", station::states, seeds::states),
    entry("config", station::config, seeds::config),
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}

/// `bytes` changed a little, the same for the same `seed`: a stand-in for a fuzzer where none runs.
#[must_use]
pub fn mutated(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(out.len() as u64 + 1) as usize;
        match random.below(5) {
            0 => out.truncate(at),
            1 => out.insert(at, random.below(256) as u8),
            2 if at < out.len() => drop(out.remove(at)),
            3 => {
                let end = (at + random.below(64) as usize).min(out.len());
                let piece = out[at..end].to_vec();
                let to = random.below(out.len() as u64 + 1) as usize;
                out.splice(to..to, piece);
            }
            _ if at < out.len() => out[at] ^= 1 << random.below(8),
            _ => out.push(random.below(256) as u8),
        }
    }
    out
}
