#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;

fn with_checksum(body: &str) -> String {
    format!("{body}*{:02X}", body.bytes().fold(0, |sum, b| sum ^ b))
}

#[test]
fn lines() {
    let check = |line: &str, expected: Result<(i32, Option<u16>), LineError>| {
        let expected = expected.map(|(centidegrees_c, sequence)| Line::Reading { centidegrees_c, sequence });
        assert_eq!(parse(line.as_bytes(), false), expected, "{line}");
    };
    check("T=36.6C", Ok((3660, None)));
    check("T=36.62C;S=17", Ok((3662, Some(17))));
    check("T=-4.0C", Ok((-400, None)));
    check("T=-0.5C", Ok((-50, None)));
    check("T=5.05C;S=0", Ok((505, Some(0))));
    check("T=98.6F", Ok((3700, None)));
    check("T=97.9F", Ok((3661, None)));
    check("T=32.0F", Ok((0, None)));
    check("T=-40.0F", Ok((-4000, None)));
    check("T=30.0F", Ok((-111, None)));
    check(&with_checksum("T=36.6C;S=65535"), Ok((3660, Some(65535))));
    check("T=36.6C*37", Ok((3660, None)));
    check("T=36.6C*00", Err(LineError::Checksum));
    check("T=36.6C*", Err(LineError::Form));
    check("T=36.6C*+5", Err(LineError::Form));
    check("T=36.6C*5F5", Err(LineError::Form));
    check("T=309.8K", Err(LineError::Unit));
    check("T=36.6c", Err(LineError::Unit));
    check("T=36.6", Err(LineError::Form));
    check("T=36C", Err(LineError::Form));
    check("T=36.C", Err(LineError::Form));
    check("T=.6C", Err(LineError::Form));
    check("T=36,6C", Err(LineError::Form));
    check("T=+36.6C", Err(LineError::Form));
    check("T=--36.6C", Err(LineError::Form));
    check("T=36.666C", Err(LineError::Form));
    check("T=1036.6C", Err(LineError::Form));
    check("T=3.6.6C", Err(LineError::Form));
    check("T=", Err(LineError::Form));
    check("T=C", Err(LineError::Form));
    check("", Err(LineError::Form));
    check("36.6C", Err(LineError::Form));
    check("t=36.6C", Err(LineError::Form));
    check(" T=36.6C", Err(LineError::Form));
    check("T=36.6C;S=65536", Err(LineError::Form));
    check("T=36.6C;S=-1", Err(LineError::Form));
    check("T=36.6C;S=", Err(LineError::Form));
    check("T=36.6C;X=1", Err(LineError::Form));
    check("T=36.6C;S=1;S=2", Err(LineError::Form));
    check("T=999.9C", Err(LineError::Absurd));
    check("T=-99.9C", Err(LineError::Absurd));
    check("T=36.6\u{b0}C", Err(LineError::NotText));
    check("T=36.6C\t", Err(LineError::NotText));
    check(&"T".repeat(LINE_MAX + 1), Err(LineError::TooLong));
}

#[test]
fn failures_comments_and_checksums_that_are_asked_for() {
    let check = |line: &str, checksum: bool, expected: Result<Line, LineError>| {
        assert_eq!(parse(line.as_bytes(), checksum), expected, "{line}");
    };
    check("E=SENSOR", false, Ok(Line::Failure("SENSOR".into())));
    check("E=LOW-BATTERY;S=4", false, Ok(Line::Failure("LOW-BATTERY".into())));
    check(&with_checksum("E=7"), true, Ok(Line::Failure("7".into())));
    check("E=", false, Err(LineError::Form));
    check("E=sensor", false, Err(LineError::Form));
    check("E=ABCDEFGHIJKLMNOPQ", false, Err(LineError::Form));
    check("# bridge 1.2", false, Ok(Line::Comment));
    check("# bridge 1.2", true, Ok(Line::Comment));
    check("T=36.6C", true, Err(LineError::NoChecksum));
    check("E=SENSOR", true, Err(LineError::NoChecksum));
}

/// What a reader makes of a stream, lines as text.
fn cut(bytes: &[u8]) -> Vec<String> {
    let mut reader = LineReader::default();
    let lines = bytes.iter().filter_map(|b| reader.push(*b));
    lines.map(|l| l.map_or_else(|e| format!("{e:?}"), |l| String::from_utf8_lossy(&l).into_owned())).collect()
}

#[test]
fn streams_are_cut_into_lines() {
    let check = |bytes: &str, expected: &[&str]| assert_eq!(cut(bytes.as_bytes()), expected, "{bytes:?}");
    check("", &[]);
    check("T=36.6C", &[]);
    check("T=36.6C\n", &["T=36.6C"]);
    check("T=36.6C\r\nT=36.7C\r\n", &["T=36.6C", "T=36.7C"]);
    check("a\rb\r\r\n\nc\n", &["a", "b", "c"]);
    let long = format!("{}\nT=36.6C\n", "x".repeat(3 * LINE_MAX));
    check(&long, &["TooLong", "T=36.6C"]);
    let just = format!("{}\n", "x".repeat(LINE_MAX));
    check(&just, &[just.trim_end()]);
}

#[test]
fn a_line_that_has_begun_can_be_dropped() {
    let mut reader = LineReader::default();
    reader.forget_begun();
    let after = |reader: &mut LineReader, bytes: &[u8]| -> Vec<Vec<u8>> {
        bytes.iter().filter_map(|b| reader.push(*b)).flatten().collect()
    };
    assert_eq!(after(&mut reader, b"one\ntw"), [b"one".to_vec()]);
    reader.forget_begun();
    assert_eq!(after(&mut reader, b"o\nthree\n"), [b"three".to_vec()]);
}

proptest! {
    /// Nothing from outside makes the reader fail or hold more than a line, and what it takes for a reading is one.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600), checksum: bool) {
        let mut reader = LineReader::default();
        for byte in bytes {
            if let Some(Ok(line)) = reader.push(byte) {
                prop_assert!(line.len() <= LINE_MAX);
                if let Ok(Line::Reading { centidegrees_c, .. }) = parse(&line, checksum) {
                    prop_assert!(MEASURABLE_CENTIDEGREES_C.contains(&centidegrees_c));
                }
            }
            prop_assert!(reader.line.len() <= LINE_MAX);
        }
    }

    #[test]
    fn what_the_format_allows_is_read(hundredths in 0_i32..=9_999, sequence in proptest::option::of(any::<u16>())) {
        let counted = sequence.map(|s| format!(";S={s}")).unwrap_or_default();
        let line = with_checksum(&format!("T={}.{:02}C{counted}", hundredths / 100, hundredths % 100));
        let expected = Line::Reading { centidegrees_c: hundredths, sequence };
        prop_assert_eq!(parse(line.as_bytes(), true), Ok(expected.clone()));
        // After any rubbish that ends a line, the next line is whole again.
        let stream = [b"\xffrubbish 36.6\n".as_slice(), line.as_bytes(), b"\n"].concat();
        let mut reader = LineReader::default();
        let lines: Vec<_> = stream.iter().filter_map(|b| reader.push(*b)).collect();
        let last = lines.last().cloned().and_then(Result::ok).unwrap_or_default();
        prop_assert_eq!(parse(&last, true), Ok(expected));
    }

    /// One wrong byte never becomes another reading where there is a checksum.
    #[test]
    fn a_changed_byte_is_found(at in 0_usize..7, other in 0x20_u8..0x7F) {
        let mut line = with_checksum("T=36.6C").into_bytes();
        if line[at] != other && other != b'#' {
            line[at] = other;
            prop_assert!(parse(&line, true).is_err());
        }
    }
}
