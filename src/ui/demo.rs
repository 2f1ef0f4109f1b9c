//! A session that plays itself in the real window: it reads the desk as a screen does and sends what an operator
//! would, slowly enough to be watched. It knows no more than the operator: what is missing, what can be captured.

use std::collections::BTreeSet;

use biometrics::synth;
use chrono::NaiveDate;
use devices::vocabulary::DeviceKind;
use record::schema::{Outcome, Role, StepId};
use zeroize::Zeroizing;

use crate::population::identity;
use crate::runtime::station::{Desk, DeskCommand, Screen};
use crate::session::event::{Command, Person, Target};
use crate::session::view::{Action, SessionView};
use crate::steps::{self, Step};

/// Seconds that a fresh screen stands before it is photographed, so that pictures are decoded and drawn.
const SETTLE_S: f64 = 0.6;
/// Captures of one target after which the demo stops rather than try for ever.
const MOST_TRIES: u32 = 8;
/// Ordinary forehead temperature in tenths of a degree.
const TEMPERATURE_DECIDEGREES_C: i32 = 365;
/// Seed of the signatures of the demo's applicant.
const SIGNATURE_SEED: u64 = 2020;

/// How the demo plays.
#[derive(Clone)]
pub struct DemoOptions {
    /// Seconds between two acts.
    pub pace_s: f64,
    /// Close the window at the end.
    pub exit: bool,
    /// Passphrase of the training operator.
    pub operator_secret: Zeroizing<String>,
    /// Passphrase of the training supervisor.
    pub supervisor_secret: Zeroizing<String>,
    /// The applicant.
    pub person: DemoPerson,
}

impl std::fmt::Debug for DemoOptions {
    // Holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DemoOptions(pace {} s, exit {})", self.pace_s, self.exit)
    }
}

/// The applicant of the demo: a person who does not exist.
#[derive(Clone)]
pub struct DemoPerson {
    /// NIK.
    pub nik: String,
    /// No. KK.
    pub no_kk: String,
    /// Birth date; it must fit the NIK.
    pub born: NaiveDate,
    /// Biodata by field, used where the roster has none.
    pub fields: Vec<(&'static str, &'static str)>,
}

impl std::fmt::Debug for DemoPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DemoPerson(..)")
    }
}

impl Default for DemoPerson {
    fn default() -> Self {
        Self {
            nik: "3201015504030002".to_owned(),
            no_kk: "3201011203100007".to_owned(),
            born: NaiveDate::from_ymd_opt(2003, 4, 15).unwrap_or_default(),
            fields: vec![
                ("nama", "SARI CONTOH LESTARI"),
                ("jenis_kelamin", "PEREMPUAN"),
                ("status_perkawinan", "BELUM KAWIN"),
                ("tempat_lahir", "BOGOR"),
                ("golongan_darah", "O"),
                ("alamat", "JL. LATIHAN NO. 12"),
                ("rt", "003"),
                ("rw", "007"),
                ("kelurahan", "CIRIMEKAR"),
                ("kecamatan", "CIBINONG"),
                ("kabupaten", "BOGOR"),
                ("provinsi", "JAWA BARAT"),
                ("agama", "ISLAM"),
                ("pekerjaan", "PELAJAR/MAHASISWA"),
                ("kewarganegaraan", "WNI"),
            ],
        }
    }
}

/// What the demo does next.
pub enum Move {
    /// Nothing yet.
    Wait,
    /// Sends a command.
    Send(DeskCommand),
    /// Photographs the window under this name.
    Picture(String),
    /// Closes the window.
    Close,
    /// The demo is over; the window stays with the operator.
    Over,
}

impl std::fmt::Debug for Move {
    // Commands carry secrets and personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Wait => "Wait",
            Self::Send(_) => "Send",
            Self::Picture(_) => "Picture",
            Self::Close => "Close",
            Self::Over => "Over",
        })
    }
}

/// The demo as it runs.
#[derive(Debug)]
pub struct Demo {
    options: DemoOptions,
    next_s: f64,
    place: String,
    arrived_s: f64,
    photographed: BTreeSet<String>,
    served: bool,
    signed_in: bool,
    deciding: bool,
    over: bool,
}

impl Demo {
    /// A demo at its beginning.
    #[must_use]
    pub fn new(options: DemoOptions) -> Self {
        Self {
            options,
            next_s: 0.0,
            place: String::new(),
            arrived_s: 0.0,
            photographed: BTreeSet::new(),
            served: false,
            signed_in: false,
            deciding: false,
            over: false,
        }
    }

    /// The next act. `now_s` is the window's time, `waiting` true while pictures are decoded or saved.
    pub fn next(&mut self, desk: &dyn Desk, now_s: f64, waiting: bool) -> Move {
        if waiting || now_s < self.next_s {
            return Move::Wait;
        }
        let place = place(desk);
        if place != self.place {
            self.place = place;
            self.arrived_s = now_s;
        }
        if self.over {
            return if self.options.exit { Move::Close } else { Move::Over };
        }
        let Some((command, leaves)) = self.act(desk) else {
            if self.over {
                return self.photograph(now_s).unwrap_or(Move::Wait);
            }
            return Move::Wait;
        };
        if leaves && let Some(picture) = self.photograph(now_s) {
            return picture;
        }
        self.next_s = now_s + self.options.pace_s;
        // What this brings is to be drawn before the place is photographed.
        self.arrived_s = now_s;
        match command {
            DeskCommand::SignIn(..) => self.signed_in = true,
            DeskCommand::Decide { .. } => self.deciding = true,
            DeskCommand::Leave => self.served = true,
            _ => {}
        }
        Move::Send(command)
    }

    /// A picture of this place before it is left, once it has settled.
    fn photograph(&mut self, now_s: f64) -> Option<Move> {
        if self.photographed.contains(&self.place) {
            return None;
        }
        if now_s < self.arrived_s + SETTLE_S {
            return Some(Move::Wait);
        }
        self.photographed.insert(self.place.clone());
        Some(Move::Picture(format!("{:02}-{}", self.photographed.len(), self.place)))
    }

    /// The act, and whether it leaves the place.
    fn act(&mut self, desk: &dyn Desk) -> Option<(DeskCommand, bool)> {
        match desk.screen() {
            Screen::SignIn if desk.checking_secret() || self.signed_in => None,
            Screen::SignIn => {
                let officer = desk.officers().iter().find(|o| o.role == Role::Operator)?;
                Some((DeskCommand::SignIn(officer.id, self.options.operator_secret.clone()), true))
            }
            // A demo that was locked by hand waits for its officer.
            Screen::Locked => None,
            Screen::Start if self.served => {
                self.over = true;
                None
            }
            Screen::Start => Some((DeskCommand::NewSession, true)),
            // The demo never goes to the counter; an operator who did goes on alone.
            Screen::Handover => {
                self.over = true;
                None
            }
            Screen::Session => {
                let view = desk.session()?;
                if view.session.core.running() { self.step(desk, &view) } else { Self::end(&view) }
            }
        }
    }

    fn end(view: &SessionView<'_>) -> Option<(DeskCommand, bool)> {
        let proof = &view.session.data.proof;
        if view.session.core.outcome == Outcome::Sealed && proof.making.is_some() {
            return None;
        }
        Some((DeskCommand::Leave, true))
    }

    fn step(&mut self, desk: &dyn Desk, view: &SessionView<'_>) -> Option<(DeskCommand, bool)> {
        let s = view.session;
        if s.busy() || desk.checking_secret() {
            return None;
        }
        self.deciding &= desk.session().is_some_and(|v| !v.requirements().is_empty());
        if view.fault().is_some() {
            return Some((DeskCommand::Session(Command::DismissFault), true));
        }
        let small = match view.current() {
            StepId::Health => health(view),
            StepId::Identity => identity_act(view, &self.options.person),
            StepId::Urgency => urgency(view),
            StepId::Biodata => biodata(view, &self.options.person),
            StepId::Statement => (!s.data.statement.confirmed).then_some(Command::ApplicantConfirms(true)),
            StepId::Photo => photo(view),
            _ => None,
        };
        if let Some(command) = small {
            return Some((DeskCommand::Session(command), false));
        }
        if matches!(view.current(), StepId::Approval | StepId::Seal)
            && let Some(decide) = self.decide(desk, view)
        {
            return Some((decide, true));
        }
        let primary = view.primary();
        match primary.action {
            Action::Command(Command::Capture(t)) if s.core.attempts_of(t) < MOST_TRIES => {
                Some((DeskCommand::Session(capture(desk, t)), false))
            }
            Action::Command(Command::Confirm) if primary.enabled => {
                Some((DeskCommand::Session(Command::Confirm), true))
            }
            _ => {
                // Stuck: what stands on the screen is for the operator now.
                self.over = !self.deciding;
                None
            }
        }
    }

    fn decide(&self, desk: &dyn Desk, view: &SessionView<'_>) -> Option<DeskCommand> {
        let waits = view.requirements().into_iter().find(|r| super::speech::can_be_decided(r))?;
        if self.deciding {
            return None;
        }
        let operator = view.session.ctx.operator;
        let officer = desk.officers().iter().find(|o| o.role == Role::Supervisor && o.id != operator)?;
        Some(DeskCommand::Decide {
            nonce: waits.request.as_ref()?.nonce,
            officer: officer.id,
            passphrase: self.options.supervisor_secret.clone(),
            approve: true,
            note: "latihan".to_owned(),
        })
    }
}

/// Name of what is on screen.
fn place(desk: &dyn Desk) -> String {
    match (desk.screen(), desk.session()) {
        (Screen::SignIn, _) => "sign-in".to_owned(),
        (Screen::Locked, _) => "locked".to_owned(),
        (Screen::Session, Some(view)) if view.session.core.running() => view.current().id().to_owned(),
        (Screen::Session, Some(view)) => view.session.core.outcome.id().to_owned(),
        _ => if desk.queue_len() == 0 { "start" } else { "queue" }.to_owned(),
    }
}

fn capture(desk: &dyn Desk, target: Target) -> Command {
    let pad = desk.devices().iter().any(|d| d.kind == DeviceKind::SignaturePad && d.info.is_some());
    match target {
        Target::CardSignature if !pad => Command::Drawn(target, synth::signature::render(SIGNATURE_SEED, 0)),
        Target::StatementSignature if !pad => {
            Command::Drawn(target, synth::signature::render(SIGNATURE_SEED, 1))
        }
        _ => Command::Capture(target),
    }
}

fn health(view: &SessionView<'_>) -> Option<Command> {
    let s = view.session;
    if steps::health::Health.inputs(s, view.now).is_empty() {
        return None;
    }
    let h = &s.ctx.policy.health;
    for (who, subject) in [(Person::Applicant, &h.applicant), (Person::Officer, &h.officer)] {
        let facts = s.data.health.person(who);
        if facts.readings.is_empty() {
            let site = "forehead".to_owned();
            return Some(Command::TemperatureTyped(who, TEMPERATURE_DECIDEGREES_C, site));
        }
        if let Some(item) = subject.affirmations.iter().find(|a| !facts.affirmed.contains(&a.id)) {
            return Some(Command::Affirm(who, item.id.clone(), true));
        }
        if facts.symptoms.is_none() {
            return Some(Command::Symptoms(who, false));
        }
    }
    None
}

fn identity_act(view: &SessionView<'_>, person: &DemoPerson) -> Option<Command> {
    let s = view.session;
    let d = &s.data.identity;
    if d.nik_text != person.nik {
        return Some(Command::Field("nik".to_owned(), person.nik.clone()));
    }
    if d.kk_text != person.no_kk {
        return Some(Command::Field("no_kk".to_owned(), person.no_kk.clone()));
    }
    if !d.looked_up {
        return None;
    }
    let b = &s.data.biodata.values;
    if b.tanggal_lahir.is_none() {
        return Some(Command::BirthDate(Some(person.born)));
    }
    for (name, text) in &person.fields {
        let asked = matches!(*name, "nama" | "jenis_kelamin" | "status_perkawinan");
        if asked && identity::field_text(b, name).is_some_and(|t| t.is_empty()) {
            return Some(Command::Field((*name).to_owned(), (*text).to_owned()));
        }
    }
    if d.recorded_before.is_none() {
        return Some(Command::RecordedBefore(false));
    }
    steps::identity::warnings(s, s.ctx.local_date(view.now))
        .into_iter()
        .find(|w| !d.answers.contains_key(w))
        .map(|w| Command::AnswerWarning(w, "sesuai KK asli".to_owned()))
}

fn photo(view: &SessionView<'_>) -> Option<Command> {
    match view.blockers().first().map(String::as_str) {
        Some("photo-approval") => Some(Command::ApprovePhoto(true)),
        Some("photo-background") if steps::photo::replacement(view.session).is_some() => {
            Some(Command::SoftwareBackground(true))
        }
        Some("photo-background") => Some(Command::BackgroundReason("kain latar belum ada".to_owned())),
        _ => None,
    }
}

fn urgency(view: &SessionView<'_>) -> Option<Command> {
    let s = view.session;
    let d = &s.data.urgency;
    if !d.chosen {
        let class = s.ctx.policy.classes.first().map(|c| c.id.clone());
        return Some(Command::UrgencyClass(class));
    }
    let class = s.ctx.policy.class(d.class.as_deref()?)?;
    let unseen = class.evidence.iter().find(|e| !d.evidence_seen.contains(&e.id))?;
    Some(Command::EvidenceSeen(unseen.id.clone(), true))
}

fn biodata(view: &SessionView<'_>, person: &DemoPerson) -> Option<Command> {
    let s = view.session;
    let d = &s.data.biodata;
    let hard = identity::check(&d.values, s.ctx.local_date(view.now)).into_iter().find(|i| i.hard);
    if let Some(issue) = hard {
        let text = person.fields.iter().find(|(name, _)| *name == issue.field)?.1;
        return Some(Command::Field(issue.field.to_owned(), text.to_owned()));
    }
    if !d.read_aloud {
        return Some(Command::ReadAloud(true));
    }
    (!d.applicant_confirms).then_some(Command::ApplicantConfirms(true))
}
