//! The signature for the card: on the pad or in the window.

use eframe::egui::Ui;

use super::good;
use crate::session::event::{Command, Target};
use crate::session::view::SessionView;
use crate::ui::stage::{Stage, title};
use crate::ui::{views, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let d = &view.session.data.signature;
    title(ui, &st.get("step-signature"));
    ui.label(st.get("signature-what"));
    views::capture_state(ui, st, view);
    let kept = d.sample.as_ref().filter(|x| good(x, view.session.capture_rules()));
    views::signing(ui, st, view, kept, d.cannot_sign, Target::CardSignature);
    if d.cannot_sign.is_some() && widgets::secondary_button(ui, &st.get("can-sign")).clicked() {
        st.send(Command::CanSign);
    }
}
