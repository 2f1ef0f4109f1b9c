//! From the foreground to one region per finger: connected parts, the turn of the hand, and the seams between
//! fingers that touch.

use super::geometry::half_turn;
use super::grid::{CELLS_PER_MM, Grid, blur};

/// Smallest region that is looked at, in cells (about 5.5 mm²); smaller is dust.
const MIN_CELLS: usize = 60;
/// Smallest share of a finger's cells that must look like ridges.
pub(super) const MIN_RIDGED: f32 = 0.3;
/// Narrowest finger that a seam may leave, in mm (the little finger of a child).
const MIN_PART_MM: f32 = 6.0;
/// Largest number of fingers that one region is split into (bounds the recursion).
const MAX_SPLITS: u32 = 3;

/// Cells that belong together.
#[derive(Debug, Clone)]
pub(super) struct Region {
    /// Column and row of each cell.
    pub(super) cells: Vec<(u16, u16)>,
    /// Which connected part of the foreground they come from.
    pub(super) component: usize,
}

impl Region {
    /// Share of cells that look like ridges.
    pub(super) fn ridged(&self, grid: &Grid) -> f32 {
        let n = self.cells.iter().filter(|(x, y)| grid.ridged[at(grid, *x, *y)]).count();
        n as f32 / self.cells.len().max(1) as f32
    }
}

/// Index of a cell.
pub(super) fn at(grid: &Grid, x: u16, y: u16) -> usize {
    usize::from(y) * grid.width + usize::from(x)
}

/// Connected parts (4 neighbours) of the foreground that look like skin, from top left to bottom right.
pub(super) fn connected(grid: &Grid) -> Vec<Region> {
    let mut seen = vec![false; grid.mask.len()];
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..grid.mask.len() {
        if seen[start] || !grid.mask[start] {
            continue;
        }
        seen[start] = true;
        open.push(start);
        let mut cells = Vec::new();
        while let Some(i) = open.pop() {
            let (x, y) = (i % grid.width, i / grid.width);
            cells.push((x as u16, y as u16));
            let near = [
                (x > 0).then(|| i - 1),
                (x + 1 < grid.width).then(|| i + 1),
                (y > 0).then(|| i - grid.width),
                (y + 1 < grid.height).then(|| i + grid.width),
            ];
            for j in near.into_iter().flatten() {
                if grid.mask[j] && !seen[j] {
                    seen[j] = true;
                    open.push(j);
                }
            }
        }
        let region = Region { cells, component: found.len() };
        if region.cells.len() >= MIN_CELLS && region.ridged(grid) >= MIN_RIDGED {
            found.push(region);
        }
    }
    found
}

/// Turn of the hand in degrees, counter-clockwise, within -60 to 60: where the long sides of the fingers point.
/// The rounded tips point to both sides alike, and the flat ends lie outside the range that is searched.
pub(super) fn turn(grid: &Grid, regions: &[Region]) -> f32 {
    let mut field = vec![0.0f32; grid.mask.len()];
    for (x, y) in regions.iter().flat_map(|r| &r.cells) {
        field[at(grid, *x, *y)] = 1.0;
    }
    let field = blur(&blur(&field, grid.width, grid.height, 2), grid.width, grid.height, 2);
    // Weight of edges by the finger axis that they would be the side of, one bin a degree.
    let mut weights = [0.0f32; 180];
    for y in 4..grid.height.saturating_sub(4) {
        for x in 4..grid.width.saturating_sub(4) {
            let i = y * grid.width + x;
            let gx = field[i + 1] - field[i - 1];
            let gy = field[i + grid.width] - field[i - grid.width];
            let size = (gx * gx + gy * gy).sqrt();
            if size > 0.05 {
                let deg = half_turn((-gy).atan2(gx).to_degrees());
                weights[(deg + 90.0) as usize % 180] += size;
            }
        }
    }
    let near = |deg: f32, reach: f32| {
        let mut sums = (0.0f32, 0.0f32);
        for (i, w) in weights.iter().enumerate() {
            let off = i as f32 - 89.5 - deg;
            let k = (1.0 - (off / reach).powi(2)).max(0.0) * w;
            sums.0 += k;
            sums.1 += k * off;
        }
        sums
    };
    let (rough, spread) = lie(regions);
    let mut best = (0.0f32, 0.0f32, 0.0f32);
    let mut total = 0.0;
    for deg in -60..=60 {
        let deg = deg as f32;
        let (mass, _) = near(deg, 20.0);
        total += mass;
        // People lay their hands straight rather than turned.
        let likely = mass * (-0.5 * (((deg - rough) / spread).powi(2) + (deg / 30.0).powi(2))).exp();
        if likely > best.0 * 1.0001 {
            best = (likely, deg, mass);
        }
    }
    let mut deg = best.1;
    // Round fingertips have no long sides: their edges point everywhere and refine nothing.
    if best.2 < 1.4 * total / 121.0 {
        return deg;
    }
    for _ in 0..5 {
        let (mass, moment) = near(deg, 25.0);
        if mass > 0.0 {
            deg = (deg + moment / mass).clamp(-60.0, 60.0);
        }
    }
    deg
}

/// Rough turn of a hand in degrees and how much it may be off: several fingers side by side lie in a row across
/// the hand. (The little finger lies low, which alone makes up to 15 degrees.)
fn lie(regions: &[Region]) -> (f32, f32) {
    let (mut n, mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0f64, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in regions.iter().flat_map(|r| &r.cells) {
        let (x, y) = (f64::from(*x), f64::from(*y));
        n += 1.0;
        sx += x;
        sy += y;
        sxx += x * x;
        syy += y * y;
        sxy += x * y;
    }
    if n < 1.0 {
        return (0.0, 30.0);
    }
    let (xx, yy, xy) = (sxx - sx * sx / n, syy - sy * sy / n, sxy - sx * sy / n);
    let root = (((xx - yy) / 2.0).powi(2) + xy * xy).sqrt();
    let (long, short) = ((xx + yy) / 2.0 + root, (xx + yy) / 2.0 - root);
    let deg = half_turn((0.5 * (-2.0 * xy).atan2(xx - yy)).to_degrees() as f32);
    // A row of three or four is at least 1.6 times as long as it is high.
    if long > 2.5 * short && deg.abs() < 65.0 { (deg, 17.0) } else { (0.0, 25.0) }
}

/// Cuts a region at the seams between touching fingers; one finger comes back whole.
pub(super) fn split(grid: &Grid, region: Region, turn_deg: f32) -> Vec<Region> {
    let mut whole = vec![region];
    for _ in 0..MAX_SPLITS {
        let mut parts = Vec::new();
        for region in whole.drain(..) {
            let Some((deg, seam)) = best_seam(grid, &region, turn_deg) else {
                parts.push(region);
                continue;
            };
            let (sin, cos) = deg.to_radians().sin_cos();
            let left = |c: &(u16, u16)| f32::from(c.0) * cos - f32::from(c.1) * sin < seam;
            let (a, b): (Vec<_>, Vec<_>) = region.cells.iter().copied().partition(left);
            parts.push(Region { cells: a, component: region.component });
            parts.push(Region { cells: b, component: region.component });
        }
        whole = parts;
    }
    whole
}

/// The seam that crosses least print, if it is a seam: its turn in degrees and its place across the axis.
fn best_seam(grid: &Grid, region: &Region, turn_deg: f32) -> Option<(f32, f32)> {
    let mut best: Option<(f32, f32, f32)> = None;
    for step in -4..=4 {
        let deg = turn_deg + 3.0 * step as f32;
        let profile = Profile::new(grid, region, deg);
        if let Some((ratio, seam)) = profile.valley() {
            // A seam that leans with the hand is likelier than one across it.
            let cost = ratio * (1.0 + 0.01 * (step as f32).abs());
            if best.is_none_or(|b| cost < b.0) {
                best = Some((cost, deg, seam));
            }
        }
    }
    best.map(|(_, deg, seam)| (deg, seam))
}

/// How much print lies along each line parallel to an axis.
struct Profile {
    from: f32,
    ink: Vec<f32>,
    /// Nearest and farthest cell along the line, from the tip's side.
    top: Vec<f32>,
    bottom: Vec<f32>,
}

impl Profile {
    fn new(grid: &Grid, region: &Region, deg: f32) -> Self {
        let (sin, cos) = deg.to_radians().sin_cos();
        let frame = |c: &(u16, u16)| {
            let (x, y) = (f32::from(c.0), f32::from(c.1));
            (x * cos - y * sin, x * sin + y * cos)
        };
        let (low, high) = region
            .cells
            .iter()
            .map(|c| frame(c).0)
            .fold((f32::INFINITY, f32::NEG_INFINITY), |b, u| (b.0.min(u), b.1.max(u)));
        let n = if high >= low { (high - low) as usize + 2 } else { 0 };
        let mut p = Self {
            from: low,
            ink: vec![0.0; n],
            top: vec![f32::INFINITY; n],
            bottom: vec![f32::NEG_INFINITY; n],
        };
        for cell in &region.cells {
            let (u, v) = frame(cell);
            let (i, t) = ((u - low) as usize, (u - low).fract());
            if grid.raw[at(grid, cell.0, cell.1)] {
                p.ink[i] += 1.0 - t;
                p.ink[i + 1] += t;
            }
            p.top[i] = p.top[i].min(v);
            p.bottom[i] = p.bottom[i].max(v);
        }
        p.ink = (0..n)
            .map(|i| {
                let near = &p.ink[i.saturating_sub(1)..(i + 2).min(n)];
                near.iter().sum::<f32>() / near.len() as f32
            })
            .collect();
        p
    }

    /// The deepest valley that may part two fingers: its depth against the lower of the peaks on both sides
    /// (0 nothing there, 1 no valley), and its place.
    fn valley(&self) -> Option<(f32, f32)> {
        let n = self.ink.len();
        let part = (MIN_PART_MM * CELLS_PER_MM) as usize;
        let limit = deepest_allowed(n as f32 / CELLS_PER_MM);
        let mut best: Option<(f32, f32)> = None;
        for i in part..n.saturating_sub(part) {
            let peak = |side: &[f32]| side.iter().copied().fold(0.0, f32::max);
            let (left, right) = (peak(&self.ink[..i]), peak(&self.ink[i + 1..]));
            let ratio = self.ink[i] / left.min(right).max(1.0);
            if ratio < limit && best.is_none_or(|b| ratio < b.0) && (ratio < 0.35 || self.notched(i)) {
                best = Some((ratio, self.from + i as f32 + 0.5));
            }
        }
        best
    }

    /// Whether the outline is drawn in at line `i`, above or below, by at least 1.2 mm: a scar or a dry patch
    /// inside one finger leaves its outline as it is.
    fn notched(&self, i: usize) -> bool {
        let least = 1.2 * CELLS_PER_MM;
        let low = |side: &[f32]| side.iter().copied().fold(f32::INFINITY, f32::min);
        let high = |side: &[f32]| side.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let top = self.top[i] - low(&self.top[..i]).max(low(&self.top[i + 1..]));
        let bottom = high(&self.bottom[..i]).min(high(&self.bottom[i + 1..])) - self.bottom[i];
        top >= least || bottom >= least
    }
}

/// How deep a valley must be, by the width of the region: two fingers are rarely narrower than 19 mm together,
/// one is rarely wider.
fn deepest_allowed(width_mm: f32) -> f32 {
    match width_mm {
        w if w > 25.0 => 0.88,
        w if w > 19.0 => 0.8,
        w if w > 15.0 => 0.5,
        _ => 0.3,
    }
}
