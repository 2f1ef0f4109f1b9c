//! The window: a demo session in a process of its own over the crowded vault, with every frame noted.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::super::{CliError, failure};
use super::{Measured, timed_out};

/// Longest demo, in seconds.
const LONGEST_S: u64 = 180;

/// What the window showed, or `None` where there is no display.
pub(super) fn window(vault: &Path, folder: &Path) -> Result<Option<Vec<Measured>>, CliError> {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return Ok(None);
    }
    let file = folder.join("frames.json");
    let program = std::env::current_exe()?;
    let child = Command::new(program)
        .args(["--demo", "--exit", "--vault"])
        .arg(vault)
        .arg("--frames")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let peak_kb = timed_out(child, LONGEST_S)?;
    let text = std::fs::read_to_string(&file)
        .map_err(|_| failure("CLI-09", "the window noted no frames; try `rekam --demo --exit` by hand"))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| failure("CLI-09", e.to_string()))?;
    let list = |key: &str| -> Vec<f64> {
        value[key].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let first = value["first_frame_ms"].as_f64().into_iter().collect();
    Ok(Some(vec![
        Measured {
            what: "process start to first frame, 10 000 records",
            budget: 300.0,
            unit: "ms",
            samples: first,
        },
        Measured {
            what: "UI thread, one frame's work, whole session",
            budget: 8.0,
            unit: "ms",
            samples: list("frame_work_ms"),
        },
        Measured {
            what: "UI thread, one frame's work, live 720p preview",
            budget: 8.0,
            unit: "ms",
            samples: list("frame_work_with_preview_ms"),
        },
        Measured {
            what: "resident memory, whole session",
            budget: 250.0,
            unit: "MB",
            samples: vec![peak_kb / 1024.0],
        },
    ]))
}
