//! The control over HTTP: `POST /admin/...` with JSON, as the mock service has it, and more.
//!
//! | path | body |
//! |---|---|
//! | `/admin/status` | `{"type", "deviceStatus"}` |
//! | `/admin/score` | `{"type", "qualityScore"}`, or `{"type", "fromIso": true}` for the measured score |
//! | `/admin/delay` | `{"type", "delay", "method": [..]}`; delay in milliseconds as a string |
//! | `/admin/profile` | `{"profileId"}`: `Default`, or the seed of a person |
//! | `/admin/person` | `{"seed", "missing": [..], "background"}`, each may be left out |
//! | `/admin/fault` | `{"fault", "type", "method": [..], "calls", "code"}`, all but `fault` may be left out |
//! | `/admin/oddities` | `{"<name>": true or false, ..}`, or `{"all": true or false}` |
//! | `/admin/clear` | nothing: takes back faults |
//! | `/admin/reset` | nothing: takes back everything |
//!
//! `type` is `Biometric Device` for all devices. The answer is `{"errorCode", "errorInfo"}`. Unlike the mock service,
//! setting one device leaves the others as they are.

use std::time::Duration;

use biometrics::position::{Eye, FingerPosition};
use devices::drivers::simulated::parameters::Background;
use serde_json::{Map, Value};

use super::control::{Control, Fault, Oddities, Person, Plan};
use super::request::is_score;
use super::wire::{Method, Modality, Refusal, Status};

/// Longest delay in milliseconds.
const DELAY_MAX_MS: u64 = 600_000;

/// Carries out a request and gives the answer.
pub(super) fn answer(control: &Control, path: &str, body: &[u8]) -> Value {
    let body = if body.is_empty() { b"{}" } else { body };
    let done = match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => act(control, path, &fields),
        _ => Err(Refusal::with(509, "the body must be a JSON object")),
    };
    done.err().unwrap_or(Refusal::from(0)).json()
}

fn act(control: &Control, path: &str, fields: &Map<String, Value>) -> Result<(), Refusal> {
    match path {
        "/admin/status" => {
            let modality = device(fields, true)?;
            let status =
                text(fields, "deviceStatus").and_then(Status::from_wire).ok_or(Refusal::from(504))?;
            control.status(modality, status);
        }
        "/admin/score" => {
            let modality = device(fields, true)?;
            let measured = fields.get("fromIso").and_then(Value::as_bool) == Some(true);
            let score = match text(fields, "qualityScore") {
                _ if measured => None,
                Some(score) if is_score(score) => Some(score),
                _ => return Err(Refusal::with(505, "qualityScore is a string, \"0\" to \"100\"")),
            };
            control.score(modality, score);
        }
        "/admin/delay" => {
            let modality = device(fields, true)?;
            let wrong = Refusal::with(506, "delay is a string of milliseconds, \"0\" to \"600000\"");
            let delay: u64 = text(fields, "delay").and_then(|t| t.parse().ok()).ok_or(wrong.clone())?;
            if delay > DELAY_MAX_MS {
                return Err(wrong);
            }
            control.delay(modality, &methods(fields)?, Duration::from_millis(delay));
        }
        "/admin/profile" => {
            let profile = text(fields, "profileId").unwrap_or("Default");
            let seed = match profile {
                "Default" => 1,
                seed => seed.parse().map_err(|_| Refusal::with(509, "profileId is Default or a number"))?,
            };
            control.person(Person { seed, ..control.current_person() });
        }
        "/admin/person" => person(control, fields)?,
        "/admin/fault" => plan(control, fields)?,
        "/admin/oddities" => oddities(control, fields)?,
        "/admin/clear" => control.clear(),
        "/admin/reset" => control.reset(),
        _ => return Err(500.into()),
    }
    Ok(())
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The device that is meant; none for all.
fn device(fields: &Map<String, Value>, required: bool) -> Result<Option<Modality>, Refusal> {
    match text(fields, "type") {
        None if required => Err(502.into()),
        None => Ok(None),
        Some(word) if word.eq_ignore_ascii_case("Biometric Device") => Ok(None),
        Some(word) => Modality::from_wire(word).map(Some).ok_or(502.into()),
    }
}

fn methods(fields: &Map<String, Value>) -> Result<Vec<Method>, Refusal> {
    let word = |value: &Value| value.as_str().and_then(Method::from_wire).ok_or(Refusal::from(507));
    match fields.get("method") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(word).collect(),
        Some(one) => Ok(vec![word(one)?]),
    }
}

fn person(control: &Control, fields: &Map<String, Value>) -> Result<(), Refusal> {
    let mut person = control.current_person();
    if let Some(seed) = fields.get("seed") {
        person.seed = seed.as_u64().ok_or(Refusal::with(509, "seed is a number from 0"))?;
    }
    if let Some(missing) = fields.get("missing") {
        let names = missing.as_array().ok_or(Refusal::with(509, "missing is a list"))?;
        (person.missing_fingers, person.missing_eyes) = (Vec::new(), Vec::new());
        for name in names {
            let name = name.as_str().unwrap_or_default();
            match (FingerPosition::from_id(name), Eye::from_id(name)) {
                (Some(finger), _) => person.missing_fingers.push(finger),
                (None, Some(eye)) => person.missing_eyes.push(eye),
                (None, None) => {
                    return Err(Refusal::with(509, "missing holds names as right_index, or right, left"));
                }
            }
        }
    }
    if let Some(background) = fields.get("background") {
        person.background = match background.as_str() {
            Some("red") => Background::Red,
            Some("blue") => Background::Blue,
            _ => return Err(Refusal::with(509, "background is red or blue")),
        };
    }
    control.person(person);
    Ok(())
}

fn plan(control: &Control, fields: &Map<String, Value>) -> Result<(), Refusal> {
    let fault = text(fields, "fault").and_then(Fault::from_wire);
    let fault = fault.ok_or(Refusal::with(508, "no such fault"))?;
    let code = match (text(fields, "code").map(str::parse), fault) {
        (Some(Ok(code @ 1..=999)), _) => code,
        (None, other) if other != Fault::Error => 999,
        _ => return Err(Refusal::with(508, "code is a string, \"1\" to \"999\"")),
    };
    let calls = match fields.get("calls") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let calls = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
            Some(calls.ok_or(Refusal::with(508, "calls is a number from 1"))?)
        }
    };
    let plan = Plan { fault, code, methods: methods(fields)?, modality: device(fields, false)?, calls };
    if let Some(method) = plan.methods.iter().find(|m| !fault.methods().contains(m)) {
        return Err(Refusal::with(508, format!("this fault does not come in {}", method.wire())));
    }
    if control.plan(plan) {
        Ok(())
    } else {
        Err(Refusal::with(508, "too many faults wait; POST /admin/clear"))
    }
}

fn oddities(control: &Control, fields: &Map<String, Value>) -> Result<(), Refusal> {
    let mut oddities = control.current_oddities();
    for (name, value) in fields {
        let on = value.as_bool().ok_or(Refusal::with(509, "an oddity is true or false"))?;
        if name == "all" {
            oddities = if on { Oddities::MOCK } else { Oddities::NONE };
            continue;
        }
        let mut switches = oddities.switches();
        let switch = switches.iter_mut().find(|(own, _)| own == name);
        *switch.ok_or(Refusal::with(509, "no such oddity"))?.1 = on;
    }
    control.oddities(oddities);
    Ok(())
}
