//! What the workers say to the shell, and how work is given to them.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use devices::vocabulary::{DeviceId, DeviceInfo, DeviceKind, RequestId};
use uuid::Uuid;

use super::station::{DeviceLine, DocumentKind, Notice, NoticeLevel, PrintProgress};
use super::vault_jobs::VaultAnswer;
use crate::session::event::{CaptureOutcome, FingerHit};
use crate::vault::VaultError;

/// Answers that may wait for the shell; a worker that meets a full inbox waits.
const INBOX: usize = 256;
/// Jobs that may wait in a worker's channel.
const JOBS: usize = 64;
/// Jobs that may wait in front of a full channel.
const BACKLOG: usize = 1_024;

/// What a worker says.
pub(super) enum Answer {
    Vault(VaultAnswer),
    Captured {
        session: Uuid,
        id: RequestId,
        outcome: CaptureOutcome,
    },
    FingersSearched {
        session: Uuid,
        id: RequestId,
        result: Result<Vec<FingerHit>, String>,
    },
    Devices(Vec<DeviceLine>),
    /// How the computer is fed.
    Power(super::power::Power),
    Arrived(DeviceInfo),
    Left(DeviceKind, DeviceId),
    /// `name`: of the person it is for.
    Document {
        session: Uuid,
        kind: DocumentKind,
        name: String,
        made: Result<Made, String>,
    },
    Printing {
        document: Uuid,
        progress: PrintProgress,
    },
    Notice(Notice),
    /// The machine goes to sleep: `ready` is told when nothing of anybody is in memory any more.
    Sleep {
        why: &'static str,
        ready: SyncSender<()>,
    },
    /// Sleep and lid are watched from now on, or not, and why.
    SleepWatched(Result<super::sleep::SleepWatch, String>),
}

/// A document that was made.
pub(super) struct Made {
    pub(super) path: PathBuf,
    pub(super) bytes: Arc<[u8]>,
    /// Where it is, as the session notes it.
    pub(super) place: String,
}

/// Sends answers and wakes the shell.
#[derive(Clone)]
pub(super) struct Outbox {
    sender: SyncSender<Answer>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    pub(super) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> (Self, Receiver<Answer>) {
        let (sender, inbox) = sync_channel(INBOX);
        (Self { sender, wake }, inbox)
    }
    /// False when the shell is gone and the worker should end.
    pub(super) fn send(&self, answer: Answer) -> bool {
        let sent = self.sender.send(answer).is_ok();
        (self.wake)();
        sent
    }
}

/// A worker as the shell sees it. Giving it work never blocks.
pub(super) struct Worker<J> {
    jobs: Option<SyncSender<J>>,
    waiting: VecDeque<J>,
    thread: Option<JoinHandle<()>>,
}

/// Why work was not taken.
pub(super) enum NotTaken {
    Busy,
    Gone,
}

impl NotTaken {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Busy => super::error::WORKER_BUSY,
            Self::Gone => super::error::WORKER_GONE,
        }
    }
}

impl<J: Send + 'static> Worker<J> {
    /// Starts a named thread that gets its jobs from a bounded channel.
    pub(super) fn start(
        name: &str,
        main: impl FnOnce(Receiver<J>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, jobs) = sync_channel(JOBS);
        let thread = Builder::new().name(name.to_owned()).spawn(move || main(jobs))?;
        Ok(Self { jobs: Some(sender), waiting: VecDeque::new(), thread: Some(thread) })
    }

    /// A way for other workers to give it jobs.
    pub(super) fn sender(&self) -> Option<SyncSender<J>> {
        self.jobs.clone()
    }

    /// Gives it a job, in order, without blocking.
    pub(super) fn give(&mut self, job: J) -> Result<(), (NotTaken, J)> {
        if self.jobs.is_none() {
            return Err((NotTaken::Gone, job));
        }
        if self.waiting.len() >= BACKLOG {
            return Err((NotTaken::Busy, job));
        }
        self.waiting.push_back(job);
        self.flush();
        Ok(())
    }

    /// Moves what waits into the channel, as far as there is room.
    pub(super) fn flush(&mut self) {
        let Some(jobs) = &self.jobs else { return };
        while let Some(job) = self.waiting.pop_front() {
            match jobs.try_send(job) {
                Ok(()) => {}
                Err(TrySendError::Full(job)) => {
                    self.waiting.push_front(job);
                    return;
                }
                Err(TrySendError::Disconnected(job)) => {
                    self.waiting.push_front(job);
                    self.jobs = None;
                    return;
                }
            }
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.jobs.is_none()
    }

    /// Lets it finish what it was given, and waits for its end. Blocks: only when the station is closed.
    pub(super) fn finish(&mut self) {
        if let Some(jobs) = self.jobs.take() {
            for job in self.waiting.drain(..) {
                if jobs.send(job).is_err() {
                    break;
                }
            }
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a worker ended by a panic");
        }
    }
}

/// A notice of something that did not work.
pub(super) fn error_notice(message: &str, code: &str) -> Notice {
    Notice { level: NoticeLevel::Error, message: message.to_owned(), code: code.to_owned() }
}

/// The notice of a vault error: words `vault-<id>` and `vault-<id>-do`.
pub(super) fn vault_notice(error: &VaultError) -> Notice {
    // Wrong passphrases are not a failure of the station.
    let level = match error {
        VaultError::WrongSecret | VaultError::LockedOut { .. } => NoticeLevel::Warning,
        _ => NoticeLevel::Error,
    };
    Notice { level, message: error.message_id(), code: error.code() }
}
