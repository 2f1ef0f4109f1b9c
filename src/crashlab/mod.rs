//! Labs of crash safety: whole sessions killed by SIGKILL ([`kills`]), and a machine whose power is cut while it saves
//! ([`power`], [`writer`]). Only in tests and with the feature `sabotage`.
//!
//! Whoever works tells what was acknowledged, a line each ([`Told`]); whoever kills compares it with the vault
//! afterwards. A line counts when it has arrived whole.

pub mod child;
pub mod compare;
pub mod disk;
pub mod kills;
pub mod power;
#[cfg(test)]
mod tests;
pub mod writer;

use std::io::Write;

use record::schema::StepId;
use uuid::Uuid;

/// Begins a line of ours, wherever else the stream comes from.
const MARK: &str = "LAB ";

/// What stops a lab.
#[derive(Debug, thiserror::Error)]
#[error("LAB-01 {0}")]
pub struct LabError(pub String);

impl LabError {
    /// From any other error, with what was done.
    pub fn at<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> Self + '_ {
        move |e| Self(format!("{what}: {e}"))
    }
}

/// Something that a worker tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The work begins: what came before was start and comparison.
    Ready,
    /// A session of this person begins, or goes on.
    Begun(Uuid, u32),
    /// The session comes to this step.
    Step(StepId),
    /// A step of a session is kept.
    Kept(Uuid, String),
    /// A record is saved, with the SHA-256 of its payload.
    Saved(Uuid, String),
    /// A record's state is changed to `SENT_FOR_ENROLLMENT`.
    Sent(Uuid),
    /// Something that was acknowledged is not there (a worker that compares by itself).
    Lost(String),
    /// Everything that was acknowledged was compared: how many things.
    Compared(usize),
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MARK)?;
        match self {
            Self::Ready => write!(f, "ready"),
            Self::Begun(session, person) => write!(f, "begun {session} {person}"),
            Self::Step(step) => write!(f, "step {step}"),
            Self::Kept(session, step) => write!(f, "kept {session} {step}"),
            Self::Saved(record, sha256) => write!(f, "saved {record} {sha256}"),
            Self::Sent(record) => write!(f, "sent {record}"),
            Self::Lost(what) => write!(f, "lost {what}"),
            Self::Compared(things) => write!(f, "compared {things}"),
        }?;
        f.write_str(" .")
    }
}

impl Told {
    /// Reads a line; none when it is another's, or torn.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (_, line) = line.split_once(MARK)?;
        let line = line.trim_end().strip_suffix(" .")?;
        if let Some(what) = line.strip_prefix("lost ") {
            return Some(Self::Lost(what.to_owned()));
        }
        let words: Vec<&str> = line.split(' ').collect();
        let id = |text: &str| Uuid::parse_str(text).ok();
        Some(match words[..] {
            ["ready"] => Self::Ready,
            ["begun", session, person] => Self::Begun(id(session)?, person.parse().ok()?),
            ["step", step] => Self::Step(StepId::from_id(step)?),
            ["kept", session, step] => Self::Kept(id(session)?, step.to_owned()),
            ["saved", record, sha256] if sha256.len() == 64 => Self::Saved(id(record)?, sha256.to_owned()),
            ["sent", record] => Self::Sent(id(record)?),
            ["compared", things] => Self::Compared(things.parse().ok()?),
            _ => return None,
        })
    }

    /// Tells it on stdout, at once.
    pub fn tell(&self) {
        let mut out = std::io::stdout().lock();
        // Nobody who reads is left: then nobody needs to be told.
        writeln!(out, "{self}").and_then(|()| out.flush()).ok();
    }
}
