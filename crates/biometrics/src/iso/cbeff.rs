//! Biometric information records (BIR) in XML, ISO/IEC 19785-3 XML patron format, namespace
//! [`NAMESPACE`]: one outer BIR that holds one BIR for each biometric data block (BDB).
//!
//! The reader takes the elements that this module writes, in the order of the schema, and refuses the rest
//! of the schema (security blocks, challenge, payload, validity dates, `others`) by an error, so that nothing
//! is dropped in silence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use uuid::Uuid;

use super::IsoError;
use super::xml_tree::{Node, Sequence, parse};
use crate::position::{Eye, FingerPosition, Hand, Slap};

const FORMAT: &str = "BIR";
/// Namespace of every element.
pub const NAMESPACE: &str = "http://standards.iso.org/iso-iec/19785/-3/ed-2/";
/// Most data blocks in one BIR.
pub const MAX_BLOCKS: usize = 256;
/// Version of the patron format and of CBEFF that is written: major, minor.
const VERSION: (&str, &str) = ("1", "1");

/// An id of a registry: organisation and type, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryId {
    /// Organisation. Registered organisations are numbers; ours is the text `rekam`.
    pub organization: String,
    /// Format or algorithm as the organisation names it.
    pub kind: String,
}

impl RegistryId {
    /// From its two parts.
    #[must_use]
    pub fn new(organization: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { organization: organization.into(), kind: kind.into() }
    }
    /// A format of ISO/IEC JTC 1/SC 37, whose CBEFF organisation id is 257.
    fn sc37(kind: &str) -> Self {
        Self::new("257", kind)
    }
    /// Finger image record (type 7).
    #[must_use]
    pub fn finger_image() -> Self {
        Self::sc37("7")
    }
    /// Face image record (type 8).
    #[must_use]
    pub fn face_image() -> Self {
        Self::sc37("8")
    }
    /// Iris image record (type 9).
    #[must_use]
    pub fn iris_image() -> Self {
        Self::sc37("9")
    }
    /// Finger minutiae record (type 2).
    #[must_use]
    pub fn finger_minutiae() -> Self {
        Self::sc37("2")
    }
    /// Finger minutiae record of ANSI INCITS 378-2004: INCITS M1 is 27 (0x001B), the format 513 (0x0201), as
    /// in NIST SP 800-76.
    #[must_use]
    pub fn incits_minutiae() -> Self {
        Self::new("27", "513")
    }
    /// Signature time series. The registered type of ISO/IEC 19794-7 was not to be found in a source at hand,
    /// so an id of our own is used.
    #[must_use]
    pub fn signature() -> Self {
        Self::new("rekam", "iso-19794-7-2014")
    }
}

macro_rules! words {
    ($(#[$m:meta])* $name:ident { $($(#[$vm:meta])* $v:ident = $word:literal,)* }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vm])* $v),* }
        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$v),*];
            /// The word of the schema.
            #[must_use]
            pub const fn word(self) -> &'static str { match self { $(Self::$v => $word),* } }
            fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
        }
    };
}

words! {
    /// Modality of a data block.
    BiometricType {
        /// Face.
        Face = "Face",
        /// Finger.
        Finger = "Finger",
        /// Iris.
        Iris = "Iris",
        /// Signature.
        Signature = "SignatureSign",
    }
}

words! {
    /// Which part of the body.
    Subtype {
        /// Left.
        Left = "Left",
        /// Right.
        Right = "Right",
        /// Thumb.
        Thumb = "Thumb",
        /// Index finger.
        IndexFinger = "IndexFinger",
        /// Middle finger.
        MiddleFinger = "MiddleFinger",
        /// Ring finger.
        RingFinger = "RingFinger",
        /// Little finger.
        LittleFinger = "LittleFinger",
    }
}

impl Subtype {
    /// Words for a finger: hand, then finger.
    #[must_use]
    pub fn of_finger(finger: FingerPosition) -> Vec<Self> {
        vec![Self::of_hand(finger.hand()), Self::of_digit(finger)]
    }
    /// Words for a slap: the hands, then its fingers.
    #[must_use]
    pub fn of_slap(slap: Slap) -> Vec<Self> {
        let mut words = match slap {
            Slap::Thumbs => return vec![Self::Left, Self::Right, Self::Thumb],
            Slap::RightFour => vec![Self::Right],
            Slap::LeftFour => vec![Self::Left],
        };
        words.extend(slap.fingers().iter().map(|f| Self::of_digit(*f)));
        words
    }
    /// Word for an eye.
    #[must_use]
    pub fn of_eye(eye: Eye) -> Vec<Self> {
        vec![if eye == Eye::Left { Self::Left } else { Self::Right }]
    }
    fn of_hand(hand: Hand) -> Self {
        if hand == Hand::Left { Self::Left } else { Self::Right }
    }
    fn of_digit(finger: FingerPosition) -> Self {
        use FingerPosition as F;
        match finger {
            F::RightThumb | F::LeftThumb => Self::Thumb,
            F::RightIndex | F::LeftIndex => Self::IndexFinger,
            F::RightMiddle | F::LeftMiddle => Self::MiddleFinger,
            F::RightRing | F::LeftRing => Self::RingFinger,
            F::RightLittle | F::LeftLittle => Self::LittleFinger,
        }
    }
}

words! {
    /// How far a data block is processed.
    Level {
        /// As captured.
        Raw = "Raw",
        /// In between.
        Intermediate = "Intermediate",
        /// A template.
        Processed = "Processed",
    }
}

words! {
    /// What a data block was taken for.
    Purpose {
        /// Verification.
        Verify = "Verify",
        /// Identification.
        Identify = "Identify",
        /// Enrolment.
        Enroll = "Enroll",
        /// Enrolment for verification.
        EnrollVerify = "EnrollVerify",
        /// Enrolment for identification.
        EnrollIdentify = "EnrollIdentify",
        /// Audit.
        Audit = "Audit",
    }
}

/// Quality of a data block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockQuality {
    /// Algorithm. For our own measures: organisation `rekam` and the name of the measure.
    pub algorithm: RegistryId,
    /// 0 to 100; `None` when the computation failed.
    pub score: Option<u8>,
}

/// One biometric data block with its description.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// Its id.
    pub index: Uuid,
    /// Format of `data`.
    pub format: RegistryId,
    /// When it was made; kept to the millisecond.
    pub created: DateTime<Utc>,
    /// Modality.
    pub kind: BiometricType,
    /// Which part of the body; empty where the modality has none.
    pub subtype: Vec<Subtype>,
    /// How far it is processed.
    pub level: Level,
    /// What it was taken for.
    pub purpose: Purpose,
    /// Quality, where it was measured.
    pub quality: Option<BlockQuality>,
    /// The record, for instance a FIR.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Block {
    // The data is biometric: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({:?} {:?}, {} bytes)", self.kind, self.subtype, self.data.len())
    }
}

/// A BIR with its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bir {
    /// Who made it: the software, never a person.
    pub creator: Option<String>,
    /// Its id.
    pub index: Option<Uuid>,
    /// When it was made; kept to the millisecond.
    pub created: Option<DateTime<Utc>>,
    /// The data blocks, at least one.
    pub blocks: Vec<Block>,
}

fn unwritable(field: &'static str) -> IsoError {
    IsoError::Unwritable { format: FORMAT, field }
}

/// Writes elements into memory.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn event(&mut self, event: Event<'_>) -> Result<(), IsoError> {
        self.0.write_event(event).map_err(|_| unwritable("XML"))
    }
    fn open(&mut self, name: &str) -> Result<(), IsoError> {
        self.event(Event::Start(BytesStart::new(name)))
    }
    fn close(&mut self, name: &str) -> Result<(), IsoError> {
        self.event(Event::End(BytesEnd::new(name)))
    }
    fn leaf(&mut self, name: &'static str, text: &str) -> Result<(), IsoError> {
        // XML 1.0 has no way to write most control characters.
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}')) {
            return Err(unwritable(name));
        }
        self.open(name)?;
        self.event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }
    fn version(&mut self, name: &str) -> Result<(), IsoError> {
        self.open(name)?;
        self.leaf("Major", VERSION.0)?;
        self.leaf("Minor", VERSION.1)?;
        self.close(name)
    }
    fn registry(&mut self, name: &str, id: &RegistryId) -> Result<(), IsoError> {
        self.open(name)?;
        self.leaf("Organization", &id.organization)?;
        self.leaf("Type", &id.kind)?;
        self.close(name)
    }
    fn block(&mut self, block: &Block) -> Result<(), IsoError> {
        self.open("BIR")?;
        self.version("Version")?;
        self.version("CBEFFVersion")?;
        self.open("BIRInfo")?;
        self.leaf("Integrity", "false")?;
        self.close("BIRInfo")?;
        self.open("BDBInfo")?;
        self.leaf("Index", &block.index.hyphenated().to_string())?;
        self.registry("Format", &block.format)?;
        self.leaf("CreationDate", &date_text(block.created))?;
        self.leaf("Type", block.kind.word())?;
        if !block.subtype.is_empty() {
            self.leaf("Subtype", &block.subtype.iter().map(|s| s.word()).collect::<Vec<_>>().join(" "))?;
        }
        self.leaf("Level", block.level.word())?;
        self.leaf("Purpose", block.purpose.word())?;
        if let Some(quality) = &block.quality {
            self.open("Quality")?;
            self.registry("Algorithm", &quality.algorithm)?;
            match quality.score {
                Some(score @ 0..=100) => self.leaf("Score", &score.to_string())?,
                Some(_) => return Err(unwritable("Score")),
                None => self.leaf("QualityCalculationFailed", "not computed")?,
            }
            self.close("Quality")?;
        }
        self.close("BDBInfo")?;
        if block.data.is_empty() {
            return Err(unwritable("BDB"));
        }
        self.leaf("BDB", &STANDARD.encode(&block.data))?;
        self.close("BIR")
    }
}

fn date_text(date: DateTime<Utc>) -> String {
    date.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Bir {
    /// Writes the BIR as UTF-8 XML without indentation.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when something does not fit the schema.
    pub fn write(&self) -> Result<Vec<u8>, IsoError> {
        if self.blocks.is_empty() || self.blocks.len() > MAX_BLOCKS {
            return Err(unwritable("number of blocks"));
        }
        let mut xml = Xml(Writer::new(Vec::new()));
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.event(Event::Start(BytesStart::new("BIR").with_attributes([("xmlns", NAMESPACE)])))?;
        xml.version("Version")?;
        xml.version("CBEFFVersion")?;
        xml.open("BIRInfo")?;
        if let Some(creator) = &self.creator {
            xml.leaf("Creator", creator)?;
        }
        if let Some(index) = self.index {
            xml.leaf("Index", &index.hyphenated().to_string())?;
        }
        // Integrity is protected by the package around this record, not by a security block in it.
        xml.leaf("Integrity", "false")?;
        if let Some(created) = self.created {
            xml.leaf("CreationDate", &date_text(created))?;
        }
        xml.close("BIRInfo")?;
        for block in &self.blocks {
            xml.block(block)?;
        }
        xml.close("BIR")?;
        Ok(xml.0.into_inner())
    }

    /// Reads a BIR.
    ///
    /// # Errors
    /// [`IsoError::Xml`] for anything that is not a document of the schema, or uses parts of it that are
    /// not taken here.
    pub fn read(data: &[u8]) -> Result<Self, IsoError> {
        let root = parse(data, NAMESPACE, "BIR")?;
        let mut seq = Sequence::of(&root)?;
        skip_version(seq.optional("Version"))?;
        skip_version(seq.optional("CBEFFVersion"))?;
        let info = seq.required("BIRInfo")?;
        let mut blocks = Vec::new();
        while let Some(one) = seq.optional("BIR") {
            if blocks.len() == MAX_BLOCKS {
                return Err(one.bad("too many blocks"));
            }
            blocks.push(read_block(one)?);
        }
        seq.end()?;
        if blocks.is_empty() {
            return Err(root.bad("no block"));
        }
        let mut seq = Sequence::of(info)?;
        let creator = seq.optional("Creator").map(|n| n.text().map(str::to_owned)).transpose()?;
        let index = seq.optional("Index").map(uuid).transpose()?;
        seq.required("Integrity")?.word(|w| (w == "false" || w == "0").then_some(()))?;
        let created = seq.optional("CreationDate").map(date).transpose()?;
        seq.end()?;
        Ok(Self { creator, index, created, blocks })
    }
}

fn skip_version(node: Option<&Node>) -> Result<(), IsoError> {
    let Some(node) = node else { return Ok(()) };
    let mut seq = Sequence::of(node)?;
    for part in ["Major", "Minor"] {
        seq.required(part)?.word(|w| w.parse::<u32>().ok())?;
    }
    seq.end()
}

fn uuid(node: &Node) -> Result<Uuid, IsoError> {
    // The schema wants the hyphenated form; the parser of the crate takes others as well.
    node.word(|w| Uuid::try_parse(w).ok().filter(|_| w.len() == 36))
}

fn date(node: &Node) -> Result<DateTime<Utc>, IsoError> {
    node.word(|w| DateTime::parse_from_rfc3339(w).ok().map(|d| d.with_timezone(&Utc)))
}

fn registry(node: &Node) -> Result<RegistryId, IsoError> {
    let mut seq = Sequence::of(node)?;
    let id = RegistryId::new(seq.required("Organization")?.text()?, seq.required("Type")?.text()?);
    seq.end()?;
    Ok(id)
}

fn read_block(node: &Node) -> Result<Block, IsoError> {
    let mut seq = Sequence::of(node)?;
    skip_version(seq.optional("Version"))?;
    skip_version(seq.optional("CBEFFVersion"))?;
    let bir_info = seq.required("BIRInfo")?;
    let info = seq.required("BDBInfo")?;
    let bdb = seq.required("BDB")?;
    seq.end()?;
    let mut bir_info = Sequence::of(bir_info)?;
    bir_info.required("Integrity")?.word(|w| (w == "false" || w == "0").then_some(()))?;
    bir_info.end()?;

    let mut seq = Sequence::of(info)?;
    let index = uuid(seq.required("Index")?)?;
    let format = registry(seq.required("Format")?)?;
    let created = date(seq.required("CreationDate")?)?;
    let kind = seq.required("Type")?.word(BiometricType::from_word)?;
    let subtype = match seq.optional("Subtype") {
        // Seven words exist; a longer list repeats itself.
        Some(n) => n.word(|w| {
            let words: Vec<_> = w.split_ascii_whitespace().take(8).map(Subtype::from_word).collect();
            if words.is_empty() || words.len() > 7 { None } else { words.into_iter().collect() }
        })?,
        None => Vec::new(),
    };
    let level = seq.required("Level")?.word(Level::from_word)?;
    let purpose = seq.required("Purpose")?.word(Purpose::from_word)?;
    let quality = seq.optional("Quality").map(read_quality).transpose()?;
    seq.end()?;
    let data = bdb.word(|w| {
        let compact: Vec<u8> = w.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        STANDARD.decode(compact).ok().filter(|d| !d.is_empty())
    })?;
    Ok(Block { index, format, created, kind, subtype, level, purpose, quality, data })
}

fn read_quality(node: &Node) -> Result<BlockQuality, IsoError> {
    let mut seq = Sequence::of(node)?;
    let algorithm = registry(seq.required("Algorithm")?)?;
    let score = match seq.optional("Score") {
        Some(n) => Some(n.word(|w| w.parse::<u8>().ok().filter(|s| *s <= 100))?),
        None => {
            seq.required("QualityCalculationFailed")?.text()?;
            None
        }
    };
    seq.end()?;
    Ok(BlockQuality { algorithm, score })
}
