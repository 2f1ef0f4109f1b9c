//! The simulated contactless reader with a made-up KTP-el on it, and the simulated SAM that belongs to it.

use std::sync::Arc;
use std::time::Instant;

use super::capture::SimulatedDevice;
use super::samples;
use crate::ktp;
use crate::ktp::sam::{Sam, SamCard};
use crate::ktp::simulation::{Contents, Secrets, SimulatedCard, SimulatedSam};
use crate::traits::{ApduChannel, CaptureDevice, CaptureWatch, CardReader, Device};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, Retry};

pub(super) struct SimulatedCardReader {
    device: Arc<SimulatedDevice>,
    card: Option<SimulatedCard>,
    secrets: Secrets,
}

impl SimulatedCardReader {
    pub(super) fn new(device: SimulatedDevice) -> Result<Self, DeviceFault> {
        let parameters = device.parameters();
        let secrets = Secrets::from_seed(parameters.person_seed);
        let card = match &parameters.card_uid {
            Some(uid) => {
                let contents = Contents::new(parameters.person_seed, uid.clone(), samples::card_photo()?);
                Some(SimulatedCard::new(Arc::new(contents), secrets.clone())?)
            }
            None => None,
        };
        Ok(Self { device: Arc::new(device), card, secrets })
    }
}

impl Device for SimulatedCardReader {
    fn info(&self) -> &DeviceInfo {
        &self.device.info
    }
}

impl CaptureDevice for SimulatedCardReader {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        let device = self.device.clone();
        device
            .capture(task, watch, |_, watch| ktp::capture(self, task, watch).map(|captured| (captured, None)))
    }
}

impl ApduChannel for SimulatedCardReader {
    fn begin(&mut self, _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        let card = self.card.as_mut().ok_or(Retry::CardRemoved)?;
        card.reset();
        Ok(card.atr())
    }

    fn transmit(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        self.device.bound_capture_call("apdu", watch)?;
        Ok(self.card.as_mut().ok_or(Retry::CardRemoved)?.answer(apdu))
    }
}

impl CardReader for SimulatedCardReader {
    fn card_present(&mut self, _deadline: Instant) -> Result<bool, DeviceFault> {
        if !self.device.slot.is_in() {
            return Err(DeviceFault::Unplugged);
        }
        Ok(self.card.is_some())
    }

    fn sam(&mut self) -> Result<Box<dyn Sam>, DeviceFault> {
        Ok(Box::new(SamCard::new(SamSlot(SimulatedSam::new(self.secrets.clone())))))
    }
}

/// The SAM in the simulated reader.
struct SamSlot(SimulatedSam);

impl ApduChannel for SamSlot {
    fn begin(&mut self, _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        self.0.reset();
        Ok(self.0.atr())
    }

    fn transmit(&mut self, apdu: &[u8], _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        Ok(self.0.answer(apdu))
    }
}
