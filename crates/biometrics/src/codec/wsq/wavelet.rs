//! The two-channel filter bank with symmetric extension, in place on a plane of coefficients.
//!
//! Both directions are one engine: two interleaved input sequences, two output sequences, and a list of taps
//! for each output. Rows are gathered into padded buffers; columns are taken in strips, so that every inner
//! loop runs over neighbouring numbers. Products are added in the order of NIST's NBIS codec, so that the
//! same 32-bit floats come out.

use super::tree::Rect;

/// Most taps of one filter.
pub(super) const MAX_TAPS: usize = 32;
/// Columns of a strip: 64 columns of 8192 rows are 2 MiB.
const STRIP: usize = 64;
/// Numbers that the inner loop handles at once.
const LANES: usize = 16;

/// One product of an output: coefficient, input sequence (0 or 1), and distance from the output's index.
#[derive(Debug, Clone, Copy)]
struct Tap {
    coefficient: f32,
    sequence: usize,
    distance: isize,
}

/// Whether a bank takes an image apart or puts it together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Analysis,
    Synthesis,
}

/// How a line goes on beyond an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Mirrored at the last sample.
    Whole,
    /// Mirrored half a sample beyond the last one.
    Half,
    /// As `Half`, with the sign changed.
    HalfNegative,
    /// Mirrored one sample beyond the last one, which is zero, with the sign changed.
    OneNegative,
}

/// A filter bank in one direction.
#[derive(Debug)]
pub(super) struct Bank {
    direction: Direction,
    even_taps: bool,
    outputs: [Vec<Tap>; 2],
    pad: usize,
}

/// Length of a line and whether its high half comes first.
#[derive(Debug, Clone, Copy)]
struct Line {
    len: usize,
    flip: bool,
}

impl Line {
    fn low_len(self) -> usize {
        self.len.div_ceil(2)
    }
    fn high_len(self) -> usize {
        self.len / 2
    }
    fn half_len(self, sequence: usize) -> usize {
        if sequence == 0 { self.low_len() } else { self.high_len() }
    }
    /// Where the low (0) or high (1) half starts.
    fn half_start(self, sequence: usize) -> usize {
        match (sequence, self.flip) {
            (0, false) | (1, true) => 0,
            (0, _) => self.high_len(),
            _ => self.low_len(),
        }
    }
}

/// Index and sign of a sample of a line that goes on beyond its ends; sign 0 where it is zero.
fn extend(mut index: isize, len: usize, left: End, right: End) -> (usize, f32) {
    let len = len as isize;
    let mut sign = 1.0;
    if len <= 1 && left == End::Whole && right == End::Whole {
        return (0, sign);
    }
    loop {
        if index < 0 {
            index = if left == End::Whole { -index } else { -1 - index };
            sign *= if left == End::HalfNegative { -1.0 } else { 1.0 };
        } else if index >= len {
            index = match right {
                End::Whole => 2 * (len - 1) - index,
                End::Half | End::HalfNegative => 2 * len - 1 - index,
                End::OneNegative if index == len => return (0, 0.0),
                End::OneNegative => 2 * len - index,
            };
            sign *= if matches!(right, End::HalfNegative | End::OneNegative) { -1.0 } else { 1.0 };
        } else {
            return (index as usize, sign);
        }
    }
}

impl Bank {
    /// The analysis bank of an odd-length filter pair.
    pub(super) fn analysis(low: &[f32], high: &[f32]) -> Self {
        // Output p of a filter of n taps takes samples 2p + shift - (n-1)/2 + i of the line.
        let taps = |filter: &[f32], shift: isize| {
            let start = shift - (filter.len() as isize - 1) / 2;
            filter
                .iter()
                .zip(start..)
                .map(|(c, at)| Tap {
                    coefficient: *c,
                    sequence: at.rem_euclid(2) as usize,
                    distance: at.div_euclid(2),
                })
                .collect()
        };
        Self::new(Direction::Analysis, false, [taps(low, 0), taps(high, 1)])
    }

    /// The synthesis bank of a pair of filters, both of odd or both of even length.
    pub(super) fn synthesis(low: &[f32], high: &[f32]) -> Self {
        let even_taps = low.len().is_multiple_of(2);
        // Output t is the sum of low[i] L[k] and high[i] H[k] with i = 2k - t + centre.
        let taps = |t: usize| {
            let mut taps = Vec::new();
            let pairs = [(low, low.len() / 2), (high, high.len().div_ceil(2))];
            for (sequence, (filter, centre)) in pairs.into_iter().enumerate() {
                // The high filter of an even-length pair is applied with its sign changed.
                let sign = if even_taps && sequence == 1 { -1.0 } else { 1.0 };
                for (i, c) in filter.iter().enumerate().skip((centre + t) % 2).step_by(2) {
                    let distance = (i as isize + t as isize - centre as isize).div_euclid(2);
                    taps.push(Tap { coefficient: sign * c, sequence, distance });
                }
            }
            taps
        };
        Self::new(Direction::Synthesis, even_taps, [taps(0), taps(1)])
    }

    fn new(direction: Direction, even_taps: bool, outputs: [Vec<Tap>; 2]) -> Self {
        let reach = outputs.iter().flatten().map(|t| t.distance.unsigned_abs()).max();
        Self { direction, even_taps, outputs, pad: reach.unwrap_or(0) }
    }

    /// Where sample `index` of an input sequence lies in the line, and its sign.
    fn source(&self, line: Line, sequence: usize, index: isize) -> (usize, f32) {
        if self.direction == Direction::Analysis {
            return extend(2 * index + sequence as isize, line.len, End::Whole, End::Whole);
        }
        let odd = line.len % 2 == 1;
        let (left, right) = match (self.even_taps, sequence) {
            (false, 0) => (End::Whole, if odd { End::Whole } else { End::Half }),
            (false, _) => (End::Half, if odd { End::Half } else { End::Whole }),
            (true, 0) => (End::Half, if odd { End::Whole } else { End::Half }),
            (true, _) => (End::HalfNegative, if odd { End::OneNegative } else { End::HalfNegative }),
        };
        let (at, sign) = extend(index, line.half_len(sequence), left, right);
        (line.half_start(sequence) + at, sign)
    }

    /// Where output `index` of a sequence goes in the line.
    fn target(&self, line: Line, sequence: usize, index: usize) -> usize {
        match self.direction {
            Direction::Analysis => line.half_start(sequence) + index,
            Direction::Synthesis => 2 * index + sequence,
        }
    }

    /// The sources of both input sequences from `-pad` to `pad` beyond their ends.
    fn sources(&self, line: Line) -> [Vec<(usize, f32)>; 2] {
        [0, 1].map(|sequence| {
            let pad = self.pad as isize;
            // The low half may be longer than the high one, and every output asks for both.
            let end = line.low_len() as isize + pad;
            (-pad..end).map(|k| self.source(line, sequence, k)).collect()
        })
    }

    /// Filters the rows of a rectangle.
    fn rows(&self, plane: &mut [f32], stride: usize, rect: &Rect) {
        let line = Line { len: rect.width, flip: rect.flip_x };
        let sources = self.sources(line);
        let mut inputs = [vec![0.0; sources[0].len()], vec![0.0; sources[1].len()]];
        let mut outputs = [vec![0.0; line.low_len()], vec![0.0; line.high_len()]];
        for y in rect.y..rect.y + rect.height {
            let row = &mut plane[y * stride + rect.x..][..rect.width];
            for (input, sources) in inputs.iter_mut().zip(&sources) {
                for (sample, (at, sign)) in input.iter_mut().zip(sources) {
                    *sample = row[*at] * sign;
                }
            }
            for (output, taps) in outputs.iter_mut().zip(&self.outputs) {
                let len = output.len();
                let start = |tap: &Tap| (self.pad as isize + tap.distance) as usize;
                filter(output, taps, |tap| (tap.coefficient, &inputs[tap.sequence][start(tap)..][..len]));
            }
            if self.direction == Direction::Synthesis {
                for (sequence, output) in outputs.iter().enumerate() {
                    for (sample, value) in row.iter_mut().skip(sequence).step_by(2).zip(output) {
                        *sample = *value;
                    }
                }
            } else {
                for (sequence, output) in outputs.iter().enumerate() {
                    row[line.half_start(sequence)..][..output.len()].copy_from_slice(output);
                }
            }
        }
    }

    /// Filters the columns of a rectangle, strip by strip.
    fn columns(&self, plane: &mut [f32], stride: usize, rect: &Rect, scratch: &mut Vec<f32>) {
        let line = Line { len: rect.height, flip: rect.flip_y };
        let sources = self.sources(line);
        let mut x = rect.x;
        while x < rect.x + rect.width {
            let width = STRIP.min(rect.x + rect.width - x);
            scratch.clear();
            for y in rect.y..rect.y + rect.height {
                scratch.extend_from_slice(&plane[y * stride + x..][..width]);
            }
            for (sequence, taps) in self.outputs.iter().enumerate() {
                for p in 0..line.half_len(sequence) {
                    let y = rect.y + self.target(line, sequence, p);
                    let output = &mut plane[y * stride + x..][..width];
                    filter(output, taps, |tap| {
                        let k = (self.pad as isize + p as isize + tap.distance) as usize;
                        let (at, sign) = sources[tap.sequence][k];
                        (tap.coefficient * sign, &scratch[at * width..][..width])
                    });
                }
            }
            x += width;
        }
    }

    /// Runs the bank over one rectangle. `scratch` is reused between calls.
    pub(super) fn run(&self, plane: &mut [f32], stride: usize, rect: &Rect, scratch: &mut Vec<f32>) {
        if self.direction == Direction::Analysis {
            self.rows(plane, stride, rect);
            self.columns(plane, stride, rect, scratch);
        } else {
            self.columns(plane, stride, rect, scratch);
            self.rows(plane, stride, rect);
        }
    }
}

/// `output[x]` = sum over the taps of coefficient times input at x, added in the order of the taps.
fn filter<'a>(output: &mut [f32], taps: &[Tap], input: impl Fn(&Tap) -> (f32, &'a [f32])) {
    let mut lines: [(f32, &[f32]); MAX_TAPS + 2] = [(0.0, &[]); MAX_TAPS + 2];
    for (line, tap) in lines.iter_mut().zip(taps) {
        *line = input(tap);
    }
    let lines = &lines[..taps.len().min(MAX_TAPS + 2)];
    let mut at = 0;
    let mut chunks = output.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        let mut sums = [0.0_f32; LANES];
        for (coefficient, line) in lines {
            for (sum, sample) in sums.iter_mut().zip(&line[at..at + LANES]) {
                *sum += coefficient * sample;
            }
        }
        chunk.copy_from_slice(&sums);
        at += LANES;
    }
    for value in chunks.into_remainder() {
        *value = lines.iter().fold(0.0, |sum, (coefficient, line)| sum + coefficient * line[at]);
        at += 1;
    }
}
