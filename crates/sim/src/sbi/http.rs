//! The little HTTP that the protocol needs, bounded on every side: one request, one answer, one connection.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::control::Oddities;

/// Longest head of a request, in bytes.
pub const HEAD_MAX: usize = 16 * 1024;
/// Longest body of a request, in bytes.
pub const BODY_MAX: usize = 256 * 1024;
const HEADERS_MAX: usize = 64;
/// What a client that was refused may still send before the connection is closed.
const DRAIN_MAX: usize = 256 * 1024;
const DRAIN_TIME: Duration = Duration::from_millis(300);

/// A request that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// Why a request was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The client closed before it had said anything whole.
    Closed,
    /// The request did not come in time.
    Slow,
    /// Not HTTP.
    Garbage,
    /// Head longer than [`HEAD_MAX`] or with too many headers.
    HeadTooLong,
    /// Body longer than [`BODY_MAX`].
    BodyTooLong,
}

impl Refused {
    /// Status line's code and reason.
    pub(super) const fn status(self) -> &'static str {
        match self {
            Self::Closed | Self::Garbage => "400 Bad Request",
            Self::Slow => "408 Request Timeout",
            Self::HeadTooLong => "431 Request Header Fields Too Large",
            Self::BodyTooLong => "413 Content Too Large",
        }
    }
}

/// Reads one request.
pub(super) fn read(stream: &mut TcpStream, oddities: Oddities, time: Duration) -> Result<Request, Refused> {
    let until = Instant::now() + time;
    let mut bytes = Vec::new();
    let (head, method, path, length) = loop {
        if let Some(found) = parse(&bytes, oddities)? {
            break found;
        }
        if bytes.len() >= HEAD_MAX {
            return Err(Refused::HeadTooLong);
        }
        if read_some(stream, &mut bytes, until)? == 0 {
            return Err(Refused::Closed);
        }
    };
    if length > BODY_MAX {
        return Err(Refused::BodyTooLong);
    }
    let mut body = bytes.split_off(head);
    if oddities.body_in_one_read {
        if body.is_empty() && length > 0 {
            read_some(stream, &mut body, until)?;
        }
        read_ready(stream, &mut body, length);
    } else {
        while body.len() < length {
            if read_some(stream, &mut body, until)? == 0 {
                return Err(Refused::Closed);
            }
        }
    }
    body.truncate(length);
    Ok(Request { method, path, body })
}

/// Length of the head, method, path and length of the body; `None` while the head is not whole.
fn parse(bytes: &[u8], oddities: Oddities) -> Result<Option<(usize, String, String, usize)>, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Refused::HeadTooLong),
        Err(_) => return Err(Refused::Garbage),
    };
    let length = if oddities.strict_length_header {
        strict_length(&bytes[..head])
    } else {
        let header = request.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
        match header {
            Some(h) => {
                std::str::from_utf8(h.value).ok().and_then(|v| v.parse().ok()).ok_or(Refused::Garbage)?
            }
            None => 0,
        }
    };
    let (method, path) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    Ok(Some((head, method.to_owned(), path.to_owned(), length)))
}

/// The mock service's reading: two spellings of the name, the number from the seventeenth character on.
fn strict_length(head: &[u8]) -> usize {
    const NAMES: [&[u8]; 2] = [b"Content-Length:", b"content-length:"];
    let line = head.split(|b| *b == b'\n').find(|line| NAMES.iter().any(|name| line.starts_with(name)));
    let number = line.and_then(|line| line.get(16..)).and_then(|rest| std::str::from_utf8(rest).ok());
    number.and_then(|text| text.trim_end_matches('\r').parse().ok()).unwrap_or(0)
}

fn read_some(stream: &mut TcpStream, into: &mut Vec<u8>, until: Instant) -> Result<usize, Refused> {
    let left = until.saturating_duration_since(Instant::now());
    // Zero would mean without end.
    if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
        return Err(Refused::Slow);
    }
    let mut buffer = [0; 16 * 1024];
    loop {
        return match stream.read(&mut buffer) {
            Ok(count) => {
                into.extend_from_slice(buffer.get(..count).unwrap_or_default());
                Ok(count)
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(Refused::Slow),
            Err(_) => Err(Refused::Closed),
        };
    }
}

/// Reads what is there already, up to `length`.
fn read_ready(stream: &mut TcpStream, into: &mut Vec<u8>, length: usize) {
    let mut buffer = [0; 16 * 1024];
    if stream.set_nonblocking(true).is_ok() {
        while into.len() < length {
            match stream.read(&mut buffer) {
                Ok(count @ 1..) => into.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                _ => break,
            }
        }
    }
    // A socket that stays non-blocking fails its next write, which closes it.
    let _ = stream.set_nonblocking(false);
}

/// True when the client has closed its side.
pub(super) fn closed(stream: &TcpStream) -> bool {
    let mut byte = [0];
    if stream.set_nonblocking(true).is_err() {
        return true;
    }
    let gone = match stream.peek(&mut byte) {
        Ok(count) => count == 0,
        Err(e) => e.kind() != ErrorKind::WouldBlock,
    };
    stream.set_nonblocking(false).is_err() || gone
}

/// The head of a JSON answer.
pub(super) fn head(status: &str, port: u16, length: u64) -> String {
    format!(
        "HTTP/1.1 {status}\r\n\
         Access-Control-Allow-Headers:Content-Type\r\n\
         Access-Control-Allow-Origin: *\r\n\
         Access-Control-Allow-Methods: OPTIONS,RCAPTURE,CAPTURE,MOSIPDINFO,MOSIPDISC,STREAM,POST\r\n\
         Access-Control-Allow-Credentials: true\r\n\
         CACHE-CONTROL:no-cache\r\n\
         Content-Length: {length}\r\n\
         Content-Type: application/json\r\n\
         LOCATION: HTTP://127.0.0.1:{port}/\r\n\
         Connection: close\r\n\r\n"
    )
}

/// The answer to `OPTIONS`: no body, no length, and it says that the connection stays although it does not.
pub(super) const OPTIONS: &str = "HTTP/1.1 200 OK\r\n\
    Access-Control-Allow-Origin:*\r\n\
    Access-Control-Allow-Headers:Content-Type\r\n\
    Access-Control-Allow-Methods:OPTIONS, RCAPTURE, CAPTURE, MOSIPDINFO, MOSIPDISC, STREAM, POST\r\n\
    CACHE-CONTROL:no-cache\r\n\
    Connection: Keep-Alive\r\n\r\n";

/// A whole JSON answer.
pub(super) fn answer(status: &str, port: u16, body: &str, oddities: Oddities) -> Vec<u8> {
    let tail = if oddities.empty_lines { "\r\n\r\n" } else { "" };
    format!("{}{body}{tail}", head(status, port, body.len() as u64)).into_bytes()
}

/// Bytes that an answer without end has.
pub const HUGE_BYTES: u64 = 1 << 30;

/// Sends spaces until [`HUGE_BYTES`] are sent, the client closes or `stopped` says so.
pub(super) fn flood(stream: &mut TcpStream, stopped: impl Fn() -> bool) -> std::io::Result<()> {
    static CHUNK: [u8; 64 * 1024] = [b' '; 64 * 1024];
    for _ in 0..HUGE_BYTES / CHUNK.len() as u64 {
        if stopped() {
            break;
        }
        stream.write_all(&CHUNK)?;
    }
    Ok(())
}

/// Ends a connection so that the answer arrives even where the client still sends: without this the system would
/// take back the answer.
pub(super) fn finish(stream: &mut TcpStream) {
    if stream.flush().is_err() || stream.shutdown(std::net::Shutdown::Write).is_err() {
        return;
    }
    let until = Instant::now() + DRAIN_TIME;
    let mut rest = Vec::new();
    while rest.len() < DRAIN_MAX && matches!(read_some(stream, &mut rest, until), Ok(1..)) {}
}
