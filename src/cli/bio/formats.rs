//! `rekam bio wsq|iso|bir`.

use std::path::Path;

use biometrics::codec::{decode_wsq, encode_pgm, encode_png_gray, encode_wsq};
use biometrics::iso::cbeff::{BiometricType, Bir as BirRecord, Block, Level, Purpose, RegistryId, Subtype};
use biometrics::iso::fmr::FmrRecord;
use biometrics::iso::incits378::IncitsRecord;
use biometrics::iso::{Part, RecordKind, describe, images, sniff};
use biometrics::minutiae::Template;
use rekam::runtime::clock::{Clock, SystemClock};
use serde_json::json;

use super::super::{CliError, Done, Place, write_private};
use super::{Bir, Iso, Wsq, input};

pub(super) fn wsq(c: &Wsq, place: &mut Place) -> Done {
    match c {
        Wsq::Encode { input: path, output, rate } => {
            let (_, image) = input::finger(path, 500)?;
            let bytes = encode_wsq(&image, *rate).map_err(|e| input::bad(path, e))?;
            write_private(output, &bytes)?;
            let pixels = image.pixels().len();
            place.json(&json!({
                "file": output, "width": image.width(), "height": image.height(), "ppi": image.ppi(),
                "bytes": bytes.len(), "bits_per_pixel": bytes.len() as f64 * 8.0 / pixels as f64,
            }))?;
        }
        Wsq::Decode { input: path, output } => {
            let image = decode_wsq(&input::bytes(path)?).map_err(|e| input::bad(path, e))?;
            let form = output.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
            let bytes = match form.as_str() {
                "pgm" => encode_pgm(&image),
                "png" => encode_png_gray(&image).map_err(|e| input::bad(path, e))?,
                _ => return Err(CliError::Usage("the output must end in .pgm or .png".to_owned())),
            };
            write_private(output, &bytes)?;
            place.json(&json!({
                "file": output, "width": image.width(), "height": image.height(), "ppi": image.ppi(),
            }))?;
        }
    }
    Ok(0)
}

pub(super) fn iso(Iso::Read { file, out }: &Iso, place: &mut Place) -> Done {
    let bytes = input::bytes(file)?;
    let description = describe(&bytes).map_err(|e| input::bad(file, e))?;
    let mut written = Vec::new();
    if let Some(folder) = out {
        for (n, image) in (1..).zip(images(&bytes).map_err(|e| input::bad(file, e))?) {
            let ending = image.format.map_or("raw", biometrics::codec::Format::id);
            let path = folder.join(format!("{n}-{}.{ending}", image.part.id()));
            write_private(&path, &image.bytes)?;
            written.push(path);
        }
    }
    place.json(&json!({ "file": file, "record": description, "written": written }))?;
    Ok(0)
}

/// The first template of a minutiae record, ISO or INCITS.
pub(super) fn template(path: &Path, bytes: &[u8]) -> Result<Template, CliError> {
    let record = match sniff(bytes) {
        Some(RecordKind::IncitsMinutiae) => IncitsRecord::read(bytes).map(|r| r.body),
        _ => FmrRecord::read(bytes),
    };
    let record = record.map_err(|e| input::bad(path, e))?;
    record.template(0).ok_or_else(|| input::bad(path, "it holds no view that can be compared"))
}

/// The part of the body where a record is of one only.
fn subtype(data: &[u8]) -> Vec<Subtype> {
    match images(data).unwrap_or_default().as_slice() {
        [only] => match only.part {
            Part::Finger(f) => Subtype::of_finger(f),
            Part::Slap(s) => Subtype::of_slap(s),
            Part::Eye(e) => Subtype::of_eye(e),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

pub(super) fn bir(c: &Bir, place: &mut Place) -> Done {
    let created = SystemClock.now();
    let mut blocks = Vec::new();
    for file in &c.files {
        let data = input::bytes(file)?;
        let described = describe(&data).map_err(|e| input::bad(file, e))?;
        let (format, kind, level) = match described.kind {
            RecordKind::FingerImages => (RegistryId::finger_image(), BiometricType::Finger, Level::Raw),
            RecordKind::FaceImages => (RegistryId::face_image(), BiometricType::Face, Level::Raw),
            RecordKind::IrisImages => (RegistryId::iris_image(), BiometricType::Iris, Level::Raw),
            RecordKind::FingerMinutiae => {
                (RegistryId::finger_minutiae(), BiometricType::Finger, Level::Processed)
            }
            RecordKind::IncitsMinutiae => {
                (RegistryId::incits_minutiae(), BiometricType::Finger, Level::Processed)
            }
            RecordKind::Signature => (RegistryId::signature(), BiometricType::Signature, Level::Raw),
            _ => return Err(input::bad(file, "a BIR holds single records, not other BIRs")),
        };
        let subtype = subtype(&data);
        blocks.push(Block {
            index: uuid::Uuid::now_v7(),
            format,
            created,
            kind,
            subtype,
            level,
            purpose: Purpose::Enroll,
            quality: None,
            data,
        });
    }
    let count = blocks.len();
    let creator = Some(concat!("rekam ", env!("CARGO_PKG_VERSION")).to_owned());
    let bir = BirRecord { creator, index: Some(uuid::Uuid::now_v7()), created: Some(created), blocks };
    let xml = bir.write()?;
    write_private(&c.out, &xml)?;
    place.json(&json!({ "file": c.out, "blocks": count, "bytes": xml.len() }))?;
    Ok(0)
}
