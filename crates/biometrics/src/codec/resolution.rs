//! Physical resolution in image files: PNG `pHYs`, JPEG JFIF density, JP2 `resc`/`resd`.

/// Metres in an inch.
const INCH_M: f64 = 0.0254;

/// Pixels per inch from pixels per metre; `None` when it rounds to nothing that a sensor has.
pub(super) fn ppi_from_metre(per_metre: f64) -> Option<u16> {
    let ppi = (per_metre * INCH_M).round();
    (ppi.is_finite() && (1.0..=f64::from(u16::MAX)).contains(&ppi)).then_some(ppi as u16)
}

/// Pixels per metre, rounded, as `pHYs` wants them.
pub(super) fn metre_from_ppi(ppi: u16) -> u32 {
    (f64::from(ppi) / INCH_M).round() as u32
}

/// Big-endian number of up to four bytes at `at`.
pub(super) fn be(data: &[u8], at: usize, len: usize) -> Option<u32> {
    let end = at.checked_add(len)?;
    Some(data.get(at..end)?.iter().fold(0, |n, b| (n << 8) | u32::from(*b)))
}

/// Resolution of a PNG file (chunk `pHYs` with unit metre and square pixels), ISO/IEC 15948 11.3.5.3.
pub(super) fn png_ppi(data: &[u8]) -> Option<u16> {
    let mut at = 8_usize;
    loop {
        let len = be(data, at, 4)? as usize;
        match data.get(at.checked_add(4)?..at.checked_add(8)?)? {
            b"pHYs" if len == 9 => {
                let (x, y) = (be(data, at + 8, 4)?, be(data, at + 12, 4)?);
                return (data.get(at + 16) == Some(&1) && x == y).then(|| ppi_from_metre(f64::from(x)))?;
            }
            b"IDAT" | b"IEND" => return None,
            _ => at = at.checked_add(len)?.checked_add(12)?,
        }
    }
}

/// Resolution of a JPEG file (JFIF APP0 density with equal axes), ISO/IEC 10918-5 10.1.
pub(super) fn jpeg_ppi(data: &[u8]) -> Option<u16> {
    let mut at = 2_usize;
    loop {
        if data.get(at) != Some(&0xFF) {
            return None;
        }
        let marker = *data.get(at + 1)?;
        let len = be(data, at.checked_add(2)?, 2)? as usize;
        if marker == 0xE0 && data.get(at + 4..at + 9) == Some(b"JFIF\0") && len >= 14 {
            let unit = *data.get(at + 11)?;
            let (x, y) = (be(data, at + 12, 2)?, be(data, at + 14, 2)?);
            return match (unit, x == y) {
                (1, true) => u16::try_from(x).ok().filter(|v| *v > 0),
                (2, true) => ppi_from_metre(f64::from(x) * 100.0),
                _ => None,
            };
        }
        if !(0xE0..=0xFE).contains(&marker) || len < 2 {
            return None;
        }
        at = at.checked_add(2 + len)?;
    }
}

/// Resolution in the body of a JP2 `resc` or `resd` box: numerators, denominators and decimal exponents of
/// points per metre, vertical then horizontal (ISO/IEC 15444-1 I.5.3.7).
pub(super) fn jp2_ppi(body: &[u8]) -> Option<u16> {
    let axis = |num: usize, exp: usize| -> Option<f64> {
        let (n, d) = (be(body, num, 2)?, be(body, num + 2, 2)?);
        let e = i32::from(*body.get(exp)? as i8);
        (n > 0 && d > 0).then(|| f64::from(n) / f64::from(d) * 10_f64.powi(e))
    };
    let (y, x) = (ppi_from_metre(axis(0, 8)?)?, ppi_from_metre(axis(4, 9)?)?);
    (x == y).then_some(x)
}

/// The `res ` superbox with one `resc` box: ppi over 0.0254 m is `ppi / 254 * 10^4`, exact in 16 bits.
pub(super) fn jp2_res_box(ppi: u16) -> [u8; 26] {
    let [n0, n1] = ppi.to_be_bytes();
    let [d0, d1] = 254_u16.to_be_bytes();
    let mut out = [0_u8; 26];
    out[..8].copy_from_slice(&[0, 0, 0, 26, b'r', b'e', b's', b' ']);
    out[8..16].copy_from_slice(&[0, 0, 0, 18, b'r', b'e', b's', b'c']);
    out[16..26].copy_from_slice(&[n0, n1, d0, d1, n0, n1, d0, d1, 4, 4]);
    out
}

/// A whole `pHYs` chunk with length and CRC.
pub(super) fn phys_chunk(ppi: u16) -> [u8; 21] {
    let metre = metre_from_ppi(ppi).to_be_bytes();
    let mut out = [0_u8; 21];
    out[..8].copy_from_slice(&[0, 0, 0, 9, b'p', b'H', b'Y', b's']);
    out[8..12].copy_from_slice(&metre);
    out[12..16].copy_from_slice(&metre);
    out[16] = 1;
    let crc = crc32(&out[4..17]).to_be_bytes();
    out[17..].copy_from_slice(&crc);
    out
}

/// CRC-32 of PNG (ISO/IEC 15948 annex D), bit by bit: it runs over 13 bytes only.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    })
}
