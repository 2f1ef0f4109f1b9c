//! Passphrases, PINs and NIKs: by prompt, or as lines of an open file descriptor; never as arguments.

use std::io::{BufRead, BufReader, Read};

use clap::Args;
use rekam::vault::PASSPHRASE_MAX;
use zeroize::Zeroizing;

use super::{CliError, failure};

/// Longest line, in bytes: a passphrase of the longest characters and its end.
const LINE_MAX: usize = 4 * PASSPHRASE_MAX + 2;

/// Where one secret comes from.
#[derive(Debug, Args)]
pub(super) struct Secret {
    /// Read the passphrase as one line from this file descriptor instead of asking for it.
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

impl Secret {
    pub(super) fn read(&self, what: &str) -> Result<Zeroizing<String>, CliError> {
        secrets(self.passphrase_fd, [what]).map(|[secret]| secret)
    }
}

fn ask(what: &str) -> Result<Zeroizing<String>, CliError> {
    let asked = rpassword::prompt_password(format!("{what}: "));
    asked.map(Zeroizing::new).map_err(|e| {
        failure(
            "CLI-05",
            format!("no passphrase could be asked for ({e}); use a terminal or --passphrase-fd"),
        )
    })
}

/// As many secrets as are named: asked for one by one, or one line each from a descriptor that the caller opened. It
/// is read through `/proc/self/fd`, so that no descriptor of ours can be taken by mistake.
pub(super) fn secrets<const N: usize>(
    fd: Option<u32>,
    asked: [&str; N],
) -> Result<[Zeroizing<String>; N], CliError> {
    let mut found: [Zeroizing<String>; N] = std::array::from_fn(|_| Zeroizing::default());
    let Some(fd) = fd else {
        for (slot, what) in found.iter_mut().zip(asked) {
            *slot = ask(what)?;
        }
        return Ok(found);
    };
    let unread = |e: std::io::Error| failure("CLI-05", format!("file descriptor {fd} cannot be read ({e})"));
    let reader: Box<dyn Read> = if fd == 0 {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(format!("/proc/self/fd/{fd}")).map_err(unread)?)
    };
    let mut reader = BufReader::new(reader);
    for slot in &mut found {
        let mut line = Zeroizing::new(String::with_capacity(LINE_MAX));
        (&mut reader).take(LINE_MAX as u64).read_line(&mut line).map_err(unread)?;
        let end = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(end);
        *slot = line;
    }
    Ok(found)
}
