//! The owner's age: recorded from 16, but the card is handed over from 17, or to somebody who is married or was ever
//! married (UU 23/2006 jo UU 24/2013 art. 63). The station keeps no marital status of a sealed record, so a marriage is
//! what the operator states of a document, and a supervisor decides.

use chrono::{Duration, NaiveDate};

use super::Handover;
use crate::gate::rules::age::birthday;

impl Handover {
    /// Today's date at the office.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        (self.last_seen + Duration::seconds(i64::from(self.ctx.utc_offset_s))).date_naive()
    }

    /// The day from which the card of somebody born on `birth` may be handed over, while that day has not come.
    #[must_use]
    pub fn card_waits(&self, birth: NaiveDate) -> Option<NaiveDate> {
        let from = birthday(birth, self.ctx.card_from_age);
        (self.today() < from).then_some(from)
    }

    /// The same for the record that was picked.
    #[must_use]
    pub fn waits_until(&self) -> Option<NaiveDate> {
        self.person.as_ref().and_then(|p| self.card_waits(p.birth))
    }
}
