use super::*;

#[test]
fn finger_samples_come_back() {
    for hand in ["Left", "Right"] {
        for digit in ["Thumb", "Index", "Middle", "Ring", "Little"] {
            let Some(bytes) = sample(&format!("finger/mosip/{hand}_{digit}.iso")) else { return };
            let record = FingerRecord::read(&bytes).unwrap();
            assert_eq!(record.write().unwrap(), bytes, "{hand} {digit}");
            let one = &record.representations[0];
            let id = format!("{hand}_{digit}").to_lowercase();
            assert_eq!(one.position, Position::Finger(FingerPosition::from_id(&id).unwrap()));
            let image = one.decode_image().unwrap();
            assert_eq!(image.ppi(), Some(500));
            if let Some(peer) = opj_decompress(&one.data) {
                assert_eq!(peer.pixels(), image.pixels(), "{hand} {digit}");
            }
        }
    }
}

#[test]
fn face_and_iris_samples_come_back() {
    for eye in Eye::ALL {
        let name = if *eye == Eye::Left { "Left" } else { "Right" };
        let Some(bytes) = sample(&format!("iris/mosip/{name}_Iris.iso")) else { return };
        let record = IrisRecord::read(&bytes).unwrap();
        assert_eq!(record.write().unwrap(), bytes);
        let one = &record.representations[0];
        assert_eq!(one.eye, Some(*eye));
        let image = one.decode_image().unwrap();
        assert_eq!((image.width(), image.height()), (u32::from(one.width), u32::from(one.height)));
        if let Some(peer) = opj_decompress(&one.data) {
            assert_eq!(peer.pixels(), image.pixels());
        }
    }
    let Some(bytes) = sample("face/mosip-face.iso") else { return };
    let record = FaceRecord::read(&bytes).unwrap();
    assert_eq!(record.write().unwrap(), bytes);
    assert_eq!(record.representations[0].decode_image().unwrap().height(), 320);
}

/// Three samples of another project that a strict reader must refuse, each for its own reason.
#[test]
fn samples_with_faults_are_refused() {
    if let Some(bytes) = sample("codecs/face01.iso2005") {
        let error = FaceRecord::read(&bytes).unwrap_err();
        assert!(matches!(&error, IsoError::Version { found, .. } if found == "010"), "{error}");
    }
    if let Some(mut bytes) = sample("codecs/iris01.iso2011") {
        // 24 bits a pixel in a grey format.
        let error = IrisRecord::read(&bytes).unwrap_err();
        assert!(matches!(error, IsoError::Value { field: "bit depth", .. }), "{error}");
        // With that set right the representation's length is short by the second quality block, ...
        bytes[0x37] = 8;
        let error = IrisRecord::read(&bytes).unwrap_err();
        assert!(matches!(error, IsoError::Length { field: "representation length", .. }), "{error}");
    }
    if let Some(mut bytes) = sample("codecs/fmr.iso2005") {
        // Extended data is one byte longer than what is there.
        let error = FmrRecord::read(&bytes).unwrap_err();
        assert!(matches!(error, IsoError::Truncated { field: "extended data", .. }), "{error}");
        bytes.push(0);
        let length = (bytes.len() as u32).to_be_bytes();
        bytes[8..12].copy_from_slice(&length);
        let record = FmrRecord::read(&bytes).unwrap();
        assert_eq!(record.views.iter().map(|v| v.minutiae.len()).collect::<Vec<_>>(), [27, 22]);
        assert_eq!(record.write().unwrap(), bytes);
    }
}
