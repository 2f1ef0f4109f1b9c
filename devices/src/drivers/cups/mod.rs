//! Printers by CUPS. Documents go to `lp` on its standard input and so never lie on a disk of the station's own; what
//! the spooler keeps is looked at by [`spool`]. States are asked by IPP.
//!
//! Parameters: `queue` (default: every destination that `lpstat -e` knows, the system's default one first), `server`
//! (socket file or `host:port`, default the local socket), `media` (default `A4`), `programs` (folder of `lp`, `lpstat`
//! and `cancel`, default by `PATH`).
//!
//! A server on another machine is for training only: neither `lp` nor the questions by IPP encrypt for certain (with
//! `-E` the programs of CUPS take any certificate), and documents hold personal data. In production a queue of this
//! machine forwards by `ipps`.

mod ipp;
mod programs;
pub mod spool;

use std::path::PathBuf;
use std::time::Duration;

use toml::Table;

use crate::registry::{Bench, DriverFamily, Opened, Sighting};
use crate::setup::{self, DriverParameters, Parameters, SetupError};
use crate::traits::{Device, Printer};
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind, PrintHitch, PrintState};
use ipp::{Answer, Operation, Server};
use programs::Programs;

/// Identifier of the family.
pub const ID: &str = "cups";
/// Where CUPS listens on Debian.
const SOCKET: &str = "/run/cups/cups.sock";
/// How long CUPS may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long `lp` may take for a document.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// Most queues that are offered.
const QUEUES_MAX: usize = 32;
/// Longest title of a job.
const TITLE_MAX: usize = 40;

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: &[DeviceKind::Printer],
    training_only: false,
    look_every_ms: 10_000,
    check: |kind, table| setup::errors_of::<CupsParameters>(kind, table),
    list,
    open,
};

#[derive(Debug, Clone, PartialEq, Eq)]
struct CupsParameters {
    queue: Option<String>,
    media: String,
    server: Server,
    programs: Programs,
}

impl DriverParameters<'_> for CupsParameters {
    fn read(kind: DeviceKind, table: &Table) -> Result<Self, Vec<SetupError>> {
        let mut reader = Parameters::new(kind, table);
        let queue = reader.text("queue");
        if queue.is_some_and(|q| !is_queue(q)) {
            reader.wrong("queue", "the name of a CUPS queue, as `lpstat -e` lists it");
        }
        let server = reader.text("server").unwrap_or(SOCKET);
        let port = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok_and(|p| p > 0);
        if !(server.starts_with('/') || server.rsplit_once(':').is_some_and(port)) {
            reader.wrong("server", "a socket file such as /run/cups/cups.sock, or host:port");
        }
        let media = reader.text("media").unwrap_or("A4");
        if media.len() > 64 || !media.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)) {
            reader.wrong("media", "a paper size such as A4");
        }
        let folder = reader.text("programs").map(PathBuf::from);
        if folder.as_ref().is_some_and(|f| !f.is_absolute()) {
            reader.wrong("programs", "a folder with its whole path");
        }
        let parameters = Self {
            queue: queue.map(str::to_owned),
            media: media.to_owned(),
            server: Server(server.to_owned()),
            programs: Programs { folder, server: server.to_owned() },
        };
        reader.finish(parameters)
    }
}

/// The print server of these parameters where it is another machine.
#[must_use]
pub fn remote_server(parameters: &Table) -> Option<String> {
    let parameters = CupsParameters::read(DeviceKind::Printer, parameters).ok()?;
    (!parameters.is_here()).then_some(parameters.server.0)
}

impl CupsParameters {
    /// True for a server that is reached without a network: a socket file, or an address of this machine.
    fn is_here(&self) -> bool {
        let Server(server) = &self.server;
        let host = server.rsplit_once(':').map_or(server.as_str(), |(host, _)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        server.starts_with('/') || host == "localhost" || address.is_ok_and(|a| a.is_loopback())
    }

    /// Refuses a server on another machine outside training.
    fn refuse_in_clear(&self, bench: &Bench) -> Result<(), DeviceFault> {
        if bench.training || self.is_here() { Ok(()) } else { Err(DeviceFault::InClear) }
    }

    /// The queues that may be used, the preferred one first.
    fn queues(&self) -> Result<Vec<String>, DeviceFault> {
        if let Some(queue) = &self.queue {
            return Ok(vec![queue.clone()]);
        }
        let listed = self.programs.run("lpstat", &["-e"], &[], ANSWER_WITHIN)?;
        let mut queues: Vec<String> =
            listed.out.lines().filter(|l| is_queue(l)).take(QUEUES_MAX).map(str::to_owned).collect();
        let told = self.programs.run("lpstat", &["-d"], &[], ANSWER_WITHIN)?;
        let default = told.out.lines().find_map(|l| l.strip_prefix("system default destination: "));
        if let Some(place) = queues.iter().position(|q| Some(q.as_str()) == default) {
            queues.swap(0, place);
        }
        Ok(queues)
    }

    fn printer(&self, queue: &str) -> Result<Option<Answer>, DeviceFault> {
        const WANTED: &[&str] = &[
            "printer-state",
            "printer-state-reasons",
            "printer-is-accepting-jobs",
            "printer-make-and-model",
        ];
        self.server.ask(Operation::PrinterAttributes, queue, None, WANTED, ANSWER_WITHIN)
    }
}

/// True for what CUPS allows as a queue's name (and what cannot be taken for an option).
fn is_queue(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    (1..=127).contains(&name.len()) && !name.starts_with('-') && name.bytes().all(plain)
}

fn info(queue: &str, printer: &Answer) -> DeviceInfo {
    let model = printer.texts("printer-make-and-model").next().unwrap_or_default();
    let model: String = model.chars().filter(|c| !c.is_control()).take(64).collect();
    DeviceInfo {
        id: DeviceId(format!("{ID}-{queue}")),
        kind: DeviceKind::Printer,
        driver: ID.to_owned(),
        // Two queues may have printers of one make.
        model: if model.is_empty() { format!("CUPS queue {queue}") } else { format!("{model} ({queue})") },
        serial: String::new(),
        training_only: false,
    }
}

fn list(bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let Ok(parameters) = CupsParameters::read(kind, parameters) else { return Vec::new() };
    if parameters.refuse_in_clear(bench).is_err() {
        return Vec::new();
    }
    let queues = parameters.queues().unwrap_or_default();
    let there = queues.iter().filter_map(|q| {
        let printer = parameters.printer(q).ok().flatten()?;
        let fault = hitch_before(&printer).map(cannot);
        Some(Sighting { info: info(q, &printer), arrival: 1, fault })
    });
    there.collect()
}

fn open(
    bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let parameters = CupsParameters::wanted(kind, parameters)?;
    parameters.refuse_in_clear(bench)?;
    for queue in parameters.queues()? {
        if choice.is_some_and(|id| id.0.strip_prefix("cups-") != Some(queue.as_str())) {
            continue;
        }
        if let Some(printer) = parameters.printer(&queue)? {
            let info = info(&queue, &printer);
            return Ok(Opened::Printer(Box::new(CupsPrinter { info, parameters, queue })));
        }
    }
    Err(DeviceFault::NotFound { kind: kind.id().to_owned() })
}

struct CupsPrinter {
    info: DeviceInfo,
    parameters: CupsParameters,
    queue: String,
}

impl Device for CupsPrinter {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

impl Printer for CupsPrinter {
    fn print(&mut self, title: &str, pdf: &[u8]) -> Result<String, DeviceFault> {
        if !pdf.starts_with(b"%PDF-") {
            return Err(DeviceFault::BadData { detail: "the document is not a PDF".to_owned() });
        }
        let gone = || DeviceFault::NotFound { kind: DeviceKind::Printer.id().to_owned() };
        let printer = self.parameters.printer(&self.queue)?.ok_or_else(gone)?;
        // A job for a printer that cannot print would wait in the spool, where the document lies in clear.
        if let Some(hitch) = hitch_before(&printer) {
            return Err(cannot(hitch));
        }
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        let title: String = title.chars().filter(plain).take(TITLE_MAX).collect();
        let media = format!("media={}", self.parameters.media);
        let arguments =
            ["-d", &self.queue, "-t", &title, "-o", &media, "-o", "job-sheets=none", "-o", "fit-to-page"];
        let said = self.parameters.programs.run("lp", &arguments, pdf, SEND_WITHIN)?;
        if !said.ok {
            return Err(self.refused());
        }
        let job = job_id(&said.out, &self.queue);
        job.ok_or_else(|| DeviceFault::Protocol {
            detail: "lp took the document and named no job".to_owned(),
        })
    }

    fn job(&mut self, job: &str) -> Result<PrintState, DeviceFault> {
        let number = self.number(job)?;
        const WANTED: &[&str] = &["job-state", "job-state-reasons"];
        let server = &self.parameters.server;
        let asked = server.ask(Operation::JobAttributes, &self.queue, Some(number), WANTED, ANSWER_WITHIN)?;
        let Some(asked) = asked else { return Ok(PrintState::Forgotten) };
        // RFC 8011 §5.3.7: pending, pending-held, processing, processing-stopped, canceled, aborted, completed.
        match asked.number("job-state") {
            Some(4) => Ok(PrintState::Waiting(Some(PrintHitch::Held))),
            Some(3 | 5 | 6) => {
                let printer = self.parameters.printer(&self.queue)?.unwrap_or_default();
                Ok(PrintState::Waiting(hitch_of_printer(&printer)))
            }
            Some(7 | 8) => Ok(PrintState::Lost),
            Some(9) => Ok(PrintState::Printed),
            _ => Err(DeviceFault::Protocol { detail: "CUPS does not tell the job's state".to_owned() }),
        }
    }

    fn withdraw(&mut self, job: &str) -> Result<(), DeviceFault> {
        self.number(job)?;
        // With its files, whatever the spooler is told to keep.
        let said = self.parameters.programs.run("cancel", &["-x", job], &[], ANSWER_WITHIN)?;
        if said.ok { Ok(()) } else { Err(cannot(PrintHitch::Refused)) }
    }
}

impl CupsPrinter {
    fn number(&self, job: &str) -> Result<i32, DeviceFault> {
        let number = job.strip_prefix(&self.queue).and_then(|j| j.strip_prefix('-')?.parse::<i32>().ok());
        number.ok_or_else(|| DeviceFault::Protocol { detail: "not a job of this queue".to_owned() })
    }

    /// Why `lp` did not take a document: its words are for people, the printer's state is not.
    fn refused(&self) -> DeviceFault {
        match self.parameters.printer(&self.queue) {
            Ok(Some(printer)) => cannot(hitch_before(&printer).unwrap_or(PrintHitch::Refused)),
            Ok(None) => DeviceFault::NotFound { kind: DeviceKind::Printer.id().to_owned() },
            Err(fault) => fault,
        }
    }
}

fn cannot(hitch: PrintHitch) -> DeviceFault {
    DeviceFault::CannotPrint { detail: hitch.id().to_owned() }
}

/// The job of `request id is QUEUE-12 (1 file(s))`.
fn job_id(out: &str, queue: &str) -> Option<String> {
    let word = out.lines().find_map(|l| l.strip_prefix("request id is "))?.split(' ').next()?;
    let number = word.strip_prefix(queue)?.strip_prefix('-')?;
    let plain = (1..=9).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| word.to_owned())
}

/// What keeps a printer from taking a document. CUPS changes the reasons of a printer only while something prints, so
/// those of an idle one are history: whether they still hold the next document shows.
fn hitch_before(printer: &Answer) -> Option<PrintHitch> {
    let idle = printer.number("printer-state") == Some(3)
        && printer.flag("printer-is-accepting-jobs") != Some(false);
    if idle { None } else { hitch_of_printer(printer) }
}

/// What keeps a printer from printing (RFC 8011 §5.4.11 to §5.4.13, and the reasons that CUPS adds). A mere warning
/// keeps it from nothing.
fn hitch_of_printer(printer: &Answer) -> Option<PrintHitch> {
    let reasons = || printer.texts("printer-state-reasons");
    let by_reason = reasons().filter(|r| !r.ends_with("-warning")).find_map(hitch_of_reason);
    if printer.flag("printer-is-accepting-jobs") == Some(false) {
        return Some(by_reason.filter(|h| *h != PrintHitch::Stopped).unwrap_or(PrintHitch::Refused));
    }
    by_reason.or((printer.number("printer-state") == Some(5)).then_some(PrintHitch::Stopped))
}

fn hitch_of_reason(reason: &str) -> Option<PrintHitch> {
    let word = ["-error", "-report"].iter().find_map(|end| reason.strip_suffix(end)).unwrap_or(reason);
    Some(match word {
        "media-empty" | "media-needed" | "input-tray-missing" => PrintHitch::PaperOut,
        "media-jam" => PrintHitch::PaperJam,
        "cover-open" | "door-open" | "interlock-open" => PrintHitch::CoverOpen,
        "toner-empty" | "marker-supply-empty" => PrintHitch::InkOut,
        "offline" | "shutdown" | "timed-out" => PrintHitch::Offline,
        "paused" | "stopped" | "moving-to-paused" => PrintHitch::Stopped,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
