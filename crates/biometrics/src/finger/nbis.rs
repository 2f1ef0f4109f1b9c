//! NIST's mindtct (minutiae) and bozorth3 (comparison) behind [`FingerMatcher`], through the crate `nbis-rs`.
//!
//! Three traits of that crate shape this module:
//! - The C code keeps its working tables in process-wide variables. So the lock is process-wide too: a mutex
//!   owned by each matcher object would let two objects run the C code at once. A worker thread would need the
//!   same single instance, a queue and a way to stop; callers are worker threads already, so they wait here.
//! - A set of minutiae can be built from outside only by way of its ISO/IEC 19794-2:2005 reader, whose count
//!   is a signed byte: 127 minutiae at most. The best 127 are used.
//! - It hands minutiae to bozorth3 in order of reliability, but `bz_comp` in bozorth3.c expects them sorted by x
//!   (it breaks off a row at the first one too far to the right, and takes `atan(dy/dx)` with dx >= 0 as a
//!   direction). NIST's own loader sorts them. We pass ranks as the reliabilities, so that the order is x, y.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use nbis::{MinutiaKind as NbisKind, Minutiae, NbisError, extract_minutiae, load_iso_19794_2_2005};

use super::matcher::{FingerError, FingerMatcher, WORK_PPI, at_work_resolution};
use crate::image::GrayImage;
use crate::minutiae::{Minutia, MinutiaKind, Template};

/// Usual decision threshold of bozorth3 (NIST IR 7392 user's guide: a score above 40 usually is a true match).
pub const THRESHOLD: u32 = 40;
/// Most minutiae that are compared, see the module's text.
const MAX_COMPARED: usize = 127;
/// bozorth3 computes nothing below this many (`MIN_COMPUTABLE_BOZORTH_MINUTIAE`).
const MIN_COMPARED: usize = 10;
/// The score that bozorth3 gives when its queue overflows (`QQ_OVERFLOW_SCORE`): not a score at all.
const OVERFLOW_SCORE: i32 = 4000;
/// Grey levels between the darkest and the brightest pixel under which an image holds no print.
const BLANK_SPAN: u8 = 12;
/// Largest coordinate of the format's 14 bits.
const MAX_COORDINATE: u16 = 0x3FFF;

static LIBRARY: Mutex<()> = Mutex::new(());

/// The matcher of NIST's biometric image software. Cheap to make; all share one library.
#[derive(Debug, Clone, Copy, Default)]
pub struct NbisMatcher;

impl NbisMatcher {
    /// The matcher.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

/// Runs `work` alone in the library. A panic leaves only our own values behind (the C code has returned by
/// then), so a poisoned lock is taken up again.
fn alone<T>(work: impl FnOnce() -> Result<T, FingerError>) -> Result<T, FingerError> {
    let _guard = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(FingerError::Panicked))
}

impl FingerMatcher for NbisMatcher {
    fn name(&self) -> &str {
        "nbis-bozorth3"
    }

    fn extract(&self, image: &GrayImage) -> Result<Template, FingerError> {
        let image = at_work_resolution(image)?;
        let (width, height) = (side(image.width())?, side(image.height())?);
        let (low, high) = image.pixels().iter().fold((255, 0), |(l, h), p| (p.min(&l).to_owned(), h.max(*p)));
        let mut found = Vec::new();
        if high.saturating_sub(low) >= BLANK_SPAN {
            // The crate takes encoded images only; a binary PGM is a header before the pixels.
            let mut pgm = format!("P5\n{width} {height}\n255\n").into_bytes();
            pgm.extend_from_slice(image.pixels());
            found = alone(|| {
                let minutiae = extract_minutiae(&pgm, Some(f64::from(WORK_PPI))).map_err(extraction)?;
                Ok(minutiae.get())
            })?;
        }
        found.sort_by(|a, b| b.reliability().total_cmp(&a.reliability()));
        let minutiae = found
            .iter()
            .map(|m| Minutia {
                x: m.x().clamp(0, i32::from(width) - 1) as u16,
                y: m.y().clamp(0, i32::from(height) - 1) as u16,
                // mindtct knows 32 directions; each is a whole number of ISO units (8), so nothing is lost.
                angle: ((m.angle() * 256.0 / 360.0).round() as i32).rem_euclid(256) as u8,
                kind: match m.kind() {
                    NbisKind::RidgeEnding => MinutiaKind::Ending,
                    NbisKind::Bifurcation => MinutiaKind::Bifurcation,
                },
                quality: (m.reliability() * 100.0).round().clamp(1.0, 100.0) as u8,
            })
            .collect();
        Ok(Template { width, height, ppi: WORK_PPI, minutiae })
    }

    fn compare(&self, probe: &Template, gallery: &Template) -> Result<u32, FingerError> {
        let (probe, gallery) = (chosen(probe)?, chosen(gallery)?);
        if probe.len() < MIN_COMPARED || gallery.len() < MIN_COMPARED {
            return Ok(0);
        }
        score(&record(&probe), &record(&gallery))
    }

    fn threshold(&self) -> u32 {
        THRESHOLD
    }
}

fn side(side: u32) -> Result<u16, FingerError> {
    u16::try_from(side)
        .ok()
        .filter(|s| *s <= MAX_COORDINATE)
        .ok_or(FingerError::Template { what: "image size" })
}

fn extraction(error: NbisError) -> FingerError {
    FingerError::Extraction {
        code: match error {
            NbisError::UnexpectedError(code) => code,
            _ => -1,
        },
    }
}

/// The best minutiae at 500 ppi in the order that bozorth3 expects: by x, then y (as its `sort_x_y`).
fn chosen(template: &Template) -> Result<Vec<Minutia>, FingerError> {
    if template.ppi == 0 {
        return Err(FingerError::Template { what: "resolution" });
    }
    let mut best: Vec<Minutia> = template.minutiae.clone();
    best.sort_by_key(|m| std::cmp::Reverse(m.quality));
    best.truncate(MAX_COMPARED);
    for m in &mut best {
        m.x = scaled(m.x, template.ppi)?;
        m.y = scaled(m.y, template.ppi)?;
    }
    best.sort_by_key(|m| (m.x, m.y));
    // Two minutiae never share a place; a template of copies would keep bozorth3 busy for minutes.
    best.dedup_by_key(|m| (m.x, m.y));
    Ok(best)
}

fn scaled(value: u16, ppi: u16) -> Result<u16, FingerError> {
    let value = (u32::from(value) * u32::from(WORK_PPI) + u32::from(ppi) / 2) / u32::from(ppi);
    u16::try_from(value)
        .ok()
        .filter(|v| *v <= MAX_COORDINATE)
        .ok_or(FingerError::Template { what: "coordinate" })
}

/// An ISO/IEC 19794-2:2005 record (24-byte header, 4-byte view header, 6 bytes a minutia, no extended data)
/// for the crate's reader, with falling qualities that keep the order of `minutiae`. At most 127 of them.
fn record(minutiae: &[Minutia]) -> Vec<u8> {
    let length = 28 + 6 * minutiae.len() + 2;
    // The matcher looks at differences of coordinates only, so the size in the header is the smallest that fits.
    let extent = |of: fn(&Minutia) -> u16| minutiae.iter().map(of).max().unwrap_or(0).saturating_add(1);
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(b"FMR\0 20\0");
    bytes.extend_from_slice(&(length as u32).to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&extent(|m| m.x).to_be_bytes());
    bytes.extend_from_slice(&extent(|m| m.y).to_be_bytes());
    // 197 pixels a centimetre both ways, one view, position unknown, live plain, quality not told.
    bytes.extend_from_slice(&[0x00, 0xC5, 0x00, 0xC5, 1, 0, 0, 0, 100, minutiae.len() as u8]);
    for (rank, m) in minutiae.iter().enumerate() {
        let [high, low] = m.x.to_be_bytes();
        bytes.extend_from_slice(&[(m.kind as u8) << 6 | high & 0x3F, low]);
        bytes.extend_from_slice(&m.y.to_be_bytes());
        bytes.extend_from_slice(&[m.angle, 255 - rank as u8]);
    }
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

fn score(probe: &[u8], gallery: &[u8]) -> Result<u32, FingerError> {
    let load = |bytes| load_iso_19794_2_2005(bytes).map_err(|_| FingerError::Comparison);
    let score = alone(|| {
        let (probe, gallery): (Minutiae, Minutiae) = (load(probe)?, load(gallery)?);
        Ok(probe.compare(&gallery))
    })?;
    match u32::try_from(score) {
        Ok(value) if score < OVERFLOW_SCORE => Ok(value),
        _ => Err(FingerError::Comparison),
    }
}

#[cfg(test)]
mod tests;
