//! From strokes to the samples of a signature record and back.

use super::IsoError;
use super::sdi::{MAX_SAMPLES, SignatureRepresentation};
use super::sdi_channels::{Channel, ChannelDescription, Scaling};
use super::{CaptureTime, DeviceId, QualityBlock};
use crate::signature::{MAX_POINTS, MAX_STROKES, Point, Strokes};

const FORMAT: &str = "SDI";
/// Channel units in a millimetre where [`Strokes::scaled`] is true.
const PER_MM: f64 = 100.0;
/// Channel units in a second.
const PER_SECOND: f64 = 1000.0;

impl SignatureRepresentation {
    /// The samples of a signature: channels X, Y, T (DT where the signature takes longer than 65 s), F where
    /// every point has a pressure, and S. Y goes upwards in the standard, downwards on the pad: it is turned.
    /// The bounds of X and Y are those of the pad; points outside are moved to its border. Every stroke is
    /// followed by a sample with S = 0 at its end; strokes without points are left out.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when there is no point or more than [`MAX_POINTS`] or [`MAX_STROKES`], the
    /// pad has no size or more than 65,535 units, time goes backwards, or between two points is more than
    /// 65,535 ms.
    pub fn from_strokes(
        strokes: &Strokes,
        captured: CaptureTime,
        device: DeviceId,
        quality: Vec<QualityBlock>,
    ) -> Result<Self, IsoError> {
        let unwritable = |field| IsoError::Unwritable { format: FORMAT, field };
        let points = strokes.points();
        if points == 0 || points > MAX_POINTS || strokes.strokes.len() > MAX_STROKES {
            return Err(unwritable("number of samples"));
        }
        let (Ok(width), Ok(height)) = (u16::try_from(strokes.width), u16::try_from(strokes.height)) else {
            return Err(unwritable("pad size"));
        };
        if width == 0 || height == 0 {
            return Err(unwritable("pad size"));
        }
        let all = || strokes.strokes.iter().flatten();
        let last_ms = all().last().map_or(0, |p| p.t_ms);
        let time = if last_ms <= u32::from(u16::MAX) { Channel::T } else { Channel::DT };
        let force = all().all(|p| p.pressure.is_some());
        let mm = if strokes.scaled { Scaling::nearest(PER_MM) } else { None };
        let mut channels = vec![
            pad_axis(Channel::X, width, mm),
            pad_axis(Channel::Y, height, mm),
            ChannelDescription { scaling: Scaling::nearest(PER_SECOND), ..ChannelDescription::bare(time) },
        ];
        if force {
            let bounds = (Some(0), Some(i32::from(u16::MAX)));
            let bare = ChannelDescription::bare(Channel::F);
            channels.push(ChannelDescription { minimum: bounds.0, maximum: bounds.1, ..bare });
        }
        channels.push(ChannelDescription::bare(Channel::S));
        let mut values = Vec::with_capacity((points + strokes.strokes.len()) * channels.len());
        let mut before_ms = 0;
        for stroke in strokes.strokes.iter().filter(|s| !s.is_empty()) {
            let lifted = stroke.last().map(|p| (p, false));
            for (point, touches) in stroke.iter().map(|p| (p, true)).chain(lifted) {
                let since_ms = point.t_ms.checked_sub(before_ms).ok_or_else(|| unwritable("time"))?;
                let t = if time == Channel::T { point.t_ms } else { since_ms };
                // Both axes begin at the left bottom corner: 32,768 is added with the bound's own offset.
                values.push(point.x.clamp(0, i32::from(width)) as u16 + pad_begin(width));
                values.push(
                    (i32::from(height) - point.y.clamp(0, i32::from(height))) as u16 + pad_begin(height),
                );
                values.push(u16::try_from(t).map_err(|_| unwritable("time"))?);
                if force {
                    values.push(if touches { point.pressure.unwrap_or(0) } else { 0 });
                }
                values.push(u16::from(touches));
                before_ms = point.t_ms;
            }
        }
        Ok(Self { captured, device, quality, certifications: vec![], channels, values, extended: vec![] })
    }

    /// The strokes of the signature, from the left top of the pad: samples with S = 0 (or F = 0 where there
    /// is no S) end a stroke. The pad is that of the bounds of X and Y, or the box of the samples where there
    /// are none. Units become 0.01 mm where X and Y tell a scaling; a pressure is spread over 0 to 65535 by
    /// the bounds of F. Time without scaling is taken as milliseconds, and is 0 without T and DT.
    ///
    /// # Errors
    /// [`IsoError::Count`] for more than [`MAX_POINTS`] points or [`MAX_STROKES`] strokes.
    pub fn strokes(&self) -> Result<Strokes, IsoError> {
        let x = Axis::of(self, Channel::X);
        let y = Axis::of(self, Channel::Y);
        let scaled = self.channel(Channel::X).is_some_and(|d| d.scaling.is_some())
            && self.channel(Channel::Y).is_some_and(|d| d.scaling.is_some());
        let force = self.channel(Channel::F).copied();
        let tip = self.channel(Channel::S).is_some();
        let mut strokes: Vec<Vec<Point>> = Vec::new();
        let (mut open, mut points, mut clock) = (false, 0, 0.0f64);
        for i in 0..self.samples().min(MAX_SAMPLES) {
            let value = |c| self.value(i, c);
            clock = self.clock_ms(i, clock);
            let touches = if tip { value(Channel::S) != Some(0) } else { value(Channel::F) != Some(0) };
            if !touches {
                open = false;
                continue;
            }
            if !open {
                strokes.push(Vec::new());
                open = true;
            }
            points += 1;
            if points > MAX_POINTS || strokes.len() > MAX_STROKES {
                let (field, claimed) = ("number of samples", self.samples() as u64);
                return Err(IsoError::Count { format: FORMAT, field, offset: 0, claimed });
            }
            let point = Point {
                x: x.above_low(value(Channel::X).unwrap_or(0), scaled),
                y: y.below_high(value(Channel::Y).unwrap_or(0), scaled),
                t_ms: clock.round() as u32,
                pressure: force.zip(value(Channel::F)).map(|(d, v)| pressure(&d, v)),
            };
            if let Some(stroke) = strokes.last_mut() {
                stroke.push(point);
            }
        }
        let (width, height) = (x.size(scaled), y.size(scaled));
        Ok(Strokes { width, height, scaled, strokes })
    }

    /// Milliseconds of a sample; `before` are those of the sample before it.
    fn clock_ms(&self, sample: usize, before: f64) -> f64 {
        let ms = |c: Channel| {
            let scale = self.channel(c)?.scaling.map_or(PER_SECOND, Scaling::value);
            self.value(sample, c).map(|v| f64::from(v) * 1000.0 / scale)
        };
        match (ms(Channel::T), ms(Channel::DT)) {
            (Some(t), _) => t,
            (None, Some(step)) => before + step,
            (None, None) => 0.0,
        }
    }
}

/// Where an axis of this many units begins in a record: at the value 0 where that leaves room, else so that
/// it ends at the largest value.
fn pad_begin(size: u16) -> u16 {
    (u16::MAX - size).min(32_768)
}

fn pad_axis(channel: Channel, size: u16, scaling: Option<Scaling>) -> ChannelDescription {
    let low = i32::from(pad_begin(size)) + channel.base();
    ChannelDescription {
        scaling,
        minimum: Some(low),
        maximum: Some(low + i32::from(size)),
        ..ChannelDescription::bare(channel)
    }
}

/// Bounds and scaling of X or Y.
struct Axis {
    low: i32,
    high: i32,
    per_mm: f64,
}

impl Axis {
    fn of(one: &SignatureRepresentation, channel: Channel) -> Self {
        let values = || (0..one.samples()).filter_map(|i| one.value(i, channel));
        let description = one.channel(channel);
        let low = description.and_then(|d| d.minimum).or_else(|| values().min()).unwrap_or(0);
        let high = description.and_then(|d| d.maximum).or_else(|| values().max()).unwrap_or(0);
        Self {
            low,
            high: high.max(low),
            per_mm: description.and_then(|d| d.scaling).map_or(PER_MM, Scaling::value),
        }
    }
    fn units(&self, length: i32, scaled: bool) -> i32 {
        if scaled { (f64::from(length) * PER_MM / self.per_mm).round() as i32 } else { length }
    }
    fn above_low(&self, value: i32, scaled: bool) -> i32 {
        self.units(value - self.low, scaled)
    }
    fn below_high(&self, value: i32, scaled: bool) -> i32 {
        self.units(self.high - value, scaled)
    }
    fn size(&self, scaled: bool) -> i32 {
        self.units(self.high - self.low, scaled)
    }
}

fn pressure(description: &ChannelDescription, value: i32) -> u16 {
    let low = description.minimum.unwrap_or(0);
    let high = description.maximum.unwrap_or(i32::from(u16::MAX));
    let share = f64::from(value - low) / f64::from((high - low).max(1));
    (share.clamp(0.0, 1.0) * f64::from(u16::MAX)).round() as u16
}
