//! Reads the files of `rekam bio`: what a file is says its content, not its name.

use std::io::Read;
use std::path::Path;

use biometrics::codec;
use biometrics::image::{GrayImage, RgbImage};
use biometrics::iso::{EmbeddedImage, Part, RecordKind, images, sniff};

use super::super::{CliError, failure};

/// Most bytes of a file that is read.
const MAX_BYTES: u64 = codec::MAX_ENCODED_BYTES as u64;

/// The bytes of a file, at most [`MAX_BYTES`].
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let unread = |e: std::io::Error| {
        failure("CLI-02", format!("{} cannot be read ({e}); name the right file", path.display()))
    };
    if path.is_dir() {
        let what = format!("{} is a folder; name the files in it", path.display());
        return Err(failure("CLI-02", what));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unread)?;
    match bytes.len() as u64 {
        0 => Err(failure("CLI-07", format!("{} is empty; export it again", path.display()))),
        n if n > MAX_BYTES => {
            let what = format!("{} is larger than {MAX_BYTES} bytes; this is no sample", path.display());
            Err(failure("CLI-07", what))
        }
        _ => Ok(bytes),
    }
}

/// What a file that cannot be used is told as.
pub(super) fn bad(path: &Path, error: impl std::fmt::Display) -> CliError {
    failure("CLI-07", format!("{} cannot be used: {error}", path.display()))
}

/// A grey picture with the resolution given where the file tells none.
fn at_ppi(image: GrayImage, ppi: u16) -> Result<GrayImage, biometrics::image::ImageError> {
    if image.ppi().is_some() {
        return Ok(image);
    }
    GrayImage::new(image.width(), image.height(), Some(ppi), image.pixels().to_vec())
}

/// What a file shows: the picture that it is, or those of the record that it is (`None` where it is no record).
fn parts(path: &Path) -> Result<(Vec<u8>, Option<Vec<EmbeddedImage>>), CliError> {
    let bytes = bytes(path)?;
    let images = match sniff(&bytes) {
        None => None,
        Some(_) => Some(images(&bytes).map_err(|e| bad(path, e))?),
    };
    Ok((bytes, images))
}

/// The fingerprints of a picture or a record, with their positions where the record tells them.
pub(super) fn fingers(path: &Path, ppi: u16) -> Result<Vec<(Option<Part>, GrayImage)>, CliError> {
    let (bytes, images) = parts(path)?;
    let Some(images) = images else {
        let image = codec::decode_gray(&bytes).map_err(|e| bad(path, e))?;
        return Ok(vec![(None, at_ppi(image, ppi).map_err(|e| bad(path, e))?)]);
    };
    let mut out = Vec::new();
    for image in images.iter().filter(|i| i.kind == RecordKind::FingerImages) {
        let gray = image.decode_gray().map_err(|e| bad(path, e))?;
        out.push((Some(image.part), at_ppi(gray, ppi).map_err(|e| bad(path, e))?));
    }
    if out.is_empty() { Err(bad(path, "the record holds no finger")) } else { Ok(out) }
}

/// The one fingerprint of a file.
pub(in crate::cli) fn finger(path: &Path, ppi: u16) -> Result<(Option<Part>, GrayImage), CliError> {
    let mut all = fingers(path, ppi)?;
    match (all.pop(), all.len()) {
        (Some(only), 0) => Ok(only),
        (_, more) => Err(bad(path, format!("the record holds {} fingers; one is wanted", more + 1))),
    }
}

/// The face of a picture or a record.
pub(super) fn face(path: &Path) -> Result<RgbImage, CliError> {
    let (bytes, images) = parts(path)?;
    let Some(images) = images else { return codec::decode_rgb(&bytes).map_err(|e| bad(path, e)) };
    let first = images.iter().find(|i| i.kind == RecordKind::FaceImages);
    let first = first.ok_or_else(|| bad(path, "the record holds no face"))?;
    first.decode_rgb().map_err(|e| bad(path, e))
}

/// The irises of a picture or a record.
pub(super) fn irises(path: &Path) -> Result<Vec<(Option<Part>, GrayImage)>, CliError> {
    let (bytes, images) = parts(path)?;
    let Some(images) = images else {
        return Ok(vec![(None, codec::decode_gray(&bytes).map_err(|e| bad(path, e))?)]);
    };
    let mut out = Vec::new();
    for image in images.iter().filter(|i| i.kind == RecordKind::IrisImages) {
        out.push((Some(image.part), image.decode_gray().map_err(|e| bad(path, e))?));
    }
    if out.is_empty() { Err(bad(path, "the record holds no iris")) } else { Ok(out) }
}
