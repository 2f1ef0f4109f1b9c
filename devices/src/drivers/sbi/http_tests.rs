#![allow(clippy::unwrap_used, clippy::expect_used)]
use serde_json::json;

use super::*;
use crate::drivers::sbi::tests::service::{Script, Service, send};

/// What a call gives for an answer of these bytes; `hold` keeps the connection open behind them.
fn answered(bytes: &[u8], hold: bool, within_ms: u64) -> Result<Value, HttpError> {
    let bytes = bytes.to_vec();
    let service = Service::start(|_| {
        Script::default().on("TEST", move |asked, socket| {
            send(socket, &bytes);
            if hold {
                asked.hold(socket);
            }
        })
    });
    let request = Request { port: service.port, method: "TEST", path: "/", body: "{}" };
    call(&request, BODY_MAX_BYTES, Instant::now() + Duration::from_millis(within_ms), &|| false)
}

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, expected: Result<Value, &str>) {
    // Held open, an answer that tells its own end must not wait for the other one.
    for hold in [false, true] {
        match (answered(bytes.as_ref(), hold, 20_000), &expected) {
            (Ok(value), Ok(expected)) => assert_eq!(&value, expected),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{words} in {error}"),
            (got, _) => panic!("{got:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn answers() {
    let ok = || Ok(json!({"a": 1}));
    check("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}", ok());
    check("HTTP/1.1 200 OK\r\nCONTENT-LENGTH:7\r\n\r\n{\"a\":1}", ok());
    check("HTTP/1.1 200 OK\r\nContent-Length\t: 7\r\n\r\n{\"a\":1}\r\n\r\n", ok());
    check("HTTP/1.0 200 OK\r\n\r\n{\"a\":1}HTTP/1.1 200 OK\r\n\r\n{}", ok());
    check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"a\":1}", ok());
    check("HTTP/1.1 200 OK\r\nbroken header\r\nContent-Length: 7\r\n\r\n{\"a\":1}", ok());
    check("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n{\"a\":1}", ok());
    check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{\"a\":1}", ok());
    check("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n", ok());
    check(
        "HTTP/1.1 500 Oops\r\n\r\n[{\"error\":{\"errorCode\":\"1\"}}]",
        Ok(json!([{"error": {"errorCode": "1"}}])),
    );
    check("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Err("no number"));
    check("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Err("no number"));
    check("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n{\"a\":1}", Err("two lengths"));
    check("HTTP/1.1 200 OK\r\nContent-Length: 33554433\r\n\r\n", Err("more than"));
    check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Err("empty"));
    check("HTTP/1.1 200 OK\r\n\r\n<html>", Err("not JSON"));
    check("HTTP/1.1 500 Oops\r\n\r\n{\"a\":1}", Err("500"));
    check("HTTP/1.1 301 Moved\r\n\r\n{\"errorCode\":\"1\"}", Err("redirect"));
    check("HTTP/2 200\r\n\r\n", Err("not HTTP"));
    check(format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(65)) + "\r\n", Err("not HTTP"));
    check(format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(20_000)), Err("head"));
    check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Err("chunk"));
    check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", Err("chunk"));
}

#[test]
fn ends() {
    assert_eq!(answered(b"", false, 20_000), Err(HttpError::Closed));
    assert_eq!(answered(b"HTTP/1.1 200 O", false, 20_000), Err(HttpError::Closed));
    let cut = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{\"a\":", false, 20_000);
    assert!(matches!(&cut, Err(HttpError::Malformed(why)) if why.contains("cut off")), "{cut:?}");
    assert!(matches!(answered(b"", true, 200), Err(HttpError::Timeout { .. })));
    let waiting = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{\"a\":", true, 200);
    assert!(matches!(waiting, Err(HttpError::Timeout { .. })));
    // A whole value is taken although more was promised.
    let short = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{}", true, 20_000);
    assert_eq!(short, Ok(json!({})));
    // A port that was just given back.
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let request = Request { port, method: "TEST", path: "/", body: "" };
    assert_eq!(call(&request, BODY_MAX_BYTES, Instant::now() + CONNECT, &|| false), Err(HttpError::Refused));
}

#[test]
fn stop_is_seen_soon() {
    let service = Service::start(|_| Script::default().on("TEST", |asked, socket| asked.hold(socket)));
    let request = Request { port: service.port, method: "TEST", path: "/", body: "" };
    let begun = Instant::now();
    let stop = || begun.elapsed() > Duration::from_millis(50);
    assert_eq!(
        call(&request, BODY_MAX_BYTES, begun + Duration::from_secs(60), &stop),
        Err(HttpError::Cancelled)
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
}

proptest::proptest! {
    #[test]
    fn any_head_is_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = Head::parse(&bytes);
        let mut chunks = Chunks::default();
        let _ = chunks.feed(&bytes);
    }

    #[test]
    fn chunks_come_through_however_they_are_cut(
        pieces in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 1..40), 0..8),
        cut in 1usize..20,
    ) {
        let mut coded = Vec::new();
        for piece in &pieces {
            coded.extend(format!("{:x}\r\n", piece.len()).into_bytes());
            coded.extend(piece);
            coded.extend(b"\r\n");
        }
        coded.extend(b"0\r\n\r\n");
        let mut chunks = Chunks::default();
        let mut got = Vec::new();
        for part in coded.chunks(cut) {
            got.extend(chunks.feed(part).unwrap());
        }
        proptest::prop_assert!(chunks.done);
        proptest::prop_assert_eq!(got, pieces.concat());
    }
}
