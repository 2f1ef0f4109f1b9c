//! `STREAM`: the live picture as parts of JPEG, until a capture, the timeout, the client or the service ends it.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::control::{Fault, Oddities};
use super::http;
use super::messages;
use super::request;
use super::state::{Faults, Shared};
use super::wire::{Method, Modality, Refusal};

/// Timeout of a request that names none.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Time between two looks at the state while no pictures are sent.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Parts before a planned cut.
const PARTS_BEFORE_FAULT: u64 = 3;
const BOUNDARY: &str = "BoundaryString";

/// Serves a stream to its end. An error is one of the connection.
pub(super) fn serve(shared: &Shared, stream: &mut TcpStream, body: &[u8], faults: &Faults) -> io::Result<()> {
    let oddities = shared.look(|state| state.oddities);
    let begun = match faults.error() {
        Some(code) => Err(code.into()),
        None => begin(shared, body),
    };
    let (modality, sub_id, number, timeout) = match begun {
        Ok(begun) => begun,
        Err(refusal) => return stream.write_all(&refused(shared, &refusal, oddities)),
    };
    let pictures = Pictures { shared, modality, sub_id, number, faults, oddities };
    let ended = pictures.send(stream, Instant::now() + timeout);
    shared.end_stream(modality, number);
    let code = ended?;
    if oddities.second_response
        && let Some(code) = code
    {
        stream.write_all(&refused(shared, &Refusal::from(code), oddities))?;
    }
    Ok(())
}

fn refused(shared: &Shared, refusal: &Refusal, oddities: Oddities) -> Vec<u8> {
    http::answer("200 OK", shared.port, &error(refusal, oddities).to_string(), oddities)
}

/// The shape of an error.
pub(super) fn error(refusal: &Refusal, oddities: Oddities) -> Value {
    if oddities.bare_stream_errors { refusal.json() } else { json!({ "error": refusal.json() }) }
}

fn begin(shared: &Shared, body: &[u8]) -> Result<(Modality, String, u64, Duration), Refusal> {
    if messages::for_auth(shared) {
        return Err(601.into());
    }
    let value: Value =
        serde_json::from_slice(body).map_err(|_| Refusal::with(610, "the request is not JSON"))?;
    let field = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.trim().to_owned()),
        Some(_) => Err(Refusal::with(610, format!("{name} must be a string"))),
    };
    let id = field("deviceId")?;
    if id.is_empty() {
        return Err(604.into());
    }
    let modality = shared.look(|state| state.by_id(&id)).ok_or(Refusal::from(605))?;
    let sub_id = field("deviceSubId")?;
    if !modality.sub_ids().contains(&sub_id.as_str()) {
        return Err(118.into());
    }
    let timeout = match field("timeout")?.as_str() {
        "" | "0" => TIMEOUT,
        text => Duration::from_millis(
            request::timeout(text).map_err(|r| Refusal { code: 610, detail: r.detail })?,
        ),
    };
    let number = shared.begin_stream(modality, &sub_id)?;
    Ok((modality, sub_id, number, timeout))
}

/// A stream that runs.
struct Pictures<'a> {
    shared: &'a Shared,
    modality: Modality,
    sub_id: String,
    number: u64,
    faults: &'a Faults,
    oddities: Oddities,
}

impl Pictures<'_> {
    /// Sends pictures; gives the code that ends the stream, none when nothing more may be said.
    fn send(&self, stream: &mut TcpStream, until: Instant) -> io::Result<Option<u16>> {
        stream.write_all(self.head().as_bytes())?;
        let mut sent = 0;
        loop {
            if self.shared.stopped() || http::closed(stream) {
                return Ok(None);
            }
            if !self.shared.streams(self.modality, self.number) {
                return Ok(Some(0));
            }
            if Instant::now() >= until {
                return Ok(Some(609));
            }
            let stalled = sent >= PARTS_BEFORE_FAULT && self.faults.has(Fault::Stall);
            let capturing =
                self.shared.look(|state| state.device(self.modality).is_some_and(|device| device.capturing));
            if capturing || stalled {
                self.rest(LOOK_EVERY, until);
                continue;
            }
            if sent >= PARTS_BEFORE_FAULT
                && let Some(bytes) = self.fault()
            {
                stream.write_all(&bytes)?;
                if self.faults.has(Fault::HugePart) {
                    http::flood(stream, || self.shared.stopped())?;
                }
                return Ok(None);
            }
            stream.write_all(&self.part(sent)?)?;
            sent += 1;
            let delay = self.shared.look(|state| {
                let device = state.device(self.modality);
                device.and_then(|d| d.delays.get(&Method::Stream).copied()).unwrap_or_default()
            });
            self.rest(self.shared.options.frame_every + delay, until);
        }
    }

    /// Waits, but not beyond the end of the stream; ends early when a capture ends the stream.
    fn rest(&self, time: Duration, until: Instant) {
        let time = time.min(until.saturating_duration_since(Instant::now()));
        let ended =
            |state: &mut super::state::State| !super::state::is_stream(state, self.modality, self.number);
        self.shared.pause_unless(time, ended);
    }

    fn head(&self) -> String {
        let version = if self.oddities.stream_http_1_0 { "1.0" } else { "1.1" };
        let dashes = if self.oddities.dashes_in_boundary { "--" } else { "" };
        format!(
            "HTTP/{version} 200 OK\r\nServer: rekam-sim\r\nConnection: close\r\nMax-Age: 0\r\nExpires: 0\r\n\
             Cache-Control: no-cache, private\r\nPragma: no-cache\r\nAccess-Control-Allow-Origin:*\r\n\
             Content-Type: multipart/x-mixed-replace; boundary={dashes}{BOUNDARY}\r\n\r\n"
        )
    }

    fn part_head(&self, length: u64) -> String {
        let space = if self.oddities.tight_part_headers { "" } else { " " };
        format!(
            "--{BOUNDARY}\r\nAccess-Control-Allow-Origin:{space}*\r\nContent-Type:{space}image/jpeg\r\n\
             Content-Length:{space}{length}\r\n\r\n"
        )
    }

    fn picture(&self, number: u64) -> io::Result<Vec<u8>> {
        let person = self.shared.look(|state| state.person.clone());
        self.shared.studio.live(&person, self.modality, &self.sub_id, number).map_err(|e| {
            tracing::error!(error = %e, "no live picture");
            io::Error::other(e)
        })
    }

    fn part(&self, number: u64) -> io::Result<Vec<u8>> {
        let mut picture = self.picture(number)?;
        if number % 2 == 1 && self.faults.has(Fault::BadPicture) {
            picture = b"this is no picture".to_vec();
        }
        let mut part = self.part_head(picture.len() as u64).into_bytes();
        part.extend_from_slice(&picture);
        part.extend_from_slice(b"\r\n\r\n");
        Ok(part)
    }

    /// The last bytes of a stream that is to break off; none when it goes on.
    fn fault(&self) -> Option<Vec<u8>> {
        let head = self.part_head(100_000).into_bytes();
        let first = |count: usize| head.iter().copied().take(count).collect::<Vec<u8>>();
        match () {
            () if self.faults.has(Fault::CutInBoundary) => Some(first(9)),
            () if self.faults.has(Fault::CutInHeaders) => Some(first(head.len() - 12)),
            () if self.faults.has(Fault::CutInPicture) => Some([head, vec![0xFF; 4000]].concat()),
            () if self.faults.has(Fault::CutBetweenParts) => Some(Vec::new()),
            () if self.faults.has(Fault::HugePart) => Some(self.part_head(1 << 32).into_bytes()),
            () => None,
        }
    }
}
