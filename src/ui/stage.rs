//! What a screen gets: words, the desk to read from, pictures, what is typed but not sent yet, and the commands
//! that it gives back. A screen changes nothing itself.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use eframe::egui::{Align, Id, Layout, Response, RichText, Ui};
use record::schema::{ExceptionReason, ExceptionTerm, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::pictures::Pictures;
use super::screens::boxes::BoxEdit;
use super::widgets::{self, DigitsField, SignatureInk};
use super::{fonts, theme};
use crate::handover::parts::Leaving;
use crate::i18n::Words;
use crate::population::values;
use crate::runtime::station::{CardMove, CardSort, Desk, DeskCommand};
use crate::session::event::{Command, Subject};
use crate::session::view::SessionView;

/// A question that lies over the screen.
#[derive(Debug)]
pub enum Dialog {
    /// A second officer decides a requirement.
    Decide(Decide),
    /// A finger or eye: capture again, declare or withdraw an exception.
    Subject(Subject, Option<ExceptionReason>, Option<ExceptionTerm>),
    /// Accept the best of several weak captures.
    AcceptBest(String),
    /// Going on without the device of this step.
    WithoutDevice(StepId),
    /// The applicant cannot sign.
    CannotSign(Option<ExceptionReason>),
    /// Give the session up.
    Abandon(String),
    /// Discard an interrupted session.
    Discard(Uuid, Option<String>),
    /// The biodata in large letters.
    ReadAloud,
    /// Boxes of a slap.
    Boxes(BoxEdit),
    /// Why a card is not handed over.
    GiveBack(Option<Leaving>),
    /// A row of the ledger of cards.
    EnterCards(EnterCards),
}

/// A row of the ledger as it is filled in.
#[derive(Debug, Default)]
pub struct EnterCards {
    /// What happened.
    pub kind: Option<CardMove>,
    /// Blanks or printed cards.
    pub of: Option<CardSort>,
    /// How many, as typed.
    pub count: String,
    /// First serial as typed.
    pub first: String,
    /// Last serial as typed.
    pub last: String,
    /// Stable reason.
    pub reason: Option<String>,
    /// It was sent and not answered yet.
    pub sent: bool,
    /// The vault did not take it.
    pub refused: bool,
}

/// What the second officer has filled in.
#[derive(Default)]
pub struct Decide {
    /// Nonce of the request.
    pub nonce: Uuid,
    /// The deciding officer.
    pub officer: Option<Uuid>,
    /// Their secret.
    pub secret: Zeroizing<String>,
    /// Note.
    pub note: String,
    /// A decision was sent and is being checked.
    pub sent: bool,
    /// The last one was not taken.
    pub refused: bool,
}

impl std::fmt::Debug for Decide {
    // Holds a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decide({})", self.nonce)
    }
}

/// What is on the screen only: half-typed text, ink, open dialogs. Gone when the session leaves the screen.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Typed and not sent, by field.
    pub texts: Texts,
    /// Temperatures as typed, officer and applicant, in tenths of a degree.
    pub temperatures: BTreeMap<&'static str, Option<i32>>,
    /// Ink of the signature on screen.
    pub ink: SignatureInk,
    /// The open question.
    pub dialog: Option<Dialog>,
    /// The first input of a fresh step has not had the keyboard yet.
    pub focus_first: bool,
    pub(crate) place: Option<(Uuid, &'static str)>,
}

/// Texts by field; personal data, so it says nothing of itself.
#[derive(Default)]
pub struct Texts(pub BTreeMap<String, String>);

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Texts({})", self.0.len())
    }
}

impl Scratch {
    /// Notes where the screen is. What was typed elsewhere is dropped; true when the place is a new one.
    pub fn arrive(&mut self, place: Option<(Uuid, &'static str)>) -> bool {
        if self.place == place {
            return false;
        }
        *self = Self { place, focus_first: true, ..Self::default() };
        true
    }
}

/// What a screen works with for one frame.
pub struct Stage<'a> {
    /// Words of the language chosen.
    pub words: &'a Words,
    /// What is read.
    pub desk: &'a dyn Desk,
    /// What is typed.
    pub scratch: &'a mut Scratch,
    /// Pictures.
    pub pictures: &'a mut Pictures,
    /// The applicant's screen is open.
    pub applicant: &'a mut bool,
    /// What is to be done.
    pub out: &'a mut Vec<DeskCommand>,
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stage({:?}, {} commands)", self.words, self.out.len())
    }
}

impl Stage<'_> {
    /// Sends a command to the session.
    pub fn send(&mut self, command: Command) {
        self.out.push(DeskCommand::Session(command));
    }

    /// A message without variables.
    #[must_use]
    pub fn get(&self, id: &str) -> String {
        self.words.get(id)
    }

    /// The policy's language key of the words.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        self.words.language().tag()
    }

    /// Gives the keyboard to the first input of a step that has just come on screen.
    pub fn first(&mut self, ui: &Ui, id: Id) {
        if std::mem::take(&mut self.scratch.focus_first) && self.scratch.dialog.is_none() {
            ui.memory_mut(|m| m.request_focus(id));
        }
    }

    /// True once when the field has been left or Enter was pressed in it.
    #[must_use]
    pub fn left(response: &Response) -> bool {
        response.lost_focus()
    }

    /// A text that is sent with every change.
    pub fn field(
        &mut self,
        ui: &mut Ui,
        name: &str,
        label: &str,
        value: &str,
        error: Option<&str>,
    ) -> Response {
        let mut text = self.scratch.texts.0.get(name).cloned().unwrap_or_else(|| value.to_owned());
        let response = widgets::text_field(ui, label, &mut text, "", error);
        if response.changed() {
            self.scratch.texts.0.insert(name.to_owned(), text.clone());
            self.send(Command::Field(name.to_owned(), text));
        } else if !response.has_focus() {
            // What the session made of it (upper case, cut) is what stands there afterwards.
            self.scratch.texts.0.remove(name);
        }
        response
    }

    /// A text that lives in the scratch until it is asked for.
    pub fn typed(
        &mut self,
        ui: &mut Ui,
        name: &str,
        label: &str,
        start: &str,
        hint: &str,
    ) -> (Response, String) {
        let mut text = self.scratch.texts.0.get(name).cloned().unwrap_or_else(|| start.to_owned());
        let response = widgets::text_field(ui, label, &mut text, hint, None);
        if response.changed() {
            self.scratch.texts.0.insert(name.to_owned(), text.clone());
        }
        (response, text)
    }

    /// A closed list of the card's values; what is chosen is sent as the field's text.
    pub fn list(&mut self, ui: &mut Ui, name: &str, label: &str, value: &str) {
        let options: Vec<&str> = match name {
            "kewarganegaraan" => values::CITIZENSHIPS.to_vec(),
            _ => values::list_of(name).map(|l| l.texts().collect()).unwrap_or_default(),
        };
        let mut chosen = options.iter().position(|o| *o == value);
        if widgets::select_list(ui, self.words, label, &mut chosen, &options)
            && let Some(text) = chosen.and_then(|i| options.get(i))
        {
            self.send(Command::Field(name.to_owned(), (*text).to_owned()));
        }
    }

    /// A date as eight digits: day, month, year.
    pub fn date(&mut self, ui: &mut Ui, label: &str, value: Option<NaiveDate>, error: Option<&str>) {
        const KEY: &str = "tanggal_lahir";
        const GROUPS: DigitsField = DigitsField { groups: &[2, 2, 4] };
        let shown = || value.map(|d| d.format("%d%m%Y").to_string()).unwrap_or_default();
        let mut text = self.scratch.texts.0.get(KEY).cloned().unwrap_or_else(shown);
        let impossible =
            (text.len() == 8 && parse_date(&text).is_none()).then(|| self.get("date-impossible"));
        let response =
            widgets::digits_field(ui, self.words, label, &mut text, GROUPS, impossible.as_deref().or(error));
        if response.changed() {
            self.send(Command::BirthDate(parse_date(&text)));
            self.scratch.texts.0.insert(KEY.to_owned(), text);
        }
    }
}

/// `ddmmyyyy` as a date, `None` while it is not one.
#[must_use]
pub fn parse_date(digits: &str) -> Option<NaiveDate> {
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (day, rest) = digits.split_at_checked(2)?;
    let (month, year) = rest.split_at_checked(2)?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// The view of one step.
pub type StepView = fn(&mut Ui, &mut Stage<'_>, &SessionView<'_>);

/// A title in the middle of a screen.
pub fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_TITLE)));
}

/// Weak small text.
pub fn small(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).size(theme::TEXT_SMALL).color(theme::TEXT_WEAK));
}

/// A name and its value, one line each; long values wrap.
pub fn pair(ui: &mut Ui, name: &str, value: &str) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        small(ui, name);
        ui.label(RichText::new(value).font(fonts::bold(theme::TEXT_BODY)));
    });
}

/// Two columns of equal width; one below the other where there is no room for `least` points each.
pub fn two_columns<C>(
    ui: &mut Ui,
    least: f32,
    with: &mut C,
    left: impl FnOnce(&mut Ui, &mut C),
    right: impl FnOnce(&mut Ui, &mut C),
) {
    if ui.available_width() < 2.0 * least {
        left(ui, with);
        right(ui, with);
        return;
    }
    ui.columns_const(|[one, two]| {
        // Columns are justified by themselves, which would stretch buttons and set text wide.
        one.with_layout(Layout::top_down(Align::Min), |ui| left(ui, with));
        two.with_layout(Layout::top_down(Align::Min), |ui| right(ui, with));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_eight_digits() {
        let check = |text: &str, expected: Option<(i32, u32, u32)>| {
            let expected = expected.and_then(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d));
            assert_eq!(parse_date(text), expected, "{text}");
        };
        check("09122003", Some((2003, 12, 9)));
        check("29022004", Some((2004, 2, 29)));
        check("29022003", None);
        check("31042003", None);
        check("00012003", None);
        check("0912200", None);
        check("091220031", None);
        check("0912200x", None);
        check("", None);
    }
}
