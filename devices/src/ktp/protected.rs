//! The protected part of a KTP-el: mutual authentication of card and SAM, and the files behind it.

use biometrics::iso::incits378::IncitsRecord;

use super::apdu::{self, Conversation, protocol};
use super::biodata::Biodata;
use super::files::{
    self, EF_BIODATA, EF_CARD_CONTROL, EF_DIGITAL_SIGNATURE, EF_MINUTIAE, EF_PHOTO, EF_SIGNATURE, PLAIN,
    WRAPPED,
};
use super::sam::{PROOF_BYTES, Sam, SamSecret, SignatureStep};
use crate::traits::{ApduChannel, CaptureWatch};
use crate::vocabulary::{CaptureEnd, CardRead, DeviceFault, Retry};

/// What stands behind the SAM, with the free part.
#[derive(Clone, PartialEq, Eq)]
pub struct Protected {
    /// The free part.
    pub free: CardRead,
    /// Biodata.
    pub biodata: Biodata,
    /// The signature as the chip holds it: of 168 x 44 pixels, in a compression that is not public.
    pub signature: Option<Vec<u8>>,
    /// The two fingers, `None` where the chip has none.
    pub minutiae: [Option<IncitsRecord>; 2],
    /// True when the SAM found the digital signature over the files good.
    pub genuine: bool,
}

impl std::fmt::Debug for Protected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Protected({:?}, genuine {})", self.free, self.genuine)
    }
}

/// Reads the whole card with a SAM. `card` is a channel to the card, `secret` opens the SAM. Both are let go in the end.
///
/// # Errors
/// [`Retry::NotKtp`] for another card, [`Retry::CardRemoved`]; [`DeviceFault::Untrusted`] when SAM, card or answer are
/// not genuine (a bad digital signature is no error but [`Protected::genuine`]); [`DeviceFault::BadData`] naming the
/// file that cannot be read; [`CaptureEnd`].
pub fn read(
    card: &mut dyn ApduChannel,
    sam: &mut dyn Sam,
    secret: &SamSecret,
    watch: &dyn CaptureWatch,
) -> Result<Protected, CaptureEnd> {
    let answer = read_all(card, sam, secret, watch);
    sam.close();
    card.end();
    answer
}

fn read_all(
    channel: &mut dyn ApduChannel,
    sam: &mut dyn Sam,
    secret: &SamSecret,
    watch: &dyn CaptureWatch,
) -> Result<Protected, CaptureEnd> {
    // The SAM first: there is no need to hold a card for one that does not open.
    sam.open(secret, watch)?;
    let atr = channel.begin(watch)?;
    let free = super::read_free(channel, &atr, true, watch)?;
    if !free.is_ktp {
        return Err(Retry::NotKtp.into());
    }
    let mut session = Session { card: Conversation::new(channel, watch), sam, watch };
    session.authenticate(&free.uid)?;
    session.sam.signature(SignatureStep::Start, &[], watch)?;
    let digital_signature = session.needed(EF_DIGITAL_SIGNATURE)?;
    session.sam.signature(SignatureStep::Signature, &digital_signature, watch)?;
    session.sam.signature(SignatureStep::Photo, free.photo.as_deref().unwrap_or_default(), watch)?;
    session.sam.signature(SignatureStep::AutoDecipher, &[], watch)?;
    let biodata = session.needed(EF_BIODATA)?;
    let signature = session.file(EF_SIGNATURE)?;
    let [first, second] = EF_MINUTIAE;
    let minutiae = [session.file(first)?, session.file(second)?];
    session.sam.signature(SignatureStep::Stop, &[], watch)?;
    let genuine = session.sam.signature(SignatureStep::Verify, &[], watch)?;
    let [first, second] = minutiae;
    Ok(Protected {
        free,
        biodata: Biodata::read(&biodata).map_err(|e| bad("biodata", &e))?,
        signature,
        minutiae: [template(first)?, template(second)?],
        genuine,
    })
}

fn bad(file: &str, error: &dyn std::fmt::Display) -> DeviceFault {
    DeviceFault::BadData { detail: format!("{file} of the card: {error}") }
}

fn template(content: Option<Vec<u8>>) -> Result<Option<IncitsRecord>, DeviceFault> {
    content.map(|content| IncitsRecord::read(&content).map_err(|e| bad("minutiae", &e))).transpose()
}

/// Card and SAM in one session.
struct Session<'a> {
    card: Conversation<'a>,
    sam: &'a mut dyn Sam,
    watch: &'a dyn CaptureWatch,
}

impl Session<'_> {
    /// The mutual authentication: challenge of the card, proof of the SAM, proof of the card.
    fn authenticate(&mut self, uid: &[u8]) -> Result<(), CaptureEnd> {
        let uid = padded(uid)?;
        let control = files::read_file(EF_CARD_CONTROL, PLAIN, &mut |apdu| self.card.send(apdu))?;
        let control = control.ok_or_else(|| protocol("a card without control data"))?;
        let challenge = self.card.send(&[0x00, 0x84, 0x00, 0x00, 0x08])?;
        let challenge = match <[u8; 8]>::try_from(challenge.data) {
            Ok(bytes) if challenge.word == apdu::status::OK => bytes,
            _ => return Err(protocol(format!("no challenge of 8 bytes ({:04x})", challenge.word)).into()),
        };
        let proof = self.sam.prove(&control, &uid, &challenge, self.watch)?;
        let answer = self.card.send(&apdu::with_data([0x00, 0x82, 0x00, 0x00], &proof)?)?;
        match answer {
            answer if answer.is_ok() && answer.data.len() == PROOF_BYTES => {
                self.sam.check(&answer.data, self.watch)
            }
            answer if answer.is_ok() => {
                Err(protocol(format!("a card that proves itself in {} bytes", answer.data.len())).into())
            }
            answer => {
                let detail = format!("the card does not accept this SAM ({:04x})", answer.word);
                Err(DeviceFault::Untrusted { detail }.into())
            }
        }
    }

    /// A file through secure messaging; `None` where the card has none or nothing in it.
    fn file(&mut self, file: u16) -> Result<Option<Vec<u8>>, CaptureEnd> {
        let Self { card, sam, watch } = self;
        let content = files::read_file(file, WRAPPED, &mut |apdu| {
            let wrapped = sam.wrap(apdu, *watch)?;
            let answer = card.send(&wrapped)?;
            // What the card answers outside of secure messaging is a refusal, or not its own.
            if !answer.is_ok() {
                return Err(apdu::refused("secure-messaging", answer.word));
            }
            sam.unwrap_answer(&answer, *watch)
        })?;
        Ok(content.filter(|content| !content.is_empty()))
    }

    fn needed(&mut self, file: u16) -> Result<Vec<u8>, CaptureEnd> {
        debug_assert!(file != EF_PHOTO, "the photo is free");
        let content = self.file(file)?;
        content.ok_or_else(|| {
            DeviceFault::BadData { detail: format!("file {file:04X} of the card is empty") }.into()
        })
    }
}

/// The UID in the eight bytes that a SAM takes: seven of type A behind 80, eight of type B as they are.
fn padded(uid: &[u8]) -> Result<[u8; 8], DeviceFault> {
    match *uid {
        [a, b, c, d, e, f, g] => Ok([0x80, a, b, c, d, e, f, g]),
        _ => uid
            .try_into()
            .map_err(|_| protocol(format!("a UID of {} bytes, which a SAM does not take", uid.len()))),
    }
}
