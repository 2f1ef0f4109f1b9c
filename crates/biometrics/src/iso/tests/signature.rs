use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::iso::sdi_channels::{Channel, ChannelDescription, Scaling};
use crate::signature::{MAX_POINTS, MAX_STROKES};
use crate::synth;

fn represent(strokes: &Strokes) -> Result<SignatureRepresentation, IsoError> {
    SignatureRepresentation::from_strokes(strokes, CaptureTime::UNKNOWN, DeviceId::default(), vec![])
}

/// Writes strokes into a record of each edition and reads them back.
fn check(strokes: &Strokes, expected: &Strokes, channels: &str) {
    for edition in [SignatureEdition::Iso2014, SignatureEdition::Iso2007] {
        let representations = vec![represent(strokes).unwrap()];
        let record = SignatureRecord { edition, certified: false, representations };
        let back = SignatureRecord::read(&record.write().unwrap()).unwrap();
        assert_eq!(back, record);
        let one = &back.representations[0];
        let ids: Vec<_> = one.channels().iter().map(|d| d.channel.id()).collect();
        assert_eq!(ids.join(" "), channels);
        assert_eq!(&one.strokes().unwrap(), expected);
    }
}

#[test]
fn strokes_come_back() {
    let made = strokes();
    check(&made, &made, "X Y T F S");
    for seed in 0..10 {
        let made = synth::signature::render(seed, 2);
        check(&made, &made, "X Y T F S");
    }
    let mut unscaled = made.clone();
    unscaled.scaled = false;
    check(&unscaled, &unscaled, "X Y T F S");
    // No pressure, or not everywhere.
    let mut light = made.clone();
    light.strokes[0][3].pressure = None;
    let mut none = made.clone();
    none.strokes.iter_mut().flatten().for_each(|p| p.pressure = None);
    check(&light, &none, "X Y T S");
    check(&none, &none, "X Y T S");
    // Longer than 65 s: steps of time.
    let mut long = made.clone();
    long.strokes[2].iter_mut().for_each(|p| p.t_ms += 65_000);
    check(&long, &long, "X Y DT F S");
    // A touch without force is a touch, and strokes without points are left out.
    let mut odd = made.clone();
    odd.strokes[1][0].pressure = Some(0);
    odd.strokes.push(vec![]);
    check(&odd, &Strokes { strokes: odd.strokes[..3].to_vec(), ..odd.clone() }, "X Y T F S");
    // A pad of all units, and points off the pad.
    let mut wide = made.clone();
    (wide.width, wide.height) = (65_535, 40_000);
    wide.strokes[0][0].x = 65_535;
    check(&wide, &wide, "X Y T F S");
    let mut off = made.clone();
    (off.strokes[0][0].x, off.strokes[0][0].y) = (-5, 900);
    let mut border = made.clone();
    (border.strokes[0][0].x, border.strokes[0][0].y) = (0, 200);
    check(&off, &border, "X Y T F S");
}

#[test]
fn strokes_that_do_not_fit_are_refused() {
    let changed = |change: fn(&mut Strokes)| {
        let mut s = strokes();
        change(&mut s);
        represent(&s).map(|_| ()).expect_err("refused").to_string()
    };
    let point = |t_ms| Point { x: 1, y: 1, t_ms, pressure: None };
    assert!(changed(|s| s.strokes.clear()).contains("number of samples"));
    assert!(changed(|s| s.width = 0).contains("pad size"));
    assert!(changed(|s| s.height = 65_536).contains("pad size"));
    assert!(changed(|s| s.width = i32::MIN).contains("pad size"));
    assert!(changed(|s| s.strokes[0][5].t_ms = 0).contains("time"));
    assert!(changed(|s| s.strokes[2][14].t_ms = u32::MAX).contains("time"));
    let many = |strokes| Strokes { strokes, ..strokes_of_no_point() };
    assert!(represent(&many(vec![vec![point(0)]; MAX_STROKES + 1])).is_err());
    assert!(represent(&many(vec![vec![point(0); MAX_POINTS + 1]])).is_err());
    assert!(represent(&many(vec![vec![point(0); MAX_POINTS]])).is_ok());
}

fn strokes_of_no_point() -> Strokes {
    Strokes { width: 100, height: 100, scaled: true, strokes: vec![] }
}

/// A record as another system may write it: other channels, bounds and scalings, no S.
#[test]
fn other_channels_are_understood() {
    let bare = ChannelDescription::bare;
    let mm10 = Scaling::nearest(10.0);
    let mut one = represent(&strokes()).unwrap();
    one.channels = vec![
        ChannelDescription { scaling: mm10, minimum: Some(-500), maximum: Some(500), ..bare(Channel::X) },
        ChannelDescription { scaling: mm10, minimum: Some(0), maximum: Some(300), ..bare(Channel::Y) },
        bare(Channel::Z),
        ChannelDescription { scaling: Scaling::nearest(100.0), ..bare(Channel::DT) },
        ChannelDescription { minimum: Some(0), maximum: Some(1023), deviation: Some(9), ..bare(Channel::F) },
        ChannelDescription { mean: Some(-3), ..bare(Channel::TX) },
    ];
    let sample =
        |x: i32, y: i32, dt: u16, f: u16| [(x + 32_768) as u16, (y + 32_768) as u16, 0, dt, f, 32_765];
    one.values =
        [sample(-500, 300, 0, 1023), sample(500, 0, 1, 512), sample(500, 0, 1, 0), sample(0, 150, 3, 1)]
            .concat();
    let bytes = SignatureRecord::new(vec![one]).write().unwrap();
    let back = SignatureRecord::read(&bytes).unwrap();
    let seen = back.representations[0].strokes().unwrap();
    let point = |x, y, t_ms, p| Point { x, y, t_ms, pressure: Some(p) };
    // 0.01 mm from the left top; F = 0 lifts the pen; DT counts hundredths of a second.
    let expected =
        vec![vec![point(0, 0, 0, 65_535), point(10_000, 3000, 10, 32_800)], vec![point(5000, 1500, 50, 64)]];
    assert_eq!((seen.width, seen.height, seen.scaled), (10_000, 3000, true));
    assert_eq!(seen.strokes, expected);
    assert_eq!(back.representations[0].value(3, Channel::TX), Some(-3));
    assert_eq!(back.representations[0].value(4, Channel::TX), None);
    assert_eq!(back.representations[0].value(0, Channel::S), None);
    assert_eq!(back.write().unwrap(), bytes);
}

#[test]
fn scalings_are_floating_point() {
    // (number, code): exponent + 16 in five bits, fraction in eleven.
    for (value, code) in [(1.0, 0x8000), (100.0, 0xB480), (1000.0, 0xCFA0), (0.5, 0x7800), (65_520.0, 0xFFFF)]
    {
        assert_eq!(Scaling::nearest(value), Some(Scaling(code)), "{value}");
        assert!((Scaling(code).value() - value).abs() < 1e-9, "{value}");
    }
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9, 1e-9] {
        assert_eq!(Scaling::nearest(value), None, "{value}");
    }
    for code in 0..=u16::MAX {
        assert_eq!(Scaling::nearest(Scaling(code).value()), Some(Scaling(code)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_strokes_on_a_pad_come_back(
        size in (1..=65_535_i32, 1..=65_535_i32),
        lines in vec(vec((0.0..1.0_f64, 0.0..1.0_f64, 0_u32..3000, any::<u16>()), 1..20), 1..8),
        scaled in any::<bool>(),
    ) {
        let mut t_ms = 0;
        let mut point = |(x, y, step, force): (f64, f64, u32, u16)| {
            t_ms += step;
            let place = |share: f64, side: i32| (share * f64::from(side)).round() as i32;
            Point { x: place(x, size.0), y: place(y, size.1), t_ms, pressure: Some(force) }
        };
        let strokes = lines.into_iter().map(|l| l.into_iter().map(&mut point).collect()).collect();
        let made = Strokes { width: size.0, height: size.1, scaled, strokes };
        let record = SignatureRecord::new(vec![represent(&made).unwrap()]);
        let back = SignatureRecord::read(&record.write().unwrap()).unwrap();
        prop_assert_eq!(back.representations[0].strokes().unwrap(), made);
    }
}
