//! One finger: its axis, and its distal phalanx from the tip to the first crease.

use super::geometry::FingerBox;
use super::grid::{CELLS_PER_MM, Grid, quantile};
use super::regions::{Region, at};

/// Smallest finger, in mm across and along.
const MIN_WIDTH_MM: f32 = 5.0;
const MIN_HEIGHT_MM: f32 = 4.0;
/// Widest finger in mm.
const MAX_WIDTH_MM: f32 = 27.0;
/// Where the first crease may lie below the tip, in widths of the finger.
const CREASE_FROM: f32 = 1.1;
const CREASE_TO: f32 = 2.3;
/// How much a finger usually leans against its hand, in degrees.
const FAN_DEG: f32 = 7.0;
/// A finger longer than this without a visible crease is cut at [`CREASE_USUAL`].
const LONGEST: f32 = 2.15;
const CREASE_USUAL: f32 = 1.7;
/// The windows of the deviation widen every print by about this many cells on each side and at each end.
const BLOOM_SIDE: f32 = 1.75;
const BLOOM_END: f32 = 1.4;

/// How the finger ends below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The print ends.
    Ends,
    /// At a crease that was seen.
    Crease,
    /// Longer than a distal phalanx, no crease seen: cut at the usual length.
    Guessed,
}

/// A finger in the grid's cells.
#[derive(Debug, Clone)]
pub(super) struct Finger {
    /// Box in cells.
    pub(super) bounds: FingerBox,
    pub(super) base: Base,
    pub(super) ridged: f32,
    /// Share of the box that is print.
    pub(super) fill: f32,
    pub(super) component: usize,
    pub(super) region: Region,
    /// Cells on the border of the platen: at the tip, on the sides, at the base (shares of the side's length).
    pub(super) border: Border,
}

impl Finger {
    /// Whether enough of it looks like ridges; a small patch must show more of them.
    pub(super) fn is_skin(&self) -> bool {
        let area_mm2 = self.bounds.area() / (CELLS_PER_MM * CELLS_PER_MM);
        self.ridged >= if area_mm2 < 100.0 { 0.6 } else { 0.4 }
    }
}

/// How much of a box's sides lies on the border of the platen, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Border {
    pub(super) tip: f32,
    pub(super) sides: f32,
    pub(super) base: f32,
}

/// One line across the finger.
#[derive(Debug, Clone, Copy)]
struct Row {
    count: f32,
    low: f32,
    high: f32,
}

impl Row {
    fn width(&self) -> f32 {
        if self.count > 0.0 { self.high - self.low + 1.0 } else { 0.0 }
    }
}

/// A region seen along an axis: lines from the tip downwards, one cell apart.
struct Shape {
    deg: f32,
    from: f32,
    rows: Vec<Row>,
}

impl Shape {
    fn new(region: &Region, deg: f32) -> Self {
        let (sin, cos) = deg.to_radians().sin_cos();
        let points: Vec<(f32, f32)> = region
            .cells
            .iter()
            .map(|(x, y)| {
                let (x, y) = (f32::from(*x) + 0.5, f32::from(*y) + 0.5);
                (x * cos - y * sin, x * sin + y * cos)
            })
            .collect();
        let (low, high) =
            points.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |b, p| (b.0.min(p.1), b.1.max(p.1)));
        let n = if high >= low { (high - low) as usize + 1 } else { 0 };
        let empty = Row { count: 0.0, low: f32::INFINITY, high: f32::NEG_INFINITY };
        let mut rows = vec![empty; n];
        for (u, v) in points {
            let row = &mut rows[((v - low) as usize).min(n - 1)];
            row.count += 1.0;
            row.low = row.low.min(u);
            row.high = row.high.max(u);
        }
        Self { deg, from: low, rows }
    }

    /// Usual width of the lines between two shares of the length.
    fn width(&self, from: f32, to: f32) -> f32 {
        let n = self.rows.len() as f32;
        let (from, to) = ((n * from) as usize, (n * to) as usize + 1);
        let widths: Vec<f32> = self.rows.iter().take(to).skip(from).map(Row::width).collect();
        quantile(&widths, 0.5)
    }

    /// First line that is part of the finger rather than a hair or speck at its tip.
    fn tip(&self, width: f32) -> usize {
        self.rows.iter().position(|r| r.count >= 0.2 * width).unwrap_or(0)
    }

    fn end(&self, width: f32) -> usize {
        self.rows.iter().rposition(|r| r.count >= 0.2 * width).map_or(0, |i| i + 1)
    }

    /// Lean of the middle line against the axis in degrees, counter-clockwise, over some lines, and how much it
    /// may be off.
    fn lean(&self, from: usize, to: usize) -> Option<(f32, f32)> {
        let points: Vec<(f32, f32)> = self
            .rows
            .iter()
            .enumerate()
            .take(to)
            .skip(from)
            .filter(|(_, row)| row.count > 0.0)
            .map(|(i, row)| (i as f32, (row.low + row.high) / 2.0))
            .collect();
        let n = points.len() as f32;
        if points.len() < 8 {
            return None;
        }
        let (mt, mm) = points.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
        let tt: f32 = points.iter().map(|p| (p.0 - mt).powi(2)).sum();
        let tm: f32 = points.iter().map(|p| (p.0 - mt) * (p.1 - mm)).sum();
        let slope = tm / tt;
        let left: f32 = points.iter().map(|p| (p.1 - mm - slope * (p.0 - mt)).powi(2)).sum::<f32>() / n;
        // Neighbouring lines are alike: about every sixth is news.
        let error = (left / (tt / 6.0)).sqrt();
        // Going down, the middle of a finger that leans to the left moves to the right.
        Some((slope.atan().to_degrees(), error.atan().to_degrees() + 1.5))
    }
}

/// Measures the finger in a region; `None` when nothing there has the size of a finger. A finger is taken for at
/// least `least_width` cells wide when its crease is looked for: the border of the platen may cut it lengthwise.
pub(super) fn measure(grid: &Grid, region: Region, hand_deg: f32, least_width: f32) -> Option<Finger> {
    let mut shape = Shape::new(&region, hand_deg);
    let (mut tip, mut end, mut base) = (0, 0, Base::Ends);
    for round in 0..3 {
        if shape.rows.is_empty() {
            return None;
        }
        let width = shape.width(0.2, 0.8);
        tip = shape.tip(width);
        (end, base) = distal_end(grid, &shape, tip, width.max(least_width));
        if round == 2 {
            break;
        }
        // Short prints have no sides to speak of: area in squares of the width, 1.2 for a whole phalanx.
        let squares = region.cells.len() as f32 / (width * width).max(1.0);
        let mut trust = ((squares - 0.65) / 0.3).clamp(0.0, 1.0);
        let mut own = shape.deg;
        if let Some((lean, error)) = shape.lean(tip + (0.35 * width) as usize, end) {
            own += lean;
            trust *= FAN_DEG * FAN_DEG / (FAN_DEG * FAN_DEG + error * error);
        }
        // A finger leans at most 25 degrees against its hand.
        let deg = hand_deg + trust * (own - hand_deg).clamp(-25.0, 25.0);
        shape = Shape::new(&region, deg);
    }
    let bounds = tighten(&region, &shape, tip, end)?;
    let (width_mm, height_mm) = (bounds.width / CELLS_PER_MM, bounds.height / CELLS_PER_MM);
    if !(MIN_WIDTH_MM..=MAX_WIDTH_MM).contains(&width_mm) || height_mm < MIN_HEIGHT_MM {
        return None;
    }
    let (ridged, fill) = inside(grid, &region, &bounds);
    let border = border(grid, &bounds);
    Some(Finger { bounds, base, ridged, fill, component: region.component, region, border })
}

/// Line below the tip where the distal phalanx ends.
fn distal_end(grid: &Grid, shape: &Shape, tip: usize, width: f32) -> (usize, Base) {
    let end = shape.end(width).max(tip + 1);
    let length = (end - tip) as f32;
    if length < (CREASE_FROM + 0.1) * width {
        return (end, Base::Ends);
    }
    let dark = darkness(grid, shape, width);
    let mean = |from: usize, to: usize| {
        let to = to.min(dark.len());
        let span = &dark[from.min(to)..to];
        span.iter().sum::<f32>() / span.len().max(1) as f32
    };
    // A print of the usual length is cut only where a crease is plain.
    let plain: f32 = if length > 1.8 * width { 0.18 } else { 0.4 };
    let score = |i: usize| {
        let surround = mean(i.saturating_sub(12), i.saturating_sub(4)).min(mean(i + 5, (i + 13).min(end)));
        let dip = 1.0 - dark[i] / surround.max(1.0);
        let below = shape.rows.iter().take((i + 12).min(end)).skip(i).map(Row::width).fold(0.0, f32::max);
        let widening = below / shape.rows[i].width().max(1.0) - 1.0;
        dip.clamp(0.0, 1.0) + 2.0 * (widening - 0.06).clamp(0.0, 0.3)
    };
    let crease = tip + (CREASE_FROM * width) as usize;
    // Dry skin is patchy all over: what is a crease must stand out from what the finger has above.
    let patchy = (tip + (0.4 * width) as usize..tip + (0.95 * width) as usize).map(score).fold(0.0, f32::max);
    let mut best = (plain.max(1.15 * patchy), 0usize);
    let last = (tip + (CREASE_TO * width) as usize).min(end.saturating_sub(6));
    for i in crease..last {
        let usual = (-0.5 * (((i - tip) as f32 / width - 1.6) / 0.5).powi(2)).exp();
        let score = score(i) * (0.4 + 0.6 * usual);
        if score > best.0 {
            best = (score, i);
        }
    }
    if best.1 > 0 {
        return (best.1, Base::Crease);
    }
    if length > LONGEST * width {
        return (tip + (CREASE_USUAL * width) as usize, Base::Guessed);
    }
    (end, Base::Ends)
}

/// Mean darkness of each line across the middle two thirds of the finger, smoothed over two ridges.
fn darkness(grid: &Grid, shape: &Shape, width: f32) -> Vec<f32> {
    let (sin, cos) = shape.deg.to_radians().sin_cos();
    let reach = (0.33 * width) as i32;
    let lines: Vec<f32> = shape
        .rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            if row.count == 0.0 {
                return 0.0;
            }
            let (v, middle) = (shape.from + i as f32, (row.low + row.high) / 2.0);
            let mut sum = 0.0;
            for step in -reach..=reach {
                let u = middle + step as f32;
                let (x, y) = (u * cos + v * sin, v * cos - u * sin);
                let x = (x.max(0.0) as usize).min(grid.width - 1);
                let y = (y.max(0.0) as usize).min(grid.height - 1);
                sum += grid.dark[y * grid.width + x];
            }
            sum / (2 * reach + 1) as f32
        })
        .collect();
    (0..lines.len())
        .map(|i| {
            let near = &lines[i.saturating_sub(1)..(i + 2).min(lines.len())];
            near.iter().sum::<f32>() / near.len() as f32
        })
        .collect()
}

/// The box between two lines, without what sticks out of the finger's sides.
fn tighten(region: &Region, shape: &Shape, tip: usize, end: usize) -> Option<FingerBox> {
    let (sin, cos) = shape.deg.to_radians().sin_cos();
    let (top, bottom) = (shape.from + tip as f32, shape.from + end as f32);
    let inside: Vec<f32> = region
        .cells
        .iter()
        .filter_map(|(x, y)| {
            let (x, y) = (f32::from(*x) + 0.5, f32::from(*y) + 0.5);
            let v = x * sin + y * cos;
            (v >= top && v < bottom).then_some(x * cos - y * sin)
        })
        .collect();
    let low = inside.iter().copied().fold(f32::INFINITY, f32::min);
    let high = inside.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if high <= low || end <= tip {
        return None;
    }
    let mut columns = vec![0.0f32; (high - low) as usize + 1];
    let last = columns.len() - 1;
    inside.iter().for_each(|u| columns[((u - low) as usize).min(last)] += 1.0);
    let least = 0.15 * columns.iter().copied().fold(0.0, f32::max);
    // Lines and columns hold the middles of cells: half a cell reaches beyond them.
    let left = low + columns.iter().position(|c| *c >= least)? as f32 - 0.5 + BLOOM_SIDE;
    let right = low + columns.iter().rposition(|c| *c >= least)? as f32 + 0.5 - BLOOM_SIDE;
    let (top, bottom) = (top - 0.5 + BLOOM_END, bottom - 0.5 - BLOOM_END);
    if right <= left || bottom <= top {
        return None;
    }
    let (u, v) = ((left + right) / 2.0, (top + bottom) / 2.0);
    Some(FingerBox {
        centre_x: u * cos + v * sin,
        centre_y: v * cos - u * sin,
        width: right - left,
        height: bottom - top,
        angle_deg: shape.deg,
    })
}

/// Share of the region's cells inside a box that look like ridges, and share of the box that is print.
fn inside(grid: &Grid, region: &Region, bounds: &FingerBox) -> (f32, f32) {
    let (mut all, mut ridged) = (0.0f32, 0.0f32);
    for (x, y) in &region.cells {
        let (u, v) = bounds.inside_out(f32::from(*x) + 0.5, f32::from(*y) + 0.5);
        if u.abs() <= bounds.width / 2.0 && v.abs() <= bounds.height / 2.0 {
            all += 1.0;
            ridged += f32::from(u8::from(grid.ridged[at(grid, *x, *y)]));
        }
    }
    (ridged / all.max(1.0), all / bounds.area().max(1.0))
}

/// How badly boxes fit their prints (0 none), and how the fingers lean against the turn on the whole, in degrees.
pub(super) fn misfit(fingers: &[Finger], turn_deg: f32) -> (f32, f32) {
    let (mut area, mut print, mut lean, mut odd) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
    for f in fingers {
        let size = f.bounds.area();
        area += size;
        print += size * f.fill;
        lean += size * (f.bounds.angle_deg - turn_deg);
        let wide = f.bounds.width > 22.0 * CELLS_PER_MM;
        odd += f32::from(u8::from(wide || f.bounds.height < 0.5 * f.bounds.width));
    }
    if print <= 0.0 {
        return (10.0, 0.0);
    }
    let lean = lean / area;
    (area / print - 1.0 + 0.15 * odd + 0.02 * lean.abs(), lean)
}

/// How much of a box's outline lies on the border of the platen while there is print.
pub(super) fn border(grid: &Grid, bounds: &FingerBox) -> Border {
    let (w, h) = (bounds.width / 2.0, bounds.height / 2.0);
    let edge = |x: f32, y: f32| {
        let near = 1.8;
        let on_edge = x < near || y < near || x > grid.width as f32 - near || y > grid.height as f32 - near;
        let cx = (x.max(0.0) as usize).min(grid.width - 1);
        let cy = (y.max(0.0) as usize).min(grid.height - 1);
        f32::from(u8::from(on_edge && grid.raw[cy * grid.width + cx]))
    };
    let along = |from: (f32, f32), to: (f32, f32)| {
        let total: f32 = (0..=20)
            .map(|i| {
                let t = i as f32 / 20.0;
                let (x, y) = bounds.point(from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
                edge(x, y)
            })
            .sum();
        total / 21.0
    };
    Border {
        tip: along((-w, -h), (w, -h)),
        sides: along((-w, -h), (-w, h)).max(along((w, -h), (w, h))),
        base: along((-w, h), (w, h)),
    }
}
