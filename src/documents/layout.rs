//! Flowing text on A4 pages. Positions are in points (1/72 inch) from the top left corner.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};

use super::{DocumentError, Office};
use crate::i18n::Words;
use crate::typeface::{BOLD, Metrics, REGULAR};

/// A4, ISO 216.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
/// Margin on all sides: 20 mm.
pub(super) const MARGIN: f32 = 56.69;
/// Width between the margins.
pub(super) const COLUMN: f32 = WIDTH - 2.0 * MARGIN;
/// Where text ends; the foot line is below.
const BOTTOM: f32 = HEIGHT - MARGIN - 24.0;
/// Line height over text size.
const LEADING: f32 = 1.36;

pub(super) type Colour = (u8, u8, u8);
pub(super) const BLACK: Colour = (0x16, 0x20, 0x2A);
pub(super) const GREY: Colour = (0x47, 0x55, 0x63);
pub(super) const BLUE: Colour = (0x0B, 0x4F, 0x8A);
const PALE: Colour = (0xE7, 0xF0, 0xF9);
const LINE: Colour = (0xB5, 0xBE, 0xC7);
const WATERMARK: Colour = (0xC4, 0x2B, 0x24);

/// A weight of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) colour: Colour,
}

pub(super) const BODY: Style = Style { face: Face::Regular, size: 11.0, colour: BLACK };
pub(super) const STRONG: Style = Style { face: Face::Bold, size: 11.0, colour: BLACK };
pub(super) const LABEL: Style = Style { face: Face::Regular, size: 11.0, colour: GREY };
pub(super) const SMALL: Style = Style { face: Face::Regular, size: 9.0, colour: GREY };
pub(super) const HEADING: Style = Style { face: Face::Bold, size: 12.5, colour: BLUE };
pub(super) const TITLE: Style = Style { face: Face::Bold, size: 19.0, colour: BLACK };

enum Mark {
    Text {
        x: f32,
        baseline: f32,
        style: Style,
        text: String,
    },
    /// Filled rectangles: x, y, width, height.
    Boxes {
        colour: Colour,
        boxes: Vec<[f32; 4]>,
    },
}

/// Pages as they fill.
pub(super) struct Flow<'w> {
    pub(super) words: &'w Words,
    regular: Metrics<'static>,
    bold: Metrics<'static>,
    pages: Vec<Vec<Mark>>,
    /// Where the next line begins.
    pub(super) y: f32,
}

impl<'w> Flow<'w> {
    pub(super) fn new(words: &'w Words) -> Result<Self, DocumentError> {
        let metrics = |font| Metrics::new(font).ok_or(DocumentError::Typeface);
        Ok(Self {
            words,
            regular: metrics(REGULAR)?,
            bold: metrics(BOLD)?,
            pages: vec![Vec::new()],
            y: MARGIN,
        })
    }

    fn metrics(&self, face: Face) -> &Metrics<'static> {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Begins a page when less than `height` is left.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    /// A paragraph between `x` and `x + width`, below what is there.
    pub(super) fn paragraph(&mut self, x: f32, width: f32, style: Style, text: &str) {
        for line in self.metrics(style.face).wrap(text, style.size, width) {
            self.need(style.size * LEADING);
            self.line_at(x, style, line);
            self.y += style.size * LEADING;
        }
    }

    /// The same, each line in the middle of the column.
    pub(super) fn centred(&mut self, style: Style, text: &str) {
        for line in self.metrics(style.face).wrap(text, style.size, COLUMN) {
            self.need(style.size * LEADING);
            let x = MARGIN + (COLUMN - self.metrics(style.face).width(&line, style.size)) / 2.0;
            self.line_at(x, style, line);
            self.y += style.size * LEADING;
        }
    }

    fn line_at(&mut self, x: f32, style: Style, text: String) {
        let baseline = self.y + style.size * 1.07; // Noto Sans: ascent 1.069 em
        self.mark(Mark::Text { x, baseline, style, text });
    }

    /// A label and its value side by side, over a width.
    pub(super) fn row(&mut self, width: f32, label: &str, value: &str) {
        let label_width = 118.0;
        self.need(BODY.size * LEADING);
        let (top, page) = (self.y, self.pages.len());
        self.paragraph(MARGIN, label_width - 8.0, LABEL, label);
        let below = self.y;
        // A label that went over to the next page takes its value along.
        self.y = if self.pages.len() == page { top } else { MARGIN };
        self.paragraph(MARGIN + label_width, width - label_width, STRONG, value);
        self.y = self.y.max(if self.pages.len() == page { below } else { self.y }) + 3.0;
    }

    /// A heading that stays with at least two lines of what follows.
    pub(super) fn heading(&mut self, text: &str) {
        self.need(HEADING.size * LEADING + 2.0 * BODY.size * LEADING + 12.0);
        self.y += 10.0;
        self.paragraph(MARGIN, COLUMN, HEADING, text);
        self.y += 2.0;
    }

    /// Points of a list.
    pub(super) fn list(&mut self, items: &[String]) {
        for item in items {
            self.need(BODY.size * LEADING);
            self.line_at(MARGIN, BODY, "•".to_owned());
            self.paragraph(MARGIN + 14.0, COLUMN - 14.0, BODY, item);
            self.y += 2.0;
        }
    }

    /// A line across the column.
    pub(super) fn rule(&mut self, thick: f32, colour: Colour) {
        let y = self.y;
        self.mark(Mark::Boxes { colour, boxes: vec![[MARGIN, y, COLUMN, thick]] });
        self.y += thick + 8.0;
    }

    /// A text on a pale band across the column.
    pub(super) fn band(&mut self, style: Style, text: &str) {
        let pad = 8.0;
        let lines = self.metrics(style.face).wrap(text, style.size, COLUMN - 2.0 * pad).len();
        let height = lines as f32 * style.size * LEADING + 2.0 * pad;
        self.need(height + 8.0);
        let top = self.y;
        self.mark(Mark::Boxes { colour: PALE, boxes: vec![[MARGIN, top, COLUMN, height]] });
        self.y += pad;
        self.centred(style, text);
        self.y = top + height + 8.0;
    }

    /// Dark modules of a QR code in a square with its quiet zone of four modules (ISO/IEC 18004, 6.3.8).
    pub(super) fn modules(&mut self, x: f32, y: f32, side: f32, dark: &[bool], per_row: usize) {
        let unit = side / (per_row as f32 + 8.0);
        let at = |i: usize| ((i % per_row) as f32, (i / per_row) as f32);
        let boxes = dark.iter().enumerate().filter(|(_, d)| **d).map(|(i, _)| {
            let (column, row) = at(i);
            [x + (column + 4.0) * unit, y + (row + 4.0) * unit, unit, unit]
        });
        let boxes = boxes.collect();
        self.mark(Mark::Boxes { colour: (0xFF, 0xFF, 0xFF), boxes: vec![[x, y, side, side]] });
        self.mark(Mark::Boxes { colour: (0, 0, 0), boxes });
    }

    /// Government, office and address over a line.
    pub(super) fn letterhead(&mut self, office: &Office) {
        let government = Style { face: Face::Regular, size: 12.0, colour: BLACK };
        let name = Style { face: Face::Bold, size: 14.0, colour: BLACK };
        for (style, text) in
            [(government, &office.government), (name, &office.name), (SMALL, &office.address)]
        {
            if !text.is_empty() {
                self.centred(style, text);
            }
        }
        self.y += 6.0;
        self.rule(1.6, BLACK);
    }

    /// The PDF. `foot` stands on every page; `training` lays the watermark over it.
    pub(super) fn finish(self, title: &str, foot: &str, training: bool) -> Result<Vec<u8>, DocumentError> {
        let font = |bytes: &'static [u8]| Font::new(bytes.to_vec().into(), 0).ok_or(DocumentError::Typeface);
        let (regular, bold) = (font(REGULAR)?, font(BOLD)?);
        let face = |f| if f == Face::Bold { bold.clone() } else { regular.clone() };
        let mut document = Document::new();
        // No personal data in the metadata: print queues and file managers show it.
        let language = self.words.language().tag().to_owned();
        document.set_metadata(
            Metadata::new().title(title.to_owned()).language(language).creator("rekam".to_owned()),
        );
        let count = self.pages.len();
        let mark = self.words.get("doc-training");
        for (number, marks) in self.pages.iter().enumerate() {
            let settings = PageSettings::from_wh(WIDTH, HEIGHT);
            let settings = settings.ok_or_else(|| DocumentError::Pdf("page size".to_owned()))?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            for shape in marks {
                paint(&mut surface, shape, &face);
            }
            let of = self.words.with("doc-page", &[("page", number + 1), ("pages", count)]);
            let y = HEIGHT - MARGIN + 4.0;
            let line = Mark::Boxes { colour: LINE, boxes: vec![[MARGIN, y - 14.0, COLUMN, 0.6]] };
            paint(&mut surface, &line, &face);
            text(&mut surface, MARGIN, y, SMALL, foot, &face, 1.0);
            let x = WIDTH - MARGIN - self.regular.width(&of, SMALL.size);
            text(&mut surface, x, y, SMALL, &of, &face, 1.0);
            if training {
                watermark(&mut surface, &mark, &self.bold, &face);
            }
            surface.finish();
            page.finish();
        }
        document.finish().map_err(|e| DocumentError::Pdf(format!("{e:?}")))
    }
}

fn fill((r, g, b): Colour, opacity: f32) -> Fill {
    let opacity = NormalizedF32::new(opacity).unwrap_or(NormalizedF32::ONE);
    Fill { paint: rgb::Color::new(r, g, b).into(), opacity, rule: FillRule::NonZero }
}

fn paint(surface: &mut Surface<'_>, mark: &Mark, face: &dyn Fn(Face) -> Font) {
    match mark {
        Mark::Text { x, baseline, style, text: t } => text(surface, *x, *baseline, *style, t, face, 1.0),
        Mark::Boxes { colour, boxes } => {
            let mut path = PathBuilder::new();
            for [x, y, w, h] in boxes {
                if let Some(rect) = Rect::from_xywh(*x, *y, *w, *h) {
                    path.push_rect(rect);
                }
            }
            if let Some(path) = path.finish() {
                surface.set_fill(Some(fill(*colour, 1.0)));
                surface.draw_path(&path);
            }
        }
    }
}

fn text(
    surface: &mut Surface<'_>,
    x: f32,
    baseline: f32,
    style: Style,
    text: &str,
    face: &dyn Fn(Face) -> Font,
    opacity: f32,
) {
    surface.set_fill(Some(fill(style.colour, opacity)));
    let at = Point::from_xy(x, baseline);
    surface.draw_text(at, face(style.face), style.size, text, false, TextDirection::Auto);
}

/// A word from the lower left to the upper right, over the text but pale enough to read it.
fn watermark(surface: &mut Surface<'_>, word: &str, bold: &Metrics<'_>, face: &dyn Fn(Face) -> Font) {
    let size = 0.86 * WIDTH.hypot(HEIGHT) / bold.width(word, 1.0).max(1.0);
    let size = size.min(150.0);
    let half = bold.width(word, size) / 2.0;
    let length = WIDTH.hypot(HEIGHT);
    let (cos, sin) = (WIDTH / length, -HEIGHT / length);
    surface.push_transform(&Transform::from_row(cos, sin, -sin, cos, WIDTH / 2.0, HEIGHT / 2.0));
    let style = Style { face: Face::Bold, size, colour: WATERMARK };
    text(surface, -half, size * 0.36, style, word, face, 0.13);
    surface.pop();
}
