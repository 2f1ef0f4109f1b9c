//! Card work on a thread that can be left behind: calls of PC/SC have no deadline of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use ::pcsc::Error;
use zeroize::Zeroizing;

use super::service::{Link, Service};
use crate::pace::SLICE_MS;
use crate::traits::CaptureWatch;
use crate::vocabulary::{CaptureEnd, DeviceFault};

/// Threads that may live at the same time, those left behind among them.
pub(super) const WORKERS_MAX: usize = 8;

/// What a worker is to do. Not printable: commands hold what opens a SAM.
pub(super) enum Order {
    /// Connect to the card in the reader of this name; answered with the ATR.
    Begin(String),
    /// One command. Wiped when it is done with.
    Transmit(Zeroizing<Vec<u8>>),
    /// Let the card go. Not answered.
    End,
}

/// How an order ended without an answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// The service says so.
    Service(Error),
    /// The caller wants to stop, or the deadline has passed, or no thread: the worker is left behind.
    Left(CaptureEnd),
}

/// A thread with at most one connection.
#[derive(Debug)]
pub(super) struct Worker {
    orders: SyncSender<Order>,
    answers: Receiver<Result<Vec<u8>, Error>>,
}

/// Counts a thread for as long as it lives.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Worker {
    /// Starts a thread; `living` counts them.
    ///
    /// # Errors
    /// [`DeviceFault::Busy`] when too many hang in the service, or the system has no thread.
    pub(super) fn start(service: Arc<dyn Service>, living: &Arc<AtomicUsize>) -> Result<Self, DeviceFault> {
        let counted = Counted(living.clone());
        if living.fetch_add(1, Ordering::AcqRel) >= WORKERS_MAX {
            return Err(DeviceFault::Busy);
        }
        let (orders, order_receiver) = sync_channel(1);
        let (answer_sender, answers) = sync_channel(1);
        let work = move || {
            let _counted = counted;
            run(service.as_ref(), &order_receiver, &answer_sender);
        };
        let spawned = std::thread::Builder::new().name("pcsc-card".to_owned()).spawn(work);
        spawned.map(|_| Self { orders, answers }).map_err(|_| DeviceFault::Busy)
    }

    /// Gives an order and waits for the answer, at most `limit`. After [`Failed::Left`] the worker is of no more use.
    pub(super) fn ask(
        &self,
        order: Order,
        watch: &dyn CaptureWatch,
        limit: Duration,
    ) -> Result<Vec<u8>, Failed> {
        let begun = Instant::now();
        let until = watch.deadline().min(begun + limit);
        let slice = Duration::from_millis(SLICE_MS);
        let mut waiting = Some(order);
        loop {
            if watch.cancelled() {
                return Err(Failed::Left(CaptureEnd::Cancelled));
            }
            let now = Instant::now();
            if now >= until {
                let after_ms = begun.elapsed().as_millis() as u64;
                return Err(Failed::Left(DeviceFault::Hung { after_ms }.into()));
            }
            if let Some(order) = waiting.take() {
                match self.orders.try_send(order) {
                    Ok(()) => {}
                    // The thread has not come to the end of the last reading yet.
                    Err(TrySendError::Full(order)) => {
                        waiting = Some(order);
                        std::thread::sleep(slice);
                        continue;
                    }
                    Err(TrySendError::Disconnected(_)) => {
                        return Err(Failed::Left(DeviceFault::Crashed.into()));
                    }
                }
            }
            match self.answers.recv_timeout((until - now).min(slice)) {
                Ok(answer) => return answer.map_err(Failed::Service),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failed::Left(DeviceFault::Crashed.into()));
                }
            }
        }
    }

    /// Lets the card go, without waiting.
    pub(super) fn end(&self) {
        // Full only when the thread hangs: then the card is let go when it comes back and finds nobody.
        self.orders.try_send(Order::End).ok();
    }

    /// Lets the card go and waits for that, at most `limit`.
    ///
    /// A program that ends before leaves the service to clean up behind it, and the reset that belongs to that may
    /// come when the next program has the card already.
    pub(super) fn finish(self, limit: Duration) {
        let Self { orders, answers } = self;
        drop(orders);
        let until = Instant::now() + limit;
        // An answer that nobody waits for any more is left; the end of the thread is what counts.
        while answers.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
    }
}

fn run(service: &dyn Service, orders: &Receiver<Order>, answers: &SyncSender<Result<Vec<u8>, Error>>) {
    let mut link: Option<Box<dyn Link>> = None;
    while let Ok(order) = orders.recv() {
        let answer = match order {
            Order::Begin(reader) => {
                link = None;
                service.connect(&reader).map(|connected| link.insert(connected).atr())
            }
            Order::Transmit(apdu) => match &mut link {
                Some(link) => link.transmit(&apdu),
                None => Err(Error::InvalidHandle),
            },
            Order::End => {
                link = None;
                continue;
            }
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}
