//! A small random generator whose sequence never changes between versions, and smooth noise made from it.

/// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), seeded through
/// SplitMix64 as its authors advise. For samples only: never for keys.
#[derive(Debug, Clone)]
pub struct Rng {
    state: [u64; 4],
}

/// One step of SplitMix64 (Steele, Lea and Flood, 2014): a good 64-bit mix of `value`.
#[must_use]
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Rng {
    /// A generator for `seed`; `stream` separates uses of one seed from each other.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut s = mix(seed ^ mix(stream));
        let state = std::array::from_fn(|_| {
            s = s.wrapping_add(0x9E37_79B9_7F4A_7C15);
            mix(s)
        });
        Self { state }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Uniform in 0 (with) to 1 (without).
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in `low` to `high`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Roughly normal with mean 0 and deviation 1 (sum of twelve uniforms, so within -6 to 6).
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}

/// Smooth value noise over a rectangle: random values in -1 to 1 on a lattice, joined by a smooth cubic.
#[derive(Debug, Clone)]
pub struct Noise {
    columns: usize,
    rows: usize,
    scale: f32,
    values: Vec<f32>,
}

impl Noise {
    /// Noise for x in 0 to `width` and y in 0 to `height`, with features about `step` wide.
    #[must_use]
    pub fn new(rng: &mut Rng, width: f32, height: f32, step: f32) -> Self {
        let columns = (width / step) as usize + 2;
        let rows = (height / step) as usize + 2;
        let values = (0..columns * rows).map(|_| rng.range(-1.0, 1.0)).collect();
        Self { columns, rows, scale: 1.0 / step, values }
    }

    /// The noise at (x, y), within -1 to 1; points outside get the value of the border.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (fx, fy) = ((x * self.scale).max(0.0), (y * self.scale).max(0.0));
        let (ix, iy) = ((fx as usize).min(self.columns - 2), (fy as usize).min(self.rows - 2));
        let (tx, ty) = (smooth((fx - ix as f32).min(1.0)), smooth((fy - iy as f32).min(1.0)));
        let at = iy * self.columns + ix;
        let (top, bottom) =
            (&self.values[at..at + 2], &self.values[at + self.columns..at + self.columns + 2]);
        let upper = top[0] + (top[1] - top[0]) * tx;
        let lower = bottom[0] + (bottom[1] - bottom[0]) * tx;
        upper + (lower - upper) * ty
    }
}

/// The cubic 3t² - 2t³, which joins 0 and 1 without a kink.
#[must_use]
pub fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// 0 below `low`, 1 above `high`, smooth between.
#[must_use]
pub fn smooth_step(low: f32, high: f32, value: f32) -> f32 {
    smooth(((value - low) / (high - low)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_fixed() {
        // SplitMix64 from seed 0: first output of its reference implementation.
        assert_eq!(mix(0), 0xE220_A839_7B1D_CDAF);
        let mut a = Rng::new(1, 2);
        let mut b = Rng::new(1, 2);
        let mut c = Rng::new(1, 3);
        let (x, y, z) = (a.next_u64(), b.next_u64(), c.next_u64());
        assert_eq!(x, y);
        assert_ne!(x, z);
    }

    #[test]
    fn noise_is_bounded_and_smooth() {
        let n = Noise::new(&mut Rng::new(7, 0), 100.0, 80.0, 10.0);
        for i in 0..2000 {
            let (x, y) = ((i % 120) as f32, (i / 17) as f32);
            let v = n.at(x, y);
            assert!((-1.0..=1.0).contains(&v));
            assert!((v - n.at(x + 0.01, y)).abs() < 0.02);
        }
    }
}
