//! Channels of a signature record and their descriptions (ISO/IEC 19794-7:2007, 7.3.3).

use super::IsoError;
use super::bytes::{Reader, Writer};

/// Added to the values of signed channels in a record.
const SIGNED_OFFSET: i32 = 32_768;

macro_rules! channels {
    ($($(#[$m:meta])* $v:ident = $bit:literal, $id:literal;)*) => {
        /// A quantity that is sampled, with its bit in the inclusion field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Channel { $($(#[$m])* $v = $bit),* }
        impl Channel {
            /// Every channel, in the order of a record.
            pub const ALL: &'static [Channel] = &[$(Channel::$v),*];
            /// Name as the standard has it.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => $id),* } }
        }
    };
}

channels! {
    /// Position to the right.
    X = 15, "X";
    /// Position upwards.
    Y = 14, "Y";
    /// Height above the pad.
    Z = 13, "Z";
    /// Velocity in x.
    VX = 12, "VX";
    /// Velocity in y.
    VY = 11, "VY";
    /// Acceleration in x.
    AX = 10, "AX";
    /// Acceleration in y.
    AY = 9, "AY";
    /// Time since the first sample.
    T = 8, "T";
    /// Time since the sample before.
    DT = 7, "DT";
    /// Force of the pen tip.
    F = 6, "F";
    /// Pen tip switch: 1 touches, 0 does not.
    S = 5, "S";
    /// Tilt along x.
    TX = 4, "TX";
    /// Tilt along y.
    TY = 3, "TY";
    /// Azimuth.
    Az = 2, "Az";
    /// Elevation.
    El = 1, "El";
    /// Rotation.
    R = 0, "R";
}

impl Channel {
    /// True for channels from -32768 to 32767; the others go from 0 to 65535 (S to 255).
    #[must_use]
    pub fn signed(self) -> bool {
        use Channel::{AX, AY, TX, TY, VX, VY, X, Y};
        matches!(self, X | Y | VX | VY | AX | AY | TX | TY)
    }
    /// The value that zero in a record means.
    pub(super) fn base(self) -> i32 {
        if self.signed() { -SIGNED_OFFSET } else { 0 }
    }
    /// Bytes of a value in a sample.
    pub(super) fn bytes(self) -> usize {
        if self == Self::S { 1 } else { 2 }
    }
    fn mask(self) -> u16 {
        1 << (self as u16)
    }
}

/// Units of a channel in one physical unit (mm, s, N, degree): `(1 + fraction / 2048) * 2^(exponent - 16)`
/// with five bits of exponent and eleven of fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scaling(pub u16);

impl Scaling {
    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        let fraction = f64::from(self.0 & 0x7FF) / 2048.0;
        (1.0 + fraction) * 2f64.powi(i32::from(self.0 >> 11) - 16)
    }
    /// The nearest scaling to a number; `None` outside 2^-16 to 65520.
    #[must_use]
    pub fn nearest(value: f64) -> Option<Self> {
        if !(value.is_finite() && value > 0.0) {
            return None;
        }
        let exponent = value.log2().floor() as i32;
        let fraction = ((value / 2f64.powi(exponent) - 1.0) * 2048.0).round() as i32;
        // A fraction that rounds up to one is the next power of two.
        let code = (exponent + 16) * 2048 + fraction;
        u16::try_from(code).ok().map(Self)
    }
}

/// What is told of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelDescription {
    /// Which channel.
    pub channel: Channel,
    /// Units of the channel in one physical unit.
    pub scaling: Option<Scaling>,
    /// Smallest value.
    pub minimum: Option<i32>,
    /// Largest value.
    pub maximum: Option<i32>,
    /// Mean of the values.
    pub mean: Option<i32>,
    /// Standard deviation of the values.
    pub deviation: Option<u16>,
}

impl ChannelDescription {
    /// A channel of which nothing is told.
    #[must_use]
    pub fn bare(channel: Channel) -> Self {
        Self { channel, scaling: None, minimum: None, maximum: None, mean: None, deviation: None }
    }

    fn read(r: &mut Reader<'_>, channel: Channel) -> Result<Self, IsoError> {
        let offset = r.at();
        // Bits from the highest: scaling, minimum, maximum, mean, deviation; constant, linear part removed
        // and reserved are not taken.
        let preamble = r.code("channel preamble", |v| (v & 7 == 0).then_some(v))?;
        let mut attribute = |bit: u8, field| -> Result<Option<u16>, IsoError> {
            if preamble & bit == 0 { Ok(None) } else { r.u16(field).map(Some) }
        };
        let scaling = attribute(0x80, "scaling value")?.map(Scaling);
        let signed = |raw: Option<u16>| raw.map(|v| i32::from(v) + channel.base());
        let minimum = signed(attribute(0x40, "minimum channel value")?);
        let maximum = signed(attribute(0x20, "maximum channel value")?);
        let mean = signed(attribute(0x10, "mean channel value")?);
        let deviation = attribute(0x08, "standard deviation")?;
        if let (Some(low), Some(high)) = (minimum, maximum)
            && low > high
        {
            return Err(r.value("channel bounds", offset, low.abs_diff(high)));
        }
        Ok(Self { channel, scaling, minimum, maximum, mean, deviation })
    }

    fn write(&self, w: &mut Writer) -> Result<(), IsoError> {
        let raw = |value: Option<i32>| match value {
            // Bounds of S have two bytes, as those of every channel.
            Some(v) => match u16::try_from(v - self.channel.base()) {
                Ok(raw) => Ok(Some(raw)),
                Err(_) => Err(w.unwritable("channel description")),
            },
            None => Ok(None),
        };
        if self.minimum.zip(self.maximum).is_some_and(|(low, high)| low > high) {
            return Err(w.unwritable("channel description"));
        }
        let attributes = [
            (0x80, self.scaling.map(|s| s.0)),
            (0x40, raw(self.minimum)?),
            (0x20, raw(self.maximum)?),
            (0x10, raw(self.mean)?),
            (0x08, self.deviation),
        ];
        w.u8(attributes.iter().filter(|a| a.1.is_some()).map(|a| a.0).sum());
        attributes.iter().filter_map(|a| a.1).for_each(|v| w.u16(v));
        Ok(())
    }
}

/// Reads the inclusion field and the descriptions; X and Y are mandatory.
pub(super) fn read_channels(r: &mut Reader<'_>) -> Result<Vec<ChannelDescription>, IsoError> {
    let offset = r.at();
    let included = r.u16("channel inclusion field")?;
    let both = Channel::X.mask() | Channel::Y.mask();
    if included & both != both {
        return Err(r.value("channel inclusion field", offset, u32::from(included)));
    }
    Channel::ALL
        .iter()
        .filter(|c| included & c.mask() != 0)
        .map(|c| ChannelDescription::read(r, *c))
        .collect()
}

pub(super) fn write_channels(channels: &[ChannelDescription], w: &mut Writer) -> Result<(), IsoError> {
    let ordered = channels.windows(2).all(|p| p[0].channel > p[1].channel);
    let has = |c| channels.iter().any(|d: &ChannelDescription| d.channel == c);
    if !ordered || !has(Channel::X) || !has(Channel::Y) {
        return Err(w.unwritable("channels"));
    }
    w.u16(channels.iter().map(|d| d.channel.mask()).sum());
    channels.iter().try_for_each(|d| d.write(w))
}
