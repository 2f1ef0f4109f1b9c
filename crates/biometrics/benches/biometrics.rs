//! Criterion benches of the crate's algorithms on synthetic samples: 416x560 prints, a 1600x1000 slap, a 640x480
//! eye. References in C and Python are timed by the scripts of `tools/` in one run with ours.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;

use biometrics::codec::{decode_gray, decode_wsq, encode_jp2_lossless_gray, encode_wsq};
use biometrics::finger::quality;
use biometrics::finger::segment::segment;
use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
use biometrics::image::GrayImage;
use biometrics::iris;
use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::synth::finger::{FingerSpec, Impression, Master};
use biometrics::synth::iris::{EyeSpec, Shot, render};
use biometrics::synth::slap;
use criterion::{Criterion, criterion_group, criterion_main};

fn print(person_seed: u64, seed: u64) -> GrayImage {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::RightIndex })
        .impression(&Impression::ordinary(seed))
}

fn codecs(c: &mut Criterion) {
    let image = print(1, 1);
    let wsq = encode_wsq(&image, 0.75).unwrap();
    let jp2 = encode_jp2_lossless_gray(&image).unwrap();
    c.bench_function("wsq encode 416x560", |b| b.iter(|| encode_wsq(black_box(&image), 0.75)));
    c.bench_function("wsq decode 416x560", |b| b.iter(|| decode_wsq(black_box(&wsq))));
    c.bench_function("jpeg 2000 lossless encode 416x560", |b| {
        b.iter(|| encode_jp2_lossless_gray(black_box(&image)))
    });
    c.bench_function("jpeg 2000 decode 416x560", |b| b.iter(|| decode_gray(black_box(&jp2))));
}

fn fingers(c: &mut Criterion) {
    let (image, again, other) = (print(1, 1), print(1, 2), print(2, 3));
    let own = MinutiaeMatcher::new();
    #[cfg(feature = "nbis")]
    let nbis = biometrics::finger::NbisMatcher::new();
    let matchers: &[(&str, &dyn FingerMatcher)] = &[
        ("own", &own),
        #[cfg(feature = "nbis")]
        ("nbis", &nbis),
    ];
    for (name, matcher) in matchers {
        let template = |i: &GrayImage| matcher.extract(i).unwrap();
        let (a, b_, d) = (template(&image), template(&again), template(&other));
        c.bench_function(&format!("minutiae {name}"), |b| b.iter(|| matcher.extract(black_box(&image))));
        c.bench_function(&format!("compare genuine {name}"), |b| {
            b.iter(|| matcher.compare(black_box(&a), black_box(&b_)))
        });
        c.bench_function(&format!("compare impostor {name}"), |b| {
            b.iter(|| matcher.compare(black_box(&a), black_box(&d)))
        });
    }
    let template = own.extract(&image).unwrap();
    c.bench_function("quality", |b| b.iter(|| quality::assess(black_box(&image), &template)));
    let (platen, _) = slap::render(1, Slap::RightFour, 1, &[]);
    c.bench_function("segment 1600x1000", |b| b.iter(|| segment(black_box(&platen), Slap::RightFour, &[])));
}

fn eyes(c: &mut Criterion) {
    let spec = EyeSpec { person_seed: 1, eye: Eye::Left };
    let eye = render(&spec, &Shot::clean(1));
    c.bench_function("iris 640x480", |b| b.iter(|| iris::assess(black_box(&eye))));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = codecs, fingers, eyes
}
criterion_main!(benches);
