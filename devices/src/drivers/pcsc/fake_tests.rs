#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A scripted PC/SC service: it can be missing, stop, start again, lose readers and cards, hang and be busy.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use ::pcsc::Error;

use super::service::{Link, Seen, Service, Watch};
use crate::ktp::simulation::{FaultyCard, SimulatedSam};

/// What lies on a reader.
pub(super) enum Laid {
    Card(FaultyCard),
    Sam(SimulatedSam),
}

impl Laid {
    fn atr(&self) -> Vec<u8> {
        match self {
            Self::Card(card) => card.atr(),
            Self::Sam(sam) => sam.atr(),
        }
    }
}

#[derive(Default)]
struct World {
    /// 0 while the service does not run, else which run of it.
    run: u64,
    runs: u64,
    readers: BTreeMap<String, Place>,
    /// Commands hang while it is true.
    hangs: bool,
    /// Another program holds every card while it is true.
    held: bool,
    /// Looks hang while it is true.
    looks_hang: bool,
    /// Error of the next command, and of every command.
    next: Option<Error>,
    always: Option<Error>,
    /// The reader is pulled out, or the service stopped, at this command.
    at_command: Option<(u32, Fate)>,
    changes: u64,
    /// Watches that live.
    watches: usize,
}

/// What happens at a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    ReaderOut,
    ServiceStops,
    CardOut,
    /// As vpcd does it: no error, but an answer of no bytes.
    CardOutInSilence,
}

#[derive(Default)]
struct Place {
    laid: Option<Laid>,
    /// Counts the cards that were laid down.
    cards: u64,
    /// Cards seen by a connection that was opened.
    commands: u32,
}

struct Inner {
    world: Mutex<World>,
    changed: Condvar,
}

/// The service, and the hands that work on it.
#[derive(Clone)]
pub(super) struct Fake(Arc<Inner>);

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner { world: Mutex::default(), changed: Condvar::new() }))
    }

    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.0.world.lock().unwrap();
        world.changes += 1;
        let out = change(&mut world);
        self.0.changed.notify_all();
        out
    }

    pub(super) fn start(&self) {
        self.change(|world| {
            world.runs += 1;
            world.run = world.runs;
        });
    }
    pub(super) fn stop(&self) {
        self.change(|world| world.run = 0);
    }
    pub(super) fn plug(&self, reader: &str) {
        self.change(|world| world.readers.insert(reader.to_owned(), Place::default()));
    }
    pub(super) fn unplug(&self, reader: &str) {
        self.change(|world| world.readers.remove(reader));
    }
    pub(super) fn lay(&self, reader: &str, laid: Option<Laid>) {
        self.change(|world| {
            if let Some(place) = world.readers.get_mut(reader) {
                (place.laid, place.commands) = (laid, 0);
                place.cards += 1;
            }
        });
    }
    pub(super) fn hang(&self, hangs: bool) {
        self.change(|world| world.hangs = hangs);
    }
    pub(super) fn hold(&self, held: bool) {
        self.change(|world| world.held = held);
    }
    pub(super) fn hang_looks(&self, hangs: bool) {
        self.change(|world| world.looks_hang = hangs);
    }
    pub(super) fn fail_next(&self, error: Error) {
        self.change(|world| world.next = Some(error));
    }
    pub(super) fn fail_always(&self, error: Option<Error>) {
        self.change(|world| world.always = error);
    }
    pub(super) fn at_command(&self, number: u32, fate: Fate) {
        self.change(|world| world.at_command = Some((number, fate)));
    }
    pub(super) fn watches(&self) -> usize {
        self.0.world.lock().unwrap().watches
    }
}

impl Service for Fake {
    fn watch(&self) -> Result<Box<dyn Watch>, Error> {
        self.change(|world| match world.run {
            0 => Err(Error::NoService),
            run => {
                world.watches += 1;
                Ok(Box::new(FakeWatch { fake: self.clone(), run, seen: 0 }) as Box<dyn Watch>)
            }
        })
    }

    fn connect(&self, reader: &str) -> Result<Box<dyn Link>, Error> {
        let world = self.0.world.lock().unwrap();
        // Another program's transaction: as long as it lasts, at most for the time of a test.
        let waited = self.0.changed.wait_timeout_while(world, Duration::from_secs(60), |w| w.held);
        let mut world = waited.unwrap().0;
        let run = world.run;
        if run == 0 {
            return Err(Error::NoService);
        }
        let place = world.readers.get_mut(reader).ok_or(Error::UnknownReader)?;
        let laid = place.laid.as_mut().ok_or(Error::NoSmartcard)?;
        match laid {
            Laid::Card(card) => card.reset(),
            Laid::Sam(sam) => sam.reset(),
        }
        let (atr, card) = (laid.atr(), place.cards);
        Ok(Box::new(FakeLink { fake: self.clone(), run, reader: reader.to_owned(), card, atr }))
    }
}

struct FakeWatch {
    fake: Fake,
    run: u64,
    seen: u64,
}

impl Drop for FakeWatch {
    fn drop(&mut self) {
        self.fake.0.world.lock().unwrap().watches -= 1;
    }
}

impl Watch for FakeWatch {
    fn look(&mut self, timeout: Duration) -> Result<Vec<Seen>, Error> {
        let until = Instant::now() + timeout;
        let mut world = self.fake.0.world.lock().unwrap();
        while world.looks_hang || (world.changes == self.seen && Instant::now() < until) {
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(5));
            world = self.fake.0.changed.wait_timeout(world, left).unwrap().0;
        }
        self.seen = world.changes;
        if world.run != self.run {
            return Err(if world.run == 0 { Error::ServiceStopped } else { Error::InvalidHandle });
        }
        let seen = |(name, place): (&String, &Place)| Seen { name: name.clone(), card: place.laid.is_some() };
        Ok(world.readers.iter().map(seen).collect())
    }
}

struct FakeLink {
    fake: Fake,
    run: u64,
    reader: String,
    card: u64,
    atr: Vec<u8>,
}

impl Link for FakeLink {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, Error> {
        let world = self.fake.0.world.lock().unwrap();
        let waited = self.fake.0.changed.wait_timeout_while(world, Duration::from_secs(60), |w| w.hangs);
        let mut world = waited.unwrap().0;
        if let Some(error) = world.next.take().or(world.always) {
            return Err(error);
        }
        let at_command = world.at_command;
        let place = world.readers.get_mut(&self.reader).ok_or(Error::ReaderUnavailable)?;
        place.commands += 1;
        let commands = place.commands;
        if let Some((number, fate)) = at_command
            && number == commands
        {
            drop(world);
            match fate {
                Fate::ReaderOut => self.fake.unplug(&self.reader),
                Fate::ServiceStops => self.fake.stop(),
                Fate::CardOut | Fate::CardOutInSilence => self.fake.lay(&self.reader, None),
            }
            self.fake.change(|world| world.at_command = None);
            if matches!(fate, Fate::CardOutInSilence) {
                return Ok(Vec::new());
            }
            // What pcscd says of all three.
            return Err(Error::NotTransacted);
        }
        if world.run != self.run {
            return Err(Error::InvalidHandle);
        }
        let place = world.readers.get_mut(&self.reader).ok_or(Error::ReaderUnavailable)?;
        if place.cards != self.card {
            return Err(Error::RemovedCard);
        }
        let reply = match place.laid.as_mut().ok_or(Error::RemovedCard)? {
            Laid::Sam(sam) => return Ok(sam.answer(apdu)),
            Laid::Card(card) => card.answer(apdu),
        };
        drop(world);
        std::thread::sleep(reply.after);
        match reply.bytes {
            Some(bytes) => Ok(bytes),
            None => {
                self.fake.lay(&self.reader, None);
                Err(Error::NotTransacted)
            }
        }
    }
}
