//! The scale of OFIQ, against its published conformance table.

use super::super::Measure;
use super::sample;

#[test]
fn rows_of_the_conformance_table() {
    // Native and scalar as published with OFIQ 1.0.3 (MIT), image b-01-smile and others.
    let check = |measure: Measure, native: f64, scalar: u8| {
        assert_eq!(measure.scalar(native), scalar, "{measure:?} {native}");
    };
    check(Measure::BackgroundUniformity, 242.789467, 17);
    check(Measure::BackgroundUniformity, 61.194849, 71);
    check(Measure::BackgroundUniformity, 35.980417, 83);
    check(Measure::IlluminationUniformity, 0.012111, 27);
    check(Measure::IlluminationUniformity, 0.20216, 62);
    check(Measure::IlluminationUniformity, 0.838384, 95);
    check(Measure::LuminanceMean, 0.103719, 13);
    check(Measure::LuminanceMean, 0.277023, 82);
    check(Measure::LuminanceMean, 0.497561, 100);
    check(Measure::LuminanceVariance, 0.067912, 58);
    check(Measure::LuminanceVariance, 0.024641, 95);
    check(Measure::LuminanceVariance, 0.01725, 100);
    check(Measure::UnderExposure, 0.082671, 100);
    check(Measure::UnderExposure, 0.087205, 100);
    check(Measure::UnderExposure, 0.173227, 100);
    check(Measure::OverExposure, 6.5e-05, 99);
    check(Measure::OverExposure, 0.0, 100);
    check(Measure::DynamicRange, 5.55899, 69);
    check(Measure::DynamicRange, 6.849478, 86);
    check(Measure::DynamicRange, 7.609802, 95);
    check(Measure::Sharpness, 38.0, 99);
    check(Measure::Sharpness, 50.0, 100);
    check(Measure::Sharpness, 48.0, 100);
    check(Measure::NaturalColour, 100.0, 0);
    check(Measure::NaturalColour, 0.948361, 95);
    check(Measure::NaturalColour, 0.0, 100);
    check(Measure::EyesOpen, 0.023177, 58);
    check(Measure::EyesOpen, 0.07022, 99);
    check(Measure::EyesOpen, 0.085567, 100);
    check(Measure::MouthClosed, 0.082712, 88);
    check(Measure::MouthClosed, 0.005753, 96);
    check(Measure::MouthClosed, 0.003328, 96);
    check(Measure::InterEyeDistance, 558.847682, 100);
    check(Measure::InterEyeDistance, 440.181512, 100);
    check(Measure::InterEyeDistance, 375.044452, 100);
    check(Measure::HeadSize, 0.147008, 0);
    check(Measure::HeadSize, 0.222656, 2);
    check(Measure::HeadSize, 0.257166, 4);
    check(Measure::LeftwardCrop, 3.709694, 100);
    check(Measure::LeftwardCrop, 3.79167, 100);
    check(Measure::LeftwardCrop, 2.560953, 100);
    check(Measure::RightwardCrop, 3.381765, 100);
    check(Measure::RightwardCrop, 3.106719, 100);
    check(Measure::RightwardCrop, 4.134005, 100);
    check(Measure::MarginAbove, 1.548853, 82);
    check(Measure::MarginAbove, 2.306325, 100);
    check(Measure::MarginAbove, 2.740027, 100);
    check(Measure::MarginBelow, 1.725211, 32);
    check(Measure::MarginBelow, 3.458512, 100);
    check(Measure::MarginBelow, 3.156945, 100);
    check(Measure::HeadPoseYaw, -7.966364, 98);
    check(Measure::HeadPoseYaw, -3.695724, 100);
    check(Measure::HeadPoseYaw, -1.603732, 100);
    check(Measure::HeadPosePitch, 16.617661, 92);
    check(Measure::HeadPosePitch, 5.126308, 99);
    check(Measure::HeadPosePitch, -2.531154, 100);
    check(Measure::HeadPoseRoll, -27.373343, 79);
    check(Measure::HeadPoseRoll, 1.961695, 100);
    check(Measure::HeadPoseRoll, 1.270625, 100);
}

#[test]
fn scalars_stay_in_range() {
    let check = |native: f64| {
        for measure in Measure::ALL {
            assert!(measure.scalar(native) <= 100, "{measure:?} {native}");
        }
    };
    for native in [0.0, -1.0, 1.0, 1e30, -1e30, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        check(native);
    }
    assert_eq!(Measure::DynamicRange.scalar(f64::NAN), 0);
}

#[test]
fn names_are_marked_as_ours() {
    for measure in Measure::ALL {
        assert!(measure.id().starts_with("rekam-") && measure.id() != measure.ofiq_name());
    }
}

#[test]
fn the_whole_conformance_table() {
    let Some(table) = sample("face/ofiq/expected_results.csv") else { return };
    let table = String::from_utf8(table).unwrap();
    let mut lines = table.lines().map(|l| l.split(';').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let column = |name: &str| head.iter().position(|h| *h == name).unwrap();
    let mut compared = 0;
    for row in lines.filter(|row| row.len() >= head.len() - 1) {
        for measure in Measure::ALL {
            let name = measure.ofiq_name();
            let native: f64 = row[column(name)].parse().unwrap();
            let scalar: u8 = row[column(&format!("{name}.scalar"))].parse().unwrap();
            assert_eq!(measure.scalar(native), scalar, "{name} of {}", row[0]);
            compared += 1;
        }
    }
    assert_eq!(compared, 560);
}
