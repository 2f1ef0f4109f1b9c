//! What may be there but cannot be proven without trained networks: a mask over mouth and nose, glare on glasses.
//! Both are suspicions for the officer to look at; they cost no points and never block. A head scarf is never
//! looked for: the card allows it.

use super::colour::mean_lab;
use super::mesh::{KeyPoints, Mesh};
use super::patch::{EYE_DISTANCE_PX, Patch};
use crate::quality::QualityReason;

/// Difference of hue and chroma (a, b) from the forehead from which a part is not bare skin.
const NOT_SKIN: f32 = 13.0;
/// Difference of parts of one piece of cloth.
const ONE_CLOTH: f32 = 9.0;
/// Share of white spots about an eye from which they are more than the light in the eye.
const GLARE: f32 = 0.04;

fn difference(a: [f32; 3], b: [f32; 3]) -> f32 {
    (a[1] - b[1]).hypot(a[2] - b[2])
}

/// Mean colours at points of the mesh.
fn colours(patch: &Patch, mesh: &Mesh, points: &[usize]) -> Option<Vec<[f32; 3]>> {
    let half = 0.1 * EYE_DISTANCE_PX;
    let colour = |point: &usize| {
        let rect = patch.around(patch.place(mesh.at(*point)), half, half);
        mean_lab(patch.face_in(rect))
    };
    points.iter().map(colour).collect()
}

/// A mask: tip of the nose, lips, chin and lower cheeks are of one colour, and it is not that of the forehead. A
/// beard leaves the nose free; lips differ from skin.
fn mask(patch: &Patch, mesh: &Mesh) -> Option<bool> {
    // Between and above the brows.
    let skin = colours(patch, mesh, &[9, 151])?;
    let skin = [0, 1, 2].map(|k| (skin[0][k] + skin[1][k]) / 2.0);
    // Tip of the nose, lower lip, chin, lower cheeks.
    let lower = colours(patch, mesh, &[4, 14, 199, 205, 425])?;
    let mean = [0, 1, 2].map(|k| lower.iter().map(|c| c[k]).sum::<f32>() / lower.len() as f32);
    let covered = lower.iter().all(|c| difference(*c, skin) > NOT_SKIN);
    Some(covered && lower.iter().all(|c| difference(*c, mean) < ONE_CLOTH))
}

/// White spots within the rims of glasses.
fn glare(patch: &Patch, points: &KeyPoints) -> bool {
    [points.right_eye, points.left_eye].iter().any(|eye| {
        let rect = patch.around(patch.place(*eye), 0.34 * EYE_DISTANCE_PX, 0.24 * EYE_DISTANCE_PX);
        let pixels = patch.face_in(rect);
        let white = pixels.iter().filter(|p| p.iter().all(|v| *v >= 248)).count();
        white as f32 > GLARE * pixels.len().max(1) as f32
    })
}

/// Suspicions about a face. `burnt` is the share of the face that is over-exposed: where it is large, white spots
/// say nothing.
pub(super) fn suspicions(patch: &Patch, mesh: &Mesh, points: &KeyPoints, burnt: f64) -> Vec<QualityReason> {
    let mut out = Vec::new();
    if mask(patch, mesh).unwrap_or(false) {
        out.push(QualityReason::MaskSuspected);
    }
    if burnt < 0.1 && glare(patch, points) {
        out.push(QualityReason::GlareSuspected);
    }
    out
}
