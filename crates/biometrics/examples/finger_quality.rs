//! Quality of prints in files, for `tools/nfiq2_compare.py`.
//!
//! `finger_quality synth DIR FIRST COUNT PREFIX` writes synthetic prints with varied faults as PGM files.
//! `finger_quality measure DIR EXTRACTOR` prints one line for every `x.pgm` with minutiae in `x.min` (lines of x, y,
//! quality): name, forest's vote, score, reasons, and the 69 features, separated by tabs. EXTRACTOR is a matcher's name,
//! or `none:Q` for no calibration and minutiae of at least quality Q.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::{Path, PathBuf};

use biometrics::finger::quality::{Calibration, assess_with, features_with, forest::Forest};
use biometrics::image::GrayImage;
use biometrics::minutiae::{Minutia, MinutiaKind, Template};
use biometrics::position::FingerPosition;
use biometrics::synth::finger::{FingerSpec, Impression, Master};
use biometrics::synth::rng::Rng;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["synth", folder, first, count, prefix] => {
            synth(Path::new(folder), first.parse()?, count.parse()?, prefix)
        }
        ["measure", folder, extractor] => measure(Path::new(folder), extractor),
        _ => Err("usage: see the head of this example".into()),
    }
}

/// Person `first + i` gives one finger with one fault; every sixth has none.
fn synth(folder: &Path, first: u64, count: u64, prefix: &str) -> Outcome {
    for i in 0..count {
        let seed = first + i;
        let position = FingerPosition::from_code((i % 10 + 1) as u8).ok_or("position")?;
        let mut r = Rng::new(seed, 77);
        let mut touch = Impression::ordinary(seed);
        match i % 6 {
            1 => touch.dryness = r.range(0.3, 1.0),
            2 => touch.pressure = r.range(0.65, 1.0),
            3 => touch.area = r.range(0.2, 0.7),
            4 => touch.noise = r.range(0.3, 1.0),
            5 => {
                touch.shift_px = (r.range(-120.0, 120.0), r.range(-150.0, 150.0));
                touch.rotation_deg = r.range(-30.0, 30.0);
            }
            _ => {}
        }
        let image = Master::new(&FingerSpec { person_seed: seed, position }).impression(&touch);
        let mut file = format!("P5\n{} {}\n255\n", image.width(), image.height()).into_bytes();
        file.extend_from_slice(image.pixels());
        std::fs::write(folder.join(format!("{prefix}{i:03}.pgm")), file)?;
    }
    Ok(())
}

fn measure(folder: &Path, extractor: &str) -> Outcome {
    let calibration = match extractor.strip_prefix("none:") {
        Some(quality) => Calibration { min_quality: quality.parse()?, ..Calibration::NONE },
        None => Calibration::of(extractor),
    };
    let forest = Forest::built_in()?;
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "pgm") && p.with_extension("min").exists());
    paths.sort();
    for path in paths {
        let image = pgm(&std::fs::read(&path)?)?;
        let template = template(&image, &std::fs::read_to_string(path.with_extension("min"))?)?;
        let quality = assess_with(&image, &template, &calibration);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let reasons: Vec<&str> = quality.reasons.iter().map(|r| r.id()).collect();
        let (vote, values) = match features_with(&image, &template, &calibration) {
            Ok(f) => (forest.score(&f.values).to_string(), f.values.map(|v| v.to_string()).join("\t")),
            Err(_) => ("-".to_owned(), String::new()),
        };
        let score = quality.score.map_or("-".to_owned(), |s| s.to_string());
        println!("{name}\t{vote}\t{score}\t{}\t{values}", reasons.join(","));
    }
    Ok(())
}

/// A binary PGM without comments.
fn pgm(bytes: &[u8]) -> Result<GrayImage, Box<dyn Error>> {
    let mut fields = bytes.splitn(5, u8::is_ascii_whitespace);
    let mut next =
        || Ok::<_, Box<dyn Error>>(std::str::from_utf8(fields.next().ok_or("header")?)?.to_owned());
    if next()? != "P5" {
        return Err("not a PGM".into());
    }
    let (width, height) = (next()?.parse()?, next()?.parse()?);
    next()?;
    let pixels = fields.next().ok_or("pixels")?.to_vec();
    Ok(GrayImage::new(width, height, Some(500), pixels)?)
}

fn template(image: &GrayImage, lines: &str) -> Result<Template, Box<dyn Error>> {
    let mut minutiae = Vec::new();
    for line in lines.lines() {
        let numbers: Vec<u16> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [x, y, quality] = numbers[..] else { return Err("a minutia is x, y, quality".into()) };
        let quality = u8::try_from(quality)?;
        minutiae.push(Minutia { x, y, angle: 0, kind: MinutiaKind::Ending, quality });
    }
    let (width, height) = (u16::try_from(image.width())?, u16::try_from(image.height())?);
    Ok(Template { width, height, ppi: 500, minutiae })
}
