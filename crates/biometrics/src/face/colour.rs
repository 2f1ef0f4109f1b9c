//! Light and colour: luminance of linear sRGB and CIELAB.

use std::sync::OnceLock;

/// Inverse of the sRGB transfer function (IEC 61966-2-1) for every byte.
fn linear(byte: u8) -> f32 {
    static TABLE: OnceLock<[f32; 256]> = OnceLock::new();
    TABLE.get_or_init(|| {
        std::array::from_fn(|i| {
            let v = i as f32 / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        })
    })[usize::from(byte)]
}

/// Luminance 0 to 255 of a pixel, from linear light (ITU-R BT.709 weights), as OFIQ measures it. It is darker than
/// luma: middle grey (128) is 55.
pub(super) fn luminance(rgb: [u8; 3]) -> u8 {
    let [r, g, b] = rgb.map(linear);
    (255.0 * (0.2126 * r + 0.7152 * g + 0.0722 * b) + 0.5) as u8
}

/// CIELAB (CIE 15, white D65) of an sRGB colour: L 0 to 100, a and b about -110 to 110.
pub(super) fn lab(rgb: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = rgb.map(linear);
    // sRGB primaries to XYZ (IEC 61966-2-1), against the white point.
    let x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883;
    let f = |t: f32| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let (fx, fy, fz) = (f(x), f(y), f(z));
    [116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)]
}

/// Mean CIELAB of pixels; `None` without any.
pub(super) fn mean_lab<I: IntoIterator<Item = [u8; 3]>>(pixels: I) -> Option<[f32; 3]> {
    let (mut sum, mut count) = ([0.0f32; 3], 0u32);
    for pixel in pixels {
        let value = lab(pixel);
        for (sum, value) in sum.iter_mut().zip(value) {
            *sum += value;
        }
        count += 1;
    }
    (count > 0).then(|| sum.map(|s| s / count as f32))
}
