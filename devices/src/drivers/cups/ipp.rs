//! Questions to CUPS by IPP/2.0 (RFC 8010 for the bytes, RFC 8011 for the attributes) over its local socket.
//!
//! Only the states of printer and job are asked here. `lpstat` cannot tell them: CUPS 2.4 shows the same line for a
//! job that was printed and for one that its filter or the printer gave up.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::vocabulary::DeviceFault;

/// Largest answer that is read, in bytes.
const ANSWER_MAX: u64 = 256 * 1024;
/// Most headers of an answer.
const HEADERS_MAX: usize = 32;
const CHARSET: u8 = 0x47;
const LANGUAGE: u8 = 0x48;
const URI: u8 = 0x45;
const KEYWORD: u8 = 0x44;
const NAME: u8 = 0x42;
const INTEGER: u8 = 0x21;
const ENUM: u8 = 0x23;
const BOOLEAN: u8 = 0x22;

/// What is asked (RFC 8011 §5.4.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Operation {
    JobAttributes = 0x0009,
    PrinterAttributes = 0x000B,
}

/// Attributes by name, each with its values as they came; the names and values that are asked for are ASCII.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    attributes: Vec<(String, u8, Vec<u8>)>,
}

impl Answer {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (u8, &'a [u8])> {
        self.attributes
            .iter()
            .filter(move |(n, _, _)| n == name)
            .map(|(_, tag, value)| (*tag, value.as_slice()))
    }
    pub(super) fn number(&self, name: &str) -> Option<i32> {
        let (_, bytes) = self.values(name).find(|(tag, _)| matches!(*tag, INTEGER | ENUM))?;
        bytes.try_into().ok().map(i32::from_be_bytes)
    }
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let (_, bytes) = self.values(name).find(|(tag, _)| *tag == BOOLEAN)?;
        bytes.first().map(|b| *b != 0)
    }
    pub(super) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok())
    }
}

/// Where CUPS listens: a socket file or `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server(pub(super) String);

trait Line: Read + Write {}
impl<T: Read + Write> Line for T {}

impl Server {
    fn connect(&self, within: Duration) -> std::io::Result<Box<dyn Line>> {
        if self.0.starts_with('/') {
            let line = connect_local(&self.0, within)?;
            line.set_read_timeout(Some(within))?;
            line.set_write_timeout(Some(within))?;
            return Ok(Box::new(line));
        }
        let nobody = || std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
        let address = self.0.to_socket_addrs()?.next().ok_or_else(nobody)?;
        let line = TcpStream::connect_timeout(&address, within)?;
        line.set_read_timeout(Some(within))?;
        line.set_write_timeout(Some(within))?;
        Ok(Box::new(line))
    }

    /// Asks for attributes of a queue, or of one of its jobs. `None` when there is no such queue or job.
    pub(super) fn ask(
        &self,
        operation: Operation,
        queue: &str,
        job: Option<i32>,
        wanted: &[&str],
        within: Duration,
    ) -> Result<Option<Answer>, DeviceFault> {
        let begun = Instant::now();
        let body = request(operation, queue, job, wanted);
        let head = format!(
            "POST /printers/{queue} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let failed = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => hung(begun),
            _ => DeviceFault::ServiceMissing { service: super::ID.to_owned() },
        };
        let mut line = self.connect(within).map_err(failed)?;
        line.write_all(head.as_bytes()).and_then(|()| line.write_all(&body)).map_err(failed)?;
        let mut bytes = Vec::new();
        let mut chunk = [0; 4_096];
        // Each read has its own limit; a server that dribbles is stopped by the one over all.
        while begun.elapsed() <= within && (bytes.len() as u64) < ANSWER_MAX {
            match line.read(&mut chunk).map_err(failed)? {
                0 => break,
                count => bytes.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            }
            if let Some(body) = http_body(&bytes)? {
                return parse(&body);
            }
        }
        if begun.elapsed() > within {
            Err(hung(begun))
        } else {
            Err(wrong("its answer is cut off or too long"))
        }
    }
}

/// Connects to a socket file. Where too many wait for the server already, this waits for at most `within`.
fn connect_local(path: &str, within: Duration) -> std::io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // Of a local socket this is the limit for connecting, too.
    set_socket_timeout(&socket, Timeout::Send, Some(within))?;
    net::connect(&socket, &address)?;
    Ok(UnixStream::from(socket))
}

fn hung(begun: Instant) -> DeviceFault {
    DeviceFault::Hung { after_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX) }
}

fn wrong(what: &str) -> DeviceFault {
    DeviceFault::Protocol { detail: format!("CUPS: {what}") }
}

/// A request (RFC 8010 §3.1).
fn request(operation: Operation, queue: &str, job: Option<i32>, wanted: &[&str]) -> Vec<u8> {
    let mut out = vec![2, 0];
    out.extend_from_slice(&(operation as u16).to_be_bytes());
    out.extend_from_slice(&1_i32.to_be_bytes());
    out.push(0x01); // operation-attributes-tag
    let mut add = |tag: u8, name: &str, value: &[u8]| {
        out.push(tag);
        for part in [name.as_bytes(), value] {
            // Names and values are our own and short.
            out.extend_from_slice(&(part.len() as u16).to_be_bytes());
            out.extend_from_slice(part);
        }
    };
    add(CHARSET, "attributes-charset", b"utf-8");
    add(LANGUAGE, "attributes-natural-language", b"en");
    add(URI, "printer-uri", format!("ipp://localhost/printers/{queue}").as_bytes());
    if let Some(job) = job {
        add(INTEGER, "job-id", &job.to_be_bytes());
    }
    add(NAME, "requesting-user-name", b"rekam");
    for (index, keyword) in wanted.iter().enumerate() {
        add(KEYWORD, if index == 0 { "requested-attributes" } else { "" }, keyword.as_bytes());
    }
    out.push(0x03); // end-of-attributes-tag
    out
}

/// The body of an HTTP answer once it is whole; `None` while more must come.
fn http_body(bytes: &[u8]) -> Result<Option<Vec<u8>>, DeviceFault> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let start = match head.parse(bytes) {
        Ok(httparse::Status::Complete(start)) => start,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(wrong("the answer is no HTTP")),
    };
    match head.code {
        Some(200) => {}
        Some(401 | 403) => return Err(DeviceFault::NotPermitted),
        code => return Err(wrong(&format!("HTTP status {}", code.unwrap_or_default()))),
    }
    let header = |name: &str| {
        let found = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    let body = bytes.get(start..).unwrap_or_default();
    if header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
        return chunks(body);
    }
    let length = header("content-length").and_then(|v| v.parse::<usize>().ok());
    let length = length.ok_or_else(|| wrong("the answer has no length"))?;
    Ok(body.get(..length).map(<[u8]>::to_vec))
}

/// A chunked body (RFC 9112 §7.1) once its last chunk is there.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, DeviceFault> {
    let mut body = Vec::new();
    loop {
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(wrong("the answer's chunks cannot be read")),
        };
        if size == 0 {
            return Ok(Some(body));
        }
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let Some(chunk) = end.and_then(|end| rest.get(start..end)) else { return Ok(None) };
        body.extend_from_slice(chunk);
        rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        rest = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    }
}

/// An answer (RFC 8010 §3.1); `None` for `client-error-not-found`.
fn parse(bytes: &[u8]) -> Result<Option<Answer>, DeviceFault> {
    let cut = || wrong("the answer's attributes cannot be read");
    let status = bytes.get(2..4).and_then(|s| s.try_into().ok()).map(u16::from_be_bytes).ok_or_else(cut)?;
    match status {
        0..=0x00FF => {}
        0x0401..=0x0403 => return Err(DeviceFault::NotPermitted),
        0x0406 => return Ok(None),
        code => return Err(DeviceFault::Reported { code: format!("ipp-{code:04x}") }),
    }
    let mut answer = Answer::default();
    let mut rest = bytes.get(8..).ok_or_else(cut)?;
    loop {
        let (tag, after) = rest.split_first().ok_or_else(cut)?;
        rest = after;
        match tag {
            0x03 => return Ok(Some(answer)),
            0x00..=0x0F => continue,
            _ => {}
        }
        let name = part(&mut rest).ok_or_else(cut)?;
        let value = part(&mut rest).ok_or_else(cut)?;
        // A value without a name is a further one of the attribute before.
        let name = match (name, answer.attributes.last()) {
            ([], Some((before, _, _))) => before.clone(),
            (name, _) => String::from_utf8_lossy(name).into_owned(),
        };
        answer.attributes.push((name, *tag, value.to_vec()));
    }
}

/// Bytes behind their length (u16, big-endian).
fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_at_checked(2)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    let (value, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(value)
}

#[cfg(test)]
#[path = "ipp_tests.rs"]
pub(super) mod tests;
