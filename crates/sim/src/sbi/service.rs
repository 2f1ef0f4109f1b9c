//! The running service: a port, a thread that accepts and one for each connection.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::admin;
use super::capture;
use super::control::{Control, Fault, Oddities, Person};
use super::http::{self, Refused, Request};
use super::keys::{KeyError, KeySource, Keys};
use super::messages;
use super::state::{Faults, Shared};
use super::stream;
use super::wire::{Method, Modality, Purpose, Refusal};

/// First and last port of the protocol.
pub const PORTS: std::ops::RangeInclusive<u16> = 4501..=4600;
/// Connections at once; further ones are closed.
pub const CONNECTIONS_MAX: usize = 64;
/// How long a client may take to read what is sent.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// Time between two looks for a new connection.
const ACCEPT_EVERY: Duration = Duration::from_millis(5);
/// Time between two looks whether a client that is left without an answer is still there.
const HANG_LOOK_EVERY: Duration = Duration::from_millis(100);

/// How a service is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port on 127.0.0.1; 0 for any free one, none for the first free one of [`PORTS`].
    pub port: Option<u16>,
    /// Which devices it has.
    pub devices: Vec<Modality>,
    /// Who is in front of them.
    pub person: Person,
    /// How it differs from the standards.
    pub oddities: Oddities,
    /// Where its keys come from.
    pub keys: KeySource,
    /// What it is for.
    pub purpose: Purpose,
    /// Devices of level L1 (digital ids signed by the trusted module) instead of L0.
    pub l1: bool,
    /// Environment that device info tells.
    pub env: String,
    /// How long a capture takes.
    pub capture: Duration,
    /// Time between two live pictures; the protocol asks for three a second or more.
    pub frame_every: Duration,
    /// How long a client may take to send its request.
    pub read_time: Duration,
    /// Runs with different seeds give different impressions of the same person.
    pub session_seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            port: None,
            devices: Modality::ALL.to_vec(),
            person: Person::new(1),
            oddities: Oddities::MOCK,
            keys: KeySource::Process,
            purpose: Purpose::Registration,
            l1: false,
            env: "Developer".to_owned(),
            capture: Duration::from_millis(800),
            frame_every: Duration::from_millis(100),
            read_time: Duration::from_secs(5),
            session_seed: since.as_micros() as u64,
        }
    }
}

impl Options {
    /// For tests: any free port, captures that take hardly any time.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            port: Some(0),
            capture: Duration::from_millis(20),
            frame_every: Duration::from_millis(30),
            ..Self::default()
        }
    }
}

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The port cannot be had.
    #[error(
        "SIM-04 port {port} of 127.0.0.1 cannot be used: {reason}; stop what uses it, or choose another by --port"
    )]
    Port {
        /// Which.
        port: u16,
        /// Why.
        reason: io::Error,
    },
    /// No port of the protocol is free.
    #[error(
        "SIM-05 no port of 4501 to 4600 is free on 127.0.0.1; stop a service, or choose another by --port"
    )]
    NoPort,
    /// No keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The system gave no thread.
    #[error("SIM-06 the system gives no thread: {0}")]
    Thread(io::Error),
}

type Sockets = Arc<Mutex<BTreeMap<u64, TcpStream>>>;

/// A running service. Dropping it stops everything: streams, hanging calls, captures.
#[derive(Debug)]
pub struct Service {
    shared: Arc<Shared>,
    sockets: Sockets,
    accepting: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts a service.
    ///
    /// # Errors
    /// [`ServiceError`] says what is missing.
    pub fn start(options: Options) -> Result<Self, ServiceError> {
        let keys = Keys::open(&options.keys)?;
        let (listener, port) = listen(options.port)?;
        listener.set_nonblocking(true).map_err(|reason| ServiceError::Port { port, reason })?;
        let shared = Arc::new(Shared::new(options, keys, port));
        let sockets = Sockets::default();
        let accepting = {
            let (shared, sockets) = (shared.clone(), sockets.clone());
            thread::Builder::new()
                .name("sbi-accept".to_owned())
                .spawn(move || accept(&shared, &sockets, &listener))
                .map_err(ServiceError::Thread)?
        };
        Ok(Self { shared, sockets, accepting: Some(accepting) })
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// The certificate in PEM that a client has to trust.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        self.shared.keys.root_pem()
    }

    /// What sets the service while it runs.
    #[must_use]
    pub fn control(&self) -> Control {
        Control(self.shared.clone())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shared.stop();
        for socket in lock(&self.sockets).values() {
            // One that is closed already is what is wanted.
            let _ = socket.shutdown(Shutdown::Both);
        }
        if let Some(accepting) = self.accepting.take() {
            // A connection's thread that panicked has been reported by its own message.
            let _ = accepting.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(port: Option<u16>) -> Result<(TcpListener, u16), ServiceError> {
    let bind = |port: u16| {
        let failed = |reason| ServiceError::Port { port, reason };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok((listener, port))
    };
    match port {
        Some(port) => bind(port),
        None => PORTS.into_iter().find_map(|port| bind(port).ok()).ok_or(ServiceError::NoPort),
    }
}

/// Accepts until the service stops, then waits for the connections' threads.
fn accept(shared: &Arc<Shared>, sockets: &Sockets, listener: &TcpListener) {
    let mut workers: Vec<JoinHandle<()>> = Vec::new();
    let mut number = 0u64;
    while !shared.stopped() {
        let Ok((socket, _)) = listener.accept() else {
            shared.pause_quietly(ACCEPT_EVERY);
            continue;
        };
        workers.retain(|worker| !worker.is_finished());
        let (true, Ok(kept)) = (workers.len() < CONNECTIONS_MAX, socket.try_clone()) else { continue };
        number += 1;
        lock(sockets).insert(number, kept);
        let leave = Leave { shared: shared.clone(), sockets: sockets.clone(), number };
        shared.change(|state| state.connections += 1);
        let spawned = thread::Builder::new().name(format!("sbi-{number}")).spawn(move || {
            let mut socket = socket;
            connection(&leave.shared, &mut socket);
            drop(leave);
        });
        match spawned {
            Ok(worker) => workers.push(worker),
            Err(e) => tracing::error!(error = %e, "no thread for a connection"),
        }
    }
    // Those that came after the others were shut down.
    for socket in lock(sockets).values() {
        let _ = socket.shutdown(Shutdown::Both);
    }
    for worker in workers {
        let _ = worker.join();
    }
}

/// Takes a connection out of the list when its thread ends, however it ends.
struct Leave {
    shared: Arc<Shared>,
    sockets: Sockets,
    number: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        lock(&self.sockets).remove(&self.number);
        self.shared.change(|state| state.connections = state.connections.saturating_sub(1));
    }
}

fn connection(shared: &Arc<Shared>, socket: &mut TcpStream) {
    let oddities = shared.look(|state| state.oddities);
    let ready = socket.set_nonblocking(false).and_then(|()| socket.set_write_timeout(Some(WRITE_TIME)));
    if ready.is_err() {
        return;
    }
    let done = match http::read(socket, oddities, shared.options.read_time) {
        Ok(request) => serve(shared, socket, &request, oddities),
        Err(Refused::Closed) => return,
        Err(refused) => {
            let body = Refusal::with(500, "not a request of this protocol").json().to_string();
            socket.write_all(&http::answer(refused.status(), shared.port, &body, oddities))
        }
    };
    match done {
        Ok(()) => http::finish(socket),
        Err(e) => tracing::debug!(error = %e, "a connection ended"),
    }
}

fn serve(
    shared: &Arc<Shared>,
    socket: &mut TcpStream,
    request: &Request,
    oddities: Oddities,
) -> io::Result<()> {
    let method = Method::ALL.iter().copied().find(|m| m.wire() == request.method);
    let known = match method {
        None => return socket.write_all(&unknown("405 OK", shared, oddities)),
        Some(Method::Options) => return socket.write_all(http::OPTIONS.as_bytes()),
        Some(Method::Post) => {
            let value = admin::answer(&Control(shared.clone()), &request.path, &request.body);
            return send(socket, shared, &value, oddities);
        }
        Some(method) => method,
    };
    if known.path() != Some(request.path.as_str()) {
        return socket.write_all(&unknown("200 OK", shared, oddities));
    }
    let modality = target(shared, known, &request.body);
    let faults = shared.arrive(known, modality);
    tracing::info!(method = known.wire(), device = modality.map_or("", Modality::wire), "call");
    if faults.has(Fault::Hang) {
        while shared.pause_quietly(HANG_LOOK_EVERY) && !http::closed(socket) {}
        return Ok(());
    }
    if faults.has(Fault::Drop) {
        return socket.shutdown(Shutdown::Both);
    }
    if faults.has(Fault::HugeBody) {
        socket.write_all(http::head("200 OK", shared.port, http::HUGE_BYTES).as_bytes())?;
        return http::flood(socket, || shared.stopped());
    }
    if faults.has(Fault::NotJson) {
        let page = "<html><body>Service</body></html>";
        return socket.write_all(&http::answer("200 OK", shared.port, page, oddities));
    }
    if known == Method::Stream {
        return stream::serve(shared, socket, &request.body, &faults);
    }
    // A capture is delayed within its own time.
    if known != Method::RCapture && !shared.delay(known, modality) {
        return Ok(());
    }
    let value = value(shared, known, &request.body, &faults);
    let value = if faults.has(Fault::Numbers) { messages::numbers(value) } else { value };
    let value = if faults.has(Fault::Nulls) { messages::without_empty(value) } else { value };
    if faults.has(Fault::Cut) {
        let whole = http::answer("200 OK", shared.port, &value.to_string(), oddities);
        let head = whole.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
        let half = head + whole.len().saturating_sub(head) / 2;
        return socket.write_all(whole.get(..half).unwrap_or_default());
    }
    send(socket, shared, &value, oddities)
}

/// The answer to a method that has one JSON answer.
fn value(shared: &Shared, method: Method, body: &[u8], faults: &Faults) -> Value {
    let planned = faults.error().map(Refusal::from);
    match (method, planned) {
        (Method::Disc | Method::Info, Some(refusal)) => json!([{ "error": refusal.json() }]),
        (_, Some(refusal)) => capture::error(&refusal, Some("")),
        (Method::Disc, None) => messages::discover(shared, body, faults),
        (Method::Info, None) => messages::info(shared, faults).unwrap_or_else(|e| {
            tracing::error!(error = %e, "no device info");
            json!([{ "error": Refusal::from(999).json() }])
        }),
        (Method::Capture, None) => {
            // Captures for authentication are encrypted for a centre that this simulator does not have.
            let code = if messages::for_auth(shared) { 808 } else { 809 };
            capture::error(&Refusal::from(code), Some(""))
        }
        (_, None) => capture::answer(shared, body, faults),
    }
}

/// The device that a request names, where it is there.
fn target(shared: &Shared, method: Method, body: &[u8]) -> Option<Modality> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    match method {
        Method::Disc => Modality::from_wire(&text(&value, "type")?),
        Method::Stream => shared.look(|state| state.by_id(&text(&value, "deviceId")?)),
        Method::RCapture | Method::Capture => {
            let bio = value.get("bio")?.get(0)?.clone();
            shared.look(|state| state.by_id(&text(&bio, "deviceId")?))
        }
        Method::Info | Method::Options | Method::Post => None,
    }
}

fn unknown(status: &str, shared: &Shared, oddities: Oddities) -> Vec<u8> {
    http::answer(status, shared.port, &Refusal::from(500).json().to_string(), oddities)
}

fn send(socket: &mut TcpStream, shared: &Shared, value: &Value, oddities: Oddities) -> io::Result<()> {
    socket.write_all(&http::answer("200 OK", shared.port, &value.to_string(), oddities))
}
