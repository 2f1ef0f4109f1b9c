//! Histograms of local values, with NFIQ 2's limits (its `quality_modules` headers and `common_functions.cpp`).

/// Upper limits of the first nine bins of each family; the tenth bin takes the rest.
pub const FDA_LIMITS: [f64; 9] = [0.268, 0.304, 0.33, 0.355, 0.38, 0.407, 0.44, 0.50, 1.0];
/// See [`FDA_LIMITS`].
pub const LCS_LIMITS: [f64; 9] = [0.0, 0.70, 0.74, 0.77, 0.79, 0.81, 0.83, 0.85, 0.87];
/// See [`FDA_LIMITS`].
pub const OCL_LIMITS: [f64; 9] = [0.337, 0.479, 0.579, 0.655, 0.716, 0.766, 0.81, 0.852, 0.898];
/// See [`FDA_LIMITS`].
pub const OF_LIMITS: [f64; 9] =
    [1.715e-2, 3.5e-2, 5.57e-2, 8.1e-2, 1.15e-1, 1.718e-1, 2.569e-1, 4.758e-1, 7.48e-1];
/// See [`FDA_LIMITS`].
pub const RVUP_LIMITS: [f64; 9] = [0.5, 0.667, 0.8, 1.0, 1.25, 1.5, 2.0, 24.0, 30.0];

/// Counts of the ten bins, then mean and deviation (of the population). No values give zeros; NFIQ 2 refuses such
/// an image.
#[must_use]
pub fn histogram(values: &[f64], limits: &[f64; 9]) -> [f64; 12] {
    let mut out = [0.0; 12];
    let (mut sum, mut squares) = (0.0, 0.0);
    for value in values {
        out[limits.iter().filter(|limit| *value >= **limit).count()] += 1.0;
        sum += value;
        squares += value * value;
    }
    if !values.is_empty() {
        let n = values.len() as f64;
        out[10] = sum / n;
        out[11] = (squares / n - out[10] * out[10]).max(0.0).sqrt();
    }
    out
}

/// A sum in the order that OpenCV's `sum` adds doubles: four at a time. A mean of ridge widths that falls on a limit
/// lands on the side that NFIQ 2 finds only when rounding is the same.
#[must_use]
pub fn sum_by_fours(values: &[f64]) -> f64 {
    let fours = values.chunks_exact(4);
    let rest = fours.remainder();
    let whole = fours.fold(0.0, |s, v| s + (v[0] + v[1] + v[2] + v[3]));
    rest.iter().fold(whole, |s, v| s + v)
}
