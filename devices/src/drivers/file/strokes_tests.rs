#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;

const POINT: &str = r#"{"x":1,"y":-2,"t_ms":3,"pressure":4}"#;

fn with_strokes(strokes: &str) -> String {
    format!(r#"{{"width":100,"height":50,"scaled":true,"strokes":{strokes}}}"#)
}

/// The code of the error; `ok` where there is none.
fn check(json: &str, expected: &str) {
    let found = parse(json.as_bytes()).map_or_else(|e| e.to_string()[..6].to_owned(), |_| "ok".to_owned());
    assert_eq!(found, expected, "{json:.80}");
}

#[test]
fn a_signature_is_read() {
    let json = format!(" {} ", with_strokes(&format!("[[{POINT}, {POINT}], []]")));
    let strokes = parse(json.as_bytes()).unwrap();
    let point = Point { x: 1, y: -2, t_ms: 3, pressure: Some(4) };
    let expected =
        Strokes { width: 100, height: 50, scaled: true, strokes: vec![vec![point; 2], Vec::new()] };
    assert_eq!(strokes, expected);
}

#[test]
fn sound_and_wrong_texts() {
    check(&with_strokes("[]"), "ok");
    check(&with_strokes(r#"[[{"x":0,"y":0,"t_ms":0}]]"#), "ok");
    check(&with_strokes(r#"[[{"x":0,"y":0,"t_ms":0,"pressure":null,"tilt":"12"}]]"#), "ok");
    for wrong in ["", "{", "[", "nul", "{}{}", "{\"a\"}", "{\"a\":}", "[1,]", "[01]", "[1.5]", "[1e3]", "[-]"]
    {
        check(wrong, "DEV-40");
    }
    check("[99999999999999999999]", "DEV-40");
    check("{\"a\":1,\"a\":2}", "DEV-40");
    check("{\"\\u0061\":1}", "DEV-40");
    check("{\"a", "DEV-40");
    check(&"[".repeat(100_000), "DEV-40");
    check("{}", "DEV-41");
    check("[]", "DEV-41");
    check(&with_strokes("[]").replace("100", "0"), "DEV-41");
    check(&with_strokes("[]").replace("true", "1"), "DEV-41");
    check(&with_strokes("{}"), "DEV-41");
    check(&with_strokes("[{}]"), "DEV-41");
    check(&with_strokes("[[1]]"), "DEV-41");
    check(&with_strokes(r#"[[{"x":0,"y":0,"t_ms":-1}]]"#), "DEV-41");
    check(&with_strokes(r#"[[{"x":0,"y":0,"t_ms":0,"pressure":65536}]]"#), "DEV-41");
    check(&with_strokes(r#"[[{"x":2000000,"y":0,"t_ms":0}]]"#), "DEV-41");
}

#[test]
fn limits() {
    let many = |n: usize, what: &str| format!("[{}]", vec![what; n].join(","));
    check(&with_strokes(&many(MAX_STROKES, "[]")), "ok");
    check(&with_strokes(&many(MAX_STROKES + 1, "[]")), "DEV-42");
    check(&with_strokes(&format!("[{}]", many(MAX_POINTS, POINT))), "ok");
    check(&with_strokes(&format!("[{}]", many(MAX_POINTS + 1, POINT))), "DEV-42");
    check(&" ".repeat(MAX_BYTES + 1), "DEV-42");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn what_serde_would_write_is_read_back(
        points in proptest::collection::vec((-1000i32..1000, -1000i32..1000, 0u32..10_000, any::<Option<u16>>()), 0..20),
    ) {
        let point = |(x, y, t_ms, pressure): &(i32, i32, u32, Option<u16>)| {
            let pressure = pressure.map_or("null".to_owned(), |p| p.to_string());
            format!(r#"{{"x":{x},"y":{y},"t_ms":{t_ms},"pressure":{pressure}}}"#)
        };
        let text = points.iter().map(point).collect::<Vec<_>>().join(",");
        let read = parse(with_strokes(&format!("[[{text}]]")).as_bytes()).unwrap();
        let expected: Vec<_> = points.iter().map(|(x, y, t_ms, pressure)| Point { x: *x, y: *y, t_ms: *t_ms, pressure: *pressure }).collect();
        prop_assert_eq!(&read.strokes[0], &expected);
    }
}
