//! Pictures that were captured, or that a device sees now, as textures.

use std::collections::HashMap;

use biometrics::image::{GrayImage, RgbImage};
use eframe::egui::{
    Color32, ColorImage, Context, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, Vec2, pos2, vec2,
};

use super::name_it;
use crate::ui::theme;

/// Pixels to show.
#[derive(Debug, Clone, Copy)]
pub enum Pixels<'a> {
    /// Colour.
    Rgb(&'a RgbImage),
    /// Grey.
    Gray(&'a GrayImage),
}

impl Pixels<'_> {
    fn size(&self) -> [usize; 2] {
        let (w, h) = match self {
            Self::Rgb(i) => (i.width(), i.height()),
            Self::Gray(i) => (i.width(), i.height()),
        };
        [w as usize, h as usize]
    }
    fn image(&self) -> ColorImage {
        match self {
            Self::Rgb(i) => ColorImage::from_rgb(self.size(), i.pixels()),
            Self::Gray(i) => ColorImage::from_gray(self.size(), i.pixels()),
        }
    }
}

/// Frames after which a texture that nothing shows is dropped.
const KEEP_FRAMES: u64 = 2;

#[derive(Clone)]
struct Kept {
    texture: TextureHandle,
    version: u64,
    seen: u64,
}

#[derive(Clone, Default)]
struct Textures(HashMap<String, Kept>);

fn memory() -> Id {
    Id::unique("rekam-textures")
}

/// Drops every texture: when the session ends, on suspend, when the lid closes.
pub fn forget_images(ctx: &Context) {
    ctx.data_mut(|d| d.remove::<Textures>(memory()));
}

/// A picture fitted into `room` without distortion, on a ground that shows its edges. `key` names the place on the
/// screen, `version` the picture in it (a digest's first bytes, or a frame counter): the texture is made again only
/// when the version changes, and dropped when the picture has left the screen.
pub fn image_view(
    ui: &mut Ui,
    key: &str,
    version: u64,
    pixels: Pixels<'_>,
    room: Vec2,
    name: &str,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(room, Sense::hover());
    name_it(ui, &response, Role::Image, None, name);
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let texture = texture(ui.ctx(), key, version, pixels);
    let size = vec2(pixels.size()[0] as f32, pixels.size()[1] as f32);
    let scale = (room.x / size.x.max(1.0)).min(room.y / size.y.max(1.0));
    let inner = Rect::from_center_size(rect.center(), size * scale);
    let edge = Stroke::new(theme::LINE, theme::HAIRLINE);
    ui.painter().rect(rect, theme::CORNER, theme::HAND, edge, StrokeKind::Inside);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), inner, whole, Color32::WHITE);
    response
}

fn texture(ctx: &Context, key: &str, version: u64, pixels: Pixels<'_>) -> TextureHandle {
    let now = ctx.cumulative_frame_nr();
    let mut kept = ctx.data(|d| d.get_temp::<Textures>(memory())).unwrap_or_default();
    kept.0.retain(|_, k| k.seen + KEEP_FRAMES >= now);
    let entry = kept.0.entry(key.to_owned()).or_insert_with(|| Kept {
        texture: ctx.load_texture(key, pixels.image(), TextureOptions::LINEAR),
        version,
        seen: now,
    });
    if entry.version != version {
        entry.texture.set(pixels.image(), TextureOptions::LINEAR);
        entry.version = version;
    }
    entry.seen = now;
    let texture = entry.texture.clone();
    ctx.data_mut(|d| d.insert_temp(memory(), kept));
    texture
}
