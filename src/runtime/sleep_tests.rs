#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zbus::blocking::connection::Builder as ConnectionBuilder;
use zbus::zvariant::Value;

use super::*;

/// Tells what happens by a list, and notes when it is held and let go.
struct Scripted {
    happens: Vec<Happens>,
    held: Arc<Mutex<Vec<&'static str>>>,
}

struct Held(Arc<Mutex<Vec<&'static str>>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("let go");
    }
}

impl Sleeper for Scripted {
    fn hold(&mut self) -> Option<Hold> {
        self.held.lock().unwrap().push("held");
        Some(Box::new(Held(self.held.clone())))
    }
    fn next(&mut self) -> Option<Happens> {
        (!self.happens.is_empty()).then(|| self.happens.remove(0))
    }
}

#[test]
fn sleep_is_let_go_after_the_lock_and_held_again_after_waking() {
    let check = |happens: &[Happens], expected: &[&str]| {
        let noted = Arc::new(Mutex::new(Vec::new()));
        let mut sleeper = Scripted { happens: happens.to_vec(), held: noted.clone() };
        watch(&mut sleeper, &|why| noted.lock().unwrap().push(why));
        assert_eq!(*noted.lock().unwrap(), expected);
    };
    use Happens::{Sleeps, Wakes};
    check(&[], &["held", "let go"]);
    check(&[Sleeps], &["held", "sleep", "let go"]);
    check(&[Sleeps, Wakes], &["held", "sleep", "let go", "held", "let go"]);
    check(&[Sleeps, Sleeps], &["held", "sleep", "let go", "sleep"]);
}

#[test]
fn each_closing_of_the_lid_locks_once() {
    let check = |lid: &[Option<bool>], expected: usize| {
        let left = RefCell::new(lid.to_vec());
        let locked = Cell::new(0);
        let mut closed = || left.borrow_mut().remove(0);
        watch_lid(&mut closed, &|| !left.borrow().is_empty(), &|why| {
            assert_eq!(why, "lid");
            locked.set(locked.get() + 1);
        });
        assert_eq!(locked.get(), expected, "{lid:?}");
    };
    let (open, shut) = (Some(false), Some(true));
    check(&[open, open], 0);
    check(&[open, shut, shut, open, shut], 2);
    check(&[shut], 1);
    check(&[open, None, shut], 1);
    check(&[shut, None, shut], 1);
}

/// A logind of our own at the other end of a socket.
struct FakeManager {
    inhibited: Mutex<SyncSender<(String, String)>>,
    /// What an inhibitor is: closed when it is given back.
    kept: Mutex<Vec<UnixStream>>,
    lid: Arc<AtomicBool>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl FakeManager {
    fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> zbus::zvariant::OwnedFd {
        let (ours, theirs) = UnixStream::pair().unwrap();
        self.kept.lock().unwrap().push(ours);
        self.inhibited.lock().unwrap().send((what.to_owned(), mode.to_owned())).unwrap();
        std::os::fd::OwnedFd::from(theirs).into()
    }
    #[zbus(property(emits_changed_signal = "false"))]
    fn lid_closed(&self) -> bool {
        self.lid.load(Ordering::Acquire)
    }
    #[zbus(signal)]
    async fn prepare_for_sleep(
        emitter: &zbus::object_server::SignalEmitter<'_>,
        begins: bool,
    ) -> zbus::Result<()>;
}

/// Both ends of a peer-to-peer connection: ours, and logind's.
fn bus() -> (Connection, Connection, Receiver<(String, String)>, Arc<AtomicBool>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (inhibited, asked) = sync_channel(16);
    let lid = Arc::new(AtomicBool::new(false));
    let manager = FakeManager { inhibited: Mutex::new(inhibited), kept: Mutex::default(), lid: lid.clone() };
    let server = std::thread::Builder::new().spawn(move || {
        let guid = zbus::Guid::generate();
        ConnectionBuilder::async_io_unix_stream(theirs)
            .server(guid)
            .unwrap()
            .p2p()
            .serve_at(PATH, manager)
            .unwrap()
            .build()
            .unwrap()
    });
    let client = ConnectionBuilder::async_io_unix_stream(ours).p2p().build().unwrap();
    (client, server.unwrap().join().unwrap(), asked, lid)
}

#[test]
fn logind_is_understood_over_a_real_connection() {
    let (client, server, asked, lid) = bus();
    assert_eq!(lid_closed(&client), Some(false));
    lid.store(true, Ordering::Release);
    assert_eq!(lid_closed(&client), Some(true), "it is asked anew each time");
    let mut logind = Logind::new(&client).unwrap();
    let held = logind.hold().unwrap();
    assert_eq!(asked.recv().unwrap(), ("sleep".to_owned(), "delay".to_owned()));
    let emit = |begins: bool| {
        server.emit_signal(None::<&str>, PATH, MANAGER, "PrepareForSleep", &(begins,)).unwrap();
    };
    emit(true);
    emit(false);
    assert_eq!((logind.next(), logind.next()), (Some(Happens::Sleeps), Some(Happens::Wakes)));
    drop(held);
    // A signal of another form is passed over.
    server.emit_signal(None::<&str>, PATH, MANAGER, "PrepareForSleep", &(Value::from("?"),)).unwrap();
    emit(true);
    assert_eq!(logind.next(), Some(Happens::Sleeps));
    client.close().unwrap();
    assert_eq!(logind.next(), None, "the bus has ended");
}
