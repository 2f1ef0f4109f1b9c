//! Tests of the gate: the bundled files, every threshold, totality, invalid files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use chrono::{DateTime, NaiveDate, Utc};

use super::facts::Reading;
use super::policy::{BUNDLED, Policy, PolicySet};

mod bundled;
mod invalid;
mod thresholds;
mod totality;

const MARCH: &str = BUNDLED[0].1;
const JUNE: &str = BUNDLED[1].1;

fn june() -> Policy {
    PolicySet::bundled().unwrap().get("443-2978-2020-06").unwrap().clone()
}

fn march() -> Policy {
    PolicySet::bundled().unwrap().get("443-2978-2020-03").unwrap().clone()
}

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn bundled_files() -> Vec<(String, String)> {
    let pair = |(name, policy, cases): &(&str, &str, &str)| {
        let cases_name = name.replace(".toml", ".cases.toml");
        [((*name).to_owned(), (*policy).to_owned()), (cases_name, (*cases).to_owned())]
    };
    BUNDLED.iter().flat_map(pair).collect()
}

const NOW: &str = "2020-07-01T08:00:00+07:00";

fn reading(decidegrees_c: i32, at: DateTime<Utc>) -> Reading {
    Reading { decidegrees_c, at, site: "forehead".into(), device: "typed".into() }
}
