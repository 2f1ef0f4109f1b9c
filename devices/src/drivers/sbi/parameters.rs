//! Parameters of the family.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use toml::Table;

use crate::setup::{DriverParameters, Parameters, SetupError};
use crate::vocabulary::DeviceKind;

/// Ports on which the protocol lets services listen.
pub(super) const PORTS: RangeInclusive<u16> = 4501..=4600;
/// Most ports of one range.
const PORTS_MAX: u16 = 200;
/// Lowest port that is no system service's.
const PORT_LOWEST: u16 = 1024;
/// Time that a device gets for one capture where none is set.
const TIMEOUT_MS: u64 = 30_000;
/// Score at which a device may end early where none is set.
const REQUESTED_SCORE: u8 = 60;

/// What a set-up says of SBI devices of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SbiParameters {
    /// Trusted certificate authorities; `None` where nothing is to be proven.
    pub(super) roots: Option<PathBuf>,
    pub(super) serial: Option<String>,
    pub(super) ports: RangeInclusive<u16>,
    pub(super) timeout_ms: u64,
    pub(super) requested_score: u8,
}

impl DriverParameters<'_> for SbiParameters {
    fn read(kind: DeviceKind, table: &Table) -> Result<Self, Vec<SetupError>> {
        let mut reader = Parameters::new(kind, table);
        let trusting = match reader.text("trust") {
            None | Some("roots") => false,
            Some("none") => true,
            Some(_) => {
                reader.wrong("trust", "\"roots\", or \"none\" on a training station");
                false
            }
        };
        let roots = if trusting {
            if reader.text("roots").is_some() {
                reader.wrong("roots", "no roots beside trust = \"none\"");
            }
            None
        } else {
            Some(reader.needed_path("roots", "the file or folder with the trusted certificate authorities"))
        };
        let serial = reader.text("serial").map(str::to_owned);
        let ports = reader.text("ports").map(ports);
        if ports == Some(None) {
            reader
                .wrong("ports", format!("ports as \"4501-4600\", at most {PORTS_MAX} from {PORT_LOWEST} on"));
        }
        let timeout_ms = reader.integer("timeout_ms", 1000, 120_000);
        let requested_score = reader.integer("requested_score", 0, 100);
        reader.finish(Self {
            roots,
            serial,
            ports: ports.flatten().unwrap_or(PORTS),
            timeout_ms: timeout_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(TIMEOUT_MS),
            requested_score: requested_score.and_then(|s| u8::try_from(s).ok()).unwrap_or(REQUESTED_SCORE),
        })
    }
}

/// A range such as `4501-4600`, or one port.
fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let number = |t: &str| t.trim().parse::<u16>().ok().filter(|port| *port >= PORT_LOWEST);
    let (from, to) = (number(from)?, number(to)?);
    (from <= to && to - from < PORTS_MAX).then_some(from..=to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn check(text: &str, expected: Result<(&str, u64), &str>) {
        let read = SbiParameters::read(DeviceKind::Fingerprint, &text.parse().unwrap());
        let told = read.map(|p| (format!("{}-{}", p.ports.start(), p.ports.end()), p.timeout_ms));
        match (told, expected) {
            (Ok((ports, ms)), Ok(expected)) => assert_eq!((ports.as_str(), ms), expected, "{text}"),
            (Err(errors), Err(words)) => {
                let all = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                assert!(words.split('|').all(|word| all.contains(word)), "{words} in {all}");
            }
            (told, expected) => panic!("{text}: {told:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn parameters() {
        check("roots = 'r'", Ok(("4501-4600", 30_000)));
        check("trust = 'none'", Ok(("4501-4600", 30_000)));
        check("trust = 'none'\nports = '4510'\ntimeout_ms = 5000", Ok(("4510-4510", 5000)));
        check("roots = 'r'\ntrust = 'roots'\nports = ' 4501 - 4510 '", Ok(("4501-4510", 30_000)));
        check("", Err("DEV-25|fingerprint.roots"));
        check("trust = 'all'", Err("DEV-26|fingerprint.trust|DEV-25"));
        check("trust = 'none'\nroots = 'r'", Err("fingerprint.roots"));
        for ports in ["80", "4600-4501", "1024-65535", "a-b", "4501-", "4501-99999", "-5"] {
            check(&format!("roots = 'r'\nports = '{ports}'"), Err("fingerprint.ports|4501-4600"));
        }
        check("roots = 'r'\nports = 4501", Err("fingerprint.ports|a text"));
        check("roots = 'r'\ntimeout_ms = 10", Err("timeout_ms|1000"));
        check("roots = 'r'\nrequested_score = 101\nface = 1", Err("requested_score|DEV-24|fingerprint.face"));
    }
}
