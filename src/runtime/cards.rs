//! What a card reader gave, as sessions and handovers keep it.

use biometrics::codec::{Format, decode_rgb, encode_jpeg, sniff};
use devices::vocabulary::CardRead;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::analysis::{AnalysisError, Request};
use crate::session::sample::{CardSample, Media};

/// JPEG quality of a picture that the chip holds in another form.
const QUALITY: u8 = 92;
/// Longest side of a picture on a chip that is taken, in pixels: cards hold some hundred.
const SIDE_MAX_PX: u32 = 2_000;

/// A card's sample. A picture that cannot be decoded counts as none: the operator judges it unreadable.
pub(super) fn sample(request: &Request<'_>, read: CardRead) -> Result<CardSample, AnalysisError> {
    let mut salt = [0; 16];
    record::keys::fill_random(&mut salt)?;
    Ok(CardSample {
        uid_hmac: uid_hmac(&salt, &read.uid),
        salt: hex::encode(salt),
        uid: read.uid,
        card_type: read.card_type,
        is_ktp: read.is_ktp,
        photo: read.photo.and_then(picture),
        device: request.stamp(),
    })
}

/// HMAC-SHA-256 of a UID under a salt, hex.
fn uid_hmac(salt: &[u8], uid: &[u8]) -> String {
    // HMAC takes keys of any length; the error arm exists only in the trait.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(salt) else { return String::new() };
    mac.update(uid);
    hex::encode(mac.finalize().into_bytes())
}

fn picture(bytes: Vec<u8>) -> Option<Media> {
    let image = decode_rgb(&bytes).ok().filter(|i| i.width().max(i.height()) <= SIDE_MAX_PX)?;
    let jpeg = match sniff(&bytes) {
        Some(Format::Jpeg) => bytes,
        _ => encode_jpeg(&image, QUALITY).ok()?,
    };
    Some(Media::new("image/jpeg", jpeg))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use biometrics::codec::encode_png_rgb;
    use biometrics::image::RgbImage;

    use super::*;

    #[test]
    fn a_picture_of_any_form_becomes_jpeg_and_rubbish_none() {
        let image = RgbImage::new(40, 50, vec![90; 40 * 50 * 3]).unwrap();
        let jpeg = encode_jpeg(&image, 80).unwrap();
        let check = |bytes: &[u8], expected: Option<bool>| {
            let found = picture(bytes.to_vec());
            assert!(found.as_ref().is_none_or(|m| m.bytes.starts_with(&[0xFF, 0xD8])));
            assert_eq!(found.map(|m| *m.bytes == *jpeg), expected);
        };
        check(&jpeg, Some(true));
        check(&encode_png_rgb(&image).unwrap(), Some(false));
        check(&jpeg[..20], None);
        check(b"", None);
        check(b"not a picture", None);
    }

    #[test]
    fn the_digest_is_keyed_by_the_salt() {
        assert_ne!(uid_hmac(&[1; 16], &[4; 7]), uid_hmac(&[2; 16], &[4; 7]));
        assert_ne!(uid_hmac(&[1; 16], &[4; 7]), uid_hmac(&[1; 16], &[5; 7]));
        // RFC 4231 §4.2: test case 1, with a key of 20 bytes.
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(uid_hmac(&[0x0b; 20], b"Hi There"), expected);
    }
}
