//! Prints what the iris measures do on synthetic eyes: error of the circles and of the covered share by condition, how
//! often faults are named, and the distances of iris codes. `cargo run --release --example iris_table -- [people]`.
//!
//! The eyes are rendered by `biometrics::synth::iris`: the numbers tell nothing about cameras and people.
#![allow(clippy::print_stdout, reason = "a printed table is this program's purpose")]

use biometrics::iris::{self, Circle, IrisReport};
use biometrics::position::Eye;
use biometrics::quality::QualityReason;
use biometrics::synth::iris::{EyeSpec, Shot, lid_rows_px, render_with_truth};

fn eye(person: u64) -> EyeSpec {
    EyeSpec { person_seed: 1000 + person, eye: if person.is_multiple_of(2) { Eye::Left } else { Eye::Right } }
}

fn conditions() -> Vec<(&'static str, fn(u64) -> Shot)> {
    vec![
        ("clean", Shot::clean),
        ("varied (usual captures)", Shot::varied),
        ("small pupil 0.25", |s| Shot { dilation: 0.25, ..Shot::clean(s) }),
        ("wide pupil 0.62", |s| Shot { dilation: 0.62, ..Shot::clean(s) }),
        ("gaze 6 deg right", |s| Shot { gaze_deg: (6.0, 0.0), ..Shot::clean(s) }),
        ("gaze 12 deg up", |s| Shot { gaze_deg: (0.0, -12.0), ..Shot::clean(s) }),
        ("head tilt 12 deg", |s| Shot { rotation_deg: 12.0, ..Shot::clean(s) }),
        ("blur 3 px", |s| Shot { blur_px: 3.0, ..Shot::clean(s) }),
        ("movement 9 px", |s| Shot { motion_px: 9.0, ..Shot::clean(s) }),
        ("noise 0.9", |s| Shot { noise: 0.9, ..Shot::clean(s) }),
        ("many lashes", |s| Shot { lashes: 3.5, ..Shot::clean(s) }),
        ("glare", |s| Shot { glare: 0.7, ..Shot::clean(s) }),
        ("small eye 0.7", |s| Shot { scale: 0.7, ..Shot::clean(s) }),
        ("lids 0.20", |s| Shot { lids: 0.2, ..Shot::clean(s) }),
        ("lids 0.30", |s| Shot { lids: 0.3, ..Shot::clean(s) }),
        ("lids 0.40", |s| Shot { lids: 0.4, ..Shot::clean(s) }),
        ("lids 0.50", |s| Shot { lids: 0.5, ..Shot::clean(s) }),
        ("lids 0.50, skin 115", |s| Shot { lids: 0.5, lid_grey: 115.0, ..Shot::clean(s) }),
        ("lids 0.50, skin 195", |s| Shot { lids: 0.5, lid_grey: 195.0, ..Shot::clean(s) }),
        ("lids 0.50, lashes, blur 2", |s| Shot { lids: 0.5, lashes: 2.5, blur_px: 2.0, ..Shot::clean(s) }),
        ("lids 0.60", |s| Shot { lids: 0.6, ..Shot::clean(s) }),
        ("lids 0.70", |s| Shot { lids: 0.7, ..Shot::clean(s) }),
        ("lids 0.85", |s| Shot { lids: 0.85, ..Shot::clean(s) }),
        ("closed", |s| Shot { lids: 1.0, ..Shot::clean(s) }),
    ]
}

fn quantile(values: &mut [f32], share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(((values.len().max(1) - 1) as f32 * share).round() as usize).copied().unwrap_or(f32::NAN)
}

fn errors(found: Circle, truth: Circle) -> (f32, f32) {
    ((found.x - truth.x).hypot(found.y - truth.y), (found.radius - truth.radius).abs())
}

fn circles_and_cover(people: u64) {
    println!("Circles and cover, {people} synthetic eyes a row. Errors in pixels: median / 95 per cent.");
    println!(
        "{:26} {:>5} {:>12} {:>12} {:>12} {:>12} | {:>7} {:>13} {:>11} | score",
        "condition",
        "found",
        "pupil middle",
        "pupil radius",
        "iris middle",
        "iris radius",
        "covered",
        "error of it",
        "upper lid"
    );
    for (name, shot) in conditions() {
        let mut columns: [Vec<f32>; 6] = std::array::from_fn(|_| Vec::new());
        let (mut found, mut covered, mut scores, mut lid) = (0, 0.0, Vec::new(), Vec::new());
        for person in 0..people {
            let (spec, shot) = (eye(person), shot(person));
            let (image, truth) = render_with_truth(&spec, &shot);
            let report = iris::assess(&image);
            covered += truth.covered() / people as f32;
            scores.push(f32::from(report.quality.score.unwrap_or(0)));
            let (Some(p), Some(i), Some(cover)) = (report.pupil, report.iris, report.cover) else { continue };
            found += 1;
            let ((pm, pr), (im, ir)) = (errors(p, truth.pupil), errors(i, truth.iris));
            for (column, value) in
                columns.iter_mut().zip([pm, pr, im, ir, (1.0 - cover.open - truth.covered()).abs()])
            {
                column.push(value);
            }
            // The curve is compared where it crosses the middle column, if it lies over the iris there.
            let row = lid_rows_px(&spec, &shot, truth.iris.x).0;
            if row > truth.iris.y - 0.8 * truth.iris.radius && shot.rotation_deg == 0.0 {
                let seen =
                    report.lids.upper.map_or(f32::INFINITY, |l| (l.row_px(&i, truth.iris.x) - row).abs());
                lid.push(seen);
            }
        }
        print!("{name:26} {:>4}%", 100 * found / people);
        for column in &mut columns[..4] {
            print!(" {:5.1} /{:5.1}", quantile(column, 0.5), quantile(column, 0.95));
        }
        print!(" | {:6.1}%", 100.0 * covered);
        print!(
            " {:5.1} /{:5.1}%",
            100.0 * quantile(&mut columns[4], 0.5),
            100.0 * quantile(&mut columns[4], 0.95)
        );
        let missed = lid.iter().filter(|l| !l.is_finite()).count();
        if lid.is_empty() {
            print!(" {:>11}", "-");
        } else {
            print!(" {:4.1}px -{missed:2}/{:2}", quantile(&mut lid, 0.5), lid.len());
        }
        println!(
            " | {:.0} ({:.0}-{:.0})",
            quantile(&mut scores, 0.5),
            quantile(&mut scores, 0.0),
            quantile(&mut scores, 1.0)
        );
    }
}

/// How often the pictures of a class are found out, by the reasons that count as right.
fn classes(people: u64) {
    use QualityReason as R;
    println!("\nFaults named, {} synthetic eyes a row (right: one of the reasons is given).", 2 * people);
    let lids = |from: f32, to: f32| {
        move |s: u64| {
            let t = (s % 12) as f32 / 11.0;
            Shot { lids: from + (to - from) * t, lid_grey: 115.0 + (s % 5) as f32 * 20.0, ..Shot::varied(s) }
        }
    };
    let rows: Vec<(&str, Box<dyn Fn(u64) -> Shot>, &[R])> = vec![
        ("half closed (lids .40-.60)", Box::new(lids(0.40, 0.60)), &[R::LidsCover, R::NoIris]),
        ("nearly closed (.60-.85)", Box::new(lids(0.60, 0.85)), &[R::LidsCover, R::NoIris]),
        ("closed (.85-1)", Box::new(lids(0.85, 1.0)), &[R::LidsCover, R::NoIris]),
        (
            "blurred (4 to 7 px)",
            Box::new(|s| Shot { blur_px: 4.0 + (s % 4) as f32, ..Shot::varied(s) }),
            &[R::Blurred, R::NoIris],
        ),
        (
            "moved (14 px)",
            Box::new(|s| Shot { motion_px: 14.0, ..Shot::varied(s) }),
            &[R::Blurred, R::NoIris],
        ),
        (
            "off centre (190 px)",
            Box::new(|s| Shot {
                shift_px: (if s % 2 == 0 { 190.0 } else { -190.0 }, 0.0),
                ..Shot::varied(s)
            }),
            &[R::OffCentre, R::NoIris],
        ),
        (
            "off centre (120 px up)",
            Box::new(|s| Shot { shift_px: (0.0, -125.0), ..Shot::varied(s) }),
            &[R::OffCentre, R::NoIris],
        ),
        (
            "too small (scale .45-.6)",
            Box::new(|s| Shot { scale: 0.45 + 0.05 * (s % 4) as f32, ..Shot::varied(s) }),
            &[R::TooSmall, R::NoIris],
        ),
    ];
    println!("{:28} {:>6} {:>9} {:>16}", "class", "right", "as no eye", "no reason at all");
    for (name, shot, right) in rows {
        let reports: Vec<IrisReport> =
            (0..2 * people).map(|p| iris::assess(&render_with_truth(&eye(p), &shot(p)).0)).collect();
        let share = |test: &dyn Fn(&IrisReport) -> bool| {
            100.0 * reports.iter().filter(|r| test(r)).count() as f32 / reports.len() as f32
        };
        let named = |r: &IrisReport| r.quality.reasons.iter().any(|reason| right.contains(reason));
        println!(
            "{name:28} {:5.0}% {:8.0}% {:15.0}%",
            share(&named),
            share(&|r| r.iris.is_none()),
            share(&|r| r.quality.reasons.is_empty())
        );
    }
    let mut by_truth = [[0u32; 2]; 3];
    for p in 0..8 * people {
        let shot = Shot { lids: (p % 24) as f32 / 40.0, ..Shot::varied(p) };
        let (image, truth) = render_with_truth(&eye(p), &shot);
        let report = iris::assess(&image);
        let told = report.iris.is_none() || report.quality.reasons.contains(&R::LidsCover);
        let class = match truth.covered() {
            c if c < 0.25 => 0,
            c if c <= 0.35 => 1,
            _ => 2,
        };
        by_truth[class][usize::from(told)] += 1;
    }
    println!("Told as covered, by the true covered share (the standard's limit is 30 %):");
    for (name, n) in ["under 25 %", "25 to 35 %", "over 35 %"].iter().zip(by_truth) {
        println!("  {name:12} {:3} of {:3}", n[1], n[0] + n[1]);
    }
    let good: Vec<_> = (0..4 * people)
        .map(|p| iris::assess(&render_with_truth(&eye(p), &Shot::varied(p)).0).quality)
        .collect();
    let clear = good.iter().filter(|q| q.reasons.is_empty()).count();
    println!("Good captures (varied) without any reason: {clear} of {}", good.len());
}

/// Distances of codes: the same eye in two varied captures, and different eyes.
fn codes(people: u64) {
    let shots = 4;
    let mut all: Vec<(u64, iris::IrisCode)> = Vec::new();
    let mut without = 0;
    for person in 0..people {
        for shot in 0..shots {
            let image = render_with_truth(&eye(person), &Shot::varied(7000 + person * shots + shot)).0;
            match iris::encode(&image, &iris::assess(&image)) {
                Some(code) => all.push((person, code)),
                None => without += 1,
            }
        }
    }
    let (mut genuine, mut impostor, mut refused) = (Vec::new(), Vec::new(), 0);
    for (i, (p, a)) in all.iter().enumerate() {
        for (q, b) in &all[..i] {
            match iris::distance(a, b) {
                Some(d) if p == q => genuine.push(d),
                Some(d) => impostor.push(d),
                None => refused += 1,
            }
        }
    }
    println!(
        "\nIris codes of {people} synthetic eyes, {shots} varied captures each; {without} without code, {refused} pairs refused."
    );
    println!(
        "{:10} {:>6} {:>7} {:>7} {:>7} {:>7} {:>7} {:>12}",
        "pairs", "n", "least", "5 %", "middle", "95 %", "most", "under 0.32"
    );
    for (name, mut d) in [("same eye", genuine), ("different", impostor)] {
        let under = d.iter().filter(|d| **d < iris::SAME_EYE_BELOW).count();
        print!("{name:10} {:6}", d.len());
        for share in [0.0, 0.05, 0.5, 0.95, 1.0] {
            print!(" {:7.3}", quantile(&mut d, share));
        }
        println!(" {under:12}");
    }
}

fn main() {
    // Invented people in each row.
    let people = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(24u64).clamp(1, 1000);
    circles_and_cover(people);
    classes(people);
    codes(people);
}
