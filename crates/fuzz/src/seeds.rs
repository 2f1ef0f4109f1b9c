//! Good inputs to begin with, made from the project's own files and in code; nothing in them is a person's.

use record::draft::Draft;
use record::header::Header;
use record::manifest::Manifest;
use record::receipt::Receipt;
use record::schema::StepId;
use record::testing::{self, complete_draft};

macro_rules! texts {
    ($($path:literal),* $(,)?) => {
        vec![$(include_bytes!(concat!("../../../", $path)).to_vec()),*]
    };
}

fn sealed() -> record::seal::Sealed {
    let draft = complete_draft(1);
    let (station, operator) = (testing::key(1, "station"), testing::key(1, "operator"));
    let recipients = [centre(), centre()];
    let keys = record::seal::SealKeys { station: &station, operator: &operator, recipients: &recipients };
    record::seal::seal(&draft, &testing::context(1), &keys).expect("the sample draft can be sealed")
}

fn centre() -> String {
    record::keys::generate_age_identity().recipient.clone()
}

pub(crate) fn header() -> Vec<Vec<u8>> {
    vec![sealed().header_bytes]
}

pub(crate) fn manifest() -> Vec<Vec<u8>> {
    let of = |draft: &Draft| {
        let manifest = Manifest::new(draft, &testing::context(1), "00".repeat(32), "11".repeat(32));
        manifest.to_bytes().expect("the manifest of the sample draft can be written")
    };
    vec![of(&complete_draft(1)), of(&complete_draft(2))]
}

pub(crate) fn archive() -> Vec<Vec<u8>> {
    let pack =
        |entries: &[(&str, &[u8])]| record::archive::pack(entries).expect("small entries can be packed");
    vec![
        pack(&[]),
        pack(&[("manifest.json", b"{}")]),
        pack(&[("manifest.json", b"{}"), ("biodata.json", b"{\"nik\":\"\"}"), ("events.jsonl", b"")]),
    ]
}

pub(crate) fn receipt() -> Vec<Vec<u8>> {
    let header = Header::parse(&sealed().header_bytes).expect("our own header");
    let receipt = Receipt::sign(
        &header,
        vec!["hub-1".into(), "store-2".into()],
        testing::created(1),
        &testing::key(1, "hub"),
    );
    vec![serde_json::to_vec(&receipt.expect("the sample receipt can be signed")).expect("and written")]
}

pub(crate) fn grant() -> Vec<Vec<u8>> {
    let draft = complete_draft(1);
    let grant = testing::approval(&draft, 1, StepId::Photo, "background");
    vec![serde_json::to_vec(&grant).expect("a grant can be written")]
}

pub(crate) fn iso() -> Vec<Vec<u8>> {
    let bir = complete_draft(1).entries.into_iter().find(|e| e.name.ends_with(".xml"));
    let mut all = vec![testing::fir(&[1, 2]), testing::iir(&[1, 2]), testing::fac(), testing::fmr(&[1, 7])];
    all.extend(bir.map(|entry| entry.bytes.to_vec()));
    all
}

pub(crate) fn wsq() -> Vec<Vec<u8>> {
    texts!["fixtures/codecs/print-8-taps.wsq"]
}

pub(crate) fn audit() -> Vec<Vec<u8>> {
    let whole = crate::audit::whole();
    let half = whole.len() / 2;
    vec![Vec::new(), whole[..half].to_vec(), whole]
}

pub(crate) fn edits() -> Vec<Vec<u8>> {
    (0..6u8).map(|what| vec![what, 40, 0, 90, 1, b'x', b'\n', 0]).collect()
}

pub(crate) fn statements() -> Vec<Vec<u8>> {
    vec![crate::statements::manifest()]
}

pub(crate) fn policy() -> Vec<Vec<u8>> {
    texts!["protocols/443-2978-2020-03.toml", "protocols/443-2978-2020-06.toml"]
}

pub(crate) fn roster() -> Vec<Vec<u8>> {
    texts!["fixtures/roster/training.csv"]
}

pub(crate) fn script() -> Vec<Vec<u8>> {
    texts![
        "fixtures/sessions/clean.toml",
        "fixtures/sessions/resume.toml",
        "fixtures/sessions/supervisor-approves.toml",
        "fixtures/sessions/unplugged.toml",
        "fixtures/sessions/temporary-exception.toml",
    ]
}

pub(crate) fn states() -> Vec<Vec<u8>> {
    let id = uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
    let comma = format!("record_id,state,at\n{id},RECEIVED_AT_CENTRAL,2020-06-20T04:00:00+07:00\n");
    let semicolon = comma.replace(',', ";") + &format!("{id};CARD_PRINTED;x\n\"broken\n");
    vec![comma.into_bytes(), semicolon.into_bytes()]
}

pub(crate) fn config() -> Vec<Vec<u8>> {
    let text = "vault = \"v\"\nlanguage = \"id\"\ndistrict = \"337401\"\nutc_offset_hours = 7\nlock_after_min = 5\n\
                [devices.camera]\ndriver = \"v4l2\"\n[[devices.finger]]\ndriver = \"sbi\"\nports = \"4501-4600\"\n";
    vec![text.as_bytes().to_vec()]
}
