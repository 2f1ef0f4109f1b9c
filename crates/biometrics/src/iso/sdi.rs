//! Signature/sign time series, ISO/IEC 19794-7 full format: editions 2014 (version `020`) and 2007 (version `
//! 10`).
//!
//! A representation is a list of channels with their descriptions, and one value a channel for every sample.
//! Layout of the 2014 edition: the header and the head of a representation as in the other parts of the 2011
//! generation, then the channel inclusion field (16 bits, X first), a description for each channel, the
//! number of samples (3 bytes), the samples, and the length of extended data (2 bytes). The 2007 edition has
//! the channels after the version, a reserved byte, a byte of flags and the number of samples. Values and
//! bounds of signed channels have 32,768 added; S has one byte, every other channel two.
//!
//! Where the layout comes from: ISO/IEC 19794-7:2007 clause 7 and annex B in its public national adoption
//! (GOST R ISO/IEC 19794-7-2009), the example module of ISO/IEC 8825-6, and two public implementations (of
//! 2007 and 2014) that agree on offsets and on the scaling value. **Not validated**: no sample record and no
//! reader of another project was at hand here. Extended data is kept as bytes; constant channels and channels
//! without their linear part are refused.

use super::bytes::{Reader, Writer};
use super::common::{self, Head, Representation};
use super::sdi_channels::{Channel, ChannelDescription, read_channels, write_channels};
use super::{CaptureTime, Certification, DeviceId, IsoError, QualityBlock};

const FORMAT: &str = "SDI";
const MAGIC: &[u8; 4] = b"SDI\0";
const VERSION_2014: &[u8; 4] = b"020\0";
const VERSION_2007: &[u8; 4] = b" 10\0";
/// Most samples in a record: 20 minutes at 200 Hz. The count field has three bytes.
pub const MAX_SAMPLES: usize = 240_000;

/// One signature as channels and samples.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureRepresentation {
    /// When it was captured; not in the 2007 edition.
    pub captured: CaptureTime,
    /// What captured it (technology 0 unknown, 1 electromagnetic, ...); not in the 2007 edition.
    pub device: DeviceId,
    /// Quality scores; not in the 2007 edition.
    pub quality: Vec<QualityBlock>,
    /// Certifications of the device; only in a record with [`SignatureRecord::certified`].
    pub certifications: Vec<Certification>,
    /// The channels, in the order of the standard.
    pub(super) channels: Vec<ChannelDescription>,
    /// The values as they stand in the record: for each sample one a channel.
    pub(super) values: Vec<u16>,
    /// Extended data after the samples, kept as it is; not in the 2007 edition.
    pub extended: Vec<u8>,
}

impl std::fmt::Debug for SignatureRepresentation {
    // A signature is biometric: its samples never go into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignatureRepresentation({} channels, {} samples)", self.channels.len(), self.samples())
    }
}

impl SignatureRepresentation {
    /// The channels with their descriptions, in the order of the standard.
    #[must_use]
    pub fn channels(&self) -> &[ChannelDescription] {
        &self.channels
    }

    /// Number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.values.len().checked_div(self.channels.len()).unwrap_or(0)
    }

    /// The value of a channel in a sample; `None` where there is no such channel or sample.
    #[must_use]
    pub fn value(&self, sample: usize, channel: Channel) -> Option<i32> {
        let column = self.channels.iter().position(|d| d.channel == channel)?;
        let at = sample.checked_mul(self.channels.len())?.checked_add(column)?;
        self.values.get(at).map(|raw| i32::from(*raw) + channel.base())
    }

    /// The description of a channel.
    #[must_use]
    pub fn channel(&self, channel: Channel) -> Option<&ChannelDescription> {
        self.channels.iter().find(|d| d.channel == channel)
    }

    /// Reads the number of samples and the samples.
    fn read_samples(r: &mut Reader<'_>, channels: &[ChannelDescription]) -> Result<Vec<u16>, IsoError> {
        let offset = r.at();
        let samples = r.u24("number of samples")? as usize;
        if samples == 0 || samples > MAX_SAMPLES {
            return Err(r.bad_count("number of samples", offset, samples as u64));
        }
        r.count("number of samples", offset, samples, channels.iter().map(|d| d.channel.bytes()).sum())?;
        let mut values = Vec::with_capacity(samples * channels.len());
        for _ in 0..samples {
            for description in channels {
                values.push(match description.channel.bytes() {
                    1 => u16::from(r.u8("sample")?),
                    _ => r.u16("sample")?,
                });
            }
        }
        Ok(values)
    }

    fn write_samples(&self, w: &mut Writer) -> Result<(), IsoError> {
        w.u24(u32::try_from(self.samples()).unwrap_or(u32::MAX), "number of samples")?;
        for sample in self.values.chunks_exact(self.channels.len().max(1)) {
            for (value, description) in sample.iter().zip(&self.channels) {
                match description.channel.bytes() {
                    1 => w.u8(u8::try_from(*value).map_err(|_| w.unwritable("sample"))?),
                    _ => w.u16(*value),
                }
            }
        }
        Ok(())
    }
}

impl Representation for SignatureRepresentation {
    /// Head, inclusion field, X and Y without attributes, number of samples, one sample, extended data
    /// length.
    const SMALLEST: usize = Head::SMALLEST + 2 + 2 + 3 + 4 + 2;

    fn head(&self) -> (CaptureTime, DeviceId, &[QualityBlock], &[Certification]) {
        (self.captured, self.device, &self.quality, &self.certifications)
    }

    fn check(&self, w: &Writer) -> Result<(), IsoError> {
        if self.samples() == 0 || self.samples() > MAX_SAMPLES {
            return Err(w.unwritable("number of samples"));
        }
        Ok(())
    }

    fn read_rest(r: &mut Reader<'_>, head: Head, _end: usize) -> Result<Self, IsoError> {
        let channels = read_channels(r)?;
        let values = Self::read_samples(r, &channels)?;
        let extended = usize::from(r.u16("extended data length")?);
        Ok(Self {
            captured: head.captured,
            device: head.device,
            quality: head.quality,
            certifications: head.certifications,
            channels,
            values,
            extended: r.take(extended, "extended data")?.to_vec(),
        })
    }

    fn write_rest(&self, w: &mut Writer) -> Result<(), IsoError> {
        write_channels(&self.channels, w)?;
        self.write_samples(w)?;
        w.count16(self.extended.len(), "extended data length")?;
        w.bytes(&self.extended);
        Ok(())
    }
}

/// Edition of ISO/IEC 19794-7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureEdition {
    /// 2007, version ` 10`: one representation without time, device and quality.
    Iso2007,
    /// 2014, version `020`.
    Iso2014,
}

/// A signature record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRecord {
    /// Edition of the standard.
    pub edition: SignatureEdition,
    /// True when every representation has a block of device certifications (which may be empty).
    pub certified: bool,
    /// The signatures, at least one.
    pub representations: Vec<SignatureRepresentation>,
}

impl SignatureRecord {
    /// A record of the 2014 edition.
    #[must_use]
    pub fn new(representations: Vec<SignatureRepresentation>) -> Self {
        Self { edition: SignatureEdition::Iso2014, certified: false, representations }
    }

    /// Reads a record of either edition.
    ///
    /// # Errors
    /// [`IsoError`] for anything that is not exactly one such record.
    pub fn read(data: &[u8]) -> Result<Self, IsoError> {
        if data.get(4..8) == Some(VERSION_2007.as_slice()) {
            return Self::read_2007(data);
        }
        let mut r = Reader::open(FORMAT, data, MAGIC, VERSION_2014)?;
        let (count, certified) = common::read_counts::<SignatureRepresentation>(&mut r)?;
        let representations = common::read_representations(r, count, certified)?;
        Ok(Self { edition: SignatureEdition::Iso2014, certified, representations })
    }

    fn read_2007(data: &[u8]) -> Result<Self, IsoError> {
        let mut r = Reader::open(FORMAT, data, MAGIC, VERSION_2007)?;
        let channels = read_channels(&mut r)?;
        r.code("reserved byte", |v| (v == 0).then_some(()))?;
        // The only flag is that of extended data, whose end the record does not tell.
        r.code("extended data flag", |v| (v == 0).then_some(()))?;
        let values = SignatureRepresentation::read_samples(&mut r, &channels)?;
        r.finish()?;
        let one = SignatureRepresentation {
            captured: CaptureTime::UNKNOWN,
            device: DeviceId::default(),
            quality: Vec::new(),
            certifications: Vec::new(),
            channels,
            values,
            extended: Vec::new(),
        };
        Ok(Self { edition: SignatureEdition::Iso2007, certified: false, representations: vec![one] })
    }

    /// Writes the record in its edition.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when something does not fit: the 2007 edition holds one signature and nothing
    /// of when and how it was captured.
    pub fn write(&self) -> Result<Vec<u8>, IsoError> {
        match self.edition {
            SignatureEdition::Iso2014 => {
                let w = Writer::new(FORMAT, MAGIC, VERSION_2014);
                common::write_record(w, self.certified, &self.representations, |_| Ok(()))
            }
            SignatureEdition::Iso2007 => self.write_2007(),
        }
    }

    fn write_2007(&self) -> Result<Vec<u8>, IsoError> {
        let mut w = Writer::new(FORMAT, MAGIC, VERSION_2007);
        let [one] = self.representations.as_slice() else {
            return Err(w.unwritable("number of representations"));
        };
        let plain = one.captured == CaptureTime::UNKNOWN
            && one.device == DeviceId::default()
            && one.quality.is_empty()
            && one.certifications.is_empty()
            && one.extended.is_empty();
        if !plain || self.certified {
            return Err(w.unwritable("capture time, device, quality or extended data"));
        }
        one.check(&w)?;
        write_channels(&one.channels, &mut w)?;
        w.bytes(&[0, 0]);
        one.write_samples(&mut w)?;
        Ok(w.into_bytes())
    }
}
