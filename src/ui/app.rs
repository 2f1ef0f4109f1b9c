//! The window: pumps the desk, draws what it shows, hands back what the operator does. It knows the desk only.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use eframe::egui::{self, ColorImage, Context, ScreenshotCallback, ViewportBuilder, ViewportCommand};
use record::schema::StepId;
use zeroize::Zeroize;

use super::demo::{Demo, DemoOptions, Move};
use super::frames::{FrameLog, Frames};
use super::pictures::Pictures;
use super::stage::{Scratch, Stage};
use super::{applicant, screens, theme};
use crate::i18n::{Language, Words};
use crate::runtime::station::{Desk, DeskCommand, FingerWay, Screen};
use crate::steps::identity;

/// Size of the window at start, in points.
pub const SIZE: [f32; 2] = [1280.0, 800.0];
/// Smallest size it works in.
pub const LEAST_SIZE: [f32; 2] = [1024.0, 640.0];
/// While a session runs the clock on the screen and the reducer's watchdog tick along.
const TICK: Duration = Duration::from_millis(500);
/// The same while the start page stands still.
const IDLE_TICK: Duration = Duration::from_secs(5);

/// Least time between two words to the desk that somebody is there, in seconds.
const ACTIVITY_EVERY_S: f64 = 1.0;

/// Errors of the window.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// No display, or no OpenGL on it.
    #[error(
        "UI-02 the window could not be opened: {0}; if that names no other cause, check the display and its OpenGL driver"
    )]
    Open(String),
}

/// How the window is opened.
#[derive(Debug, Default)]
pub struct WindowOptions {
    /// Language at start; it is not remembered.
    pub language: Language,
    /// Size in points; [`SIZE`] when none is given.
    pub size: Option<[f32; 2]>,
    /// Opens the applicant's screen at start.
    pub applicant: bool,
    /// Plays a session by itself.
    pub demo: Option<DemoOptions>,
    /// Folder for pictures of the screens, as PNG, for the demo.
    pub pictures: Option<PathBuf>,
    /// Notes the time of every frame, for `rekam bench`.
    pub frames: Option<FrameLog>,
}

/// Saves pictures of the window by name. Encoding runs on a thread of its own.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    under_way: Arc<AtomicUsize>,
}

impl Recorder {
    /// A recorder into a folder, which is made when the first picture is saved.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, under_way: Arc::default() }
    }

    /// Asks for a picture of the window as it stands, saved as `<name>.png`.
    pub fn save(&self, ctx: &Context, name: &str) {
        let path = self.folder.join(format!("{name}.png"));
        let under_way = Arc::clone(&self.under_way);
        under_way.fetch_add(1, Ordering::SeqCst);
        let repaint = ctx.clone();
        let callback = ScreenshotCallback::new(move |image: Arc<ColorImage>| {
            let work = move || {
                if let Err(error) = write_png(&path, &image) {
                    tracing::error!(%error, "UI-03 picture of the screen was not saved");
                }
                under_way.fetch_sub(1, Ordering::SeqCst);
                repaint.request_repaint();
            };
            let started = std::thread::Builder::new().name("rekam-recorder".to_owned()).spawn(work);
            if let Err(error) = started {
                tracing::error!(%error, "UI-03 picture of the screen was not saved");
            }
        });
        ctx.send_viewport_cmd(ViewportCommand::Screenshot(callback));
    }

    /// True while a picture has been asked for and is not saved yet.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) > 0
    }
}

/// An event that only a person makes.
pub(super) fn is_of_a_person(event: &egui::Event) -> bool {
    use egui::Event;
    matches!(
        event,
        Event::Key { .. }
            | Event::Text(_)
            | Event::Ime(_)
            | Event::Copy
            | Event::Cut
            | Event::Paste(_)
            | Event::PointerMoved(_)
            | Event::PointerButton { .. }
            | Event::MouseWheel { .. }
            | Event::Touch { .. }
            | Event::AccessKitActionRequest(_)
    )
}

/// A text field keeps what was typed, to undo it: that does not outlive the screen.
fn forget_typed(ctx: &Context) {
    ctx.memory_mut(|m| m.data.remove_by_type::<egui::text_edit::TextEditState>());
}

fn write_png(path: &std::path::Path, image: &ColorImage) -> Result<(), image::ImageError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let rgb: Vec<u8> = image.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
    let (w, h) = (image.size[0] as u32, image.size[1] as u32);
    image::save_buffer(path, &rgb, w, h, image::ExtendedColorType::Rgb8)
}

/// The application: a desk, and what is on the screen only.
pub struct RekamApp {
    desk: Box<dyn Desk>,
    words: Words,
    language: Language,
    pictures: Pictures,
    scratch: Scratch,
    /// What was typed and not sent when the screen locked; it comes back with the officer.
    aside: Option<Scratch>,
    /// When the desk was last told that somebody is there.
    active_s: f64,
    screen: Option<Screen>,
    /// The step whose live picture runs.
    previewing: Option<StepId>,
    /// The applicant's screen is open.
    applicant: bool,
    demo: Option<Demo>,
    recorder: Option<Recorder>,
    frames: Option<Frames>,
}

impl std::fmt::Debug for RekamApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RekamApp({:?}, {:?})", self.screen, self.words)
    }
}

impl RekamApp {
    /// Takes a context and a desk. The context gets the station's fonts and colours.
    #[must_use]
    pub fn new(ctx: &Context, desk: Box<dyn Desk>, options: WindowOptions) -> Self {
        theme::apply(ctx);
        Self {
            desk,
            words: Words::new(options.language),
            language: options.language,
            pictures: Pictures::new(ctx),
            scratch: Scratch::default(),
            aside: None,
            active_s: f64::NEG_INFINITY,
            screen: None,
            previewing: None,
            applicant: options.applicant,
            demo: options.demo.map(Demo::new),
            recorder: options.pictures.map(Recorder::new),
            frames: options.frames.map(Frames::new),
        }
    }

    /// The desk, to look at.
    #[must_use]
    pub fn desk(&self) -> &dyn Desk {
        &*self.desk
    }

    /// The desk, for scripts and tests that act beside the operator.
    pub fn desk_mut(&mut self) -> &mut dyn Desk {
        &mut *self.desk
    }

    /// What is on the screen only, for tests.
    #[must_use]
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Takes what workers have finished; before every frame, and also while the window is hidden.
    pub fn pump(&mut self, ctx: &Context) {
        if self.desk.pump() {
            ctx.request_repaint();
        }
        self.pictures.pump(ctx);
        self.play(ctx);
    }

    /// Draws one frame and sends what the operator did.
    pub fn draw(&mut self, ui: &mut egui::Ui) {
        let screen = self.desk.screen();
        if self.screen != Some(screen) {
            self.change_scratch(screen);
            forget_typed(ui.ctx());
            if screen != Screen::Session {
                self.pictures.forget();
            }
            self.screen = Some(screen);
        }
        self.leave_aside();
        let mut out = Vec::new();
        let mut touched = ui.ctx().input(|i| i.events.iter().any(is_of_a_person));
        let mut stage = Stage {
            words: &self.words,
            desk: &*self.desk,
            scratch: &mut self.scratch,
            pictures: &mut self.pictures,
            applicant: &mut self.applicant,
            out: &mut out,
        };
        screens::show(ui, &mut stage, &mut self.language);
        if *stage.applicant {
            let seen = applicant::window(ui.ctx(), &mut stage);
            *stage.applicant = !seen.closed;
            touched |= seen.touched;
        }
        if touched {
            self.note_activity(ui.ctx(), &mut out);
        }
        if self.language != self.words.language() {
            self.words = Words::new(self.language);
        }
        let acted = !out.is_empty();
        for command in out {
            self.desk.send(command);
        }
        self.preview();
        if acted {
            ui.ctx().request_repaint();
        }
        if self.desk.session().is_some_and(|v| v.session.core.running()) || self.desk.handover().is_some() {
            ui.ctx().request_repaint_after(TICK);
        }
        if self.desk.signed_in().is_some() {
            // The station's limits are looked at also while nobody does anything.
            ui.ctx().request_repaint_after(IDLE_TICK);
        }
        // Nothing else moves a window that nobody touches.
        if let Some(due) = self.desk.lock_due() {
            let left = (due - self.desk.now()).to_std().unwrap_or_default();
            ui.ctx().request_repaint_after(left + TICK);
        }
    }

    /// What was typed, drawn and seen on another screen does not stay in memory, except behind a lock that a finger
    /// opens: there it waits for the officer, without secrets.
    fn change_scratch(&mut self, screen: Screen) {
        let fresh = Scratch { focus_first: true, ..Scratch::default() };
        let mut left = std::mem::replace(&mut self.scratch, fresh);
        // Where the finger opens, the station holds its sessions in memory, and the window what was typed.
        let held = self.desk.lock().is_some_and(|lock| lock.finger != FingerWay::Off);
        if screen == Screen::Locked && held {
            left.dialog = None;
            self.aside = Some(left);
            return;
        }
        left.texts.0.values_mut().for_each(Zeroize::zeroize);
        if let Some(mut aside) = self.aside.take() {
            if screen == Screen::SignIn {
                aside.texts.0.values_mut().for_each(Zeroize::zeroize);
            } else {
                self.scratch = aside;
            }
        }
    }

    /// The finger opens no more (the machine slept): what waited behind the lock goes with the keys.
    fn leave_aside(&mut self) {
        let gone = self.desk.lock().is_some_and(|lock| lock.finger == FingerWay::Off);
        if let Some(mut aside) = self.aside.take_if(|_| gone) {
            aside.texts.0.values_mut().for_each(Zeroize::zeroize);
        }
    }

    /// Tells the desk that somebody is there, now and then.
    fn note_activity(&mut self, ctx: &Context, out: &mut Vec<DeskCommand>) {
        let time_s = ctx.input(|i| i.time);
        if time_s - self.active_s >= ACTIVITY_EVERY_S && self.desk.lock_due().is_some() {
            self.active_s = time_s;
            out.push(DeskCommand::Activity);
        }
    }

    /// The camera's live picture runs while the photo step is on screen, or a card is compared with its holder, and no
    /// longer.
    fn preview(&mut self) {
        let wanted = self.desk.session().and_then(|v| {
            let s = v.session;
            let at = s.core.running() && s.core.reverify.is_none();
            let judging = v.current() == StepId::Identity && identity::wants_live_picture(s);
            (at && (v.current() == StepId::Photo || judging)).then(|| v.current())
        });
        if wanted != self.previewing {
            self.previewing = wanted;
            self.desk.send(DeskCommand::Preview(wanted.is_some()));
            if wanted.is_none() {
                self.pictures.forget_preview();
            }
        }
    }

    fn play(&mut self, ctx: &Context) {
        let Some(demo) = &mut self.demo else { return };
        let saving = self.recorder.as_ref().is_some_and(Recorder::busy);
        let now_s = ctx.input(|i| i.time);
        match demo.next(&*self.desk, now_s, saving || self.pictures.decoding()) {
            Move::Wait => ctx.request_repaint_after(Duration::from_millis(50)),
            Move::Send(command) => self.desk.send(command),
            Move::Picture(name) => {
                if let Some(recorder) = &self.recorder {
                    recorder.save(ctx, &name);
                }
            }
            Move::Close => ctx.send_viewport_cmd(ViewportCommand::Close),
            Move::Over => self.demo = None,
        }
        ctx.request_repaint_after(Duration::from_millis(50));
    }
}

impl eframe::App for RekamApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        let begun = Instant::now();
        self.pump(ctx);
        if let Some(frames) = &mut self.frames {
            frames.pumped(begun.elapsed());
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let begun = Instant::now();
        self.draw(ui);
        let preview = self.previewing.is_some();
        if let Some(frames) = &mut self.frames {
            frames.drawn(begun.elapsed(), preview);
        }
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        theme::GROUND.to_normalized_gamma_f32()
    }
}

/// Opens the window and runs until it is closed. `open` makes the desk; it gets the waker to call from workers.
///
/// # Errors
/// [`WindowError::Open`] when there is no display or no OpenGL.
pub fn run<F>(options: WindowOptions, open: F) -> Result<(), WindowError>
where
    F: FnOnce(Arc<dyn Fn() + Send + Sync>) -> Result<Box<dyn Desk>, String> + 'static,
{
    let viewport = ViewportBuilder::default()
        .with_title("rekam")
        .with_app_id("rekam")
        .with_inner_size(options.size.unwrap_or(SIZE))
        .with_min_inner_size(LEAST_SIZE);
    let native = eframe::NativeOptions {
        renderer: eframe::Renderer::Glow,
        viewport,
        system_font_fallback: false,
        ..Default::default()
    };
    let start: eframe::AppCreator<'static> = Box::new(move |cc| {
        let ctx = cc.egui_ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || ctx.request_repaint());
        let desk = open(wake)?;
        Ok(Box::new(RekamApp::new(&cc.egui_ctx, desk, options)))
    });
    eframe::run_native("rekam", native, start).map_err(|e| WindowError::Open(e.to_string()))
}
