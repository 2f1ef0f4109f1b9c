//! The encoder.

use super::comment;
use super::huffman::{Encoder, SYMBOLS, symbol};
use super::quant;
use super::stream::{self, Frame, marker};
use super::tree::Tree;
use super::wavelet::Bank;
use crate::image::GrayImage;

/// Right half of the analysis low-pass filter, 9 taps (IAFIS-IC-0110 v3.1, table of the filter coefficients).
const LOW_HALF: [f64; 5] = [
    0.852_698_679_009_403_4,
    0.377_402_855_612_653_8,
    -0.110_624_404_418_423_42,
    -0.023_849_465_019_38,
    0.037_828_455_506_995_46,
];
/// Right half of the analysis high-pass filter, 7 taps.
const HIGH_HALF: [f64; 4] =
    [0.788_485_616_405_664_4, -0.418_092_273_222_212_2, -0.040_689_417_609_558_44, 0.064_538_882_628_938_45];

/// A symmetric filter from its right half.
fn mirrored(right: &[f64]) -> Vec<f32> {
    right.iter().skip(1).rev().chain(right).map(|tap| *tap as f32).collect()
}

/// The analysis filters, low and high.
pub(super) fn filters() -> (Vec<f32>, Vec<f32>) {
    (mirrored(&LOW_HALF), mirrored(&HIGH_HALF))
}

/// Pixels with their mean taken off, scaled to -128 to 128, and the two numbers that undo it.
fn normalise(image: &GrayImage) -> (Vec<f32>, f32, f32) {
    let pixels = image.pixels();
    let sum: u64 = pixels.iter().map(|p| u64::from(*p)).sum();
    let low = pixels.iter().min().copied().unwrap_or(0);
    let high = pixels.iter().max().copied().unwrap_or(0);
    let shift = sum as f32 / pixels.len() as f32;
    let scale = (shift - f32::from(low)).max(f32::from(high) - shift) / 128.0;
    // A flat image has nothing to scale.
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let levels: [f32; 256] = std::array::from_fn(|level| (level as f32 - shift) / scale);
    (pixels.iter().map(|p| levels[usize::from(*p)]).collect(), shift, scale)
}

/// Gives the symbol of each coefficient or run of zeros, with its further bits and their number.
fn symbols(coefficients: &[i16], mut give: impl FnMut(u8, u16, u32)) {
    let mut run = 0_u16;
    let end_run = |run: &mut u16, give: &mut dyn FnMut(u8, u16, u32)| {
        match *run {
            0 => {}
            1..=symbol::MAX_RUN => give(*run as u8, 0, 0),
            101..=255 => give(symbol::RUN_8, *run, 8),
            _ => give(symbol::RUN_16, *run, 16),
        }
        *run = 0;
    };
    for value in coefficients {
        if *value == 0 {
            if run == u16::MAX {
                end_run(&mut run, &mut give);
            }
            run += 1;
            continue;
        }
        if run > 0 {
            end_run(&mut run, &mut give);
        }
        let magnitude = value.unsigned_abs();
        match i32::from(*value) {
            v @ symbol::MIN_VALUE..=symbol::MAX_VALUE => give((v + i32::from(symbol::ZERO)) as u8, 0, 0),
            v if v > 255 => give(symbol::POSITIVE_16, magnitude, 16),
            v if v > 0 => give(symbol::POSITIVE_8, magnitude, 8),
            v if v < -255 => give(symbol::NEGATIVE_16, magnitude, 16),
            _ => give(symbol::NEGATIVE_8, magnitude, 8),
        }
    }
    end_run(&mut run, &mut give);
}

/// The best Huffman table for some blocks together.
fn table(blocks: &[&[i16]]) -> Encoder {
    let mut frequencies = [0_u32; SYMBOLS];
    for block in blocks {
        symbols(block, |symbol, _, _| frequencies[usize::from(symbol)] += 1);
    }
    Encoder::new(&frequencies)
}

/// Appends a block: its header and its codes; the last byte is filled up with ones.
fn put_coefficients(out: &mut Vec<u8>, id: u8, table: &Encoder, block: &[i16]) {
    stream::put_block(out, id);
    let (mut window, mut count) = (0_u64, 0_u32);
    let mut put_byte = |byte: u8| {
        out.push(byte);
        // A byte of all ones would look like a marker.
        if byte == 0xFF {
            out.push(0);
        }
    };
    symbols(block, |symbol, more, more_bits| {
        let (code, bits) = table.codes[usize::from(symbol)];
        window = (window << bits) | u64::from(code);
        window = (window << more_bits) | u64::from(more);
        count += u32::from(bits) + more_bits;
        while count >= 8 {
            count -= 8;
            put_byte((window >> count) as u8);
        }
    });
    if count > 0 {
        put_byte(((window << (8 - count)) | (0xFF >> count)) as u8);
    }
}

/// Encodes an image that is large enough at a rate that is in range.
pub(super) fn encode(image: &GrayImage, bits_per_pixel: f32, remark: &[u8]) -> Vec<u8> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let tree = Tree::new(width, height);
    let (mut plane, shift, scale) = normalise(image);
    let (low, high) = filters();
    let bank = Bank::analysis(&low, &high);
    let mut scratch = Vec::new();
    for node in &tree.nodes {
        bank.run(&mut plane, width, node, &mut scratch);
    }
    let mut bins = quant::bins(&quant::variances(&plane, width, &tree), bits_per_pixel);
    let (numbers, ends) = quant::quantise(&plane, width, &tree, &mut bins);
    let blocks = [&numbers[..ends[0]], &numbers[ends[0]..ends[1]], &numbers[ends[1]..ends[2]]];

    let mut out = Vec::with_capacity(image.pixels().len() / 8 + 1024);
    out.extend(marker::SOI.to_be_bytes());
    stream::put_comment(&mut out, comment::write(image, bits_per_pixel).as_bytes());
    if !remark.is_empty() {
        stream::put_comment(&mut out, remark);
    }
    stream::put_transform(&mut out, &low, &high);
    stream::put_quantisers(&mut out, &bins.width, &bins.zero);
    stream::put_frame(&mut out, &Frame { width: image.width(), height: image.height(), shift, scale });
    let lowest = table(&blocks[..1]);
    stream::put_huffman(&mut out, 0, &lowest.lengths);
    put_coefficients(&mut out, 0, &lowest, blocks[0]);
    let others = table(&blocks[1..]);
    stream::put_huffman(&mut out, 1, &others.lengths);
    put_coefficients(&mut out, 1, &others, blocks[1]);
    put_coefficients(&mut out, 1, &others, blocks[2]);
    out.extend(marker::EOI.to_be_bytes());
    out
}
