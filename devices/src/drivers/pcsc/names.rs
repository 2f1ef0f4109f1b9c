//! What the name of a reader tells: which interface it is, its serial number.
//!
//! Drivers put the interface of readers with several into the name, e.g. `ACS ACR1252 1S CL Reader [ACR1252 Reader
//! SAM] 01 00` or `HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] (KJ0123) 01 00`.

use super::ID;
use crate::vocabulary::{DeviceId, DeviceInfo, DeviceKind};

/// Longest name that is told; pcscd has 128.
const NAME_MAX_CHARS: usize = 160;

/// What a reader or slot is for, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Contactless cards.
    Contactless,
    /// The name does not tell.
    Unknown,
    /// Cards with contacts.
    Contact,
    /// A SAM.
    Sam,
}

/// True when the name contains the part, in capitals or not.
pub(super) fn has_part(name: &str, part: &str) -> bool {
    name.to_lowercase().contains(&part.to_lowercase())
}

pub(super) fn role(name: &str) -> Role {
    // The interface in brackets says more than the make before it.
    let interface = name.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(inside, _)| inside);
    match interface.map(role_of_words) {
        None | Some(Role::Unknown) => role_of_words(name),
        Some(known) => known,
    }
}

fn role_of_words(text: &str) -> Role {
    let upper = text.to_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    // `5422CL`, `1281CL`: the letters behind the number of a model.
    let ends_cl =
        |word: &&str| word.strip_suffix("CL").is_some_and(|m| m.ends_with(|c: char| c.is_ascii_digit()));
    if has(&["SAM"]) {
        Role::Sam
    } else if has(&["PICC", "CL", "CONTACTLESS", "NFC", "RFID"]) || words.iter().any(ends_cl) {
        Role::Contactless
    } else if has(&["ICC", "CONTACT"]) {
        Role::Contact
    } else {
        Role::Unknown
    }
}

/// Identity of a reader, from its name.
pub(super) fn info(name: &str) -> DeviceInfo {
    let model: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS).collect();
    let words: Vec<String> = model
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    // The last text in parentheses.
    let serial = model.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| inside);
    DeviceInfo {
        id: DeviceId(format!("{ID}-card-{}", words.join("-"))),
        kind: DeviceKind::Card,
        driver: ID.to_owned(),
        serial: serial.unwrap_or_default().trim().to_owned(),
        model,
        training_only: false,
    }
}
