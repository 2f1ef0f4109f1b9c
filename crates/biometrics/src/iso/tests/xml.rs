use super::*;

#[test]
fn invalid_xml_is_refused() {
    let good = String::from_utf8(bir().write().unwrap()).unwrap();
    // (text, replacement for its first occurrence, what the error says)
    let cases = [
        ("<BIR xmlns", "<!DOCTYPE BIR><BIR xmlns", "markup"),
        ("<BIR xmlns", "<?pi?><BIR xmlns", "markup"),
        ("ed-2/", "ed-3/", "namespace"),
        ("<BIR>", "<BIR><others/>", "missing or out of order"),
        ("<BIR>", "<BIR a='1'>", "attribute"),
        ("<BIR>", "<BIR>text", "text between"),
        ("<BIR>", "<BIR>&nbsp;", "entity"),
        ("<BIR>", "<BIR><![CDATA[x]]>", "markup"),
        ("<BIR>", "<BIR><BIR><BIR><BIR><BIR><BIR><BIR><BIR>", "too deep"),
        ("</BIR>", "</BIS>", "well formed"),
        ("<Integrity>false", "<Integrity>true", "value"),
        ("<Score>71", "<Score>101", "value"),
        ("<Score>71", "<Score>-1", "value"),
        ("<Type>Finger<", "<Type>Foot<", "value"),
        ("Left IndexFinger", "Left Toe", "value"),
        ("<Level>Raw</Level>", "", "missing or out of order"),
        ("</BIRInfo>", "<Payload/></BIRInfo>", "not taken"),
        ("2026-11-23T", "2026-13-23T", "value"),
        ("00000000-0000-", "000000000000", "value"),
        ("<BDB>Rkl", "<BDB>*kl", "value"),
        ("<Major>1", "<Major>x", "value"),
        ("rekam 0.1.0", "<a/>", "element where text"),
    ];
    for (from, to, expected) in cases {
        assert!(good.contains(from), "{from}");
        let error = Bir::read(good.replacen(from, to, 1).as_bytes()).expect_err(to).to_string();
        assert!(error.starts_with("BIO-52") && error.contains(expected), "{from} -> {to}: {error}");
    }
    let truncated = good.len() / 2;
    for bytes in [b"".as_slice(), b"<a", b"\xFF\xFE", &good.as_bytes()[..truncated], b"<BIR/>"] {
        assert!(Bir::read(bytes).is_err());
    }
    assert!(Bir::read(format!("{good}{good}").as_bytes()).is_err());
    // Space between elements and comments are no damage.
    let airy = good.replace("><", ">\n  <").replacen("<BIRInfo>", "<!-- c --><BIRInfo>", 1);
    assert_eq!(Bir::read(airy.as_bytes()).unwrap(), bir());
}

#[test]
fn schema_accepts_the_bir() {
    let Some(schema) = sample("cbeff/updatedcbeff.xsd") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (xsd, xml) = (folder.path().join("s.xsd"), folder.path().join("b.xml"));
    std::fs::write(&xsd, schema).unwrap();
    for (text, expected) in [
        (bir().write().unwrap(), true),
        // Proof that the check can fail.
        (String::from_utf8(bir().write().unwrap()).unwrap().replace(">Raw<", ">Rare<").into_bytes(), false),
    ] {
        std::fs::write(&xml, text).unwrap();
        let run = std::process::Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .args([&xsd, &xml])
            .output();
        let Ok(out) = run else {
            println!("skipped: no xmllint");
            return;
        };
        assert_eq!(out.status.success(), expected, "{}", String::from_utf8_lossy(&out.stderr));
    }
}

/// Documents made to exhaust a reader: each is refused, and where it is refused tells that it did not go on.
#[test]
fn hostile_xml_is_refused_early() {
    let good = String::from_utf8(bir().write().unwrap()).unwrap();
    let open = format!("<BIR xmlns=\"{}\">", super::super::cbeff::NAMESPACE);
    let entities = "<!DOCTYPE BIR [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let attributes: String = (0..20_000).map(|i| format!(" xmlns:a{i}=\"b\"")).collect();
    // (document, what the error says, last byte where the reader may stand)
    let cases = [
        (format!("{entities}{good}"), "markup", 100),
        (format!("<!DOCTYPE BIR SYSTEM \"file:///etc/hostname\">{good}"), "markup", 10),
        (open.clone() + &"<BIR>".repeat(1_000_000), "too deep", 200),
        (open.clone() + &"<BIRInfo/>".repeat(100_000), "too deep or too many", 200_000),
        (format!("<BIR{attributes}>"), "", 1_000_000),
        (open.clone() + &"&amp;".repeat(200_000), "well formed", 2_000_000),
        (open.clone() + &"&#0;".repeat(10), "", 100),
        (good.replace("<Score>71", &format!("<Score>{}", "7".repeat(1_000_000))), "value", 3_000_000),
        (good.replace("rekam 0.1.0", "&lol;"), "entity", 1000),
        // Base64 of any length that is not base64, and that is not padded.
        (good.replacen("<BDB>", &format!("<BDB>{}!", "A".repeat(3_000_000)), 1), "value", 4_000_000),
        (good.replacen("<BDB>", "<BDB>A", 1), "value", 4000),
        (good.replacen("<BDB>", "<BDB>=", 1), "value", 4000),
    ];
    for (document, expected, last) in cases {
        let name: String = document.chars().take(120).collect();
        match Bir::read(document.as_bytes()) {
            Err(IsoError::Xml { what, offset }) => {
                assert!(what.contains(expected), "{name}: {what}");
                assert!(offset <= last, "{name}: {what} at {offset}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let long = vec![b' '; super::super::xml_tree::MAX_BYTES + 1];
    assert_eq!(Bir::read(&long), Err(IsoError::Xml { what: "document too long", offset: 0 }));
}
