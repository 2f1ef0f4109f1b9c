//! Names of persons under the rules of 2020: what the KK says is right. One word is a name, and
//! the limits of Permendagri 73/2022 are advice, since names recorded earlier stay valid.

/// Longest name without a warning, in characters with spaces (Permendagri 73/2022).
pub const LONGEST_USUAL_NAME_CHARS: usize = 60;
/// Longest name at all: a bound against pasted text, above any name the law foresees.
pub const LONGEST_NAME_CHARS: usize = 200;

/// Something about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameIssue {
    /// Stable id, kebab-case.
    pub id: &'static str,
    /// The name cannot be used.
    pub hard: bool,
}

const fn hard(id: &'static str) -> NameIssue {
    NameIssue { id, hard: true }
}

const fn soft(id: &'static str) -> NameIssue {
    NameIssue { id, hard: false }
}

/// Upper case, single spaces, none at the ends: as printed on the card. Control characters stay,
/// so that [`check`] can name them.
#[must_use]
pub fn normalise(name: &str) -> String {
    name.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ").to_uppercase()
}

/// What is wrong (hard) or odd (soft) about a name. Empty for a good one.
///
/// Hard: `name-empty`, `name-control-character`, `name-too-long`. Soft: `name-long`,
/// `name-digits`, `name-not-latin`, `name-symbols` (beyond the apostrophe, hyphen, full stop,
/// comma and slash of names and titles).
#[must_use]
pub fn check(name: &str) -> Vec<NameIssue> {
    let name = normalise(name);
    let mut issues = Vec::new();
    let mut note = |is: bool, issue: NameIssue| {
        if is {
            issues.push(issue);
        }
    };
    let length = name.chars().count();
    note(!name.chars().any(char::is_alphabetic), hard("name-empty"));
    note(name.chars().any(is_invisible), hard("name-control-character"));
    note(length > LONGEST_NAME_CHARS, hard("name-too-long"));
    note((LONGEST_USUAL_NAME_CHARS + 1..=LONGEST_NAME_CHARS).contains(&length), soft("name-long"));
    note(name.chars().any(char::is_numeric), soft("name-digits"));
    note(name.chars().any(|c| c.is_alphabetic() && !is_latin(c)), soft("name-not-latin"));
    note(name.chars().any(is_unusual_symbol), soft("name-symbols"));
    issues
}

/// Control characters, and characters that change what is shown without being seen (zero width,
/// direction marks, byte order mark).
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Basic Latin, Latin-1, Latin Extended-A and -B, Latin Extended Additional; the modifier
/// apostrophe letters of transliterated names.
fn is_latin(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' | '\u{02B9}'..='\u{02BF}')
}

fn is_unusual_symbol(c: char) -> bool {
    !(c.is_alphanumeric() || is_invisible(c) || " .,'’‘`-/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_table() {
        let long = "A".repeat(61);
        let usual = "A".repeat(60);
        let pasted = "A".repeat(201);
        // Expected ids; `!` marks hard ones.
        let table: &[(&str, &[&str])] = &[
            ("SUCONTOH", &[]),
            ("  budi   contoh ", &[]),
            ("Dr. H. CONTOH NAMA, S.H., M.Kn.", &[]),
            ("NUR'AINI CONTOH-NAMA", &[]),
            ("MUH. ZŸ", &[]),
            ("CONTOH BIN/BINTI", &[]),
            (&usual, &[]),
            (&long, &["name-long"]),
            (&pasted, &["!name-too-long"]),
            ("", &["!name-empty"]),
            ("   ", &["!name-empty"]),
            ("-", &["!name-empty"]),
            ("BUD1", &["name-digits"]),
            ("BUDI\tCONTOH", &["!name-control-character"]),
            ("BUDI\u{200B}CONTOH", &["!name-control-character"]),
            ("БУДИ", &["name-not-latin"]),
            ("BUDI @CONTOH", &["name-symbols"]),
            ("\u{202E}1#", &["!name-empty", "!name-control-character", "name-digits", "name-symbols"]),
        ];
        for (name, expected) in table {
            let got: Vec<String> = check(name)
                .into_iter()
                .map(|i| format!("{}{}", if i.hard { "!" } else { "" }, i.id))
                .collect();
            assert_eq!(got, *expected, "{name:?}");
        }
    }

    #[test]
    fn normalise_table() {
        for (name, expected) in
            [("  budi   contoh ", "BUDI CONTOH"), ("Nur'aini", "NUR'AINI"), ("", ""), ("a\tb", "A\tB")]
        {
            assert_eq!(normalise(name), expected);
        }
    }
}
