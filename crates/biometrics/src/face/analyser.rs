//! The chain: detect, mesh, measure, judge.

use super::background::{BackgroundColour, BackgroundReport, PersonMask, SIDE, ground_report};
use super::detect::{Detection, detect, regions};
use super::judge::{SEVERAL_FACES_MAX, Study, light_without_face};
use super::measure::background_measure;
use super::mesh::{Mesh, mesh};
use super::net::{Model, Net};
use super::sample::{Region, Small, stretched};
use super::{ALGORITHM, FaceBox, FaceError, FaceReport};
use crate::image::RgbImage;
use crate::quality::{Quality, QualityReason};

/// Presence that the mesh has to see in what the detector calls a face.
const MIN_PRESENCE: f32 = 0.5;
/// Width of another face, against the largest, from which it counts as a second person.
const SECOND_FACE: f32 = 0.3;

/// Finds faces and judges portraits. Make one and keep it; usable from many threads.
pub struct FaceAnalyser {
    detector: Net,
    mesh: Net,
    person: Net,
}

impl std::fmt::Debug for FaceAnalyser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaceAnalyser")
    }
}

impl FaceAnalyser {
    /// An analyser with the networks that are part of the program.
    ///
    /// # Errors
    /// [`FaceError::Model`] when a network cannot be read, [`FaceError::Absent`] without the feature `onnx`.
    pub fn new() -> Result<Self, FaceError> {
        Ok(Self {
            detector: Net::load(Model::Detector)?,
            mesh: Net::load(Model::Mesh)?,
            person: Net::load(Model::Person)?,
        })
    }

    /// Finds upright faces from about a tenth of the picture's longer side on, the largest first.
    ///
    /// # Errors
    /// [`FaceError::Detector`] when the detector fails.
    pub fn detect(&self, picture: &RgbImage) -> Result<Vec<FaceBox>, FaceError> {
        Ok(self.find(picture, true)?.iter().map(Detection::face_box).collect())
    }

    /// Finds; `thorough` looks for small faces too, at many times the cost.
    pub(super) fn find(&self, picture: &RgbImage, thorough: bool) -> Result<Vec<Detection>, FaceError> {
        detect(&self.detector, picture, &regions(picture, thorough))
    }

    /// Finds in the given regions only.
    pub(super) fn find_in(
        &self,
        picture: &RgbImage,
        regions: &[Region],
    ) -> Result<Vec<Detection>, FaceError> {
        detect(&self.detector, picture, regions)
    }

    /// The mesh of a region; `None` where there is no face after all.
    pub(super) fn mesh(&self, picture: &RgbImage, region: &Region) -> Result<Option<Mesh>, FaceError> {
        Ok(mesh(&self.mesh, picture, region)?.filter(|m| m.presence >= MIN_PRESENCE))
    }

    /// Where the person is.
    ///
    /// # Errors
    /// [`FaceError::Detector`] when the network fails.
    pub fn person_mask(&self, picture: &RgbImage) -> Result<PersonMask, FaceError> {
        Ok(self.person(picture)?.0)
    }

    fn person(&self, picture: &RgbImage) -> Result<(PersonMask, Small), FaceError> {
        let small = stretched(picture, SIDE, SIDE);
        let values = self.person.run(small.planes(1.0 / 255.0, 0.0))?.pop().unwrap_or_default();
        Ok((PersonMask::new(values).ok_or(FaceError::Detector)?, small))
    }

    /// The background of a picture; `None` where hardly any is to be seen.
    pub(super) fn ground(&self, picture: &RgbImage, expected: BackgroundColour) -> Option<BackgroundReport> {
        let (mask, small) = self.person(picture).ok()?;
        ground_report(&small, &mask, expected)
    }

    /// Finds faces and judges the picture; any even background is right. Where a network fails there is no score.
    #[must_use]
    pub fn assess(&self, picture: &RgbImage) -> FaceReport {
        self.judge(picture, BackgroundColour::Red, false)
    }

    /// As [`assess`](Self::assess); a background of another colour than the card asks for is a fault.
    #[must_use]
    pub fn assess_for_card(&self, picture: &RgbImage, expected: BackgroundColour) -> FaceReport {
        self.judge(picture, expected, true)
    }

    fn judge(&self, picture: &RgbImage, expected: BackgroundColour, colour_counts: bool) -> FaceReport {
        let Ok(found) = self.find(picture, true) else { return empty(None, Vec::new()) };
        let mut faces: Vec<FaceBox> = found.iter().map(Detection::face_box).collect();
        // The mesh rejects finds that are no faces.
        let mut study = None;
        while let (None, Some(detection)) = (&study, found.get(found.len() - faces.len())) {
            let Ok(mesh) = self.refined(picture, detection) else { return empty(None, Vec::new()) };
            study = mesh.and_then(|mesh| Study::new(picture, &mesh, detection.score));
            if study.is_none() {
                faces.remove(0);
            }
        }
        let (Some(mut study), Some(first)) = (study, faces.first_mut()) else {
            let mut reasons = vec![QualityReason::NoFace];
            reasons.extend(light_without_face(picture));
            return empty(Some(0), reasons);
        };
        let detected = first.width;
        *first = study.face;
        let background = self.ground(picture, expected);
        let (mut score, mut reasons) =
            study.verdict(picture.height() as f32, background.as_ref(), colour_counts);
        if faces.iter().skip(1).any(|f| f.width as f32 >= SECOND_FACE * detected as f32) {
            reasons.insert(0, QualityReason::SeveralFaces);
            score = score.min(SEVERAL_FACES_MAX);
        }
        if let Some(ground) = &background {
            study.measures.insert(0, background_measure(f64::from(ground.gradient)));
        }
        FaceReport {
            quality: quality(Some(score), reasons),
            faces,
            measures: study.measures,
            pose: Some(study.pose),
            points: Some(study.points),
            background: background.filter(|_| colour_counts),
        }
    }

    /// The mesh of a find, placed a second time by its own outline: the detector's square is coarse.
    fn refined(&self, picture: &RgbImage, detection: &Detection) -> Result<Option<Mesh>, FaceError> {
        let Some(first) = self.mesh(picture, &detection.mesh_region())? else { return Ok(None) };
        Ok(self.mesh(picture, &first.next_region())?.or(Some(first)))
    }
}

pub(super) fn quality(score: Option<u8>, reasons: Vec<QualityReason>) -> Quality {
    // Not validated: no set of portraits with known quality was at hand.
    Quality { score, algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

fn empty(score: Option<u8>, reasons: Vec<QualityReason>) -> FaceReport {
    FaceReport {
        quality: quality(score, reasons),
        faces: Vec::new(),
        measures: Vec::new(),
        pose: None,
        points: None,
        background: None,
    }
}
