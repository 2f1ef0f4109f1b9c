//! `rekam queue list` by state and by day.

use crate::support::{rekam, run, session, told, training};

#[test]
fn the_queue_is_listed_by_state_and_day() {
    let place = training();
    // On Monday, 6 July 2020.
    assert_eq!(run(&place.vault, &session("clean.toml")).code, 0);
    let list = |more: &[&str]| {
        let mut command = rekam();
        command.args(["queue", "list", "--json", "--vault"]).arg(&place.vault).args(more);
        told(command.output().unwrap())
    };
    for (more, count) in [
        (&[][..], 1),
        (&["--state", "BIO_CAPTURED"], 1),
        (&["--state", "bio_captured", "--limit", "0"], 0),
        (&["--state", "CARD_ISSUED"], 0),
        (&["--from", "2020-07-06", "--to", "2020-07-06"], 1),
        (&["--from", "2020-07-07"], 0),
        (&["--to", "2020-07-05"], 0),
        (&["--skip", "1"], 0),
    ] {
        let told = list(more);
        assert_eq!((told.code, told.json["count"].as_u64()), (0, Some(count)), "{more:?} {}", told.errors);
        assert_eq!(told.json["of"], 1, "{more:?}");
    }
    for more in [
        &["--state", "LOST"][..],
        &["--from", "6 July"],
        &["--from", "2020-07-07", "--to", "2020-07-06"],
        &["--limit", "-1"],
    ] {
        assert_eq!(list(more).code, 2, "{more:?}");
    }
}
