//! The lids' edges across the iris as parabolas, found by the step in grey along them, as the circles are (Daugman,
//! "How iris recognition works", 2004, searches lids as arcs in the same way).

use serde::{Deserialize, Serialize};

use super::circle::Circle;
use super::plane::{Plane, cut_spots, quantile};

/// The edge of one lid over the iris. Lengths are in radii of the iris.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LidCurve {
    /// True for the upper lid.
    pub upper: bool,
    /// Distance of the edge from the iris's middle, in the middle column, outward; below 0 the lid is past the middle.
    pub height: f32,
    /// How far the edge has come towards the other lid one radius to the side.
    pub bend: f32,
    /// Fall of the edge per radius to the right.
    pub tilt: f32,
}

impl LidCurve {
    /// Row of the edge in column `x_px` of the picture.
    #[must_use]
    pub fn row_px(&self, iris: &Circle, x_px: f32) -> f32 {
        iris.y + iris.radius * self.at((x_px - iris.x) / iris.radius)
    }

    /// Whether the lid lies over the pixel (x, y).
    #[must_use]
    pub fn covers(&self, iris: &Circle, x_px: f32, y_px: f32) -> bool {
        let (u, v) = ((x_px - iris.x) / iris.radius, (y_px - iris.y) / iris.radius);
        self.beyond(u, v)
    }

    fn at(&self, u: f32) -> f32 {
        let inward = self.bend * u * u - self.height;
        self.tilt * u + if self.upper { inward } else { -inward }
    }

    fn beyond(&self, u: f32, v: f32) -> bool {
        if self.upper { v < self.at(u) } else { v > self.at(u) }
    }
}

/// The lids over the iris, where an edge was found. `None` says that no lid's edge crosses the iris visibly.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Lids {
    /// Edge of the upper lid.
    pub upper: Option<LidCurve>,
    /// Edge of the lower lid.
    pub lower: Option<LidCurve>,
}

impl Lids {
    /// Whether a lid lies over the pixel (x, y).
    #[must_use]
    pub fn cover(&self, iris: &Circle, x_px: f32, y_px: f32) -> bool {
        [self.upper, self.lower].iter().flatten().any(|lid| lid.covers(iris, x_px, y_px))
    }
}

/// Cells along a side of the patch that is searched, and its half width in radii.
const CELLS: usize = 100;
const SPAN: f32 = 1.25;
/// Mean step in grey along an edge from which it counts as a lid.
const LID_STEP: f32 = 6.0;
/// The same with what continues it over the sclera: a lid does not end at the limbus.
const LID_EDGE: f32 = 20.0;
/// Difference in grey between the two sides of an edge from which it counts as a lid: a lid is another thing, while
/// a ring or a furrow of the tissue has tissue on both sides.
const SIDES: f32 = 6.0;
/// Share of the strongest edge's strength from which one farther in is taken for the lid's.
const INNER: f32 = 0.7;
/// What is farther out, in radii, may be the soft limbus.
const RIM: f32 = 0.88;
/// Share of the edge's points that must agree on its direction.
const AGREE: f32 = 0.8;

/// The surroundings of an iris at a fixed size.
struct Patch {
    /// Mean of three cells below less mean of three above.
    steps: Vec<f32>,
    levels: Vec<f32>,
    /// Middle and radius of the pupil in radii of the iris.
    pupil: (f32, f32, f32),
    /// Grey below which a cell within the pupil is pupil.
    dark: f32,
}

impl Patch {
    fn new(half: &Plane, pupil: &Circle, iris: &Circle) -> Self {
        let cell = 2.0 * SPAN * iris.radius / CELLS as f32;
        let mut levels = Vec::with_capacity(CELLS * CELLS);
        for row in 0..CELLS {
            for column in 0..CELLS {
                let x = iris.x + iris.radius * coordinate(column);
                let y = iris.y + iris.radius * coordinate(row);
                levels.push(half.soft((x - 0.5) / 2.0, (y - 0.5) / 2.0, (cell / 6.0).max(0.8)));
            }
        }
        // Spots up to about a quarter of the radius are reflections.
        cut_spots(&mut levels, CELLS, 6);
        let mut steps = vec![0.0; CELLS * CELLS];
        for row in 3..CELLS - 3 {
            for column in 0..CELLS {
                let at = |r: usize| levels[r * CELLS + column];
                let below = at(row + 1) + at(row + 2) + at(row + 3);
                let above = at(row - 1) + at(row - 2) + at(row - 3);
                steps[row * CELLS + column] = ((below - above) / 3.0).clamp(-40.0, 40.0);
            }
        }
        let pupil =
            ((pupil.x - iris.x) / iris.radius, (pupil.y - iris.y) / iris.radius, pupil.radius / iris.radius);
        let mut patch = Self { steps, levels, pupil, dark: 0.0 };
        patch.dark = patch.dark_level();
        patch
    }

    /// Half way between pupil and iris. Both are read from their lower half, which lids cover last.
    fn dark_level(&self) -> f32 {
        let mut inside = Vec::new();
        let mut ring = Vec::new();
        for (u, v, level) in self.cells() {
            let from = self.pupil_radii(u, v);
            if v > self.pupil.1 - 0.1 {
                if from < 0.8 {
                    inside.push(level);
                } else if from > 1.2 && u.hypot(v) < 0.85 && v < 0.6 {
                    ring.push(level);
                }
            }
        }
        0.5 * (quantile(&mut inside, 0.3) + quantile(&mut ring, 0.4))
    }

    fn cells(&self) -> impl Iterator<Item = (f32, f32, f32)> {
        self.levels
            .iter()
            .enumerate()
            .map(|(i, level)| (coordinate(i % CELLS), coordinate(i / CELLS), *level))
    }

    fn pupil_radii(&self, u: f32, v: f32) -> f32 {
        (u - self.pupil.0).hypot(v - self.pupil.1) / self.pupil.2.max(0.01)
    }

    /// Strength of an edge along the curve over the iris, and with what continues it over the sclera; `None` where too little of it crosses the iris or its points disagree.
    fn strength(&self, lid: &LidCurve, other: Option<&LidCurve>) -> Option<(f32, f32)> {
        let (mut sum, mut n, mut down) = (0.0f32, 0.0f32, 0.0f32);
        let (mut outer, mut outer_n) = (0.0f32, 0.0f32);
        for column in (0..CELLS).step_by(2) {
            let u = coordinate(column);
            let v = lid.at(u);
            let row = index(v);
            if !(3..CELLS - 3).contains(&row) {
                continue;
            }
            let step = self.steps[row * CELLS + column];
            let from_iris = u.hypot(v);
            if from_iris > 1.06 {
                outer += step;
                outer_n += 1.0;
                continue;
            }
            // Neither the limbus nor the pupil's edge may be taken for a lid, save where the lid is in the pupil.
            let from_pupil = self.pupil_radii(u, v);
            if from_iris > RIM || (0.55..1.25).contains(&from_pupil) {
                continue;
            }
            if other.is_some_and(|o| o.beyond(u, v - 0.36)) {
                continue;
            }
            sum += step;
            down += f32::from(u8::from(step > 0.0));
            n += 1.0;
        }
        if n < 12.0 {
            return None;
        }
        let agree = down.max(n - down) / n;
        let inner = (sum / n).abs() * agree * agree;
        let outer = if outer_n > 5.0 { (outer / outer_n).abs().min(30.0) } else { 0.0 };
        (agree >= AGREE && inner >= LID_STEP).then_some((inner, inner + 0.6 * outer))
    }

    /// Whether the pupil allows a lid here: what is beyond its edge cannot be dark pupil.
    fn pupil_allows(&self, lid: &LidCurve) -> bool {
        let (mut dark, mut n) = (0.0f32, 0.0f32);
        for (u, v, level) in self.cells() {
            if self.pupil_radii(u, v) < 0.85 && lid.beyond(u, v) {
                n += 1.0;
                dark += f32::from(u8::from(level < self.dark));
            }
        }
        n < 6.0 || dark / n < 0.3
    }

    /// Share of the pupil that is bright and yet under neither lid: what no right pair of lids leaves.
    fn unexplained(&self, lid: Option<&LidCurve>, other: Option<&LidCurve>) -> f32 {
        let (mut bright, mut n) = (0.0f32, 0.0f32);
        for (u, v, level) in self.cells() {
            if self.pupil_radii(u, v) < 0.85 {
                n += 1.0;
                let open = ![lid, other].iter().flatten().any(|l| l.beyond(u, v));
                bright += f32::from(u8::from(open && level > self.dark));
            }
        }
        bright / n.max(1.0)
    }

    /// Difference in grey between what is beyond the edge and what is before it, near it.
    fn sides(&self, lid: &LidCurve, other: Option<&LidCurve>) -> f32 {
        let (mut beyond, mut before) = ((0.0f32, 0.0f32), (0.0f32, 0.0f32));
        for row in (0..CELLS).step_by(2) {
            for column in (0..CELLS).step_by(2) {
                let (u, v) = (coordinate(column), coordinate(row));
                let from = (v - lid.at(u)).abs();
                if !(0.05..0.4).contains(&from) || u.hypot(v) > RIM || self.pupil_radii(u, v) < 1.2 {
                    continue;
                }
                // The other lid and the shadow it casts are no tissue.
                if other.is_some_and(|o| o.beyond(u, v - 0.3)) {
                    continue;
                }
                let side = if lid.beyond(u, v) { &mut beyond } else { &mut before };
                side.0 += self.levels[row * CELLS + column];
                side.1 += 1.0;
            }
        }
        if beyond.1 < 10.0 || before.1 < 10.0 {
            return 0.0;
        }
        (beyond.0 / beyond.1 - before.0 / before.1).abs()
    }

    fn search(&self, upper: bool, other: Option<&LidCurve>) -> Option<LidCurve> {
        let lowest = if upper { -18 } else { 0 };
        let bends: &[f32] = if upper { &[0.04, 0.14, 0.26, 0.4, 0.55] } else { &[0.02, 0.1, 0.2, 0.32] };
        let mut found: Vec<(f32, LidCurve)> = Vec::new();
        for height in (lowest..=24).map(|i| i as f32 * 0.04) {
            for bend in bends {
                for tilt in (-2..=2).map(|i| i as f32 * 0.1) {
                    let lid = LidCurve { upper, height, bend: *bend, tilt };
                    if !plausible(&lid) {
                        continue;
                    }
                    if let Some((_, edge)) = self.strength(&lid, other).filter(|s| s.1 >= 0.5 * LID_EDGE) {
                        found.push((edge, lid));
                    }
                }
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let holds = |lid: &LidCurve| self.pupil_allows(lid) && self.sides(lid, other) >= SIDES;
        // A pupil that is bright in part is proof of a lid, however like the tissue that lid looks.
        let bright = self.unexplained(None, other);
        let proof = bright > 0.035;
        let explains = |lid: &LidCurve| {
            proof && self.pupil_allows(lid) && self.unexplained(Some(lid), other) < 0.3 * bright
        };
        let strong = found.iter().take_while(|(edge, _)| *edge >= LID_EDGE);
        let first = found.iter().take(2000).find(|(_, lid)| explains(lid));
        if upper && proof && first.is_none() {
            return self.over_pupil();
        }
        let (mut top, mut start) = *first.or_else(|| strong.take(400).find(|(_, lid)| holds(lid)))?;
        // The fold above a lid's edge may be the stronger line; the lid ends at the innermost.
        for _ in 0..3 {
            let inner = found.iter().filter(|(edge, lid)| {
                *edge >= (INNER * top).max(LID_EDGE) && lid.height < start.height - 0.15
            });
            let Some((edge, lid)) = inner.take(200).find(|(_, lid)| holds(lid)) else { break };
            (top, start) = (*edge, *lid);
        }
        Some(self.refine(start, other))
    }

    /// An upper lid by what it hides of the pupil alone, for where lashes and shadow blot out its edge.
    fn over_pupil(&self) -> Option<LidCurve> {
        let mut rows: Vec<f32> = self
            .cells()
            .filter(|(u, v, level)| self.pupil_radii(*u, *v) < 0.85 && *level > self.dark)
            .map(|(_, v, _)| v)
            .collect();
        // Bright cells in the lower half are no upper lid's.
        let row = quantile(&mut rows, 0.9);
        (row < self.pupil.1 + 0.5 * self.pupil.2).then_some(LidCurve {
            upper: true,
            height: -row,
            bend: 0.14,
            tilt: 0.0,
        })
    }

    /// Climbs to the place of the greatest step over the iris itself.
    fn refine(&self, start: LidCurve, other: Option<&LidCurve>) -> LidCurve {
        let value = |lid: &LidCurve| self.strength(lid, other).map_or(f32::MIN, |s| s.0);
        let (mut best, mut top) = (start, value(&start));
        for stride in [0.04f32, 0.02, 0.01] {
            for _ in 0..6 {
                let before = top;
                for (height, bend, tilt) in
                    [(1.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 2.0), (1.0, 2.0, 0.0)]
                {
                    for sign in [-stride, stride] {
                        let lid = LidCurve {
                            height: (best.height + sign * height).max(-0.8),
                            bend: (best.bend + sign * bend).clamp(0.0, 0.7),
                            tilt: (best.tilt + sign * tilt).clamp(-0.3, 0.3),
                            upper: best.upper,
                        };
                        let v = value(&lid);
                        if v > top && plausible(&lid) && self.pupil_allows(&lid) {
                            (best, top) = (lid, v);
                        }
                    }
                }
                if top <= before {
                    break;
                }
            }
        }
        best
    }
}

/// A lid that is far open runs round the eyeball; only one that is nearly closed is straight.
fn plausible(lid: &LidCurve) -> bool {
    lid.bend >= 0.14 * lid.height.max(0.0) && lid.tilt.abs() <= 0.25
}

fn coordinate(cell: usize) -> f32 {
    ((cell as f32 + 0.5) / CELLS as f32 * 2.0 - 1.0) * SPAN
}

fn index(coordinate: f32) -> usize {
    ((coordinate / SPAN + 1.0) * 0.5 * CELLS as f32) as usize
}

/// Finds the lids' edges over an iris. `half` is the picture at half size.
pub(super) fn find_lids(half: &Plane, pupil: &Circle, iris: &Circle) -> Lids {
    let patch = Patch::new(half, pupil, iris);
    let upper = patch.search(true, None);
    Lids { upper, lower: patch.search(false, upper.as_ref()) }
}
