//! Mean times of our codecs on grey maps, as one JSON object: `codec_times FILE.pgm...`. `tools/codec_times.py`
//! puts the C references beside them in the same run.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)] // reason: a tool for the terminal

use std::hint::black_box;
use std::time::Instant;

use biometrics::codec::{WSQ_RATE, decode_gray, encode_jp2_lossless_gray, encode_wsq};

/// Repetitions of each measurement.
const ROUNDS: u32 = 20;

fn mean_ms<T>(mut work: impl FnMut() -> T) -> f64 {
    black_box(work());
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        black_box(work());
    }
    begun.elapsed().as_secs_f64() * 1000.0 / f64::from(ROUNDS)
}

fn main() {
    for path in std::env::args().skip(1) {
        let image = decode_gray(&std::fs::read(&path).expect("a file")).expect("a grey map");
        let wsq = encode_wsq(&image, WSQ_RATE).unwrap();
        let jp2 = encode_jp2_lossless_gray(&image).unwrap();
        println!(
            "{{\"file\":{path:?},\"wsq_encode\":{:.3},\"wsq_decode\":{:.3},\"jp2_encode\":{:.3},\"jp2_decode\":{:.3},\"jp2_bytes\":{}}}",
            mean_ms(|| encode_wsq(&image, WSQ_RATE)),
            mean_ms(|| decode_gray(&wsq)),
            mean_ms(|| encode_jp2_lossless_gray(&image)),
            mean_ms(|| decode_gray(&jp2)),
            jp2.len(),
        );
    }
}
