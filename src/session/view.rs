//! What a screen may show and offer: a borrowed view of the session. The window and the script runner read the
//! same view, so what a test can do an operator can do.

use chrono::{DateTime, Utc};
use devices::vocabulary::DeviceKind;
use record::schema::{Outcome, StepId, StepState};

use super::Session;
use super::core::{FaultNote, Requirement, RetryNote};
use super::event::{Command, Target};
use crate::steps;

/// One line of the list of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLine {
    /// The step.
    pub id: StepId,
    /// Its state.
    pub state: StepState,
    /// It can be shown.
    pub open: bool,
    /// It is on screen.
    pub current: bool,
}

/// What a control does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A command to this session.
    Command(Command),
    /// A field or choice of the step on screen, by its id.
    Input(String),
    /// Leaves the session's screen (the session is over or parked).
    Leave,
}

/// A named control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Message id without its prefix (`control-<id>`), e.g. `confirm`, `capture`, `cancel`.
    pub id: String,
    /// What it does.
    pub action: Action,
    /// It can be used now.
    pub enabled: bool,
    /// It is the one primary action.
    pub primary: bool,
    /// It brings the session nearer to an end (parking and giving up do not).
    pub leads_on: bool,
}

fn control(id: &str, action: Action, primary: bool) -> Control {
    let leads_on = !matches!(action, Action::Command(Command::Park | Command::Abandon(_) | Command::Open(_)));
    Control { id: id.to_owned(), action, enabled: true, primary, leads_on }
}

/// The view.
#[derive(Debug, Clone, Copy)]
pub struct SessionView<'a> {
    /// The session.
    pub session: &'a Session,
    /// The time it is looked at.
    pub now: DateTime<Utc>,
}

impl Session {
    /// The view at a moment.
    #[must_use]
    pub fn view(&self, now: DateTime<Utc>) -> SessionView<'_> {
        SessionView { session: self, now: now.max(self.core.last_seen) }
    }
}

impl<'a> SessionView<'a> {
    /// The steps in the policy's order.
    #[must_use]
    pub fn steps(&self) -> Vec<StepLine> {
        let s = self.session;
        s.ctx
            .policy
            .step_order
            .iter()
            .map(|id| StepLine {
                id: *id,
                state: steps::state(s, *id),
                open: s.core.running() && s.core.reverify.is_none() && steps::is_open(s, *id),
                current: s.core.current == *id,
            })
            .collect()
    }

    /// The step on screen.
    #[must_use]
    pub fn current(&self) -> StepId {
        self.session.core.current
    }

    /// The retry that concerns the screen.
    #[must_use]
    pub fn retry(&self) -> Option<&'a RetryNote> {
        self.session.core.retry.as_ref()
    }

    /// The open device fault.
    #[must_use]
    pub fn fault(&self) -> Option<&'a FaultNote> {
        self.session.core.fault.as_ref()
    }

    /// Open requirements.
    #[must_use]
    pub fn requirements(&self) -> Vec<&'a Requirement> {
        self.session.core.open_requirements().collect()
    }

    /// What is missing before the current step can be confirmed.
    #[must_use]
    pub fn blockers(&self) -> Vec<String> {
        steps::step(self.current()).blockers(self.session, self.now)
    }

    /// Captures that can be asked for now.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let s = self.session;
        if let Some(r) = &s.core.reverify {
            let target = Target::Reverify(r.finger);
            return if s.can_capture(target, self.now) { vec![target] } else { Vec::new() };
        }
        steps::step(self.current())
            .targets(s, self.now)
            .into_iter()
            .filter(|t| s.can_capture(*t, self.now))
            .collect()
    }

    /// The device that must be disinfected before the screen's next capture.
    #[must_use]
    pub fn locked(&self) -> Option<DeviceKind> {
        let s = self.session;
        let next = match &s.core.reverify {
            Some(r) => Some(Target::Reverify(r.finger)),
            None => steps::step(self.current()).next_capture(s, self.now),
        };
        next.filter(|_| s.core.running() && !s.busy()).and_then(|t| s.locked_device(t))
    }

    /// Seconds that the applicant's hands still dry; 0 when they are dry.
    #[must_use]
    pub fn drying_left_s(&self) -> u64 {
        self.session.drying_left_s(self.now)
    }

    /// The one primary action; disabled while something is missing that the operator has to fill in.
    #[must_use]
    pub fn primary(&self) -> Control {
        let s = self.session;
        if !s.core.running() {
            let proof_due = s.core.outcome == Outcome::Sealed && s.data.proof.place.is_none();
            return match (proof_due, s.data.proof.making.is_some()) {
                (true, true) => {
                    Control { enabled: false, ..control("proof", Action::Command(Command::Confirm), true) }
                }
                (true, false) => control("proof", Action::Command(Command::Confirm), true),
                _ => control("leave", Action::Leave, true),
            };
        }
        if s.core.pending.is_some() || s.core.look_up.is_some() {
            return control("cancel", Action::Command(Command::CancelCapture), true);
        }
        if s.busy() {
            return Control { enabled: false, ..control("wait", Action::Command(Command::Confirm), true) };
        }
        let capture = |t| control("capture", Action::Command(Command::Capture(t)), true);
        if let Some(kind) = self.locked() {
            return control("disinfected", Action::Command(Command::Disinfected(kind)), true);
        }
        if let Some(r) = &s.core.reverify {
            return capture(Target::Reverify(r.finger));
        }
        if let Some(t) =
            steps::step(self.current()).next_capture(s, self.now).filter(|t| s.can_capture(*t, self.now))
        {
            return capture(t);
        }
        let ready = steps::is_open(s, self.current()) && self.blockers().is_empty();
        let id = if self.current() == StepId::Seal { "seal" } else { "confirm" };
        Control { enabled: ready, ..control(id, Action::Command(Command::Confirm), true) }
    }

    /// Every control that is there now, the primary one first.
    #[must_use]
    pub fn controls(&self) -> Vec<Control> {
        let s = self.session;
        let primary = self.primary();
        let mut out = vec![primary.clone()];
        if !s.core.running() {
            if primary.action != Action::Leave {
                out.push(control("leave", Action::Leave, false));
            }
            return out;
        }
        if s.busy() {
            if s.data.seal.sealing.is_some() {
                // Sealing goes on without the screen: the next applicant need not wait for it.
                out.push(control("leave", Action::Leave, false));
            }
            return out;
        }
        for target in self.targets() {
            let action = Action::Command(Command::Capture(target));
            if action != primary.action {
                out.push(control("capture", action, false));
            }
        }
        if s.core.reverify.is_none() && steps::is_open(s, self.current()) {
            let inputs = steps::step(self.current()).inputs(s, self.now);
            out.extend(inputs.into_iter().map(|id| control(&id.clone(), Action::Input(id), false)));
        }
        if s.core.fault.is_some() {
            out.push(control("dismiss-fault", Action::Command(Command::DismissFault), false));
        }
        if !s.core.unkept.is_empty() {
            out.push(control("retry-keep", Action::Command(Command::RetryKeep), false));
        }
        let open = self.steps().into_iter().filter(|l| l.open && !l.current);
        out.extend(open.map(|l| control("open", Action::Command(Command::Open(l.id)), false)));
        for r in s.core.open_requirements().filter(|r| r.request.is_some()) {
            out.push(control("decide", Action::Input(format!("approval.{}", r.reason)), false));
        }
        out.push(control("park", Action::Command(Command::Park), false));
        out.push(control("abandon", Action::Command(Command::Abandon(String::new())), false));
        out
    }
}
