//! How the head is turned: the rotation that brings a canonical face onto the mesh, by Horn's closed form
//! ("Closed-form solution of absolute orientation using unit quaternions", J. Opt. Soc. Am. A 4, 1987).

use serde::{Deserialize, Serialize};

use super::mesh::Mesh;

/// Points that do not move with the expression: number in the mesh, x, y, z of MediaPipe's canonical face model
/// (Apache-2.0) in centimetres, x to the person's left, y up, z out of the face.
const RIGID: &[(usize, [f64; 3])] = &[
    (10, [0.0, 8.261778, 4.481535]),
    (151, [0.0, 6.545390, 5.027311]),
    (9, [0.0, 4.885979, 5.385258]),
    (168, [0.0, 3.271027, 5.236015]),
    (6, [0.0, 2.473255, 5.788627]),
    (197, [0.0, 1.728369, 6.316750]),
    (195, [0.0, 1.059413, 6.774605]),
    (5, [0.0, 0.365669, 7.242870]),
    (4, [0.0, -0.463170, 7.586580]),
    (33, [-4.445859, 2.663991, 3.173422]),
    (263, [4.445859, 2.663991, 3.173422]),
    (133, [-1.856432, 2.585245, 3.757904]),
    (362, [1.856432, 2.585245, 3.757904]),
    (129, [-1.785794, -0.978284, 4.850470]),
    (358, [1.785794, -0.978284, 4.850470]),
    (127, [-7.743095, 2.364999, -2.005167]),
    (356, [7.743095, 2.364999, -2.005167]),
    (234, [-7.664182, 0.673132, -2.435867]),
    (454, [7.664182, 0.673132, -2.435867]),
    (54, [-6.279331, 6.615427, 1.425850]),
    (284, [6.279331, 6.615427, 1.425850]),
    (116, [-6.465170, 0.937119, 1.689873]),
    (345, [6.465170, 0.937119, 1.689873]),
    (50, [-4.765501, -0.701554, 3.534632]),
    (280, [4.765501, -0.701554, 3.534632]),
];

/// Rotation of the head in degrees, against looking straight into the camera.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeadPose {
    /// Positive: turned to the person's left (the right of the picture).
    pub yaw: f32,
    /// Positive: chin up.
    pub pitch: f32,
    /// Positive: leaning clockwise in the picture (to the person's left shoulder).
    pub roll: f32,
}

type Matrix4 = [[f64; 4]; 4];

/// Eigenvector of the largest eigenvalue of a symmetric matrix, by Jacobi rotations.
fn principal(mut m: Matrix4) -> [f64; 4] {
    let mut vectors = [[0.0; 4]; 4];
    for (i, row) in vectors.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    // Cyclic sweeps converge quadratically; ten are far more than four rows need.
    for _ in 0..10 {
        for p in 0..3 {
            for q in p + 1..4 {
                if m[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for row in &mut m {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                let (upper, lower) = m.split_at_mut(q);
                for (a, b) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
                }
                for row in &mut vectors {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
            }
        }
    }
    let best = (0..4).max_by(|a, b| m[*a][*a].total_cmp(&m[*b][*b])).unwrap_or(0);
    vectors.map(|row| row[best])
}

/// Rotation matrix that brings `from` onto `to` (both about their means), scale left free.
fn rotation(pairs: &[([f64; 3], [f64; 3])]) -> [[f64; 3]; 3] {
    let n = pairs.len().max(1) as f64;
    let mean = |pick: &dyn Fn(&([f64; 3], [f64; 3])) -> [f64; 3]| -> [f64; 3] {
        std::array::from_fn(|k| pairs.iter().map(|p| pick(p)[k]).sum::<f64>() / n)
    };
    let (a, b) = (mean(&|p| p.0), mean(&|p| p.1));
    let mut s = [[0.0; 3]; 3];
    for (from, to) in pairs {
        for (i, row) in s.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                *cell += (from[i] - a[i]) * (to[j] - b[j]);
            }
        }
    }
    let [[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]] = s;
    let [w, x, y, z] = principal([
        [xx + yy + zz, yz - zy, zx - xz, xy - yx],
        [yz - zy, xx - yy - zz, xy + yx, zx + xz],
        [zx - xz, xy + yx, yy - xx - zz, yz + zy],
        [xy - yx, zx + xz, yz + zy, zz - xx - yy],
    ]);
    [
        [w * w + x * x - y * y - z * z, 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
        [2.0 * (x * y + w * z), w * w - x * x + y * y - z * z, 2.0 * (y * z - w * x)],
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), w * w - x * x - y * y + z * z],
    ]
}

/// Pose of a mesh.
pub(super) fn pose(mesh: &Mesh) -> HeadPose {
    let pairs: Vec<_> = RIGID
        .iter()
        .filter_map(|(index, canonical)| {
            // Picture: y down, z away; canonical: y up, z towards the camera.
            let p = mesh.points.get(*index)?;
            Some((*canonical, [f64::from(p[0]), -f64::from(p[1]), -f64::from(p[2])]))
        })
        .collect();
    let r = rotation(&pairs);
    // r = Rz(-roll) Ry(yaw) Rx(-pitch): first the nod, then the turn, then the lean.
    let degrees = |v: f64| v.to_degrees() as f32;
    HeadPose {
        yaw: degrees((-r[2][0]).clamp(-1.0, 1.0).asin()),
        pitch: -degrees(r[2][1].atan2(r[2][2])),
        roll: -degrees(r[1][0].atan2(r[0][0])),
    }
}

/// The canonical face as a mesh, turned and placed: other points stay at 0.
#[cfg(test)]
pub(super) fn turned(yaw: f64, pitch: f64, roll: f64) -> Mesh {
    let (sy, cy) = yaw.to_radians().sin_cos();
    let (sp, cp) = (-pitch).to_radians().sin_cos();
    let (sr, cr) = (-roll).to_radians().sin_cos();
    let mut points = vec![[0.0f32; 3]; super::mesh::POINTS];
    for (index, [x, y, z]) in RIGID {
        let (x, y, z) = (*x, cp * y - sp * z, sp * y + cp * z);
        let (x, y, z) = (cy * x + sy * z, y, -sy * x + cy * z);
        let (x, y) = (cr * x - sr * y, sr * x + cr * y);
        points[*index] = [(300.0 + 9.0 * x) as f32, (200.0 - 9.0 * y) as f32, (-9.0 * z) as f32];
    }
    Mesh { points, presence: 1.0 }
}
