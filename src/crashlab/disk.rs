//! A disk with a volatile write cache, served to a virtual machine by the NBD protocol over a UNIX socket.
//!
//! What the machine writes stays in the cache until it asks for a flush (or writes with FUA); then it goes to the image
//! file. When the power is cut each write that is still in the cache is kept or lost on its own, or torn at a sector of 4 KiB:
//! what a real drive may do. So a flush that somebody leaves out is missed, not only a page that was never written.
//!
//! Protocol: <https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md>, fixed newstyle negotiation, simple
//! replies. One client at a time.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::{UnixListener, UnixStream};

use crate::vault::testing::Random;

/// What a drive writes whole or not at all: the physical sector of today's drives. (With 512 bytes ext4 itself gives up:
/// a torn commit block of its journal has a wrong checksum, and the file system is not mounted without a repair.)
const SECTOR: u64 = 4_096;
const MAGIC: u64 = 0x4e42_444d_4147_4943; // NBDMAGIC
const OPTION_MAGIC: u64 = 0x4948_4156_454f_5054; // IHAVEOPT
const REPLY_MAGIC: u64 = 0x0003_e889_0455_65a9;
const REQUEST: u32 = 0x2560_9513;
const RESPONSE: u32 = 0x6744_6698;
/// NBD_FLAG_FIXED_NEWSTYLE, NBD_FLAG_NO_ZEROES.
const HANDSHAKE: u16 = 3;
/// NBD_FLAG_HAS_FLAGS, SEND_FLUSH, SEND_FUA.
const TRANSMISSION: u16 = 1 | 4 | 8;
const EXPORT_NAME: u32 = 1;
const ABORT: u32 = 2;
const INFO: u32 = 6;
const GO: u32 = 7;
const ACK: u32 = 1;
const REP_INFO: u32 = 3;
const UNSUPPORTED: u32 = 0x8000_0001;
/// Longest option and longest request, in bytes.
const OPTION_MAX: u32 = 4_096;
const REQUEST_MAX: u32 = 32 * 1024 * 1024;
const EINVAL: u32 = 22;

/// A write that is not durable.
struct Cached {
    offset: u64,
    bytes: Vec<u8>,
}

/// The disk: an image file and the cache before it.
pub struct VolatileDisk {
    image: File,
    len: u64,
    cache: Vec<Cached>,
    random: Random,
    /// Writes and flushes so far, and writes that power cuts lost or tore.
    pub writes: u64,
    /// Flushes so far.
    pub flushes: u64,
    /// Writes that power cuts lost or tore.
    pub lost_writes: u64,
}

fn number<const N: usize>(stream: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn u16_of(stream: &mut impl Read) -> io::Result<u16> {
    number(stream).map(u16::from_be_bytes)
}
fn u32_of(stream: &mut impl Read) -> io::Result<u32> {
    number(stream).map(u32::from_be_bytes)
}
fn u64_of(stream: &mut impl Read) -> io::Result<u64> {
    number(stream).map(u64::from_be_bytes)
}

impl VolatileDisk {
    /// A disk over an image of whole sectors.
    ///
    /// # Errors
    /// The system's.
    pub fn new(image: File, seed: u64) -> io::Result<Self> {
        let len = image.metadata()?.len();
        let random = Random(seed);
        Ok(Self { image, len, cache: Vec::new(), random, writes: 0, flushes: 0, lost_writes: 0 })
    }

    /// Reads through the cache.
    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.image.read_exact_at(bytes, offset)?;
        let end = offset + bytes.len() as u64;
        for cached in &self.cache {
            let from = cached.offset.max(offset);
            let to = (cached.offset + cached.bytes.len() as u64).min(end);
            if from < to {
                let place = |at: u64, base: u64| usize::try_from(at - base).unwrap_or(usize::MAX);
                bytes[place(from, offset)..place(to, offset)]
                    .copy_from_slice(&cached.bytes[place(from, cached.offset)..place(to, cached.offset)]);
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        for cached in self.cache.drain(..) {
            self.image.write_all_at(&cached.bytes, cached.offset)?;
        }
        Ok(())
    }

    /// What the cut leaves of the cache goes to the image.
    ///
    /// # Errors
    /// The system's.
    pub fn cut(&mut self) -> io::Result<()> {
        for cached in std::mem::take(&mut self.cache) {
            let len = cached.bytes.len() as u64;
            let sectors = len.div_ceil(SECTOR);
            let kept = match self.random.below(4) {
                0 | 1 => sectors,
                2 => self.random.below(sectors + 1),
                _ => 0,
            };
            self.lost_writes += u64::from(kept < sectors);
            let kept = usize::try_from((kept * SECTOR).min(len)).unwrap_or(0);
            self.image.write_all_at(&cached.bytes[..kept], cached.offset)?;
        }
        Ok(())
    }

    /// Serves the next client until it is gone.
    ///
    /// # Errors
    /// That nobody can be served any more; a client that goes away in the middle is none.
    pub fn serve(&mut self, listener: &UnixListener) -> io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        match self
            .negotiate(&mut stream)
            .and_then(|goes_on| if goes_on { self.transmit(&mut stream) } else { Ok(()) })
        {
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
                ) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    fn negotiate(&self, stream: &mut UnixStream) -> io::Result<bool> {
        stream.write_all(&[MAGIC.to_be_bytes(), OPTION_MAGIC.to_be_bytes()].concat())?;
        stream.write_all(&HANDSHAKE.to_be_bytes())?;
        let flags = u32_of(stream)?;
        loop {
            if u64_of(stream)? != OPTION_MAGIC {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let (option, len) = (u32_of(stream)?, u32_of(stream)?);
            if len > OPTION_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
            io::copy(&mut Read::take(&mut *stream, u64::from(len)), &mut io::sink())?;
            let reply = |kind: u32, data: &[u8]| {
                let len = u32::try_from(data.len()).unwrap_or(0);
                let head = [option.to_be_bytes(), kind.to_be_bytes(), len.to_be_bytes()].concat();
                [&REPLY_MAGIC.to_be_bytes()[..], &head, data].concat()
            };
            match option {
                EXPORT_NAME => {
                    stream.write_all(&self.len.to_be_bytes())?;
                    stream.write_all(&TRANSMISSION.to_be_bytes())?;
                    // NBD_FLAG_C_NO_ZEROES
                    if flags & 2 == 0 {
                        stream.write_all(&[0; 124])?;
                    }
                    return Ok(true);
                }
                INFO | GO => {
                    // NBD_INFO_EXPORT
                    let info =
                        [&0u16.to_be_bytes()[..], &self.len.to_be_bytes(), &TRANSMISSION.to_be_bytes()]
                            .concat();
                    stream.write_all(&reply(REP_INFO, &info))?;
                    stream.write_all(&reply(ACK, &[]))?;
                    if option == GO {
                        return Ok(true);
                    }
                }
                ABORT => {
                    stream.write_all(&reply(ACK, &[]))?;
                    return Ok(false);
                }
                _ => stream.write_all(&reply(UNSUPPORTED, &[]))?,
            }
        }
    }

    fn transmit(&mut self, stream: &mut UnixStream) -> io::Result<()> {
        loop {
            if u32_of(stream)? != REQUEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let (flags, kind, handle) = (u16_of(stream)?, u16_of(stream)?, u64_of(stream)?);
            let (offset, len) = (u64_of(stream)?, u32_of(stream)?);
            let inside =
                len <= REQUEST_MAX && offset.checked_add(u64::from(len)).is_some_and(|end| end <= self.len);
            let mut data = Vec::new();
            let mut error = if inside { 0 } else { EINVAL };
            match kind {
                0 if inside => {
                    data = vec![0; usize::try_from(len).unwrap_or(0)];
                    self.read(offset, &mut data)?;
                }
                1 => {
                    if !inside {
                        return Err(io::ErrorKind::InvalidData.into());
                    }
                    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
                    stream.read_exact(&mut bytes)?;
                    self.writes += 1;
                    // NBD_CMD_FLAG_FUA: this write alone is durable, and what lies under it must not come back over it.
                    self.cache.push(Cached { offset, bytes });
                    if flags & 1 != 0 {
                        self.flush()?;
                    }
                }
                2 => return Ok(()),
                3 => {
                    self.flushes += 1;
                    self.flush()?;
                }
                0 => {}
                _ => error = EINVAL,
            }
            let head = [&RESPONSE.to_be_bytes()[..], &error.to_be_bytes(), &handle.to_be_bytes()].concat();
            stream.write_all(&head)?;
            stream.write_all(&data)?;
        }
    }
}
