#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;

const TYPE: &str = "multipart/x-mixed-replace; boundary=--BoundaryString";
/// Something like a picture, with line ends, dashes and a brace in it.
const PICTURE: &[u8] = b"\xff\xd8\r\n--Bound\r\n{\n--\x00\xff\xd9";

/// All parts, with the stream fed in pieces of `cut` bytes, and the error behind them.
fn parts(content_type: &str, bytes: &[u8], cut: usize) -> Result<(Vec<Vec<u8>>, Option<String>), HttpError> {
    let mut frames = Frames::new(content_type);
    let mut parts = Vec::new();
    for piece in bytes.chunks(cut.max(1)) {
        frames.feed(piece);
        while let Some(part) = frames.next()? {
            parts.push(part);
        }
    }
    Ok((parts, frames.error()))
}

#[track_caller]
fn check(content_type: &str, stream: &[&[u8]], expected: usize, error: Option<&str>) {
    let bytes = stream.concat();
    for cut in [1, 2, 7, 64, bytes.len()] {
        let (got, told) = parts(content_type, &bytes, cut).unwrap();
        assert_eq!(got, vec![PICTURE.to_vec(); expected], "cut {cut}");
        assert_eq!(told.as_deref(), error, "cut {cut}");
    }
}

#[test]
fn streams_of_every_make() {
    let length = format!("Content-Length:{}\r\n\r\n", PICTURE.len()).into_bytes();
    let length = length.as_slice();
    let published =
        [b"--BoundaryString\r\nContent-Type:image/jpeg\r\n", length, PICTURE, b"\r\n\r\n"].concat();
    let published = published.as_slice();
    check(TYPE, &[], 0, None);
    check(TYPE, &[published, published], 2, None);
    check(TYPE, &[published, b"--BoundaryString--\r\n"], 1, None);
    let second = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"errorCode\":\"609\"}\r\n\r\n";
    check(TYPE, &[published, second], 1, Some("609"));
    check(TYPE, &[published, b"HTTP/1.1 200 OK\r\n\r\n{\"error\":{\"errorCode\":0}}"], 1, Some("0"));
    check(TYPE, &[b"{\"error\":{\"errorCode\":\"202\",\"errorInfo\":\"x\"}}"], 0, Some("202"));
    check("application/json", &[b"\r\n{\"errorCode\":606}"], 0, Some("606"));
    check("multipart/x-mixed-replace;boundary=\"BoundaryString\"", &[published, published], 2, None);
    check("Multipart/X; charset=x ; BOUNDARY = ----BoundaryString ", &[published], 1, None);
    check("multipart/x-mixed-replace", &[b"\r\npreamble\r\n", published, published], 2, None);
    let spaced = [b"\r\n\r\n----BoundaryString \r\ncontent-LENGTH  :  ", &length[15..], PICTURE].concat();
    check(TYPE, &[&spaced, b"\n", &spaced], 2, None);
    let without = [b"--BoundaryString\r\nContent-Type: image/jpeg\r\n\r\n".as_slice(), PICTURE].concat();
    check(TYPE, &[&without, b"\r\n", &without, b"\r\n--BoundaryString\r\n"], 2, None);
    check(TYPE, &[&without, b"\r\n", second], 1, Some("609"));
    let wrong = [b"--BoundaryString\nContent-Length: many\n\n".as_slice(), PICTURE].concat();
    check(TYPE, &[&wrong, b"\n--BoundaryString--\n"], 1, None);
    // A length that is told too small: the rest of the picture is passed over.
    let short = [b"--BoundaryString\r\nContent-Length: 3\r\n\r\n".as_slice(), PICTURE, b"\r\n"].concat();
    let (got, _) = parts(TYPE, &[&short, published].concat(), 9).unwrap();
    assert_eq!(got, [PICTURE[..3].to_vec(), PICTURE.to_vec()]);
}

#[test]
fn cut_at_every_byte() {
    let length = format!("--BoundaryString\r\nContent-Length:{}\r\n\r\n", PICTURE.len());
    let stream = [length.as_bytes(), PICTURE, b"\r\n\r\n", length.as_bytes(), PICTURE, b"\r\n\r\n"].concat();
    let second = b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"errorCode\":\"609\"}";
    for end in 0..=stream.len() {
        let (got, _) = parts(TYPE, &stream[..end], 5).unwrap();
        assert!(got.iter().all(|part| part == PICTURE) && got.len() <= 2, "cut at {end}");
        // A second answer behind a stream that stopped in the middle.
        let (_, error) = parts(TYPE, &[&stream[..end], second.as_slice()].concat(), 11).unwrap();
        assert_eq!(error.as_deref(), Some("609"), "cut at {end}");
    }
}

#[test]
fn limits() {
    let large = format!("--BoundaryString\r\nContent-Length: {}\r\n\r\n", PART_MAX_BYTES + 1);
    assert!(matches!(parts(TYPE, large.as_bytes(), 64), Err(HttpError::TooLarge { .. })));
    let mut endless = b"--BoundaryString\r\n\r\n".to_vec();
    endless.resize(PART_MAX_BYTES + 100_000, b'x');
    assert!(matches!(parts(TYPE, &endless, 1 << 20), Err(HttpError::TooLarge { .. })));
    let headers = [b"--BoundaryString\r\n".to_vec(), b"A: b\r\n".repeat(5000)].concat();
    assert!(matches!(parts(TYPE, &headers, 4096), Err(HttpError::Malformed(_))));
    let line = [b"--BoundaryString\r\n".to_vec(), vec![b'x'; 20_000]].concat();
    assert!(matches!(parts(TYPE, &line, 4096), Err(HttpError::Malformed(_))));
    // Megabytes that are no stream are passed over and not kept.
    let mut frames = Frames::new(TYPE);
    for _ in 0..64 {
        frames.feed(&vec![b'x'; 1 << 16]);
        assert_eq!(frames.next(), Ok(None));
        assert!(frames.rest().len() <= 1 << 14 && frames.kept.len() <= 1 << 17);
    }
}

#[test]
fn a_flood_of_line_ends_is_passed_over_at_once() {
    let picture = format!("--BoundaryString\r\nContent-Length:{}\r\n\r\n", PICTURE.len());
    let mut frames = Frames::new(TYPE);
    // Line by line, each moving the rest, this would be some ten million million moved bytes.
    frames.feed(&b"\r\n".repeat(4 << 20));
    assert_eq!(frames.next(), Ok(None));
    assert!(frames.rest().is_empty());
    frames.feed(&b"x\n".repeat(1 << 18));
    assert_eq!(frames.next(), Ok(None));
    frames.feed(&[picture.as_bytes(), PICTURE].concat());
    assert_eq!(frames.next(), Ok(Some(PICTURE.to_vec())));
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..600), cut in 1usize..50) {
        let _ = parts(TYPE, &bytes, cut);
        let _ = parts("", &bytes, cut);
    }

    #[test]
    fn pictures_come_through(
        pictures in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..80), 0..6),
        cut in 1usize..64,
    ) {
        let mut stream = Vec::new();
        for picture in &pictures {
            stream.extend(format!("--BoundaryString\r\nContent-Length:{}\r\n\r\n", picture.len()).into_bytes());
            stream.extend(picture);
            stream.extend(b"\r\n\r\n");
        }
        let (got, _) = parts(TYPE, &stream, cut).unwrap();
        prop_assert_eq!(got, pictures);
    }
}
