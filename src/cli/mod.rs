//! The command line: one file for each family of commands, thin over the library.
//!
//! Exit codes: 0 fine, 1 failure, 2 usage, 3 refused by policy. With `--json` a command prints one JSON object.

mod audit;
mod backup;
mod bench;
mod bio;
mod camera;
mod card;
mod card_proof;
mod cards;
mod carry;
mod centre;
mod devices;
mod documents;
mod host;
mod officer_fingers;
mod officers;
mod policy;
mod queue_list;
mod records;
mod sbi;
mod secrets;
mod session;
mod upkeep;
mod vault;
mod window;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ::devices::traits::{CaptureWatch, PreviewFrame};
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use clap::{Parser, Subcommand};
use rekam::config::{self, Config};
use serde::Serialize;

/// KTP-el biometric enrolment station. Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(name = "rekam", version, about, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: window::Window,
    /// Tell the whole chain of causes of an error, and log more.
    #[arg(long, global = true)]
    verbose: bool,
    /// Configuration file; default `$REKAM_CONFIG`, else `$XDG_CONFIG_HOME/rekam/config.toml`.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a vault for this station.
    Init(vault::Init),
    /// Officers' accounts.
    #[command(subcommand)]
    Officer(vault::OfficerCommand),
    /// The centre's list of recipients: who can open what is recorded here.
    #[command(subcommand)]
    Centre(centre::CentreCommand),
    /// Sessions from a script (training only).
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// The queue of sealed records.
    #[command(subcommand)]
    Queue(vault::QueueCommand),
    /// One sealed record.
    #[command(subcommand)]
    Record(records::RecordCommand),
    /// Blanks and cards: the ledger.
    #[command(subcommand)]
    Cards(cards::CardsCommand),
    /// Check the vault, or make its index anew.
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// The audit chain.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Policy files.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Look over the station: configuration, vault, policies, devices, disk.
    Doctor(devices::Doctor),
    /// Devices and drivers.
    #[command(subcommand)]
    Devices(devices::DevicesCommand),
    /// Device services of the Secure Biometric Interface: look for them, try a capture.
    #[command(subcommand)]
    Sbi(sbi::SbiCommand),
    /// Cameras: list them, take a photo.
    #[command(subcommand)]
    Camera(camera::CameraCommand),
    /// Documents that wait for the printer.
    #[command(subcommand)]
    Documents(documents::DocumentsCommand),
    /// Biometrics on files: quality, segmentation, minutiae, comparison, face, iris, WSQ, ISO records.
    #[command(subcommand)]
    Bio(bio::BioCommand),
    /// The card on the contactless reader.
    #[command(subcommand)]
    Card(card::CardCommand),
    /// Measure this machine against the budgets.
    Bench(bench::Bench),
    /// Roster files.
    #[command(subcommand)]
    Roster(policy::RosterCommand),
    /// A whole session on real samples in a fresh training vault (`./dev real`).
    #[command(hide = true)]
    Real(session::Real),
}

/// Where the vault is.
#[derive(Debug, Clone, clap::Args)]
struct VaultArg {
    /// Vault folder; default `$REKAM_VAULT`, else `$XDG_DATA_HOME/rekam/vault`.
    #[arg(long, value_name = "DIR")]
    vault: Option<PathBuf>,
}

/// What went wrong, and the exit code that it gives.
#[derive(Debug)]
enum CliError {
    /// Exit 1. The message begins with a stable code.
    Failure(anyhow::Error),
    /// Exit 2.
    Usage(String),
}

impl<E: Into<anyhow::Error>> From<E> for CliError {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// A failure of the command line itself, with its stable code.
fn failure(code: &str, what: impl std::fmt::Display) -> CliError {
    CliError::Failure(anyhow::anyhow!("{code} {what}"))
}

/// How a command ended: the exit code.
type Done = Result<u8, CliError>;

/// From when (included) to when (excluded).
type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// What a command needs of its surroundings.
struct Place {
    config: Config,
    warnings: Vec<config::ConfigWarning>,
    out: Box<dyn Write>,
    /// When the process began, for `rekam bench`.
    begun: std::time::Instant,
    /// What the system allowed of the process's own protection.
    hardening: rekam::hardening::Hardening,
}

impl Place {
    /// The vault folder: argument, configuration, `$REKAM_VAULT`, data folder of the user.
    fn vault(&self, arg: &VaultArg) -> Result<PathBuf, CliError> {
        let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let home = || named("HOME").map(|home| home.join(".local/share"));
        arg.vault
            .clone()
            .or_else(|| named("REKAM_VAULT"))
            .or_else(|| self.config.vault.clone())
            .or_else(|| named("XDG_DATA_HOME").or_else(home).map(|dir| dir.join("rekam/vault")))
            .ok_or_else(|| CliError::Usage("no vault; name it with --vault DIR".to_owned()))
    }

    /// The office's time.
    fn office(&self) -> Result<FixedOffset, CliError> {
        FixedOffset::east_opt(self.config.utc_offset_s.unwrap_or(session::WIB_S))
            .ok_or_else(|| CliError::Usage("utc_offset_s of the configuration is no offset".to_owned()))
    }

    /// The time of these days at the office.
    fn span(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Span, CliError> {
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(CliError::Usage("--from is after --to".to_owned()));
        }
        Ok(rekam::vault::span_of_days(from, to, self.office()?))
    }

    /// One line of text.
    fn say(&mut self, line: impl std::fmt::Display) -> Result<(), CliError> {
        Ok(writeln!(self.out, "{line}")?)
    }

    /// One JSON object.
    fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string(value)?;
        self.say(text)
    }
}

/// Folder of this computer's witnesses: what it saw of its vaults, outside of them.
fn witness() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = || named("HOME").map(|home| home.join(".local/state"));
    named("XDG_STATE_HOME").or_else(home).map(|dir| dir.join("rekam/witness"))
}

/// Runs the program.
pub fn main() -> ExitCode {
    let begun = std::time::Instant::now();
    let hardening = rekam::hardening::apply();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(e) => {
            let code = if e.use_stderr() { 2 } else { 0 };
            e.print().ok();
            return ExitCode::from(code);
        }
    };
    let verbose = args.verbose;
    log(verbose);
    let path = args.config.clone().or_else(config::default_path);
    let (config, warnings) = path.map(|p| config::load(&p)).unwrap_or_default();
    for warning in &warnings {
        tell(&warning.to_string());
    }
    let mut place = Place { config, warnings, out: Box::new(std::io::stdout().lock()), begun, hardening };
    let done = run(args, &mut place).and_then(|code| {
        place.out.flush()?;
        Ok(code)
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(CliError::Usage(what)) => {
            tell(&format!("error: {what}"));
            ExitCode::from(2)
        }
        Err(CliError::Failure(error)) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(CliError::Failure(error)) => {
            tell(&if verbose { format!("{error:#}") } else { error.to_string() });
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args, place: &mut Place) -> Done {
    match args.command {
        None => window::open(&args.window, place),
        Some(Command::Init(c)) => vault::init(&c, place),
        Some(Command::Officer(c)) => vault::officer(&c, place),
        Some(Command::Centre(c)) => centre::centre(&c, place),
        Some(Command::Session(c)) => session::session(&c, place),
        Some(Command::Queue(c)) => vault::queue(&c, place),
        Some(Command::Record(c)) => records::record(&c, place),
        Some(Command::Cards(c)) => cards::cards(&c, place),
        Some(Command::Vault(c)) => vault::vault(&c, place),
        Some(Command::Audit(c)) => audit::audit(&c, place),
        Some(Command::Policy(c)) => policy::policy(&c, place),
        Some(Command::Doctor(c)) => devices::doctor(&c, place),
        Some(Command::Devices(c)) => devices::devices(&c, place),
        Some(Command::Sbi(c)) => sbi::sbi(&c, place),
        Some(Command::Camera(c)) => camera::camera(&c, place),
        Some(Command::Documents(c)) => documents::documents(&c, place),
        Some(Command::Bio(c)) => bio::bio(&c, place),
        Some(Command::Card(c)) => card::card(&c, place),
        Some(Command::Bench(c)) => bench::bench(&c, place),
        Some(Command::Roster(c)) => policy::roster(&c, place),
        Some(Command::Real(c)) => session::real(&c, place),
    }
}

/// Waits for one capture and looks at no preview.
struct Until(std::time::Instant);

impl CaptureWatch for Until {
    fn deadline(&self) -> std::time::Instant {
        self.0
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn preview(&mut self, _: PreviewFrame) {}
}

/// Writes a file that only its owner can read: most of what is written holds biometrics.
fn write_private(path: &std::path::Path, bytes: &[u8]) -> Result<(), CliError> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|e| {
            failure("CLI-03", format!("{} cannot be written ({e}); check folder and disk", path.display()))
        })
}

/// Writes a line to stderr; a closed stderr is nobody's fault.
fn tell(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// A reader that has seen enough (`rekam queue list | head`) is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|e| e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe))
}

fn log(verbose: bool) {
    use tracing_subscriber::EnvFilter;
    let level = if verbose { "info" } else { "error" };
    let filter = EnvFilter::try_from_env("REKAM_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init().ok();
}
