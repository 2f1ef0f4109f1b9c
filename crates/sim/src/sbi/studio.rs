//! The pictures and records of the made-up person: the same one for a seed as simulated devices give, in another
//! impression each time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use biometrics::codec::{self, CodecError, Jp2Rate};
use biometrics::face::{FaceAnalyser, FaceError, scaled};
use biometrics::finger::matcher::FingerError;
use biometrics::image::{GrayImage, ImageError, RgbImage};
use biometrics::iso::IsoError;
use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::synth::finger::{FingerSpec, Master};
use biometrics::synth::rng::mix;
use biometrics::synth::slap::{self, Press, Print};
use devices::drivers::simulated::parameters::Background;
use devices::drivers::simulated::samples;
use devices::drivers::simulated::scene::Scene;
use devices::vocabulary::DeviceFault;

use super::control::Person;
use super::palms;
use super::records;
use super::wire::{Modality, Part};

/// JPEG quality of live pictures.
const LIVE_QUALITY: u8 = 75;
/// Different pictures of a live view of fingers or eyes; they come in turn.
const LIVE_PICTURES: u64 = 4;
/// Masters of fingers that are kept: two people.
const MASTERS_MAX: usize = 20;
/// Live pictures that are kept.
const KEPT_MAX: usize = 64;
/// Tells the impressions of this service from those of simulated devices of the same person.
const STREAM_OF_SEEDS: u64 = 0x5342_4930;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// A picture could not be encoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A picture has an impossible size.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A record could not be written.
    #[error(transparent)]
    Iso(#[from] IsoError),
    /// The measure of fingers failed.
    #[error(transparent)]
    Finger(#[from] FingerError),
    /// The measure of faces failed.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The bundled portrait is damaged.
    #[error(transparent)]
    Portrait(#[from] DeviceFault),
}

/// A sample as it goes into an answer.
pub(super) struct Taken {
    /// The part of the body; none for a face.
    pub(super) part: Option<Part>,
    /// ISO/IEC 19794 record.
    pub(super) record: Vec<u8>,
    /// Measured quality, 0 to 100.
    pub(super) score: u8,
}

/// Which live picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct LiveKey {
    seed: u64,
    sub_id: String,
    absent: Vec<Part>,
    number: u64,
}

#[derive(Default)]
struct Fingers {
    masters: BTreeMap<(u64, FingerPosition), Master>,
}

#[derive(Default)]
struct Faces {
    scene: Option<(Background, Scene)>,
    analyser: Option<FaceAnalyser>,
}

/// Makes pictures; what costs time is kept.
pub(super) struct Studio {
    session_seed: u64,
    fingers: Mutex<Fingers>,
    faces: Mutex<Faces>,
    live: Mutex<BTreeMap<LiveKey, Vec<u8>>>,
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Studio(..)")
    }
}

// What is behind these locks are caches: whole after each statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Studio {
    /// `session_seed`: no two runs of a service give the same impressions when it differs.
    pub(super) fn new(session_seed: u64) -> Self {
        Self { session_seed, fingers: Mutex::default(), faces: Mutex::default(), live: Mutex::default() }
    }

    /// The samples of a capture. `number` tells captures apart.
    ///
    /// # Errors
    /// [`StudioError`].
    pub(super) fn capture(
        &self,
        person: &Person,
        modality: Modality,
        parts: &[Part],
        exceptions: &[Part],
        number: u64,
    ) -> Result<Vec<Taken>, StudioError> {
        let seed = mix(mix(person.seed) ^ mix(self.session_seed ^ STREAM_OF_SEEDS) ^ number);
        if modality == Modality::Face {
            return Ok(vec![self.face(person, exceptions, seed)?]);
        }
        parts.iter().map(|part| self.part(person, *part, seed)).collect()
    }

    fn part(&self, person: &Person, part: Part, seed: u64) -> Result<Taken, StudioError> {
        let (record, score) = match part {
            Part::Finger(position) => {
                let image = {
                    let mut fingers = lock(&self.fingers);
                    fingers.master(person.seed, position).impression(&samples::touch(position, seed))
                };
                records::finger(position, &image)?
            }
            Part::Eye(eye) => records::iris(eye, &samples::iris(person.seed, eye, seed))?,
        };
        Ok(Taken { part: Some(part), record, score })
    }

    /// A portrait; with exceptions an exception photo.
    fn face(&self, person: &Person, exceptions: &[Part], seed: u64) -> Result<Taken, StudioError> {
        let mut faces = lock(&self.faces);
        let photo = faces.scene(person.background)?.photo(seed % 1000, seed)?;
        let photo = if exceptions.is_empty() { photo } else { palms::before(&photo, exceptions)? };
        let analyser = match &mut faces.analyser {
            Some(analyser) => analyser,
            empty => empty.insert(FaceAnalyser::new()?),
        };
        let score = analyser.assess(&photo).quality.score.unwrap_or(0);
        let jp2 = codec::encode_jp2_rgb(&photo, Jp2Rate::Lossless)?;
        Ok(Taken { part: None, record: records::face(&photo, jp2, score)?, score })
    }

    /// Live picture `number` of a stream, as JPEG.
    ///
    /// # Errors
    /// [`StudioError`].
    pub(super) fn live(
        &self,
        person: &Person,
        modality: Modality,
        sub_id: &str,
        number: u64,
    ) -> Result<Vec<u8>, StudioError> {
        if modality == Modality::Face {
            let frame = lock(&self.faces).scene(person.background)?.frame(number)?;
            let small = scaled(&frame, frame.width() / 2, frame.height() / 2)?;
            return Ok(codec::encode_jpeg(&small, LIVE_QUALITY)?);
        }
        if modality == Modality::Finger && number == 0 {
            // The hand is not there yet: growing its ridges takes a moment, the stream begins at once.
            let (width, height) = (slap::WIDTH_PX / 2, slap::HEIGHT_PX / 2);
            let empty = RgbImage::new(width, height, vec![235; (width * height * 3) as usize])?;
            return Ok(codec::encode_jpeg(&empty, LIVE_QUALITY)?);
        }
        let number = number % LIVE_PICTURES;
        let key = LiveKey {
            seed: person.seed,
            sub_id: format!("{} {sub_id}", modality.wire()),
            absent: absent(person),
            number,
        };
        if let Some(kept) = lock(&self.live).get(&key) {
            return Ok(kept.clone());
        }
        let parts: Vec<Part> =
            modality.parts(sub_id).into_iter().filter(|part| !key.absent.contains(part)).collect();
        let seed = mix(mix(person.seed) ^ mix(number ^ STREAM_OF_SEEDS));
        let picture = match modality {
            Modality::Finger => halved(&self.platen(person.seed, &parts, seed))?,
            _ => side_by_side(&parts, |eye| samples::iris(person.seed, eye, seed))?,
        };
        let jpeg = codec::encode_jpeg(&colour(&picture)?, LIVE_QUALITY)?;
        let mut live = lock(&self.live);
        if live.len() >= KEPT_MAX {
            live.clear();
        }
        live.insert(key, jpeg.clone());
        Ok(jpeg)
    }

    /// The platen with the hand on it.
    fn platen(&self, person_seed: u64, parts: &[Part], seed: u64) -> GrayImage {
        let mut fingers = lock(&self.fingers);
        let images: Vec<(FingerPosition, GrayImage)> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Finger(position) => Some(*position),
                Part::Eye(_) => None,
            })
            .map(|position| {
                let master = fingers.master(person_seed, position);
                (position, master.impression(&samples::touch(position, seed)))
            })
            .collect();
        let prints: Vec<Print<'_>> = images
            .iter()
            .map(|(position, image)| Print {
                position: *position,
                image,
                distal: slap::extent(image),
                below_px: 0.0,
            })
            .collect();
        let slap = images.first().map_or(Slap::RightFour, |(position, _)| position.slap());
        slap::compose(&prints, slap, &Press::ordinary(seed)).0
    }
}

impl Fingers {
    fn master(&mut self, person_seed: u64, position: FingerPosition) -> &Master {
        let key = (person_seed, position);
        if self.masters.len() >= MASTERS_MAX && !self.masters.contains_key(&key) {
            self.masters.clear();
        }
        self.masters.entry(key).or_insert_with(|| Master::new(&FingerSpec { person_seed, position }))
    }
}

impl Faces {
    fn scene(&mut self, background: Background) -> Result<&Scene, StudioError> {
        if self.scene.as_ref().is_some_and(|(own, _)| *own != background) {
            self.scene = None;
        }
        Ok(match &mut self.scene {
            Some((_, scene)) => scene,
            empty => &empty.insert((background, Scene::new(background)?)).1,
        })
    }
}

/// What the person does not have.
pub(super) fn absent(person: &Person) -> Vec<Part> {
    let fingers = person.missing_fingers.iter().copied().map(Part::Finger);
    fingers.chain(person.missing_eyes.iter().copied().map(Part::Eye)).collect()
}

/// Half as wide and high; each pixel is the mean of four.
fn halved(image: &GrayImage) -> Result<GrayImage, ImageError> {
    let (width, height) = (image.width() / 2, image.height() / 2);
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for y in 0..i64::from(height) {
        for x in 0..i64::from(width) {
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| image.at(2 * x + dx, 2 * y + dy));
            pixels.push((four.iter().map(|v| u16::from(*v)).sum::<u16>() / 4) as u8);
        }
    }
    GrayImage::new(width, height, None, pixels)
}

/// The eyes in one picture, as seen from the camera: the right eye is on the left.
fn side_by_side(parts: &[Part], take: impl Fn(Eye) -> GrayImage) -> Result<GrayImage, ImageError> {
    let seen = |eye: &Eye| parts.contains(&Part::Eye(*eye));
    let eyes: Vec<GrayImage> = [Eye::Right, Eye::Left].into_iter().filter(seen).map(take).collect();
    let (width, height) = match eyes.first() {
        Some(first) => (first.width() * eyes.len() as u32, first.height()),
        None => return GrayImage::new(640, 480, None, vec![60; 640 * 480]),
    };
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for y in 0..i64::from(height) {
        for eye in &eyes {
            pixels.extend((0..i64::from(eye.width())).map(|x| eye.at(x, y)));
        }
    }
    GrayImage::new(width, height, None, pixels)
}

fn colour(image: &GrayImage) -> Result<RgbImage, ImageError> {
    let pixels = image.pixels().iter().flat_map(|p| [*p, *p, *p]).collect();
    RgbImage::new(image.width(), image.height(), pixels)
}
