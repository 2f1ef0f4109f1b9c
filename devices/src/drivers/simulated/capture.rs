//! What all simulated devices have in common: turning the script's next action into an end of the call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::parameters::SimulatedParameters;
use super::script::{self, Action};
use super::simulation::{HangGate, Slot};
use crate::pace::{self, DeadlineOnly, Waited};
use crate::traits::{CaptureWatch, PreviewFrame};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, Retry};

/// Which sample is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// What was asked for.
    Asked,
    /// Another finger of the same hand.
    WrongFinger,
    /// The same finger of the other hand.
    WrongHand,
    /// Nothing on it.
    Blank,
}

/// One capture to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    /// Which sample.
    pub(super) variant: Variant,
    /// Number of the capture, from 1; no two captures of a device have the same.
    pub(super) number: u64,
    /// Seed for the impression; no two captures of a person have the same.
    pub(super) seed: u64,
}

/// Identity, script and parameters of an opened simulated device.
pub(super) struct SimulatedDevice {
    pub(super) info: DeviceInfo,
    pub(super) slot: Arc<Slot>,
    hang: Arc<HangGate>,
}

impl SimulatedDevice {
    pub(super) fn new(info: DeviceInfo, slot: Arc<Slot>, hang: Arc<HangGate>) -> Self {
        Self { info, slot, hang }
    }

    pub(super) fn parameters(&self) -> &SimulatedParameters {
        &self.slot.parameters
    }

    /// Runs a capture: the script's next action, with `take` making the sample and its preview.
    pub(super) fn capture(
        &self,
        task: &CaptureTask,
        watch: &mut dyn CaptureWatch,
        take: impl FnOnce(Order, &mut dyn CaptureWatch) -> Result<(Captured, Option<PreviewFrame>), CaptureEnd>,
    ) -> Result<Captured, CaptureEnd> {
        if task.kind() != self.info.kind {
            return Err(DeviceFault::Unsupported.into());
        }
        pace::check(watch)?;
        // The empty glass is looked at between captures: it takes no element of a script that is not bound to it.
        let platen = *task == CaptureTask::Platen;
        let action = if platen {
            self.slot.next_bound_action("platen")?
        } else {
            self.slot.next_action(&script::names(task))?
        };
        let variant = match action {
            Action::Ok => Variant::Asked,
            Action::Slow(ms) => {
                self.slow(ms, watch)?;
                Variant::Asked
            }
            Action::WrongFinger => Variant::WrongFinger,
            Action::WrongHand => Variant::WrongHand,
            Action::Blank => Variant::Blank,
            Action::Retry(retry) => {
                self.expose(watch)?;
                return Err(retry.into());
            }
            other => return Err(self.fault(other).into()),
        };
        let number = self.slot.count_capture();
        let seed = mix(mix(self.parameters().person_seed) ^ number);
        let (captured, preview) = take(Order { variant, number, seed }, watch)?;
        if let Some(frame) = preview {
            watch.preview(frame);
        }
        self.expose(watch)?;
        Ok(captured)
    }

    /// Runs a call that is no capture task; `deadline` ends a slow one.
    pub(super) fn call(&self, name: &str, deadline: Instant) -> Result<(), DeviceFault> {
        let action = self.slot.next_action(&[name.to_owned()])?;
        self.plain(action, deadline)
    }

    /// Runs a call that only takes elements bound to it.
    pub(super) fn bound_call(&self, name: &str, deadline: Instant) -> Result<(), DeviceFault> {
        let action = self.slot.next_bound_action(name)?;
        self.plain(action, deadline)
    }

    /// Runs a part of a capture that only takes elements bound to it.
    pub(super) fn bound_capture_call(&self, name: &str, watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
        match self.slot.next_bound_action(name)? {
            Action::Ok | Action::WrongFinger | Action::WrongHand | Action::Blank => Ok(()),
            Action::Slow(ms) => self.slow(ms, watch),
            Action::Retry(retry) => Err(retry.into()),
            other => Err(self.fault(other).into()),
        }
    }

    fn plain(&self, action: Action, deadline: Instant) -> Result<(), DeviceFault> {
        match action {
            Action::Ok | Action::Retry(_) | Action::WrongFinger | Action::WrongHand | Action::Blank => Ok(()),
            Action::Slow(ms) => self.slow(ms, &DeadlineOnly(deadline)).map_err(|end| match end {
                CaptureEnd::Fault(fault) => fault,
                CaptureEnd::Retry(_) | CaptureEnd::Cancelled => DeviceFault::Hung { after_ms: 0 },
            }),
            other => Err(self.fault(other)),
        }
    }

    /// The actions that end a call with a fault.
    fn fault(&self, action: Action) -> DeviceFault {
        match action {
            Action::Hang => self.hang.hang(),
            Action::Crash => std::panic::panic_any("a simulated driver crashed by its script"),
            Action::BadData => DeviceFault::BadData { detail: "by its script".to_owned() },
            Action::Fault(fault) => fault,
            _ => DeviceFault::Unplugged,
        }
    }

    /// The time that a slow device takes; the person cannot help it, so a missed deadline is a fault.
    fn slow(&self, ms: u64, watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
        let start = Instant::now();
        match self.wait(ms, watch) {
            Waited::Done => Ok(()),
            Waited::Cancelled => Err(CaptureEnd::Cancelled),
            Waited::Stopped => Err(DeviceFault::Unplugged.into()),
            Waited::Deadline => {
                Err(DeviceFault::Hung { after_ms: start.elapsed().as_millis() as u64 }.into())
            }
        }
    }

    /// The time that a capture takes.
    fn expose(&self, watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
        match self.wait(self.parameters().capture_ms, watch) {
            Waited::Done => Ok(()),
            Waited::Cancelled => Err(CaptureEnd::Cancelled),
            Waited::Stopped => Err(DeviceFault::Unplugged.into()),
            Waited::Deadline => Err(Retry::NothingPresented.into()),
        }
    }

    fn wait(&self, ms: u64, watch: &dyn CaptureWatch) -> Waited {
        pace::wait(Duration::from_millis(ms), watch, || !self.slot.is_in())
    }
}

/// SplitMix64 finaliser (Steele, Lea, Flood 2014): neighbouring numbers give unrelated seeds.
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
