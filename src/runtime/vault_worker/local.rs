//! What goes into the local extract of a record that is sealed.

use biometrics::codec::{decode_rgb, encode_jpeg};
use biometrics::face::scaled;
use chrono::{DateTime, Duration, Utc};
use record::schema::StepId;
use zeroize::Zeroizing;

use super::{JobError, told};
use crate::runtime::analysis::kept_template;
use crate::runtime::error;
use crate::session::{Session, assemble};
use crate::steps::verification::chip_fingers;
use crate::vault::{ExtractInput, FingerTemplate};

/// Size of the small portrait in the extract, in pixels.
const SMALL_PORTRAIT: (u32, u32) = (160, 240);
/// JPEG quality of the small portrait.
const SMALL_QUALITY: u8 = 75;

pub(super) fn extract_input(s: &Session, now: DateTime<Utc>) -> Result<ExtractInput, JobError> {
    let incomplete = || JobError::Told("runtime-not-assembled", error::INCOMPLETE.to_owned());
    let values = &s.data.biodata.values;
    let photo_jpeg = match crate::steps::photo::card(s) {
        Some(card) => small(&card.bytes).map_err(|code| JobError::Told("runtime-not-assembled", code))?,
        None => Vec::new(),
    };
    Ok(ExtractInput {
        nik: Zeroizing::new(s.nik().ok_or_else(incomplete)?.to_owned()),
        kk: Zeroizing::new(values.no_kk.clone()),
        name: Zeroizing::new(values.nama.clone()),
        birth_date: values.tanggal_lahir.ok_or_else(incomplete)?,
        templates: templates(s)?,
        photo_jpeg,
        expires: now + Duration::days(i64::from(s.ctx.policy.retention.extract_days)),
    })
}

/// Puts together in trial what a step adds to the record and to the extract.
pub(super) fn try_part(s: &Session, step: StepId, now: DateTime<Utc>) -> Result<(), JobError> {
    assemble::trial(s, step, now).map_err(|e| told("runtime-not-assembled", e))?;
    let refused = |code| JobError::Told("runtime-not-assembled", code);
    match step {
        StepId::Photo => match crate::steps::photo::card(s) {
            Some(card) => small(&card.bytes).map(|_| ()).map_err(refused),
            None => Ok(()),
        },
        StepId::Fingers => templates(s).map(|_| ()),
        _ => Ok(()),
    }
}

fn templates(s: &Session) -> Result<Vec<FingerTemplate>, JobError> {
    let mut templates = Vec::new();
    for position in chip_fingers(s) {
        let Some(finger) = s.data.fingers.samples.get(&position) else { continue };
        let kept = kept_template(position, &finger.template, finger.quality.score);
        templates.push(kept.map_err(|e| told("runtime-not-assembled", e))?);
    }
    Ok(templates)
}

fn small(jpeg: &[u8]) -> Result<Vec<u8>, String> {
    let code = |e: String| e.chars().take(6).collect::<String>();
    let picture = decode_rgb(jpeg).map_err(|e| code(e.to_string()))?;
    let picture = scaled(&picture, SMALL_PORTRAIT.0, SMALL_PORTRAIT.1).map_err(|e| code(e.to_string()))?;
    encode_jpeg(&picture, SMALL_QUALITY).map_err(|e| code(e.to_string()))
}
