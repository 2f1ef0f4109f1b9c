//! Which minutia may be which: votes of agreeing edges, then consistency over the whole print.

use super::prepared::{Edge, MAX_COMPARED, Point, Prepared, apart, bearing};

const LENGTH_BIN_PX: usize = 8;
const LENGTH_BINS: usize = 256 / LENGTH_BIN_PX;
const OUT_BIN: usize = 8;
const OUT_BINS: usize = 256 / OUT_BIN;
const TURN_BIN: usize = 16;
const TURN_BINS: usize = 256 / TURN_BIN;
const BINS: usize = LENGTH_BINS * OUT_BINS * TURN_BINS;
/// Largest difference of the turns of two edges that agree, units of 360/256 degrees.
const TURN_REACH: u8 = 14;
/// Most pairs of edges that are compared: bounds the time for crafted templates.
const MAX_TRIES: usize = 400_000;
/// Pairs of minutiae that are tested against each other.
const MAX_PAIRS: usize = 56;

/// A minutia of the probe that may be a minutia of the gallery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) probe: u8,
    pub(super) gallery: u8,
    pub(super) votes: f32,
}

/// The probe's edges by length and angles. Each stands in every bin that its tolerance reaches, so that a
/// look-up reads one bin: about 200 kB for a full print.
pub struct Edges {
    starts: Vec<u32>,
    entries: Vec<Entry>,
    tolerances: Vec<Tolerance>,
}

impl std::fmt::Debug for Edges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Edges({})", self.entries.len())
    }
}

#[derive(Clone, Copy, Default)]
struct Entry {
    from: u8,
    length: u8,
    out: u8,
    turn: u8,
}

/// How far another edge may be off an edge of some length.
#[derive(Clone, Copy)]
struct Tolerance {
    length: u8,
    out: u8,
    /// One over each, and over the turn's.
    rates: [f32; 3],
}

impl Tolerance {
    fn of(length: u8) -> Self {
        let l = f32::from(length);
        // The skin's stretch grows with the length; a pixel or three at the end of a short edge turn it far.
        let (off, out) = (4.0 + 0.08 * l, 8.0 + 120.0 / l.max(12.0));
        Self {
            length: off as u8,
            out: out as u8,
            rates: [1.0 / (off + 0.5), 1.0 / (out + 0.5), 1.0 / (f32::from(TURN_REACH) + 0.5)],
        }
    }
}

fn bin(length: usize, out: usize, turn: usize) -> usize {
    (length * OUT_BINS + out) * TURN_BINS + turn
}

fn bin_of(edge: &Edge) -> usize {
    bin(
        usize::from(edge.length) / LENGTH_BIN_PX,
        usize::from(edge.out) / OUT_BIN,
        usize::from(edge.turn) / TURN_BIN,
    )
}

/// Every bin that an edge's tolerance reaches (angles go round).
fn reached(edge: &Edge, tolerance: &Tolerance, mut work: impl FnMut(usize)) {
    let low = usize::from(edge.length.saturating_sub(tolerance.length)) / LENGTH_BIN_PX;
    let high = usize::from(edge.length.saturating_add(tolerance.length)) / LENGTH_BIN_PX;
    let span = |middle: u8, reach: u8, size: usize| {
        let first = usize::from(middle.wrapping_sub(reach)) / size;
        let last = (usize::from(middle.wrapping_sub(reach)) + 2 * usize::from(reach)) / size;
        (first, last)
    };
    let outs = span(edge.out, tolerance.out, OUT_BIN);
    let turns = span(edge.turn, TURN_REACH, TURN_BIN);
    for length in low..=high {
        for out in outs.0..=outs.1 {
            for turn in turns.0..=turns.1 {
                work(bin(length, out % OUT_BINS, turn % TURN_BINS));
            }
        }
    }
}

impl Edges {
    /// Sorts the edges of a probe into bins.
    #[must_use]
    pub fn new(probe: &Prepared) -> Self {
        let tolerances: Vec<Tolerance> = (0..=255).map(Tolerance::of).collect();
        let mut starts = vec![0u32; BINS + 1];
        for edge in &probe.edges {
            reached(edge, &tolerances[usize::from(edge.length)], |b| starts[b + 1] += 1);
        }
        for b in 0..BINS {
            starts[b + 1] += starts[b];
        }
        let mut next = starts.clone();
        let mut entries = vec![Entry::default(); starts[BINS] as usize];
        for edge in &probe.edges {
            let entry = Entry { from: edge.from, length: edge.length, out: edge.out, turn: edge.turn };
            reached(edge, &tolerances[usize::from(edge.length)], |b| {
                entries[next[b] as usize] = entry;
                next[b] += 1;
            });
        }
        Self { starts, entries, tolerances }
    }
}

/// Room for the votes, kept between comparisons: 64 kB.
#[derive(Debug, Default)]
pub struct Scratch {
    votes: Vec<f32>,
}

/// Fills the scratch with the votes for every pair of minutiae, a row for each of the probe's.
fn count(probe: &Prepared, edges: &Edges, gallery: &Prepared, scratch: &mut Scratch) {
    let (rows, columns) = (probe.points.len(), gallery.points.len());
    let votes = &mut scratch.votes;
    votes.clear();
    votes.resize(rows * columns, 0.0);
    let mut tries = 0;
    for edge in &gallery.edges {
        let b = bin_of(edge);
        let list = &edges.entries[edges.starts[b] as usize..edges.starts[b + 1] as usize];
        tries += list.len();
        if tries > MAX_TRIES {
            break;
        }
        for entry in list {
            let off = [
                entry.length.abs_diff(edge.length),
                apart(entry.out, edge.out),
                apart(entry.turn, edge.turn),
            ];
            let limit = &edges.tolerances[usize::from(entry.length)];
            if off[0] <= limit.length && off[1] <= limit.out && off[2] <= TURN_REACH {
                let worst = (0..3).map(|k| f32::from(off[k]) * limit.rates[k]).fold(0.0, f32::max);
                votes[usize::from(entry.from) * columns + usize::from(edge.from)] +=
                    1.0 - 0.7 * worst * worst;
            }
        }
    }
}

/// The sum of the best votes of the eight minutiae with the most.
pub(super) fn best_votes(probe: &Prepared, edges: &Edges, gallery: &Prepared, scratch: &mut Scratch) -> f32 {
    const BEST: usize = 8;
    count(probe, edges, gallery, scratch);
    let mut best = [0.0f32; BEST];
    for row in scratch.votes.chunks_exact(gallery.points.len().max(1)) {
        let mut value = row.iter().copied().fold(0.0f32, f32::max);
        // Kept falling; the least drops out.
        for place in &mut best {
            if value > *place {
                std::mem::swap(place, &mut value);
            }
        }
    }
    best.iter().sum()
}

/// The pairs with the most votes, best first.
pub(super) fn candidates(
    probe: &Prepared,
    edges: &Edges,
    gallery: &Prepared,
    scratch: &mut Scratch,
) -> Vec<Pair> {
    let columns = gallery.points.len();
    count(probe, edges, gallery, scratch);
    let votes = &scratch.votes;
    let mut pairs: Vec<Pair> = votes
        .iter()
        .enumerate()
        .filter(|(_, v)| **v >= 2.0)
        .map(|(i, v)| Pair { probe: (i / columns) as u8, gallery: (i % columns) as u8, votes: *v })
        .collect();
    let better = |a: &Pair, b: &Pair| {
        b.votes.total_cmp(&a.votes).then((a.probe, a.gallery).cmp(&(b.probe, b.gallery)))
    };
    if pairs.len() > MAX_PAIRS {
        pairs.select_nth_unstable_by(MAX_PAIRS, better);
        pairs.truncate(MAX_PAIRS);
    }
    pairs.sort_unstable_by(better);
    pairs
}

/// How well two pairs can both be true, 0 to 1.
fn compatible(probe: (&Point, &Point), gallery: (&Point, &Point)) -> f32 {
    let (px, py) = (probe.1.x - probe.0.x, probe.1.y - probe.0.y);
    let (gx, gy) = (gallery.1.x - gallery.0.x, gallery.1.y - gallery.0.y);
    let (p, g) = ((px * px + py * py).sqrt(), (gx * gx + gy * gy).sqrt());
    let off = (p - g).abs() / (5.0 + 0.07 * p.min(g));
    if off >= 1.0 || p < 3.0 || g < 3.0 {
        return 0.0;
    }
    let turn = [(probe.0, gallery.0), (probe.1, gallery.1)].map(|(a, b)| b.angle.wrapping_sub(a.angle));
    let between = f32::from(apart(turn[0], turn[1])) / 18.0;
    // The edge itself has to turn as far as the minutiae do.
    let edge = bearing(gx, gy).wrapping_sub(bearing(px, py));
    let limit = 11.0 + 120.0 / p.max(12.0);
    let (first, second) = (f32::from(apart(edge, turn[0])) / limit, f32::from(apart(edge, turn[1])) / limit);
    let worst = off.max(between).max(first).max(second);
    if worst >= 1.0 { 0.0 } else { 1.0 - worst * worst }
}

/// The consistent pairs, strongest first; each minutia is in one pair at most.
pub(super) fn consistent(probe: &Prepared, gallery: &Prepared, pairs: &[Pair]) -> Vec<Pair> {
    let n = pairs.len();
    if n < 3 {
        return Vec::new();
    }
    let mut fits = [[0.0f32; MAX_PAIRS]; MAX_PAIRS];
    for (i, a) in pairs.iter().enumerate() {
        for (j, b) in pairs.iter().enumerate().skip(i + 1) {
            if a.probe != b.probe && a.gallery != b.gallery {
                let at =
                    |p: &Pair| (&probe.points[usize::from(p.probe)], &gallery.points[usize::from(p.gallery)]);
                let ((pa, ga), (pb, gb)) = (at(a), at(b));
                let fit = compatible((pa, pb), (ga, gb));
                fits[i][j] = fit;
                fits[j][i] = fit;
            }
        }
    }
    let mut vector: Vec<f32> = pairs.iter().map(|p| p.votes).collect();
    for _ in 0..10 {
        let next: Vec<f32> = (0..n).map(|i| (0..n).map(|j| fits[i][j] * vector[j]).sum()).collect();
        let length = next.iter().map(|v| v * v).sum::<f32>().sqrt();
        if length <= 0.0 {
            return Vec::new();
        }
        vector = next.into_iter().map(|v| v / length).collect();
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| vector[*b].total_cmp(&vector[*a]).then(a.cmp(b)));
    let (mut probes, mut galleries) = ([false; MAX_COMPARED], [false; MAX_COMPARED]);
    let mut chosen: Vec<usize> = Vec::new();
    for i in order {
        let (p, g) = (usize::from(pairs[i].probe), usize::from(pairs[i].gallery));
        let agreeing = chosen.iter().filter(|c| fits[i][**c] > 0.0).count();
        if probes[p] || galleries[g] || 2 * agreeing < chosen.len() || vector[i] <= 0.0 {
            continue;
        }
        (probes[p], galleries[g]) = (true, true);
        chosen.push(i);
    }
    chosen.into_iter().map(|i| pairs[i]).collect()
}
