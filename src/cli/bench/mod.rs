//! `rekam bench`: this machine against the budgets, as a table or as JSON with the raw samples.

use std::sync::Arc;
use std::time::{Duration, Instant};

use biometrics::position::Slap;
use clap::Args;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::vocabulary::{CaptureTask, DeviceKind};
use rekam::runtime::analysis::{Engine, Request, analyse};
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::runtime::station::{Desk, Station};
use rekam::session::event::Target;
use rekam::vault::KdfCost;
use serde::Serialize;
use serde_json::json;

use super::session::{default_devices, make_training_vault, station_options};
use super::{CliError, Done, Place, Until, failure};

mod scale;
mod search;
mod store;
#[cfg(feature = "gui")]
mod window;

#[derive(Debug, Args)]
pub(super) struct Bench {
    /// Repetitions of each measurement.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Only the queue, with so many records: open, pages, searches, memory, growth of the index.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rows: Option<u64>,
    /// Changes of states that make the index grow (with --rows).
    #[arg(long, value_name = "N", default_value_t = 50_000, requires = "rows")]
    changes: u64,
    /// Print one JSON object with the raw samples.
    #[arg(long)]
    json: bool,
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Measured {
    what: &'static str,
    budget: f64,
    unit: &'static str,
    samples: Vec<f64>,
}

impl Measured {
    fn at(&self, share: f64) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let index = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(index).copied().unwrap_or(f64::NAN)
    }
}

fn timed<T>(rounds: u32, mut work: impl FnMut() -> Result<T, CliError>) -> Result<Vec<f64>, CliError> {
    let mut samples = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        let kept = work()?;
        samples.push(begun.elapsed().as_secs_f64() * 1000.0);
        drop(kept);
    }
    Ok(samples)
}

fn slap(rounds: u32) -> Result<Measured, CliError> {
    let registry = Registry::new(true);
    let setup = Setup::simulated(7);
    let mut device = registry.open_capture(DeviceKind::Fingerprint, &setup, None)?;
    let info = device.info().clone();
    let task = CaptureTask::Slap { slap: Slap::RightFour, missing: Vec::new() };
    let mut watch = Until(Instant::now() + Duration::from_secs(60));
    let captured = device.capture(&task, &mut watch).map_err(|e| failure("CLI-09", format!("{e:?}")))?;
    let engine = Engine::new()?;
    let request =
        Request { target: Target::Slap(Slap::RightFour), gallery: &[], device: &info, at: SystemClock.now() };
    let samples = timed(rounds, || Ok(analyse(&engine, &request, captured.clone())))?;
    Ok(Measured {
        what: "one slap 1600x1000: segmentation, quality, minutiae, comparison, compression",
        budget: 600.0,
        unit: "ms",
        samples,
    })
}

fn open_station(rounds: u32, place: &Place) -> Result<Measured, CliError> {
    let folder = std::env::temp_dir().join(format!("rekam-bench-{}", uuid::Uuid::now_v7()));
    make_training_vault(&folder, "BENCH-01", KdfCost::Test)?;
    let devices = default_devices(record::schema::Environment::Training);
    let samples = timed(rounds, || {
        let station =
            Station::open(station_options(&place.config, &folder, &devices, Arc::new(SystemClock))?)?;
        Ok(station.queue_len())
    });
    std::fs::remove_dir_all(&folder)?;
    Ok(Measured {
        what: "station opened: vault, policies, engine, workers (without window)",
        budget: 300.0,
        unit: "ms",
        samples: samples?,
    })
}

fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or("unknown processor");
    let build = if cfg!(debug_assertions) { "debug build" } else { "release build" };
    format!("{} x {cpus}, {build}", model.trim_start_matches([' ', '\t', ':']))
}

/// Waits for a process and gives the most memory it had resident, in kB (VmHWM of proc(5)).
#[cfg(feature = "gui")]
fn timed_out(mut child: std::process::Child, longest_s: u64) -> Result<f64, CliError> {
    let status = format!("/proc/{}/status", child.id());
    let begun = Instant::now();
    let mut peak_kb = 0.0_f64;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let kb =
                text.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.split_whitespace().next());
            peak_kb = peak_kb.max(kb.and_then(|n| n.parse().ok()).unwrap_or(0.0));
        }
        if child.try_wait()?.is_some() {
            return Ok(peak_kb);
        }
        if begun.elapsed() > Duration::from_secs(longest_s) {
            child.kill()?;
            return Err(failure("CLI-09", "the demo did not end in time"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Everything, in a folder that is removed afterwards.
fn measure(rounds: u32, place: &Place, folder: &std::path::Path) -> Result<(Vec<Measured>, bool), CliError> {
    let crowd = folder.join("crowd");
    let mut lines = vec![
        open_station(rounds, place)?,
        slap(rounds)?,
        search::search(rounds)?,
        store::save(rounds.max(20), &folder.join("save"))?,
        store::crowded(rounds, &crowd)?,
    ];
    #[cfg(feature = "gui")]
    if let Some(more) = window::window(&crowd, folder)? {
        lines.extend(more);
        return Ok((lines, true));
    }
    Ok((lines, false))
}

pub(super) fn bench(c: &Bench, place: &mut Place) -> Done {
    let folder = std::env::temp_dir().join(format!("rekam-bench-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    if let Some(rows) = c.rows {
        let measured = scale::scale(c.rounds, rows, c.changes, &folder.join("queue"));
        std::fs::remove_dir_all(&folder)?;
        let (lines, scale) = measured?;
        if c.json {
            let answer = json!({"machine": machine(), "rounds": c.rounds, "measured": lines, "scale": scale});
            place.json(&answer)?;
            return Ok(0);
        }
        table(&lines, place)?;
        return scale.words().into_iter().try_for_each(|line| place.say(line)).map(|()| 0);
    }
    let measured = measure(c.rounds, place, &folder);
    std::fs::remove_dir_all(&folder)?;
    let (lines, window) = measured?;
    if c.json {
        place
            .json(&json!({"machine": machine(), "rounds": c.rounds, "window": window, "measured": lines}))?;
        return Ok(0);
    }
    table(&lines, place)?;
    if !window {
        place.say("no display: first frame, frame work and memory were not measured")?;
    }
    Ok(0)
}

fn table(lines: &[Measured], place: &mut Place) -> Result<(), CliError> {
    place.say(format!("machine: {}", machine()))?;
    place.say("| what | budget | median | p95 | p99 | samples |")?;
    place.say("|---|---|---|---|---|---|")?;
    for line in lines {
        let [median, p95, p99] =
            [0.5, 0.95, 0.99].map(|share| format!("{:.1} {}", line.at(share), line.unit));
        let (what, budget, unit, count) = (line.what, line.budget, line.unit, line.samples.len());
        place.say(format!("| {what} | {budget} {unit} | {median} | {p95} | {p99} | {count} |"))?;
    }
    Ok(())
}
