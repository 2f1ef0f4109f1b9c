//! The virtual KTP-el card, and the virtual SAM: what lies on a virtual reader of pcscd.
//!
//! It speaks the protocol of vsmartcard's `vpcd` (see [`vpcd`]) as a client: connecting lays the card down,
//! disconnecting takes it away. Cryptography is that of [`devices::ktp::simulation`]: not the real one.

mod vpcd;

use std::io::Write;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use devices::drivers::simulated::card_photo;
use devices::ktp::simulation::{
    CardFault, Contents, FaultyCard, Secrets, SerialCommand, SimulatedCard, SimulatedSam,
};
use devices::vocabulary::CardType;

use vpcd::{Came, Line, Message};

/// Most bytes of a photo or biodata file: what the length field of a file can say.
const FILE_MAX_BYTES: u64 = 65_535;
/// Time between two tries to reach the reader.
const RECONNECT: Duration = Duration::from_millis(300);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// Longest wait for a command between two looks at the time.
const SLICE: Duration = Duration::from_millis(50);

/// Signalling of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Type {
    A,
    B,
}

/// Which command gives the serial number of a type B chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Serial {
    Dd,
    Df,
    None,
}

/// Arguments of the program.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Be the SAM instead of a card.
    #[arg(long)]
    sam: bool,
    /// Where vpcd listens.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port of the reader [default: 35963, for a SAM 35964].
    #[arg(long)]
    port: Option<u16>,
    /// UID (type A) or serial number (type B) in hexadecimal; 8 bytes for type B.
    #[arg(long, default_value = "0452454b414d01", value_parser = uid)]
    uid: Bytes,
    /// Signalling.
    #[arg(long = "type", value_enum, default_value = "a")]
    card_type: Type,
    /// Which of the two known commands a type B chip answers with its serial number.
    #[arg(long, value_enum, default_value = "dd")]
    serial_command: Serial,
    /// The photo file; without it a portrait in the public domain.
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
    /// Length that the card says of its photo, where it lies.
    #[arg(long, value_name = "BYTES")]
    photo_length: Option<u16>,
    /// The biodata file as it is; without it that of the invented person.
    #[arg(long, value_name = "FILE")]
    biodata: Option<PathBuf>,
    /// Which invented person.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    person: u64,
    /// Which invented office: cards and SAM of the same office accept each other.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    office: u64,
    /// A card without the KTP-el application.
    #[arg(long)]
    other_card: bool,
    /// What is wrong with the card, e.g. `remove:5`, `slow:800`, `status:4:6f00`; may be given several times.
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<CardFault>,
    /// Take the card away after this time.
    #[arg(long, value_name = "MS")]
    stay_ms: Option<u64>,
    /// Time until a card that was taken away is laid down again.
    #[arg(long, value_name = "MS", default_value_t = 1500)]
    away_ms: u64,
    /// Lay the card down this many times and end.
    #[arg(long, value_name = "N")]
    times: Option<u64>,
    /// Print commands and answers to stderr. They hold what is on the card.
    #[arg(long)]
    trace: bool,
    /// Print the value that opens the SAM of the office, and end.
    #[arg(long)]
    print_sam_secret: bool,
    /// Write the photo that the card holds to a file, and end.
    #[arg(long, value_name = "FILE")]
    write_photo: Option<PathBuf>,
    /// Write the biodata file that the card holds, and end.
    #[arg(long, value_name = "FILE")]
    write_biodata: Option<PathBuf>,
}

/// Bytes from hexadecimal (a `Vec` would be a list of arguments).
#[derive(Debug, Clone)]
struct Bytes(Vec<u8>);

fn uid(text: &str) -> Result<Bytes, String> {
    let bytes = hex::decode(text).ok().filter(|uid| matches!(uid.len(), 4 | 7 | 8 | 10));
    bytes.map(Bytes).ok_or_else(|| "4, 7, 8 or 10 bytes in hexadecimal".to_owned())
}

/// Runs until stopped.
///
/// # Errors
/// What keeps it from running.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let secrets = Secrets::from_seed(arguments.office);
    if arguments.print_sam_secret {
        writeln!(out, "{}", hex::encode(secrets.opening().expose()))?;
        return Ok(());
    }
    let contents = contents(arguments)?;
    let files = [(&arguments.write_photo, &contents.photo), (&arguments.write_biodata, &contents.biodata)];
    if files.iter().any(|(path, _)| path.is_some()) {
        for (path, bytes) in files {
            if let Some(path) = path {
                std::fs::write(path, bytes)
                    .with_context(|| format!("{} cannot be written", path.display()))?;
            }
        }
        return Ok(());
    }
    let laid = match arguments.sam {
        true => Laid::Sam(SimulatedSam::new(secrets)),
        false => Laid::Card(FaultyCard::new(
            SimulatedCard::new(Arc::new(contents), secrets)?,
            arguments.faults.clone(),
        )),
    };
    Table { arguments, laid, trace: arguments.trace }.serve(&mut out)
}

fn contents(arguments: &Arguments) -> anyhow::Result<Contents> {
    let photo = match &arguments.photo {
        Some(path) => read(path)?,
        None => card_photo()?,
    };
    let mut contents = Contents::new(arguments.person, arguments.uid.0.clone(), photo);
    (contents.card_type, contents.serial_command) = match arguments.card_type {
        Type::A => (CardType::A, SerialCommand::None),
        Type::B if arguments.serial_command != Serial::None && contents.uid.len() != 8 => {
            bail!("a serial number of type B has 8 bytes; give --uid with 16 digits")
        }
        Type::B => (
            CardType::B,
            match arguments.serial_command {
                Serial::Dd => SerialCommand::Dd,
                Serial::Df => SerialCommand::Df,
                Serial::None => SerialCommand::None,
            },
        ),
    };
    if let Some(path) = &arguments.biodata {
        contents.biodata = read(path)?;
    }
    contents.photo_length = arguments.photo_length;
    contents.is_ktp = !arguments.other_card;
    Ok(contents)
}

fn read(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.len();
    if length > FILE_MAX_BYTES {
        bail!("{} has {length} bytes; a file of the card has at most {FILE_MAX_BYTES}", path.display());
    }
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// What is laid on the reader.
enum Laid {
    Card(FaultyCard),
    Sam(SimulatedSam),
}

struct Table<'a> {
    arguments: &'a Arguments,
    laid: Laid,
    trace: bool,
}

/// Why a card is no longer on the reader.
enum Left {
    Taken,
    ReaderGone,
}

impl Table<'_> {
    /// Lays the card down again and again.
    fn serve(&mut self, out: &mut dyn Write) -> anyhow::Result<()> {
        let name = if self.arguments.sam { "sam" } else { "card" };
        let port = self.arguments.port.unwrap_or(if self.arguments.sam { 35964 } else { 35963 });
        let address = (self.arguments.host.as_str(), port).to_socket_addrs();
        let address = address.with_context(|| format!("{} is no address", self.arguments.host))?.next();
        let address = address.with_context(|| format!("{} has no address", self.arguments.host))?;
        let mut laid = 0;
        while self.arguments.times.is_none_or(|times| laid < times) {
            let line = reach(address, name, out)?;
            laid += 1;
            writeln!(out, "{name}: laid down ({laid})")?;
            match self.lie(line) {
                Left::Taken => {
                    writeln!(out, "{name}: taken away")?;
                    std::thread::sleep(Duration::from_millis(self.arguments.away_ms));
                }
                Left::ReaderGone => {
                    writeln!(out, "{name}: the reader is gone")?;
                    std::thread::sleep(RECONNECT);
                }
            }
        }
        Ok(())
    }

    /// Answers until the card is taken away.
    fn lie(&mut self, mut line: Line<TcpStream>) -> Left {
        if let Laid::Card(card) = &mut self.laid {
            card.insert();
        }
        let until = self.arguments.stay_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        loop {
            if until.is_some_and(|until| Instant::now() >= until) {
                return Left::Taken;
            }
            let message = match line.next() {
                Came::Message(message) => message,
                Came::Nothing => continue,
                Came::End => return Left::ReaderGone,
            };
            let answer = match message {
                Message::PowerOff => continue,
                Message::PowerOn | Message::Reset => {
                    match &mut self.laid {
                        Laid::Card(card) => card.reset(),
                        Laid::Sam(sam) => sam.reset(),
                    }
                    continue;
                }
                Message::GetAtr => match &self.laid {
                    Laid::Card(card) => card.atr(),
                    Laid::Sam(sam) => sam.atr(),
                },
                Message::Apdu(apdu) => match self.answer(&apdu) {
                    Some(answer) => answer,
                    None => return Left::Taken,
                },
            };
            if line.send(&answer).is_err() {
                return Left::ReaderGone;
            }
        }
    }

    fn answer(&mut self, apdu: &[u8]) -> Option<Vec<u8>> {
        let answer = match &mut self.laid {
            Laid::Sam(sam) => Some(sam.answer(apdu)),
            Laid::Card(card) => {
                let reply = card.answer(apdu);
                std::thread::sleep(reply.after);
                reply.bytes
            }
        };
        if self.trace {
            let told = answer.as_ref().map_or_else(|| "(taken away)".to_owned(), hex::encode);
            writeln!(std::io::stderr(), "> {}\n< {told}", hex::encode(apdu)).ok();
        }
        answer
    }
}

/// Connects to the reader, as long as it takes.
fn reach(address: SocketAddr, name: &str, out: &mut dyn Write) -> anyhow::Result<Line<TcpStream>> {
    let mut told = false;
    loop {
        let reached = TcpStream::connect_timeout(&address, CONNECT_WITHIN).and_then(|stream| {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(SLICE))?;
            stream.set_write_timeout(Some(CONNECT_WITHIN))?;
            Ok(Line::new(stream))
        });
        match reached {
            Ok(line) => return Ok(line),
            Err(e) if !told => {
                writeln!(
                    out,
                    "{name}: no virtual reader at {address} ({}); start pcscd with vpcd",
                    e.kind()
                )?;
                told = true;
            }
            Err(_) => {}
        }
        std::thread::sleep(RECONNECT);
    }
}

#[cfg(test)]
mod tests;
