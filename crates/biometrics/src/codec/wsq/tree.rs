//! The wavelet tree: which rectangles of the plane are split, and where the 64 subbands lie
//! (IAFIS-IC-0110 v3.1, clause on the subband structure; sizes of odd splits as in NIST's NBIS codec).

/// Subbands in the quantisation table.
pub(super) const BANDS: usize = 64;
/// Subbands that carry coefficients: the last four (the diagonal quarter at full scale) never do.
pub(super) const CODED_BANDS: usize = 60;
/// Smallest side whose tree has no empty subband.
pub(super) const MIN_SIDE_PX: u32 = 17;

/// A rectangle of the coefficient plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rect {
    /// Left column.
    pub x: usize,
    /// Top row.
    pub y: usize,
    /// Width in coefficients.
    pub width: usize,
    /// Height in coefficients.
    pub height: usize,
    /// The high band of a horizontal split lies left of the low band.
    pub flip_x: bool,
    /// The high band of a vertical split lies above the low band.
    pub flip_y: bool,
}

/// Lengths of the first and the second half of a split line: the low band has the odd sample.
fn halves(len: usize, flip: bool) -> (usize, usize) {
    let (low, high) = (len.div_ceil(2), len / 2);
    if flip { (high, low) } else { (low, high) }
}

impl Rect {
    /// Number of coefficients.
    pub(super) fn area(&self) -> usize {
        self.width * self.height
    }

    /// The four parts: top left, top right, bottom left, bottom right. A high band has its spectrum turned
    /// round by the decimation, so the part right of a split is itself split with its halves exchanged.
    fn split(&self) -> [Self; 4] {
        let (w0, w1) = halves(self.width, self.flip_x);
        let (h0, h1) = halves(self.height, self.flip_y);
        let part = |right: bool, below: bool| Self {
            x: self.x + if right { w0 } else { 0 },
            y: self.y + if below { h0 } else { 0 },
            width: if right { w1 } else { w0 },
            height: if below { h1 } else { h0 },
            flip_x: right,
            flip_y: below,
        };
        [part(false, false), part(true, false), part(false, true), part(true, true)]
    }
}

/// Splits and subbands of one image size.
#[derive(Debug)]
pub(super) struct Tree {
    /// The 20 rectangles that are split, parents before their parts.
    pub nodes: Vec<Rect>,
    /// The subbands in the order of the stream.
    pub bands: [Rect; BANDS],
}

impl Tree {
    /// The tree of an image.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let image = Rect { width, height, ..Rect::default() };
        let [quarter, right, below, diagonal] = image.split();
        let [core, core_right, core_below, core_diagonal] = quarter.split();
        let mut tree = Self { nodes: vec![image, quarter, right, below], bands: [Rect::default(); BANDS] };
        let first = tree.split_twice(core, 3);
        tree.split_twice(core_right, 19);
        tree.split_twice(core_below, 35);
        tree.bands[51] = core_diagonal;
        for (at, rect) in [(52, right), (56, below), (60, diagonal)] {
            tree.bands[at..at + 4].copy_from_slice(&rect.split());
        }
        // The lowest of the bands of the core is split once more.
        tree.nodes.push(first);
        tree.bands[..4].copy_from_slice(&first.split());
        tree
    }

    /// Splits a rectangle and its four parts; gives the lowest band.
    fn split_twice(&mut self, rect: Rect, at: usize) -> Rect {
        self.nodes.push(rect);
        for (i, part) in rect.split().into_iter().enumerate() {
            self.nodes.push(part);
            self.bands[at + 4 * i..at + 4 * i + 4].copy_from_slice(&part.split());
        }
        self.bands[at]
    }
}
