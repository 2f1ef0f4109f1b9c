//! Fonts of the window: Noto Sans before egui's own, which stay behind for symbols.

use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily, FontId};

use crate::typeface::{BOLD, REGULAR};

const BOLD_FAMILY: &str = "bold";

/// The bold family at a size in points. [`super::theme::apply`] must have run on the context.
#[must_use]
pub fn bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(BOLD_FAMILY.into()))
}

/// The regular family at a size in points.
#[must_use]
pub fn regular(size: f32) -> FontId {
    FontId::proportional(size)
}

/// Noto Sans first, then egui's fonts as fallback.
#[must_use]
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    fonts.font_data.insert("noto-sans".to_owned(), Arc::new(FontData::from_static(REGULAR)));
    fonts.font_data.insert("noto-sans-bold".to_owned(), Arc::new(FontData::from_static(BOLD)));
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let with = |first: &str| std::iter::once(first.to_owned()).chain(fallback.iter().cloned()).collect();
    fonts.families.insert(FontFamily::Proportional, with("noto-sans"));
    fonts.families.insert(FontFamily::Name(BOLD_FAMILY.into()), with("noto-sans-bold"));
    fonts
}
