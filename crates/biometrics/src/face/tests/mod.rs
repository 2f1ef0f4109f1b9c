#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Tests of the face chain. The portrait is the public-domain one of fixtures/face; other pictures are made of it.

#[cfg(feature = "onnx")]
mod background;
mod geometry;
#[cfg(feature = "onnx")]
mod live;
mod ofiq;
#[cfg(feature = "onnx")]
mod portraits;

use std::path::PathBuf;

use super::*;
use crate::image::RgbImage;
#[cfg(feature = "onnx")]
use crate::quality::QualityReason;

pub(super) type Picture = image::RgbImage;

pub(super) fn astronaut() -> Picture {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/face/astronaut-512.jpg");
    image::open(path).unwrap().to_rgb8()
}

pub(super) fn ours(picture: &Picture) -> RgbImage {
    RgbImage::new(picture.width(), picture.height(), picture.as_raw().clone()).unwrap()
}

/// A file of the samples; `None`, and a word of it, where they are not there.
pub(super) fn sample(path: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("REKAM_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let read = std::fs::read(folder.join(path));
    if read.is_err() {
        eprintln!("skipped: no sample {path} in {}", folder.display());
    }
    read.ok()
}

/// One analyser for all tests: loading is the slow part, and sharing it is part of what is promised.
#[cfg(feature = "onnx")]
pub(super) fn analyser() -> std::sync::Arc<FaceAnalyser> {
    static ONE: std::sync::OnceLock<std::sync::Arc<FaceAnalyser>> = std::sync::OnceLock::new();
    std::sync::Arc::clone(ONE.get_or_init(|| std::sync::Arc::new(FaceAnalyser::new().unwrap())))
}

#[cfg(not(feature = "onnx"))]
#[test]
fn without_networks_there_is_no_analyser() {
    assert_eq!(FaceAnalyser::new().err(), Some(FaceError::Absent));
}

#[test]
fn the_networks_are_those_of_the_notice() {
    use sha2::{Digest, Sha256};
    let notice = include_str!("../../../models/NOTICE");
    let check = |model: super::net::Model, file: &str| {
        let digest: String = Sha256::digest(model.bytes()).iter().map(|b| format!("{b:02x}")).collect();
        let entry = notice.split(file).nth(1).unwrap_or_else(|| panic!("{file} is not in the notice"));
        let stated = entry.split("SHA-256 ").nth(1).and_then(|t| t.get(..64));
        assert_eq!(stated, Some(digest.as_str()), "{file}");
    };
    check(super::net::Model::Detector, "face_detection_short_range.onnx");
    check(super::net::Model::Mesh, "face_landmark.onnx");
    check(super::net::Model::Person, "selfie_segmentation.onnx");
}
