//! A picture of our own before vivid's HDMI input: vivid's output node is looped into it, and `v4l2-ctl` writes there.

use std::path::PathBuf;

use biometrics::image::RgbImage;

use crate::Answer;
use crate::machine::{Machine, Running};

/// Timing 4 of `v4l2-ctl --list-dv-timings`: 1280x720, 60 Hz.
const TIMING_720P: &str = "index=4";
const FORMAT: &str = "width=1280,height=720,pixelformat=YUYV";

/// What runs while the picture is shown.
pub(crate) struct Feed<'a> {
    machine: &'a Machine,
    writer: Running,
    file: PathBuf,
}

impl<'a> Feed<'a> {
    pub(crate) fn start(machine: &'a Machine, picture: &RgbImage) -> Answer<Self> {
        let file = PathBuf::from("/tmp/portrait.yuyv");
        std::fs::write(&file, yuyv(picture)).map_err(|e| e.to_string())?;
        machine.control(1, &["-o", "1"])?;
        machine.control(0, &["--set-ctrl", "loop_video=1"])?;
        machine.control(1, &["--set-dv-bt-timings", TIMING_720P])?;
        machine.control(1, &["--set-fmt-video-out", FORMAT])?;
        let from = format!("--stream-from={}", file.display());
        let writer = machine.start("v4l2-ctl", &["-d", "1", "--stream-out-mmap", &from, "--stream-loop"])?;
        let mut last = Err("the output was not seen".to_owned());
        for _ in 0..50 {
            std::thread::sleep(std::time::Duration::from_millis(200));
            last = machine.control(0, &["--set-dv-bt-timings", "query"]);
            if last.is_ok() {
                break;
            }
        }
        last?;
        machine.control(0, &["--set-fmt-video", FORMAT])?;
        Ok(Self { machine, writer, file })
    }

    pub(crate) fn pause(&self) -> Answer<()> {
        self.writer.signal(self.machine, "-STOP")
    }

    pub(crate) fn go_on(&self) -> Answer<()> {
        self.writer.signal(self.machine, "-CONT")
    }

    pub(crate) fn end(self) {
        drop(self.writer);
        std::fs::remove_file(self.file).ok();
    }
}

/// ITU-R BT.601 with the levels 16 to 235, bytes Y U Y V.
pub(crate) fn yuyv(picture: &RgbImage) -> Vec<u8> {
    let mut out = Vec::with_capacity(picture.pixels().len() / 3 * 2);
    for two in picture.pixels().chunks_exact(6) {
        let [r, g, b, r2, g2, b2] = [0, 1, 2, 3, 4, 5].map(|at| f32::from(two[at]));
        let luma = |r: f32, g: f32, b: f32| (16.0 + 0.257 * r + 0.504 * g + 0.098 * b).round() as u8;
        let (r_mean, g_mean, b_mean) = ((r + r2) / 2.0, (g + g2) / 2.0, (b + b2) / 2.0);
        let u = 128.0 - 0.148 * r_mean - 0.291 * g_mean + 0.439 * b_mean;
        let v = 128.0 + 0.439 * r_mean - 0.368 * g_mean - 0.071 * b_mean;
        out.extend_from_slice(&[luma(r, g, b), u.round() as u8, luma(r2, g2, b2), v.round() as u8]);
    }
    out
}

/// Mean difference of two pictures, in levels; large where their sizes differ.
pub(crate) fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    if (one.width(), one.height()) != (other.width(), other.height()) {
        return 255.0;
    }
    let sum: u64 = one.pixels().iter().zip(other.pixels()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.pixels().len().max(1) as f64
}
