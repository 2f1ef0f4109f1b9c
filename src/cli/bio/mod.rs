//! `rekam bio`: the biometrics of the station on files, for support, benchmarks and anyone's checks. Pictures (PNG,
//! JPEG, PGM, WSQ, JPEG 2000) and ISO records in, one JSON object a line out; exit 1 when a file is bad.

mod face;
mod finger;
mod formats;
pub(super) mod input;

use std::path::PathBuf;

use biometrics::position::{FingerPosition, Slap};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Done, Place, tell};

#[derive(Debug, Subcommand)]
pub(super) enum BioCommand {
    /// Quality of fingerprints: score, reasons, features.
    Quality(Quality),
    /// Cut a slap into its fingers.
    Segment(Segment),
    /// Minutiae of a fingerprint; also as a template file.
    Minutiae(Minutiae),
    /// Compare two fingerprints: pictures, FIR records or FMR templates.
    Match(Match),
    /// Quality of a face photo; also cut to the card's proportions.
    Face(Face),
    /// Quality of an iris picture.
    Iris(Iris),
    /// WSQ files.
    #[command(subcommand)]
    Wsq(Wsq),
    /// ISO/IEC 19794 records.
    #[command(subcommand)]
    Iso(Iso),
    /// A CBEFF BIR (ISO/IEC 19785-3 XML) from ISO records.
    Bir(Bir),
}

#[derive(Debug, Args)]
pub(super) struct Quality {
    /// Pictures or FIR records.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Resolution in pixels per inch where a file tells none.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(100..=4000))]
    ppi: u16,
    /// Tell every feature as well.
    #[arg(long)]
    features: bool,
    /// The glass is said to be empty: look for what is left on it.
    #[arg(long)]
    platen: bool,
}

#[derive(Debug, Args)]
pub(super) struct Segment {
    /// A slap: picture or FIR record.
    file: PathBuf,
    /// Which slap it is.
    #[arg(long, value_parser = hand)]
    hand: Slap,
    /// Fingers that are not there, e.g. `right_ring`.
    #[arg(long, value_delimiter = ',', value_parser = finger_id)]
    missing: Vec<FingerPosition>,
    /// Resolution in pixels per inch where the file tells none.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(100..=4000))]
    ppi: u16,
    /// Write each finger as PNG into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Minutiae {
    /// Picture or FIR record.
    file: PathBuf,
    /// Resolution in pixels per inch where the file tells none.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(100..=4000))]
    ppi: u16,
    /// Which extractor: the station's own, or NIST's mindtct.
    #[arg(long, value_enum, default_value_t = Engine::Default)]
    engine: Engine,
    /// Write the template here.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Form of the template.
    #[arg(long, value_enum, default_value_t = TemplateForm::Iso)]
    format: TemplateForm,
}

/// An extractor and matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    /// What sessions use.
    Default,
    /// Our own.
    Own,
    /// NIST mindtct and bozorth3.
    Nbis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TemplateForm {
    /// ISO/IEC 19794-2:2005.
    Iso,
    /// ANSI INCITS 378-2004.
    Incits,
}

#[derive(Debug, Args)]
pub(super) struct Match {
    /// First print.
    a: PathBuf,
    /// Second print.
    b: PathBuf,
    /// Resolution in pixels per inch where a file tells none.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(100..=4000))]
    ppi: u16,
    /// Which matcher.
    #[arg(long, value_enum, default_value_t = Engine::Default)]
    engine: Engine,
}

#[derive(Debug, Args)]
pub(super) struct Face {
    /// Picture or FAC record.
    file: PathBuf,
    /// Year of birth: odd years want a red background, even ones a blue one.
    #[arg(long, value_name = "N")]
    birth_year: Option<i32>,
    /// Write the picture for the card here (JPEG).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Put the background of the birth year behind the face in the written picture.
    #[arg(long, requires = "birth_year", requires = "out")]
    replace_background: bool,
}

#[derive(Debug, Args)]
pub(super) struct Iris {
    /// Pictures or IIR records.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Wsq {
    /// Write a picture as WSQ.
    Encode {
        /// Picture or FIR record.
        input: PathBuf,
        /// WSQ file.
        output: PathBuf,
        /// Bits a pixel; 0.75 is the FBI's rate, about 15:1.
        #[arg(long, default_value_t = biometrics::codec::WSQ_RATE)]
        rate: f32,
    },
    /// Read a WSQ file and write it as PGM or PNG, by the name of the output.
    Decode {
        /// WSQ file.
        input: PathBuf,
        /// `.pgm` or `.png`.
        output: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Iso {
    /// Tell what a record says, without its pictures.
    Read {
        /// FIR, FAC, IIR, FMR, INCITS 378 or signature record, or a CBEFF BIR.
        file: PathBuf,
        /// Write the pictures inside into this folder, as they are.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Bir {
    /// ISO records.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// XML file.
    #[arg(long, value_name = "XML")]
    out: PathBuf,
}

fn hand(text: &str) -> Result<Slap, String> {
    match text {
        "left" => Ok(Slap::LeftFour),
        "right" => Ok(Slap::RightFour),
        "thumbs" => Ok(Slap::Thumbs),
        _ => Err("write left, right or thumbs".to_owned()),
    }
}

pub(super) fn finger_id(text: &str) -> Result<FingerPosition, String> {
    FingerPosition::from_id(text).ok_or_else(|| "write a finger as right_index".to_owned())
}

pub(super) fn bio(c: &BioCommand, place: &mut Place) -> Done {
    match c {
        BioCommand::Quality(c) => finger::quality(c, place),
        BioCommand::Segment(c) => finger::segment(c, place),
        BioCommand::Minutiae(c) => finger::minutiae(c, place),
        BioCommand::Match(c) => finger::compare(c, place),
        BioCommand::Face(c) => face::face(c, place),
        BioCommand::Iris(c) => face::iris(c, place),
        BioCommand::Wsq(c) => formats::wsq(c, place),
        BioCommand::Iso(c) => formats::iso(c, place),
        BioCommand::Bir(c) => formats::bir(c, place),
    }
}

/// Does the same for every file: one line each. A bad one is told and the others are done; then the exit code is 1.
fn each(
    files: &[PathBuf],
    place: &mut Place,
    mut work: impl FnMut(&PathBuf) -> Result<Vec<Value>, super::CliError>,
) -> Done {
    let mut bad = 0u8;
    for file in files {
        match work(file) {
            Ok(lines) => {
                for line in lines {
                    place.json(&line)?;
                }
            }
            Err(super::CliError::Failure(error)) => {
                bad = 1;
                tell(&error.to_string());
            }
            Err(usage) => return Err(usage),
        }
    }
    Ok(bad)
}

/// A verdict as JSON: score, algorithm, reasons, whether it could be validated.
pub(super) fn verdict(quality: &biometrics::quality::Quality) -> Value {
    json!({
        "score": quality.score,
        "algorithm": quality.algorithm,
        "reasons": quality.reasons.iter().map(|r| r.id()).collect::<Vec<_>>(),
        "validated": quality.validated,
    })
}
