//! Criterion benches of the crate's algorithms.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};

fn nothing(_: &mut Criterion) {}

criterion_group!(benches, nothing);
criterion_main!(benches);
