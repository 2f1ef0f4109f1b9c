//! HTTP/1.1 as device services speak it: methods of their own, loopback only, one call a connection.
//!
//! Services write their answers by hand, so reading is lenient where that is safe (spacing of headers, line ends, a
//! length that counts characters, a second answer behind the first) and strict where it is not: every call has a
//! deadline, every size a limit, and a redirect is never followed. Head and body go out in one write: some services
//! read once and take what has come.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use crate::vocabulary::{CaptureEnd, DeviceFault};

/// Most bytes of one answer. A slap of four lossless 500 ppi fingers has 1 to 3 MB.
pub(super) const BODY_MAX_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes of a discovery or device info: any program may have taken a port.
pub(super) const TOLD_MAX_BYTES: usize = 1024 * 1024;
/// Most bytes of the head of an answer.
pub(super) const HEAD_MAX_BYTES: usize = 16 * 1024;
/// Most headers of an answer.
const HEADERS_MAX: usize = 64;
/// Time for connecting and for sending, which on loopback take no time at all.
const CONNECT: Duration = Duration::from_millis(400);
/// Longest sleep between two looks at `stop`.
pub(super) const SLICE: Duration = Duration::from_millis(20);
/// Most bytes taken at one go, so that a flood does not keep a cancel waiting.
const PUMP_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HttpError {
    #[error("nothing listens on the port")]
    Refused,
    #[error("no answer within {after_ms} ms")]
    Timeout { after_ms: u64 },
    #[error("cancelled")]
    Cancelled,
    #[error("the connection ended before the answer did")]
    Closed,
    #[error("{what} has more than {limit} bytes")]
    TooLarge { what: &'static str, limit: usize },
    #[error("{0}")]
    Malformed(String),
}

impl From<HttpError> for DeviceFault {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Refused => Self::ServiceMissing { service: super::SERVICE.to_owned() },
            HttpError::Timeout { after_ms } => Self::Hung { after_ms },
            other => Self::Protocol { detail: other.to_string() },
        }
    }
}

impl From<HttpError> for CaptureEnd {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Cancelled => Self::Cancelled,
            other => Self::Fault(other.into()),
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) port: u16,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// JSON, or empty for none.
    pub(super) body: &'a str,
}

impl Request<'_> {
    fn bytes(&self) -> Vec<u8> {
        let Self { port, method, path, body } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nEXT: rekam\r\n");
        if !body.is_empty() {
            text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        text += "Connection: close\r\n\r\n";
        text += body;
        text.into_bytes()
    }
}

/// A connection with its request sent. Never blocks; what has come stands in `buffer`.
pub(super) struct Connection {
    socket: TcpStream,
    pub(super) buffer: Vec<u8>,
    /// Most bytes of the body.
    limit: usize,
    ended: bool,
}

impl std::fmt::Debug for Connection {
    // Pictures and records come through it: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({} bytes, ended {})", self.buffer.len(), self.ended)
    }
}

impl Connection {
    /// Connects to 127.0.0.1 and sends the request.
    pub(super) fn open(request: &Request<'_>) -> Result<Self, HttpError> {
        let failed = |e: std::io::Error| match e.kind() {
            ErrorKind::ConnectionRefused => HttpError::Refused,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                HttpError::Timeout { after_ms: CONNECT.as_millis() as u64 }
            }
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => HttpError::Closed,
            kind => HttpError::Malformed(format!("no connection ({kind})")),
        };
        let address = SocketAddr::from(([127, 0, 0, 1], request.port));
        let mut socket = TcpStream::connect_timeout(&address, CONNECT).map_err(failed)?;
        // On loopback a connection can meet itself when the port is free: nothing listens there.
        if socket.local_addr().is_ok_and(|local| local == address) {
            return Err(HttpError::Refused);
        }
        socket.set_nodelay(true).map_err(failed)?;
        socket.set_write_timeout(Some(CONNECT)).map_err(failed)?;
        socket.write_all(&request.bytes()).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        Ok(Self { socket, buffer: Vec::new(), limit: BODY_MAX_BYTES, ended: false })
    }

    /// Takes what has come, without waiting; true when there was something.
    pub(super) fn pump(&mut self) -> Result<bool, HttpError> {
        let before = self.buffer.len();
        let mut chunk = vec![0u8; 64 * 1024];
        let most = self.limit + HEAD_MAX_BYTES;
        while !self.ended && self.buffer.len() <= most && self.buffer.len() - before < PUMP_MAX_BYTES {
            match self.socket.read(&mut chunk) {
                Ok(0) => self.ended = true,
                Ok(n) => self.buffer.extend_from_slice(chunk.get(..n).unwrap_or_default()),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // A service that stops resets its connections: what came before is still good.
                Err(_) => self.ended = true,
            }
        }
        if self.buffer.len() > most {
            return Err(HttpError::TooLarge { what: "the answer", limit: self.limit });
        }
        Ok(self.buffer.len() > before)
    }

    /// True when the other side will send no more.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The JSON value of the answer, once it is complete; `quiet` when nothing more came at the last look.
    pub(super) fn json(&self, quiet: bool) -> Result<Option<Value>, HttpError> {
        let Some(head) = Head::parse(&self.buffer)? else {
            return if self.ended { Err(HttpError::Closed) } else { Ok(None) };
        };
        let rest = self.buffer.get(head.body_at..).unwrap_or_default();
        let decoded;
        let (body, whole) = if head.chunked {
            let mut chunks = Chunks::default();
            decoded = chunks.feed(rest)?;
            (decoded.as_slice(), chunks.done)
        } else {
            (rest, head.length.is_some_and(|length| rest.len() >= length))
        };
        if !(whole || quiet || self.ended) {
            return Ok(None);
        }
        let said = head.length.filter(|n| !head.chunked && *n < body.len());
        let parsed = match first_json(body.get(..said.unwrap_or(body.len())).unwrap_or_default()) {
            // A length in characters instead of bytes: the value goes on behind it.
            Parsed::CutOff if said.is_some() => first_json(body),
            parsed => parsed,
        };
        match parsed {
            Parsed::Value(value) => head.accept(value).map(Some),
            Parsed::CutOff if !(self.ended || whole && head.length == Some(0)) => Ok(None),
            Parsed::CutOff | Parsed::Wrong if head.status != 200 => Err(head.refused()),
            Parsed::CutOff if body.is_empty() => Err(HttpError::Malformed("the answer is empty".to_owned())),
            Parsed::CutOff => Err(HttpError::Malformed("the answer's JSON is cut off".to_owned())),
            Parsed::Wrong => Err(HttpError::Malformed("the answer is not JSON".to_owned())),
        }
    }
}

/// True while something listens on the port.
pub(super) fn listens(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    match TcpStream::connect_timeout(&address, CONNECT) {
        Ok(socket) => socket.local_addr().is_ok_and(|local| local != address),
        Err(e) => e.kind() != ErrorKind::ConnectionRefused,
    }
}

/// Waits until one of the connections has something to read, at most `at_most`.
pub(super) fn wait(connections: &[&Connection], at_most: Duration) {
    let open = connections.iter().filter(|c| !c.ended);
    let mut fds: Vec<PollFd<'_>> = open.map(|c| PollFd::new(&c.socket, PollFlags::IN)).collect();
    let timeout = Timespec { tv_sec: 0, tv_nsec: at_most.min(SLICE).as_nanos() as _ };
    // An interrupted wait is a short one: the caller looks and waits again.
    let _ = poll(&mut fds, Some(&timeout));
}

/// One call with a JSON answer of at most `limit` bytes.
///
/// # Errors
/// [`HttpError`]; nothing is read behind the deadline, and `stop` is looked at every [`SLICE`].
pub(super) fn call(
    request: &Request<'_>,
    limit: usize,
    deadline: Instant,
    stop: &dyn Fn() -> bool,
) -> Result<Value, HttpError> {
    let begun = Instant::now();
    let mut connection = Connection { limit, ..Connection::open(request)? };
    loop {
        if stop() {
            return Err(HttpError::Cancelled);
        }
        let grew = connection.pump()?;
        if let Some(value) = connection.json(!grew)? {
            return Ok(value);
        }
        let now = Instant::now();
        if now >= deadline {
            return Err(HttpError::Timeout { after_ms: begun.elapsed().as_millis() as u64 });
        }
        wait(&[&connection], deadline - now);
    }
}

enum Parsed {
    Value(Value),
    CutOff,
    Wrong,
}

/// The first JSON value; what follows it (line ends, a second answer) is not looked at.
fn first_json(bytes: &[u8]) -> Parsed {
    match serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().next() {
        Some(Ok(value)) => Parsed::Value(value),
        Some(Err(e)) if !e.is_eof() => Parsed::Wrong,
        _ => Parsed::CutOff,
    }
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Where the body begins.
    pub(super) body_at: usize,
    /// Content-Length, where it is told.
    pub(super) length: Option<usize>,
    pub(super) chunked: bool,
    /// Content-Type, lower case but for what stands behind `=`.
    pub(super) content_type: String,
}

impl Head {
    /// Reads the head; `None` while it is not complete.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, HttpError> {
        let mut skipped = 0;
        loop {
            let Some(head) = Self::parse_one(bytes.get(skipped..).unwrap_or_default())? else {
                return Ok(None);
            };
            // 1xx only announces an answer (RFC 9110, 15.2).
            if (100..200).contains(&head.status) {
                skipped += head.body_at;
                continue;
            }
            return Ok(Some(Self { body_at: head.body_at + skipped, ..head }));
        }
    }

    fn parse_one(bytes: &[u8]) -> Result<Option<Self>, HttpError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let mut config = httparse::ParserConfig::default();
        config
            .allow_spaces_after_header_name_in_responses(true)
            .allow_multiple_spaces_in_response_status_delimiters(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true);
        let within = bytes.get(..bytes.len().min(HEAD_MAX_BYTES)).unwrap_or_default();
        let body_at = match config.parse_response(&mut response, within) {
            Ok(httparse::Status::Complete(at)) => at,
            Ok(httparse::Status::Partial) if bytes.len() >= HEAD_MAX_BYTES => {
                return Err(HttpError::TooLarge { what: "the head of the answer", limit: HEAD_MAX_BYTES });
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(e) => return Err(HttpError::Malformed(format!("the answer is not HTTP ({e})"))),
        };
        let mut head = Self {
            status: response.code.unwrap_or_default(),
            body_at,
            length: None,
            chunked: false,
            content_type: String::new(),
        };
        for header in response.headers.iter() {
            let value = String::from_utf8_lossy(header.value).trim().to_owned();
            match header.name.trim().to_ascii_lowercase().as_str() {
                "content-length" => head.set_length(&value)?,
                "transfer-encoding" => head.chunked |= value.to_ascii_lowercase().contains("chunked"),
                "content-type" => head.content_type = value,
                _ => {}
            }
        }
        Ok(Some(head))
    }

    fn set_length(&mut self, value: &str) -> Result<(), HttpError> {
        let length = value
            .parse::<usize>()
            .map_err(|_| HttpError::Malformed("the length of the answer is no number".to_owned()))?;
        if length > BODY_MAX_BYTES {
            return Err(HttpError::TooLarge { what: "the answer", limit: BODY_MAX_BYTES });
        }
        if self.length.is_some_and(|other| other != length) {
            return Err(HttpError::Malformed("the answer tells two lengths".to_owned()));
        }
        self.length = Some(length);
        Ok(())
    }

    /// A value that came with another status than 200 counts only when it says what is wrong.
    fn accept(&self, value: Value) -> Result<Value, HttpError> {
        let first = value.get(0).unwrap_or(&value);
        let tells = first.get("error").is_some() || first.get("errorCode").is_some();
        let redirect = (300..400).contains(&self.status);
        if self.status == 200 || (tells && !redirect) { Ok(value) } else { Err(self.refused()) }
    }

    fn refused(&self) -> HttpError {
        match self.status {
            300..400 => HttpError::Malformed(format!("a redirect (HTTP status {}) is refused", self.status)),
            status => HttpError::Malformed(format!("HTTP status {status}")),
        }
    }
}

/// Takes chunked transfer coding off (RFC 9112, 7.1), piece by piece.
#[derive(Default)]
pub(super) struct Chunks {
    kept: Vec<u8>,
    /// Bytes of the running chunk that have not come yet, with its line end.
    left: usize,
    /// True behind the last chunk.
    pub(super) done: bool,
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chunks({} bytes, done {})", self.kept.len(), self.done)
    }
}

impl Chunks {
    /// Adds what came and gives the content in it.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<u8>, HttpError> {
        self.kept.extend_from_slice(bytes);
        let (mut at, mut out) = (0, Vec::new());
        while !self.done {
            let rest = self.kept.get(at..).unwrap_or_default();
            if self.left > 2 {
                let take = rest.len().min(self.left - 2);
                if take == 0 {
                    break;
                }
                out.extend_from_slice(rest.get(..take).unwrap_or_default());
                (at, self.left) = (at + take, self.left - take);
            } else if self.left > 0 {
                // The line end behind a chunk.
                let take = rest.len().min(self.left);
                if take == 0 {
                    break;
                }
                (at, self.left) = (at + take, self.left - take);
            } else {
                match httparse::parse_chunk_size(rest) {
                    Ok(httparse::Status::Complete((_, 0))) => self.done = true,
                    Ok(httparse::Status::Complete((used, size))) => {
                        let size = usize::try_from(size).ok().filter(|n| *n <= BODY_MAX_BYTES);
                        let limit = HttpError::TooLarge { what: "a chunk", limit: BODY_MAX_BYTES };
                        self.left = size.ok_or(limit)? + 2;
                        at += used;
                    }
                    Ok(httparse::Status::Partial) if rest.len() < 1024 => break,
                    _ => return Err(HttpError::Malformed("a chunk without its size".to_owned())),
                }
            }
        }
        self.kept.drain(..at.min(self.kept.len()));
        Ok(out)
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
