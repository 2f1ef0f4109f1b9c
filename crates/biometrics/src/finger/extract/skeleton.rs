//! Ridges one pixel wide.

use super::field::Field;
use super::plane::{CELL_PX, Plane};

/// A thinned binary image with the plane's margin: 0 ground, 1 ridge, [`ENDING`] and [`FORK`].
pub(crate) struct Skeleton {
    pub(crate) stride: usize,
    pub(crate) on: Vec<u8>,
    /// Places of endings and forks, rising.
    pub(crate) nodes: Vec<usize>,
}

/// A ridge pixel where one ridge leaves.
pub(crate) const ENDING: u8 = 2;
/// A ridge pixel where three or more ridges leave.
pub(crate) const FORK: u8 = 3;

impl Skeleton {
    /// Thins the ridges (negative values) of a filtered plane by Guo and Hall's algorithm A1 (CACM 32(3), 1989)
    /// and marks the nodes by Rutovitz's crossing number.
    pub(crate) fn new(ridges: &Plane, field: &Field) -> Self {
        let stride = ridges.stride;
        let mut on: Vec<u8> = ridges.values.iter().map(|v| u8::from(*v < 0.0)).collect();
        let tables = Tables::new();
        fill_pinholes(&mut on, stride, ridges, field);
        thin(&mut on, stride, ridges, field, &tables);
        let mut nodes = Vec::new();
        for_print(ridges, field, |i| {
            if on[i] != 0 {
                match tables.crossings[usize::from(code(&on, stride, i))] {
                    1 => nodes.push((i, ENDING)),
                    3.. => nodes.push((i, FORK)),
                    _ => {}
                }
            }
        });
        nodes.iter().for_each(|(i, kind)| on[*i] = *kind);
        let mut nodes: Vec<usize> = nodes.into_iter().map(|(i, _)| i).collect();
        nodes.sort_unstable();
        Self { stride, on, nodes }
    }

    /// Indices of the eight pixels around `i`, clockwise from above.
    pub(crate) fn around(&self, i: usize) -> [usize; 8] {
        around(self.stride, i)
    }
}

fn around(stride: usize, i: usize) -> [usize; 8] {
    [i - stride, i - stride + 1, i + 1, i + stride + 1, i + stride, i + stride - 1, i - 1, i - stride - 1]
}

/// The eight neighbours as bits, from above clockwise.
fn code(on: &[u8], stride: usize, i: usize) -> u8 {
    around(stride, i).iter().enumerate().fold(0, |c, (bit, at)| c | (u8::from(on[*at] != 0) << bit))
}

/// Calls `work` with the index of every pixel of cells with print. Those are never in the margin.
fn for_print(plane: &Plane, field: &Field, mut work: impl FnMut(usize)) {
    for (cell, _) in field.mask.iter().enumerate().filter(|(_, m)| **m) {
        let at = plane.index(cell % field.columns * CELL_PX, cell / field.columns * CELL_PX);
        for y in 0..CELL_PX {
            (at + y * plane.stride..at + y * plane.stride + CELL_PX).for_each(&mut work);
        }
    }
}

/// Answers for every code of neighbours.
struct Tables {
    /// Whether a pixel goes in the first and in the second half of a round.
    goes: [[bool; 256]; 2],
    crossings: [u8; 256],
}

impl Tables {
    fn new() -> Self {
        let mut tables = Self { goes: [[false; 256]; 2], crossings: [0; 256] };
        for code in 0..256usize {
            let p: [bool; 8] = std::array::from_fn(|bit| code >> bit & 1 == 1);
            let count = |values: [bool; 4]| values.iter().filter(|v| **v).count();
            let pairs = |first: usize| {
                count(std::array::from_fn(|k| p[(2 * k + first) % 8] | p[(2 * k + first + 1) % 8]))
            };
            let arcs = count(std::array::from_fn(|k| !p[2 * k] && (p[2 * k + 1] | p[(2 * k + 2) % 8])));
            let neighbours = pairs(0).min(pairs(1));
            let may = arcs == 1 && (2..=3).contains(&neighbours);
            tables.goes[0][code] = may && !((p[0] | p[1] | !p[3]) && p[2]);
            tables.goes[1][code] = may && !((p[4] | p[5] | !p[7]) && p[6]);
            tables.crossings[code] = (0..8).filter(|k| p[*k] && !p[(k + 1) % 8]).count() as u8;
        }
        tables
    }
}

/// Pores: single valley pixels within ridges.
fn fill_pinholes(on: &mut [u8], stride: usize, plane: &Plane, field: &Field) {
    let mut holes = Vec::new();
    for_print(plane, field, |i| {
        if on[i] == 0 && code(on, stride, i).count_ones() >= 7 {
            holes.push(i);
        }
    });
    holes.iter().for_each(|i| on[*i] = 1);
}

/// Thins in place. A list of pixels whose neighbours changed keeps the work near the number of ridge pixels.
fn thin(on: &mut [u8], stride: usize, plane: &Plane, field: &Field, tables: &Tables) {
    /// Halves of a round that a pixel has stayed through since its neighbours changed, or not listed.
    const ABSENT: u8 = 255;
    let mut stayed = vec![ABSENT; on.len()];
    // Places fit 32 bits: an image has at most 24 million pixels, and a margin.
    let mut list: Vec<u32> = Vec::new();
    for_print(plane, field, |i| {
        if on[i] != 0 && code(on, stride, i) != 255 {
            stayed[i] = 0;
            list.push(i as u32);
        }
    });
    let (mut gone, mut next) = (Vec::new(), Vec::new());
    let mut half = 0;
    while !list.is_empty() {
        gone.clear();
        next.clear();
        for i in &list {
            let i = *i as usize;
            if tables.goes[half][usize::from(code(on, stride, i))] {
                gone.push(i as u32);
            } else {
                stayed[i] += 1;
                next.push(i as u32);
            }
        }
        gone.iter().for_each(|i| on[*i as usize] = 0);
        for i in &gone {
            for n in around(stride, *i as usize) {
                if on[n] != 0 {
                    if stayed[n] == ABSENT {
                        next.push(n as u32);
                    }
                    stayed[n] = 0;
                }
            }
        }
        list.clear();
        for i in &next {
            // Both halves have left it: only a change can move it now.
            let stayed = &mut stayed[*i as usize];
            if *stayed >= 2 {
                *stayed = ABSENT;
            } else {
                list.push(*i);
            }
        }
        half = 1 - half;
    }
}
