//! One trait per kind of device. Calls block; the runtime gives every device a thread of its own.

use std::time::Instant;

use biometrics::image::{GrayImage, RgbImage};

use crate::ktp::sam::Sam;
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, PrintState};

/// A picture of what the device sees now. Preview frames are not kept.
#[derive(Debug, Clone)]
pub enum PreviewFrame {
    /// Colour.
    Rgb(RgbImage),
    /// Grey (finger and iris devices).
    Gray(GrayImage),
}

/// How a capture in progress talks to its caller.
pub trait CaptureWatch {
    /// When the capture must have ended.
    fn deadline(&self) -> Instant;
    /// True once the caller wants the capture to stop; drivers look at least every 50 ms.
    fn cancelled(&self) -> bool;
    /// Shows what the device sees; cheap, drops frames that nobody takes.
    fn preview(&mut self, frame: PreviewFrame);
    /// Offers a picture that may be kept instead of the one that the capture ends with: of the same task, taken
    /// while it ran, and as good as what the device gives (never a reduced live picture). It is shown as well. The
    /// caller keeps few of them and chooses; a driver that has one picture only need not offer any.
    fn candidate(&mut self, picture: RgbImage) {
        self.preview(PreviewFrame::Rgb(picture));
    }
}

/// What every device has.
pub trait Device: Send {
    /// Identity, as it goes into the record.
    fn info(&self) -> &DeviceInfo;
    /// True when it can do the task.
    fn can(&self, task: &CaptureTask) -> bool {
        task.kind() == self.info().kind
    }
}

/// A device that answers [`CaptureTask`]s: camera, fingerprint reader, iris camera, signature pad, thermometer.
pub trait CaptureDevice: Device {
    /// Does the task. Blocks at most until the watch's deadline.
    ///
    /// # Errors
    /// [`CaptureEnd`]: what the person can mend, what the station must mend, or our own cancel.
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd>;
}

/// A camera: answers face and evidence photos and gives a live preview between captures.
pub trait Camera: CaptureDevice {
    /// The next live frame, before `deadline`.
    ///
    /// # Errors
    /// [`DeviceFault`] when the device is gone, hangs or breaks its protocol.
    fn frame(&mut self, deadline: Instant) -> Result<RgbImage, DeviceFault>;
    /// Nobody looks any more: a camera that streams stops, so that its lamp is off and no picture of one person waits
    /// for the next. The next frame or capture starts it again.
    fn pause(&mut self) {}
}

/// A fingerprint reader (tasks [`CaptureTask::Slap`] and [`CaptureTask::Finger`]).
pub trait FingerprintReader: CaptureDevice {}
/// An iris camera (task [`CaptureTask::Irises`]).
pub trait IrisReader: CaptureDevice {}
/// A signature pad (task [`CaptureTask::Signature`]).
pub trait SignaturePad: CaptureDevice {}
/// A thermometer (task [`CaptureTask::Temperature`]).
pub trait Thermometer: CaptureDevice {}

/// A way to one card, in a contactless reader or in a slot: APDUs there and back.
pub trait ApduChannel: Send {
    /// Powers the card and keeps every other program away from it until [`ApduChannel::end`]. Gives its ATR (ISO/IEC
    /// 7816-3), empty where the reader tells none. Called again, it begins anew.
    ///
    /// # Errors
    /// [`Retry::CardRemoved`](crate::vocabulary::Retry::CardRemoved) when there is no card (any more);
    /// [`CaptureEnd`] otherwise.
    fn begin(&mut self, _watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        Ok(Vec::new())
    }
    /// Sends one APDU (ISO/IEC 7816-4) and gives the answer with its status word; a status word other than 9000 is an
    /// answer, not an error.
    ///
    /// # Errors
    /// As [`ApduChannel::begin`]; [`DeviceFault::Hung`] when there is no answer in time.
    fn transmit(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd>;
    /// Lets go of the card. Never fails: what cannot be undone now is undone by the reader when the card leaves.
    fn end(&mut self) {}
}

/// A contactless card reader (task [`CaptureTask::Card`]).
pub trait CardReader: CaptureDevice + ApduChannel {
    /// True when a card lies on the reader.
    ///
    /// # Errors
    /// [`DeviceFault`].
    fn card_present(&mut self, deadline: Instant) -> Result<bool, DeviceFault>;
    /// The SAM that belongs to this reader.
    ///
    /// # Errors
    /// [`DeviceFault::Unsupported`] where readers of this kind have none, [`DeviceFault::NotFound`] where it is not
    /// there.
    fn sam(&mut self) -> Result<Box<dyn Sam>, DeviceFault> {
        Err(DeviceFault::Unsupported)
    }
}

/// A printer of A4 documents.
pub trait Printer: Device {
    /// Takes a PDF for printing and gives the job's name.
    ///
    /// # Errors
    /// [`DeviceFault`]; the document is then still the caller's to keep.
    fn print(&mut self, title: &str, pdf: &[u8]) -> Result<String, DeviceFault>;
    /// How a job that [`Printer::print`] named is doing. A printer without a queue has printed what it has taken.
    ///
    /// # Errors
    /// [`DeviceFault`] when it cannot be known now.
    fn job(&mut self, job: &str) -> Result<PrintState, DeviceFault> {
        let _ = job;
        Ok(PrintState::Printed)
    }
    /// Takes a job back that is not printed, so that its document lies nowhere.
    ///
    /// # Errors
    /// [`DeviceFault`]; it may then still be printed.
    fn withdraw(&mut self, job: &str) -> Result<(), DeviceFault> {
        let _ = job;
        Err(DeviceFault::Unsupported)
    }
}
