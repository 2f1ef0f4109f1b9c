//! New passphrases: their length, and that they are not among the first that anybody would try.
//!
//! No rules of composition: those make people write them down. What is refused is what falls to a handful of guesses:
//! digits alone, few characters, one group again and again, and names of the officer or the office, well-known words
//! and rows of the keyboard with next to nothing beside them.

use std::collections::BTreeSet;

use super::error::VaultError;

/// Fewest characters of a passphrase.
pub const PASSPHRASE_MIN: usize = 8;
/// Most characters of a passphrase.
pub const PASSPHRASE_MAX: usize = 256;
/// Fewest different characters.
const DIFFERENT_MIN: usize = 4;
/// Fewest letters that are left without names, well-known words, rows and digits.
const OWN_MIN: usize = 3;
/// Fewest characters of a row, and fewest letters of a word of a name, that count as such.
const ROW_MIN: usize = 4;
const NAME_MIN: usize = 3;

/// What stands in a row on a keyboard or in everybody's head; backwards too.
const ROWS: [&str; 6] =
    ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop"];
/// Words that stand first in every list of passphrases, here and elsewhere.
const WORDS: [&str; 9] = [
    "disdukcapil",
    "passphrase",
    "katasandi",
    "indonesia",
    "password",
    "dukcapil",
    "rahasia",
    "admin",
    "rekam",
];

/// Checks the length of a passphrase, in characters.
///
/// # Errors
/// [`VaultError::Passphrase`].
pub(super) fn check_length(passphrase: &str) -> Result<(), VaultError> {
    let found = passphrase.chars().count();
    if (PASSPHRASE_MIN..=PASSPHRASE_MAX).contains(&found) {
        return Ok(());
    }
    Err(VaultError::Passphrase { found, least: PASSPHRASE_MIN, most: PASSPHRASE_MAX })
}

/// Checks a new passphrase; `names` are those of the officer and the station.
///
/// # Errors
/// [`VaultError::Passphrase`] for its length, [`VaultError::WeakPassphrase`] where it is easily guessed.
pub fn check_passphrase(passphrase: &str, names: &[&str]) -> Result<(), VaultError> {
    check_length(passphrase)?;
    match weakness(passphrase, names) {
        Some(why) => Err(VaultError::WeakPassphrase { why }),
        None => Ok(()),
    }
}

fn weakness(passphrase: &str, names: &[&str]) -> Option<&'static str> {
    let lower = passphrase.to_lowercase();
    // A date or a number is not better for its dashes.
    let plain: Vec<char> = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    if !plain.is_empty() && plain.iter().all(char::is_ascii_digit) {
        return Some("only digits");
    }
    if lower.chars().collect::<BTreeSet<_>>().len() < DIFFERENT_MIN {
        return Some("fewer than four different characters");
    }
    let repeats = (1..=plain.len() / 2)
        .any(|n| plain.len().is_multiple_of(n) && plain.chunks(n).all(|group| plain.get(..n) == Some(group)));
    if repeats {
        return Some("the same group again and again");
    }
    // What is neither letter nor digit is nobody's name: a sign at the end does not make one better.
    let own = |rest: &[char]| rest.iter().filter(|c| c.is_alphabetic()).count() >= OWN_MIN;
    let without_rows = without_rows(&plain);
    if !own(&without_rows) {
        return Some("a row of the keyboard, of letters or of digits");
    }
    let mut rest: String = plain.into_iter().collect();
    let fold = |name: &str| name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let whole = names.iter().map(|name| fold(name));
    let parts = names.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()).map(fold));
    let mut known: Vec<String> = whole.chain(parts).filter(|name| name.chars().count() >= NAME_MIN).collect();
    // Longest first, so that no part of a name is left of it.
    known.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in known.iter().map(String::as_str).chain(WORDS) {
        // A sign between takes the place, so that what is left does not grow together to another word.
        rest = rest.replace(name, " ");
    }
    let rest: Vec<char> = rest.chars().collect();
    if own(&self::without_rows(&rest)) {
        None
    } else {
        Some("a name of the officer or the office, or a word that everybody tries")
    }
}

/// The characters that belong to no row of at least [`ROW_MIN`].
fn without_rows(text: &[char]) -> Vec<char> {
    let next = |a: char, b: char, row: &str| row.chars().zip(row.chars().skip(1)).any(|pair| pair == (a, b));
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at) {
        let longest = ROWS
            .iter()
            .flat_map(|row| [(row, false), (row, true)])
            .map(|(row, back)| {
                let follows = |pair: &&[char]| match pair {
                    [a, b] if back => next(*b, *a, row),
                    [a, b] => next(*a, *b, row),
                    _ => false,
                };
                1 + text.get(at..).unwrap_or_default().windows(2).take_while(follows).count()
            })
            .max();
        match longest {
            Some(length) if length >= ROW_MIN => at += length,
            _ => {
                kept.push(*first);
                at += 1;
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(passphrase: &str, expected: &str) {
        let found = check_passphrase(passphrase, &["Siti CONTOH", "ST-BAND-01"]);
        let found = match found {
            Ok(()) => "",
            Err(VaultError::WeakPassphrase { why }) => why.split(' ').next().unwrap(),
            Err(error) => error.id(),
        };
        assert_eq!(found, expected, "{passphrase}");
    }

    #[test]
    fn what_anybody_tries_first_is_refused() {
        check("1234567", "passphrase");
        check(&"ab c".repeat(65), "passphrase");
        check("12345678", "only");
        check("17-08-1945", "only");
        check("3374015708030001", "only");
        check("aaaaaaaa", "fewer");
        check("AbAbaBABab", "fewer");
        check("!!!!????", "fewer");
        check("abcdabcd", "the");
        check("kuda1 kuda1", "the");
        check("qwertyuiop", "a");
        check("asdfghjkl1", "a");
        check("Qwerty123456", "a");
        check("poiuytrewq!", "a");
        check("abcdefgh", "a");
        check("zyxwvuts99", "a");
        check("siti contoh", "a");
        check("contohsiti1!", "a");
        check("Siti1990", "a");
        check("st-band-01", "a");
        check("stband01ok", "a");
        check("password1", "a");
        check("Dukcapil2026", "a");
        check("rahasia-siti-99", "a");
        check("katasandi", "a");
        // Words of one's own are enough, with a name or a number among them.
        check("kuda laut biru", "");
        check("kata sandi uji", "");
        check("siti makan bakso", "");
        check("baru dan panjang", "");
        check("x7!kq-9pLm", "");
        check("ジャカルタの朝ごはん", "");
    }

    #[test]
    fn nobody_may_take_a_passphrase_like_those_of_training() {
        for (name, _, passphrase) in crate::vault::TRAINING_OFFICERS {
            assert!(check_length(passphrase).is_ok(), "{name}");
            assert!(check_passphrase(passphrase, &[name]).is_err(), "{name}");
        }
    }

    proptest! {
        /// Three words that nobody is called are never refused, and no text makes the check fail.
        #[test]
        fn words_of_ones_own_are_taken(words in prop::collection::vec("[bcfghjkl][aeiou][mnprst][aeiou]k", 3..4), any in ".{0,40}") {
            let passphrase = words.join(" ");
            let distinct: BTreeSet<&String> = words.iter().collect();
            prop_assume!(distinct.len() > 1);
            prop_assert_eq!(weakness(&passphrase, &[]), None);
            weakness(&any, &[&any]);
        }
    }
}
