//! An opened reader.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use ::pcsc::Error;
use zeroize::Zeroizing;

use super::monitor::Monitor;
use super::service::Service;
use super::worker::{Failed, Order, Worker};
use super::{PcscBench, PcscParameters, end_of, names};
use crate::ktp;
use crate::ktp::sam::{Sam, SamCard};
use crate::pace::SLICE_MS;
use crate::traits::{ApduChannel, CaptureDevice, CaptureWatch, CardReader, Device};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, DeviceKind, Retry};

/// Longest time of one command. A card may take 4.9 s (ISO/IEC 14443-4, frame waiting time) and ask for more.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// Longest wait for another program to let go of the card.
const BEGIN_LIMIT: Duration = Duration::from_secs(5);
/// Time that the monitor gets to see why a command was lost.
/// (pcscd looks at each reader every 0.4 s).
const CAUSE_WITHIN: Duration = Duration::from_millis(1000);
/// Longest wait for the card to be let go when the reader is closed.
const FINISH_WITHIN: Duration = Duration::from_secs(1);
/// Time that a look may wait for the monitor.
const LOOK_WITHIN: Duration = Duration::from_millis(50);

/// One reader or slot.
pub(super) struct Slot {
    name: String,
    service: Arc<dyn Service>,
    monitor: Arc<Monitor>,
    living: Arc<AtomicUsize>,
    worker: Option<Worker>,
}

impl Slot {
    pub(super) fn new(name: String, bench: &PcscBench, monitor: Arc<Monitor>) -> Self {
        let (service, living) = (bench.service.clone(), bench.workers.clone());
        Self { name, service, monitor, living, worker: None }
    }

    fn beside(&self, name: String) -> Self {
        let (service, living) = (self.service.clone(), self.living.clone());
        Self { name, service, monitor: self.monitor.clone(), living, worker: None }
    }

    /// True when a card is there.
    fn has_card(&self) -> Result<bool, DeviceFault> {
        let readers = self.monitor.readers(LOOK_WITHIN)?;
        readers.get(&self.name).map(|reader| reader.card).ok_or(DeviceFault::Unplugged)
    }

    fn ask(
        &mut self,
        order: Order,
        watch: &dyn CaptureWatch,
        limit: Duration,
    ) -> Result<Vec<u8>, CaptureEnd> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(self.service.clone(), &self.living)?,
        };
        let sending = matches!(order, Order::Transmit(_));
        match worker.ask(order, watch, limit) {
            Ok(answer) => {
                self.worker = Some(worker);
                Ok(answer)
            }
            Err(Failed::Service(error)) => {
                self.worker = Some(worker);
                Err(self.cause(
                    watch,
                    match error {
                        // On a connection that had a protocol: another program's reset has taken it away.
                        Error::ProtoMismatch if sending => Error::ResetCard,
                        error => error,
                    },
                ))
            }
            Err(Failed::Left(end)) => Err(end),
        }
    }

    /// True when the monitor sees, now or soon, that the card is no longer there.
    fn lost_card(&self, watch: &dyn CaptureWatch) -> Result<bool, CaptureEnd> {
        let until = watch.deadline().min(Instant::now() + CAUSE_WITHIN);
        loop {
            let lost = self.monitor.wait_until(Duration::from_millis(SLICE_MS), |there| {
                !there.as_ref().is_ok_and(|there| there.get(&self.name).is_some_and(|reader| reader.card))
            });
            if lost || Instant::now() >= until {
                return Ok(lost);
            }
            if watch.cancelled() {
                return Err(CaptureEnd::Cancelled);
            }
        }
    }

    /// Why a command was lost. The same errors come when the card was moved, the reader pulled out and the service
    /// stopped; the monitor knows soon which it was.
    fn cause(&self, watch: &dyn CaptureWatch, error: Error) -> CaptureEnd {
        let end = end_of(error);
        if !matches!(
            error,
            Error::NotTransacted
                | Error::CommError
                | Error::CommDataLost
                | Error::InvalidHandle
                | Error::ReaderUnavailable
                | Error::UnknownReader
                | Error::InternalError
                | Error::UnknownError
        ) {
            return end;
        }
        match self.lost_card(watch) {
            Ok(true) => {}
            Ok(false) => return end,
            Err(cancelled) => return cancelled,
        }
        match self.has_card() {
            Err(fault) => fault.into(),
            Ok(false) => Retry::CardRemoved.into(),
            Ok(true) => end,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.finish(FINISH_WITHIN);
        }
    }
}

impl ApduChannel for Slot {
    fn begin(&mut self, watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        let limited_by_watch = watch.deadline() <= Instant::now() + BEGIN_LIMIT;
        match self.ask(Order::Begin(self.name.clone()), watch, BEGIN_LIMIT) {
            // Connecting does not take long; waiting for another program's transaction does.
            Err(CaptureEnd::Fault(DeviceFault::Hung { .. })) if !limited_by_watch => {
                Err(DeviceFault::Busy.into())
            }
            answer => answer,
        }
    }

    fn transmit(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        if self.worker.is_none() {
            return Err(DeviceFault::Reported { code: ktp::CARD_RESET.to_owned() }.into());
        }
        let answer = self.ask(Order::Transmit(Zeroizing::new(apdu.to_vec())), watch, COMMAND_LIMIT)?;
        // Some readers answer with nothing when the card has left.
        if answer.len() < 2 && self.lost_card(watch)? {
            return Err(self.cause(watch, Error::CommError));
        }
        Ok(answer)
    }

    fn end(&mut self) {
        if let Some(worker) = &self.worker {
            worker.end();
        }
    }
}

/// A contactless reader.
pub(super) struct PcscReader {
    info: DeviceInfo,
    slot: Slot,
    parameters: PcscParameters,
}

impl PcscReader {
    pub(super) fn new(slot: Slot, parameters: PcscParameters) -> Self {
        Self { info: names::info(&slot.name), slot, parameters }
    }
}

impl Device for PcscReader {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

impl CaptureDevice for PcscReader {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        ktp::capture(self, task, watch)
    }
}

impl ApduChannel for PcscReader {
    fn begin(&mut self, watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        self.slot.begin(watch)
    }
    fn transmit(&mut self, apdu: &[u8], watch: &dyn CaptureWatch) -> Result<Vec<u8>, CaptureEnd> {
        self.slot.transmit(apdu, watch)
    }
    fn end(&mut self) {
        self.slot.end();
    }
}

impl CardReader for PcscReader {
    fn card_present(&mut self, _deadline: Instant) -> Result<bool, DeviceFault> {
        self.slot.has_card()
    }

    fn sam(&mut self) -> Result<Box<dyn Sam>, DeviceFault> {
        let there = self.slot.monitor.readers(LOOK_WITHIN)?;
        let name = self.parameters.sam(&there, &self.slot.name);
        let name =
            name.ok_or_else(|| DeviceFault::NotFound { kind: format!("{} (SAM)", DeviceKind::Card.id()) })?;
        Ok(Box::new(SamCard::new(self.slot.beside(name))))
    }
}
