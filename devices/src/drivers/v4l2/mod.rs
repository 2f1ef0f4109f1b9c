//! Cameras by V4L2: webcams and frame grabbers of `/dev/videoN`.
//!
//! | parameter | meaning |
//! |---|---|
//! | `device` | which camera: its place (`usb-0000:00:14.0-2`), name, or a path; without it the first that is there |
//! | `width`, `height` | size to aim at; without them the smallest from 1280x720 to 1920x1080 |
//!
//! Layers, from the top: `device` is what the station sees, `worker` the thread that owns the open camera, `backend`
//! the seam below which are nokhwa and the kernel. `format` and `pixels` are pure.

mod backend;
mod device;
mod errors;
mod format;
mod nodes;
mod pixels;
mod worker;

use std::sync::Arc;

use toml::Table;

use self::backend::Real;
use self::device::V4l2Camera;
use self::nodes::{Known, Linux, Node};
use self::worker::LeftBehind;
use crate::registry::{Bench, DriverFamily, Opened, Sighting};
use crate::setup::{self, DriverParameters, Parameters, SetupError};
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind};

/// Identifier of the family.
pub const ID: &str = "v4l2";
/// Smallest and largest side that may be asked for, in pixels.
const SIDE_PX: (i64, i64) = (160, 4096);

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: &[DeviceKind::Camera],
    training_only: false,
    look_every_ms: 300,
    check: |kind, table| setup::errors_of::<CameraParameters<'_>>(kind, table),
    list,
    open,
};

/// What the family keeps between looks and openings.
#[derive(Debug, Default, Clone)]
pub struct Cameras {
    known: Arc<Known>,
    left_behind: LeftBehind,
}

impl Cameras {
    fn known(&self) -> &Known {
        &self.known
    }
}

struct CameraParameters<'a> {
    device: Option<&'a str>,
    size: Option<(u32, u32)>,
}

impl<'a> DriverParameters<'a> for CameraParameters<'a> {
    fn read(kind: DeviceKind, table: &'a Table) -> Result<Self, Vec<SetupError>> {
        let mut reader = Parameters::new(kind, table);
        let device = reader.text("device");
        let mut side = |key| reader.integer(key, SIDE_PX.0, SIDE_PX.1).and_then(|px| u32::try_from(px).ok());
        let (width, height) = (side("width"), side("height"));
        for (key, other) in [("width", "height"), ("height", "width")] {
            if table.contains_key(key) && !table.contains_key(other) {
                reader.wrong(other, format!("a number, as `{key}` is given too"));
            }
        }
        reader.finish(Self { device, size: width.zip(height) })
    }
}

impl<'a> CameraParameters<'a> {
    fn cameras(&self, bench: &Bench) -> Vec<Node> {
        // A production vault can only be fed by hardware.
        let allowed = |node: &Node| bench.training || !node.is_virtual;
        let wanted = |node: &Node| allowed(node) && self.device.is_none_or(|wanted| node.is(wanted));
        bench.cameras.known.look(&Linux).into_iter().filter(wanted).collect()
    }
}

fn list(bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let Ok(parameters) = CameraParameters::read(kind, parameters) else { return Vec::new() };
    let sighting = |node: &Node| Sighting { info: info(node), arrival: node.arrival, fault: None };
    parameters.cameras(bench).iter().map(sighting).collect()
}

fn open(
    bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let parameters = CameraParameters::wanted(kind, parameters)?;
    let chosen = |node: &Node| choice.is_none_or(|id| node.id == *id);
    let node = parameters.cameras(bench).into_iter().find(chosen);
    let node = node.ok_or_else(|| DeviceFault::NotFound { kind: kind.id().to_owned() })?;
    let source = Real { id: node.id.clone(), size: parameters.size, cameras: bench.cameras.clone() };
    let camera = V4l2Camera::open(info(&node), Arc::new(source), bench.cameras.left_behind.clone())?;
    Ok(Opened::Camera(Box::new(camera)))
}

fn info(node: &Node) -> DeviceInfo {
    DeviceInfo {
        id: node.id.clone(),
        kind: DeviceKind::Camera,
        driver: ID.to_owned(),
        model: if node.name.is_empty() { "V4L2 camera".to_owned() } else { node.name.clone() },
        serial: node.bus.clone(),
        training_only: false,
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
