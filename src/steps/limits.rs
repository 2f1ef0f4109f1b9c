//! From which quality on a capture is good enough, and after how many tries the best one may be taken.
//! The scores are of our own measures (`rekam-*-1`); the limits were set on the samples in the test data.

/// Face, 0-100.
pub const FACE_MIN: u8 = 40;
/// Finger, 0-100.
pub const FINGER_MIN: u8 = 30;
/// Iris, 0-100.
pub const IRIS_MIN: u8 = 30;
/// Signature, 0-100.
pub const SIGNATURE_MIN: u8 = 30;
/// Tries after which the best capture may be accepted with a reason.
pub const TRIES: u32 = 3;
/// Failed tries after which the verification of a finger may be replaced by an approval (as with the card reader).
pub const VERIFY_TRIES: u32 = 4;

/// True when a score reaches its limit.
#[must_use]
pub fn reaches(quality: &biometrics::quality::Quality, min: u8) -> bool {
    quality.score.is_some_and(|s| s >= min)
}
