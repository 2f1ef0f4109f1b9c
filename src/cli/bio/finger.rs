//! `rekam bio quality|segment|minutiae|match`.

use biometrics::codec::encode_png_gray;
use biometrics::finger::segment::{self, CutMode, CutOptions};
use biometrics::finger::{FingerMatcher, platen, quality as measure};
use biometrics::image::GrayImage;
use biometrics::iso::Part;
use biometrics::iso::fmr::{FmrImpression, FmrRecord};
use biometrics::iso::incits378::IncitsRecord;
use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use rekam::runtime::analysis::{default_matcher, matcher_named};
use serde_json::{Value, json};

use super::super::{CliError, Done, Place, write_private};
use super::{Engine, Match, Minutiae, Quality, Segment, TemplateForm, each, input, verdict};

fn engine(which: Engine) -> Result<Box<dyn FingerMatcher>, CliError> {
    match which {
        Engine::Default => Ok(default_matcher()),
        Engine::Own => matcher_named("own"),
        Engine::Nbis => matcher_named("nbis"),
    }
    .map_err(|e: &'static str| super::super::failure("CLI-11", e))
}

pub(super) fn quality(c: &Quality, place: &mut Place) -> Done {
    let matcher = default_matcher();
    each(&c.files, place, |file| {
        let mut lines = Vec::new();
        for (position, image) in input::fingers(file, c.ppi)? {
            let mut line = if c.platen {
                let report = platen::assess_platen(&image, None).map_err(|e| input::bad(file, e))?;
                json!({
                    "clean": report.clean,
                    "reasons": report.reasons.iter().map(|r| r.id()).collect::<Vec<_>>(),
                    "validated": false,
                })
            } else {
                one(&*matcher, &image, c.features).map_err(|e| input::bad(file, e))?
            };
            if let Some(map) = line.as_object_mut() {
                map.insert("file".into(), json!(file));
                map.insert("position".into(), json!(position.map(Part::id)));
            }
            lines.push(line);
        }
        Ok(lines)
    })
}

fn one(
    matcher: &dyn FingerMatcher,
    image: &GrayImage,
    features: bool,
) -> Result<Value, biometrics::finger::FingerError> {
    let template = matcher.extract(image)?;
    let mut line = verdict(&measure::assess(image, &template));
    if let Some(map) = line.as_object_mut() {
        map.insert("minutiae".into(), json!(template.minutiae.len()));
        map.insert("width".into(), json!(image.width()));
        map.insert("height".into(), json!(image.height()));
        map.insert("ppi".into(), json!(image.ppi()));
        if features {
            let named = measure::features(image, &template)?;
            let named: serde_json::Map<String, Value> =
                named.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
            map.insert("features".into(), Value::Object(named));
        }
    }
    Ok(line)
}

pub(super) fn segment(c: &Segment, place: &mut Place) -> Done {
    let (_, image) = input::finger(&c.file, c.ppi)?;
    let found = segment::segment(&image, c.hand, &c.missing).map_err(|e| input::bad(&c.file, e))?;
    let matcher = default_matcher();
    let mut fingers = Vec::new();
    for s in &found.segments {
        let options = CutOptions { mode: CutMode::Original, margin_px: 8, white_outside: true };
        let cut = segment::cut(&image, &s.bounds, &options).map_err(|e| input::bad(&c.file, e))?;
        let mut line = one(&*matcher, &cut, false).map_err(|e| input::bad(&c.file, e))?;
        if let Some(map) = line.as_object_mut() {
            map.insert("position".into(), json!(s.position.id()));
            map.insert("box".into(), json!(s.bounds));
            map.insert("confidence".into(), json!(s.confidence));
            map.insert("touches_border".into(), json!(s.touches_border));
        }
        if let Some(folder) = &c.out {
            let path = folder.join(format!("{}.png", s.position.id()));
            write_private(&path, &encode_png_gray(&cut).map_err(|e| input::bad(&c.file, e))?)?;
        }
        fingers.push(line);
    }
    place.json(&json!({
        "file": c.file,
        "slap": c.hand.id(),
        "hand": found.hand,
        "turn_deg": found.turn_deg,
        "problems": found.problems,
        "algorithm": found.algorithm,
        "fingers": fingers,
    }))?;
    Ok(0)
}

/// The template of a picture, a FIR record or an FMR record.
fn template(path: &std::path::Path, ppi: u16, matcher: &dyn FingerMatcher) -> Result<Template, CliError> {
    let bytes = input::bytes(path)?;
    if bytes.starts_with(b"FMR\0") {
        return super::formats::template(path, &bytes);
    }
    let (_, image) = input::finger(path, ppi)?;
    matcher.extract(&image).map_err(|e| input::bad(path, e))
}

pub(super) fn minutiae(c: &Minutiae, place: &mut Place) -> Done {
    let matcher = engine(c.engine)?;
    let (position, image) = input::finger(&c.file, c.ppi)?;
    let template = matcher.extract(&image).map_err(|e| input::bad(&c.file, e))?;
    let quality = measure::assess(&image, &template);
    let finger: Option<FingerPosition> = match position {
        Some(Part::Finger(f)) => Some(f),
        _ => None,
    };
    if let Some(out) = &c.out {
        let score = quality.score.unwrap_or(0);
        let bytes = match c.format {
            TemplateForm::Iso => {
                FmrRecord::from_template(&template, finger, FmrImpression::LiveScanPlain, score).write()
            }
            TemplateForm::Incits => IncitsRecord::for_chip(&template, finger, score).write(),
        };
        write_private(out, &bytes.map_err(|e| input::bad(&c.file, e))?)?;
    }
    let points: Vec<Value> = template
        .minutiae
        .iter()
        .map(|m| json!({"x": m.x, "y": m.y, "angle": m.angle, "kind": m.kind, "quality": m.quality}))
        .collect();
    place.json(&json!({
        "file": c.file,
        "engine": matcher.name(),
        "position": finger.map(FingerPosition::id),
        "width": template.width,
        "height": template.height,
        "ppi": template.ppi,
        "count": points.len(),
        "minutiae": points,
    }))?;
    Ok(0)
}

pub(super) fn compare(c: &Match, place: &mut Place) -> Done {
    let matcher = engine(c.engine)?;
    let a = template(&c.a, c.ppi, &*matcher)?;
    let b = template(&c.b, c.ppi, &*matcher)?;
    let score = matcher.compare(&a, &b).map_err(|e| input::bad(&c.b, e))?;
    place.json(&json!({
        "a": c.a,
        "b": c.b,
        "engine": matcher.name(),
        "match_score": score,
        "threshold": matcher.threshold(),
        "same_finger": score >= matcher.threshold(),
        "minutiae": [a.minutiae.len(), b.minutiae.len()],
    }))?;
    Ok(0)
}
