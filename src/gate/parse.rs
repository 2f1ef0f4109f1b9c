//! Policy files: TOML to [`Policy`], with every error of a file at once.
//!
//! | code | what |
//! |---|---|
//! | POL-01 | no TOML, or the file is too large |
//! | POL-02 | unknown key |
//! | POL-03 | missing key |
//! | POL-04 | wrong type |
//! | POL-05 | number out of range |
//! | POL-06 | unknown word |
//! | POL-07 | reference to a venue, class or channel that the file does not have |
//! | POL-08 | no date |
//! | POL-09 | end before beginning |
//! | POL-10 | id used twice |
//! | POL-11 | text missing in a language |
//! | POL-12 | malformed id, or not the file's name |
//! | POL-13 | step order |
//! | POL-14 | limits that contradict each other |
//! | POL-15 | empty list |
//! | POL-16 | placeholder in a text that nothing fills in |
//! | POL-17 | two files clash, or there is none |
//! | POL-18 | a key that does not belong to this item |
//! | POL-21 … POL-24 | cases, see [`super::cases`] |
//! | POL-W1 | warning: number or date of the local decision letter is not filled in |

use record::schema::StepId;
use sha2::{Digest, Sha256};

use super::policy::{
    Ages, Approver, Channel, Class, FeverRule, Health, Hygiene, Item, LocalDecision, Policy, PolicyError,
    PolicyWarning, Quota, Refusal, Subject, Temperature, Texts, Venue,
};
use super::spanned::{Errors, Node};

/// Venue ids that the program knows.
pub const VENUE_IDS: &[&str] = &["counter", "van", "school", "home", "hospital", "prison"];
/// Urgency class ids that the program knows.
pub const CLASS_IDS: &[&str] =
    &["school", "tni_polri", "hospital", "bpjs", "first_time_voter", "vulnerable", "other"];
/// Kinds of device that can be disinfected.
pub const DEVICE_IDS: &[&str] =
    &["fingerprint", "iris", "camera", "signature_pad", "thermometer", "card_reader", "chair", "keyboard"];
/// The class that counts age on polling day.
pub const VOTER_CLASS: &str = "first_time_voter";

const APPROVERS: &[(&str, Approver)] = &[("none", Approver::None), ("supervisor", Approver::Supervisor)];
const FEVER: &[(&str, FeverRule)] =
    &[("refuse", FeverRule::Refuse), ("treating_doctor", FeverRule::TreatingDoctor)];

/// Widest range that a plausible body temperature may be given, in tenths of a degree.
const BODY_DECIDEGREES: std::ops::RangeInclusive<i64> = 300..=450;

/// Reads and checks one policy file.
///
/// # Errors
/// Every error of the file, by line.
pub fn policy(file_name: &str, text: &str) -> Result<Policy, Vec<PolicyError>> {
    let mut errors = Errors::new(file_name, text);
    let document = errors.parse(text);
    let root = Node::root(&errors, document.get_ref());
    let policy = read(&root, file_name, text);
    references(&root, &policy);
    root.done();
    let found = errors.take();
    if found.is_empty() { Ok(policy) } else { Err(found) }
}

fn read(root: &Node<'_, '_>, file_name: &str, text: &str) -> Policy {
    let id = root.id("id");
    let stem = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name).trim_end_matches(".toml");
    if root.has("id") && !id.is_empty() && id != stem {
        root.error("POL-12", "id", format!("`{id}` is not the file's name"), format!("write `{stem}`"));
    }
    let valid_from = root.date("valid_from");
    let valid_to = root.date_opt("valid_to");
    if root.has("valid_from") && valid_to.is_some_and(|end| end < valid_from) {
        root.error(
            "POL-09",
            "valid_to",
            "the policy ends before it begins",
            "write a day from `valid_from` on",
        );
    }
    let (local_decision, warnings) = local_decision(root, file_name);
    Policy {
        id,
        version: root.count("version", 1..=9999),
        digest: hex::encode(Sha256::digest(text.as_bytes())),
        name: root.texts("name", None),
        legal_basis: root.texts("legal_basis", None),
        valid_from,
        valid_to,
        local_decision,
        quota: quota(root),
        venues: unique(root, "venue", venues(root), |v| &v.id),
        classes: unique(root, "class", classes(root), |c| &c.id),
        health: health(root),
        hygiene: hygiene(root),
        capture: super::capture::read(root),
        limits: super::upkeep::limits(root),
        retention: super::upkeep::retention(root),
        refusal: refusal(root),
        channels: unique(root, "channel", channels(root), |c| &c.id),
        ages: ages(root),
        outside_domicile: root.word("outside_domicile", APPROVERS).unwrap_or(Approver::None),
        step_order: step_order(root),
        warnings,
    }
}

/// Notes ids that a list uses twice.
fn unique<T>(parent: &Node<'_, '_>, key: &'static str, list: Vec<T>, id: impl Fn(&T) -> &str) -> Vec<T> {
    let nodes = parent.tables_again(key);
    for (index, node) in nodes.iter().enumerate() {
        if let Some(item) = list.get(index)
            && !id(item).is_empty()
            && list[..index].iter().any(|other| id(other) == id(item))
        {
            node.error(
                "POL-10",
                "id",
                format!("`{}` is used twice", id(item)),
                "give each item an id of its own",
            );
        }
    }
    list
}

/// The id of an item, which must be one of `known`.
fn known_id(node: &Node<'_, '_>, known: &[&str]) -> String {
    let words: Vec<(&str, &str)> = known.iter().map(|id| (*id, *id)).collect();
    node.word("id", &words).unwrap_or_default().to_owned()
}

fn local_decision(root: &Node<'_, '_>, file_name: &str) -> (LocalDecision, Vec<PolicyWarning>) {
    let Some(node) = root.table("local_decision") else { return Default::default() };
    let decision = LocalDecision { number: node.string("number"), date: node.date_opt("date") };
    let warn = |key: &str, what: &str| PolicyWarning {
        code: "POL-W1".to_owned(),
        file: file_name.to_owned(),
        line: node.line(key),
        key: node.path_of(key),
        what: what.to_owned(),
    };
    let mut warnings = Vec::new();
    if decision.number.trim().is_empty() {
        warnings.push(warn("number", "the number of the head of office's decision letter is not filled in"));
    }
    if decision.date.is_none() {
        warnings.push(warn("date", "the date of the head of office's decision letter is not filled in"));
    }
    node.done();
    (decision, warnings)
}

fn quota(root: &Node<'_, '_>) -> Quota {
    let Some(node) = root.table("quota") else {
        return Quota { daily: None, queue: false, jump: Approver::None };
    };
    let daily = if node.has("daily") { Some(node.count("daily", 1..=5000)) } else { None };
    let quota = Quota {
        daily,
        queue: node.boolean("queue"),
        jump: node.word("jump", APPROVERS).unwrap_or(Approver::None),
    };
    node.done();
    quota
}

fn venues(root: &Node<'_, '_>) -> Vec<Venue> {
    let read = |node: Node<'_, '_>| {
        let venue = Venue {
            id: known_id(&node, VENUE_IDS),
            text: node.texts("text", None),
            fever: node.word("fever", FEVER).unwrap_or(FeverRule::Refuse),
            single_finger_reader: node.boolean("single_finger_reader"),
            no_background: node.boolean("no_background"),
        };
        node.done();
        venue
    };
    root.tables("venue").into_iter().map(read).collect()
}

fn classes(root: &Node<'_, '_>) -> Vec<Class> {
    root.tables("class").into_iter().map(class).collect()
}

fn class(node: Node<'_, '_>) -> Class {
    let id = known_id(&node, CLASS_IDS);
    let polling_date = node.date_opt("polling_date");
    if id == VOTER_CLASS && !node.has("polling_date") {
        let what = "the class counts age on polling day, and the day is missing";
        node.error("POL-03", "polling_date", what, "add `polling_date`");
    }
    if id != VOTER_CLASS && !id.is_empty() && node.has("polling_date") {
        let what = format!("`{id}` has no polling day");
        node.error("POL-18", "polling_date", what, format!("only `{VOTER_CLASS}` may have one"));
    }
    let class = Class {
        id,
        text: node.texts("text", None),
        approve: node.word("approve", APPROVERS).unwrap_or(Approver::None),
        venues: node.strings_opt("venues").into_iter().map(|(id, _)| id).collect(),
        polling_date,
        evidence: unique(&node, "evidence", items(node.tables_opt("evidence")), |e| &e.id),
    };
    node.done();
    class
}

fn items(nodes: Vec<Node<'_, '_>>) -> Vec<Item> {
    let read = |node: Node<'_, '_>| {
        let item = Item { id: node.id("id"), text: node.texts("text", None) };
        node.done();
        item
    };
    nodes.into_iter().map(read).collect()
}

fn health(root: &Node<'_, '_>) -> Health {
    let node = root.table("health");
    let subject = |key| node.as_ref().and_then(|n| n.table(key)).map_or_else(empty_subject, subject);
    let health = Health { officer: subject("officer"), applicant: subject("applicant") };
    if let Some(node) = node {
        node.done();
    }
    health
}

fn empty_subject() -> Subject {
    Subject {
        temperature: Temperature {
            limit_decidegrees: 0,
            plausible_min_decidegrees: 0,
            plausible_max_decidegrees: 0,
            low_warning_decidegrees: 0,
            second_reading_wait_s: 0,
        },
        affirmations: Vec::new(),
        symptom_question: Texts::default(),
        door_ticket_accepted: false,
        check_valid_hours: 0,
    }
}

fn subject(node: Node<'_, '_>) -> Subject {
    let temperature = node.table("temperature").map_or(empty_subject().temperature, temperature);
    let subject = Subject {
        temperature,
        affirmations: unique(&node, "affirmation", items(node.tables("affirmation")), |a| &a.id),
        symptom_question: node.texts("symptom_question", None),
        door_ticket_accepted: node.boolean("door_ticket_accepted"),
        check_valid_hours: node.count("check_valid_hours", 1..=24),
    };
    // These words name other facts of the person (`applicant.temperature`), so an affirmation cannot have them.
    for (index, item) in node.tables_again("affirmation").iter().zip(&subject.affirmations) {
        if ["temperature", "symptoms", "door_ticket"].contains(&item.id.as_str()) {
            index.error("POL-12", "id", format!("`{}` names another fact", item.id), "give it another id");
        }
    }
    if u64::from(subject.temperature.second_reading_wait_s) >= u64::from(subject.check_valid_hours) * 3600
        && node.has("check_valid_hours")
    {
        let what = "the check is over before the second reading may be taken";
        node.error("POL-14", "check_valid_hours", what, "let it be longer than `second_reading_wait_s`");
    }
    node.done();
    subject
}

fn temperature(node: Node<'_, '_>) -> Temperature {
    let tenths = |key| i32::try_from(node.integer(key, BODY_DECIDEGREES)).unwrap_or_default();
    let t = Temperature {
        limit_decidegrees: tenths("limit_decidegrees"),
        plausible_min_decidegrees: tenths("plausible_min_decidegrees"),
        plausible_max_decidegrees: tenths("plausible_max_decidegrees"),
        low_warning_decidegrees: tenths("low_warning_decidegrees"),
        second_reading_wait_s: node.count("second_reading_wait_s", 0..=7200),
    };
    let all = [
        "limit_decidegrees",
        "plausible_min_decidegrees",
        "plausible_max_decidegrees",
        "low_warning_decidegrees",
    ];
    // A number that could not be read has had its own error; comparing its stand-in would add a false one.
    if all.iter().all(|key| node.is_integer_in(key, BODY_DECIDEGREES)) {
        if t.plausible_min_decidegrees >= t.plausible_max_decidegrees {
            let what = "the plausible range ends before it begins";
            node.error(
                "POL-14",
                "plausible_max_decidegrees",
                what,
                "write more than `plausible_min_decidegrees`",
            );
        } else if !(t.plausible_min_decidegrees..t.plausible_max_decidegrees).contains(&t.limit_decidegrees) {
            let what = "the limit is outside the plausible range";
            let todo = "write it from `plausible_min_decidegrees` to under `plausible_max_decidegrees`";
            node.error("POL-14", "limit_decidegrees", what, todo);
        }
        if t.low_warning_decidegrees > t.limit_decidegrees {
            let what = "the warning of low readings is above the limit";
            node.error("POL-14", "low_warning_decidegrees", what, "write at most `limit_decidegrees`");
        }
    }
    node.done();
    t
}

fn hygiene(root: &Node<'_, '_>) -> Hygiene {
    let Some(node) = root.table("hygiene") else {
        return Hygiene { disinfect: Vec::new(), drying_time_s: 0 };
    };
    let read = |item: Node<'_, '_>| {
        let device = Item { id: known_id(&item, DEVICE_IDS), text: item.texts("text", None) };
        item.done();
        device
    };
    let hygiene = Hygiene {
        disinfect: unique(
            &node,
            "disinfect",
            node.tables("disinfect").into_iter().map(read).collect(),
            |d| &d.id,
        ),
        drying_time_s: node.count("drying_time_s", 0..=600),
    };
    node.done();
    hygiene
}

fn refusal(root: &Node<'_, '_>) -> Refusal {
    let names = |node: &Node<'_, '_>, key| {
        let list: Vec<String> = node.strings(key).into_iter().map(|(id, _)| id).collect();
        if list.is_empty() && node.has(key) {
            node.error("POL-15", key, "no way on is named", "name at least one channel");
        }
        list
    };
    let Some(node) = root.table("refusal") else {
        let none = Vec::new;
        return Refusal {
            come_back_after_days: 0,
            channels: none(),
            redirect_channels: none(),
            correction_channels: none(),
        };
    };
    let refusal = Refusal {
        come_back_after_days: node.count("come_back_after_days", 1..=90),
        channels: names(&node, "channels"),
        redirect_channels: names(&node, "redirect_channels"),
        correction_channels: names(&node, "correction_channels"),
    };
    node.done();
    refusal
}

fn channels(root: &Node<'_, '_>) -> Vec<Channel> {
    let read = |node: Node<'_, '_>| {
        let channel = Channel {
            id: node.id("id"),
            text: node.texts("text", Some("contact")),
            text_no_contact: node.texts("text_no_contact", None),
        };
        node.done();
        channel
    };
    root.tables("channel").into_iter().map(read).collect()
}

fn ages(root: &Node<'_, '_>) -> Ages {
    let Some(node) = root.table("ages") else { return Ages { card_from: 0, prerecord_from: 0 } };
    let ages = Ages {
        card_from: node.count("card_from", 12..=25),
        prerecord_from: node.count("prerecord_from", 12..=25),
    };
    if node.is_integer_in("card_from", 12..=25)
        && node.is_integer_in("prerecord_from", 12..=25)
        && ages.prerecord_from > ages.card_from
    {
        node.error(
            "POL-14",
            "prerecord_from",
            "recording would begin after the card",
            "write at most `card_from`",
        );
    }
    node.done();
    ages
}

/// Health first, identity before the rest, statement, seal and proof last, each step once.
fn step_order(root: &Node<'_, '_>) -> Vec<StepId> {
    let mut order = Vec::new();
    let names = root.strings("step_order");
    for (name, at) in &names {
        match StepId::from_id(name) {
            Some(step) if order.contains(&step) => {
                root.error_at(
                    "POL-13",
                    *at,
                    "step_order",
                    format!("`{name}` comes twice"),
                    "name each step once",
                );
            }
            Some(step) => order.push(step),
            None => {
                let todo = format!(
                    "write one of: {}",
                    StepId::ALL.iter().map(|s| s.id()).collect::<Vec<_>>().join(", ")
                );
                root.error_at("POL-06", *at, "step_order", format!("`{name}` is no step"), todo);
            }
        }
    }
    if names.is_empty() || order.len() < names.len() {
        return order;
    }
    let missing: Vec<&str> = StepId::ALL.iter().filter(|s| !order.contains(s)).map(|s| s.id()).collect();
    let wrong = |what: String| {
        root.error("POL-13", "step_order", what, "put the steps in an order that can be walked")
    };
    if !missing.is_empty() {
        wrong(format!("steps are missing: {}", missing.join(", ")));
        return order;
    }
    let place = |step| order.iter().position(|s| *s == step).unwrap_or(usize::MAX);
    let ends = [(0, StepId::Health), (1, StepId::Identity)];
    for (index, step) in ends.into_iter().filter(|(index, step)| place(*step) != *index) {
        wrong(format!("`{step}` must be number {}", index + 1));
    }
    if !order.ends_with(&[StepId::Statement, StepId::Seal, StepId::Proof]) {
        wrong("`statement`, `seal` and `proof` must be the last three".to_owned());
    }
    let before = [
        (StepId::Urgency, StepId::Approval),
        (StepId::Approval, StepId::Biodata),
        (StepId::Approval, StepId::Photo),
        (StepId::Approval, StepId::Signature),
        (StepId::Approval, StepId::Fingers),
        (StepId::Approval, StepId::Irises),
        (StepId::Fingers, StepId::Verification),
    ];
    for (first, second) in before.into_iter().filter(|(first, second)| place(*first) > place(*second)) {
        wrong(format!("`{first}` must come before `{second}`"));
    }
    order
}

/// References between parts of the file.
fn references(root: &Node<'_, '_>, policy: &Policy) {
    for class in root.tables_again("class") {
        for (venue, at) in
            class.strings_again("venues").into_iter().filter(|(v, _)| policy.venue(v).is_none())
        {
            let what = format!("venue `{venue}` is not in this file");
            class.error_at("POL-07", at, "venues", what, "name a venue of this file");
        }
    }
    let Some(refusal) = root.table_again("refusal") else { return };
    for key in ["channels", "redirect_channels", "correction_channels"] {
        let unknown = refusal.strings_again(key).into_iter().filter(|(c, _)| policy.channel(c).is_none());
        for (channel, at) in unknown {
            let what = format!("channel `{channel}` is not in this file");
            refusal.error_at("POL-07", at, key, what, "name a channel of this file");
        }
    }
}

/// What keeps a policy from standing beside the others.
pub(super) fn clashes(file: &str, text: &str, policy: &Policy, others: &[Policy]) -> Vec<PolicyError> {
    let mut errors = Errors::new(file, text);
    let document = errors.parse(text);
    let root = Node::root(&errors, document.get_ref());
    for other in others {
        if other.id == policy.id {
            let what = format!("another file has the id `{}`", other.id);
            root.error("POL-17", "id", what, "give each policy an id of its own");
        } else if other.valid_from == policy.valid_from {
            let what = format!("`{}` begins on the same day", other.id);
            root.error("POL-17", "valid_from", what, "let each policy begin on a day of its own");
        }
    }
    errors.take()
}

/// There is no policy file at all.
pub(super) fn no_files() -> PolicyError {
    PolicyError {
        file: "protocols".to_owned(),
        line: 0,
        code: "POL-17",
        key: String::new(),
        what: "there is no policy file".to_owned(),
        todo: "put at least one policy into the folder".to_owned(),
    }
}
