//! The measures of ISO/IEC 29794-6:2015 clause 6.2 that one picture allows, and one of our own.
//!
//! The text of the standard was not at hand. Names, clauses, formulas and recommended values follow what public
//! work says of it: MITRE's BIQT-Iris (its README lists the recommended values) and NIST's IREX reports. Where that
//! work leaves a choice, the choice is named below. **No threshold and no mapping to 0-100 was tuned on data.** The
//! mappings are ours: straight lines between two values that are written in [`MeasureKind::scale`].
//!
//! Not computed: motion blur and frontal gaze (clause 6.3 and on). Without samples of known motion or gaze a number
//! would only look like a measure.

use serde::{Deserialize, Serialize};

use super::circle::Circle;
use super::locate::{RAYS, edge_points, ring_level};
use super::mask::{Cover, Mask, Pixel};
use super::plane::{Plane, directions, median};
use crate::image::GrayImage;
use crate::quality::QualityReason;

/// Where a threshold is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Recommended value of ISO/IEC 29794-6:2015, as BIQT-Iris quotes it.
    Standard,
    /// Ours. The standard gives none.
    Own,
}

macro_rules! kinds {
    ($($(#[$m:meta])* $v:ident = $id:literal,)*) => {
        /// What is measured. The id is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum MeasureKind { $($(#[$m])* $v,)* }
        impl MeasureKind {
            /// Every kind, in the order of the report.
            pub const ALL: &'static [MeasureKind] = &[$(MeasureKind::$v),*];
            /// Stable name.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => $id),* } }
        }
    };
}

kinds! {
    /// 6.2.1: per cent of the iris that neither lids, lashes nor reflections cover.
    UsableIrisArea = "usable-iris-area",
    /// 6.2.2: `100 (s - i) / (s + i - 2p)` with the medians of sclera (1.1 to 1.2 radii), iris (outer half, to 0.9
    /// radii) and pupil (inner 0.8); 0 where the sclera is not brighter.
    IrisScleraContrast = "iris-sclera-contrast",
    /// 6.2.3: `100 w / (0.75 + w)` with Weber's ratio `w = (i - p) / (20 + p)`; iris from 1.1 pupil radii to the middle
    /// of the ring.
    IrisPupilContrast = "iris-pupil-contrast",
    /// 6.2.4: `100 - sum |C_k|² / N` for k = 1 to 16, the Fourier coefficients of the pupil's edge in units of its mean
    /// radius. Rays that a lid covers count as round. The formula gives 99 even for plain ovals.
    PupilBoundaryCircularity = "pupil-boundary-circularity",
    /// 6.2.5: entropy of the whole picture's grey levels in bits (as BIQT-Iris computes it; its text speaks of the
    /// iris portion).
    GreyScaleUtilisation = "grey-scale-utilisation",
    /// 6.2.6: radius of the limbus in pixels.
    IrisRadius = "iris-radius",
    /// 6.2.7: pupil's radius in per cent of the iris's (dilation).
    PupilIrisRatio = "pupil-iris-ratio",
    /// 6.2.8: `100 (1 - d / R)` with the distance d of the two middles and the iris's radius R.
    IrisPupilConcentricity = "iris-pupil-concentricity",
    /// 6.2.9: smallest margin in per cent of 0.6 radii at the sides and 0.2 radii above and below, at most 100.
    MarginAdequacy = "margin-adequacy",
    /// 6.2.10: `100 P² / (P² + C²)` with the mean square P of a 9x9 Laplacian of Gaussian at every fourth row and column
    /// of the whole picture. C is taken as 1 800 000; BIQT-Iris has 180 000 with another normalisation, so values
    /// are not comparable with its. Lashes and noise count as sharp, which is why the reason "blurred" rests on
    /// the next measure.
    Sharpness = "sharpness",
    /// Own: width of the pupil's edge (step over slope) in per cent of the iris's radius; the wider of its sides and
    /// its lower part, so that movement shows as well as bad focus. A Gaussian blur that leaves 60 per cent contrast
    /// at 1 line pair a millimetre, on an iris of 11.8 mm, makes it 7.
    EdgeWidth = "edge-width",
}

impl MeasureKind {
    /// Lowest and highest good value, and where they are from.
    #[must_use]
    pub const fn limits(self) -> (Option<f32>, Option<f32>, Source) {
        match self {
            Self::UsableIrisArea => (Some(70.0), None, Source::Standard),
            Self::IrisScleraContrast => (Some(5.0), None, Source::Standard),
            Self::IrisPupilContrast => (Some(30.0), None, Source::Standard),
            Self::PupilBoundaryCircularity => (Some(98.0), None, Source::Own),
            Self::GreyScaleUtilisation => (Some(6.0), None, Source::Standard),
            Self::IrisRadius => (Some(80.0), None, Source::Standard),
            Self::PupilIrisRatio => (Some(20.0), Some(70.0), Source::Standard),
            Self::IrisPupilConcentricity => (Some(90.0), None, Source::Standard),
            Self::MarginAdequacy => (Some(80.0), None, Source::Standard),
            Self::Sharpness => (Some(20.0), None, Source::Own),
            Self::EdgeWidth => (None, Some(7.0), Source::Own),
        }
    }

    /// The values that map to 0 and to 100; a straight line lies between. Ours, not tuned.
    #[must_use]
    pub const fn scale(self) -> (f32, f32) {
        match self {
            Self::UsableIrisArea => (40.0, 85.0),
            Self::IrisScleraContrast => (0.0, 12.0),
            Self::IrisPupilContrast => (0.0, 50.0),
            Self::PupilBoundaryCircularity => (90.0, 100.0),
            Self::GreyScaleUtilisation => (3.0, 7.0),
            Self::IrisRadius => (48.0, 90.0),
            // For high values the line from 70 to 80 per cent takes over.
            Self::PupilIrisRatio => (12.0, 20.0),
            Self::IrisPupilConcentricity => (70.0, 95.0),
            Self::MarginAdequacy | Self::Sharpness => (0.0, 100.0),
            Self::EdgeWidth => (14.0, 4.0),
        }
    }

    /// Exponent in the overall score: a weighted geometric mean in all but name. Ours, not tuned.
    pub(super) const fn weight(self) -> f32 {
        match self {
            Self::UsableIrisArea => 0.9,
            Self::EdgeWidth => 0.6,
            Self::IrisRadius => 0.5,
            Self::PupilIrisRatio => 0.4,
            Self::IrisPupilContrast | Self::IrisScleraContrast | Self::MarginAdequacy => 0.3,
            Self::GreyScaleUtilisation | Self::IrisPupilConcentricity => 0.1,
            Self::PupilBoundaryCircularity | Self::Sharpness => 0.0,
        }
    }

    /// Whether a failure also speaks against its being an eye: a fold or a shadow fails several of these at once.
    pub(super) const fn tells_an_eye(self) -> bool {
        matches!(
            self,
            Self::IrisScleraContrast
                | Self::IrisPupilContrast
                | Self::IrisRadius
                | Self::PupilIrisRatio
                | Self::IrisPupilConcentricity
                | Self::EdgeWidth
        )
    }

    /// The measure with its value.
    #[must_use]
    pub fn with(self, value: f32) -> Measure {
        let (low, high, source) = self.limits();
        let (none, full) = self.scale();
        let mut share = ((value - none) / (full - none)).clamp(0.0, 1.0);
        if let (Some(high), Some(_)) = (high, low) {
            share = share.min(1.0 - ((value - high) / 10.0).clamp(0.0, 1.0));
        }
        let score = (100.0 * share).round() as u8;
        Measure { kind: self, value, score, low, high, source }
    }
}

/// One measure of a report.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What was measured.
    pub kind: MeasureKind,
    /// Native value; its unit is written at [`MeasureKind`].
    pub value: f32,
    /// The value mapped to 0 (bad) to 100 (good) by [`MeasureKind::scale`].
    pub score: u8,
    /// Lowest good value.
    pub low: Option<f32>,
    /// Highest good value.
    pub high: Option<f32>,
    /// Where the limits are from.
    pub source: Source,
}

impl Measure {
    /// Whether the value lies within the limits.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.low.is_none_or(|low| self.value >= low) && self.high.is_none_or(|high| self.value <= high)
    }

    /// What an officer is told when the measure does not pass; `None` where no advice fits.
    pub(super) fn reason(&self, cover: &Cover) -> Option<QualityReason> {
        use QualityReason as R;
        match self.kind {
            MeasureKind::UsableIrisArea if cover.reflections > cover.lids + cover.lashes => {
                Some(R::TooBright)
            }
            MeasureKind::UsableIrisArea => Some(R::LidsCover),
            MeasureKind::IrisScleraContrast
            | MeasureKind::IrisPupilContrast
            | MeasureKind::GreyScaleUtilisation => Some(R::LowContrast),
            MeasureKind::IrisRadius => Some(R::TooSmall),
            // Light makes the pupil small, dark makes it wide.
            MeasureKind::PupilIrisRatio if self.value < 30.0 => Some(R::TooBright),
            MeasureKind::PupilIrisRatio => Some(R::TooDark),
            MeasureKind::MarginAdequacy => Some(R::OffCentre),
            MeasureKind::EdgeWidth => Some(R::Blurred),
            MeasureKind::PupilBoundaryCircularity
            | MeasureKind::IrisPupilConcentricity
            | MeasureKind::Sharpness => None,
        }
    }
}

/// What the measures are taken from.
pub(super) struct Eye<'a> {
    pub image: &'a GrayImage,
    /// The picture at full size.
    pub fine: &'a Plane,
    pub pupil: Circle,
    pub iris: Circle,
    pub mask: &'a Mask,
    pub cover: Cover,
}

/// Takes every measure.
pub(super) fn measure(eye: &Eye<'_>) -> Vec<Measure> {
    let (pupil, iris) = (&eye.pupil, &eye.iris);
    let greys = Greys::new(eye);
    let apart = (pupil.x - iris.x).hypot(pupil.y - iris.y) / iris.radius;
    let value = |kind: MeasureKind| match kind {
        MeasureKind::UsableIrisArea => 100.0 * eye.cover.open,
        MeasureKind::IrisScleraContrast => greys.sclera_contrast(),
        MeasureKind::IrisPupilContrast => greys.pupil_contrast(),
        MeasureKind::PupilBoundaryCircularity => circularity(eye),
        MeasureKind::GreyScaleUtilisation => entropy_bits(eye.image),
        MeasureKind::IrisRadius => iris.radius,
        MeasureKind::PupilIrisRatio => 100.0 * pupil.radius / iris.radius,
        MeasureKind::IrisPupilConcentricity => 100.0 * (1.0 - apart).max(0.0),
        MeasureKind::MarginAdequacy => margin(eye.image, iris),
        MeasureKind::Sharpness => sharpness(eye.image),
        MeasureKind::EdgeWidth => edge_width(eye),
    };
    MeasureKind::ALL.iter().map(|kind| kind.with(value(*kind))).collect()
}

/// Medians of the eye's parts.
struct Greys {
    pupil: f32,
    inner: f32,
    outer: f32,
    sclera: f32,
}

impl Greys {
    fn new(eye: &Eye<'_>) -> Self {
        let (pupil, iris) = (&eye.pupil, &eye.iris);
        let (mut inner, mut outer) = (Vec::new(), Vec::new());
        eye.mask.for_each(|x, y, pixel| {
            if pixel != Pixel::Open || (x + y) % 2 != 0 {
                return;
            }
            let from_pupil = pupil.radii_from(x as f32, y as f32);
            let (dp, di) = (
                (from_pupil - 1.0) * pupil.radius,
                (1.0 - iris.radii_from(x as f32, y as f32)) * iris.radius,
            );
            let level = f32::from(eye.image.at(x, y));
            if from_pupil > 1.1 && dp < di {
                inner.push(level);
            } else if dp >= di && di > 0.1 * iris.radius {
                outer.push(level);
            }
        });
        let ring = |circle: &Circle, from: f32, to: f32, angles: &dyn Fn(f32) -> bool| {
            let mut levels = Vec::new();
            for step in 0..180 {
                let angle = (step as f32 * 2.0).to_radians();
                if !angles(angle.sin()) {
                    continue;
                }
                for i in 0..6 {
                    let (x, y) = circle.point(from + (to - from) * i as f32 / 5.0, angle);
                    let inside =
                        x >= 0.0 && y >= 0.0 && x < eye.image.width() as f32 && y < eye.image.height() as f32;
                    if inside {
                        levels.push(eye.fine.nearest(x, y));
                    }
                }
            }
            median(&mut levels)
        };
        Self {
            // The lower half of the pupil, and the sides and the lower part of the sclera, as far as lids leave them.
            pupil: ring(pupil, 0.2, 0.8, &|sin| sin > -0.2),
            inner: median(&mut inner),
            outer: median(&mut outer),
            sclera: ring(iris, 1.1, 1.2, &|sin| (-0.35..0.6).contains(&sin)),
        }
    }

    fn sclera_contrast(&self) -> f32 {
        let divisor = self.sclera + self.outer - 2.0 * self.pupil;
        if divisor <= 0.0 || self.pupil >= self.outer {
            return 0.0;
        }
        (100.0 * (self.sclera - self.outer) / divisor).clamp(0.0, 100.0)
    }

    fn pupil_contrast(&self) -> f32 {
        let weber = ((self.inner - self.pupil) / (20.0 + self.pupil)).max(0.0);
        100.0 * weber / (0.75 + weber)
    }
}

fn circularity(eye: &Eye<'_>) -> f32 {
    let pupil = &eye.pupil;
    let mut radii = vec![1.0f32; RAYS as usize];
    for (x, y, _) in edge_points(eye.fine, pupil, 0.25 * pupil.radius, 2.0, ring_level(eye.fine, pupil), None)
    {
        let angle = (y - pupil.y).atan2(x - pupil.x).to_degrees().rem_euclid(360.0);
        let outside = pupil.radius + 3.0;
        let (sin, cos) = angle.to_radians().sin_cos();
        let beyond = ((pupil.x + outside * cos).round() as i64, (pupil.y + outside * sin).round() as i64);
        // An edge that a lid or a reflection makes is not the pupil's.
        if matches!(eye.mask.at(beyond.0, beyond.1), Pixel::Open) {
            let at = (angle * RAYS as f32 / 360.0).round() as usize % radii.len();
            radii[at] = pupil.radii_from(x, y);
        }
    }
    let n = radii.len() as f32;
    let power: f32 = (1..17)
        .map(|k| {
            let (mut re, mut im) = (0.0f32, 0.0f32);
            for (i, r) in radii.iter().enumerate() {
                let (sin, cos) = (std::f32::consts::TAU * k as f32 * i as f32 / n).sin_cos();
                re += r * cos;
                im += r * sin;
            }
            re * re + im * im
        })
        .sum();
    (100.0 - power / n).max(0.0)
}

/// Entropy of the grey levels in bits, 0 to 8.
fn entropy_bits(image: &GrayImage) -> f32 {
    let mut counts = [0u32; 256];
    for pixel in image.pixels() {
        counts[usize::from(*pixel)] += 1;
    }
    let all = image.pixels().len() as f32;
    counts.iter().filter(|n| **n > 0).map(|n| *n as f32 / all).map(|p| -p * p.log2()).sum()
}

/// Smallest margin in per cent of what the standard asks.
fn margin(image: &GrayImage, iris: &Circle) -> f32 {
    let (right, below) = (image.width() as f32 - iris.x, image.height() as f32 - iris.y);
    let sides = (iris.x.min(right) - iris.radius) / (0.6 * iris.radius);
    let ends = (iris.y.min(below) - iris.radius) / (0.2 * iris.radius);
    100.0 * sides.min(ends).clamp(0.0, 1.0)
}

/// A quarter of the 9x9 Laplacian of Gaussian (standard deviation about 1.4) that clause 6.2.10 gives, from its
/// middle to its corner.
const KERNEL: [[i32; 5]; 5] =
    [[-40, -24, 0, 5, 2], [-24, -12, 3, 5, 2], [0, 3, 5, 4, 1], [5, 5, 4, 2, 1], [2, 2, 1, 1, 0]];
/// The power at which sharpness is 50.
const HALF_POWER: f64 = 1_800_000.0;

fn sharpness(image: &GrayImage) -> f32 {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (mut power, mut n) = (0.0f64, 0.0f64);
    for y in (4..height.saturating_sub(4)).step_by(4) {
        for x in (4..width.saturating_sub(4)).step_by(4) {
            let mut sum = 0i32;
            for dy in 0..9usize {
                let row = &image.pixels()[(y + dy - 4) * width + x - 4..][..9];
                let kernel = &KERNEL[dy.abs_diff(4)];
                for (dx, pixel) in row.iter().enumerate() {
                    sum += kernel[dx.abs_diff(4)] * i32::from(*pixel);
                }
            }
            power += f64::from(sum) * f64::from(sum);
            n += 1.0;
        }
    }
    let square = (power / n.max(1.0)).powi(2);
    (100.0 * square / (square + HALF_POWER * HALF_POWER)) as f32
}

/// Width of the pupil's edge in per cent of the iris's radius: the step over the steepest slope in the median profile
/// across it, at the sides and below, the wider of the two. A median over many rays is little moved by noise
/// and reflections.
fn edge_width(eye: &Eye<'_>) -> f32 {
    let sectors: [&dyn Fn(f32, f32) -> bool; 3] =
        [&|cos, _| cos > 0.7, &|cos, _| cos < -0.7, &|_, sin| sin > 0.7];
    let [right, left, below] = sectors.map(|sector| profile_width(eye, sector));
    let sides = match (right, left) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    // Nothing to be seen of the edge is as bad as the widest.
    let width =
        sides.into_iter().chain(below).fold(None, |most: Option<f32>, w| Some(most.map_or(w, |m| m.max(w))));
    100.0 * width.unwrap_or(eye.pupil.radius) / eye.iris.radius
}

/// Width in pixels over the rays of one sector; `None` where it is covered.
fn profile_width(eye: &Eye<'_>, sector: &dyn Fn(f32, f32) -> bool) -> Option<f32> {
    const STEP: f32 = 0.5;
    let pupil = &eye.pupil;
    let reach = (0.4 * pupil.radius).min(0.6 * (eye.iris.radius - pupil.radius)).min(40.0);
    let mut columns: Vec<Vec<f32>> = vec![Vec::new(); (2.0 * reach / STEP) as usize + 1];
    // The rays are laid over each other by the circle, not by each ray's own edge: noise would choose that.
    for (cos, sin) in directions((0..RAYS).map(|i| i * 360 / RAYS)).into_iter().filter(|d| sector(d.0, d.1)) {
        let (x, y) = (pupil.x + pupil.radius * cos, pupil.y + pupil.radius * sin);
        let beyond = (x + 3.0 * cos, y + 3.0 * sin);
        if eye.mask.at(beyond.0.round() as i64, beyond.1.round() as i64) != Pixel::Open {
            continue;
        }
        for (i, column) in columns.iter_mut().enumerate() {
            let r = i as f32 * STEP - reach;
            column.push(eye.fine.between(x + r * cos, y + r * sin));
        }
    }
    if columns.first().is_none_or(|c| c.len() < 6) {
        return None;
    }
    let profile: Vec<f32> = columns.iter_mut().map(|c| median(c)).collect();
    let end = (profile.len() / 5).max(1);
    let low = median(&mut profile[..end].to_vec());
    let high = median(&mut profile[profile.len() - end..].to_vec());
    if high - low < 5.0 {
        return None;
    }
    // The step over the steepest slope: for a Gaussian blur 2.51 deviations, as the width from 10 to 90 per cent is
    // 2.56. Unlike that width it does not grow where the tissue brightens away from the pupil.
    let slope = profile.windows(3).map(|w| (w[2] - w[0]) / (2.0 * STEP)).fold(0.0, f32::max);
    (slope > 0.1).then(|| (high - low) / slope)
}
