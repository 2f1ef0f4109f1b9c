//! What a record holds, in words and numbers: for people, commands and logs. Never pixels, places of minutiae
//! or samples of a signature.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::cbeff::{Bir, Block};
use super::embedded::Part;
use super::fac::FaceRecord;
use super::fir::FingerRecord;
use super::fmr::FmrRecord;
use super::iir::IrisRecord;
use super::incits378::IncitsRecord;
use super::sdi::{SignatureEdition, SignatureRecord};
use super::{CaptureTime, DeviceId, IsoError, QualityBlock, RecordKind, sniff};

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Kind of record.
    pub kind: RecordKind,
    /// Standard and edition.
    pub edition: String,
    /// Length of the record.
    pub bytes: usize,
    /// What it holds; a BIR has `blocks` instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub representations: Vec<RepresentationDescription>,
    /// Data blocks of a BIR.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<BlockDescription>,
    /// Who made a BIR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
}

/// A representation or view of a record. What its format does not have is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RepresentationDescription {
    /// Position of the finger or eye ([`Part::id`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Number among those of the same finger or record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u16>,
    /// When it was captured; `None` also where the record says that it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured: Option<DateTime<Utc>>,
    /// What captured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Quality blocks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quality: Vec<QualityBlock>,
    /// Number of certifications of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certifications: Option<usize>,
    /// Width in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width_px: Option<u32>,
    /// Height in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height_px: Option<u32>,
    /// Resolution in pixels per inch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ppi: Option<u16>,
    /// How the image is encoded, or which channels a signature has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// How the sample was taken, or kind of image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_type: Option<String>,
    /// Length of the image data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_bytes: Option<usize>,
    /// Number of minutiae, landmarks or samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<usize>,
    /// Number of strokes of a signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strokes: Option<usize>,
    /// Time from the first to the last sample of a signature in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u32>,
    /// Length of extended data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_bytes: Option<usize>,
}

/// A data block of a BIR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDescription {
    /// Its id.
    pub index: uuid::Uuid,
    /// Organisation and type of the format, joined by a slash.
    pub format: String,
    /// Modality.
    pub modality: String,
    /// Part of the body, in the words of the schema.
    pub subtype: Vec<String>,
    /// How far it is processed.
    pub level: String,
    /// What it was taken for.
    pub purpose: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Algorithm and score of its quality; the score is `None` when the computation failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<(String, Option<u8>)>,
    /// Length of the data.
    pub bytes: usize,
    /// The record in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<Description>>,
    /// Why the record in it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Reads a record of any kind and tells what it holds.
///
/// # Errors
/// [`IsoError::UnknownRecord`] when it is no record, else what the reader of the record says.
pub fn describe(bytes: &[u8]) -> Result<Description, IsoError> {
    let kind = sniff(bytes).ok_or(IsoError::UnknownRecord)?;
    let (edition, representations) = match kind {
        RecordKind::FingerImages => ("ISO/IEC 19794-4:2011", fingers(&FingerRecord::read(bytes)?)),
        RecordKind::FaceImages => ("ISO/IEC 19794-5:2011", faces(&FaceRecord::read(bytes)?)),
        RecordKind::IrisImages => ("ISO/IEC 19794-6:2011", irises(&IrisRecord::read(bytes)?)),
        RecordKind::FingerMinutiae => ("ISO/IEC 19794-2:2005", views(&FmrRecord::read(bytes)?)),
        RecordKind::IncitsMinutiae => ("ANSI INCITS 378-2004", views(&IncitsRecord::read(bytes)?.body)),
        RecordKind::Signature => {
            let record = SignatureRecord::read(bytes)?;
            let edition = match record.edition {
                SignatureEdition::Iso2007 => "ISO/IEC 19794-7:2007",
                SignatureEdition::Iso2014 => "ISO/IEC 19794-7:2014",
            };
            (edition, signatures(&record))
        }
        RecordKind::Bir => return Ok(bir(bytes.len(), &Bir::read(bytes)?)),
    };
    Ok(Description {
        kind,
        edition: edition.to_owned(),
        bytes: bytes.len(),
        representations,
        blocks: Vec::new(),
        creator: None,
    })
}

/// What the head of a representation of the 2011 editions tells.
fn head(captured: CaptureTime, device: DeviceId, quality: &[QualityBlock]) -> RepresentationDescription {
    RepresentationDescription {
        captured: captured.to_utc(),
        device: Some(device),
        quality: quality.to_vec(),
        ..RepresentationDescription::default()
    }
}

fn fingers(record: &FingerRecord) -> Vec<RepresentationDescription> {
    let one = |r: &super::fir::FingerRepresentation| RepresentationDescription {
        part: Some(Part::from(r.position).id().to_owned()),
        number: Some(r.number.into()),
        certifications: record.certified.then_some(r.certifications.len()),
        width_px: Some(r.width.into()),
        height_px: Some(r.height.into()),
        ppi: r.sampling.image_ppi(),
        encoding: Some(r.compression.id().to_owned()),
        sample_type: Some(r.impression.id().to_owned()),
        image_bytes: Some(r.data.len()),
        extended_bytes: some_bytes(r.extended.iter().map(|e| e.data.len()).sum()),
        ..head(r.captured, r.device, &r.quality)
    };
    record.representations.iter().map(one).collect()
}

fn faces(record: &FaceRecord) -> Vec<RepresentationDescription> {
    let one = |r: &super::fac::FaceRepresentation| RepresentationDescription {
        part: Some(Part::Face.id().to_owned()),
        width_px: Some(r.width.into()),
        height_px: Some(r.height.into()),
        encoding: Some(r.data_type.id().to_owned()),
        sample_type: Some(r.image_type.id().to_owned()),
        image_bytes: Some(r.data.len()),
        points: Some(r.landmarks.len()),
        ..head(r.captured, r.device, &r.quality)
    };
    record.representations.iter().map(one).collect()
}

fn irises(record: &IrisRecord) -> Vec<RepresentationDescription> {
    let one = |r: &super::iir::IrisRepresentation| RepresentationDescription {
        part: Some(Part::from(r.eye).id().to_owned()),
        number: Some(r.number),
        certifications: record.certified.then_some(r.certifications.len()),
        width_px: Some(r.width.into()),
        height_px: Some(r.height.into()),
        encoding: Some(r.format.id().to_owned()),
        sample_type: Some(r.image_type.id().to_owned()),
        image_bytes: Some(r.data.len()),
        ..head(r.captured, r.device, &r.quality)
    };
    record.representations.iter().map(one).collect()
}

fn views(record: &FmrRecord) -> Vec<RepresentationDescription> {
    let one = |view: usize| {
        let v = record.views.get(view)?;
        let score = QualityBlock::unregistered(Some(v.quality));
        Some(RepresentationDescription {
            part: Some(v.position.map_or(Part::UnknownFinger, Part::Finger).id().to_owned()),
            number: Some(v.number.into()),
            quality: vec![score],
            width_px: Some(record.width.into()),
            height_px: Some(record.height.into()),
            ppi: record.template(view).map(|t| t.ppi),
            sample_type: Some(v.impression.id().to_owned()),
            points: Some(v.minutiae.len()),
            extended_bytes: some_bytes(v.extended.iter().map(|e| e.data.len()).sum()),
            ..RepresentationDescription::default()
        })
    };
    (0..record.views.len()).filter_map(one).collect()
}

fn signatures(record: &SignatureRecord) -> Vec<RepresentationDescription> {
    let one = |r: &super::sdi::SignatureRepresentation| {
        let strokes = r.strokes().ok();
        let ends = strokes.as_ref().and_then(|s| {
            let mut times = s.strokes.iter().flatten().map(|p| p.t_ms);
            let first = times.next()?;
            Some((first, times.next_back().unwrap_or(first)))
        });
        RepresentationDescription {
            certifications: record.certified.then_some(r.certifications.len()),
            encoding: Some(r.channels().iter().map(|d| d.channel.id()).collect::<Vec<_>>().join(" ")),
            points: Some(r.samples()),
            strokes: strokes.map(|s| s.strokes.len()),
            duration_ms: ends.map(|(first, last)| last.saturating_sub(first)),
            extended_bytes: some_bytes(r.extended.len()),
            ..head(r.captured, r.device, &r.quality)
        }
    };
    record.representations.iter().map(one).collect()
}

fn some_bytes(bytes: usize) -> Option<usize> {
    (bytes > 0).then_some(bytes)
}

fn bir(bytes: usize, record: &Bir) -> Description {
    Description {
        kind: RecordKind::Bir,
        edition: "ISO/IEC 19785-3 XML".to_owned(),
        bytes,
        representations: Vec::new(),
        blocks: record.blocks.iter().map(block).collect(),
        creator: record.creator.clone(),
    }
}

fn block(b: &Block) -> BlockDescription {
    let joined = |id: &super::cbeff::RegistryId| format!("{}/{}", id.organization, id.kind);
    // A BIR in a data block of a BIR is not how the format nests: it is not opened.
    let (record, refused) = match sniff(&b.data) {
        None | Some(RecordKind::Bir) => (None, Some(IsoError::UnknownRecord.to_string())),
        Some(_) => match describe(&b.data) {
            Ok(record) => (Some(Box::new(record)), None),
            Err(error) => (None, Some(error.to_string())),
        },
    };
    BlockDescription {
        index: b.index,
        format: joined(&b.format),
        modality: b.kind.word().to_owned(),
        subtype: b.subtype.iter().map(|s| s.word().to_owned()).collect(),
        level: b.level.word().to_owned(),
        purpose: b.purpose.word().to_owned(),
        created: b.created,
        quality: b.quality.as_ref().map(|q| (joined(&q.algorithm), q.score)),
        bytes: b.data.len(),
        record,
        refused,
    }
}
