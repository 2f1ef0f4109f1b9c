//! Captured pictures and preview frames as textures. Decoding and scaling happen on a thread of their own: the
//! window's thread only hands over bytes and uploads what came back. Textures are kept by the SHA-256 of the file.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use biometrics::codec;
use biometrics::image::{GrayImage, RgbImage};
use devices::traits::PreviewFrame;
use eframe::egui::{
    Color32, ColorImage, Context, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::theme;
use crate::session::sample::Media;

/// Longest side of a texture in pixels: no picture is shown larger.
const LONGEST_PX: usize = 640;
/// Pictures that may wait for the decoder.
const WAITING: usize = 24;
/// Most textures kept: a session has ten fingers, two eyes, the face, signatures and a few documents.
const MOST_TEXTURES: usize = 48;
/// Key of the preview among the answers.
const PREVIEW: &str = "preview";

enum Job {
    File(Media),
    Gray(String, Arc<GrayImage>),
    Frame(u64, Arc<PreviewFrame>),
}

struct Answer {
    key: String,
    number: u64,
    image: Option<ColorImage>,
}

enum Entry {
    Asked,
    Ready(TextureHandle),
    Unreadable,
}

/// The pictures of the session on screen.
pub struct Pictures {
    jobs: Option<SyncSender<Job>>,
    answers: Receiver<Answer>,
    entries: HashMap<String, Entry>,
    preview: Option<(u64, TextureHandle)>,
    asked_frame: u64,
    /// A live picture is with the decoder; those that come meanwhile are left out rather than queued.
    frame_under_way: bool,
    /// The live picture is on screen: one that comes back later is not kept.
    live: bool,
}

impl std::fmt::Debug for Pictures {
    // Pictures are biometrics: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pictures({} kept)", self.entries.len())
    }
}

impl Pictures {
    /// Starts the decoder. It ends when this value is dropped.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        let (jobs, inbox) = sync_channel::<Job>(WAITING);
        let (outbox, answers) = sync_channel::<Answer>(WAITING);
        let ctx = ctx.clone();
        let work = move || {
            for job in inbox {
                let answer = match job {
                    Job::File(media) => Answer { image: decode(&media.bytes), key: media.sha256, number: 0 },
                    Job::Gray(key, image) => Answer { image: Some(gray(&image)), key, number: 0 },
                    Job::Frame(number, frame) => {
                        Answer { image: Some(frame_image(&frame)), key: PREVIEW.to_owned(), number }
                    }
                };
                if outbox.send(answer).is_err() {
                    return;
                }
                ctx.request_repaint();
            }
        };
        let started = std::thread::Builder::new().name("rekam-pictures".to_owned()).spawn(work);
        if let Err(error) = &started {
            tracing::error!(%error, "UI-01 picture decoder did not start; pictures are not shown");
        }
        let jobs = started.is_ok().then_some(jobs);
        Self {
            jobs,
            answers,
            entries: HashMap::new(),
            preview: None,
            asked_frame: 0,
            frame_under_way: false,
            live: false,
        }
    }

    /// Takes what the decoder has finished. Once a frame.
    pub fn pump(&mut self, ctx: &Context) {
        while let Ok(answer) = self.answers.try_recv() {
            if answer.key == PREVIEW {
                self.frame_under_way = false;
                if let Some(image) = answer.image.filter(|_| self.live) {
                    match &mut self.preview {
                        Some((number, texture)) => {
                            *number = answer.number;
                            texture.set(image, TextureOptions::LINEAR);
                        }
                        None => {
                            let texture = ctx.load_texture(PREVIEW, image, TextureOptions::LINEAR);
                            self.preview = Some((answer.number, texture));
                        }
                    }
                }
                continue;
            }
            // An answer for a session that is gone must not come back on the screen.
            if let Some(entry) = self.entries.get_mut(&answer.key) {
                *entry = answer.image.map_or(Entry::Unreadable, |image| {
                    Entry::Ready(ctx.load_texture(&answer.key, image, TextureOptions::LINEAR))
                });
            }
        }
    }

    /// True while a picture that was shown is not decoded yet.
    #[must_use]
    pub fn decoding(&self) -> bool {
        self.entries.values().any(|e| matches!(e, Entry::Asked))
    }

    /// Drops every texture: when the session leaves the screen.
    pub fn forget(&mut self) {
        self.entries.clear();
        self.forget_preview();
    }

    /// Drops the live picture.
    pub fn forget_preview(&mut self) {
        (self.preview, self.live) = (None, false);
    }

    fn texture(&mut self, key: &str, job: impl FnOnce() -> Job) -> Option<TextureHandle> {
        match self.entries.get(key) {
            Some(Entry::Ready(texture)) => return Some(texture.clone()),
            Some(Entry::Asked | Entry::Unreadable) => return None,
            None => {}
        }
        if self.entries.len() >= MOST_TEXTURES {
            self.entries.clear();
        }
        let jobs = self.jobs.as_ref()?;
        match jobs.try_send(job()) {
            Ok(()) => {
                self.entries.insert(key.to_owned(), Entry::Asked);
            }
            Err(TrySendError::Full(_)) => {} // asked again at the next frame
            Err(TrySendError::Disconnected(_)) => self.jobs = None,
        }
        None
    }

    /// A captured picture fitted into `room`; an even ground until it is decoded. `name` is spoken.
    pub fn show(&mut self, ui: &mut Ui, media: Option<&Media>, room: Vec2, name: &str) -> Response {
        let texture = media.and_then(|m| self.texture(&m.sha256, || Job::File(m.clone())));
        place(ui, texture.as_ref(), room, name)
    }

    /// A captured grey picture that is no file, by the digest of its pixels. Gives the rectangle of the picture too.
    pub fn show_gray(
        &mut self,
        ui: &mut Ui,
        sha256: &str,
        image: &Arc<GrayImage>,
        room: Vec2,
        name: &str,
    ) -> (Response, Rect) {
        let texture = self.texture(sha256, || Job::Gray(sha256.to_owned(), image.clone()));
        let response = place(ui, texture.as_ref(), room, name);
        let inner = fit(response.rect, vec2(image.width() as f32, image.height() as f32));
        (response, inner)
    }

    /// The newest live picture, filling `room`: what lies beyond its sides is not shown. Gives the rectangle of the
    /// whole picture, which may be larger than the room.
    pub fn show_preview(
        &mut self,
        ui: &mut Ui,
        newest: Option<(u64, Arc<PreviewFrame>)>,
        room: Vec2,
        name: &str,
    ) -> (Response, Option<Rect>) {
        self.live = true;
        if let (Some((number, frame)), Some(jobs)) = (newest, self.jobs.as_ref())
            && number != self.asked_frame
            && !self.frame_under_way
            && jobs.try_send(Job::Frame(number, frame)).is_ok()
        {
            self.asked_frame = number;
            self.frame_under_way = true;
        }
        let response = place(ui, None, room, name);
        let inner = self.preview.as_ref().map(|(_, texture)| {
            let inner = cover(response.rect, texture.size_vec2());
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let painter = ui.painter().with_clip_rect(response.rect.intersect(ui.clip_rect()));
            painter.image(texture.id(), inner, whole, Color32::WHITE);
            inner
        });
        (response, inner)
    }
}

fn fit(rect: Rect, size: Vec2) -> Rect {
    let scale = (rect.width() / size.x.max(1.0)).min(rect.height() / size.y.max(1.0));
    Rect::from_center_size(rect.center(), size * scale)
}

fn cover(rect: Rect, size: Vec2) -> Rect {
    let scale = (rect.width() / size.x.max(1.0)).max(rect.height() / size.y.max(1.0));
    Rect::from_center_size(rect.center(), size * scale)
}

fn place(ui: &mut Ui, texture: Option<&TextureHandle>, room: Vec2, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(room, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let edge = Stroke::new(theme::LINE, theme::HAIRLINE);
    ui.painter().rect(rect, theme::CORNER, theme::HAND, edge, StrokeKind::Inside);
    if let Some(texture) = texture {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), fit(rect, texture.size_vec2()), whole, Color32::WHITE);
    }
    response
}

fn decode(bytes: &[u8]) -> Option<ColorImage> {
    codec::decode_rgb(bytes).ok().map(|image| shrunk(&image))
}

fn frame_image(frame: &PreviewFrame) -> ColorImage {
    match frame {
        PreviewFrame::Rgb(image) => shrunk(image),
        PreviewFrame::Gray(image) => gray(image),
    }
}

/// As [`shrunk`], by taking every so manieth pixel: a preview must be quick.
fn gray(image: &GrayImage) -> ColorImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    let every = w.max(h).div_ceil(LONGEST_PX).max(1);
    let (nw, nh) = ((w / every).max(1), (h / every).max(1));
    let at = |x: usize, y: usize| image.at((x * every) as i64, (y * every) as i64);
    let pixels: Vec<u8> = (0..nh).flat_map(|y| (0..nw).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect();
    ColorImage::from_gray([nw, nh], &pixels)
}

/// Shrinks by whole steps, each pixel the mean of its square, until the longest side fits.
fn shrunk(image: &RgbImage) -> ColorImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    let every = w.max(h).div_ceil(LONGEST_PX).max(1);
    if every == 1 {
        return ColorImage::from_rgb([w, h], image.pixels());
    }
    let (nw, nh) = ((w / every).max(1), (h / every).max(1));
    let mut pixels = Vec::with_capacity(nw * nh * 3);
    for y in 0..nh {
        for x in 0..nw {
            let mut sum = [0_u32; 3];
            let mut count = 0;
            for row in (y * every)..((y + 1) * every).min(h) {
                for column in (x * every)..((x + 1) * every).min(w) {
                    let at = (row * w + column) * 3;
                    for (s, p) in sum.iter_mut().zip(image.pixels().iter().skip(at)) {
                        *s += u32::from(*p);
                    }
                    count += 1;
                }
            }
            pixels.extend(sum.map(|s| (s / count.max(1)) as u8));
        }
    }
    ColorImage::from_rgb([nw, nh], &pixels)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn pictures_are_shrunk_to_the_longest_side_and_keep_their_shape() {
        let check = |w: u32, h: u32, expected: [usize; 2]| {
            let pixels = vec![77; (w * h * 3) as usize];
            let image = shrunk(&RgbImage::new(w, h, pixels).unwrap());
            assert_eq!(image.size, expected, "{w}x{h}");
            assert_eq!(image.pixels[0].to_array(), [77, 77, 77, 255]);
        };
        check(10, 5, [10, 5]);
        check(640, 480, [640, 480]);
        check(641, 480, [320, 240]);
        check(1280, 720, [640, 360]);
        check(1, 2000, [1, 500]);
    }

    #[test]
    fn what_is_no_picture_is_no_texture() {
        for bytes in [&b""[..], b"GIF89a", &[0xFF, 0xD8, 0xFF, 0x00]] {
            assert!(decode(bytes).is_none());
        }
    }
}
