//! Strokes of a signature in JSON, in the shape that serde gives [`Strokes`]:
//!
//! ```json
//! {"width": 10000, "height": 4000, "scaled": true,
//!  "strokes": [[{"x": 100, "y": 250, "t_ms": 0, "pressure": 900}, {"x": 140, "y": 260, "t_ms": 8, "pressure": null}]]}
//! ```
//!
//! Read by a small parser of our own for just this subset (RFC 8259 without fractions and string escapes),
//! with limits on size and depth. Messages tell the byte offset and never a value.

use biometrics::signature::{MAX_POINTS, MAX_STROKES, Point, Strokes};

/// Most bytes of a strokes file.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Deepest nesting that is read; strokes have four levels.
const MAX_DEPTH: usize = 6;
/// Largest side of a pad in its own units.
const MAX_SIDE: i64 = 1_000_000;

/// Why strokes were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrokesError {
    /// Not the JSON subset.
    #[error("DEV-40 not valid JSON at byte {offset}: expected {expected}")]
    Syntax {
        /// Where.
        offset: usize,
        /// What should have been there.
        expected: &'static str,
    },
    /// A field is missing, has the wrong type or is out of range.
    #[error("DEV-41 `{field}` must be {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Too many bytes, strokes or points.
    #[error("DEV-42 too large: more than {limit} {of}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// Of what.
        of: &'static str,
    },
}

/// Reads strokes.
///
/// # Errors
/// [`StrokesError`].
pub fn parse(bytes: &[u8]) -> Result<Strokes, StrokesError> {
    if bytes.len() > MAX_BYTES {
        return Err(StrokesError::TooLarge { limit: MAX_BYTES, of: "bytes" });
    }
    let mut parser = Parser { bytes, at: 0 };
    let root = parser.value(0)?;
    parser.space();
    if parser.at != bytes.len() {
        return Err(parser.expected("the end"));
    }
    strokes(&root)
}

fn strokes(root: &Json) -> Result<Strokes, StrokesError> {
    let side = |field| integer(root.field(field), field, 1, MAX_SIDE, "a whole number from 1 to 1000000");
    let scaled = match root.field("scaled") {
        Some(Json::Bool(scaled)) => *scaled,
        _ => return Err(StrokesError::Field { field: "scaled", expected: "true or false" }),
    };
    let (width, height) = (side("width")? as i32, side("height")? as i32);
    let list = root.field("strokes").and_then(Json::list);
    let list = list.ok_or(StrokesError::Field { field: "strokes", expected: "a list of lists of points" })?;
    if list.len() > MAX_STROKES {
        return Err(StrokesError::TooLarge { limit: MAX_STROKES, of: "strokes" });
    }
    let mut points = 0;
    let mut strokes = Vec::with_capacity(list.len());
    for stroke in list {
        let stroke = stroke.list();
        let stroke =
            stroke.ok_or(StrokesError::Field { field: "strokes", expected: "a list of lists of points" })?;
        points += stroke.len();
        if points > MAX_POINTS {
            return Err(StrokesError::TooLarge { limit: MAX_POINTS, of: "points" });
        }
        strokes.push(stroke.iter().map(point).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Strokes { width, height, scaled, strokes })
}

fn point(json: &Json) -> Result<Point, StrokesError> {
    let whole = |field, low, high| integer(json.field(field), field, low, high, "a whole number in range");
    Ok(Point {
        x: whole("x", -MAX_SIDE, MAX_SIDE)? as i32,
        y: whole("y", -MAX_SIDE, MAX_SIDE)? as i32,
        t_ms: whole("t_ms", 0, i64::from(u32::MAX))? as u32,
        pressure: match json.field("pressure") {
            None | Some(Json::Null) => None,
            Some(_) => Some(whole("pressure", 0, i64::from(u16::MAX))? as u16),
        },
    })
}

fn integer(
    json: Option<&Json>,
    field: &'static str,
    low: i64,
    high: i64,
    expected: &'static str,
) -> Result<i64, StrokesError> {
    match json {
        Some(Json::Integer(n)) if (low..=high).contains(n) => Ok(*n),
        _ => Err(StrokesError::Field { field, expected }),
    }
}

enum Json {
    Null,
    Bool(bool),
    Integer(i64),
    Text,
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn field(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, value)| value),
            _ => None,
        }
    }
    fn list(&self) -> Option<&[Json]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn expected(&self, expected: &'static str) -> StrokesError {
        StrokesError::Syntax { offset: self.at, expected }
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The next byte that is no space, without taking it.
    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), StrokesError> {
        if self.peek() != Some(byte) {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// True and taken when the next byte is `byte`.
    fn takes(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn value(&mut self, depth: usize) -> Result<Json, StrokesError> {
        if depth > MAX_DEPTH {
            return Err(self.expected("less nesting"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.text().map(|_| Json::Text),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            _ => {
                let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
                for (word, json) in words {
                    if self.bytes[self.at..].starts_with(word.as_bytes()) {
                        self.at += word.len();
                        return Ok(json);
                    }
                }
                Err(self.expected("a value"))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, StrokesError> {
        self.take(b'{', "`{`")?;
        let mut fields: Vec<(String, Json)> = Vec::new();
        if self.takes(b'}') {
            return Ok(Json::Object(fields));
        }
        loop {
            self.space();
            let name = self.text()?;
            // RFC 8259 leaves double names open; two readers could then see two signatures.
            if fields.iter().any(|(n, _)| *n == name) {
                return Err(self.expected("each name once"));
            }
            self.take(b':', "`:`")?;
            let value = self.value(depth + 1)?;
            fields.push((name, value));
            if !self.takes(b',') {
                self.take(b'}', "`,` or `}`")?;
                return Ok(Json::Object(fields));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, StrokesError> {
        self.take(b'[', "`[`")?;
        let mut list = Vec::new();
        if self.takes(b']') {
            return Ok(Json::List(list));
        }
        loop {
            list.push(self.value(depth + 1)?);
            if !self.takes(b',') {
                self.take(b']', "`,` or `]`")?;
                return Ok(Json::List(list));
            }
        }
    }

    fn text(&mut self) -> Result<String, StrokesError> {
        self.take(b'"', "a name in quotes")?;
        let from = self.at;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    let text = std::str::from_utf8(&self.bytes[from..self.at - 1]);
                    return text.map(str::to_owned).map_err(|_| self.expected("UTF-8"));
                }
                b'\\' | 0..0x20 => return Err(self.expected("a text without escapes")),
                _ => self.at += 1,
            }
        }
        Err(self.expected("the closing quote"))
    }

    fn integer(&mut self) -> Result<Json, StrokesError> {
        let from = self.at;
        self.at += usize::from(self.bytes[self.at] == b'-');
        let digits = self.at;
        while matches!(self.bytes.get(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let leading_zero = self.bytes.get(digits) == Some(&b'0') && self.at - digits > 1;
        if leading_zero || matches!(self.bytes.get(self.at), Some(b'.' | b'e' | b'E')) {
            return Err(self.expected("a whole number"));
        }
        let text = std::str::from_utf8(&self.bytes[from..self.at]).unwrap_or_default();
        text.parse().map(Json::Integer).map_err(|_| self.expected("a whole number"))
    }
}

#[cfg(test)]
#[path = "strokes_tests.rs"]
mod tests;
