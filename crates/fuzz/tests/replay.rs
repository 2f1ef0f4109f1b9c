//! Replays the kept corpora and mutations of the seeds through every target: what a fuzzer once found stays found.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Mutations of each seed. `./dev fuzz` runs millions.
const MUTATIONS: u64 = 200;
/// Longest seed that is mutated so often, in bytes.
const SHORT: usize = 64 * 1024;

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/fuzz")
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = corpora().join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = files.map(|f| f.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_corpus_belongs_to_a_target_and_every_target_has_one() {
    let folders: BTreeSet<String> = std::fs::read_dir(corpora())
        .unwrap()
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let names: BTreeSet<String> = fuzz::TARGETS.iter().map(|t| t.name.to_owned()).collect();
    assert_eq!(folders, names);
    assert_eq!(names.len(), fuzz::TARGETS.len());
    for target in fuzz::TARGETS {
        assert!(!corpus(target.name).is_empty(), "{}", target.name);
        assert!(!(target.seeds)().is_empty(), "{}", target.name);
        assert_eq!(fuzz::target(target.name).map(|t| t.name), Some(target.name));
    }
}

#[test]
fn kept_inputs_hold() {
    for target in fuzz::TARGETS {
        for bytes in corpus(target.name) {
            (target.run)(&bytes);
        }
    }
}

#[test]
fn mutations_of_the_seeds_hold() {
    for target in fuzz::TARGETS {
        for seed in (target.seeds)() {
            (target.run)(&seed);
            let rounds = if seed.len() > SHORT { MUTATIONS / 20 } else { MUTATIONS };
            for n in 0..rounds {
                (target.run)(&fuzz::mutated(&seed, n));
            }
        }
    }
}
