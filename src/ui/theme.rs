//! Design tokens: every colour, size and distance of the window. Nothing else in `ui` makes a colour.
//!
//! Text on its ground has a contrast of at least 4.5:1 and shapes that mean something at least 3:1
//! (WCAG 2.2, 1.4.3 and 1.4.11); the tests compute both.
#![allow(clippy::disallowed_methods)] // reason: the one place where colours are made

use eframe::egui::{self, Color32, CornerRadius, Margin, Stroke, TextStyle, Vec2, vec2};
use record::schema::StepState;

use super::fonts;

/// Ground of the window.
pub const GROUND: Color32 = Color32::from_rgb(0xF1, 0xF4, 0xF7);
/// Ground of cards and fields.
pub const SURFACE: Color32 = Color32::WHITE;
/// Ground of what is under the pointer or chosen.
pub const SURFACE_HOVER: Color32 = Color32::from_rgb(0xE6, 0xEE, 0xF6);
/// Body text.
pub const TEXT: Color32 = Color32::from_rgb(0x16, 0x20, 0x2A);
/// Secondary text.
pub const TEXT_WEAK: Color32 = Color32::from_rgb(0x47, 0x55, 0x63);
/// Text on [`PRIMARY`], [`DANGER`] and the state colours.
pub const TEXT_ON_COLOUR: Color32 = Color32::WHITE;
/// Outline of fields and tiles.
pub const OUTLINE: Color32 = Color32::from_rgb(0x74, 0x81, 0x8E);
/// Hairlines that only separate.
pub const HAIRLINE: Color32 = Color32::from_rgb(0xD3, 0xDA, 0xE1);
/// The one primary action, links, what is chosen.
pub const PRIMARY: Color32 = Color32::from_rgb(0x0B, 0x4F, 0x8A);
/// [`PRIMARY`] under the pointer.
pub const PRIMARY_HOVER: Color32 = Color32::from_rgb(0x08, 0x3B, 0x68);
/// Actions that cannot be taken back.
pub const DANGER: Color32 = Color32::from_rgb(0xB0, 0x23, 0x1C);
/// [`DANGER`] under the pointer.
pub const DANGER_HOVER: Color32 = Color32::from_rgb(0x86, 0x19, 0x14);
/// Ground of a control that cannot be used now.
pub const DISABLED: Color32 = Color32::from_rgb(0xDD, 0xE2, 0xE7);
/// Text of a control that cannot be used now.
pub const TEXT_DISABLED: Color32 = Color32::from_rgb(0x55, 0x61, 0x6D);
/// Ring around what has the keyboard.
pub const FOCUS: Color32 = Color32::from_rgb(0xB8, 0x56, 0x00);
/// Ink of signatures.
pub const INK: Color32 = Color32::from_rgb(0x10, 0x1C, 0x5C);
/// Skin of the drawn hands.
pub const HAND: Color32 = Color32::from_rgb(0xE9, 0xED, 0xF1);
/// Red background of card photos (odd birth years).
pub const CARD_RED: Color32 = Color32::from_rgb(0xC4, 0x20, 0x26);
/// Blue background of card photos (even birth years).
pub const CARD_BLUE: Color32 = Color32::from_rgb(0x1E, 0x4C, 0xA8);
/// Dims what lies behind a dialog.
pub const BACKDROP: Color32 = Color32::from_rgba_premultiplied(0x08, 0x0C, 0x10, 0x90);

/// A colour that was measured in a picture, for a swatch that shows just that.
#[must_use]
pub const fn measured([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// Tone of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Something to know.
    Info,
    /// Something went well.
    Good,
    /// Something to mend together with the applicant.
    Warning,
    /// A fault of the station.
    Error,
}

impl Tone {
    /// Every tone.
    pub const ALL: &'static [Self] = &[Self::Info, Self::Good, Self::Warning, Self::Error];
    /// Message id of its name.
    #[must_use]
    pub const fn message_id(self) -> &'static str {
        match self {
            Self::Info => "tone-info",
            Self::Good => "tone-good",
            Self::Warning => "tone-warning",
            Self::Error => "tone-error",
        }
    }
    /// Strong colour: icon and edge.
    #[must_use]
    pub const fn colour(self) -> Color32 {
        match self {
            Self::Info => PRIMARY,
            Self::Good => state_colour(StepState::Done),
            Self::Warning => state_colour(StepState::Retry),
            Self::Error => state_colour(StepState::Failed),
        }
    }
    /// Pale ground that [`TEXT`] is read on.
    #[must_use]
    pub const fn ground(self) -> Color32 {
        match self {
            Self::Info => Color32::from_rgb(0xE7, 0xF0, 0xF9),
            Self::Good => Color32::from_rgb(0xE5, 0xF3, 0xE9),
            Self::Warning => Color32::from_rgb(0xFF, 0xF3, 0xD9),
            Self::Error => Color32::from_rgb(0xFC, 0xE8, 0xE6),
        }
    }
    /// The state whose icon it shares, so that a shape means one thing.
    #[must_use]
    pub const fn state(self) -> Option<StepState> {
        match self {
            Self::Info => None,
            Self::Good => Some(StepState::Done),
            Self::Warning => Some(StepState::Retry),
            Self::Error => Some(StepState::Failed),
        }
    }
}

/// Colour of a step's state. The state's icon also differs in shape.
#[must_use]
pub const fn state_colour(state: StepState) -> Color32 {
    match state {
        StepState::Empty => Color32::from_rgb(0x68, 0x75, 0x82),
        StepState::Busy => Color32::from_rgb(0x0B, 0x4F, 0x8A),
        StepState::Retry => Color32::from_rgb(0x8F, 0x55, 0x00),
        StepState::Done => Color32::from_rgb(0x1A, 0x6B, 0x3A),
        StepState::Excepted => Color32::from_rgb(0x66, 0x3E, 0x9C),
        StepState::Failed => Color32::from_rgb(0xB0, 0x23, 0x1C),
    }
}

/// Colour of a quality score: poor below 40, fair below 60, good from there on. The words stand beside it.
#[must_use]
pub const fn score_colour(score: Option<u8>) -> Color32 {
    state_colour(match score {
        None => StepState::Empty,
        Some(0..40) => StepState::Failed,
        Some(40..60) => StepState::Retry,
        Some(_) => StepState::Done,
    })
}

/// Smallest side of anything that is touched, in points (officers wear gloves).
pub const TOUCH: f32 = 48.0;
/// Distance between things that belong together.
pub const GAP: f32 = 8.0;
/// Distance between groups.
pub const GAP_WIDE: f32 = 16.0;
/// Below this width of the window a screen is laid out tighter.
pub const NARROW: f32 = 1180.0;
/// Inner margin of cards and banners.
pub const PAD: f32 = 16.0;
/// Corner radius of controls.
pub const RADIUS: u8 = 8;
/// Corner radius of cards.
pub const RADIUS_CARD: u8 = 12;
/// Width of outlines.
pub const LINE: f32 = 1.0;
/// Width of lines that show a choice.
pub const LINE_STRONG: f32 = 2.0;
/// Width of the focus ring.
pub const FOCUS_WIDTH: f32 = 3.0;
/// Side of state icons.
pub const ICON: f32 = 24.0;

/// Captions and codes.
pub const TEXT_SMALL: f32 = 14.0;
/// Body.
pub const TEXT_BODY: f32 = 17.0;
/// Names, digits, primary action.
pub const TEXT_BIG: f32 = 22.0;
/// Title of a screen.
pub const TEXT_TITLE: f32 = 28.0;

/// Corner radius of controls.
pub const CORNER: CornerRadius = CornerRadius::same(RADIUS);
/// Corner radius of cards.
pub const CORNER_CARD: CornerRadius = CornerRadius::same(RADIUS_CARD);
/// Inner margin of cards.
pub const MARGIN: Margin = Margin::same(PAD as i8);

/// Outline of a control at rest.
#[must_use]
pub fn outline() -> Stroke {
    Stroke::new(LINE, OUTLINE)
}

/// Sets fonts, sizes, spacing and colours of a context. Once, when a window opens.
pub fn apply(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    ctx.set_theme(egui::Theme::Light);
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, fonts::regular(TEXT_SMALL)),
            (TextStyle::Body, fonts::regular(TEXT_BODY)),
            (TextStyle::Button, fonts::regular(TEXT_BODY)),
            (TextStyle::Heading, fonts::bold(TEXT_TITLE)),
            (TextStyle::Monospace, egui::FontId::monospace(TEXT_BODY)),
        ]
        .into();
        let s = &mut style.spacing;
        s.item_spacing = Vec2::splat(GAP);
        s.button_padding = vec2(PAD, GAP);
        s.interact_size = Vec2::splat(TOUCH);
        s.window_margin = MARGIN;
        s.icon_width = ICON;
        s.scroll = egui::style::ScrollStyle::solid();
        style.animation_time = 0.1;
        style.interaction.selectable_labels = false; // labels would take the keyboard's stops
        visuals(&mut style.visuals);
    });
}

fn visuals(v: &mut egui::Visuals) {
    *v = egui::Visuals::light();
    v.override_text_color = Some(TEXT);
    v.weak_text_color = Some(TEXT_WEAK);
    v.panel_fill = GROUND;
    v.window_fill = SURFACE;
    v.extreme_bg_color = SURFACE;
    v.text_edit_bg_color = Some(SURFACE);
    v.faint_bg_color = SURFACE_HOVER;
    v.hyperlink_color = PRIMARY;
    v.warn_fg_color = Tone::Warning.colour();
    v.error_fg_color = Tone::Error.colour();
    v.window_corner_radius = CORNER_CARD;
    v.window_stroke = Stroke::new(LINE, HAIRLINE);
    v.selection.bg_fill = SURFACE_HOVER;
    v.selection.stroke = Stroke::new(LINE_STRONG, PRIMARY);
    v.text_cursor.stroke = Stroke::new(LINE_STRONG, PRIMARY);
    v.disabled_alpha = 1.0; // disabled controls have colours of their own that can still be read
    for w in [
        &mut v.widgets.noninteractive,
        &mut v.widgets.inactive,
        &mut v.widgets.hovered,
        &mut v.widgets.active,
        &mut v.widgets.open,
    ] {
        w.corner_radius = CORNER;
        w.fg_stroke = Stroke::new(LINE, TEXT);
        w.bg_stroke = outline();
        w.bg_fill = SURFACE;
        w.weak_bg_fill = SURFACE;
        w.expansion = 0.0;
    }
    v.widgets.noninteractive.bg_stroke = Stroke::new(LINE, HAIRLINE);
    v.widgets.hovered.weak_bg_fill = SURFACE_HOVER;
    v.widgets.hovered.bg_stroke = Stroke::new(LINE_STRONG, PRIMARY);
    v.widgets.active.bg_stroke = Stroke::new(FOCUS_WIDTH, FOCUS);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.2 definition.
    fn luminance(c: Color32) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
    }

    fn check(what: &str, a: Color32, b: Color32, at_least: f64) {
        let (a, b) = (luminance(a), luminance(b));
        let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
        assert!(contrast >= at_least, "{what}: contrast {contrast:.2} is below {at_least}");
    }

    #[test]
    fn contrast_is_enough() {
        for ground in [GROUND, SURFACE, SURFACE_HOVER] {
            check("text", TEXT, ground, 7.0);
            check("weak text", TEXT_WEAK, ground, 4.5);
            check("outline", OUTLINE, ground, 3.0);
            check("focus", FOCUS, ground, 3.0);
        }
        for colour in [PRIMARY, PRIMARY_HOVER, DANGER, DANGER_HOVER] {
            check("text on colour", TEXT_ON_COLOUR, colour, 4.5);
        }
        check("disabled", TEXT_DISABLED, DISABLED, 4.5);
        check("ink", INK, SURFACE, 7.0);
        for state in StepState::ALL {
            check(state.id(), state_colour(*state), SURFACE, 4.5);
            check(state.id(), state_colour(*state), HAND, 3.0);
            check(state.id(), TEXT_ON_COLOUR, state_colour(*state), 4.5);
        }
        for tone in Tone::ALL {
            check(tone.message_id(), TEXT, tone.ground(), 7.0);
            check(tone.message_id(), tone.colour(), tone.ground(), 4.5);
        }
    }

    #[test]
    fn sizes_keep_their_promises() {
        let sizes = [TEXT_SMALL, TEXT_BODY, TEXT_BIG, TEXT_TITLE];
        assert!(sizes.is_sorted() && sizes[1] >= 16.0, "{sizes:?}");
        let ctx = egui::Context::default();
        apply(&ctx);
        let least = ctx.global_style().spacing.interact_size;
        assert!(least.x >= 48.0 && least.y >= 48.0, "{least:?}");
    }
}
