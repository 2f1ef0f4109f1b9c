//! Turns the bytes of a sample into what a device gives. The content decides what a file is, not its name.

use biometrics::image::{GrayImage, RgbImage};
use biometrics::position::{Eye, FingerPosition};

/// Rank of a face file of unknown content.
pub(super) const RANK_UNKNOWN: u8 = 9;

pub(super) fn face_rank(_head: &[u8]) -> Option<u8> {
    None
}
pub(super) fn is_record(head: &[u8]) -> bool {
    [b"FIR\0", b"FAC\0", b"IIR\0"].iter().any(|magic| head.starts_with(*magic))
}
pub(super) fn finger_of_record(_bytes: &[u8]) -> Option<FingerPosition> {
    None
}
pub(super) fn eye_of_record(_bytes: &[u8]) -> Option<Eye> {
    None
}
pub(super) fn photo(_bytes: &[u8]) -> Result<RgbImage, String> {
    Err("BIO".to_owned())
}
pub(super) fn finger(
    _bytes: &[u8],
    _position: FingerPosition,
    _ppi: Option<u16>,
) -> Result<GrayImage, String> {
    Err("BIO".to_owned())
}
pub(super) fn iris(_bytes: &[u8], _eye: Eye) -> Result<GrayImage, String> {
    Err("BIO".to_owned())
}

/// Tenths of a degree Celsius from a text such as `36.6` or `36,6`.
pub(super) fn temperature(bytes: &[u8]) -> Result<i32, String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim().replace(',', ".");
    let celsius = text.parse::<f64>().ok().filter(|c| (0.0..=100.0).contains(c));
    let celsius = celsius.ok_or("does not hold one number of degrees Celsius from 0 to 100")?;
    Ok((celsius * 10.0).round() as i32)
}
