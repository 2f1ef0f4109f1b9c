//! Turns the bytes of a sample into what a device gives. The content decides what a file is, not its name.

use biometrics::codec::{self, Format};
use biometrics::image::{GrayImage, RgbImage};
use biometrics::iso::fac::FaceRecord;
use biometrics::iso::fir::{FingerRecord, Position};
use biometrics::iso::iir::IrisRecord;
use biometrics::iso::{self, RecordKind};
use biometrics::position::{Eye, FingerPosition, Slap};

/// Rank of a face file whose content is not known.
pub(super) const RANK_UNKNOWN: u8 = 9;

/// What the first bytes say that a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Record(RecordKind),
    Picture(Format),
    Unknown,
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        let picture = || codec::sniff(bytes).map_or(Self::Unknown, Self::Picture);
        iso::sniff(bytes).map_or_else(picture, Self::Record)
    }

    fn words(self) -> String {
        match self {
            Self::Record(RecordKind::FaceImages) => "an ISO face record".to_owned(),
            Self::Record(RecordKind::FingerImages) => "an ISO finger record".to_owned(),
            Self::Record(RecordKind::IrisImages) => "an ISO iris record".to_owned(),
            Self::Record(kind) => format!("a record of another kind ({kind})"),
            Self::Picture(format) => format!("a picture ({format})"),
            Self::Unknown => "neither a picture nor a record that is read here".to_owned(),
        }
    }
}

/// The place of a face file among others, by its first bytes; `None` when it is no face file.
pub(super) fn face_rank(head: &[u8]) -> Option<u8> {
    match Content::of(head) {
        Content::Picture(Format::Jpeg) => Some(0),
        Content::Picture(Format::Png) => Some(1),
        Content::Picture(Format::Jp2 | Format::J2k) => Some(2),
        Content::Record(RecordKind::FaceImages) => Some(3),
        _ => None,
    }
}

/// True when the first bytes are those of an ISO record of fingers or irises.
pub(super) fn is_record(head: &[u8]) -> bool {
    matches!(Content::of(head), Content::Record(RecordKind::FingerImages | RecordKind::IrisImages))
}

/// The finger that a record with one representation names.
pub(super) fn finger_of_record(bytes: &[u8]) -> Option<FingerPosition> {
    match FingerRecord::read(bytes).ok()?.representations.as_slice() {
        [only] => match only.position {
            Position::Finger(finger) => Some(finger),
            _ => None,
        },
        _ => None,
    }
}

/// The eye that a record with one representation names.
pub(super) fn eye_of_record(bytes: &[u8]) -> Option<Eye> {
    match IrisRecord::read(bytes).ok()?.representations.as_slice() {
        [only] => only.eye,
        _ => None,
    }
}

/// A face: a picture, or the first representation of a FAC record.
pub(in crate::drivers) fn photo(bytes: &[u8]) -> Result<RgbImage, String> {
    match Content::of(bytes) {
        Content::Picture(_) => codec::decode_rgb(bytes).map_err(|e| e.to_string()),
        Content::Record(RecordKind::FaceImages) => {
            let record = FaceRecord::read(bytes).map_err(|e| e.to_string())?;
            let face = record.representations.first().ok_or("holds no face")?;
            face.decode_image().map_err(|e| e.to_string())
        }
        other => Err(format!("is {}, not a face", other.words())),
    }
}

/// A finger: a picture, or the representation of this finger in a FIR record. A record that names another
/// finger than its file is refused: swapped fingers are worse than missing ones. `ppi` is the resolution
/// where the file tells none.
pub(in crate::drivers) fn finger(
    bytes: &[u8],
    position: FingerPosition,
    ppi: Option<u16>,
) -> Result<GrayImage, String> {
    print(bytes, Position::Finger(position), &position.to_string(), ppi)
}

/// A whole slap: a picture, or the representation of this slap in a FIR record.
pub(super) fn slap(bytes: &[u8], slap: Slap, ppi: Option<u16>) -> Result<GrayImage, String> {
    print(bytes, Position::Slap(slap), &slap.to_string(), ppi)
}

fn print(bytes: &[u8], position: Position, name: &str, ppi: Option<u16>) -> Result<GrayImage, String> {
    let image = match Content::of(bytes) {
        Content::Picture(_) => codec::decode_gray(bytes).map_err(|e| e.to_string())?,
        Content::Record(RecordKind::FingerImages) => {
            let record = FingerRecord::read(bytes).map_err(|e| e.to_string())?;
            let all = &record.representations;
            let named = all.iter().find(|r| r.position == position);
            let unnamed = || all.iter().find(|r| r.position == Position::Unknown);
            let codes = || all.iter().map(|r| r.position.code().to_string()).collect::<Vec<_>>().join(" ");
            let other = || format!("the record is of ISO position {}, not of {name}", codes());
            let finger = named.or_else(unnamed).ok_or_else(other)?;
            finger.decode_image().map_err(|e| e.to_string())?
        }
        other => return Err(format!("is {}, not a finger", other.words())),
    };
    if image.ppi().is_some() || ppi.is_none() {
        return Ok(image);
    }
    GrayImage::new(image.width(), image.height(), ppi, image.pixels().to_vec()).map_err(|e| e.to_string())
}

/// An iris: a picture, or the representation of this eye in an IIR record.
pub(in crate::drivers) fn iris(bytes: &[u8], eye: Eye) -> Result<GrayImage, String> {
    match Content::of(bytes) {
        Content::Picture(_) => codec::decode_gray(bytes).map_err(|e| e.to_string()),
        Content::Record(RecordKind::IrisImages) => {
            let record = IrisRecord::read(bytes).map_err(|e| e.to_string())?;
            let named = record.representations.iter().find(|r| r.eye == Some(eye));
            let unnamed = || record.representations.iter().find(|r| r.eye.is_none());
            let other = || format!("the record is of the other eye, not of the {eye} one");
            let iris = named.or_else(unnamed).ok_or_else(other)?;
            iris.decode_image().map_err(|e| e.to_string())
        }
        other => Err(format!("is {}, not an iris", other.words())),
    }
}

/// Tenths of a degree Celsius from a text such as `36.6` or `36,6`.
pub(super) fn temperature(bytes: &[u8]) -> Result<i32, String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim().replace(',', ".");
    let celsius = text.parse::<f64>().ok().filter(|c| (0.0..=100.0).contains(c));
    let celsius = celsius.ok_or("does not hold one number of degrees Celsius from 0 to 100")?;
    Ok((celsius * 10.0).round() as i32)
}
