//! Runs the face networks on raw inputs and times the chain, for `tools/face_compare.py`.
//!
//! `face_numbers FOLDER`: for every network NAME reads `NAME.in` (32-bit floats, channels, rows, columns), writes
//! `NAME.out0`, `NAME.out1` ... and prints one line of JSON with the best of 40 times in milliseconds
//! (the best, as other work on the machine only ever adds). With `frame.rgb`
//! (width and height as 32-bit numbers, then RGB bytes) it also times the parts of the chain on that frame.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use biometrics::face::probe::{NETWORKS, Network, chain};
use biometrics::image::RgbImage;

fn best<I: IntoIterator<Item = f64>>(times: I) -> f64 {
    times.into_iter().fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder")?;
    let folder = Path::new(&folder);
    let mut out = std::io::stdout().lock();
    for name in NETWORKS {
        let bytes = std::fs::read(folder.join(format!("{name}.in")))?;
        let input: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let network = Network::load(name)?;
        let mut times = Vec::new();
        for _ in 0..40 {
            let begin = Instant::now();
            let outputs = network.run(input.clone())?;
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
            for (number, values) in outputs.iter().enumerate() {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                std::fs::write(folder.join(format!("{name}.out{number}")), bytes)?;
            }
        }
        writeln!(out, "{{\"network\":\"{name}\",\"best_ms\":{:.3}}}", best(times))?;
    }
    let Ok(frame) = std::fs::read(folder.join("frame.rgb")) else { return Ok(()) };
    let side = |at: usize| frame.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let frame = RgbImage::new(side(0), side(4), frame.get(8..).unwrap_or_default().to_vec())?;
    for (part, work) in chain(&frame)? {
        let times = (0..40).map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed().as_secs_f64() * 1000.0
        });
        writeln!(out, "{{\"part\":\"{part}\",\"best_ms\":{:.3}}}", best(times))?;
    }
    Ok(())
}
