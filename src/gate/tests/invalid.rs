//! Policy and cases files with errors: each mutation and the errors that it must give.

use super::super::check_files;
use super::super::policy::{BUNDLED, Policy, PolicySet};
use super::{JUNE, MARCH};

/// A text and what takes its place.
type Mutation<'a> = (&'a str, &'a str);
/// Code, key, and a text on the line of the error.
type Expected<'a> = (&'a str, &'a str, &'a str);

/// `JUNE` with each `from` replaced by `to`, once. The errors must be exactly these: code, key, and the text that
/// stands on the line (empty: do not look).
fn invalid(mutations: &[Mutation<'_>], expected: &[Expected<'_>]) {
    let mut text = JUNE.to_owned();
    for (from, to) in mutations {
        assert!(text.contains(from), "the file no longer has {from:?}");
        text = text.replacen(from, to, 1);
    }
    let errors =
        Policy::load("443-2978-2020-06.toml", &text).expect_err(&format!("{mutations:?} was accepted"));
    let mut found: Vec<(&str, &str)> = errors.iter().map(|e| (e.code, e.key.as_str())).collect();
    let mut wanted: Vec<(&str, &str)> = expected.iter().map(|(code, key, _)| (*code, *key)).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{mutations:?}: {errors:?}");
    for (code, key, on_line) in expected {
        let error = errors.iter().find(|e| e.code == *code && e.key == *key).unwrap();
        let line = text.lines().nth(error.line - 1).unwrap_or_default();
        assert!(line.contains(on_line), "{code} {key}: line {} is {line:?}", error.line);
        assert!(!error.todo.is_empty() && !error.what.is_empty());
    }
}

#[test]
fn invalid_policies() {
    let officer = "health.officer.temperature";
    let limit = format!("{officer}.limit_decidegrees");
    let table: &[(&[Mutation], &[Expected])] = &[
        (&[("version = 1", "version = ")], &[("POL-01", "", "version = ")]),
        (&[("version = 1", "version = 1\nversion = 2")], &[("POL-01", "", "version = 2")]),
        (&[("valid_from = 2020-06-22", "valid_from = 2020-02-30")], &[("POL-01", "", "2020-02-30")]),
        (&[("version = 1", "version = 1\nverison = 1")], &[("POL-02", "verison", "verison")]),
        (&[("queue = true", "queue = true\nQueue = true")], &[("POL-02", "quota.Queue", "Queue")]),
        (&[("fever = \"refuse\"", "fever = \"refuse\"\nfear = 1")], &[("POL-02", "venue[0].fear", "fear")]),
        (&[("version = 1\n", "")], &[("POL-03", "version", "")]),
        (&[("queue = true\n", "")], &[("POL-03", "quota.queue", "[quota]")]),
        (&[("polling_date = 2020-12-09\n", "")], &[("POL-03", "class[4].polling_date", "[[class]]")]),
        (&[("version = 1", "version = \"1\"")], &[("POL-04", "version", "version")]),
        (&[("queue = true", "queue = 1")], &[("POL-04", "quota.queue", "queue")]),
        (&[("\"health\", \"identity\"", "\"health\", 7, \"identity\"")], &[("POL-04", "step_order[1]", "7")]),
        (&[("version = 1", "version = 0")], &[("POL-05", "version", "version")]),
        (&[("version = 1", "version = 99999999999999999999")], &[("POL-05", "version", "version")]),
        (&[("daily = 25", "daily = 0")], &[("POL-05", "quota.daily", "daily")]),
        (
            &[("come_back_after_days = 14", "come_back_after_days = -1")],
            &[("POL-05", "refusal.come_back_after_days", "-1")],
        ),
        (&[("limit_decidegrees = 373", "limit_decidegrees = 37")], &[("POL-05", &limit, "= 37")]),
        (&[("jump = \"supervisor\"", "jump = \"mayor\"")], &[("POL-06", "quota.jump", "mayor")]),
        (
            &[("id = \"prison\"", "id = \"market\"")],
            &[("POL-06", "venue[5].id", "market"), ("POL-07", "class[5].venues", "prison")],
        ),
        (&[("id = \"bpjs\"", "id = \"tourism\"")], &[("POL-06", "class[3].id", "tourism")]),
        (&[("id = \"iris\"", "id = \"toaster\"")], &[("POL-06", "hygiene.disinfect[1].id", "toaster")]),
        (&[("\"irises\"", "\"eyes\"")], &[("POL-06", "step_order", "eyes")]),
        (&[("venues = [\"home\"", "venues = [\"moon\"")], &[("POL-07", "class[5].venues", "moon")]),
        (&[("\"whatsapp\"]", "\"pigeon\"]")], &[("POL-07", "refusal.redirect_channels", "pigeon")]),
        (
            &[("valid_from = 2020-06-22", "valid_from = \"2020-06-22\"")],
            &[("POL-08", "valid_from", "valid_from")],
        ),
        (
            &[("valid_from = 2020-06-22", "valid_from = 2020-06-22T08:00:00")],
            &[("POL-08", "valid_from", "08:00")],
        ),
        (
            &[("valid_from = 2020-06-22", "valid_from = 2020-06-22\nvalid_to = 2020-06-21")],
            &[("POL-09", "valid_to", "valid_to")],
        ),
        (
            &[("id = \"van\"", "id = \"counter\"")],
            &[("POL-10", "venue[1].id", "counter"), ("POL-07", "class[5].venues", "")],
        ),
        (&[("id = \"gloves\"", "id = \"mask\"")], &[("POL-10", "health.officer.affirmation[1].id", "mask")]),
        (&[("id = \"school_letter\"", "id = \"kk\"")], &[("POL-10", "class[0].evidence[1].id", "kk")]),
        (&[(", en = \"Counter\"", "")], &[("POL-11", "venue[0].text.en", "Loket kantor")]),
        (&[("en = \"Counter\"", "en = \" \"")], &[("POL-11", "venue[0].text.en", "Loket kantor")]),
        (
            &[("id = \"gloves\"", "id = \"Sarung tangan\"")],
            &[("POL-12", "health.officer.affirmation[1].id", "Sarung")],
        ),
        (
            &[("id = \"gloves\"", "id = \"temperature\"")],
            &[("POL-12", "health.officer.affirmation[1].id", "temperature")],
        ),
        (&[("id = \"443-2978-2020-06\"", "id = \"june\"")], &[("POL-12", "id", "june")]),
        (
            &[("\"health\", \"identity\"", "\"identity\", \"health\"")],
            &[("POL-13", "step_order", ""), ("POL-13", "step_order", "")],
        ),
        (&[("\"seal\", \"proof\"", "\"proof\", \"seal\"")], &[("POL-13", "step_order", "")]),
        (&[("\"photo\", ", "")], &[("POL-13", "step_order", "")]),
        (&[("\"photo\", ", "\"photo\", \"photo\", ")], &[("POL-13", "step_order", "photo")]),
        (&[("limit_decidegrees = 373", "limit_decidegrees = 430")], &[("POL-14", &limit, "430")]),
    ];
    for (mutations, expected) in table {
        invalid(mutations, expected);
    }
    invalid(
        &[("low_warning_decidegrees = 355", "low_warning_decidegrees = 374")],
        &[("POL-14", &format!("{officer}.low_warning_decidegrees"), "374")],
    );
    invalid(
        &[
            ("second_reading_wait_s = 300", "second_reading_wait_s = 7200"),
            ("check_valid_hours = 8", "check_valid_hours = 2"),
        ],
        &[("POL-14", "health.officer.check_valid_hours", "= 2")],
    );
    invalid(&[("prerecord_from = 16", "prerecord_from = 18")], &[("POL-14", "ages.prerecord_from", "18")]);
    invalid(
        &[("redirect_channels = [\"online_request\", \"whatsapp\"]", "redirect_channels = []")],
        &[("POL-15", "refusal.redirect_channels", "redirect")],
    );
    invalid(&[("melalui {contact}", "melalui {alamat}")], &[("POL-16", "channel[0].text.id", "{alamat}")]);
    invalid(&[("Loket kantor", "Loket {contact}")], &[("POL-16", "venue[0].text.id", "{contact}")]);
    invalid(
        &[("id = \"bpjs\"", "id = \"bpjs\"\npolling_date = 2020-12-09")],
        &[("POL-18", "class[3].polling_date", "2020")],
    );
}

#[test]
fn all_errors_come_at_once_and_by_line() {
    let mutations = [
        ("version = 1", "version = \"one\""),
        ("valid_from = 2020-06-22", "valid_from = 2020-06-22\nvalid_to = 2019-01-01\nsurprise = true"),
        ("daily = 25", "daily = -5"),
        (", en = \"Counter\"", ""),
        ("correction_channels = [\"correction_desk\"", "correction_channels = [\"nowhere\""),
    ];
    let expected = [
        ("POL-04", "version", "one"),
        ("POL-09", "valid_to", "2019"),
        ("POL-02", "surprise", "surprise"),
        ("POL-05", "quota.daily", "-5"),
        ("POL-11", "venue[0].text.en", "Loket"),
        ("POL-07", "refusal.correction_channels", "nowhere"),
    ];
    invalid(&mutations, &expected);
    // A syntax error does not hide the others.
    invalid(
        &[("daily = 25", "daily = ???"), ("jump = \"supervisor\"", "jump = \"mayor\"")],
        &[("POL-01", "", "???"), ("POL-06", "quota.jump", "mayor")],
    );
    let errors = Policy::load("a/b.toml", "").unwrap_err();
    assert!(errors.len() >= 10 && errors.iter().all(|e| e.code == "POL-03"), "{errors:?}");
    assert!(errors[0].to_string().starts_with("POL-03 a/b.toml:1: "), "{}", errors[0]);
    assert_eq!(Policy::load("b.toml", &"#".repeat(300_000)).unwrap_err()[0].code, "POL-01");
}

#[test]
fn sets_refuse_clashes() {
    let check = |files: &[(&str, String)], expected: &[(&str, &str, &str)]| {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
        let errors = PolicySet::load(files).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.file.as_str(), e.code, e.key.as_str())).collect();
        assert_eq!(found, expected);
    };
    let june = || ("443-2978-2020-06.toml", JUNE.to_owned());
    check(&[], &[("protocols", "POL-17", "")]);
    check(
        &[june(), ("b/443-2978-2020-06.toml", JUNE.to_owned())],
        &[("b/443-2978-2020-06.toml", "POL-17", "id")],
    );
    let twin = JUNE.replacen("id = \"443-2978-2020-06\"", "id = \"twin\"", 1);
    check(&[june(), ("twin.toml", twin)], &[("twin.toml", "POL-17", "valid_from")]);
    let broken = MARCH.replacen("version = 1", "version = 0", 1);
    check(
        &[
            ("443-2978-2020-03.toml", broken),
            ("443-2978-2020-06.toml", JUNE.replacen("queue = true", "queue = 2", 1)),
        ],
        &[("443-2978-2020-03.toml", "POL-05", "version"), ("443-2978-2020-06.toml", "POL-04", "quota.queue")],
    );
}

#[test]
fn wrong_examples_are_named_with_their_line() {
    let cases = BUNDLED[1].2;
    let check = |from: &str, to: &str, expected: &[(&str, &str)]| {
        assert!(cases.contains(from), "the cases no longer have {from:?}");
        let text = cases.replacen(from, to, 1);
        let files = [
            ("443-2978-2020-06.toml".to_owned(), JUNE.to_owned()),
            ("x.cases.toml".to_owned(), text.clone()),
        ];
        let report = check_files(&files);
        let found: Vec<_> = report.errors.iter().map(|e| (e.code, e.key.as_str())).collect();
        assert_eq!(found, expected, "{from} -> {to}: {:?}", report.errors);
        for error in &report.errors {
            let at = text.lines().nth(error.line - 1).unwrap_or_default();
            assert!(error.line > 1 || error.key == "policy" || at.starts_with('#'), "{error}");
        }
    };
    check("rules = [\"health-checked\"]", "rules = [\"symptoms\"]", &[("POL-23", "health[0].expect")]);
    check(
        "rules = [\"health-checked\"]",
        "rules = [\"helth\"]",
        &[("POL-23", "health[0].expect"), ("POL-24", "health[0].expect")],
    );
    check("set = { venue = \"market\" }", "set = { venus = \"market\" }", &[("POL-02", "health[24].set")]);
    check("set = { venue = \"market\" }", "set = { venue = 7 }", &[("POL-22", "health[24].set")]);
    check(
        "unset = [\"class\"]",
        "unset = [\"clas\"]",
        &[("POL-22", "case[14].unset"), ("POL-23", "case[14].expect")],
    );
    check("policy = \"443-2978-2020-06\"", "policy = \"other\"", &[("POL-21", "policy")]);
    check("now = 2020-07-01T15:00:00+07:00", "now = 2020-07-01", &[("POL-08", "health[18].now")]);
}
