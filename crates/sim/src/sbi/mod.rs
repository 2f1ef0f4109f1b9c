//! The SBI device service.

/// Arguments of the program.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs until stopped.
///
/// # Errors
/// What keeps it from running.
pub fn run(_arguments: &Arguments) -> anyhow::Result<()> {
    anyhow::bail!("not built yet")
}
