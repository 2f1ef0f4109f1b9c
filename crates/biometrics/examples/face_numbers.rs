//! Runs the face networks on raw inputs and times the chain, for `tools/face_compare.py`.
//!
//! `face_numbers FOLDER`: for every network NAME reads `NAME.in` (32-bit floats, channels, rows, columns), writes
//! `NAME.out0`, `NAME.out1` ... and prints one line of JSON with the mean time of 40 runs in milliseconds:
//! time of the processor where the system tells it (Linux), so that other work on the machine does not count. With `frame.rgb`
//! (width and height as 32-bit numbers, then RGB bytes) it also times the parts of the chain on that frame.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use biometrics::face::probe::{NETWORKS, Network, chain};
use biometrics::image::RgbImage;

const RUNS: u32 = 40;

/// Nanoseconds that this thread has run, else since `begin`.
fn worked_ns(begin: Instant) -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let told = stat.split_whitespace().next().and_then(|ns| ns.parse().ok());
    told.unwrap_or_else(|| begin.elapsed().as_nanos() as f64)
}

/// Mean milliseconds of some work.
fn mean_ms<E, F: FnMut() -> Result<(), E>>(mut work: F) -> Result<f64, E> {
    work()?; // the first run warms the caches
    let begin = Instant::now();
    let from = worked_ns(begin);
    for _ in 0..RUNS {
        work()?;
    }
    Ok((worked_ns(begin) - from) / 1e6 / f64::from(RUNS))
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
        for (number, values) in network.run(input.clone())?.iter().enumerate() {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            std::fs::write(folder.join(format!("{name}.out{number}")), bytes)?;
        }
        let time = mean_ms(|| network.run(input.clone()).map(|_| ()))?;
        writeln!(out, "{{\"network\":\"{name}\",\"mean_ms\":{time:.3}}}")?;
    }
    let Ok(frame) = std::fs::read(folder.join("frame.rgb")) else { return Ok(()) };
    let side = |at: usize| frame.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let frame = RgbImage::new(side(0), side(4), frame.get(8..).unwrap_or_default().to_vec())?;
    for (part, work) in chain(&frame)? {
        let time = mean_ms(|| {
            work();
            Ok::<(), Box<dyn Error>>(())
        })?;
        writeln!(out, "{{\"part\":\"{part}\",\"mean_ms\":{time:.3}}}")?;
    }
    Ok(())
}
