#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
use std::io::Write;
use std::process::{Command, Stdio};

use biometrics::position::FingerPosition;
use chrono::{DateTime, NaiveDate, Utc};
use record::schema::{Environment, ExceptionReason, ExceptionTerm, RecordState};
use uuid::Uuid;

use super::*;
use crate::i18n::{Language, Words};

const NIK: &str = "3302015708000042";
const TOKEN: [u8; 16] = [0xA7; 16];

fn office() -> Office {
    Office {
        government: "PEMERINTAH KABUPATEN CONTOH".to_owned(),
        name: "DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL".to_owned(),
        address: "Jalan Contoh Nomor 1, Kota Contoh 50000".to_owned(),
        contact: vec!["Telepon (0000) 000000, hari kerja 08.00-15.00".to_owned()],
        qr_prefix: String::new(),
    }
}

fn at() -> DateTime<Utc> {
    "2020-06-22T03:04:05Z".parse().unwrap()
}

fn proof<'a>(office: &'a Office, exceptions: &'a [ProofException]) -> Proof<'a> {
    Proof {
        office,
        environment: Environment::Training,
        record_id: Uuid::parse_str("01975f3c-0000-7000-8000-0000c0ffee42").unwrap(),
        state: RecordState::BioCaptured,
        name: "SITI CONTOH BINTI MISAL",
        nik: NIK,
        recorded_at: at(),
        printed_at: at() + chrono::TimeDelta::minutes(2),
        utc_offset_s: 7 * 3600,
        station: "CONTOH-01",
        officer: "AW",
        photo: true,
        signature: true,
        fingers: 9,
        irises: 2,
        exceptions,
        print_not_before: NaiveDate::from_ymd_opt(2021, 3, 5),
        tracking_token: TOKEN,
    }
}

const MISSING: ProofException = ProofException {
    what: NotRecorded::Finger(FingerPosition::LeftLittle),
    reason: ExceptionReason::Missing,
    term: ExceptionTerm::Permanent,
};

/// The text of a PDF with runs of white space made one, or `None` without poppler's tool.
fn text_of(pdf: &[u8]) -> Option<String> {
    let mut tool = Command::new("pdftotext");
    tool.args(["-layout", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = tool.spawn() else {
        println!("skipped: pdftotext (poppler-utils) is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "pdftotext cannot read the document");
    Some(String::from_utf8(out.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn check(pdf: &[u8], there: &[&str], not_there: &[&str]) {
    assert!(pdf.starts_with(b"%PDF-"));
    if let Ok(folder) = std::env::var("REKAM_KEEP_DOCUMENTS") {
        let name = format!("{}.pdf", there.first().copied().unwrap_or("document").replace(' ', "-"));
        std::fs::write(std::path::Path::new(&folder).join(name), pdf).unwrap();
    }
    let Some(text) = text_of(pdf) else { return };
    for part in there {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
    for part in not_there {
        assert!(!text.contains(part), "{part:?} must not be in: {text}");
    }
}

#[test]
fn proof_says_everything_and_never_the_nik() {
    let office = office();
    let words = Words::new(Language::Indonesian);
    let pdf = proof_of_recording(&words, &proof(&office, &[MISSING])).unwrap();
    let there = [
        "BUKTI PEREKAMAN KTP-EL",
        "GRATIS",
        "SITI CONTOH BINTI MISAL",
        "************0042",
        "22-06-2020 10.04 WIB",
        "Dicetak 22-06-2020 10.06 WIB",
        "C0FF-EE42",
        "BIO_CAPTURED",
        "CONTOH-01",
        "9 sidik jari",
        "Kelingking kiri: Tidak ada (menetap)",
        "5 Maret 2021",
        "Telepon (0000) 000000",
    ];
    check(&pdf, &there, &[NIK, &NIK[..12], "⟦"]);
    let english = proof_of_recording(&Words::new(Language::English), &proof(&office, &[MISSING])).unwrap();
    check(
        &english,
        &["PROOF OF KTP-EL RECORDING", "FREE OF CHARGE", "9 fingerprints", "5 March 2021"],
        &[NIK, "⟦"],
    );
    assert!(!format!("{:?}", proof(&office, &[])).contains("SITI"));
}

#[test]
fn training_alone_has_the_watermark() {
    let office = office();
    let words = Words::new(Language::Indonesian);
    let letters = |environment| {
        let pdf = proof_of_recording(&words, &Proof { environment, ..proof(&office, &[]) }).unwrap();
        let mut letters: Vec<char> = text_of(&pdf)?.chars().filter(|c| !c.is_whitespace()).collect();
        letters.sort_unstable();
        Some(letters)
    };
    let (Some(mut with), Some(without)) = (letters(Environment::Training), letters(Environment::Production))
    else {
        return;
    };
    // The word lies across the page, so its letters come out between the lines: what is left over must spell it.
    for c in without {
        let at = with.binary_search(&c).expect("production says more than training");
        with.remove(at);
    }
    assert_eq!(with, ['A', 'A', 'H', 'I', 'L', 'N', 'T']);
}

#[test]
fn qr_holds_prefix_and_token_alone() {
    let mut office = office();
    assert_eq!(tracking_url(&office, &TOKEN), format!("rekam:{}", "a7".repeat(16)));
    office.qr_prefix = "https://status.example.go.id/".to_owned();
    let url = tracking_url(&office, &TOKEN);
    assert_eq!(url, format!("https://status.example.go.id/{}", "a7".repeat(16)));
    office.qr_prefix = "x".repeat(4000);
    let words = Words::new(Language::Indonesian);
    let error = proof_of_recording(&words, &proof(&office, &[])).unwrap_err();
    assert_eq!(error, DocumentError::QrTooLong { bytes: 4032 });
}

/// The page as grey pixels, two to a point: width, pixels. `None` without poppler's tool.
fn picture_of(pdf: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut tool = Command::new("pdftoppm");
    tool.args(["-r", "144", "-gray", "-singlefile", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = tool.spawn() else {
        println!("skipped: pdftoppm (poppler-utils) is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let pgm = child.wait_with_output().unwrap().stdout;
    // PGM: magic, width, height and maximum, each ended by one white space.
    let ends: Vec<usize> = (0..pgm.len()).filter(|i| pgm[*i].is_ascii_whitespace()).take(4).collect();
    let number = |i: usize| std::str::from_utf8(&pgm[ends[i] + 1..ends[i + 1]]).unwrap().parse().unwrap();
    let width: usize = number(0);
    assert_eq!((&pgm[..2], number(2)), (&b"P5"[..], 255));
    Some((width, pgm[ends[3] + 1..].to_vec()))
}

#[test]
fn the_printed_modules_are_those_of_the_token() {
    let office = office();
    let words = Words::new(Language::Indonesian);
    let said = Proof { environment: Environment::Production, ..proof(&office, &[]) };
    let Some((width, pixels)) = picture_of(&proof_of_recording(&words, &said).unwrap()) else { return };
    let found = |token: &[u8; 16]| {
        let content = tracking_url(&office, token);
        let qr = qrcode::QrCode::with_error_correction_level(content, qrcode::EcLevel::M).unwrap();
        let (side, dark) = (qr.width(), qr.to_colors());
        let unit = 119.0 / (side as f32 + 8.0) * 2.0;
        let left = (layout::MARGIN + layout::COLUMN - 119.0) * 2.0;
        let fits = |top: usize| {
            dark.iter().enumerate().all(|(i, colour)| {
                let x = left + (i % side) as f32 * unit + 4.5 * unit;
                let y = top as f32 + (i / side) as f32 * unit + 4.5 * unit;
                let pixel = pixels.get(y as usize * width + x as usize);
                pixel.is_some_and(|p| (*p < 128) == (*colour == qrcode::Color::Dark))
            })
        };
        (0..pixels.len() / width).any(fits)
    };
    assert!(found(&TOKEN), "the QR code is not on the page");
    assert!(!found(&[0x5A; 16]), "another token's code is found: the test cannot see");
}

#[test]
fn short_and_odd_values_do_not_break_the_proof() {
    let office = Office::default();
    let words = Words::new(Language::Indonesian);
    let long = "NAMA ".repeat(80);
    let many = [MISSING; 60];
    for (name, nik, exceptions) in
        [("", "", &many[..0]), (long.as_str(), "12", &many[..]), ("Ñ é 漢", "é", &many[..13])]
    {
        let odd = Proof { name, nik, exceptions, ..proof(&office, &[]) };
        let pdf = proof_of_recording(&words, &odd).unwrap();
        check(&pdf, &["BUKTI PEREKAMAN", "NIK"], &["⟦"]);
    }
}

#[test]
fn slip_never_ends_without_a_way_on() {
    let office = office();
    let rules = vec!["Suhu tubuh 38,1 °C melebihi batas 37,3 °C pada dua kali pengukuran.".to_owned()];
    let channels = vec!["Surat keterangan pengganti melalui WhatsApp dinas".to_owned()];
    let said = Slip {
        office: &office,
        environment: Environment::Production,
        kind: SlipKind::Refused,
        number: "CONTOH-01-000017",
        reason: "Suhu tubuh di atas batas.",
        rules: &rules,
        basis: "Surat 443.1/2978/Dukcapil tanggal 16 Maret 2020",
        come_back: NaiveDate::from_ymd_opt(2020, 7, 6),
        channels: &channels,
        at: at(),
        utc_offset_s: 9 * 3600,
        station: "CONTOH-01",
    };
    let words = Words::new(Language::Indonesian);
    let there = [
        "PEREKAMAN DITUNDA",
        "Suhu tubuh di atas batas.",
        "melebihi batas 37,3 °C",
        "443.1/2978/Dukcapil",
        "6 Juli 2020",
        "pengganti melalui WhatsApp",
        "12.04 WIT",
        "GRATIS",
    ];
    check(&slip(&words, &said).unwrap(), &there, &["LATIHAN", "⟦"]);
    let redirected = Slip { kind: SlipKind::Redirected, come_back: None, ..said };
    check(&slip(&words, &redirected).unwrap(), &["PELAYANAN DIALIHKAN"], &["Datang kembali", "⟦"]);
}

#[test]
fn a_receipt_says_who_took_the_card_and_never_the_nik() {
    let office = office();
    let of = |document| Receipt {
        office: &office,
        environment: Environment::Training,
        code: "C0FF-EE42",
        name: "SITI CONTOH BINTI MISAL",
        nik: NIK,
        receiver: "Diterima oleh IBU CONTOH (IBU), keluarga dalam satu KK.",
        document,
        verified: "Tanpa pencocokan jari, dengan keputusan penyelia.",
        signed: "Penerima menandatangani secara elektronik di stasiun.",
        at: at(),
        printed_at: at() + chrono::TimeDelta::minutes(1),
        utc_offset_s: 7 * 3600,
        station: "CONTOH-01",
        officer: "AW",
    };
    let words = Words::new(Language::Indonesian);
    let there = [
        "TANDA TERIMA KTP-EL",
        "GRATIS",
        "SITI CONTOH BINTI MISAL",
        "************0042",
        "22-06-2020 10.04 WIB",
        "IBU CONTOH (IBU)",
        "KTP-el ibu",
        "keputusan penyelia",
    ];
    check(&receipt(&words, &of("KTP-el ibu")).unwrap(), &there, &[NIK, &NIK[..12], "⟦"]);
    check(&receipt(&words, &of("")).unwrap(), &["TANDA TERIMA KTP-EL"], &["Dokumen", "⟦"]);
    assert!(!format!("{:?}", of("x")).contains("SITI"));
}
