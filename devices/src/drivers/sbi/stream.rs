//! The live pictures of a device: MJPEG as `multipart/x-mixed-replace`, written by hand by every service.
//!
//! [`Frames`] takes the parts out of the bytes and survives every ending. [`LiveStream`] is a running `STREAM` call.

use serde_json::Value;

use super::http::{Chunks, Connection, Head, HttpError, Request};
use super::wire;

/// Most bytes of one live picture.
pub(super) const PART_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most bytes of the headers of a part, and of a line between parts.
const LINES_MAX_BYTES: usize = 8 * 1024;
/// Most bytes kept of what follows the last picture.
const TAIL_MAX_BYTES: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Before a delimiter line.
    Between,
    /// In the headers of a part; its length where one was told.
    Headers(Option<usize>),
    /// In a part's body.
    Body(Option<usize>),
    /// Behind the last part: whatever follows is no picture.
    Tail,
}

/// Takes pictures out of a multipart stream as it comes, in pieces of any size.
pub(super) struct Frames {
    /// Without leading dashes: services declare it with and without them. Empty until a delimiter tells it.
    boundary: Vec<u8>,
    kept: Vec<u8>,
    /// Bytes of `kept` that are done with; they go when more comes.
    done: usize,
    state: State,
    /// Bytes of the running part's headers so far.
    head_bytes: usize,
    /// True once a delimiter was seen.
    begun: bool,
}

impl std::fmt::Debug for Frames {
    // Live pictures of people: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frames({} bytes, {:?})", self.rest().len(), self.state)
    }
}

impl Frames {
    /// A parser for the Content-Type of the answer.
    pub(super) fn new(content_type: &str) -> Self {
        let declared = content_type.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
        });
        let boundary = declared.unwrap_or_default().trim_start_matches('-').as_bytes().to_vec();
        Self { boundary, kept: Vec::new(), done: 0, state: State::Between, head_bytes: 0, begun: false }
    }

    /// Adds what came.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.kept.drain(..self.done);
        self.done = 0;
        self.kept.extend_from_slice(bytes);
    }

    /// What is not done with.
    fn rest(&self) -> &[u8] {
        self.kept.get(self.done..).unwrap_or_default()
    }

    /// Takes the next bytes, at most as many as there are.
    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.rest();
        let taken = rest.get(..count).unwrap_or(rest).to_vec();
        self.done += taken.len();
        taken
    }

    /// The next whole part; `None` when more bytes are needed or no part will follow.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        loop {
            match self.state {
                State::Between | State::Headers(_) => {
                    if !self.line()? {
                        return Ok(None);
                    }
                }
                State::Body(Some(length)) => {
                    if self.rest().len() < length {
                        return Ok(None);
                    }
                    let part = self.take(length);
                    self.state = State::Between;
                    return Ok(Some(part));
                }
                State::Body(None) => {
                    let Some(end) = self.end_of_part() else {
                        return match self.rest().len() > PART_MAX_BYTES {
                            true => Err(too_large()),
                            false => Ok(None),
                        };
                    };
                    let mut part = self.take(end);
                    while part.last().is_some_and(|b| matches!(b, b'\r' | b'\n')) {
                        part.pop();
                    }
                    self.state = State::Between;
                    return Ok(Some(part));
                }
                State::Tail => {
                    self.kept.truncate(self.done + TAIL_MAX_BYTES);
                    return Ok(None);
                }
            }
        }
    }

    /// Takes one line between parts or of a part's headers; false when none is complete.
    fn line(&mut self) -> Result<bool, HttpError> {
        if self.state == State::Between {
            // Line ends between parts, however many, at one go.
            self.done += self.rest().iter().take_while(|b| b.is_ascii_whitespace()).count();
        }
        let rest = self.rest();
        let within = rest.get(..rest.len().min(LINES_MAX_BYTES)).unwrap_or_default();
        if self.state == State::Between && begins_other(within, self.begun) {
            self.state = State::Tail;
            return Ok(true);
        }
        let Some(end) = within.iter().position(|b| *b == b'\n') else {
            if rest.len() < LINES_MAX_BYTES {
                return Ok(false);
            }
            if let State::Headers(_) = self.state {
                return Err(HttpError::Malformed("a live picture without end of its headers".to_owned()));
            }
            // The rest of a picture whose length was told too small: a delimiter may still follow.
            let boundary = self.boundary.len().max(1) + 16;
            self.done += LINES_MAX_BYTES - boundary.min(LINES_MAX_BYTES / 2);
            return Ok(true);
        };
        let line = self.take(end + 1);
        let line = line.trim_ascii();
        match self.delimiter(line) {
            Some(true) => self.state = State::Tail,
            Some(false) => (self.state, self.head_bytes, self.begun) = (State::Headers(None), 0, true),
            None => self.header(line, end)?,
        }
        Ok(true)
    }

    fn header(&mut self, line: &[u8], bytes: usize) -> Result<(), HttpError> {
        let State::Headers(length) = self.state else { return Ok(()) };
        self.head_bytes += bytes;
        if self.head_bytes > LINES_MAX_BYTES {
            return Err(HttpError::Malformed("a live picture without end of its headers".to_owned()));
        }
        if line.is_empty() {
            self.state = State::Body(length);
            return Ok(());
        }
        // Cut short in the headers, and the second answer follows.
        if find(line, b"HTTP/1.").is_some() {
            self.state = State::Tail;
            return Ok(());
        }
        let text = String::from_utf8_lossy(line);
        if let Some((name, value)) = text.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            // A length that is no number is as none: the delimiter tells the end.
            let length = value.trim().parse::<usize>().ok();
            if length.is_some_and(|n| n > PART_MAX_BYTES) {
                return Err(too_large());
            }
            self.state = State::Headers(length);
        }
        Ok(())
    }

    /// Whether a line is a delimiter, and then whether it is the last one.
    fn delimiter(&mut self, line: &[u8]) -> Option<bool> {
        let name = undashed(line);
        if self.boundary.is_empty() {
            if line.len() < name.len() + 2 || name.is_empty() || name.len() > 200 {
                return None;
            }
            self.boundary = name.to_vec();
            return Some(false);
        }
        let rest = name.strip_prefix(self.boundary.as_slice())?.trim_ascii();
        match rest {
            b"" => Some(false),
            b"--" => Some(true),
            _ => None,
        }
    }

    /// Where a part without a length ends: at the next delimiter, or at a second answer.
    fn end_of_part(&self) -> Option<usize> {
        let delimiter = match self.boundary.as_slice() {
            [] => None,
            boundary => find(self.rest(), boundary),
        };
        let delimiter = delimiter.map(|at| {
            let before = self.rest().get(..at).unwrap_or_default();
            before.iter().rposition(|b| *b != b'-').map_or(0, |last| last + 1)
        });
        let other = find(self.rest(), b"\nHTTP/1.").map(|at| at + 1);
        delimiter.into_iter().chain(other).min()
    }

    /// The error that a service tells instead of pictures or behind them.
    pub(super) fn error(&self) -> Option<String> {
        // Also within a part: one that was cut short swallows the second answer.
        let from = match find(self.rest(), b"HTTP/1.") {
            Some(at) => at,
            None if matches!(self.state, State::Between | State::Tail) => 0,
            None => return None,
        };
        let rest = self.rest().get(from..)?;
        let json = rest.get(rest.iter().position(|b| *b == b'{')?..)?;
        let value = serde_json::Deserializer::from_slice(json).into_iter::<Value>().next()?.ok()?;
        wire::error_code(&value)
    }
}

/// True for the beginning of what is no part: a second answer, or an error as JSON. Behind the first part a lone
/// brace may be the rest of a picture.
fn begins_other(bytes: &[u8], begun: bool) -> bool {
    let bytes = bytes.trim_ascii_start();
    let json: &[u8] = if begun { b"{\"error" } else { b"{" };
    bytes.starts_with(b"HTTP/1.") || bytes.starts_with(json)
}

fn undashed(line: &[u8]) -> &[u8] {
    let dashes = line.iter().take_while(|b| **b == b'-').count();
    line.get(dashes..).unwrap_or_default()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn too_large() -> HttpError {
    HttpError::TooLarge { what: "a live picture", limit: PART_MAX_BYTES }
}

/// A running `STREAM` call.
#[derive(Debug)]
pub(super) struct LiveStream {
    pub(super) connection: Connection,
    chunks: Option<Chunks>,
    frames: Option<Frames>,
}

impl LiveStream {
    /// Starts the live pictures of a part of a device (SBI 0.9.5, stream).
    pub(super) fn open(port: u16, device_id: &str, sub_id: &str, timeout_ms: u64) -> Result<Self, HttpError> {
        let body = wire::stream_request(device_id, sub_id, timeout_ms);
        let request = Request { port, method: "STREAM", path: "/stream", body: &body };
        Ok(Self { connection: Connection::open(&request)?, chunks: None, frames: None })
    }

    /// Takes what has come, without waiting, and gives the newest whole picture (a JPEG file).
    pub(super) fn pump(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        self.connection.pump()?;
        if self.frames.is_none() {
            let Some(head) = Head::parse(&self.connection.buffer)? else { return Ok(None) };
            if (300..400).contains(&head.status) {
                return Err(HttpError::Malformed(format!("a redirect (HTTP status {})", head.status)));
            }
            self.connection.buffer.drain(..head.body_at);
            self.chunks = head.chunked.then(Chunks::default);
            self.frames = Some(Frames::new(&head.content_type));
        }
        let bytes = std::mem::take(&mut self.connection.buffer);
        let Some(frames) = &mut self.frames else { return Ok(None) };
        match &mut self.chunks {
            Some(chunks) => frames.feed(&chunks.feed(&bytes)?),
            None => frames.feed(&bytes),
        }
        let mut newest = None;
        while let Some(part) = frames.next()? {
            newest = Some(part).filter(|part: &Vec<u8>| !part.is_empty()).or(newest);
        }
        Ok(newest)
    }

    /// The error code that the service told instead of pictures or behind them; 0 is none.
    pub(super) fn error(&self) -> Option<String> {
        self.frames.as_ref().and_then(Frames::error).filter(|code| code != wire::SUCCESS)
    }

    /// True when the head of the answer has come.
    pub(super) fn answered(&self) -> bool {
        self.frames.is_some()
    }

    /// True when no more pictures will come.
    pub(super) fn ended(&self) -> bool {
        self.connection.ended()
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
