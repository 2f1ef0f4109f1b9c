//! Which minutia may be which: votes of agreeing edges, then consistency over the whole print.

use super::prepared::{Edge, MAX_COMPARED, Point, Prepared, apart, bearing};

const LENGTH_BIN_PX: usize = 12;
const LENGTH_BINS: usize = 18;
const ANGLE_BIN: usize = 16;
const ANGLE_BINS: usize = 16;
const BINS: usize = LENGTH_BINS * ANGLE_BINS * ANGLE_BINS;
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

/// The probe's edges by length and angles; each stands in its own bin and in all around it, so that a look-up
/// reads one bin. About 80 kB.
pub struct Edges {
    starts: Vec<u32>,
    entries: Vec<u16>,
}

impl std::fmt::Debug for Edges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Edges({})", self.entries.len())
    }
}

fn bins(edge: &Edge) -> (usize, usize, usize) {
    (
        usize::from(edge.length) / LENGTH_BIN_PX,
        usize::from(edge.out) / ANGLE_BIN,
        usize::from(edge.turn) / ANGLE_BIN,
    )
}

fn bin(length: usize, out: usize, turn: usize) -> usize {
    (length * ANGLE_BINS + out) * ANGLE_BINS + turn
}

/// The bin of an edge and those around it (angles go round).
fn neighbourhood(edge: &Edge) -> impl Iterator<Item = usize> {
    let (length, out, turn) = bins(edge);
    let angles = |a: usize| [a, (a + 1) % ANGLE_BINS, (a + ANGLE_BINS - 1) % ANGLE_BINS];
    let (outs, turns) = (angles(out), angles(turn));
    (length.saturating_sub(1)..=(length + 1).min(LENGTH_BINS - 1))
        .flat_map(move |l| outs.into_iter().flat_map(move |o| turns.into_iter().map(move |t| bin(l, o, t))))
}

impl Edges {
    /// Sorts the edges of a probe into bins.
    #[must_use]
    pub fn new(probe: &Prepared) -> Self {
        let mut starts = vec![0u32; BINS + 1];
        for edge in &probe.edges {
            neighbourhood(edge).for_each(|b| starts[b + 1] += 1);
        }
        for b in 0..BINS {
            starts[b + 1] += starts[b];
        }
        let mut next = starts.clone();
        let mut entries = vec![0u16; starts[BINS] as usize];
        for (i, edge) in probe.edges.iter().enumerate() {
            for b in neighbourhood(edge) {
                entries[next[b] as usize] = i as u16;
                next[b] += 1;
            }
        }
        Self { starts, entries }
    }
}

/// Room for the votes, kept between comparisons: 64 kB.
#[derive(Debug, Default)]
pub struct Scratch {
    votes: Vec<f32>,
}

/// How well two edges agree, 0 to 1.
fn agreement(a: &Edge, b: &Edge) -> f32 {
    let length = f32::from(a.length.min(b.length));
    let off = f32::from(a.length.abs_diff(b.length)) / (4.0 + 0.08 * length);
    // A pixel or three at the end of a short edge turn it far.
    let out = f32::from(apart(a.out, b.out)) / (8.0 + 120.0 / length.max(12.0));
    let turn = f32::from(apart(a.turn, b.turn)) / 14.0;
    let worst = off.max(out).max(turn);
    if worst >= 1.0 { 0.0 } else { 1.0 - 0.7 * worst * worst }
}

/// The pairs with the most votes, best first.
pub(super) fn candidates(
    probe: &Prepared,
    edges: &Edges,
    gallery: &Prepared,
    scratch: &mut Scratch,
) -> Vec<Pair> {
    let (rows, columns) = (probe.points.len(), gallery.points.len());
    let votes = &mut scratch.votes;
    votes.clear();
    votes.resize(rows * columns, 0.0);
    let mut tries = 0;
    for edge in &gallery.edges {
        let (length, out, turn) = bins(edge);
        let b = bin(length, out, turn);
        let list = &edges.entries[edges.starts[b] as usize..edges.starts[b + 1] as usize];
        tries += list.len();
        if tries > MAX_TRIES {
            break;
        }
        for index in list {
            let other = &probe.edges[usize::from(*index)];
            let agreement = agreement(other, edge);
            if agreement > 0.0 {
                votes[usize::from(other.from) * columns + usize::from(edge.from)] += agreement;
            }
        }
    }
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
