use proptest::prelude::*;

use super::*;

#[test]
fn templates_come_back_in_steps_of_two_degrees() {
    let record = IncitsRecord::from_template(
        &template(60),
        Some(FingerPosition::RightIndex),
        FmrImpression::LiveScanPlain,
        71,
    );
    let back = IncitsRecord::read(&record.write().unwrap()).unwrap();
    let (made, seen) = (record.body.template(0).unwrap(), back.body.template(0).unwrap());
    assert_eq!(made.minutiae.len(), seen.minutiae.len());
    for (a, b) in made.minutiae.iter().zip(&seen.minutiae) {
        assert_eq!((a.x, a.y, a.kind, a.quality), (b.x, b.y, b.kind, b.quality));
        // Half a step of two degrees, and half a unit of 360/256 more.
        let apart = a.angle.wrapping_sub(b.angle).min(b.angle.wrapping_sub(a.angle));
        assert!(apart <= 1, "{} {}", a.angle, b.angle);
    }
    assert_eq!(back.write().unwrap(), record.write().unwrap());
    // Impressions that only this format has.
    let mut contactless = record;
    contactless.body.views[0].impression = FmrImpression::LiveScanContactless;
    assert_eq!(IncitsRecord::read(&contactless.write().unwrap()).unwrap().body.views[0].impression.code(), 9);
}

/// Every step of the format is one angle here and the same step again.
#[test]
fn every_angle_step_comes_back() {
    let mut record = incits();
    record.body.views.truncate(1);
    record.body.views[0].minutiae.truncate(1);
    let bytes = record.write().unwrap();
    for step in 0..=255_u8 {
        let mut one = bytes.clone();
        one[34] = step;
        match IncitsRecord::read(&one) {
            Ok(read) => {
                assert!(step < 180);
                assert_eq!(read.write().unwrap(), one);
                let degrees = f64::from(read.body.views[0].minutiae[0].angle) * 360.0 / 256.0;
                assert!((degrees - 2.0 * f64::from(step)).abs() <= 0.71, "{step}: {degrees}");
            }
            Err(error) => assert!(step >= 180, "{step}: {error}"),
        }
    }
}

#[test]
fn chip_templates_fit_the_chip() {
    for (count, kept) in [(0, 0), (20, 20), (165, 165), (166, 165), (300, 165)] {
        let record = IncitsRecord::for_chip(&template(count), Some(FingerPosition::LeftIndex), 60);
        assert_eq!(record.body.views[0].minutiae.len(), kept, "{count}");
        let bytes = record.write().unwrap();
        assert!(bytes.len() <= MAX_CHIP_BYTES, "{count}: {}", bytes.len());
        assert_eq!(IncitsRecord::read(&bytes).unwrap().write().unwrap(), bytes);
    }
    assert_eq!(MAX_CHIP_MINUTIAE, 165);
    // The best are kept.
    let record = IncitsRecord::for_chip(&template(202), None, 60);
    let worst = record.body.views[0].minutiae.iter().map(|m| m.quality).min();
    assert!(worst >= Some(18), "{worst:?}");
}

/// From 65,536 bytes on the length has six bytes.
#[test]
fn long_records_have_a_long_length() {
    let mut record = incits();
    let view = record.body.views[0].clone();
    record.body.views = (0..60)
        .map(|i| {
            let extended = vec![ExtendedData { kind: 0x0101, data: vec![i; 1000] }];
            super::super::fmr::FmrView { extended, ..view.clone() }
        })
        .collect();
    let bytes = record.write().unwrap();
    assert_eq!(&bytes[8..14], [&[0, 0][..], &(bytes.len() as u32).to_be_bytes()].concat());
    assert_eq!(IncitsRecord::read(&bytes).unwrap(), record_with_rounded_angles(&record));
    assert_eq!(super::super::sniff(&bytes), Some(super::super::RecordKind::IncitsMinutiae));
    // A long length where a short one does.
    let short = incits().write().unwrap();
    let mut long = [&short[..8], &[0; 6], &short[10..]].concat();
    let length = (long.len() as u32).to_be_bytes();
    long[10..14].copy_from_slice(&length);
    assert!(matches!(IncitsRecord::read(&long), Err(IsoError::Value { field: "record length", .. })));
}

fn record_with_rounded_angles(record: &IncitsRecord) -> IncitsRecord {
    let mut rounded = record.clone();
    for m in rounded.body.views.iter_mut().flat_map(|v| &mut v.minutiae) {
        let step = (f64::from(m.angle) * 180.0 / 256.0).round() % 180.0;
        m.angle = (step * 256.0 / 180.0).round() as u8;
    }
    rounded
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// The two minutiae formats share identifier and version: what one wrote the other refuses, and they are
    /// told apart.
    #[test]
    fn the_two_minutiae_formats_are_told_apart(count in 0_u16..255, views in 1_usize..20) {
        let mut body = FmrRecord::from_template(&template(count), None, FmrImpression::LiveScanPlain, 50);
        body.views = vec![body.views[0].clone(); views];
        let iso = body.write().unwrap();
        let incits = IncitsRecord { product_owner: 1, product_type: 2, body }.write().unwrap();
        prop_assert_eq!(super::super::sniff(&iso), Some(super::super::RecordKind::FingerMinutiae));
        prop_assert_eq!(super::super::sniff(&incits), Some(super::super::RecordKind::IncitsMinutiae));
        prop_assert!(IncitsRecord::read(&iso).is_err() && FmrRecord::read(&incits).is_err());
    }
}

/// The reader of another project (behind the `nbis` feature) sees the same minutiae, and its writer's record
/// is read here. It tells 32 directions and two kinds, and takes at most 127 minutiae.
#[cfg(feature = "nbis")]
#[test]
fn nbis_reads_minutiae() {
    let mut template = template(127);
    for m in &mut template.minutiae {
        m.angle &= 0xF8;
        m.kind = if m.x % 2 == 0 { MinutiaKind::Ending } else { MinutiaKind::Bifurcation };
    }
    let record = FmrRecord::from_template(&template, None, FmrImpression::LiveScanPlain, 60);
    let peer = nbis::load_iso_19794_2_2005(&record.write().unwrap()).unwrap();
    let seen: Vec<_> = peer
        .get()
        .iter()
        .map(|m| (m.x(), m.y(), m.angle() as u16, m.kind() == nbis::MinutiaKind::Bifurcation))
        .collect();
    let made: Vec<_> = template
        .minutiae
        .iter()
        .map(|m| {
            let degrees = (f64::from(m.angle) * 360.0 / 256.0) as u16;
            (i32::from(m.x), i32::from(m.y), degrees, m.kind == MinutiaKind::Bifurcation)
        })
        .collect();
    assert_eq!(seen, made);
    let bytes = peer.to_iso_19794_2_2005();
    let back = FmrRecord::read(&bytes).unwrap();
    assert_eq!(back.views[0].minutiae.len(), 127);
    assert_eq!(back.write().unwrap(), bytes);
}
