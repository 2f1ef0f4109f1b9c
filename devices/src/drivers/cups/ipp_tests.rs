#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;

fn attribute(out: &mut Vec<u8>, tag: u8, name: &str, value: &[u8]) {
    out.push(tag);
    for part in [name.as_bytes(), value] {
        out.extend_from_slice(&(part.len() as u16).to_be_bytes());
        out.extend_from_slice(part);
    }
}

/// An answer as CUPS gives it: version, status, request id, groups.
pub(in super::super) fn answer(status: u16, attributes: &[(u8, &str, &[u8])]) -> Vec<u8> {
    let mut out = vec![2, 0];
    out.extend_from_slice(&status.to_be_bytes());
    out.extend_from_slice(&[0, 0, 0, 1, 0x01]);
    attribute(&mut out, CHARSET, "attributes-charset", b"utf-8");
    out.push(0x04);
    for (tag, name, value) in attributes {
        attribute(&mut out, *tag, name, value);
    }
    out.push(0x03);
    out
}

#[test]
fn a_request_is_what_rfc_8010_says() {
    let bytes = request(Operation::JobAttributes, "q", Some(12), &["job-state", "job-id"]);
    assert_eq!(bytes.get(..9), Some([2, 0, 0, 9, 0, 0, 0, 1, 1].as_slice()));
    assert_eq!(bytes.last(), Some(&3));
    let read = parse(&[&[2, 0, 0, 0, 0, 0, 0, 1], &bytes[8..]].concat()).unwrap().unwrap();
    assert_eq!(read.number("job-id"), Some(12));
    assert_eq!(read.texts("requested-attributes").collect::<Vec<_>>(), ["job-state", "job-id"]);
    assert_eq!(read.texts("printer-uri").collect::<Vec<_>>(), ["ipp://localhost/printers/q"]);
}

#[test]
fn answers() {
    let read = parse(&answer(
        0,
        &[
            (ENUM, "printer-state", &5_i32.to_be_bytes()),
            (KEYWORD, "printer-state-reasons", b"media-empty-error"),
            (KEYWORD, "", b"paused"),
            (BOOLEAN, "printer-is-accepting-jobs", &[0]),
            (0x49, "other", b"x"),
        ],
    ));
    let read = read.unwrap().unwrap();
    assert_eq!(read.number("printer-state"), Some(5));
    assert_eq!(read.texts("printer-state-reasons").collect::<Vec<_>>(), ["media-empty-error", "paused"]);
    assert_eq!(read.flag("printer-is-accepting-jobs"), Some(false));
    assert_eq!((read.number("other"), read.flag("missing")), (None, None));

    let check = |status: u16, expected: Result<bool, DeviceFault>| {
        assert_eq!(parse(&answer(status, &[])).map(|a| a.is_some()), expected, "{status:04x}");
    };
    check(0x0001, Ok(true));
    check(0x0406, Ok(false));
    check(0x0403, Err(DeviceFault::NotPermitted));
    check(0x0503, Err(DeviceFault::Reported { code: "ipp-0503".into() }));
}

#[test]
fn bodies_of_http() {
    let check = |text: &str, expected: Result<Option<&str>, ()>| {
        let body = http_body(text.as_bytes()).map(|b| b.map(|b| String::from_utf8(b).unwrap()));
        assert_eq!(body.map_err(drop), expected.map(|b| b.map(str::to_owned)), "{text:?}");
    };
    check("", Ok(None));
    check("HTTP/1.1 200 OK\r\nContent-Le", Ok(None));
    check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", Ok(None));
    check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", Ok(Some("abc")));
    check("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2\r\nab\r\n1\r\n", Ok(None));
    check(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
        Ok(Some("abc")),
    );
    check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nab", Ok(None));
    check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab", Err(()));
    check("HTTP/1.1 200 OK\r\n\r\nabc", Err(()));
    check("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", Err(()));
    check("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Err(()));
    check("hello\r\n\r\n", Err(()));
}

proptest! {
    #[test]
    fn any_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300), whole in 0_usize..60) {
        parse(&bytes).ok();
        http_body(&bytes).ok();
        // Cut anywhere, a good answer is an error and never half an answer.
        let good = answer(0, &[(ENUM, "printer-state", &3_i32.to_be_bytes())]);
        let cut = whole.min(good.len() - 1);
        prop_assert!(parse(&good[..cut]).is_err());
    }
}
