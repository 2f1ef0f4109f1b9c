#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The manager by itself: what becomes of a device that was chosen and does not open.

use devices::vocabulary::HotPlug;

use super::*;
use crate::runtime::clock::FixedClock;
use crate::session::testing as t;

const KIND: DeviceKind = DeviceKind::Fingerprint;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

fn reader(number: u32) -> DeviceInfo {
    DeviceInfo {
        id: DeviceId(format!("simulated-fingerprint-{number}")),
        kind: KIND,
        driver: "simulated".into(),
        model: "test".into(),
        serial: String::new(),
        training_only: true,
    }
}

struct Rig {
    manager: Manager,
    messages: Receiver<DeviceMessage>,
    _answers: Receiver<Answer>,
}

impl Rig {
    fn new() -> Self {
        Self::of(KIND)
    }

    fn of(kind: DeviceKind) -> Self {
        let (out, answers) = Outbox::new(Arc::new(|| {}));
        let (own, messages) = sync_channel(64);
        let setup = format!("[{}]\ndriver = \"simulated\"\ncapture_ms = 1\n", kind.id());
        let host = DeviceHost {
            registry: Arc::new(Registry::new(true)),
            setup: Arc::new(Setup::from_toml(&setup).unwrap()),
            clock: Arc::new(FixedClock::new(t::start())),
            preview: Arc::default(),
            wake: Arc::new(|| {}),
            analysis: sync_channel(1).0,
            out,
        };
        let line = first_lines(&host.registry, &host.setup).remove(0);
        let of_kind = Host {
            line,
            choice: None,
            thread: None,
            running: None,
            next: None,
            opening: None,
            abandoned: 0,
            given_up: false,
            told: BTreeMap::new(),
        };
        let hosts = BTreeMap::from([(kind, of_kind)]);
        let manager =
            Manager { host, own, hosts, tickets: 0, generations: 0, preview: false, changed: false };
        Self { manager, messages, _answers: answers }
    }

    /// Changes to a reader, waits for the end of its opening, gives what is in use, the others, and the state.
    fn change(&mut self, number: u32) -> (Option<DeviceId>, Vec<DeviceId>, DeviceState) {
        self.manager.change(KIND, reader(number).id);
        while self.manager.hosts[&KIND].opening.is_some() {
            self.manager.take(self.messages.recv_timeout(PATIENCE).unwrap());
        }
        let line = &self.manager.hosts[&KIND].line;
        let others = line.others.iter().map(|i| i.id.clone()).collect();
        (line.info.as_ref().map(|i| i.id.clone()), others, line.state.clone())
    }
}

#[test]
fn a_reader_that_does_not_open_leaves_the_way_back_to_the_other() {
    let mut rig = Rig::new();
    let (first, second) = (reader(1).id, reader(2).id);
    for number in [1, 2] {
        rig.manager.hot_plug(HotPlug::Arrived(reader(number)));
    }
    // The second one is plugged in, but the set-up does not know it: it does not open.
    let (used, others, state) = rig.change(2);
    assert_eq!((used, others), (None, vec![second.clone(), first.clone()]));
    assert!(matches!(state, DeviceState::Faulty(DeviceFault::NotFound { .. })), "{state:?}");
    assert_eq!(rig.change(1), (Some(first), vec![second], DeviceState::Ready));
}

#[test]
fn a_reader_that_hangs_while_it_is_opened_leaves_it_too() {
    let mut rig = Rig::new();
    for number in [1, 2] {
        rig.manager.hot_plug(HotPlug::Arrived(reader(number)));
    }
    let host = rig.manager.hosts.get_mut(&KIND).unwrap();
    (host.choice, host.opening) = (Some(reader(2).id), Some(Instant::now()));
    rig.manager.watch();
    let line = &rig.manager.hosts[&KIND].line;
    assert!(matches!(line.state, DeviceState::Faulty(DeviceFault::Hung { .. })), "{:?}", line.state);
    assert_eq!((line.info.is_none(), line.others.len()), (true, 2));
    let first = reader(1).id;
    assert_eq!(rig.change(1).0, Some(first));
}

/// Printers are told as stopped and well by looks and by printing; another one is taken without opening anything.
#[test]
fn printers_are_changed_like_other_devices() {
    let kind = DeviceKind::Printer;
    let mut rig = Rig::of(kind);
    let queue = |name: &str| DeviceInfo { kind, id: DeviceId(name.into()), ..reader(0) };
    let stopped = || DeviceFault::CannotPrint { detail: "stopped".into() };
    for name in ["first", "second"] {
        rig.manager.hot_plug(HotPlug::Arrived(queue(name)));
    }
    let check = |manager: &Manager, used: &str, state: DeviceState| {
        let line = &manager.hosts[&kind].line;
        assert_eq!(line.info.as_ref().map(|i| i.id.0.as_str()), Some(used));
        assert_eq!((line.others.len(), &line.state), (1, &state));
    };
    check(&rig.manager, "first", DeviceState::Ready);
    rig.manager.hot_plug(HotPlug::State(queue("first").id, Some(stopped())));
    check(&rig.manager, "first", DeviceState::Faulty(stopped()));
    rig.manager.take(DeviceMessage::Use(kind, queue("second").id));
    check(&rig.manager, "second", DeviceState::Ready);
    rig.manager.take(DeviceMessage::Use(kind, queue("nowhere").id));
    check(&rig.manager, "second", DeviceState::Ready);
    // The other one is still stopped.
    rig.manager.take(DeviceMessage::Use(kind, queue("first").id));
    check(&rig.manager, "first", DeviceState::Faulty(stopped()));
    rig.manager.hot_plug(HotPlug::State(queue("first").id, None));
    check(&rig.manager, "first", DeviceState::Ready);
    rig.manager.take(DeviceMessage::Printing(Some(DeviceFault::Hung { after_ms: 1 })));
    check(&rig.manager, "first", DeviceState::Faulty(DeviceFault::Hung { after_ms: 1 }));
    rig.manager.take(DeviceMessage::Printing(None));
    check(&rig.manager, "first", DeviceState::Ready);
    rig.manager.hot_plug(HotPlug::Left(queue("first").id));
    rig.manager.take(DeviceMessage::Printing(None));
    let line = &rig.manager.hosts[&kind].line;
    assert_eq!(line.state, DeviceState::Faulty(DeviceFault::Unplugged));
    assert!(rig.manager.hosts[&kind].thread.is_none(), "nothing was opened");
}
