//! Error rates and speeds of the fingerprint matchers on one population: the table behind the choice.
//!
//! `cargo run --release --example matcher_table -- [fingers] [step]` (default 60 and 11): that many synthetic
//! fingers with four touches each, all pairs of one finger, and every `step`-th pair of different fingers.
//! Real prints are added where `REKAM_SAMPLES` (or `../shared/data` beside the repository) has them. With the
//! feature `nbis` the same pairs go through mindtct and bozorth3. Times are wall clock: run it on a quiet
//! machine.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use biometrics::finger::index::Index;
use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
use biometrics::image::GrayImage;
use biometrics::minutiae::{Minutia, MinutiaKind, Template};
use biometrics::position::FingerPosition;
use biometrics::synth::finger::{FingerSpec, Impression, Master};
use biometrics::synth::rng::Rng;

const TOUCHES: usize = 4;

/// Two ordinary touches, a dry and partial one, and one turned by 30 degrees and moist.
fn touches(finger: u64) -> [Impression; TOUCHES] {
    std::array::from_fn(|k| {
        let ordinary = Impression::ordinary(finger * 100 + k as u64);
        match k {
            0 | 1 => ordinary,
            2 => Impression { dryness: 0.5, area: 0.55, warp: 0.8, ..ordinary },
            _ => Impression {
                rotation_deg: if finger.is_multiple_of(2) { 30.0 } else { -30.0 },
                pressure: 0.72,
                noise: 0.45,
                ..ordinary
            },
        }
    })
}

fn population(fingers: u64) -> Vec<GrayImage> {
    (0..fingers)
        .flat_map(|f| {
            let code = [2u8, 7, 3, 8, 1, 6, 4, 9, 5, 10][f as usize % 10];
            let position = FingerPosition::from_code(code).unwrap();
            let master = Master::new(&FingerSpec { person_seed: 1000 + f, position });
            touches(f).map(|t| master.impression(&t))
        })
        .collect()
}

/// Real prints with the finger's name; none where the samples are not at hand.
fn real() -> Vec<(&'static str, GrayImage)> {
    let folder = std::env::var_os("REKAM_SAMPLES")
        .map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
            PathBuf::from,
        )
        .join("finger");
    let mut found = Vec::new();
    for (finger, path) in [
        ("p1", "impressions/p1_1.png"),
        ("p1", "impressions/p1_2.png"),
        ("p1", "impressions/p1_3.png"),
        ("p2", "impressions/p2_1.png"),
        ("p2", "impressions/p2_2.png"),
        ("s", "sourceafis/probe.png"),
        ("s", "sourceafis/matching.png"),
        ("t", "sourceafis/nonmatching.png"),
        ("f1", "sfinge/SFinGe_Test01.pgm"),
        ("f2", "sfinge/SFinGe_Test02.pgm"),
        ("f3", "sfinge/SFinGe_Test03.pgm"),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(path)) else { continue };
        let gray = if path.ends_with("pgm") { pgm(&bytes) } else { png(&bytes) };
        found.push((finger, gray));
    }
    for name in [
        "Left_Thumb",
        "Left_Index",
        "Left_Middle",
        "Left_Ring",
        "Left_Little",
        "Right_Thumb",
        "Right_Index",
        "Right_Middle",
        "Right_Ring",
        "Right_Little",
    ] {
        let Ok(bytes) = std::fs::read(folder.join(format!("mosip/{name}.iso"))) else { continue };
        let record = biometrics::iso::fir::FingerRecord::read(&bytes).unwrap();
        found.push((name, record.representations[0].decode_image().unwrap()));
    }
    found
}

fn png(bytes: &[u8]) -> GrayImage {
    let gray = image::load_from_memory(bytes).unwrap().to_luma8();
    let (width, height) = gray.dimensions();
    GrayImage::new(width, height, Some(500), gray.into_raw()).unwrap()
}

/// A binary PGM: its header is four words, and the pixels are the last bytes.
fn pgm(bytes: &[u8]) -> GrayImage {
    let words: Vec<&str> =
        bytes.split(u8::is_ascii_whitespace).take(3).map(|w| std::str::from_utf8(w).unwrap()).collect();
    let (width, height) = (words[1].parse().unwrap(), words[2].parse().unwrap());
    let pixels = bytes[bytes.len() - (width * height) as usize..].to_vec();
    GrayImage::new(width, height, Some(500), pixels).unwrap()
}

/// Smallest threshold at which no more than this share of impostor scores (rising) matches.
fn threshold_at(impostors: &[u32], share: f64) -> u32 {
    let allowed = (share * impostors.len() as f64) as usize;
    impostors[impostors.len() - 1 - allowed.min(impostors.len() - 1)] + 1
}

fn rates(name: &str, matcher: &dyn FingerMatcher, probes: &[Template], gallery: &[Template], step: usize) {
    let (mut genuine, mut impostors) = (BTreeMap::<&str, Vec<u32>>::new(), Vec::new());
    let mut spent = [Duration::ZERO; 2];
    for (i, a) in probes.iter().enumerate() {
        for (j, b) in gallery.iter().enumerate().skip(i + 1) {
            let same = i / TOUCHES == j / TOUCHES;
            if !same && (i + j) % step != 0 {
                continue;
            }
            let from = Instant::now();
            let score = matcher.compare(a, b).unwrap_or(0);
            spent[usize::from(same)] += from.elapsed();
            if same {
                let kind = match (i % TOUCHES, j % TOUCHES) {
                    (0, 1) => "ordinary",
                    (0 | 1, 2) => "ordinary, dry",
                    (0 | 1, 3) => "ordinary, turned",
                    _ => "dry, turned",
                };
                genuine.entry(kind).or_default().push(score);
                genuine.entry("all").or_default().push(score);
            } else {
                impostors.push(score);
            }
        }
    }
    impostors.sort_unstable();
    let number = genuine["all"].len();
    println!("\n{name}: {} impostor and {number} genuine pairs", impostors.len());
    let above = impostors.iter().filter(|s| **s >= matcher.threshold()).count();
    println!(
        "  threshold {}: FMR {:.2e}; impostor scores median {}, highest {}",
        matcher.threshold(),
        above as f64 / impostors.len() as f64,
        impostors[impostors.len() / 2],
        impostors.last().unwrap()
    );
    println!(
        "  a comparison: impostor {:.3} ms, genuine {:.3} ms",
        1e3 * spent[0].as_secs_f64() / impostors.len() as f64,
        1e3 * spent[1].as_secs_f64() / number as f64
    );
    println!("  {:18} at thr.  FMR 1e-2  1e-3    1e-4    zero    lowest  median", "FNMR");
    for (kind, scores) in &mut genuine {
        scores.sort_unstable();
        let missed = |t: u32| scores.iter().filter(|s| **s < t).count() as f64 / scores.len() as f64;
        print!("  {kind:18} {:.4}  ", missed(matcher.threshold()));
        for share in [1e-2, 1e-3, 1e-4, 0.0] {
            print!("{:.4}  ", missed(threshold_at(&impostors, share)));
        }
        println!("{:6}  {:6}", scores[0], scores[scores.len() / 2]);
    }
}

fn real_pairs(
    name: &str,
    matcher: &dyn FingerMatcher,
    probes: &[(&str, Template)],
    gallery: &[(&str, Template)],
) {
    let (mut genuine, mut impostors, mut wrong) = (Vec::new(), Vec::new(), 0);
    for (i, (a, probe)) in probes.iter().enumerate() {
        for (b, other) in gallery.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, g)| g) {
            let score = matcher.compare(probe, other).unwrap_or(0);
            wrong += usize::from((score >= matcher.threshold()) != (a == b));
            if a == b { genuine.push(score) } else { impostors.push(score) }
        }
    }
    let (low, high) = (genuine.iter().min(), impostors.iter().max());
    println!(
        "real prints, {name}: {} genuine (lowest {low:?}), {} impostor (highest {high:?}), {wrong} decided wrongly at {}",
        genuine.len(),
        impostors.len(),
        matcher.threshold()
    );
}

fn extract(matcher: &dyn FingerMatcher, images: &[GrayImage]) -> Vec<Template> {
    let from = Instant::now();
    let found: Vec<Template> = images.iter().map(|i| matcher.extract(i).unwrap()).collect();
    let mean = found.iter().map(|t| t.minutiae.len()).sum::<usize>() / found.len().max(1);
    println!(
        "{}: extraction {:.1} ms a print, {mean} minutiae",
        matcher.name(),
        1e3 * from.elapsed().as_secs_f64() / images.len() as f64
    );
    found
}

/// Minutiae at random within an ellipse, on directions that turn about a centre: not a finger, but as dense and
/// as ordered as one. For filling an index only.
fn invented(seed: u64) -> Template {
    let mut r = Rng::new(seed, 77);
    let number = r.range(35.0, 95.0) as usize;
    let (cx, cy) = (r.range(170.0, 250.0), r.range(200.0, 330.0));
    let mut minutiae: Vec<Minutia> = Vec::new();
    while minutiae.len() < number {
        let (x, y) = (r.range(20.0, 396.0), r.range(30.0, 530.0));
        let near = |m: &Minutia| (f32::from(m.x) - x).hypot(f32::from(m.y) - y) < 9.0;
        if ((x - 208.0) / 170.0).powi(2) + ((y - 280.0) / 240.0).powi(2) > 1.0 || minutiae.iter().any(near) {
            continue;
        }
        let turn = if y < cy + 60.0 {
            (cy - y).atan2(x - cx) + 1.57
        } else {
            -0.6 * ((x - cx) / 120.0).clamp(-1.0, 1.0)
        };
        let way = if r.unit() < 0.5 { 128.0 } else { 0.0 };
        let angle = (turn + 0.2 * r.normal()) * 128.0 / std::f32::consts::PI + way;
        minutiae.push(Minutia {
            x: x as u16,
            y: y as u16,
            angle: (angle.round() as i32).rem_euclid(256) as u8,
            kind: MinutiaKind::Ending,
            quality: r.range(20.0, 100.0) as u8,
        });
    }
    Template { width: 416, height: 560, ppi: 500, minutiae }
}

fn searches(templates: &[Template]) {
    let fingers = templates.len() / TOUCHES;
    let mut index = Index::<u64>::new();
    (0..fingers).for_each(|f| index.insert(f as u64, &templates[f * TOUCHES]).unwrap());
    (fingers as u64..10_000).for_each(|i| index.insert(i, &invented(i)).unwrap());
    for threads in [1, 2] {
        for (touch, kind) in [(1, "ordinary"), (2, "dry"), (3, "turned")] {
            let (mut hits, mut time) = (0, Duration::ZERO);
            let (from, number) = (touch, fingers.min(20));
            for f in 0..number {
                let started = Instant::now();
                let found = index.search(&templates[f * TOUCHES + from], threads, 1).unwrap();
                time += started.elapsed();
                hits += usize::from(found.first().is_some_and(|c| c.id == f as u64));
            }
            let each_ms = 1e3 * time.as_secs_f64() / number as f64;
            println!(
                "1:{} {threads} threads, {kind} probe: {each_ms:.0} ms, found {hits} of {number}",
                index.len()
            );
        }
    }
    let number = fingers.min(10);
    let same = (0..number).filter(|f| {
        let probe = &templates[f * TOUCHES + 2];
        index.search(probe, 2, 1).unwrap() == index.search_exhaustive(probe, 2, 1).unwrap()
    });
    println!("search and exhaustive search agree on {} of {number} dry probes", same.count());
}

fn main() {
    let argument = |n: usize, default| std::env::args().nth(n).map_or(default, |a| a.parse().unwrap());
    let (fingers, step) = (argument(1, 60), argument(2, 11));
    let images = population(fingers as u64);
    let prints = real();
    let own = MinutiaeMatcher::new();
    let ours = extract(&own, &images);
    let real_of = |matcher: &dyn FingerMatcher| -> Vec<(&str, Template)> {
        prints.iter().map(|(finger, image)| (*finger, matcher.extract(image).unwrap())).collect()
    };
    let real_ours = real_of(&own);
    rates("rekam-minutiae-1", &own, &ours, &ours, step);
    real_pairs("rekam-minutiae-1", &own, &real_ours, &real_ours);
    #[cfg(feature = "nbis")]
    {
        let nbis = biometrics::finger::NbisMatcher::new();
        let theirs = extract(&nbis, &images);
        let real_theirs = real_of(&nbis);
        rates("mindtct and bozorth3", &nbis, &theirs, &theirs, step);
        real_pairs("mindtct and bozorth3", &nbis, &real_theirs, &real_theirs);
        rates("our comparison of mindtct templates", &own, &theirs, &theirs, step);
        real_pairs("our comparison of mindtct templates", &own, &real_theirs, &real_theirs);
        rates("our comparison of ours with mindtct templates", &own, &ours, &theirs, step);
        real_pairs("our comparison of ours with mindtct templates", &own, &real_ours, &real_theirs);
    }
    searches(&ours);
}
