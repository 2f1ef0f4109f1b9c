//! The KTP-el application on a contactless card, above [`CardReader`]: what can be read without a SAM.
//!
//! Commands are ISO/IEC 7816-4 (SELECT by file identifier, READ BINARY); the UID comes by the GET DATA command of
//! PC/SC part 3. Layout of the application: DF 7F0A with EF 6FF2 (photo, readable by anybody), every EF beginning with
//! its length in two bytes, big endian.

use std::time::{Duration, Instant};

use crate::pace;
use crate::traits::{CaptureWatch, CardReader};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, CardRead, CardType, DeviceFault, Retry};

const SELECT_APPLICATION: [u8; 7] = [0x00, 0xA4, 0x00, 0x00, 0x02, 0x7F, 0x0A];
const SELECT_PHOTO: [u8; 7] = [0x00, 0xA4, 0x00, 0x00, 0x02, 0x6F, 0xF2];
/// Bytes of one READ BINARY.
const CHUNK_BYTES: usize = 0x70;
/// Longest photo file that is read.
const PHOTO_MAX_BYTES: usize = 32 * 1024;
/// Time between two looks for a card.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Does [`CaptureTask::Card`] on a reader: waits for a card and reads its free part.
///
/// # Errors
/// [`Retry::NothingPresented`] when no card came before the deadline; [`Retry`] for what the person can mend;
/// [`DeviceFault`].
pub fn capture(
    reader: &mut dyn CardReader,
    task: &CaptureTask,
    watch: &mut dyn CaptureWatch,
) -> Result<Captured, CaptureEnd> {
    let CaptureTask::Card { photo } = *task else { return Err(DeviceFault::Unsupported.into()) };
    loop {
        pace::check(watch)?;
        if let Some(uid) = reader.card_uid(watch.deadline())? {
            let (is_ktp, photo) = read(reader, photo, watch)?;
            return Ok(Captured::Card(CardRead { uid, card_type: CardType::Unknown, is_ktp, photo }));
        }
        pace::wait(LOOK_EVERY, watch, || false);
    }
}

fn read(
    reader: &mut dyn CardReader,
    photo: bool,
    watch: &dyn CaptureWatch,
) -> Result<(bool, Option<Vec<u8>>), CaptureEnd> {
    if answer(reader, &SELECT_APPLICATION, watch.deadline())?.1 != 0x9000 {
        return Ok((false, None));
    }
    if !photo || answer(reader, &SELECT_PHOTO, watch.deadline())?.1 != 0x9000 {
        return Ok((true, None));
    }
    let (head, _) = answer(reader, &read_binary(0, 2), watch.deadline())?;
    let [high, low] = head[..] else {
        return Err(DeviceFault::Protocol { detail: "no length before the photo".to_owned() }.into());
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > PHOTO_MAX_BYTES {
        return Err(DeviceFault::Protocol { detail: format!("a photo of {length} bytes") }.into());
    }
    let mut photo = Vec::with_capacity(length);
    while photo.len() < length {
        pace::check(watch)?;
        let wanted = CHUNK_BYTES.min(length - photo.len());
        let (data, _) = answer(reader, &read_binary(2 + photo.len(), wanted), watch.deadline())?;
        if data.is_empty() || data.len() > wanted {
            return Err(Retry::CardRemoved.into());
        }
        photo.extend(data);
    }
    Ok((true, Some(photo)))
}

fn read_binary(offset: usize, length: usize) -> [u8; 5] {
    let [high, low] = (offset as u16).to_be_bytes();
    [0x00, 0xB0, high, low, length as u8]
}

/// Data and status word of an answer.
fn answer(
    reader: &mut dyn CardReader,
    apdu: &[u8],
    deadline: Instant,
) -> Result<(Vec<u8>, u16), DeviceFault> {
    let mut data = reader.transmit(apdu, deadline)?;
    let word = data.split_off(data.len().saturating_sub(2));
    match word[..] {
        [high, low] => Ok((data, u16::from_be_bytes([high, low]))),
        _ => Err(DeviceFault::Protocol { detail: "an answer without status word".to_owned() }),
    }
}
