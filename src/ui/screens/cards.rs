//! The ledger of blanks and cards: its sums beside the counter, rows entered by hand, and the question why a card is
//! not handed over.

use eframe::egui::{Context, RichText, Ui};

use super::super::stage::{Dialog, EnterCards, Stage, small};
use super::super::theme::{self, Tone};
use super::super::{fonts, widgets};
use super::dialogs::{Next, buttons, modal};
use crate::handover::event::Command;
use crate::handover::parts::{Leaving, SpoilReason};
use crate::runtime::station::{CardMove, CardSort, DeskCommand, NewCardRow};

/// Rows that are shown below the sums.
const ROWS: usize = 6;
/// Reasons that are offered for blanks, which belong to no record.
const BLANK_REASONS: &[&str] = &["print-fault", "broken", "obsolete", "recount"];

/// The sums and the newest rows.
pub(super) fn stock(ui: &mut Ui, st: &mut Stage<'_>) {
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.get("cards-title"));
        let Some(ledger) = st.desk.ledger() else {
            small(ui, &st.get("cards-unknown"));
            return;
        };
        let balance = ledger.stock.balance();
        let text = st.words.with("cards-balance", &[("count", balance)]);
        ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BIG)));
        if balance < 0 {
            let (what, to_do) = (st.get("cards-below"), st.get("cards-below-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
        let sums = &ledger.stock;
        for (kind, count, blank) in [
            (CardMove::Received, sums.received, sums.received_blank),
            (CardMove::Issued, sums.issued, 0),
            (CardMove::Returned, sums.returned, sums.returned_blank),
            (CardMove::Spoiled, sums.spoiled, sums.spoiled_blank),
        ] {
            let name = st.get(&format!("cards-{}", kind.id()));
            let mut text = format!("{name}: {count}");
            if blank > 0 {
                text = format!("{text} {}", st.words.with("cards-of-them-blank", &[("count", blank)]));
            }
            small(ui, &text);
        }
        if widgets::secondary_button(ui, &st.get("cards-enter")).clicked() {
            st.scratch.dialog = Some(Dialog::EnterCards(EnterCards::default()));
        }
        for row in ledger.rows.iter().take(ROWS) {
            ui.separator();
            let name = st.get(&format!("cards-{}", row.kind.id()));
            let at = st.words.date_time(row.at, st.desk.utc_offset_s());
            let mut text = format!("{at} · {name} {}", row.count);
            if let Some(of) = row.of {
                text = format!("{text} · {}", st.get(&format!("cards-sort-{}", of.id())));
            }
            if let Some((first, last)) = &row.serials {
                text = format!("{text} · {first}–{last}");
            }
            small(ui, &text);
        }
    });
}

/// A row by hand.
pub(super) fn show_enter(ctx: &Context, st: &mut Stage<'_>, mut e: EnterCards) -> Next {
    // The answer to what was sent: taken, or a notice says why not and the form stays.
    if e.sent && st.desk.cards_entered().is_some_and(Result::is_ok) {
        return Next::Close;
    }
    if e.sent && st.desk.cards_entered().is_some() {
        e.sent = false;
        e.refused = true;
    }
    let row = e.row();
    let closed = modal(ctx, "enter-cards", 620.0, |ui| {
        ui.label(RichText::new(st.get("cards-enter-title")).font(fonts::bold(theme::TEXT_BIG)));
        let kinds = [CardMove::Received, CardMove::Returned, CardMove::Spoiled];
        let texts: Vec<String> = kinds.iter().map(|k| st.get(&format!("cards-{}", k.id()))).collect();
        let options: Vec<(CardMove, &str)> =
            kinds.into_iter().zip(texts.iter().map(String::as_str)).collect();
        if widgets::chips(ui, &mut e.kind, &options) {
            e.reason = None;
        }
        if e.kind.is_some() {
            let texts: Vec<String> =
                CardSort::ALL.iter().map(|s| st.get(&format!("cards-sort-{}", s.id()))).collect();
            let options: Vec<(CardSort, &str)> =
                CardSort::ALL.iter().copied().zip(texts.iter().map(String::as_str)).collect();
            widgets::chips(ui, &mut e.of, &options);
        }
        widgets::text_field(ui, &st.get("cards-count"), &mut e.count, "", None);
        if e.kind.is_some() {
            let hint = st.get("cards-serial-hint");
            widgets::text_field(ui, &st.get("cards-first"), &mut e.first, &hint, None);
            widgets::text_field(ui, &st.get("cards-last"), &mut e.last, &hint, None);
        }
        if e.kind.is_some_and(|k| k != CardMove::Received) {
            let texts: Vec<String> =
                BLANK_REASONS.iter().map(|r| st.get(&format!("handover-reason-{r}"))).collect();
            let options: Vec<(String, &str)> =
                BLANK_REASONS.iter().map(|r| (*r).to_owned()).zip(texts.iter().map(String::as_str)).collect();
            widgets::radio_list(ui, &mut e.reason, &options);
        }
        let fits = row.as_ref().is_some_and(|row| row.check().is_ok());
        if (row.is_some() && !fits) || e.refused {
            let (what, to_do) = (st.get("vault-card-row"), st.get("vault-card-row-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "VLT-28");
        }
        let mut done = false;
        buttons(ui, |ui| {
            let ready = fits && !e.sent;
            let yes = ui.add_enabled_ui(ready, |ui| widgets::primary_button(ui, &st.get("cards-save"))).inner;
            if let (true, Some(row)) = (yes.clicked(), row) {
                st.out.push(DeskCommand::EnterCards(row));
                (e.sent, e.refused) = (true, false);
            }
            done |= widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
        });
        done
    });
    if closed { Next::Close } else { Next::Stay(Dialog::EnterCards(e)) }
}

impl EnterCards {
    /// The row as it stands; none while something is missing.
    fn row(&self) -> Option<NewCardRow> {
        let count = self.count.trim().parse().ok()?;
        let kind = self.kind?;
        let serial = |text: &str| text.trim().to_uppercase();
        let (first, last) = (serial(&self.first), serial(&self.last));
        let serials = match (first.is_empty(), last.is_empty()) {
            (true, true) => None,
            // One card has one serial.
            (false, true) if count == 1 => Some((first.clone(), first)),
            _ => Some((first, last)),
        };
        if kind != CardMove::Received && self.reason.is_none() {
            return None;
        }
        let of = Some(self.of?);
        Some(NewCardRow { kind, count, serials, reason: self.reason.clone(), of })
    }
}

/// Why the card is not handed over, and what becomes of it.
pub(super) fn show_give_back(ctx: &Context, st: &mut Stage<'_>, mut leaving: Option<Leaving>) -> Next {
    let desk = st.desk;
    let Some(h) = desk.handover().filter(|h| h.person.is_some() && h.saved.is_none()) else {
        return Next::Close;
    };
    let returns = h.return_reasons().into_iter().map(Leaving::Return);
    let spoils = SpoilReason::ALL.iter().copied().map(Leaving::Spoil);
    let all: Vec<Leaving> = returns.chain(spoils).collect();
    leaving = leaving.filter(|l| all.contains(l));
    let closed = modal(ctx, "give-back", 620.0, |ui| {
        ui.label(RichText::new(st.get("handover-give-back-title")).font(fonts::bold(theme::TEXT_BIG)));
        ui.label(st.get("handover-give-back-what"));
        let texts: Vec<String> = all
            .iter()
            .map(|l| {
                let reason = st.get(&format!("handover-reason-{}", l.reason().unwrap_or_default()));
                format!("{reason} – {}", st.get(&format!("handover-leaving-{}", l.id())))
            })
            .collect();
        let options: Vec<(Leaving, &str)> =
            all.iter().copied().zip(texts.iter().map(String::as_str)).collect();
        widgets::radio_list(ui, &mut leaving, &options);
        let mut done = false;
        buttons(ui, |ui| {
            let ready = leaving.is_some_and(|l| h.may_leave(l));
            let yes = ui
                .add_enabled_ui(ready, |ui| widgets::danger_button(ui, &st.get("handover-give-back-yes")))
                .inner;
            if let (true, Some(leaving)) = (yes.clicked(), leaving) {
                st.out.push(DeskCommand::Handover(Command::Leave(leaving)));
                done = true;
            }
            done |= widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
        });
        done
    });
    if closed { Next::Close } else { Next::Stay(Dialog::GiveBack(leaving)) }
}
