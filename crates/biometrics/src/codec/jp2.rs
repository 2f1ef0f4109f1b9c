//! JPEG 2000 through openjp2 (a pure Rust translation of OpenJPEG).

use std::panic::{AssertUnwindSafe, catch_unwind};

use openjp2::{
    CODEC_FORMAT, COLOR_SPACE, Codec, opj_cparameters_t, opj_dparameters_t, opj_image, opj_image_comptparm,
};

use super::jp2_check::{Claims, check};
use super::resolution::{be, jp2_res_box};
use super::{CodecError, Decoded, Format, Jp2Rate, jp2_stream};
use crate::image::{GrayImage, RgbImage};

/// Most wavelet levels plus one that the encoder uses.
const MAX_RESOLUTIONS: u32 = 6;

/// Decodes after [`check`] has accepted the claims. A panic of the library becomes an error: it asserts on
/// some damaged files.
pub(super) fn decode(data: &[u8], format: Format) -> Result<Decoded, CodecError> {
    let claims = check(data, format)?;
    let planes = catch_unwind(AssertUnwindSafe(|| decode_planes(data, format, &claims)))
        .unwrap_or(Err(CodecError::Decoder { format }))?;
    match planes.as_slice() {
        [grey] => Ok(Decoded::Gray(GrayImage::new(claims.width, claims.height, claims.ppi, grey.clone())?)),
        [r, g, b] => {
            let pixels = r.iter().zip(g).zip(b).flat_map(|((r, g), b)| [*r, *g, *b]).collect();
            Ok(Decoded::Rgb(RgbImage::new(claims.width, claims.height, pixels)?))
        }
        _ => Err(CodecError::Decoder { format }),
    }
}

fn decode_planes(data: &[u8], format: Format, claims: &Claims) -> Result<Vec<Vec<u8>>, CodecError> {
    let failed = CodecError::Decoder { format };
    let codec_format =
        if format == Format::Jp2 { CODEC_FORMAT::OPJ_CODEC_JP2 } else { CODEC_FORMAT::OPJ_CODEC_J2K };
    let mut codec = Codec::new_decoder(codec_format).ok_or(failed.clone())?;
    let mut parameters = opj_dparameters_t::default();
    // Strict: a tile-part cut short is an error and not a grey patch.
    if codec.setup_decoder(&mut parameters) == 0 || codec.decoder_set_strict_mode(1) == 0 {
        return Err(failed);
    }
    let image = jp2_stream::with_input(data, |stream| {
        let mut image = codec.read_header(stream)?;
        let same = image.x1.checked_sub(image.x0) == Some(claims.width)
            && image.y1.checked_sub(image.y0) == Some(claims.height)
            && image.numcomps == u32::from(claims.components);
        (same && codec.decode(stream, &mut image) != 0).then_some(image)
    })
    .ok_or(failed.clone())?;
    let count = claims.width as usize * claims.height as usize;
    let components = image.comps().ok_or(failed.clone())?;
    if components.len() != usize::from(claims.components) {
        return Err(failed);
    }
    components
        .iter()
        .map(|c| match c.data() {
            Some(values) if values.len() == count && c.prec == 8 && c.sgnd == 0 => {
                Ok(values.iter().map(|v| (*v).clamp(0, 255) as u8).collect())
            }
            _ => Err(failed.clone()),
        })
        .collect()
}

pub(super) fn encode_gray(image: &GrayImage) -> Result<Vec<u8>, CodecError> {
    let mut file = encode(image.width(), image.height(), 1, image.pixels(), Jp2Rate::Lossless)?;
    if let Some(ppi) = image.ppi() {
        insert_resolution(&mut file, ppi)?;
    }
    Ok(file)
}

pub(super) fn encode_rgb(image: &RgbImage, rate: Jp2Rate) -> Result<Vec<u8>, CodecError> {
    if let Jp2Rate::Ratio(r) = rate
        && !(r > 1.0 && r <= 500.0)
    {
        return Err(CodecError::Parameter { format: Format::Jp2, name: "ratio" });
    }
    encode(image.width(), image.height(), 3, image.pixels(), rate)
}

fn encode(
    width: u32,
    height: u32,
    channels: u32,
    pixels: &[u8],
    rate: Jp2Rate,
) -> Result<Vec<u8>, CodecError> {
    catch_unwind(AssertUnwindSafe(|| encode_inner(width, height, channels, pixels, rate)))
        .ok()
        .flatten()
        .ok_or(CodecError::Encoder { format: Format::Jp2 })
}

fn encode_inner(width: u32, height: u32, channels: u32, pixels: &[u8], rate: Jp2Rate) -> Option<Vec<u8>> {
    let plane =
        opj_image_comptparm { dx: 1, dy: 1, w: width, h: height, prec: 8, bpp: 8, ..Default::default() };
    let space = if channels == 1 { COLOR_SPACE::OPJ_CLRSPC_GRAY } else { COLOR_SPACE::OPJ_CLRSPC_SRGB };
    let mut image = opj_image::create(&vec![plane; channels as usize], space)?;
    (image.x1, image.y1) = (width, height);
    for (c, component) in image.comps_mut()?.iter_mut().enumerate() {
        let samples = pixels.iter().skip(c).step_by(channels as usize);
        component.data_mut()?.iter_mut().zip(samples).for_each(|(to, from)| *to = i32::from(*from));
    }
    let mut parameters = opj_cparameters_t {
        tcp_numlayers: 1,
        cp_disto_alloc: 1,
        tcp_mct: i8::from(channels == 3),
        // One more resolution halves the sides: stop when the short side would be below one pixel.
        numresolution: (width.min(height).ilog2() + 1).min(MAX_RESOLUTIONS) as i32,
        ..Default::default()
    };
    if let Jp2Rate::Ratio(ratio) = rate {
        parameters.irreversible = 1;
        parameters.tcp_rates[0] = ratio;
    }
    let mut codec = Codec::new_encoder(CODEC_FORMAT::OPJ_CODEC_JP2)?;
    if codec.setup_encoder(&mut parameters, &mut image) == 0 {
        return None;
    }
    let limit = pixels.len() * 2 + 65_536; // noise grows by a few percent only
    let (done, file) = jp2_stream::with_output(limit, |stream| {
        codec.start_compress(&mut image, stream) != 0
            && codec.encode(stream) != 0
            && codec.end_compress(stream) != 0
            && stream.flush().is_ok()
    });
    done.then_some(file)
}

/// Puts a `res ` box at the end of the `jp2h` box, which openjp2 does not write.
fn insert_resolution(file: &mut Vec<u8>, ppi: u16) -> Result<(), CodecError> {
    let failed = CodecError::Encoder { format: Format::Jp2 };
    let mut at = 0_usize;
    loop {
        let len = be(file, at, 4).ok_or(failed.clone())?;
        if len < 8 {
            return Err(failed);
        }
        let end = at.saturating_add(len as usize);
        if file.get(at + 4..at + 8) == Some(b"jp2h") && end <= file.len() {
            let inserted = jp2_res_box(ppi);
            file[at..at + 4].copy_from_slice(&(len + inserted.len() as u32).to_be_bytes());
            file.splice(end..end, inserted);
            return Ok(());
        }
        at = end;
    }
}
