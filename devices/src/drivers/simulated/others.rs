//! The simulated iris camera, signature pad and thermometer.

use biometrics::position::Eye;
use biometrics::signature::Strokes;
use biometrics::synth::iris::{HEIGHT_PX, WIDTH_PX};

use super::capture::{SimulatedDevice, Variant};
use super::samples;
use crate::pace;
use crate::traits::{
    CaptureDevice, CaptureWatch, Device, IrisReader, PreviewFrame, SignaturePad,
    Thermometer as ThermometerTrait,
};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceInfo, IrisImage, Retry};

/// The simulated iris camera.
pub(super) struct IrisCamera(pub(super) SimulatedDevice);

impl Device for IrisCamera {
    fn info(&self) -> &DeviceInfo {
        &self.0.info
    }
}

impl IrisReader for IrisCamera {}

impl CaptureDevice for IrisCamera {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        let parameters = self.0.parameters();
        self.0.capture(task, watch, |order, watch| {
            let missing: &[Eye] = match task {
                CaptureTask::Irises { missing } => missing,
                _ => &[],
            };
            let mut irises = Vec::with_capacity(Eye::ALL.len());
            for eye in Eye::ALL.iter().copied().filter(|eye| !missing.contains(eye)) {
                pace::check(watch)?;
                if parameters.missing_eyes.contains(&eye) {
                    return Err(Retry::NothingPresented.into());
                }
                let image = match order.variant {
                    Variant::Blank => samples::blank(WIDTH_PX, HEIGHT_PX, None)?,
                    _ => samples::iris(parameters.person_seed, eye, order.seed),
                };
                irises.push(IrisImage { eye, image });
            }
            let preview = irises.first().map(|iris| PreviewFrame::Gray(iris.image.clone()));
            Ok((Captured::Irises(irises), preview))
        })
    }
}

/// The simulated signature pad.
pub(super) struct Pad(pub(super) SimulatedDevice);

impl Device for Pad {
    fn info(&self) -> &DeviceInfo {
        &self.0.info
    }
}

impl SignaturePad for Pad {}

impl CaptureDevice for Pad {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        let person_seed = self.0.parameters().person_seed;
        self.0.capture(task, watch, |order, _| {
            let signed = samples::signature(person_seed, order.seed);
            let strokes = match order.variant {
                Variant::Blank => Strokes { strokes: Vec::new(), ..signed },
                _ => signed,
            };
            Ok((Captured::Signature(strokes), None))
        })
    }
}

/// The simulated thermometer.
pub(super) struct Thermometer(pub(super) SimulatedDevice);

impl Device for Thermometer {
    fn info(&self) -> &DeviceInfo {
        &self.0.info
    }
}

impl ThermometerTrait for Thermometer {}

impl CaptureDevice for Thermometer {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        let readings = &self.0.parameters().decidegrees_c;
        self.0.capture(task, watch, |order, _| {
            // Readings are taken in order; the last one stays.
            let index = usize::try_from(order.number - 1).unwrap_or(usize::MAX);
            let reading = readings.get(index).or(readings.last());
            let decidegrees_c = *reading.ok_or(Retry::NothingPresented)?;
            Ok((Captured::Temperature { decidegrees_c }, None))
        })
    }
}
