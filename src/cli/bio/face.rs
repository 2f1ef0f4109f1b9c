//! `rekam bio face|iris`.

use biometrics::codec::encode_jpeg;
use biometrics::face::{CARD_ASPECT, FaceAnalyser, crop_portrait, expected_background, replace_background};
use biometrics::iris;
use rekam::runtime::analysis::colour_rgb;
use serde_json::json;

use super::super::{Done, Place, write_private};
use super::{Face, Iris, each, input, verdict};

/// JPEG quality of the card picture, as in a session.
const JPEG_QUALITY: u8 = 90;

pub(super) fn face(c: &Face, place: &mut Place) -> Done {
    let image = input::face(&c.file)?;
    let analyser = FaceAnalyser::new()?;
    let wanted = c.birth_year.map(expected_background);
    let report = match wanted {
        Some(wanted) => analyser.assess_for_card(&image, wanted),
        None => analyser.assess(&image),
    };
    let mut line = verdict(&report.quality);
    if let Some(map) = line.as_object_mut() {
        map.insert("file".into(), json!(c.file));
        map.insert("width".into(), json!(image.width()));
        map.insert("height".into(), json!(image.height()));
        map.insert("faces".into(), json!(report.faces));
        map.insert("measures".into(), json!(report.measures));
        map.insert("pose".into(), json!(report.pose));
        map.insert("background".into(), json!(report.background));
    }
    if let Some(out) = &c.out {
        let Some(first) = report.faces.first() else {
            return Err(input::bad(&c.file, "no face was found, so nothing can be cut for the card"));
        };
        let full = match wanted.filter(|_| c.replace_background) {
            Some(colour) => {
                let mask = analyser.person_mask(&image).map_err(|e| input::bad(&c.file, e))?;
                replace_background(&image, &mask, colour_rgb(colour))
            }
            None => image.clone(),
        };
        let card = crop_portrait(&full, first, CARD_ASPECT).map_err(|e| input::bad(&c.file, e))?;
        write_private(out, &encode_jpeg(&card, JPEG_QUALITY).map_err(|e| input::bad(&c.file, e))?)?;
        if let Some(map) = line.as_object_mut() {
            map.insert("card".into(), json!({"file": out, "width": card.width(), "height": card.height()}));
        }
    }
    place.json(&line)?;
    Ok(0)
}

pub(super) fn iris(c: &Iris, place: &mut Place) -> Done {
    each(&c.files, place, |file| {
        let mut lines = Vec::new();
        for (eye, image) in input::irises(file)? {
            let report = iris::assess(&image);
            let mut line = verdict(&report.quality);
            if let Some(map) = line.as_object_mut() {
                map.insert("file".into(), json!(file));
                map.insert("eye".into(), json!(eye.map(|e| e.id())));
                map.insert("width".into(), json!(image.width()));
                map.insert("height".into(), json!(image.height()));
                map.insert("pupil".into(), json!(report.pupil));
                map.insert("iris".into(), json!(report.iris));
                map.insert("measures".into(), json!(report.measures));
            }
            lines.push(line);
        }
        Ok(lines)
    })
}
