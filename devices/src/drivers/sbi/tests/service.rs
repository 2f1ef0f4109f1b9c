//! A device service by script: raw answers, written by hand from the protocol's page.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A call as it came.
#[derive(Debug, Clone)]
pub(in crate::drivers::sbi) struct Call {
    pub(in crate::drivers::sbi) method: String,
    pub(in crate::drivers::sbi) head: String,
    pub(in crate::drivers::sbi) body: String,
    /// How many bytes the first read gave.
    pub(in crate::drivers::sbi) first_read: usize,
    stop: Arc<AtomicBool>,
}

impl Call {
    /// True while the caller and the test are still there.
    pub(in crate::drivers::sbi) fn goes_on(&self, socket: &TcpStream) -> bool {
        let mut one = [0u8; 1];
        socket.set_nonblocking(true).unwrap();
        let gone = matches!(socket.peek(&mut one), Ok(0));
        socket.set_nonblocking(false).unwrap();
        !gone && !self.stop.load(Ordering::Acquire)
    }

    /// Waits so long, or until the caller is gone.
    pub(in crate::drivers::sbi) fn wait(&self, time: Duration, socket: &TcpStream) {
        let until = Instant::now() + time;
        while Instant::now() < until && self.goes_on(socket) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Keeps the connection open until the caller is gone.
    pub(in crate::drivers::sbi) fn hold(&self, socket: &TcpStream) {
        self.wait(Duration::from_secs(120), socket);
    }

    pub(in crate::drivers::sbi) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

type Handler = Box<dyn Fn(&Call, &mut TcpStream) + Send + Sync>;

/// A service on a port of its own; ends when it is dropped.
pub(in crate::drivers::sbi) struct Service {
    pub(in crate::drivers::sbi) port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Which method is answered how.
#[derive(Default)]
pub(in crate::drivers::sbi) struct Script(BTreeMap<&'static str, Handler>);

impl Script {
    pub(in crate::drivers::sbi) fn on(
        mut self,
        method: &'static str,
        handler: impl Fn(&Call, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        self.0.insert(method, Box::new(handler));
        self
    }
}

impl Service {
    /// Starts it; `script` is made with the port that it got.
    pub(in crate::drivers::sbi) fn start(script: impl FnOnce(u16) -> Script) -> Self {
        Self::start_on(TcpListener::bind(("127.0.0.1", 0)).unwrap(), script)
    }

    pub(in crate::drivers::sbi) fn start_on(
        listener: TcpListener,
        script: impl FnOnce(u16) -> Script,
    ) -> Self {
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let script = Arc::new(script(port));
        let (calls, stop) = (Arc::<Mutex<Vec<Call>>>::default(), Arc::<AtomicBool>::default());
        let (heard, until) = (calls.clone(), stop.clone());
        let serve = move || {
            let mut workers = Vec::new();
            while !until.load(Ordering::Acquire) {
                let Ok((socket, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(2));
                    continue;
                };
                let (script, heard, until) = (script.clone(), heard.clone(), until.clone());
                let work = move || answer(socket, &script, &heard, &until);
                workers.push(std::thread::Builder::new().name("test-service".into()).spawn(work).unwrap());
            }
            drop(listener);
            for worker in workers {
                worker.join().ok();
            }
        };
        let thread = std::thread::Builder::new().name("test-service".into()).spawn(serve).unwrap();
        Self { port, calls, stop, thread: Some(thread) }
    }

    /// The calls so far.
    pub(in crate::drivers::sbi) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn answer(mut socket: TcpStream, script: &Script, heard: &Mutex<Vec<Call>>, stop: &Arc<AtomicBool>) {
    socket.set_nonblocking(false).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (mut bytes, mut first_read, mut chunk) = (Vec::new(), 0, [0u8; 65536]);
    let call = loop {
        let Ok(n @ 1..) = socket.read(&mut chunk) else { return };
        first_read = if bytes.is_empty() { n } else { first_read };
        bytes.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).unwrap_or("0");
        if body.len() >= length.parse::<usize>().unwrap() {
            let method = head.split(' ').next().unwrap().to_owned();
            let (head, body) = (head.to_owned(), body.to_owned());
            break Call { method, head, body, first_read, stop: stop.clone() };
        }
    };
    heard.lock().unwrap().push(call.clone());
    if let Some(handler) = script.0.get(call.method.as_str()) {
        handler(&call, &mut socket);
    }
}

/// Sends bytes; a caller that is gone is no failure of the service.
pub(in crate::drivers::sbi) fn send(socket: &mut TcpStream, bytes: impl AsRef<[u8]>) {
    socket.write_all(bytes.as_ref()).ok();
}

/// An answer as the protocol's page shows it.
pub(in crate::drivers::sbi) fn json_answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nCACHE-CONTROL:no-store\r\nLOCATION:http://127.0.0.1:4501\r\nContent-Length:{}\r\n\
         Content-Type: application/json\r\nConnection: Closed\r\n\r\n{body}",
        body.len()
    )
}
