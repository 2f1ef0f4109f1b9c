//! For measuring only: single networks and single steps of the chain, so that another runtime can be put beside
//! them number by number (`tools/face_compare.py`).

use std::sync::Arc;

use super::FaceError;
use super::analyser::FaceAnalyser;
use super::background::BackgroundColour;
use super::guide::Guidance;
use super::judge::Study;
use super::net::{Model, Net};
use super::sample::{Similarity, square, stretched, warp};
use crate::image::RgbImage;

/// Names of the networks, as their files are called.
pub const NETWORKS: [&str; 3] = ["face_detection_short_range", "face_landmark", "selfie_segmentation"];

/// One network.
pub struct Network(Net);

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Network")
    }
}

impl Network {
    /// Loads a network by its name.
    ///
    /// # Errors
    /// [`FaceError::Model`] for other names, and where the file cannot be read.
    pub fn load(name: &str) -> Result<Self, FaceError> {
        let models = [Model::Detector, Model::Mesh, Model::Person];
        let index = NETWORKS.iter().position(|n| *n == name).ok_or(FaceError::Model)?;
        models.get(index).map_or(Err(FaceError::Model), |model| Net::load(*model).map(Self))
    }

    /// Its outputs for one input of channels, rows, columns.
    ///
    /// # Errors
    /// [`FaceError::Detector`] when the length is wrong or the network fails.
    pub fn run(&self, input: Vec<f32>) -> Result<Vec<Vec<f32>>, FaceError> {
        self.0.run(input)
    }
}

/// A named piece of work.
pub type Step<'a> = (&'static str, Box<dyn Fn() + 'a>);

/// The steps of the chain on a frame that shows a face, each as a piece of work to be timed.
///
/// # Errors
/// [`FaceError::Detector`] when the frame shows none.
pub fn chain(frame: &RgbImage) -> Result<Vec<Step<'_>>, FaceError> {
    let analyser = Arc::new(FaceAnalyser::new()?);
    let all = super::detect::regions(frame, true);
    let whole = *all.first().ok_or(FaceError::Detector)?;
    let first = *analyser.find(frame, true)?.first().ok_or(FaceError::Detector)?;
    let region = first.mesh_region();
    let mesh = analyser.mesh(frame, &region)?.ok_or(FaceError::Detector)?;
    let side = Model::Mesh.side_px();
    let again = |f: fn(&FaceAnalyser, &RgbImage)| -> Box<dyn Fn() + '_> {
        let analyser = Arc::clone(&analyser);
        Box::new(move || f(&analyser, frame))
    };
    let of_mesh = Arc::clone(&analyser);
    let guidance = std::cell::RefCell::new(Guidance::new(Arc::clone(&analyser), Some(BackgroundColour::Red)));
    let clock = std::cell::Cell::new(0);
    Ok(vec![
        ("letterbox", Box::new(move || drop(square(frame, &whole, Model::Detector.side_px())))),
        ("letterbox and detect", again(|a, f| drop(a.find(f, false)))),
        (
            "crop for the mesh",
            Box::new(move || drop(warp(frame, &Similarity::of(&region, side), side, side))),
        ),
        ("crop and mesh", Box::new(move || drop(of_mesh.mesh(frame, &region)))),
        ("measures", Box::new(move || drop(Study::new(frame, &mesh, 1.0)))),
        ("shrink for the mask", Box::new(move || drop(stretched(frame, 256, 256)))),
        ("mask", again(|a, f| drop(a.person_mask(f)))),
        (
            "background",
            again(|a, f| {
                let _ = a.ground(f, BackgroundColour::Red);
            }),
        ),
        (
            "guidance, two frames",
            Box::new(move || {
                // Even frames make the mesh, odd ones look elsewhere.
                let t_ms = clock.get();
                clock.set(t_ms + 66);
                drop(guidance.borrow_mut().guide(frame, t_ms));
                drop(guidance.borrow_mut().guide(frame, t_ms + 33));
            }),
        ),
        ("assess", again(|a, f| drop(a.assess(f)))),
    ])
}
