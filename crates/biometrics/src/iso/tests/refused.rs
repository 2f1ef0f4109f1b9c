use super::*;

/// What is done to a valid record before it is read.
enum Damage {
    Set(usize, &'static [u8]),
    Cut(usize),
    Append(usize),
}

#[test]
fn invalid_records_are_refused() {
    use Damage::{Append, Cut, Set};
    // (format, damage, code, field or empty)
    let cases: &[(&str, Damage, &str, &str)] = &[
        ("FIR", Set(0, b"FIX"), "BIO-41", ""),
        ("FIR", Set(4, b"030"), "BIO-42", "030"),
        ("FIR", Set(7, b" "), "BIO-42", "020 "),
        ("FIR", Cut(0), "BIO-43", "format identifier"),
        ("FIR", Cut(6), "BIO-43", "version"),
        ("FIR", Cut(10), "BIO-43", "record length"),
        ("FIR", Cut(200), "BIO-44", "record length"),
        ("FIR", Append(1), "BIO-47", ""),
        ("FIR", Set(8, &[0xFF; 4]), "BIO-44", "record length"),
        ("FIR", Set(8, &[0; 4]), "BIO-44", "record length"),
        ("FIR", Set(12, &[0, 0]), "BIO-45", "number of representations"),
        ("FIR", Set(12, &[0xFF, 0xFF]), "BIO-45", "number of representations"),
        ("FIR", Set(12, &[0, 4]), "BIO-43", "representation length"),
        ("FIR", Set(12, &[0, 1]), "BIO-47", ""),
        ("FIR", Set(14, &[2]), "BIO-46", "certification flag"),
        ("FIR", Set(15, &[9]), "BIO-44", "number of fingers"),
        ("FIR", Set(16, &[0, 0, 0, 0]), "BIO-44", "representation length"),
        ("FIR", Set(16, &[0xFF; 4]), "BIO-44", "representation length"),
        ("FIR", Set(22, &[13]), "BIO-46", "capture month"),
        ("FIR", Set(23, &[0]), "BIO-46", "capture day"),
        ("FIR", Set(24, &[24]), "BIO-46", "capture hour"),
        ("FIR", Set(27, &[3, 232]), "BIO-46", "capture millisecond"),
        ("FIR", Set(34, &[255]), "BIO-46", "quality score"),
        ("FIR", Set(35, &[101]), "BIO-46", "quality score"),
        ("FIR", Set(45, &[11]), "BIO-46", "finger position"),
        ("FIR", Set(45, &[16]), "BIO-46", "finger position"),
        ("FIR", Set(47, &[0]), "BIO-46", "scale unit"),
        ("FIR", Set(52, &[0, 0]), "BIO-46", "horizontal image rate"),
        ("FIR", Set(56, &[16]), "BIO-46", "bit depth"),
        ("FIR", Set(57, &[1]), "BIO-46", "compression algorithm"),
        ("FIR", Set(57, &[0]), "BIO-44", "image length"),
        ("FIR", Set(57, &[2]), "BIO-53", "byte 67"),
        ("FIR", Set(57, &[6]), "BIO-53", "FIR"),
        ("FIR", Set(58, &[20]), "BIO-46", "impression type"),
        ("FIR", Set(59, &[0, 0]), "BIO-48", "no pixels"),
        ("FIR", Set(59, &[0xFF; 4]), "BIO-48", "too large"),
        ("FIR", Set(63, &[0; 4]), "BIO-45", "image length"),
        ("FIR", Set(63, &[0xFF; 4]), "BIO-43", "image data"),
        ("FAC", Set(4, b"010"), "BIO-42", "version 010"),
        ("FAC", Set(14, &[1]), "BIO-46", "certification flag"),
        ("FAC", Set(41, &[0xFF, 0xFF]), "BIO-45", "number of landmarks"),
        ("FAC", Set(43, &[3]), "BIO-46", "gender"),
        ("FAC", Set(66, &[0x80]), "BIO-46", "face image type"),
        ("FAC", Set(67, &[4]), "BIO-46", "image data type"),
        ("FAC", Set(68, &[0, 0]), "BIO-48", "no pixels"),
        ("FAC", Set(76, &[9]), "BIO-46", "colour space"),
        ("FAC", Set(67, &[3]), "BIO-53", "FAC"),
        ("FAC", Append(3), "BIO-47", ""),
        ("FAC", Cut(60), "BIO-44", "record length"),
        ("IIR", Set(4, b"010"), "BIO-42", "010"),
        ("IIR", Set(15, &[1]), "BIO-44", "number of eyes"),
        ("IIR", Set(40, &[255]), "BIO-46", ""),
        ("IIR", Set(46, &[3]), "BIO-46", "eye label"),
        ("IIR", Set(47, &[4]), "BIO-46", "image type"),
        ("IIR", Set(48, &[3]), "BIO-46", "image format"),
        ("IIR", Set(49, &[3]), "BIO-46", "image properties"),
        ("IIR", Set(49, &[0xC0]), "BIO-46", "image properties"),
        ("IIR", Set(54, &[16]), "BIO-46", "bit depth"),
        ("IIR", Set(61, &[0xFF]), "BIO-46", "iris centre x"),
        ("FMR", Set(4, b" 30"), "BIO-42", "30"),
        ("FMR", Set(14, &[0, 0]), "BIO-48", "no pixels"),
        ("FMR", Set(14, &[0, 10]), "BIO-46", "minutia x"),
        ("FMR", Set(16, &[0, 10]), "BIO-46", "minutia y"),
        ("FMR", Set(18, &[0, 0]), "BIO-46", "horizontal resolution"),
        ("FMR", Set(22, &[0]), "BIO-45", "number of views"),
        ("FMR", Set(22, &[255]), "BIO-45", "number of views"),
        ("FMR", Set(22, &[1]), "BIO-47", ""),
        ("FMR", Set(22, &[3]), "BIO-43", "finger position"),
        ("FMR", Set(23, &[1]), "BIO-46", "reserved byte"),
        ("FMR", Set(24, &[13]), "BIO-46", "finger position"),
        ("FMR", Set(25, &[4]), "BIO-46", "impression type"),
        ("FMR", Set(26, &[101]), "BIO-46", "finger quality"),
        ("FMR", Set(27, &[255]), "BIO-45", "number of minutiae"),
        ("FMR", Set(28, &[0xC0]), "BIO-46", "minutia type"),
        ("FMR", Set(30, &[0xC0]), "BIO-46", "minutia y"),
        ("FMR", Set(33, &[101]), "BIO-46", "minutia quality"),
        ("FMR", Set(148, &[0, 255]), "BIO-43", "extended data"),
        ("FMR", Set(25, &[9]), "BIO-46", "impression type"),
        ("FMR", Set(148, &[0, 4]), "BIO-44", "extended data area length"),
        ("INCITS 378", Set(4, b" 30"), "BIO-42", "30"),
        ("INCITS 378", Set(8, &[0, 26]), "BIO-44", "record length"),
        ("INCITS 378", Set(8, &[0, 0]), "BIO-44", "record length"),
        ("INCITS 378", Append(1), "BIO-44", "record length"),
        ("INCITS 378", Set(10, &[0, 0]), "BIO-46", "product owner"),
        ("INCITS 378", Set(27, &[4]), "BIO-46", "impression type"),
        ("INCITS 378", Set(34, &[180]), "BIO-46", "minutia angle"),
        ("INCITS 378", Set(24, &[1]), "BIO-47", ""),
        ("SDI", Set(4, b"030"), "BIO-42", "030"),
        ("SDI", Set(12, &[0, 3]), "BIO-43", "representation length"),
        ("SDI", Set(14, &[0]), "BIO-46", "channel inclusion field"),
        ("SDI", Set(43, &[0x41]), "BIO-46", "channel inclusion field"),
        ("SDI", Set(45, &[0xE4]), "BIO-46", "channel preamble"),
        ("SDI", Set(45, &[0xE1]), "BIO-46", "channel preamble"),
        ("SDI", Set(48, &[0xFF]), "BIO-46", "channel bounds"),
        ("SDI", Set(68, &[0, 0, 0]), "BIO-45", "number of samples"),
        ("SDI", Set(68, &[0xFF; 3]), "BIO-45", "number of samples"),
        ("SDI", Set(68, &[0, 0xFF, 0xFF]), "BIO-45", "number of samples"),
        ("SDI", Set(70, &[38]), "BIO-43", "extended data"),
        ("SDI", Append(1), "BIO-47", ""),
        ("SDI 2007", Set(33, &[1]), "BIO-46", "reserved byte"),
        ("SDI 2007", Set(34, &[1]), "BIO-46", "extended data flag"),
        ("SDI 2007", Set(37, &[38]), "BIO-47", ""),
    ];
    for (format, damage, code, field) in cases {
        let mut bytes = formats().into_iter().find(|f| f.0 == *format).unwrap().1;
        let what = match damage {
            Set(at, with) => {
                bytes[*at..*at + with.len()].copy_from_slice(with);
                format!("{with:?} at {at}")
            }
            Cut(len) => {
                bytes.truncate(*len);
                format!("cut to {len}")
            }
            Append(n) => {
                bytes.extend(std::iter::repeat_n(0, *n));
                format!("{n} more")
            }
        };
        let error =
            rewrite(format)(&bytes).map(|b| b.len()).expect_err(&format!("{format} {what}")).to_string();
        assert!(
            error.starts_with(code) && error.contains(field),
            "{format} {what}: {error}, not {code} {field}"
        );
    }
}

#[test]
fn what_does_not_fit_is_not_written() {
    let finger = |change: fn(&mut FingerRepresentation)| {
        let mut record = fir();
        change(&mut record.representations[1]);
        record.write()
    };
    let view = |change: fn(&mut crate::iso::fmr::FmrView)| {
        let mut record = fmr();
        change(&mut record.views[0]);
        record.write()
    };
    let block = |change: fn(&mut Block)| {
        let mut record = bir();
        change(&mut record.blocks[0]);
        record.write()
    };
    let cases = [
        finger(|f| f.width = 0),
        finger(|f| f.data.clear()),
        finger(|f| f.height += 1),
        finger(|f| f.compression = Compression::Wsq),
        finger(|f| f.sampling.image = [0; 2]),
        finger(|f| f.quality = vec![QualityBlock::unregistered(Some(101))]),
        finger(|f| f.quality = vec![QualityBlock::unregistered(None); 256]),
        finger(|f| f.certifications = vec![Certification { authority: 1, scheme: 1 }]),
        FingerRecord { representations: vec![], ..fir() }.write(),
        FaceRecord { representations: vec![], ..fac() }.write(),
        IrisRecord { representations: vec![], ..iir() }.write(),
        FmrRecord { views: vec![], ..fmr() }.write(),
        FmrRecord { per_cm: [0, 197], ..fmr() }.write(),
        view(|v| v.number = 16),
        IncitsRecord { product_owner: 0, ..incits() }.write(),
        view(|v| v.impression = FmrImpression::LiveScanContactless),
        SignatureRecord { representations: vec![], ..sdi() }.write(),
        SignatureRecord { certified: false, ..sdi() }.write(),
        SignatureRecord { edition: SignatureEdition::Iso2007, ..sdi() }.write(),
        view(|v| v.quality = 101),
        view(|v| v.minutiae[0].x = 200),
        view(|v| v.minutiae[0].quality = 101),
        view(|v| v.extended = vec![ExtendedData { kind: 0, data: vec![] }]),
        view(|v| v.extended = vec![ExtendedData { kind: 2, data: vec![0; 65_536] }]),
        Bir { blocks: vec![], ..bir() }.write(),
        Bir { creator: Some("a\u{1}".into()), ..bir() }.write(),
        block(|b| b.data.clear()),
        block(|b| b.quality = Some(BlockQuality { algorithm: RegistryId::new("a", "b"), score: Some(101) })),
    ];
    for (i, result) in cases.into_iter().enumerate() {
        assert!(
            matches!(result, Err(IsoError::Unwritable { .. })),
            "case {i}: {:?}",
            result.map(|b| b.len())
        );
    }
}
