//! The station's typeface, for window and paper, and how wide its text is.
//!
//! Reads the tables `head`, `hhea`, `hmtx` and `cmap` (format 4) of ISO/IEC 14496-22 (OpenType); nothing else.

/// Noto Sans Regular, TrueType.
pub const REGULAR: &[u8] = include_bytes!("../assets/fonts/NotoSans-Regular.ttf");
/// Noto Sans Bold, TrueType.
pub const BOLD: &[u8] = include_bytes!("../assets/fonts/NotoSans-Bold.ttf");

/// Advance widths of a font.
#[derive(Clone, Copy)]
pub struct Metrics<'a> {
    hmtx: &'a [u8],
    /// The format 4 subtable.
    cmap: &'a [u8],
    units_per_em: u16,
    long_metrics: u16,
}

impl std::fmt::Debug for Metrics<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metrics({} per em)", self.units_per_em)
    }
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_be_bytes)
}

fn u32_at(data: &[u8], at: usize) -> Option<usize> {
    let bytes = data.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

fn table<'a>(font: &'a [u8], tag: &[u8; 4]) -> Option<&'a [u8]> {
    let count = usize::from(u16_at(font, 4)?);
    let entry = (0..count).map(|i| 12 + 16 * i).find(|at| font.get(*at..at + 4) == Some(tag))?;
    let (start, length) = (u32_at(font, entry + 8)?, u32_at(font, entry + 12)?);
    font.get(start..start.checked_add(length)?)
}

impl<'a> Metrics<'a> {
    /// Reads a TrueType file. `None` when a table is missing, cut short or of another format.
    #[must_use]
    pub fn new(font: &'a [u8]) -> Option<Self> {
        let units_per_em = u16_at(table(font, b"head")?, 18)?;
        let long_metrics = u16_at(table(font, b"hhea")?, 34)?;
        let maps = table(font, b"cmap")?;
        let count = usize::from(u16_at(maps, 2)?);
        let subtable = |i: usize| maps.get(u32_at(maps, 4 + 8 * i + 4)?..);
        let cmap = (0..count).filter_map(subtable).find(|t| u16_at(t, 0) == Some(4))?;
        let usable = units_per_em > 0 && long_metrics > 0;
        usable.then_some(Self { hmtx: table(font, b"hmtx")?, cmap, units_per_em, long_metrics })
    }

    /// The glyph of a character of the basic plane; 0 (missing glyph) for others.
    fn glyph(&self, c: char) -> u16 {
        self.mapped(c).unwrap_or(0)
    }

    fn mapped(&self, c: char) -> Option<u16> {
        let code = u16::try_from(u32::from(c)).ok()?;
        let twice = usize::from(u16_at(self.cmap, 6)?);
        let segment =
            (0..twice / 2).find(|i| u16_at(self.cmap, 14 + 2 * i).is_some_and(|end| end >= code))?;
        let start = u16_at(self.cmap, 16 + twice + 2 * segment)?;
        let delta = u16_at(self.cmap, 16 + 2 * twice + 2 * segment)?;
        let range_at = 16 + 3 * twice + 2 * segment;
        let range = usize::from(u16_at(self.cmap, range_at)?);
        let into = code.checked_sub(start)?;
        if range == 0 {
            return Some(code.wrapping_add(delta));
        }
        match u16_at(self.cmap, range_at + range + 2 * usize::from(into))? {
            0 => None,
            glyph => Some(glyph.wrapping_add(delta)),
        }
    }

    /// True when the font has a glyph for the character.
    #[must_use]
    pub fn has(&self, c: char) -> bool {
        self.glyph(c) != 0
    }

    /// Width of a text without kerning, in the unit of `size`.
    #[must_use]
    pub fn width(&self, text: &str, size: f32) -> f32 {
        let advance = |c| {
            let entry = self.glyph(c).min(self.long_metrics - 1);
            u16_at(self.hmtx, 4 * usize::from(entry)).map_or(0, u32::from)
        };
        text.chars().map(advance).sum::<u32>() as f32 * size / f32::from(self.units_per_em)
    }

    /// Breaks a text into lines no wider than `width`. Line ends of the text are kept; a word that is wider than the
    /// line is broken within.
    #[must_use]
    pub fn wrap(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        text.split('\n').flat_map(|paragraph| self.wrap_paragraph(paragraph, size, width)).collect()
    }

    fn wrap_paragraph(&self, paragraph: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in paragraph.split_whitespace() {
            let Some(line) = lines.last_mut() else { continue };
            let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&joined, size) <= width {
                *line = joined;
                continue;
            }
            if !line.is_empty() {
                lines.push(String::new());
            }
            for c in word.chars() {
                let Some(line) = lines.last_mut() else { continue };
                line.push(c);
                if self.width(line, size) > width && line.chars().count() > 1 {
                    line.pop();
                    lines.push(c.to_string());
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Noto Sans Regular 2.004: space 260, A 639, i 258 of 1000 units.
        let m = Metrics::new(REGULAR).unwrap();
        for (text, thousandths) in [("", 0.0), (" ", 260.0), ("A", 639.0), ("i", 258.0), ("Ai A", 1796.0)] {
            assert!((m.width(text, 1000.0) - thousandths).abs() < 0.5, "{text:?}: {}", m.width(text, 1000.0));
        }
        assert!(Metrics::new(BOLD).unwrap().width("A", 1000.0) > m.width("A", 1000.0));
    }

    #[test]
    fn wrapping_keeps_every_word_and_the_width() {
        let m = Metrics::new(REGULAR).unwrap();
        let check = |text: &str, width: f32, lines: usize| {
            let out = m.wrap(text, 10.0, width);
            assert!(out.iter().all(|l| m.width(l, 10.0) <= width || l.chars().count() == 1), "{out:?}");
            let bare = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(bare(&out.concat()), bare(text));
            assert_eq!(out.len(), lines, "{out:?}");
        };
        check("", 50.0, 1);
        check("satu dua", 500.0, 1);
        check("satu\ndua", 500.0, 2);
        check("satu dua tiga", 30.0, 3);
        check("WWWWWWWWWW", 30.0, 4);
        check("ab", 1.0, 2);
    }

    #[test]
    fn cut_or_foreign_files_are_refused_without_panic() {
        for cut in [0, 3, 11, 40, 200, 1000, 5000] {
            assert!(Metrics::new(&REGULAR[..cut]).is_none(), "{cut}");
        }
        assert!(Metrics::new(&[0xFF; 4096]).is_none());
    }
}
