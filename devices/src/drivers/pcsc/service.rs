//! The few calls of PC/SC that the driver makes, behind traits so that tests need no service.

use std::ffi::CString;
use std::time::Duration;

use ::pcsc::{
    Card, Context, Disposition, Error, MAX_BUFFER_SIZE, PNP_NOTIFICATION, Protocols, ReaderState, Scope,
    ShareMode, State,
};

/// Tries to begin a transaction on a card that other programs reset.
const BEGIN_TRIES: u32 = 3;

/// What a look shows of one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// Name, as the service tells it.
    pub(super) name: String,
    /// True when a card is there that answers.
    pub(super) card: bool,
}

/// The service. Every call blocks and may block for as long as the service likes.
pub(super) trait Service: Send + Sync + std::fmt::Debug {
    /// A context for watching readers.
    fn watch(&self) -> Result<Box<dyn Watch>, Error>;
    /// Connects to the card in a reader, in a context of its own, and begins a transaction.
    fn connect(&self, reader: &str) -> Result<Box<dyn Link>, Error>;
}

/// A context that watches.
pub(super) trait Watch: Send {
    /// Waits until readers or cards change, at most `timeout`, and tells what is there.
    fn look(&mut self, timeout: Duration) -> Result<Vec<Seen>, Error>;
}

/// A connection to a card, no other program between. Dropping it lets the card go, and resets it where a session was
/// opened.
pub(super) trait Link: Send {
    /// Answer to reset.
    fn atr(&self) -> Vec<u8>;
    /// One command.
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, Error>;
}

/// The service of this machine.
#[derive(Debug)]
pub(super) struct SystemService;

impl Service for SystemService {
    fn watch(&self) -> Result<Box<dyn Watch>, Error> {
        let context = Context::establish(Scope::User)?;
        let states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        Ok(Box::new(SystemWatch { context, states }))
    }

    fn connect(&self, reader: &str) -> Result<Box<dyn Link>, Error> {
        let context = Context::establish(Scope::User)?;
        let name = CString::new(reader).map_err(|_| Error::UnknownReader)?;
        // Shared, as services of a desktop often keep connections open; the transaction keeps them away.
        let mut card = context.connect(&name, ShareMode::Shared, Protocols::ANY)?;
        begin(&mut card)?;
        let atr = card.status2_owned()?.atr().to_vec();
        Ok(Box::new(SystemLink { card: Some(card), atr, authenticated: false }))
    }
}

fn begin(card: &mut Card) -> Result<(), Error> {
    let mut tries_left = BEGIN_TRIES;
    loop {
        let error = match card.transaction() {
            Ok(transaction) => {
                // It lasts as long as the connection: disconnecting ends it. The guard would only borrow the card.
                std::mem::forget(transaction);
                return Ok(());
            }
            Err(e) => e,
        };
        if error != Error::ResetCard || tries_left == 0 {
            return Err(error);
        }
        // Another program has reset the card: take note of that, then it is ours.
        tries_left -= 1;
        card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)?;
    }
}

struct SystemLink {
    /// None only while it is dropped.
    card: Option<Card>,
    atr: Vec<u8>,
    /// True once a session was opened that must not be left to the next program.
    authenticated: bool,
}

impl Link for SystemLink {
    fn atr(&self) -> Vec<u8> {
        self.atr.clone()
    }

    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, Error> {
        // EXTERNAL AUTHENTICATE of the card, opening of a SAM.
        self.authenticated |= matches!(apdu.get(1), Some(0x82 | 0xF0));
        let mut buffer = [0; MAX_BUFFER_SIZE];
        let card = self.card.as_ref().ok_or(Error::InvalidHandle)?;
        card.transmit(apdu, &mut buffer).map(<[u8]>::to_vec)
    }
}

impl Drop for SystemLink {
    fn drop(&mut self) {
        // A card that was only looked at is left as it is: a reset takes its time and disturbs who comes next.
        let how = if self.authenticated { Disposition::ResetCard } else { Disposition::LeaveCard };
        if let Some(Err((card, error))) = self.card.take().map(|card| card.disconnect(how)) {
            tracing::debug!(error = error as u32, "card not let go");
            // The handle is no longer known (card, reader or service gone); dropping it tries once more.
            drop(card);
        }
    }
}

struct SystemWatch {
    context: Context,
    states: Vec<ReaderState>,
}

impl Watch for SystemWatch {
    fn look(&mut self, timeout: Duration) -> Result<Vec<Seen>, Error> {
        self.states.retain(|state| !is_gone(state));
        let names = match self.context.list_readers_owned() {
            Ok(names) => names,
            Err(Error::NoReadersAvailable) => Vec::new(),
            Err(e) => return Err(e),
        };
        for name in names {
            if !self.states.iter().any(|state| state.name() == name.as_c_str()) {
                self.states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        self.states.iter_mut().for_each(ReaderState::sync_current_state);
        match self.context.get_status_change(timeout, &mut self.states) {
            Ok(()) | Err(Error::Timeout) => {}
            Err(e) => return Err(e),
        }
        let readers = self.states.iter().filter(|s| s.name() != PNP_NOTIFICATION() && !is_gone(s));
        let seen = |state: &ReaderState| Seen {
            name: state.name().to_string_lossy().into_owned(),
            card: state.event_state().contains(State::PRESENT) && !state.event_state().contains(State::MUTE),
        };
        Ok(readers.map(seen).collect())
    }
}

fn is_gone(state: &ReaderState) -> bool {
    state.event_state().intersects(State::UNKNOWN | State::IGNORE | State::UNAVAILABLE)
}
