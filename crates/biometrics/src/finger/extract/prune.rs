//! From skeleton nodes to minutiae: walks along the ridges tell the false ones.

use std::f32::consts::PI;

use super::field::Field;
use super::plane::{MARGIN_PX, Plane};
use super::skeleton::{ENDING, FORK, Skeleton};
use crate::minutiae::{Minutia, MinutiaKind};

/// Longest walk along a ridge, in pixels.
const WALK_PX: usize = 24;
/// Place on the walk that tells the direction of a branch.
const LOOK_PX: usize = 10;
/// Distance from the rim of the print below which a node counts for nothing.
const RIM_PX: f32 = 12.0;

/// One walk from a node.
#[derive(Clone, Copy)]
struct Walk {
    steps: usize,
    /// Node at the end.
    end: Option<usize>,
    /// Offset reached after at most [`LOOK_PX`] steps.
    reach: (f32, f32),
}

/// An ending or a fork.
struct Node {
    x: i32,
    y: i32,
    kind: u8,
    walks: Vec<Walk>,
    /// Where the ridge (of an ending) or the valley (of a fork) runs, y down, unit length.
    heading: (f32, f32),
    alive: bool,
}

/// The minutiae of a skeleton, in no order.
pub(crate) fn minutiae(thin: &Skeleton, field: &Field, ridges: &Plane) -> Vec<Minutia> {
    let mut nodes: Vec<Node> = thin.nodes.iter().map(|i| node(thin, field, *i)).collect();
    drop_spurs_and_bridges(&mut nodes, field);
    drop_rim(&mut nodes, field);
    drop_breaks(&mut nodes, field);
    nodes.iter().filter(|n| n.alive).map(|n| minutia(n, field, ridges)).collect()
}

fn node(thin: &Skeleton, field: &Field, at: usize) -> Node {
    let (x, y) = ((at % thin.stride - MARGIN_PX) as i32, (at / thin.stride - MARGIN_PX) as i32);
    let walks = branches(thin, at).into_iter().map(|first| walk(thin, at, first)).collect();
    let mut node = Node { x, y, kind: thin.on[at], walks, heading: (1.0, 0.0), alive: true };
    node.heading = heading(&node, field);
    node.alive = match node.kind {
        ENDING => node.walks.len() == 1,
        _ => node.walks.len() == 3,
    };
    node
}

/// One first step for each ridge that leaves: of touching neighbours, the one straight to the side.
fn branches(thin: &Skeleton, at: usize) -> Vec<usize> {
    let around = thin.around(at);
    let set: [bool; 8] = std::array::from_fn(|k| thin.on[around[k]] != 0);
    let mut found = Vec::with_capacity(4);
    for k in 0..8 {
        // The start of each run of set neighbours.
        if set[k] && !set[(k + 7) % 8] {
            let run = (0..8).take_while(|n| set[(k + n) % 8]).count();
            let straight = (0..run).map(|n| (k + n) % 8).find(|n| n % 2 == 0).unwrap_or(k);
            found.push(around[straight]);
        }
    }
    found
}

fn walk(thin: &Skeleton, start: usize, first: usize) -> Walk {
    let place = |i: usize| ((i % thin.stride) as f32, (i / thin.stride) as f32);
    let origin = place(start);
    let (mut before, mut here, mut steps) = (start, first, 1);
    let mut reach = first;
    while thin.on[here] == 1 && steps < WALK_PX {
        let from = thin.around(before);
        let open = |n: &usize| thin.on[*n] != 0 && *n != before;
        let around = thin.around(here);
        // Straight neighbours before slanting ones, and none that touch the last place, unless nothing else.
        let mut ways = around.iter().step_by(2).chain(around.iter().skip(1).step_by(2)).copied();
        let next =
            ways.clone().find(|n| open(n) && !from.contains(n) && *n != start).or_else(|| ways.find(open));
        let Some(next) = next else { break };
        (before, here) = (here, next);
        steps += 1;
        if steps <= LOOK_PX {
            reach = here;
        }
    }
    let (tip, end) = (place(reach), thin.nodes.binary_search(&here).ok().filter(|_| thin.on[here] > 1));
    Walk { steps, end, reach: (tip.0 - origin.0, tip.1 - origin.1) }
}

/// The axis is the field's; the walks tell which way along it.
fn heading(node: &Node, field: &Field) -> (f32, f32) {
    let (theta, _) = field.direction(node.x as f32, node.y as f32);
    let axis = (theta.cos(), theta.sin());
    let along = |w: &Walk| {
        let length = (w.reach.0.powi(2) + w.reach.1.powi(2)).sqrt().max(1.0);
        (w.reach.0 * axis.0 + w.reach.1 * axis.1) / length
    };
    // An ending has one branch. Of a fork's three, two lie on the side of the valley between them.
    let side: f32 = node.walks.iter().map(along).sum();
    if side < 0.0 { (-axis.0, -axis.1) } else { axis }
}

fn drop_spurs_and_bridges(nodes: &mut [Node], field: &Field) {
    for i in 0..nodes.len() {
        for w in 0..nodes[i].walks.len() {
            let walk = nodes[i].walks[w];
            let Some(end) = walk.end else { continue };
            let period = field_period(field, &nodes[i]);
            let limit = match (nodes[i].kind, nodes[end].kind) {
                (ENDING, ENDING) => 1.7 * period,
                (FORK, FORK) => 1.3 * period,
                _ => 1.2 * period,
            };
            if (walk.steps as f32) < limit {
                nodes[i].alive = false;
                nodes[end].alive = false;
            }
        }
    }
}

fn field_period(field: &Field, node: &Node) -> f32 {
    let (column, row) = (node.x as usize / super::plane::CELL_PX, node.y as usize / super::plane::CELL_PX);
    field.period[row.min(field.rows - 1) * field.columns + column.min(field.columns - 1)]
}

/// Nodes near the rim come and go with the contact.
fn drop_rim(nodes: &mut [Node], field: &Field) {
    for node in nodes.iter_mut().filter(|n| n.alive) {
        node.alive = (0..16).all(|k| {
            let (sin, cos) = (k as f32 * PI / 8.0).sin_cos();
            field.inside(node.x + (RIM_PX * cos) as i32, node.y + (RIM_PX * sin) as i32)
        });
    }
}

/// Two nodes that face each other across a short gap are one ridge with a crack, or two ridges with a touch.
fn drop_breaks(nodes: &mut [Node], field: &Field) {
    let mut order: Vec<usize> = (0..nodes.len()).filter(|i| nodes[*i].alive).collect();
    order.sort_by_key(|i| nodes[*i].y);
    let mut doomed = Vec::new();
    for (rank, i) in order.iter().enumerate() {
        let a = &nodes[*i];
        let period = field_period(field, a);
        let reach = 1.4 * period;
        for j in order[rank + 1..].iter().take_while(|j| ((nodes[**j].y - a.y) as f32) <= reach) {
            let b = &nodes[*j];
            let (dx, dy) = ((b.x - a.x) as f32, (b.y - a.y) as f32);
            let distance = (dx * dx + dy * dy).sqrt();
            if distance > reach {
                continue;
            }
            let facing = a.heading.0 * b.heading.0 + a.heading.1 * b.heading.1;
            let opposite = facing < -0.7;
            let aligned = (dx * a.heading.0 + dy * a.heading.1).abs() > 0.8 * distance;
            if opposite && (distance < 0.75 * period || (a.kind == b.kind && aligned)) {
                doomed.extend([*i, *j]);
            }
        }
    }
    doomed.iter().for_each(|i| nodes[*i].alive = false);
}

fn minutia(node: &Node, field: &Field, ridges: &Plane) -> Minutia {
    let (_, sure) = field.direction(node.x as f32, node.y as f32);
    let mut sum = 0.0;
    for dy in -8i32..=8 {
        let from = ((node.y + dy) as usize + MARGIN_PX) * ridges.stride + node.x as usize + MARGIN_PX - 8;
        let from = if node.y + dy < 0 { ridges.index(0, 0) } else { from };
        sum += ridges.values[from..from + 17].iter().map(|v| v.abs()).sum::<f32>();
    }
    let strength = (sum / 289.0 / 0.8).min(1.0);
    // y goes down in the image, and angles go counter-clockwise.
    let angle = (-node.heading.1).atan2(node.heading.0);
    Minutia {
        x: node.x as u16,
        y: node.y as u16,
        angle: ((angle * 128.0 / PI).round() as i32).rem_euclid(256) as u8,
        kind: if node.kind == ENDING { MinutiaKind::Ending } else { MinutiaKind::Bifurcation },
        quality: (100.0 * sure * strength).round().clamp(1.0, 100.0) as u8,
    }
}
