//! Every error code that services are known to answer, each mapped once.
//!
//! SBI 0.9.5 (0 to 202), the published mock service (113 to 123, 5xx to 8xx, 999). Vendors add codes of their own
//! from 500; those are told as they are.

use crate::vocabulary::{CaptureEnd, DeviceFault, DeviceKind, Retry};

/// Codes that are known; each has words in the station's catalogue `sbi`.
#[rustfmt::skip]
pub const CODES: &[u16] = &[
    100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
    122, 123, 202, 500, 501, 502, 503, 601, 602, 603, 604, 605, 606, 607, 608, 609, 610, 700, 701, 702, 703, 704,
    705, 706, 707, 708, 709, 710, 800, 801, 802, 803, 804, 805, 806, 807, 808, 809, 810, 999,
];

/// The code as the station's records, messages and catalogues name it, e.g. `sbi-105`.
#[must_use]
pub fn reported(code: &str) -> String {
    format!("sbi-{code}")
}

/// How a capture ends by this code.
#[must_use]
pub(super) fn end(code: &str, kind: DeviceKind) -> CaptureEnd {
    let nothing = match kind {
        DeviceKind::Camera => Retry::NoFace,
        _ => Retry::NothingPresented,
    };
    match code {
        // No biometric object; not found; out of time in the capture. 608 and 609 tell of the stream, not of a person.
        "101" | "106" | "701" => nothing.into(),
        // Orientation.
        "105" => Retry::OffCentre.into(),
        "111" | "607" | "703" => DeviceFault::Busy.into(),
        code => DeviceFault::Reported { code: reported(code) }.into(),
    }
}

/// Codes that pass by themselves within moments, as when a device has not yet noticed that its last caller is gone:
/// busy, stream stopped or owned by another part, capture in progress.
#[must_use]
pub(super) fn passes(code: &str) -> bool {
    matches!(code, "111" | "607" | "700" | "702" | "703")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_ends_in_one_way() {
        let check = |code: &str, expected: &str| {
            let told = match end(code, DeviceKind::Fingerprint) {
                CaptureEnd::Retry(retry) => retry.id().to_owned(),
                CaptureEnd::Fault(DeviceFault::Reported { code }) => code,
                CaptureEnd::Fault(fault) => fault.id().to_owned(),
                CaptureEnd::Cancelled => "cancelled".to_owned(),
            };
            assert_eq!(told, expected, "{code}");
        };
        for code in CODES {
            let expected = match code {
                101 | 106 | 701 => "nothing-presented".to_owned(),
                105 => "off-centre".to_owned(),
                111 | 607 | 703 => "busy".to_owned(),
                other => format!("sbi-{other}"),
            };
            check(&code.to_string(), &expected);
        }
        check("577", "sbi-577");
        check("mds-1", "sbi-mds-1");
        assert_eq!(end("701", DeviceKind::Camera), CaptureEnd::Retry(Retry::NoFace));
        assert!(CODES.is_sorted() && CODES.iter().all(|c| *c != 0));
        assert!(passes("703") && !passes("105"));
    }
}
