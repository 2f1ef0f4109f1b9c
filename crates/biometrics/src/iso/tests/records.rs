use super::*;

#[test]
fn records_come_back() {
    for (name, bytes, rewrite) in formats() {
        assert_eq!(rewrite(&bytes).unwrap(), bytes, "{name}");
    }
    assert_eq!(FingerRecord::read(&fir().write().unwrap()).unwrap(), fir());
    assert_eq!(FaceRecord::read(&fac().write().unwrap()).unwrap(), fac());
    assert_eq!(IrisRecord::read(&iir().write().unwrap()).unwrap(), iir());
    assert_eq!(FmrRecord::read(&fmr().write().unwrap()).unwrap(), fmr());
    assert_eq!(SignatureRecord::read(&sdi().write().unwrap()).unwrap(), sdi());
    assert_eq!(SignatureRecord::read(&sdi_2007().write().unwrap()).unwrap(), sdi_2007());
    assert_eq!(Bir::read(&bir().write().unwrap()).unwrap(), bir());
}

#[test]
fn images_in_records_are_decoded() {
    let grey = ridges(48, 64, Some(500));
    for one in fir().representations {
        assert_eq!(one.decode_image().unwrap(), grey, "{:?}", one.compression);
    }
    for one in iir().representations {
        assert_eq!(one.decode_image().unwrap(), ridges(64, 48, None), "{:?}", one.format);
    }
    assert_eq!(fac().representations[0].decode_image().unwrap().width(), 40);
    let mut wrong = fir().representations.swap_remove(0);
    wrong.width = 47;
    assert_eq!(wrong.decode_image(), Err(IsoError::SizeMismatch { format: "FIR" }));
    wrong.data = vec![0; 9];
    assert!(matches!(wrong.decode_image(), Err(IsoError::Codec { format: "FIR", .. })));
}

#[test]
fn units_are_converted() {
    let cases = [
        (ScaleUnit::PerInch, [500, 500], Some(500)),
        (ScaleUnit::PerCentimetre, [197, 197], Some(500)),
        (ScaleUnit::PerInch, [500, 501], None),
        (ScaleUnit::PerCentimetre, [u16::MAX; 2], None),
    ];
    for (unit, image, expected) in cases {
        assert_eq!(Sampling { unit, scan: image, image }.image_ppi(), expected);
    }
    let back = fmr().template(0).unwrap();
    assert_eq!(back, template(20));
    assert_eq!(fmr().template(2), None);
    // 500 ppi is 197 per cm, and 1000 ppi 394, rounded.
    for (ppi, per_cm) in [(500, 197), (1000, 394), (300, 118)] {
        let t = Template { ppi, ..template(1) };
        let record = FmrRecord::from_template(&t, None, FmrImpression::Swipe, 1);
        assert_eq!(record.per_cm, [per_cm; 2]);
    }
    let many = FmrRecord::from_template(&template(300), None, FmrImpression::Swipe, 1);
    assert_eq!(many.views[0].minutiae.len(), 255);
    assert!(many.views[0].minutiae.iter().all(|m| m.quality >= 15), "the worst are left out");
    many.write().unwrap();
    assert_eq!(CaptureTime::from_utc(moment()).to_utc(), Some(moment()));
    assert_eq!(CaptureTime::UNKNOWN.to_utc(), None);
}

/// Layout against numbers counted by hand from the standard's tables.
#[test]
fn bytes_stand_where_the_standard_has_them() {
    let [fir, fac, iir, fmr, incits, sdi, sdi_2007, _] = formats().map(|f| f.1);
    let cases: &[(&str, &[u8], usize, &[u8])] = &[
        ("FIR magic", &fir, 0, b"FIR\x00020\0"),
        ("FIR counts", &fir, 12, &[0, 3, 0, 2]),
        ("FIR time", &fir, 20, &[0x07, 0xEA, 11, 23, 10, 20, 30, 0x01, 0xC8]),
        ("FIR device", &fir, 29, &[5, 0, 0, 0, 0]),
        ("FIR quality", &fir, 34, &[2, 71, 0, 0, 0, 0, 255, 0, 0, 0, 0]),
        ("FIR position to scale", &fir, 45, &[2, 0, 1, 0x01, 0xF4, 0x01, 0xF4, 0x01, 0xF4, 0x01, 0xF4]),
        ("FIR depth to size", &fir, 56, &[8, 5, 0, 0, 48, 0, 64]),
        ("FAC magic", &fac, 0, b"FAC\x00030\0"),
        ("FAC counts", &fac, 12, &[0, 1, 0, 0, 0]),
        ("FAC time unknown", &fac, 21, &[0xFF; 9]),
        ("FAC landmarks, gender", &fac, 41, &[0, 1, 2, 0, 0, 0, 1, 2, 3]),
        ("FAC landmark", &fac, 58, &[1, 0x31, 0, 10, 0, 12, 0, 0]),
        ("FAC image", &fac, 66, &[1, 1, 0, 40, 0, 50, 0, 0, 0, 0, 1]),
        ("IIR counts", &iir, 12, &[0, 3, 1, 2]),
        ("IIR certification to depth", &iir, 40, &[1, 0, 7, 1, 0, 1, 2, 2, 10, 0x45, 0, 64, 0, 48, 8]),
        ("IIR range to centre", &iir, 55, &[1, 44, 0xFF, 0xFF, 0xFF, 0xFF, 0, 30, 0, 33, 0, 20, 0, 22]),
        ("FMR magic", &fmr, 0, b"FMR\0 20\0"),
        ("FMR header", &fmr, 12, &[0, 0, 0, 200, 1, 44, 0, 197, 0, 197, 2, 0]),
        ("FMR view", &fmr, 24, &[6, 0, 80, 20, 0x40, 0, 0, 100, 0, 0]),
        ("INCITS magic", &incits, 0, b"FMR\0 20\0"),
        (
            "INCITS product to resolution",
            &incits,
            10,
            &[0, 0x12, 0x34, 0x56, 0, 0, 0, 200, 1, 44, 0, 197, 0, 197],
        ),
        ("INCITS views", &incits, 24, &[2, 0, 6, 0, 80, 20]),
        // The second minutia: 37 units of 360/256 degrees are 26 steps of two.
        ("INCITS minutia", &incits, 36, &[0x80, 1, 0, 101, 26, 1]),
        ("SDI magic", &sdi, 0, b"SDI\x00020\0"),
        ("SDI counts", &sdi, 12, &[0, 2, 1]),
        ("SDI time", &sdi, 19, &[0x07, 0xEA, 11, 23, 10, 20, 30, 0x01, 0xC8]),
        ("SDI device, quality", &sdi, 28, &[1, 0, 0, 0, 0, 1, 88, 0, 0, 0, 0]),
        ("SDI certification", &sdi, 39, &[1, 0, 3, 2]),
        // X Y T F S; scaling 100 = (1 + 1152/2048) * 2^6.
        ("SDI inclusion, X", &sdi, 43, &[0xC1, 0x60, 0xE0, 0xB4, 0x80, 0x80, 0, 0x81, 0x90]),
        // 1000 = (1 + 1952/2048) * 2^9.
        (
            "SDI Y, T, F, S",
            &sdi,
            52,
            &[0xE0, 0xB4, 0x80, 0x80, 0, 0x80, 200, 0x80, 0xCF, 0xA0, 0x60, 0, 0, 0xFF, 0xFF, 0],
        ),
        ("SDI samples", &sdi, 68, &[0, 0, 39, 0x80, 20, 0x80, 100, 0, 0, 0x08, 0x34, 1]),
        ("SDI 2007", &sdi_2007, 0, b"SDI\0 10\0\xC1\x60\xE0"),
        ("SDI 2007 body", &sdi_2007, 33, &[0, 0, 0, 0, 39, 0x80, 20]),
    ];
    for (name, bytes, at, expected) in cases {
        assert_eq!(&bytes[*at..at + expected.len()], *expected, "{name}");
    }
    assert_eq!(u32::from_be_bytes(fmr[8..12].try_into().unwrap()) as usize, fmr.len());
    assert_eq!(usize::from(u16::from_be_bytes([incits[8], incits[9]])), incits.len());
}
