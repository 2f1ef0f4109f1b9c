//! From measures to one score and reasons. The limits are our own.

use super::FaceBox;
use super::background::BackgroundReport;
use super::colour::mean_lab;
use super::crop::share_inside;
use super::measure::{Measured, measure, skin_distance};
use super::mesh::{KeyPoints, Mesh};
use super::ofiq::Measure;
use super::patch::Patch;
use super::pose::{HeadPose, pose};
use super::suspect::suspicions;
use crate::image::RgbImage;
use crate::quality::QualityReason;

/// Part below which its reason is named.
const FAULT: f32 = 0.6;
/// A part is never counted below this: one fault alone does not hide the others.
const LEAST: f32 = 0.03;
/// Best score of a picture with several faces.
pub(super) const SEVERAL_FACES_MAX: u8 = 20;

/// One part of the score: 0 (unfit) to 1 (fit), exponent, reason.
type Part = (f32, f32, QualityReason);

/// Everything known about the largest face.
#[derive(Debug)]
pub(super) struct Study {
    pub(super) face: FaceBox,
    pub(super) points: KeyPoints,
    pub(super) pose: HeadPose,
    pub(super) measures: Vec<Measured>,
    /// Middle tones of the face (75th percentile of the luma) and the spread of its luma.
    luma: f32,
    luma_range: f32,
    /// Difference of the cheeks' lightness (CIELAB), and the distance of their colour from skin.
    cheeks: f32,
    skin_distance: f32,
    inside: f32,
    off_centre: f32,
    suspicions: Vec<QualityReason>,
}

/// Luma of the face: 75th percentile, and 5th to 95th.
fn lumas(patch: &Patch) -> Option<(f32, f32)> {
    let luma = patch.image.luma();
    let mut values: Vec<f32> = luma.iter().zip(&patch.face).filter(|(_, f)| **f).map(|(l, _)| *l).collect();
    if values.len() < 100 {
        return None;
    }
    let mut part = |share: f32| {
        let at = ((values.len() - 1) as f32 * share) as usize;
        *values.select_nth_unstable_by(at, f32::total_cmp).1
    };
    let (low, middle, high) = (part(0.05), part(0.75), part(0.95));
    Some((middle, high - low))
}

impl Study {
    /// Measures a face; `None` when hardly anything of it lies inside the picture.
    pub(super) fn new(picture: &RgbImage, mesh: &Mesh, score: f32) -> Option<Self> {
        let (points, face, pose) = (mesh.key_points(), mesh.face_box(score), pose(mesh));
        let patch = Patch::cut(picture, mesh, &points)?;
        let (luma, luma_range) = lumas(&patch)?;
        let measures = measure(picture, mesh, &points, pose, &patch);
        let (cheeks, skin_distance) = match patch.cheeks(&points).map(|c| mean_lab(patch.face_in(c))) {
            [Some(a), Some(b)] => {
                ((a[0] - b[0]).abs(), skin_distance([0, 1, 2].map(|k| (a[k] + b[k]) / 2.0)))
            }
            _ => (0.0, 0.0), // turned so far that one is hidden: the pose says so
        };
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let x = face.x as f32 + face.width as f32 / 2.0;
        let y = face.y as f32 + face.height as f32 / 2.0;
        let (dx, dy) = ((x / width - 0.5) * 2.0, (y / height - 0.5) * 2.0);
        let mut study = Self {
            face,
            points,
            pose,
            measures,
            luma,
            luma_range,
            cheeks,
            skin_distance,
            inside: share_inside(picture, &face),
            // Heads stand above the middle in a good portrait: that half counts less.
            off_centre: dx.hypot(if dy < 0.0 { 0.5 * dy } else { dy }),
            suspicions: Vec::new(),
        };
        let burnt = study.native(Measure::OverExposure);
        study.suspicions = suspicions(&patch, mesh, &study.points, f64::from(burnt));
        Some(study)
    }

    pub(super) fn native(&self, measure: Measure) -> f32 {
        self.measures.iter().find(|m| m.measure == measure).map_or(0.0, |m| m.native as f32)
    }

    /// A scalar as 0 to 1.
    pub(super) fn scalar(&self, measure: Measure) -> f32 {
        self.measures.iter().find(|m| m.measure == measure).map_or(0.0, |m| f32::from(m.scalar) / 100.0)
    }

    fn place(&self, height: f32) -> [Part; 6] {
        use QualityReason as R;
        let size = self.face.height as f32 / height.max(1.0);
        [
            (ramp(0.08, 0.22, size), 0.5, R::FaceTooFar),
            (1.0 - ramp(0.5, 0.75, size), 0.5, R::FaceTooNear),
            // ISO/IEC 19794-5 and ICAO ask for 90 pixels between the eyes.
            (ramp(24.0, 90.0, self.native(Measure::InterEyeDistance)), 0.3, R::TooSmall),
            (ramp(0.6, 0.97, self.inside), 0.5, if size > 0.4 { R::FaceTooNear } else { R::HeadCutOff }),
            (ramp(1.0, 1.6, self.native(Measure::MarginAbove)), 0.2, R::HeadCutOff),
            (1.0 - ramp(0.25, 0.8, self.off_centre), 0.3, R::OffCentre),
        ]
    }

    fn light(&self) -> [Part; 7] {
        use QualityReason as R;
        [
            // Not OFIQ's mean luminance: it counts dark skin as a fault of the light.
            (ramp(30.0, 75.0, self.luma), 0.5, R::TooDark),
            (self.scalar(Measure::UnderExposure), 0.3, R::TooDark),
            (1.0 - ramp(205.0, 250.0, self.luma), 0.5, R::TooBright),
            (1.0 - ramp(0.04, 0.3, self.native(Measure::OverExposure)), 0.4, R::TooBright),
            (ramp(20.0, 75.0, self.luma_range), 0.4, R::LowContrast),
            (1.0 - ramp(8.0, 24.0, self.cheeks), 0.2, R::ShadowOnFace),
            // OFIQ's value jumps to 100 where a or b is below 0, on bluish light too; the distance alone does not.
            (1.0 - ramp(8.0, 24.0, self.skin_distance), 0.2, R::UnnaturalColour),
        ]
    }

    fn face(&self) -> [Part; 6] {
        use QualityReason as R;
        let pitch = self.pose.pitch;
        [
            (self.scalar(Measure::Sharpness), 0.5, R::Blurred),
            (self.scalar(Measure::EyesOpen), 0.6, R::EyesClosed),
            (self.scalar(Measure::MouthClosed), 0.4, R::MouthOpen),
            (1.0 - ramp(6.0, 18.0, self.pose.yaw.abs()), 0.4, R::HeadTurned),
            (1.0 - ramp(8.0, 22.0, pitch.abs()), 0.3, if pitch > 0.0 { R::ChinUp } else { R::ChinDown }),
            (1.0 - ramp(5.0, 13.0, self.pose.roll.abs()), 0.3, R::HeadTilted),
        ]
    }

    /// Score and reasons, the worst first. The background counts where there is a report of it, its colour only
    /// where `colour_counts`.
    pub(super) fn verdict(
        &self,
        height: f32,
        background: Option<&BackgroundReport>,
        colour_counts: bool,
    ) -> (u8, Vec<QualityReason>) {
        let mut parts: Vec<Part> = Vec::with_capacity(21);
        parts.extend(self.place(height));
        parts.extend(self.light());
        parts.extend(self.face());
        if let Some(b) = background {
            let uneven = ramp(12.0, 50.0, b.gradient).max(ramp(8.0, 24.0, b.deviation));
            parts.push((1.0 - 0.7 * uneven, 0.3, QualityReason::BackgroundUneven));
            if colour_counts && !b.matches {
                parts.push((0.4, 0.3, QualityReason::BackgroundColour));
            }
        }
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let product = parts.iter().map(|(part, weight, _)| part.max(LEAST).ln() * weight).sum::<f32>().exp();
        let score = (product * 100.0).round().clamp(0.0, 100.0) as u8;
        let mut reasons = Vec::new();
        let faults = parts.iter().filter(|(part, _, _)| *part < FAULT).map(|(_, _, reason)| *reason);
        for reason in faults.chain(self.suspicions.iter().copied()) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        (score, reasons)
    }
}

pub(super) fn ramp(low: f32, high: f32, value: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

/// Too dark or too bright, for pictures in which no face was found.
pub(super) fn light_without_face(picture: &RgbImage) -> Option<QualityReason> {
    let sum: u64 = picture.pixels().iter().map(|p| u64::from(*p)).sum();
    match sum / picture.pixels().len().max(1) as u64 {
        0..30 => Some(QualityReason::TooDark),
        236.. => Some(QualityReason::TooBright),
        _ => None,
    }
}
