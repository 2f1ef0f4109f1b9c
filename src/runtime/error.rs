//! Why a station cannot be opened, and the codes of what goes wrong while it runs.

use std::path::PathBuf;

use biometrics::face::FaceError;
use chrono::NaiveDate;
use devices::setup::SetupErrors;

use crate::gate::policy::PolicyError;
use crate::vault::VaultError;

/// A worker ended by a panic; what it was doing failed, the rest goes on.
pub const WORKER_CRASHED: &str = "RUN-10";
/// More work waits for a worker than it can take.
pub const WORKER_BUSY: &str = "RUN-11";
/// A worker is gone; the program has to be started again.
pub const WORKER_GONE: &str = "RUN-12";
/// The signed-in officer's role may not do this.
pub const NOT_FOR_ROLE: &str = "RUN-13";
/// The request for an approval is no longer open.
pub const REQUEST_GONE: &str = "RUN-14";
/// Nobody approves their own recording.
pub const OWN_RECORDING: &str = "RUN-15";
/// The document could not be written.
pub const DOCUMENT_WRITE: &str = "RUN-16";
/// The session is not there to be taken up.
pub const NO_SESSION: &str = "RUN-17";
/// The record could not be put together from the session.
pub const INCOMPLETE: &str = "RUN-18";
/// The device of this kind was abandoned too often.
pub const DEVICE_GIVEN_UP: &str = "RUN-19";
/// The comparison of fingers with those the station knows crashed.
pub const SEARCH_CRASHED: &str = "RUN-24";
/// Another session of the same person was sealed in the meantime.
pub const NIK_IN_QUEUE: &str = "RUN-22";

/// Why a station cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StationError {
    /// The vault cannot be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The set-up of the devices is wrong.
    #[error("RUN-01 the device set-up is wrong; mend these entries: {0}")]
    Devices(#[from] SetupErrors),
    /// Policy files are wrong.
    #[error("RUN-02 the policy files are wrong; mend these lines: {}", list(.0))]
    Policies(Vec<PolicyError>),
    /// No policy is in force.
    #[error("RUN-03 no policy is in force on {date}; add one to the policy folder or set the clock right")]
    NoPolicy {
        /// Local date.
        date: NaiveDate,
    },
    /// The policy that was asked for is not there.
    #[error("RUN-04 there is no policy `{id}`; name one of the loaded policies")]
    UnknownPolicy {
        /// Its id.
        id: String,
    },
    /// The roster cannot be read.
    #[error("RUN-05 the roster {file} cannot be read ({source}); name the right file or leave it out")]
    Roster {
        /// The file.
        file: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A thread cannot be started.
    #[error("RUN-06 a worker cannot be started ({0}); close other programs and start again")]
    Thread(#[from] std::io::Error),
    /// The face detector's model is damaged.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// Local time is no time zone's.
    #[error("RUN-07 {seconds} seconds east of UTC is no time zone; give 25200, 28800 or 32400")]
    Offset {
        /// Seconds east of UTC.
        seconds: i32,
    },
}

impl StationError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> String {
        self.to_string().chars().take(6).collect()
    }
}

fn list(errors: &[PolicyError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
