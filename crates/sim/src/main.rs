//! `rekam-sim`: simulated devices as programs of their own.

use clap::{Parser, Subcommand};

/// Simulated devices for training, tests and labs.
#[derive(Debug, Parser)]
#[command(name = "rekam-sim", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// An SBI device service: fingerprint, iris and face over HTTP on 127.0.0.1.
    Sbi(sim::sbi::Arguments),
    /// A KTP-el card for a virtual reader of pcscd (vpcd).
    Card(sim::card::Arguments),
    /// A hub's receipts for records that were carried by USB stick.
    Receipts(sim::receipts::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Sbi(arguments) => sim::sbi::run(&arguments),
        Command::Card(arguments) => sim::card::run(&arguments),
        Command::Receipts(arguments) => sim::receipts::run(&arguments),
    }
}
