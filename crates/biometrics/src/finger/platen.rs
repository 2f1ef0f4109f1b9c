//! Whether the empty glass is clean, after disinfection and before the next person.
//!
//! Three things are looked for: the faint ridges of the last print, streaks and drops of a wet cloth, and dirt. All are
//! told from a slow fall of the light over the glass, which every reader has. Not validated: no picture of a real dirty
//! platen was at hand, only synthetic ones.

use super::matcher::{FingerError, PPI_RANGE, WORK_PPI};
use super::quality::blocks::Plane;
use super::quality::texture::{TILE_PX, Tile, Tiles};
use crate::image::GrayImage;
use crate::quality::QualityReason;

/// Grey levels by which a tile must differ from the even light.
const UNEVEN_GREY: f32 = 5.0;
/// A tile is textured when its deviation is this much above the usual one of the glass, in grey levels.
const TEXTURE_GREY: f32 = 2.5;
/// Tiles with ridges that touch each other and count as a print (a tile is 2.6 mm²).
const GHOST_TILES: usize = 4;
/// Length against width from which an uneven area is a streak.
const STREAK: f32 = 2.5;
/// Tiles that a streak has at least.
const STREAK_TILES: usize = 5;
/// Most areas that are reported; the largest come first.
const MAX_AREAS: usize = 64;

/// Why an empty glass could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlatenError {
    /// The image cannot be used.
    #[error(transparent)]
    Image(#[from] FingerError),
    /// The picture of the clean glass does not belong to this image.
    #[error("BIO-38 the picture of the clean glass has another size than this one; take it again")]
    Reference,
}

/// What is on the empty glass.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatenReport {
    /// True when nothing was found.
    pub clean: bool,
    /// What was found, largest area first.
    pub reasons: Vec<QualityReason>,
    /// Where it was found, largest first.
    pub areas: Vec<UnevenArea>,
    /// False: no sample of a real dirty platen was at hand.
    pub validated: bool,
}

/// A place that is not even, in pixels of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnevenArea {
    /// Left edge.
    pub left_px: u32,
    /// Top edge.
    pub top_px: u32,
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
    /// [`QualityReason::GhostPrint`], [`QualityReason::PlatenWet`] or [`QualityReason::PlatenDirty`].
    pub reason: QualityReason,
}

/// Judges a picture of the empty glass at about 500 ppi. `reference` is a picture of the same glass when clean, where
/// there is one; without it the even light is estimated from the picture itself.
///
/// # Errors
/// [`PlatenError`] when the resolution is not near 500 ppi (a ghost's ridges would be missed), the image is too small to
/// hold a tile, or the reference has another size.
pub fn assess_platen(image: &GrayImage, reference: Option<&GrayImage>) -> Result<PlatenReport, PlatenError> {
    let ppi = image.ppi().unwrap_or(WORK_PPI);
    if !PPI_RANGE.contains(&ppi) || ppi.abs_diff(WORK_PPI) > WORK_PPI / 10 {
        return Err(FingerError::Resolution { ppi }.into());
    }
    if (image.width() as usize) < 2 * TILE_PX || (image.height() as usize) < 2 * TILE_PX {
        return Err(FingerError::TooSmall { width: image.width(), height: image.height() }.into());
    }
    let mut plane = Plane::whole(image);
    if let Some(clean) = reference {
        if (clean.width(), clean.height()) != (image.width(), image.height()) {
            return Err(PlatenError::Reference);
        }
        for (pixel, ground) in plane.pixels.iter_mut().zip(clean.pixels()) {
            *pixel = (128 + i32::from(*pixel) - i32::from(*ground)).clamp(0, 255) as u8;
        }
    }
    let tiles = Tiles::of(&plane, |_, _| true);
    let areas = areas(&tiles, reference.is_some());
    let mut reasons = Vec::new();
    for area in &areas {
        if !reasons.contains(&area.reason) {
            reasons.push(area.reason);
        }
    }
    Ok(PlatenReport { clean: areas.is_empty(), reasons, areas, validated: false })
}

fn areas(tiles: &Tiles, has_reference: bool) -> Vec<UnevenArea> {
    // Against a reference only the lamp's level may differ; else the light falls over the glass.
    let light = if has_reference {
        vec![median(tiles.tiles.iter().map(|t| t.mean).collect()); tiles.tiles.len()]
    } else {
        even_light(tiles)
    };
    let usual = median(tiles.tiles.iter().map(|t| t.deviation).collect());
    let mut marked = tiles.clone();
    for (tile, light) in marked.tiles.iter_mut().zip(&light) {
        tile.mean -= light;
        tile.deviation -= usual;
    }
    let ghosts: Vec<Vec<usize>> =
        marked.groups(|t| t.ridges > 0.0).into_iter().filter(|g| g.len() >= GHOST_TILES).collect();
    for i in ghosts.iter().flatten() {
        marked.tiles[*i] = Tile::default();
    }
    let uneven = |t: &Tile| t.mean.abs() > UNEVEN_GREY || t.deviation > TEXTURE_GREY;
    let others = marked.groups(uneven);
    let mut found: Vec<(usize, UnevenArea)> = ghosts
        .iter()
        .map(|g| (g.len(), boxed(tiles, g, QualityReason::GhostPrint)))
        .chain(others.iter().map(|g| (g.len(), boxed(tiles, g, cause(&marked, g)))))
        .collect();
    // The rim of a ghost is uneven too: it belongs to the ghost.
    let ghost_boxes: Vec<UnevenArea> =
        found.iter().map(|(_, a)| *a).filter(|a| a.reason == QualityReason::GhostPrint).collect();
    found.retain(|(_, a)| a.reason == QualityReason::GhostPrint || !ghost_boxes.iter().any(|g| near(g, a)));
    found.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    found.into_iter().map(|(_, area)| area).take(MAX_AREAS).collect()
}

/// Whether `inner` lies within `outer`, give or take two tiles.
fn near(outer: &UnevenArea, inner: &UnevenArea) -> bool {
    let slack = 2 * TILE_PX as u32;
    inner.left_px + slack >= outer.left_px
        && inner.top_px + slack >= outer.top_px
        && inner.left_px + inner.width_px <= outer.left_px + outer.width_px + slack
        && inner.top_px + inner.height_px <= outer.top_px + outer.height_px + slack
}

/// Water shifts the grey of an area as a whole or runs in streaks; dirt is texture in one place.
fn cause(marked: &Tiles, group: &[usize]) -> QualityReason {
    let shift = group.iter().map(|i| marked.tiles[*i].mean.abs()).sum::<f32>() / group.len() as f32;
    let texture = group.iter().map(|i| marked.tiles[*i].deviation).sum::<f32>() / group.len() as f32;
    let streak = group.len() >= STREAK_TILES && elongation(marked, group) >= STREAK;
    if streak || (group.len() >= 2 && shift > UNEVEN_GREY && shift >= texture) {
        QualityReason::PlatenWet
    } else {
        QualityReason::PlatenDirty
    }
}

/// Length against width of a group of tiles, from the axes of its second moments.
fn elongation(tiles: &Tiles, group: &[usize]) -> f32 {
    let n = group.len() as f32;
    let place = |i: &usize| ((i % tiles.columns) as f32, (i / tiles.columns) as f32);
    let (sx, sy) = group.iter().map(place).fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    let (mx, my) = (sx / n, sy / n);
    // A tile is not a point: its own second moment is a twelfth of its side squared.
    let (mut xx, mut yy, mut xy) = (1.0 / 12.0, 1.0 / 12.0, 0.0);
    for (x, y) in group.iter().map(place) {
        xx += (x - mx) * (x - mx) / n;
        yy += (y - my) * (y - my) / n;
        xy += (x - mx) * (y - my) / n;
    }
    let root = ((xx - yy) * (xx - yy) + 4.0 * xy * xy).sqrt();
    ((xx + yy + root) / (xx + yy - root).max(1.0 / 12.0)).sqrt()
}

fn boxed(tiles: &Tiles, group: &[usize], reason: QualityReason) -> UnevenArea {
    let columns = group.iter().map(|i| i % tiles.columns);
    let rows = group.iter().map(|i| i / tiles.columns);
    let (left, right) = (columns.clone().min().unwrap_or(0), columns.max().unwrap_or(0));
    let (top, bottom) = (rows.clone().min().unwrap_or(0), rows.max().unwrap_or(0));
    let px = |tiles: usize| (tiles * TILE_PX) as u32;
    UnevenArea {
        left_px: px(left),
        top_px: px(top),
        width_px: px(right - left + 1),
        height_px: px(bottom - top + 1),
        reason,
    }
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The light over the glass at every tile: a plane by least squares, fitted again without the tiles that do not follow.
fn even_light(tiles: &Tiles) -> Vec<f32> {
    let means: Vec<f32> = tiles.tiles.iter().map(|t| t.mean).collect();
    let start = median(means.clone());
    let mut light = vec![start; means.len()];
    for _ in 0..4 {
        let errors: Vec<f32> = means.iter().zip(&light).map(|(m, l)| (m - l).abs()).collect();
        let limit = (3.0 * median(errors.clone())).max(2.0);
        let Some(fitted) = plane_through(tiles, &means, |i| errors[i] <= limit) else { break };
        light = fitted;
    }
    light
}

fn plane_through(tiles: &Tiles, means: &[f32], used: impl Fn(usize) -> bool) -> Option<Vec<f32>> {
    let place = |i: usize| {
        let x = (i % tiles.columns) as f32 - (tiles.columns as f32 - 1.0) / 2.0;
        (x, (i / tiles.columns) as f32 - (tiles.rows as f32 - 1.0) / 2.0)
    };
    let taken: Vec<usize> = (0..means.len()).filter(|i| used(*i)).collect();
    let n = taken.len() as f32;
    let mean = |of: &dyn Fn(usize) -> f32| taken.iter().map(|i| of(*i)).sum::<f32>() / n;
    if taken.len() < 4 {
        return None;
    }
    let (mx, my, mz) = (mean(&|i| place(i).0), mean(&|i| place(i).1), mean(&|i| means[i]));
    let product = |a: &dyn Fn(usize) -> f32, b: &dyn Fn(usize) -> f32| mean(&|i| a(i) * b(i));
    let (x, y, z) = (|i: usize| place(i).0 - mx, |i: usize| place(i).1 - my, |i: usize| means[i] - mz);
    let (xx, yy, xy, xz, yz) =
        (product(&x, &x), product(&y, &y), product(&x, &y), product(&x, &z), product(&y, &z));
    let det = xx * yy - xy * xy;
    if det <= f32::EPSILON {
        return None;
    }
    let (a, b) = ((xz * yy - yz * xy) / det, (yz * xx - xz * xy) / det);
    Some((0..means.len()).map(|i| mz + a * x(i) + b * y(i)).collect())
}

#[cfg(test)]
mod tests;
