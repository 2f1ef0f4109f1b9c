//! When a capture is good enough. The limits are the policy's (`[capture]`).

/// True when a score reaches its limit; one that equals it does.
#[must_use]
pub fn reaches(quality: &biometrics::quality::Quality, min: u8) -> bool {
    quality.score.is_some_and(|s| s >= min)
}
