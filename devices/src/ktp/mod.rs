//! The KTP-el application on a contactless card, above [`ApduChannel`].
//!
//! Commands are ISO/IEC 7816-4 (SELECT by file identifier, READ BINARY). The application is DF 7F0A; every EF in it
//! begins with its length in two bytes, big endian. Anybody may read EF 6FF2, the photo; the rest wants a SAM (see
//! [`sam`] and [`protected`]). The layout is the one that several public readers agree on; no specification of the
//! card is public.

pub mod apdu;
pub mod biodata;
mod files;
pub mod protected;
pub mod sam;
pub mod simulation;

use std::time::Duration;

use biometrics::codec::{self, Format};

pub use files::{FILE_MAX_BYTES, signalling};

use crate::pace;
use crate::traits::{ApduChannel, CaptureWatch, CardReader};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, CardRead, CardType, DeviceFault, Retry};
use apdu::Conversation;

/// Code of [`DeviceFault::Reported`] when another program has reset the card: everything is to be read again.
pub const CARD_RESET: &str = "card-reset";
/// Time between two looks for a card.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Pause after a beginning that came to nothing: a reset by another program takes its time.
const BEGIN_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// Beginnings of one reading: a card that is laid down comes and goes a few times until it lies still.
const BEGINNINGS_MAX: u32 = 4;

/// Does [`CaptureTask::Card`] on a reader: waits for a card and reads its free part.
///
/// A card without the application gives a [`CardRead`] with `is_ktp` false. A KTP-el without photo (none written, or
/// not readable) gives one without.
///
/// # Errors
/// [`Retry::NothingPresented`] when no card came before the deadline; [`Retry::CardRemoved`] when it was taken away;
/// [`Retry::NotKtp`] when the card does not even tell a UID; [`DeviceFault`].
pub fn capture(
    reader: &mut dyn CardReader,
    task: &CaptureTask,
    watch: &mut dyn CaptureWatch,
) -> Result<Captured, CaptureEnd> {
    let CaptureTask::Card { photo } = *task else { return Err(DeviceFault::Unsupported.into()) };
    let mut beginnings_left = BEGINNINGS_MAX;
    loop {
        pace::check(watch)?;
        if !reader.card_present(watch.deadline())? {
            pace::wait(LOOK_EVERY, watch, || false);
            continue;
        }
        beginnings_left -= 1;
        let answer = begin_and_read(reader, photo, watch);
        reader.end();
        match answer {
            Err(Ended::AtOnce(CaptureEnd::Retry(Retry::CardRemoved))) if beginnings_left > 0 => {}
            Err(Ended::AtOnce(end) | Ended::Reading(end)) if is_reset(&end) && beginnings_left > 0 => {}
            Err(Ended::AtOnce(end) | Ended::Reading(end)) => return Err(end),
            Ok(read) => return Ok(Captured::Card(read)),
        }
        pace::wait(BEGIN_AGAIN_AFTER, watch, || false);
    }
}

/// Where a reading ended.
enum Ended {
    /// Before the card had answered anything.
    AtOnce(CaptureEnd),
    Reading(CaptureEnd),
}

fn is_reset(end: &CaptureEnd) -> bool {
    matches!(end, CaptureEnd::Fault(DeviceFault::Reported { code }) if code == CARD_RESET)
}

fn begin_and_read(
    channel: &mut dyn ApduChannel,
    photo: bool,
    watch: &dyn CaptureWatch,
) -> Result<CardRead, Ended> {
    let atr = channel.begin(watch).map_err(Ended::AtOnce)?;
    read_free(channel, &atr, photo, watch).map_err(Ended::Reading)
}

/// Reads the free part of the card on a channel on which [`ApduChannel::begin`] gave this ATR.
///
/// # Errors
/// As [`capture`].
pub fn read_free(
    channel: &mut dyn ApduChannel,
    atr: &[u8],
    photo: bool,
    watch: &dyn CaptureWatch,
) -> Result<CardRead, CaptureEnd> {
    let mut card = Conversation::new(channel, watch);
    let identity = identify(&mut card, atr)?;
    let photo = match photo && identity.is_ktp {
        true => read_photo(&mut card)?,
        false => None,
    };
    Ok(CardRead { photo, ..identity })
}

/// Selects the application and finds out UID and type.
fn identify(card: &mut Conversation<'_>, atr: &[u8]) -> Result<CardRead, CaptureEnd> {
    let uid = files::uid_of_reader(card)?;
    let card_type = signalling(atr, uid.as_deref());
    let is_ktp = files::select_application(card)?;
    // A PUPI is no identity, so the chip is asked; so is any chip whose reader tells nothing.
    let serial = match is_ktp && (uid.is_none() || card_type == CardType::B) {
        true => files::chip_serial(card)?,
        false => None,
    };
    let card_type = match card_type {
        CardType::Unknown if serial.is_some() => CardType::B,
        known => known,
    };
    match serial.or(uid) {
        Some(uid) => Ok(CardRead { uid, card_type, is_ktp, photo: None }),
        None if is_ktp => Err(apdu::protocol("neither reader nor card tell a UID").into()),
        None => Err(Retry::NotKtp.into()),
    }
}

fn read_photo(card: &mut Conversation<'_>) -> Result<Option<Vec<u8>>, CaptureEnd> {
    let photo = files::read_file(files::EF_PHOTO, files::PLAIN, &mut |apdu| card.send(apdu))?;
    match photo.filter(|photo| !photo.is_empty()) {
        Some(photo) if photo_media_type(&photo).is_none() => {
            let detail = "the photo on the chip is no JPEG, PNG or JPEG 2000".to_owned();
            Err(DeviceFault::BadData { detail }.into())
        }
        photo => Ok(photo),
    }
}

/// Media type of a photo from a chip by its first bytes; `None` when it is no picture of a kind that is taken.
#[must_use]
pub fn photo_media_type(photo: &[u8]) -> Option<&'static str> {
    match codec::sniff(photo)? {
        Format::Jpeg => Some("image/jpeg"),
        Format::Png => Some("image/png"),
        Format::Jp2 => Some("image/jp2"),
        Format::J2k => Some("image/j2c"),
        _ => None,
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
