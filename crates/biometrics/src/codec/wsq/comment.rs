//! The `NIST_COM` comment: lines of a name and a value (NBIS User's Guide, NISTCOM), among them the resolution.

use crate::image::GrayImage;

/// First name of the comment; its value is the number of lines.
const HEADER: &str = "NIST_COM";
/// The line of the resolution in pixels per inch, -1 where it is not known.
const PPI: &str = "PPI";

/// Whether a comment is one of NIST's form.
pub(super) fn is_nist(text: &[u8]) -> bool {
    text.starts_with(HEADER.as_bytes())
}

/// The resolution in a NIST comment; `None` where it is not told or not known.
pub(super) fn ppi(text: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(text);
    let value = text.lines().find_map(|line| line.strip_prefix(PPI)?.strip_prefix([' ', '\t']))?;
    value.trim().parse().ok().filter(|ppi| *ppi > 0)
}

/// The comment of an image that is encoded here.
pub(super) fn write(image: &GrayImage, bits_per_pixel: f32) -> String {
    let ppi = image.ppi().map_or(-1, i32::from);
    let (width, height) = (image.width(), image.height());
    format!(
        "{HEADER} 9\nPIX_WIDTH {width}\nPIX_HEIGHT {height}\nPIX_DEPTH 8\n{PPI} {ppi}\nLOSSY 1\n\
         COLORSPACE GRAY\nCOMPRESSION WSQ\nWSQ_BITRATE {bits_per_pixel:.6}"
    )
}
