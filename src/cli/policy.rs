//! `rekam policy check`, `rekam roster template`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rekam::gate::check_files;
use rekam::population::roster;
use serde_json::json;

use super::{Done, Place, failure};

/// Longest policy file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Check policy files and run the examples beside them; every error at once.
    Check(Check),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Policy files (`<id>.toml`) and their examples (`<id>.cases.toml`).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum RosterCommand {
    /// Print an empty roster with all columns.
    Template,
}

fn read(path: &Path) -> Result<String, super::CliError> {
    let name = path.display();
    let len =
        std::fs::metadata(path).map_err(|e| failure("CLI-02", format!("{name} cannot be read ({e})")))?;
    if len.len() > MAX_BYTES {
        return Err(failure(
            "CLI-02",
            format!("{name} is larger than {MAX_BYTES} bytes; name a policy file"),
        ));
    }
    std::fs::read_to_string(path).map_err(|e| failure("CLI-02", format!("{name} cannot be read ({e})")))
}

pub(super) fn policy(PolicyCommand::Check(check): &PolicyCommand, place: &mut Place) -> Done {
    let mut files = Vec::new();
    for path in &check.files {
        files.push((path.display().to_string(), read(path)?));
        // The examples beside a policy are run with it.
        let beside = path.with_extension("cases.toml");
        let is_policy = !path.to_string_lossy().ends_with(".cases.toml");
        if is_policy && beside.is_file() && !check.files.contains(&beside) {
            files.push((beside.display().to_string(), read(&beside)?));
        }
    }
    let report = check_files(&files);
    if check.json {
        let errors: Vec<_> = report
            .errors
            .iter()
            .map(|e| json!({"file": e.file, "line": e.line, "code": e.code, "key": e.key, "what": e.what, "todo": e.todo}))
            .collect();
        let policies: Vec<_> = report.policies.iter().map(|p| &p.id).collect();
        place.json(&json!({
            "ok": report.is_ok(), "policies": policies, "cases_run": report.cases_run, "errors": errors,
            "warnings": report.warnings().map(ToString::to_string).collect::<Vec<_>>(),
        }))?;
    } else {
        for error in &report.errors {
            place.say(error)?;
        }
        for warning in report.warnings() {
            place.say(format!("warning: {warning}"))?;
        }
        let (policies, cases, errors) = (report.policies.len(), report.cases_run, report.errors.len());
        place.say(format!("{policies} policies, {cases} examples, {errors} errors"))?;
    }
    Ok(u8::from(!report.is_ok()))
}

pub(super) fn roster(RosterCommand::Template: &RosterCommand, place: &mut Place) -> Done {
    write!(place.out, "{}", roster::template())?;
    Ok(0)
}
