//! The labs of crash safety, see `rekam::crashlab`; started by `./dev kill-loop` and `./dev lab power`. Progress goes to
//! stderr, the last line of stdout is one JSON object; exit code 1 when something was lost.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use clap::{Parser, Subcommand};
use rekam::crashlab::{LabError, child, kills, power, writer};
use rekam::vault::sabotage::Sabotage;
use serde::Serialize;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Kill whole sessions.
    Kills {
        /// How many kills.
        #[arg(long)]
        kills: u32,
        /// Decides every moment.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// A broken promise of the vault: row, audit or early. A kill loses nothing that was written, so `sync` and
        /// `folder` show only where the power is cut.
        #[arg(long, value_parser = sabotage)]
        sabotage: Option<Sabotage>,
        /// Folder for the vaults; what was lost stays there.
        #[arg(long)]
        folder: PathBuf,
    },
    /// The one who is killed.
    Child,
    /// Cut the power of a virtual machine.
    Power {
        /// How many cuts.
        #[arg(long)]
        cuts: u32,
        /// Decides every moment and what the disk loses.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder for disk and list.
        #[arg(long)]
        folder: PathBuf,
        /// Program and arguments of the machine, but for its disk.
        #[arg(last = true, required = true)]
        machine: Vec<String>,
    },
    /// The program inside the machine.
    Writer {
        /// The vault.
        #[arg(long)]
        vault: PathBuf,
        /// What was acknowledged so far.
        #[arg(long)]
        acknowledged: PathBuf,
        /// Decides what is written.
        #[arg(long)]
        seed: u64,
        /// A broken promise of the vault.
        #[arg(long, value_parser = sabotage)]
        sabotage: Option<Sabotage>,
    },
}

fn sabotage(text: &str) -> Result<Sabotage, String> {
    let names = Sabotage::ALL.map(Sabotage::id).join(", ");
    Sabotage::from_id(text).ok_or_else(|| format!("write one of {names}"))
}

fn end(report: &impl Serialize, lost: usize) -> Result<ExitCode, LabError> {
    let line = serde_json::to_string(report).map_err(LabError::at("the report"))?;
    writeln!(std::io::stdout(), "{line}").map_err(LabError::at("stdout"))?;
    Ok(if lost > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn run(what: What) -> Result<ExitCode, LabError> {
    let mut say = |line: String| {
        writeln!(std::io::stderr(), "{line}").ok();
    };
    match what {
        What::Kills { kills, seed, sabotage, folder } => {
            let program = std::env::current_exe().map_err(LabError::at("this program"))?;
            let spawn = || {
                let mut command = Command::new(&program);
                command.arg("child").stderr(Stdio::null());
                command
            };
            let sabotage = sabotage.map(|s| s.id().to_owned());
            let report = kills::run(&kills::Plan { kills, seed, sabotage, folder }, &spawn, &mut say)?;
            end(&report, report.lost)
        }
        What::Child => {
            let work = std::env::var(child::WORK).map_err(LabError::at("the work"))?;
            child::work(&serde_json::from_str(&work).map_err(LabError::at("the work"))?)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Power { cuts, seed, folder, machine } => {
            let report = power::run(&power::Plan { machine, folder, cuts, seed }, &mut say)?;
            end(&report, report.lost)
        }
        What::Writer { vault, acknowledged, seed, sabotage } => {
            writer::run(&writer::Writer { vault, acknowledged, seed, sabotage })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().what) {
        Ok(code) => code,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").ok();
            ExitCode::from(2)
        }
    }
}
