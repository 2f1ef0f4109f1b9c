//! `rekam`: arguments, configuration, start. Every command is one file under `cli/`.
#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
