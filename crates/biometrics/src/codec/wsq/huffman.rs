//! Huffman tables of WSQ: the same canonical codes as JPEG (ISO/IEC 10918-1 annexes C and K), with at most 16
//! bits and the code of all ones left free.

/// Longest code in bits.
pub(super) const MAX_BITS: usize = 16;
/// Symbols of a table.
pub(super) const SYMBOLS: usize = 256;
/// Bits that are looked up at once; longer codes are searched by length.
const DIRECT_BITS: usize = 10;

/// The meaning of the symbols (IAFIS-IC-0110 v3.1, table of Huffman input symbols).
pub(super) mod symbol {
    /// Longest run of zeros with a symbol of its own; the symbol is the length.
    pub(crate) const MAX_RUN: u16 = 100;
    /// A positive value in 8 more bits.
    pub(crate) const POSITIVE_8: u8 = 101;
    /// A negative value in 8 more bits.
    pub(crate) const NEGATIVE_8: u8 = 102;
    /// A positive value in 16 more bits.
    pub(crate) const POSITIVE_16: u8 = 103;
    /// A negative value in 16 more bits.
    pub(crate) const NEGATIVE_16: u8 = 104;
    /// A run of zeros in 8 more bits.
    pub(crate) const RUN_8: u8 = 105;
    /// A run of zeros in 16 more bits.
    pub(crate) const RUN_16: u8 = 106;
    /// The symbol of value 0; -73 to 74 have symbols of their own.
    pub(crate) const ZERO: u8 = 180;
    /// Smallest value with a symbol of its own.
    pub(crate) const MIN_VALUE: i32 = -73;
    /// Largest value with a symbol of its own.
    pub(crate) const MAX_VALUE: i32 = 74;
}

/// A table as it stands in the stream: codes of each length, and the symbols in the order of their codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lengths {
    /// How many codes have 1 to 16 bits.
    pub counts: [u8; MAX_BITS],
    /// The symbols, shortest code first.
    pub symbols: Vec<u8>,
}

/// A table for decoding.
#[derive(Debug)]
pub(super) struct Decoder {
    /// By the first bits: length and symbol; length 0 where the code is longer or there is none.
    direct: Vec<(u8, u8)>,
    /// By length: first code and end of the codes as if 16 bits long, and index of the first symbol.
    ranges: [(u32, u32, usize); MAX_BITS],
    symbols: Vec<u8>,
}

impl Decoder {
    /// Builds the table; `None` when more codes of a length are claimed than there are.
    pub(super) fn new(lengths: &Lengths) -> Option<Self> {
        let mut direct = vec![(0, 0); 1 << DIRECT_BITS];
        let mut ranges = [(0, 0, 0); MAX_BITS];
        let (mut code, mut index) = (0_u32, 0_usize);
        for (i, count) in lengths.counts.iter().enumerate() {
            let (bits, count) = (i + 1, usize::from(*count));
            let end = code + count as u32;
            let symbols = lengths.symbols.get(index..index + count)?;
            if end > 1 << bits {
                return None;
            }
            ranges[i] = (code << (MAX_BITS - bits), end << (MAX_BITS - bits), index);
            if bits <= DIRECT_BITS {
                let span = 1 << (DIRECT_BITS - bits);
                let slots = direct.get_mut(code as usize * span..end as usize * span)?;
                for (slots, symbol) in slots.chunks_mut(span).zip(symbols) {
                    slots.fill((bits as u8, *symbol));
                }
            }
            index += count;
            code = end << 1;
        }
        Some(Self { direct, ranges, symbols: lengths.symbols.clone() })
    }

    /// Length and symbol of the code at the start of 16 bits; `None` where no code fits.
    pub(super) fn find(&self, bits: u32) -> Option<(u32, u8)> {
        let (length, symbol) =
            self.direct[(bits >> (MAX_BITS - DIRECT_BITS)) as usize & ((1 << DIRECT_BITS) - 1)];
        if length > 0 {
            return Some((u32::from(length), symbol));
        }
        (DIRECT_BITS..MAX_BITS).find_map(|i| {
            let (start, end, index) = self.ranges[i];
            let at = index + ((bits.wrapping_sub(start)) >> (MAX_BITS - 1 - i)) as usize;
            (start..end).contains(&bits).then(|| self.symbols.get(at).map(|s| (i as u32 + 1, *s)))?
        })
    }
}

/// A table for encoding: code and length of each symbol.
#[derive(Debug)]
pub(super) struct Encoder {
    /// What goes into the stream.
    pub lengths: Lengths,
    /// Code and length in bits of each symbol; length 0 where it has none.
    pub codes: [(u16, u8); SYMBOLS],
}

/// Two rarest of the symbols that are left; of equally rare ones the later.
fn two_rarest(frequencies: &[u32], alive: &[usize]) -> Option<(usize, usize)> {
    let mut rarest: [Option<usize>; 2] = [None, None];
    for at in alive.iter().copied() {
        let before = |other: Option<usize>| other.is_none_or(|o| frequencies[at] <= frequencies[o]);
        if before(rarest[0]) {
            rarest = [Some(at), rarest[0]];
        } else if before(rarest[1]) {
            rarest[1] = Some(at);
        }
    }
    rarest[0].zip(rarest[1])
}

/// Code lengths by ISO/IEC 10918-1 K.2, figure K.1; one more symbol of frequency 1 keeps all ones free.
fn code_sizes(frequencies: &[u32; SYMBOLS]) -> [usize; SYMBOLS + 1] {
    let mut frequencies: Vec<u32> = frequencies.iter().copied().chain([1]).collect();
    let mut sizes = [0_usize; SYMBOLS + 1];
    let mut alive: Vec<usize> = (0..=SYMBOLS).filter(|i| frequencies[*i] > 0).collect();
    let mut members: Vec<Vec<usize>> = (0..=SYMBOLS).map(|i| vec![i]).collect();
    while let Some((first, second)) = two_rarest(&frequencies, &alive) {
        frequencies[first] = frequencies[first].saturating_add(frequencies[second]);
        let joined = std::mem::take(&mut members[second]);
        members[first].extend(joined);
        for member in &members[first] {
            sizes[*member] += 1;
        }
        alive.retain(|i| *i != second);
    }
    sizes
}

/// Shortens codes of more than 16 bits, ISO/IEC 10918-1 figure K.3; the free code is among the longest.
fn limit_lengths(counts: &mut [usize; SYMBOLS + 1]) {
    for i in (MAX_BITS + 1..=SYMBOLS).rev() {
        while counts[i] > 0 {
            // Two codes of the longest length have a common prefix; it takes one of them, and the other goes
            // below a shorter code, which makes two of it.
            let Some(j) = (1..i - 1).rev().find(|j| counts[*j] > 0) else { return };
            counts[i] -= 2;
            counts[i - 1] += 1;
            counts[j + 1] += 2;
            counts[j] -= 1;
        }
    }
}

impl Encoder {
    /// The best table for how often each symbol comes.
    pub(super) fn new(frequencies: &[u32; SYMBOLS]) -> Self {
        let sizes = code_sizes(frequencies);
        let mut counts = [0_usize; SYMBOLS + 1];
        for size in sizes.iter().filter(|s| **s > 0) {
            counts[*size] += 1;
        }
        limit_lengths(&mut counts);
        // The free code is the last of the longest ones.
        if let Some(longest) = counts.iter_mut().rev().find(|c| **c > 0) {
            *longest -= 1;
        }
        let mut order: Vec<usize> = (0..SYMBOLS).filter(|s| sizes[*s] > 0).collect();
        order.sort_by_key(|s| sizes[*s]);
        let mut codes = [(0, 0); SYMBOLS];
        let mut lengths = Lengths::default();
        let mut code = 0_u32;
        let mut symbols = order.into_iter();
        for (bits, count) in counts.iter().enumerate().take(MAX_BITS + 1).skip(1) {
            for symbol in symbols.by_ref().take(*count) {
                codes[symbol] = (code as u16, bits as u8);
                lengths.symbols.push(symbol as u8);
                lengths.counts[bits - 1] += 1;
                code += 1;
            }
            code <<= 1;
        }
        Self { lengths, codes }
    }
}
