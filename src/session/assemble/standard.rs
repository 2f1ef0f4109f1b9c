//! The standard records of a session: FAC, FIR, FMR, IIR and the CBEFF BIR that holds them all.

use biometrics::iso::cbeff::{BiometricType, Bir, Block, BlockQuality, Level, Purpose, RegistryId, Subtype};
use biometrics::iso::fac::{
    ColourSpace, FaceDataType, FaceImageType, FaceRecord, FaceRepresentation, FacialInfo, Gender,
};
use biometrics::iso::fir::{Compression, FingerRecord, FingerRepresentation, Impression, Position, Sampling};
use biometrics::iso::fmr::{FmrImpression, FmrRecord, FmrView};
use biometrics::iso::iir::{
    Bounds, ImageProperties, IrisFormat, IrisImageType, IrisRecord, IrisRepresentation, Orientation,
    PreviousCompression,
};
use biometrics::iso::sdi::{SignatureRecord, SignatureRepresentation};
use biometrics::iso::{CaptureTime, DeviceId, QualityBlock};
use biometrics::quality::Quality;

use super::{AssembleError, block_id};
use crate::session::Session;
use crate::session::sample::{FingerSample, IrisSample, SignatureSample};

/// Roll angle "not told" (ISO/IEC 19794-6:2011).
const ROLL_UNDEFINED: u16 = 0xFFFF;

pub(super) struct Records {
    pub face: Option<Vec<u8>>,
    pub fingers: Option<(Vec<u8>, Vec<u8>)>,
    pub irises: Option<Vec<u8>>,
}

fn device() -> DeviceId {
    // Registered vendor and product ids are not known for these drivers: 0 = unknown.
    DeviceId { technology: 0, vendor: 0, product: 0 }
}

fn quality(q: &Quality) -> Vec<QualityBlock> {
    vec![QualityBlock::unregistered(q.score)]
}

fn size(value: u32, what: &'static str) -> Result<u16, AssembleError> {
    u16::try_from(value).map_err(|_| AssembleError::TooLarge(what))
}

impl Records {
    pub fn of(s: &Session) -> Result<Self, AssembleError> {
        let fingers: Vec<&FingerSample> = s.data.fingers.samples.values().collect();
        let irises: Vec<&IrisSample> = s.data.irises.samples.values().collect();
        Ok(Self {
            face: face(s)?,
            fingers: if fingers.is_empty() { None } else { Some((fir(&fingers)?, fmr(&fingers)?)) },
            irises: if irises.is_empty() { None } else { Some(iir(&irises)?) },
        })
    }

    /// The CBEFF BIR (ISO/IEC 19785-3 XML): one block a modality, and one for the minutiae.
    pub fn bir(&self, s: &Session) -> Result<Vec<u8>, AssembleError> {
        let created = s.core.last_seen;
        let mut blocks = Vec::new();
        let mut add =
            |part, format, kind, subtype: Vec<Subtype>, level, q: Option<(&str, Option<u8>)>, data: &[u8]| {
                let quality =
                    q.map(|(name, score)| BlockQuality { algorithm: RegistryId::new("rekam", name), score });
                let index = block_id(s.core.id, part);
                let data = data.to_vec();
                blocks.push(Block {
                    index,
                    format,
                    created,
                    kind,
                    subtype,
                    level,
                    purpose: Purpose::Enroll,
                    quality,
                    data,
                });
            };
        let f = &s.data.fingers.samples;
        let finger_subtypes: Vec<Subtype> =
            if f.len() == 1 { f.keys().flat_map(|p| Subtype::of_finger(*p)).collect() } else { Vec::new() };
        if let (Some(fac), Some(photo)) = (&self.face, &s.data.photo.sample) {
            let q = Some((photo.quality.algorithm.as_str(), photo.quality.score));
            add(1, RegistryId::face_image(), BiometricType::Face, Vec::new(), Level::Raw, q, fac);
        }
        if let Some((fir, fmr)) = &self.fingers {
            let worst = f.values().filter_map(|x| x.quality.score).min();
            let q = f.values().next().map(|x| (x.quality.algorithm.as_str(), worst));
            add(
                2,
                RegistryId::finger_image(),
                BiometricType::Finger,
                finger_subtypes.clone(),
                Level::Raw,
                q,
                fir,
            );
            add(
                3,
                RegistryId::finger_minutiae(),
                BiometricType::Finger,
                finger_subtypes,
                Level::Processed,
                q,
                fmr,
            );
        }
        if let Some(iir) = &self.irises {
            let eyes = &s.data.irises.samples;
            let worst = eyes.values().filter_map(|x| x.quality.score).min();
            let q = eyes.values().next().map(|x| (x.quality.algorithm.as_str(), worst));
            let subtypes = if eyes.len() == 1 {
                eyes.keys().flat_map(|e| Subtype::of_eye(*e)).collect()
            } else {
                Vec::new()
            };
            add(4, RegistryId::iris_image(), BiometricType::Iris, subtypes, Level::Raw, q, iir);
        }
        let creator = Some(concat!("rekam ", env!("CARGO_PKG_VERSION")).to_owned());
        Ok(Bir { creator, index: Some(block_id(s.core.id, 0)), created: Some(created), blocks }.write()?)
    }
}

/// A signature with time and pressure, ISO/IEC 19794-7.
pub(super) fn signature(sample: &SignatureSample) -> Result<Vec<u8>, AssembleError> {
    let captured = CaptureTime::from_utc(sample.device.at);
    let one =
        SignatureRepresentation::from_strokes(&sample.strokes, captured, device(), quality(&sample.quality))?;
    Ok(SignatureRecord::new(vec![one]).write()?)
}

fn face(s: &Session) -> Result<Option<Vec<u8>>, AssembleError> {
    let Some(photo) = &s.data.photo.sample else { return Ok(None) };
    let gender = match s.data.biodata.values.jenis_kelamin.as_str() {
        "LAKI-LAKI" => Gender::Male,
        "PEREMPUAN" => Gender::Female,
        _ => Gender::Unspecified,
    };
    let (media, data_type, (width, height)) = match &photo.jp2 {
        Some(jp2) => (jp2, FaceDataType::Jpeg2000Lossless, photo.full_size),
        None => (&photo.jpeg, FaceDataType::Jpeg, (photo.width, photo.height)),
    };
    let representation = FaceRepresentation {
        captured: CaptureTime::from_utc(photo.device.at),
        device: device(),
        quality: quality(&photo.quality),
        info: FacialInfo { gender, ..FacialInfo::default() },
        landmarks: Vec::new(),
        // Pose and landmarks are not measured, so nothing stronger than "basic" may be claimed.
        image_type: FaceImageType::Basic,
        data_type,
        width: size(width, "face")?,
        height: size(height, "face")?,
        sampling_level: 0,
        post_processing: 0,
        cross_reference: 0,
        colour_space: ColourSpace::Rgb24,
        data: media.bytes.to_vec(),
    };
    Ok(Some(FaceRecord { temporal_semantics: 0, representations: vec![representation] }.write()?))
}

fn fir(fingers: &[&FingerSample]) -> Result<Vec<u8>, AssembleError> {
    let mut representations = Vec::new();
    for f in fingers {
        representations.push(FingerRepresentation {
            captured: CaptureTime::from_utc(f.device.at),
            device: device(),
            quality: quality(&f.quality),
            certifications: Vec::new(),
            position: Position::Finger(f.position),
            number: 0,
            sampling: Sampling::ppi(f.ppi),
            compression: Compression::Jpeg2000Lossless,
            impression: Impression::LiveScanPlain,
            width: size(f.width, "finger")?,
            height: size(f.height, "finger")?,
            data: f.jp2.bytes.to_vec(),
            extended: Vec::new(),
        });
    }
    Ok(FingerRecord { certified: false, representations }.write()?)
}

fn fmr(fingers: &[&FingerSample]) -> Result<Vec<u8>, AssembleError> {
    let mut record: Option<FmrRecord> = None;
    for f in fingers {
        let score = f.quality.score.unwrap_or(0);
        let one =
            FmrRecord::from_template(&f.template, Some(f.position), FmrImpression::LiveScanPlain, score);
        match &mut record {
            None => record = Some(one),
            // One header for all views: its size holds the largest image.
            Some(all) => {
                all.width = all.width.max(one.width);
                all.height = all.height.max(one.height);
                all.views.extend(one.views.into_iter().map(|v| FmrView { number: 0, ..v }));
            }
        }
    }
    match record {
        Some(r) => Ok(r.write()?),
        None => Ok(Vec::new()),
    }
}

fn iir(irises: &[&IrisSample]) -> Result<Vec<u8>, AssembleError> {
    let mut representations = Vec::new();
    for (number, i) in (1..).zip(irises) {
        let at = |v: Option<u16>| v.map_or(Bounds::default(), |v| Bounds { low: v, high: v });
        representations.push(IrisRepresentation {
            captured: CaptureTime::from_utc(i.device.at),
            device: device(),
            quality: quality(&i.quality),
            certifications: Vec::new(),
            number,
            eye: Some(i.eye),
            image_type: if i.width >= 640 && i.height >= 480 {
                IrisImageType::Vga
            } else {
                IrisImageType::Uncropped
            },
            format: IrisFormat::MonoJpeg2000,
            properties: ImageProperties::new(
                Orientation::Base,
                Orientation::Base,
                PreviousCompression::LosslessOrNone,
            ),
            width: size(i.width, "iris")?,
            height: size(i.height, "iris")?,
            range_mm: 0,
            roll: ROLL_UNDEFINED,
            roll_uncertainty: ROLL_UNDEFINED,
            centre_x: at(i.iris.map(|c| c.0)),
            centre_y: at(i.iris.map(|c| c.1)),
            diameter: at(i.iris.map(|c| c.2.saturating_mul(2))),
            data: i.jp2.bytes.to_vec(),
        });
    }
    Ok(IrisRecord { certified: false, representations }.write()?)
}
