//! From what the kernel says to the station's words.

use std::io;

use rustix::io::Errno;

use crate::vocabulary::DeviceFault;

/// The fault of an error of the kernel.
pub(super) fn fault(error: &io::Error) -> DeviceFault {
    match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => DeviceFault::NotPermitted,
        Some(Errno::BUSY) => DeviceFault::Busy,
        Some(Errno::NODEV | Errno::NOENT | Errno::NXIO) => DeviceFault::Unplugged,
        Some(Errno::NOTTY | Errno::INVAL | Errno::OPNOTSUPP) => DeviceFault::Unsupported,
        // Streaming needs a share of the USB bus that is not free.
        Some(Errno::NOSPC) => {
            protocol("the USB bus is full: use another port, or set a smaller width and height")
        }
        Some(Errno::NOMEM) => protocol("no memory for pictures"),
        Some(errno) => protocol(&format!("error {} of the system", errno.raw_os_error())),
        None => protocol(&error.to_string()),
    }
}

/// The fault of an error that a library gave as text: the kernel's number stands in it as `(os error N)`.
pub(super) fn fault_in_text(text: &str) -> DeviceFault {
    let number = text.rsplit_once("(os error ").and_then(|(_, rest)| rest.split_once(')')?.0.parse().ok());
    match number {
        Some(number) => fault(&io::Error::from_raw_os_error(number)),
        None => protocol(&text.chars().take(200).collect::<String>()),
    }
}

fn protocol(detail: &str) -> DeviceFault {
    DeviceFault::Protocol { detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn numbers_of_the_kernel() {
        let check = |number: i32, code: &str| {
            let by_number = fault(&io::Error::from_raw_os_error(number));
            assert_eq!(by_number.code(), code, "{number}");
            let text = format!("Could not capture frame: what it is called (os error {number})");
            assert_eq!(fault_in_text(&text), by_number, "{text}");
        };
        check(1, "DEV-13"); // EPERM
        check(13, "DEV-13"); // EACCES
        check(16, "DEV-02"); // EBUSY
        check(19, "DEV-03"); // ENODEV
        check(2, "DEV-03"); // ENOENT
        check(6, "DEV-03"); // ENXIO
        check(22, "DEV-08"); // EINVAL
        check(25, "DEV-08"); // ENOTTY
        check(28, "DEV-06"); // ENOSPC
        check(5, "DEV-06"); // EIO
        check(12345, "DEV-06");
    }

    #[test]
    fn texts_without_a_number() {
        let check = |text: &str| assert_eq!(fault_in_text(text).code(), "DEV-06", "{text}");
        check("");
        check("Stream Not Started");
        check("(os error )");
        check("(os error 99999999999999)");
        check("(os error 19");
        assert!(fault_in_text(&"x".repeat(100_000)).to_string().len() < 300);
    }
}
