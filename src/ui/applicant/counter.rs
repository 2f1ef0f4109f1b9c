//! The applicant's screen at the counter: what happens now with the card, and the pad while its receiver is to sign.
//! Nothing of the owner is shown but, where it is signed for, the name that the receiver signs for.

use eframe::egui::{Align, Layout, RichText, Ui};
use record::schema::StepState;

use super::{alone, large, pad, told};
use crate::handover::Handover;
use crate::handover::event::Command;
use crate::handover::parts::{Page, ReceiverKind};
use crate::runtime::station::DeskCommand;
use crate::session::core::RetryNote;
use crate::session::event::Target;
use crate::ui::stage::Stage;
use crate::ui::theme::{self, Tone};
use crate::ui::{fonts, speech, views, widgets};

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    match (h.page, &h.saved) {
        (Page::Pick, _) => return alone(ui, st, "applicant-welcome"),
        (Page::Done, Some(saved)) if saved.issued() => return alone(ui, st, "applicant-card-given"),
        (Page::Done, _) => return alone(ui, st, "applicant-ask"),
        _ => {}
    }
    ui.vertical_centered(|ui| {
        large(ui, &st.get("applicant-card"));
        told(ui, &instruction(st, h));
        if let Some((target, reason)) = h.retry.as_ref().filter(|_| !h.busy()) {
            let note = RetryNote { target: *target, reason: reason.clone(), found: None };
            widgets::strip(ui, Tone::Warning, &speech::retry(st.words, &note).to_do);
        }
    });
    ui.add_space(theme::GAP);
    if h.page != Page::Sign {
        return;
    }
    if views::receipt_pad_wanted(st, h) {
        ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
            pad(ui, st, h.can_capture(Target::StatementSignature), |st, strokes| {
                views::signed_again(st);
                st.out.push(DeskCommand::Handover(Command::Drawn(strokes)));
            });
            ui.with_layout(Layout::top_down(Align::Min), |ui| receipt(ui, st, h));
        });
    } else {
        receipt(ui, st, h);
    }
}

/// What is signed.
fn receipt(ui: &mut Ui, st: &Stage<'_>, h: &Handover) {
    let Some(person) = &h.person else { return };
    widgets::card(ui, |ui| {
        let text = st.words.with("applicant-card-text", &[("name", person.name.as_str())]);
        ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BIG)));
        if h.signature.is_some() && !views::receipt_pad_wanted(st, h) {
            let done = RichText::new(st.get("applicant-signed-done")).font(fonts::regular(theme::TEXT_BIG));
            ui.label(done.color(theme::state_colour(StepState::Done)));
        }
    });
}

/// The one thing to do now.
fn instruction(st: &Stage<'_>, h: &Handover) -> String {
    if let Some(Target::Verify(f)) = h.pending.as_ref().filter(|p| !p.cancelling).map(|p| p.target) {
        let name = st.get(&format!("finger-{}", f.id()));
        return st.words.with("applicant-put", &[("name", name)]);
    }
    let own = h.receiver.kind == Some(ReceiverKind::Own);
    let id = match h.page {
        Page::Receiver => "applicant-card-receiver",
        Page::Finger if own && h.matched.is_none() && !h.finger_exempt => "applicant-card-finger",
        Page::Sign if views::receipt_pad_wanted(st, h) => "applicant-card-sign",
        Page::Card => "applicant-card-card",
        _ => "applicant-card-wait",
    };
    st.get(id)
}
