//! What an error of the library means for the station. The library keeps what the person can mend apart from what
//! only the station can; so do we.
//!
//! Domains and codes: `fp-device.h` of libfprint 1.94 (`FpDeviceRetry`, `FpDeviceError`), `gusb-device.h` of libgusb
//! 0.3 (`GUsbDeviceError`), `gioenums.h` of GLib 2 (`GIOErrorEnum`).

use super::backend::{ENDED, GONE, LibraryError, OURS};
use crate::vocabulary::{CaptureEnd, DeviceFault, Retry};

/// What follows from an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The capture ends so.
    End(CaptureEnd),
    /// The claim on the reader is lost, as after suspend: it is opened again; this is the fault if that does not help.
    Lost(DeviceFault),
    /// Somebody stopped it.
    Stopped,
}

/// Longest text of a code that is passed on.
const CODE_MAX: usize = 40;

fn reported(family: &str, code: i32) -> DeviceFault {
    DeviceFault::Reported { code: format!("{family}-{code}").chars().take(CODE_MAX).collect() }
}

/// The meaning of an error.
pub(super) fn verdict(error: &LibraryError) -> Verdict {
    use Verdict::{End, Lost, Stopped};
    let end = |fault: DeviceFault| End(fault.into());
    // libfprint 1.94 registers its domains with blanks in them ("fp - device - retry - quark").
    let domain: String = error.domain.chars().filter(|c| *c != ' ').collect();
    let code = error.code;
    match (domain.as_str(), code) {
        // What the person can mend.
        ("fp-device-retry-quark", 1) => End(Retry::TooShort.into()),
        ("fp-device-retry-quark", 2) => End(Retry::OffCentre.into()),
        // General, "remove the finger first", and codes of later versions: each asks for the finger anew.
        ("fp-device-retry-quark", _) => End(Retry::LiftFinger.into()),

        ("fp-device-error-quark", 1) => end(DeviceFault::Unsupported),
        // Not open.
        ("fp-device-error-quark", 2) => Lost(DeviceFault::Unplugged),
        // Already open, busy.
        ("fp-device-error-quark", 3 | 4) => Lost(DeviceFault::Busy),
        ("fp-device-error-quark", 5) => {
            end(DeviceFault::Protocol { detail: "libfprint does not understand the reader".to_owned() })
        }
        ("fp-device-error-quark", 6..=9) => {
            end(DeviceFault::BadData { detail: format!("libfprint error {code}") })
        }
        // Removed: after suspend a reader comes back as another device of the same name.
        ("fp-device-error-quark", 0x100) => Lost(DeviceFault::Unplugged),
        ("fp-device-error-quark", 0x101) => end(DeviceFault::Reported { code: "fp-too-hot".to_owned() }),
        ("fp-device-error-quark", _) => Lost(reported("fp", code)),

        ("g-usb-device-error-quark", 2) => Lost(DeviceFault::Hung { after_ms: 0 }),
        ("g-usb-device-error-quark", 3) => end(DeviceFault::Unsupported),
        // No device, not open.
        ("g-usb-device-error-quark", 4 | 5) => Lost(DeviceFault::Unplugged),
        // Already open, busy.
        ("g-usb-device-error-quark", 6 | 10) => Lost(DeviceFault::Busy),
        ("g-usb-device-error-quark", 7) => Stopped,
        ("g-usb-device-error-quark", 9) => end(DeviceFault::NotPermitted),
        ("g-usb-device-error-quark", _) => Lost(reported("usb", code)),

        // Not found, closed, connection closed.
        ("g-io-error-quark", 1 | 18 | 44) => Lost(DeviceFault::Unplugged),
        ("g-io-error-quark", 14) => end(DeviceFault::NotPermitted),
        ("g-io-error-quark", 15) => end(DeviceFault::Unsupported),
        ("g-io-error-quark", 19) => Stopped,
        ("g-io-error-quark", 24) => Lost(DeviceFault::Hung { after_ms: 0 }),
        ("g-io-error-quark", 26) => Lost(DeviceFault::Busy),
        ("g-io-error-quark", _) => Lost(reported("io", code)),

        (OURS, GONE) => Lost(DeviceFault::Unplugged),
        (OURS, ENDED) => end(DeviceFault::Crashed),
        (other, _) => end(reported(other, code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(domain: &str, code: i32, expected: Verdict) {
        assert_eq!(verdict(&LibraryError { domain: domain.to_owned(), code }), expected, "{domain} {code}");
    }

    #[test]
    fn every_error_has_its_meaning() {
        use Verdict::{End, Lost, Stopped};
        let retry = |r: Retry| End(CaptureEnd::Retry(r));
        let fault = |f: DeviceFault| End(CaptureEnd::Fault(f));
        let reported = |code: &str| DeviceFault::Reported { code: code.to_owned() };
        for (domain, spaced) in [("fp-device-retry-quark", false), ("fp - device - retry - quark", true)] {
            assert_eq!(domain.contains(' '), spaced);
            check(domain, 0, retry(Retry::LiftFinger));
            check(domain, 1, retry(Retry::TooShort));
            check(domain, 2, retry(Retry::OffCentre));
            check(domain, 3, retry(Retry::LiftFinger));
            check(domain, 99, retry(Retry::LiftFinger));
        }
        let fp = "fp - device - error - quark";
        check(fp, 0, Lost(reported("fp-0")));
        check(fp, 1, fault(DeviceFault::Unsupported));
        check(fp, 2, Lost(DeviceFault::Unplugged));
        check(fp, 3, Lost(DeviceFault::Busy));
        check(fp, 4, Lost(DeviceFault::Busy));
        assert!(matches!(
            verdict(&LibraryError { domain: fp.into(), code: 5 }),
            End(CaptureEnd::Fault(DeviceFault::Protocol { .. }))
        ));
        for code in 6..=9 {
            check(fp, code, fault(DeviceFault::BadData { detail: format!("libfprint error {code}") }));
        }
        check(fp, 0x100, Lost(DeviceFault::Unplugged));
        check(fp, 0x101, fault(reported("fp-too-hot")));
        check(fp, 77, Lost(reported("fp-77")));
        let usb = "g-usb-device-error-quark";
        check(usb, 1, Lost(reported("usb-1")));
        check(usb, 2, Lost(DeviceFault::Hung { after_ms: 0 }));
        check(usb, 4, Lost(DeviceFault::Unplugged));
        check(usb, 7, Stopped);
        check(usb, 9, fault(DeviceFault::NotPermitted));
        check(usb, 10, Lost(DeviceFault::Busy));
        let io = "g-io-error-quark";
        check(io, 0, Lost(reported("io-0")));
        check(io, 14, fault(DeviceFault::NotPermitted));
        check(io, 19, Stopped);
        check(io, 26, Lost(DeviceFault::Busy));
        check(OURS, GONE, Lost(DeviceFault::Unplugged));
        check(OURS, ENDED, fault(DeviceFault::Crashed));
        check("g-something", -3, fault(reported("g-something--3")));
        check(&"x".repeat(200), 1, fault(reported(&"x".repeat(40))));
    }
}
