//! Shows every widget: `cargo run --example gallery [id|en]`.

use eframe::egui;
use rekam::i18n::{Language, Words};
use rekam::ui::gallery::{Gallery, gallery};
use rekam::ui::theme;

struct App {
    words: Words,
    gallery: Gallery,
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        gallery(ui, &self.words, &mut self.gallery);
    }
}

fn main() -> eframe::Result {
    let language = std::env::args().nth(1).and_then(|tag| Language::from_tag(&tag)).unwrap_or_default();
    let viewport = egui::ViewportBuilder::default().with_inner_size([1280.0, 1500.0]);
    let options = eframe::NativeOptions { renderer: eframe::Renderer::Glow, viewport, ..Default::default() };
    eframe::run_native(
        "rekam",
        options,
        Box::new(move |cc| {
            theme::apply(&cc.egui_ctx);
            Ok(Box::new(App { words: Words::new(language), gallery: Gallery::default() }))
        }),
    )
}
