//! The lock of the screen at the counter.

use super::*;
use crate::runtime::station::LockRules;

const RULES: LockRules =
    LockRules { after: TimeDelta::seconds(5), most: TimeDelta::minutes(30), finger: true };

#[test]
fn the_lock_waits_for_a_capture_at_the_counter_and_by_hand_it_stops_it() {
    let mut b = Bench::new("");
    let record = b.recorded();
    let card = "[card]\ndriver = \"simulated\"\n";
    b.devices = b.devices.replace(card, &format!("{card}script = [\"slow:30000\", \"slow:30000\"]\n"));
    b.lock = Some(RULES);
    b.printed(record);
    b.at_card(record);
    b.act_at_counter(Act::Nik(t::NIK.into()));
    let capture = || DeskCommand::Handover(Act::Capture(Target::Card));
    b.desk().send(capture());
    b.clock.advance(RULES.after + TimeDelta::seconds(1));
    b.desk().pump();
    assert_eq!(b.desk().screen(), Screen::Handover, "the card is on the reader");
    assert!(b.desk().handover().is_some_and(|h| h.busy()));
    b.desk().send(DeskCommand::Lock);
    assert_eq!(b.desk().screen(), Screen::Locked);
    assert!(b.desk().handover().is_none(), "nothing of it is shown");
    b.desk().send(DeskCommand::Unlock(Zeroizing::new("latihan-operator".into())));
    b.until("the counter", |d| d.screen() == Screen::Handover);
    let h = b.desk().handover().unwrap();
    assert!(!h.busy() && h.card.is_none() && h.fault.is_none(), "stopped, and no fault of the reader");
    assert_eq!(h.page, Page::Card);
    // It can be made again.
    b.desk().send(capture());
    assert!(b.desk().handover().is_some_and(|h| h.busy()));
}
