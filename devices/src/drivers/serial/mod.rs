//! Thermometers on a serial line (USB or built in) that speak the line format of [`line`].
//!
//! Parameters: `port` (needed: the device file; a name of `/dev/serial/by-id/` stays the same across plugging), `baud`
//! (default 9600), `readings` (how many in a row must agree, default 3; 1 for a thermometer that sends a line only when
//! its trigger is pressed), `checksum` (refuse lines without one), `model` and `serial` (for the record).
//!
//! A temperature counts when `readings` lines in a row lie within [`AGREE_CENTIDEGREES`], all of them measured after
//! the request: what waits in the port's buffer at its beginning is dropped, and so is a line whose sequence number was
//! seen before. The median is given. Outside [`BODY_CENTIDEGREES_C`] nobody is in front of the sensor.

pub mod line;

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serialport::{ClearBuffer, ErrorKind, SerialPort, TTYPort};
use toml::Table;

use crate::pace;
use crate::registry::{Bench, DriverFamily, Opened, Sighting};
use crate::setup::{self, DriverParameters, Parameters, SetupError};
use crate::traits::{CaptureDevice, CaptureWatch, Device, Thermometer};
use crate::vocabulary::{
    CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceId, DeviceInfo, DeviceKind, Retry,
};
use line::{Line, LineError, LineReader};

/// Identifier of the family.
pub const ID: &str = "serial";
/// Readings in a row that are one temperature differ by no more, in hundredths of a degree Celsius.
pub const AGREE_CENTIDEGREES: i32 = 20;
/// What may be a person's temperature; anything else is a wall, a lamp or the air.
pub const BODY_CENTIDEGREES_C: std::ops::RangeInclusive<i32> = 2_000..=4_500;
/// Lines in a row that are not understood before the capture ends early: the baud rate or the format is wrong.
const BAD_LINES_MAX: usize = 24;
/// Longest wait for bytes, so that a cancel is seen in time.
const READ_WITHIN: Duration = Duration::from_millis(20);
/// Reads of what waits in the port before the rest of it is thrown away unseen.
const DRAIN_READS: usize = 64;

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: &[DeviceKind::Thermometer],
    training_only: false,
    look_every_ms: 500,
    check: |kind, table| setup::errors_of::<SerialParameters>(kind, table),
    list,
    open,
};

#[derive(Debug, Clone, PartialEq, Eq)]
struct SerialParameters {
    port: String,
    baud: u32,
    readings: usize,
    checksum: bool,
    model: String,
    serial: String,
}

impl DriverParameters<'_> for SerialParameters {
    fn read(kind: DeviceKind, table: &Table) -> Result<Self, Vec<SetupError>> {
        let mut reader = Parameters::new(kind, table);
        let port = reader.needed_path("port", "the device file of the line, e.g. /dev/ttyUSB0");
        if !port.as_os_str().is_empty() && !port.is_absolute() {
            reader.wrong("port", "a device file with its whole path, e.g. /dev/ttyUSB0");
        }
        let baud = reader.integer("baud", 300, 921_600).and_then(|n| u32::try_from(n).ok());
        let readings = reader.integer("readings", 1, 10).and_then(|n| usize::try_from(n).ok());
        let checksum = reader.boolean("checksum");
        let mut name = |key| {
            let text = reader.text(key).unwrap_or_default();
            if text.chars().count() > 64 || text.chars().any(char::is_control) {
                reader.wrong(key, "a name of at most 64 characters on one line");
            }
            text.to_owned()
        };
        let (model, serial) = (name("model"), name("serial"));
        let parameters = Self {
            port: port.to_string_lossy().into_owned(),
            baud: baud.unwrap_or(9_600),
            readings: readings.unwrap_or(3),
            checksum: checksum.unwrap_or(false),
            model: if model.is_empty() { "serial thermometer".to_owned() } else { model },
            serial,
        };
        reader.finish(parameters)
    }
}

impl SerialParameters {
    fn info(&self) -> DeviceInfo {
        let port = Path::new(&self.port).file_name().unwrap_or_default().to_string_lossy();
        DeviceInfo {
            id: DeviceId(format!("{ID}-{port}")),
            kind: DeviceKind::Thermometer,
            driver: ID.to_owned(),
            model: self.model.clone(),
            serial: self.serial.clone(),
            training_only: false,
        }
    }
}

fn list(_bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let Ok(parameters) = SerialParameters::read(kind, parameters) else { return Vec::new() };
    // The system makes a new node each time it is plugged in, and so gives it a new number.
    let node = std::fs::metadata(&parameters.port).ok();
    node.map(|n| Sighting { info: parameters.info(), arrival: n.ino(), fault: None }).into_iter().collect()
}

fn open(
    _bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let parameters = SerialParameters::wanted(kind, parameters)?;
    let info = parameters.info();
    if choice.is_some_and(|id| *id != info.id) {
        return Err(DeviceFault::NotFound { kind: kind.id().to_owned() });
    }
    let builder = serialport::new(&parameters.port, parameters.baud).timeout(READ_WITHIN);
    let port = TTYPort::open(&builder).map_err(|e| not_opened(&e, Path::new(&parameters.port).exists()))?;
    let lines = LineReader::default();
    Ok(Opened::Capture(Box::new(SerialThermometer { info, parameters, port, lines, last_sequence: None })))
}

/// What an error of opening means; `exists`: the device file is still there.
fn not_opened(error: &serialport::Error, exists: bool) -> DeviceFault {
    use std::io::ErrorKind as Io;
    match error.kind {
        ErrorKind::Io(Io::PermissionDenied) => DeviceFault::NotPermitted,
        // The library's word for a port that is locked or taken exclusively.
        ErrorKind::NoDevice => DeviceFault::Busy,
        _ if !exists => DeviceFault::NotFound { kind: DeviceKind::Thermometer.id().to_owned() },
        _ => DeviceFault::Protocol { detail: format!("not a serial line that works: {}", error.description) },
    }
}

struct SerialThermometer {
    info: DeviceInfo,
    parameters: SerialParameters,
    port: TTYPort,
    lines: LineReader,
    /// Sequence number of the latest reading, across captures.
    last_sequence: Option<u16>,
}

impl Device for SerialThermometer {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

impl Thermometer for SerialThermometer {}

impl CaptureDevice for SerialThermometer {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        if !self.can(task) {
            return Err(DeviceFault::Unsupported.into());
        }
        pace::check(watch)?;
        self.drain()?;
        let mut seen = Seen::new(self.parameters.readings);
        let mut bytes = [0; 256];
        loop {
            if watch.cancelled() {
                return Err(CaptureEnd::Cancelled);
            }
            if Instant::now() >= watch.deadline() {
                return Err(seen.end());
            }
            let count = self.read(&mut bytes)?;
            let mut agreed = None;
            // All that came is looked at, so that no half of a line is left for the next capture.
            for byte in bytes.iter().take(count) {
                if let Some(line) = self.lines.push(*byte) {
                    let line = line.and_then(|l| line::parse(&l, self.parameters.checksum));
                    agreed = agreed.or(self.take(line, &mut seen)?);
                }
            }
            if let Some(centidegrees_c) = agreed {
                return Ok(Captured::Temperature { decidegrees_c: (centidegrees_c + 5).div_euclid(10) });
            }
        }
    }
}

impl SerialThermometer {
    /// Bytes that came within [`READ_WITHIN`]; 0 when none did.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, DeviceFault> {
        use std::io::ErrorKind as Io;
        match self.port.read(bytes) {
            // A line that is still there never ends.
            Ok(0) => Err(DeviceFault::Unplugged),
            Ok(count) => Ok(count),
            Err(e) if matches!(e.kind(), Io::TimedOut | Io::WouldBlock | Io::Interrupted) => Ok(0),
            Err(_) => Err(DeviceFault::Unplugged),
        }
    }

    /// Drops what was measured before now, and notes its last sequence number.
    fn drain(&mut self) -> Result<(), DeviceFault> {
        let mut bytes = [0; 1_024];
        for _ in 0..DRAIN_READS {
            let waiting = self.port.bytes_to_read().map_err(|_| DeviceFault::Unplugged)?;
            if waiting == 0 {
                self.lines.forget_begun();
                return Ok(());
            }
            let count = self.read(&mut bytes)?;
            for byte in bytes.iter().take(count) {
                if let Some(Ok(line)) = self.lines.push(*byte)
                    && let Ok(Line::Reading { sequence: Some(sequence), .. }) =
                        line::parse(&line, self.parameters.checksum)
                {
                    self.last_sequence = Some(sequence);
                }
            }
        }
        self.lines.forget_begun();
        self.port.clear(ClearBuffer::Input).map_err(|_| DeviceFault::Unplugged)
    }

    /// Takes a line into account; a temperature once enough readings agree.
    fn take(&mut self, line: Result<Line, LineError>, seen: &mut Seen) -> Result<Option<i32>, DeviceFault> {
        match line {
            Ok(Line::Comment) => Ok(None),
            Ok(Line::Failure(code)) => Err(DeviceFault::Reported { code }),
            Ok(Line::Reading { centidegrees_c, sequence }) => {
                let again = sequence.is_some() && sequence == self.last_sequence;
                self.last_sequence = sequence;
                Ok(seen.reading(centidegrees_c, again))
            }
            Err(error) => seen.bad(error).map(|()| None),
        }
    }
}

/// What came since the request.
struct Seen {
    wanted: usize,
    /// The latest readings that agree, oldest first.
    run: Vec<i32>,
    /// The latest new reading.
    latest: Option<i32>,
    /// The latest two readings do not agree.
    moved: bool,
    /// When the latest line came, or the request.
    heard: Instant,
    repeated: bool,
    bad: usize,
    last_error: Option<LineError>,
}

impl Seen {
    fn new(wanted: usize) -> Self {
        Self {
            wanted,
            run: Vec::with_capacity(wanted),
            latest: None,
            moved: false,
            heard: Instant::now(),
            repeated: false,
            bad: 0,
            last_error: None,
        }
    }

    fn reading(&mut self, centidegrees_c: i32, again: bool) -> Option<i32> {
        (self.bad, self.heard) = (0, Instant::now());
        if again {
            self.repeated = true;
            return None;
        }
        let before = self.latest.replace(centidegrees_c);
        self.moved = before.is_some_and(|before| before.abs_diff(centidegrees_c) > AGREE_CENTIDEGREES as u32);
        if !BODY_CENTIDEGREES_C.contains(&centidegrees_c) {
            self.run.clear();
            return None;
        }
        self.run.push(centidegrees_c);
        let spread = |run: &[i32]| Some(run.iter().max()? - run.iter().min()?);
        while spread(&self.run).is_some_and(|s| s > AGREE_CENTIDEGREES) {
            self.run.remove(0);
        }
        if self.run.len() < self.wanted {
            return None;
        }
        self.run.sort_unstable();
        self.run.get(self.run.len() / 2).copied()
    }

    fn bad(&mut self, error: LineError) -> Result<(), DeviceFault> {
        self.bad += 1;
        self.heard = Instant::now();
        self.last_error = Some(error);
        if self.bad < BAD_LINES_MAX { Ok(()) } else { Err(protocol(error)) }
    }

    /// Why there was no temperature until the deadline: whose matter it is.
    fn end(&self) -> CaptureEnd {
        let silent = || DeviceFault::Hung {
            after_ms: u64::try_from(self.heard.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        match (self.latest, self.last_error) {
            // What came last was not understood.
            (_, Some(error)) if self.bad > 0 => protocol(error).into(),
            (Some(_), _) if self.moved => Retry::Moved.into(),
            (Some(latest), _) if !BODY_CENTIDEGREES_C.contains(&latest) => Retry::NothingPresented.into(),
            _ if self.repeated => {
                DeviceFault::Protocol { detail: "it repeats one old reading".to_owned() }.into()
            }
            // They agree, but no more came.
            (Some(_), _) => silent().into(),
            // A thermometer with a trigger says nothing until somebody presses it.
            (None, _) if self.wanted == 1 => Retry::NothingPresented.into(),
            (None, _) => silent().into(),
        }
    }
}

fn protocol(error: LineError) -> DeviceFault {
    DeviceFault::Protocol { detail: format!("the thermometer sent {error}") }
}

#[cfg(test)]
mod tests;
