use super::*;
use crate::codec::Format;
use crate::iso::interchange::{Generation, format};
use crate::iso::{Description, Part, RecordKind, describe, images, sniff};

#[test]
fn kinds_are_told_from_the_bytes() {
    let kinds = [
        RecordKind::FingerImages,
        RecordKind::FaceImages,
        RecordKind::IrisImages,
        RecordKind::FingerMinutiae,
        RecordKind::IncitsMinutiae,
        RecordKind::Signature,
        RecordKind::Signature,
        RecordKind::Bir,
    ];
    for ((name, bytes, _), kind) in formats().into_iter().zip(kinds) {
        assert_eq!(sniff(&bytes), Some(kind), "{name}");
        assert_eq!(describe(&bytes).unwrap().kind, kind, "{name}");
        assert_eq!(describe(&bytes).unwrap().bytes, bytes.len(), "{name}");
    }
    let prefixed = "\u{FEFF}<?xml version='1.0'?> <!-- <x> --> <b:BIR xmlns:b='c'/>";
    assert_eq!(sniff(prefixed.as_bytes()), Some(RecordKind::Bir));
    let others: [&[u8]; 8] =
        [b"", b"FIR", b"\xFF\xD8\xFF", b"<BIRD/>", b"<html><BIR/>", b"<", b"<!-- BIR", b"BIR"];
    for bytes in others {
        assert_eq!(sniff(bytes), None, "{}", bytes.escape_ascii());
        assert_eq!(describe(bytes), Err(IsoError::UnknownRecord));
        assert_eq!(images(bytes).unwrap_err(), IsoError::UnknownRecord);
    }
    // Another edition is named and refused.
    let passport = b"FAC\x00010\0";
    assert_eq!(sniff(passport), Some(RecordKind::FaceImages));
    assert!(matches!(describe(passport), Err(IsoError::Version { .. })));
}

#[test]
fn descriptions_tell_what_a_record_holds() {
    let fir = describe(&fir().write().unwrap()).unwrap();
    assert_eq!(fir.edition, "ISO/IEC 19794-4:2011");
    let parts: Vec<_> = fir.representations.iter().map(|r| r.part.as_deref().unwrap()).collect();
    assert_eq!(parts, ["right_index", "right_index", "left_four"]);
    let one = &fir.representations[0];
    assert_eq!((one.width_px, one.height_px, one.ppi), (Some(48), Some(64), Some(500)));
    assert_eq!(one.encoding.as_deref(), Some("Jpeg2000Lossless"));
    assert_eq!((one.captured, one.quality.len(), one.certifications), (Some(moment()), 2, None));

    let iir = describe(&iir().write().unwrap()).unwrap();
    let eyes: Vec<_> = iir.representations.iter().map(|r| r.part.as_deref().unwrap()).collect();
    assert_eq!(eyes, ["left", "right", "unknown_eye"]);
    assert_eq!(iir.representations[0].certifications, Some(1));

    let fac = describe(&fac().write().unwrap()).unwrap();
    assert_eq!((fac.representations[0].points, fac.representations[0].captured), (Some(1), None));

    for (bytes, edition) in [
        (fmr().write().unwrap(), "ISO/IEC 19794-2:2005"),
        (incits().write().unwrap(), "ANSI INCITS 378-2004"),
    ] {
        let minutiae = describe(&bytes).unwrap();
        assert_eq!(minutiae.edition, edition);
        let one = &minutiae.representations[1];
        assert_eq!((one.points, one.ppi, one.extended_bytes), (Some(20), Some(500), Some(3)));
        assert_eq!(one.quality, [QualityBlock::unregistered(Some(80))]);
    }

    let sdi = describe(&sdi().write().unwrap()).unwrap();
    let one = &sdi.representations[0];
    assert_eq!(one.encoding.as_deref(), Some("X Y T F S"));
    // 36 points, and a sample at the end of each of three strokes.
    assert_eq!((one.points, one.strokes, one.duration_ms), (Some(39), Some(3), Some(598)));
}

#[test]
fn a_bir_is_described_with_its_blocks() {
    let mut record = bir();
    record.blocks[1].data = b"no record".to_vec();
    record.blocks[2].data[45] = 0xFF;
    let Description { blocks, creator, .. } = describe(&record.write().unwrap()).unwrap();
    assert_eq!(creator.as_deref(), Some("rekam 0.1.0"));
    assert_eq!(blocks[0].format, "257/7");
    assert_eq!(blocks[0].quality, Some(("rekam/rekam-finger-1".to_owned(), Some(71))));
    assert_eq!(blocks[0].record.as_ref().unwrap().representations.len(), 3);
    assert!(blocks[1].refused.as_ref().unwrap().starts_with("BIO-54"), "{:?}", blocks[1].refused);
    assert!(blocks[2].refused.as_ref().unwrap().starts_with("BIO-4"), "{:?}", blocks[2].refused);
    // Descriptions are for commands that print JSON.
    fn serialises<T: serde::Serialize + serde::de::DeserializeOwned>(_: &T) {}
    serialises(&describe(&record.write().unwrap()).unwrap());
}

#[test]
fn images_are_taken_out() {
    let grey = ridges(48, 64, Some(500));
    let all = images(&fir().write().unwrap()).unwrap();
    assert_eq!(
        all.iter().map(|i| i.format).collect::<Vec<_>>(),
        [Some(Format::Jp2), None, Some(Format::Png)]
    );
    for image in &all {
        assert_eq!(image.decode_gray().unwrap(), grey, "{image:?}");
        assert_eq!(image.decode_rgb().unwrap().to_gray().pixels(), grey.pixels(), "{image:?}");
    }
    assert_eq!(all[0].part, Part::Finger(FingerPosition::RightIndex));
    assert_eq!(all[2].part, Part::Slap(Slap::LeftFour));
    let mut wrong = all[0].clone();
    wrong.width += 1;
    assert!(matches!(wrong.decode_gray(), Err(IsoError::SizeMismatch { .. })));
    assert!(matches!(wrong.decode_rgb(), Err(IsoError::SizeMismatch { .. })));

    let eyes: Vec<_> = images(&iir().write().unwrap()).unwrap().iter().map(|i| i.part).collect();
    assert_eq!(eyes, [Part::Eye(Eye::Left), Part::Eye(Eye::Right), Part::UnknownEye]);
    assert_eq!(images(&fac().write().unwrap()).unwrap()[0].decode_rgb().unwrap().width(), 40);
    for none in [fmr().write(), incits().write(), sdi().write(), sdi_2007().write()] {
        assert_eq!(images(&none.unwrap()).unwrap(), []);
    }
    // Four blocks with three images each; a block that holds no record is passed over.
    let mut record = bir();
    assert_eq!(images(&record.write().unwrap()).unwrap().len(), 12);
    record.blocks[1].data = b"no record".to_vec();
    record.blocks[2].data = record.write().unwrap();
    assert_eq!(images(&record.write().unwrap()).unwrap().len(), 6);
}

/// WSQ is a container here: the record takes bytes that begin as WSQ does, and nothing else under that code.
#[test]
fn wsq_is_carried() {
    let mut record = fir();
    record.representations.truncate(1);
    record.representations[0].compression = Compression::Wsq;
    assert!(record.write().is_err());
    record.representations[0].data = vec![0xFF, 0xA0, 0xFF, 0xA8, 0, 2, 7, 7];
    let bytes = record.write().unwrap();
    assert_eq!(FingerRecord::read(&bytes).unwrap(), record);
    assert_eq!(images(&bytes).unwrap()[0].format, Some(Format::Wsq));
    let Some(wsq) = sample("codecs/wsq-original.wsq") else { return };
    record.representations[0].data = wsq.clone();
    (record.representations[0].width, record.representations[0].height) = (768, 832);
    let bytes = record.write().unwrap();
    assert_eq!(images(&bytes).unwrap()[0].bytes, wsq);
}

#[test]
fn writers_are_chosen_by_generation() {
    for generation in Generation::ALL {
        assert_eq!(Generation::from_id(generation.id()), Some(*generation));
        let writers = format(*generation);
        assert_eq!(writers.generation(), *generation);
        let all = [
            writers.finger_images(&fir()).unwrap(),
            writers.face_images(&fac()).unwrap(),
            writers.iris_images(&iir()).unwrap(),
            writers.finger_minutiae(&fmr()).unwrap(),
            writers.signature(&sdi()).unwrap(),
        ];
        for one in all {
            assert_eq!(sniff(&one.bytes), Some(one.kind));
            assert!(describe(&one.bytes).is_ok());
        }
    }
    assert_eq!(Generation::from_id("iso-39794"), None);
}
