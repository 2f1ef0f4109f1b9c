//! The simulated camera: a 1280x720 live picture of the bundled public-domain portrait before an even
//! background, moving a little, at about 15 frames a second. A photo is a burst of three pictures, of which the first
//! is blurred by movement: a station that chooses does not keep it.

use std::time::{Duration, Instant};

use biometrics::image::RgbImage;

use super::capture::{SimulatedDevice, Variant};
use super::scene::{self, Scene};
use crate::burst::{self, Burst};
use crate::traits::{Camera, CaptureDevice, CaptureWatch, Device, PreviewFrame};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo};

/// Time between two live frames.
const FRAME_EVERY: Duration = Duration::from_millis(66);
/// Pictures of one photo. They take no time, so that scripts run the same way on every machine.
const BURST: Burst = Burst { pictures: 3, every: Duration::ZERO };

pub(super) struct SimulatedCamera {
    device: SimulatedDevice,
    scene: Scene,
    frames: u64,
    next_frame: Instant,
}

impl SimulatedCamera {
    pub(super) fn new(device: SimulatedDevice) -> Result<Self, DeviceFault> {
        let scene = Scene::new(device.parameters().background)?;
        Ok(Self { device, scene, frames: 0, next_frame: Instant::now() })
    }
}

impl Device for SimulatedCamera {
    fn info(&self) -> &DeviceInfo {
        &self.device.info
    }
}

impl CaptureDevice for SimulatedCamera {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        let (scene, frames) = (&self.scene, self.frames);
        let person_seed = self.device.parameters().person_seed;
        self.device.capture(task, watch, |order, watch| {
            let image = match (task, order.variant) {
                (_, Variant::Blank) => scene.empty(order.seed)?,
                (CaptureTask::EvidencePhoto | CaptureTask::ExceptionPhoto { .. }, _) => {
                    scene::document(person_seed, order.seed)?
                }
                _ => burst::take(BURST, watch, |number, _| {
                    let frame = frames + u64::from(number);
                    // Grain is drawn from the seed and the place: the number goes where no place reaches.
                    let seed = order.seed ^ (u64::from(number) << 48);
                    // The person still moves in the first picture of every burst.
                    if number == 0 { scene.moved(frame, seed) } else { scene.photo(frame, seed) }
                })?,
            };
            let preview = PreviewFrame::Rgb(image.clone());
            Ok((Captured::Photo { image }, Some(preview)))
        })
    }
}

impl Camera for SimulatedCamera {
    fn frame(&mut self, deadline: Instant) -> Result<RgbImage, DeviceFault> {
        self.device.bound_call("frame", deadline)?;
        let now = Instant::now();
        let at = self.next_frame.max(now);
        if at > deadline {
            let left = deadline.saturating_duration_since(now);
            std::thread::sleep(left);
            return Err(DeviceFault::Hung { after_ms: left.as_millis() as u64 });
        }
        std::thread::sleep(at - now);
        self.next_frame = at + FRAME_EVERY;
        self.frames += 1;
        self.scene.frame(self.frames)
    }
}
