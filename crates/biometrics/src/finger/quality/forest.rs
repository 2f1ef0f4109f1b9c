//! The random forest of NFIQ 2: 100 trees that each vote "good" or "poor".
//!
//! Parameters: NIST, NFIQ 2.3, `nist_plain_tir-ink` (public domain), packed by `tools/nfiq2_forest.py`, whose header
//! gives the layout. Rule of a node (OpenCV `RTrees`): a sample goes left when its value, as an `f32`, is at most
//! the threshold. The score is the number of trees that vote "good".

use super::names::COUNT;

/// The committed forest.
const BYTES: &[u8] = include_bytes!("../../../models/nfiq2_forest.bin");
const MAGIC: &[u8; 4] = b"RKF2";
const HEADER: usize = 16;
/// Most trees that are read: the score is their number of votes and has to fit 0 to 100.
const MAX_TREES: usize = 100;
const POOR: u8 = 0xFE;
const GOOD: u8 = 0xFF;

/// Why a forest was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("BIO-28 the quality forest is damaged ({what}); install the program again")]
pub struct ForestError {
    /// What does not fit.
    pub what: &'static str,
}

/// A forest over its packed bytes. Trees stay packed: one score walks about 140,000 bytes, 0.1 ms.
#[derive(Debug, Clone)]
pub struct Forest<'a> {
    nodes: &'a [u8],
    thresholds: &'a [u8],
    /// First node and first threshold of each tree.
    trees: Vec<(usize, usize)>,
}

impl Forest<'static> {
    /// The forest that comes with the program.
    ///
    /// # Errors
    /// [`ForestError`] when the built-in bytes are damaged (a test checks that they are not).
    pub fn built_in() -> Result<Self, ForestError> {
        Forest::parse(BYTES)
    }
}

impl<'a> Forest<'a> {
    /// Reads and checks a packed forest: header, lengths, every tree complete, every feature known.
    ///
    /// # Errors
    /// [`ForestError`] when anything does not fit.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ForestError> {
        let refuse = |what| ForestError { what };
        if bytes.len() < HEADER || &bytes[..4] != MAGIC {
            return Err(refuse("header"));
        }
        let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let u32_at =
            |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
        let (features, count, splits, leaves) = (u16_at(4), u16_at(6), u32_at(8), u32_at(12));
        if features != COUNT || count == 0 || count > MAX_TREES {
            return Err(refuse("number of features or trees"));
        }
        let nodes = splits.checked_add(leaves).ok_or_else(|| refuse("size"))?;
        let expected = splits.checked_mul(4).and_then(|t| t.checked_add(nodes)?.checked_add(HEADER));
        if expected != Some(bytes.len()) {
            return Err(refuse("size"));
        }
        let mut forest = Self {
            nodes: &bytes[HEADER..HEADER + nodes],
            thresholds: &bytes[HEADER + nodes..],
            trees: Vec::with_capacity(count),
        };
        if forest.nodes.iter().any(|n| *n < POOR && usize::from(*n) >= COUNT) {
            return Err(refuse("feature of a split"));
        }
        let mut at = (0, 0);
        for _ in 0..count {
            forest.trees.push(at);
            at = forest.skip(at.0, at.1).ok_or_else(|| refuse("tree"))?;
        }
        if at == (nodes, splits) { Ok(forest) } else { Err(refuse("number of nodes")) }
    }

    /// The node and threshold after the subtree that begins here; `None` when it is not complete.
    fn skip(&self, mut node: usize, mut split: usize) -> Option<(usize, usize)> {
        let mut open = 1usize;
        while open > 0 {
            if *self.nodes.get(node)? < POOR {
                split += 1;
                open += 1;
            } else {
                open -= 1;
            }
            node += 1;
        }
        Some((node, split))
    }

    fn threshold(&self, split: usize) -> Option<f32> {
        let bytes = self.thresholds.get(split * 4..split * 4 + 4)?;
        Some(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn votes_good(&self, tree: (usize, usize), sample: &[f64; COUNT]) -> Option<bool> {
        let (mut node, mut split) = tree;
        loop {
            let kind = *self.nodes.get(node)?;
            if kind >= POOR {
                return Some(kind == GOOD);
            }
            // NFIQ 2 stores its features as f32 before it asks the forest.
            if sample[usize::from(kind)] as f32 <= self.threshold(split)? {
                (node, split) = (node + 1, split + 1);
            } else {
                (node, split) = self.skip(node + 1, split + 1)?;
            }
        }
    }

    /// Number of trees, 0 to 100, that vote "good" for features in the order of [`super::names::NAMES`].
    #[must_use]
    pub fn score(&self, sample: &[f64; COUNT]) -> u8 {
        // A checked forest always answers; a tree that did not would count as "poor".
        self.trees.iter().filter(|tree| self.votes_good(**tree, sample) == Some(true)).count() as u8
    }
}

#[cfg(test)]
mod tests;
