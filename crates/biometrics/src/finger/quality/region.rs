//! The region of interest (where the print is) and the features taken from it.
//!
//! After NFIQ 2.3 (public domain), `ImgProcROI.cpp` and `QualityMap.cpp`: erode, blur, Otsu, blur, Otsu, close holes,
//! keep the largest part. The blur has the fixed-point arithmetic of OpenCV 4's `GaussianBlur` for bytes.

use super::blocks::{BLOCK_PX, Plane, for_gradients};

/// What the region tells.
#[derive(Debug, Clone)]
pub struct Region {
    /// Whether a pixel is in the region.
    pub inside: Vec<bool>,
    /// Mean grey of the region, 255 when it is empty.
    pub mean: f64,
    /// Sum of the coherence of its tiles.
    pub coherence_sum: f64,
    /// Number of its tiles.
    pub tiles: usize,
}

impl Region {
    /// Mean coherence of the tiles.
    #[must_use]
    pub fn coherence(&self) -> f64 {
        if self.tiles == 0 { 0.0 } else { self.coherence_sum / self.tiles as f64 }
    }

    /// Finds the region.
    #[must_use]
    pub fn of(plane: &Plane) -> Self {
        let (width, height) = (plane.width, plane.height);
        let mut work = eroded(&plane.pixels, width);
        for taps in [41, 91] {
            blur(&mut work, width, taps);
            binarize(&mut work);
        }
        let inside = largest(&mut work, width, height);
        let (mut sum, mut count) = (0u64, 0u64);
        for (pixel, _) in plane.pixels.iter().zip(&inside).filter(|(_, inside)| **inside) {
            sum += u64::from(*pixel);
            count += 1;
        }
        let mean = if count == 0 { 255.0 } else { sum as f64 / count as f64 };
        let (mut coherence_sum, mut tiles) = (0.0, 0);
        for tile in plane.tiles() {
            let (x, y, w, h) = tile;
            if (y..y + h).any(|line| inside[line * width + x..line * width + x + w].contains(&true)) {
                coherence_sum += coherence(plane, tile);
                tiles += 1;
            }
        }
        Self { inside, mean, coherence_sum, tiles }
    }
}

/// Length of the sum of doubled gradient angles against the sum of their lengths.
fn coherence(plane: &Plane, tile: (usize, usize, usize, usize)) -> f64 {
    debug_assert!(tile.2 <= BLOCK_PX && tile.3 <= BLOCK_PX);
    let (mut x, mut y, mut length) = (0i64, 0i64, 0.0f64);
    for_gradients(plane, tile, |gx, gy| {
        let (across, along) = (gx * gx - gy * gy, 2 * gx * gy);
        x += i64::from(across);
        y += i64::from(along);
        // |(a+ib)²| is a²+b²: the root that NFIQ 2 takes is a whole number here.
        length += f64::from(gx * gx + gy * gy);
    });
    let sum = ((x * x + y * y) as f64).sqrt();
    if length == 0.0 { 0.0 } else { sum / length }
}

/// Smallest value in 5x5; outside counts as white.
fn eroded(pixels: &[u8], width: usize) -> Vec<u8> {
    let mut across = Vec::with_capacity(pixels.len());
    for line in pixels.chunks_exact(width) {
        across.extend((0..width).map(|x| {
            let near = &line[x.saturating_sub(2)..(x + 3).min(width)];
            near.iter().copied().fold(255, u8::min)
        }));
    }
    let height = pixels.len() / width;
    let mut out = Vec::with_capacity(pixels.len());
    for y in 0..height {
        let mut line = across[y * width..(y + 1) * width].to_vec();
        for near in y.saturating_sub(2)..(y + 3).min(height) {
            line.iter_mut().zip(&across[near * width..]).for_each(|(l, a)| *l = (*l).min(*a));
        }
        out.extend(line);
    }
    out
}

/// A Gaussian of `taps` taps in 1/256, with OpenCV's deviation for the size; rounding errors are carried from the rim
/// to the middle so that the sum is 256.
fn gaussian(taps: usize) -> Vec<u32> {
    let middle = (taps - 1) as f64 / 2.0;
    let sigma = 0.3 * (middle - 1.0) + 0.8;
    let bell = |i: usize| (-(i as f64 - middle).powi(2) / (2.0 * sigma * sigma)).exp();
    let all: f64 = (0..taps).map(bell).sum();
    let mut kernel = vec![0u32; taps];
    let (mut error, mut sum) = (0.0, 0);
    for i in 0..taps / 2 {
        let exact = bell(i) / all * 256.0 + error;
        let whole = exact.round_ties_even();
        error = exact - whole;
        kernel[i] = whole as u32;
        kernel[taps - 1 - i] = kernel[i];
        sum += 2 * kernel[i];
    }
    kernel[taps / 2] = 256 - sum.min(256);
    kernel
}

/// Blurs in place: rows to 8.8 fixed point, columns to 16.16, rounded. The image is mirrored at its rim.
///
/// The fixed-point numbers are carried as `f32`: all are whole and below 2^24, so nothing is lost, and every processor
/// multiplies them four at a time.
fn blur(pixels: &mut [u8], width: usize, taps: usize) {
    let kernel: Vec<f32> = gaussian(taps).iter().map(|w| *w as f32).collect();
    let radius = taps / 2;
    let height = pixels.len() / width;
    let mut across = vec![0.0f32; pixels.len()];
    let mut padded = vec![0.0f32; width + 2 * radius];
    for (to, from) in across.chunks_exact_mut(width).zip(pixels.chunks_exact(width)) {
        for (i, p) in padded.iter_mut().enumerate() {
            *p = f32::from(from[mirrored(i as isize - radius as isize, width)]);
        }
        scale(to, &padded[radius..], kernel[radius]);
        for (tap, weight) in kernel[..radius].iter().enumerate().filter(|(_, w)| **w > 0.0) {
            add_pair(to, &padded[tap..], &padded[taps - 1 - tap..], *weight);
        }
    }
    let mut sums = vec![0.0f32; width];
    for (y, to) in pixels.chunks_exact_mut(width).enumerate() {
        let line = |tap: usize| {
            let row = mirrored((y + tap) as isize - radius as isize, height);
            &across[row * width..(row + 1) * width]
        };
        scale(&mut sums, line(radius), kernel[radius]);
        for (tap, weight) in kernel[..radius].iter().enumerate().filter(|(_, w)| **w > 0.0) {
            add_pair(&mut sums, line(tap), line(taps - 1 - tap), *weight);
        }
        for (t, s) in to.iter_mut().zip(&sums) {
            // A cast cuts down, so half is added to round; 255 at most.
            *t = ((s + 32768.0) * (1.0 / 65536.0)) as u8;
        }
    }
}

fn scale(to: &mut [f32], from: &[f32], weight: f32) {
    to.iter_mut().zip(from).for_each(|(t, a)| *t = weight * a);
}

/// Adds two taps of equal weight: half the products.
fn add_pair(to: &mut [f32], a: &[f32], b: &[f32], weight: f32) {
    for ((t, a), b) in to.iter_mut().zip(a).zip(b) {
        *t += weight * (a + b);
    }
}

/// Index inside 0 to `length` - 1 of an index outside, mirrored without repeating the rim (`BORDER_REFLECT_101`).
fn mirrored(index: isize, length: usize) -> usize {
    let period = 2 * (length as isize - 1);
    if period <= 0 {
        return 0;
    }
    let i = index.rem_euclid(period);
    i.min(period - i) as usize
}

/// Black up to Otsu's threshold, white above (Otsu 1979, in the order of operations of OpenCV's `threshold`).
fn binarize(pixels: &mut [u8]) {
    let mut counts = [0u32; 256];
    pixels.iter().for_each(|p| counts[usize::from(*p)] += 1);
    let scale = 1.0 / pixels.len() as f64;
    let mean = counts.iter().enumerate().map(|(i, n)| i as f64 * f64::from(*n)).sum::<f64>() * scale;
    let (mut low_mean, mut low, mut best, mut threshold) = (0.0, 0.0, 0.0, 0usize);
    for (level, count) in counts.iter().enumerate() {
        let share = f64::from(*count) * scale;
        low_mean *= low;
        low += share;
        let high = 1.0 - low;
        let least = f64::from(f32::EPSILON);
        if low.min(high) < least || low.max(high) > 1.0 - least {
            continue;
        }
        low_mean = (low_mean + level as f64 * share) / low;
        let high_mean = (mean - low * low_mean) / high;
        let between = low * high * (low_mean - high_mean) * (low_mean - high_mean);
        if between > best {
            (best, threshold) = (between, level);
        }
    }
    for p in pixels {
        *p = if usize::from(*p) > threshold { 255 } else { 0 };
    }
}

/// The black part whose upright box is largest (the first of equals), with its holes filled.
fn largest(work: &mut [u8], width: usize, height: usize) -> Vec<bool> {
    const OUTSIDE: u8 = 1;
    const SEEN: u8 = 2;
    const LARGEST: u8 = 3;
    let mut stack = Vec::new();
    // White that is joined to the rim is outside; all other white is a hole.
    for y in 0..height {
        for x in 0..width {
            if x == 0 || y == 0 || x + 1 == width || y + 1 == height {
                flood(work, (width, height), (x, y), 255, OUTSIDE, &mut stack);
            }
        }
    }
    work.iter_mut().filter(|p| **p == 255).for_each(|p| *p = 0);
    let mut best = (0, (0, 0));
    for start in 0..work.len() {
        if work[start] == 0 {
            let at = (start % width, start / width);
            let area = flood(work, (width, height), at, 0, SEEN, &mut stack);
            if area > best.0 {
                best = (area, at);
            }
        }
    }
    if best.0 > 0 {
        flood(work, (width, height), best.1, SEEN, LARGEST, &mut stack);
    }
    work.iter().map(|p| *p == LARGEST).collect()
}

/// Replaces `from` by `to` over a 4-connected part; the area of its upright box, 0 when nothing was there.
fn flood(
    work: &mut [u8],
    (width, height): (usize, usize),
    start: (usize, usize),
    from: u8,
    to: u8,
    stack: &mut Vec<(usize, usize)>,
) -> usize {
    if work[start.1 * width + start.0] != from {
        return 0;
    }
    let (mut left, mut right, mut top, mut bottom) = (start.0, start.0, start.1, start.1);
    work[start.1 * width + start.0] = to;
    stack.push(start);
    while let Some((x, y)) = stack.pop() {
        (left, right) = (left.min(x), right.max(x));
        (top, bottom) = (top.min(y), bottom.max(y));
        let near = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
        for (nx, ny) in near {
            if nx < width && ny < height && work[ny * width + nx] == from {
                work[ny * width + nx] = to;
                stack.push((nx, ny));
            }
        }
    }
    (right - left + 1) * (bottom - top + 1)
}
