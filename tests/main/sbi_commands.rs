//! `rekam sbi` where there is no service: what it says and how it exits. With a service it is tested in `devices`.

use crate::support::{rekam, told};

/// A port on which nothing listens: it was given back a moment ago.
fn unused_port() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port().to_string()
}

/// Exit code and words of a command line; `PORT` stands for a port without a service, `DIR` for an empty folder.
fn check(line: &str, code: i32, words: &str) {
    let (folder, port) = (tempfile::tempdir().unwrap(), unused_port());
    let dir = folder.path().to_string_lossy().into_owned();
    let args: Vec<String> =
        line.split(' ').map(|arg| arg.replace("PORT", &port).replace("DIR", &dir)).collect();
    let output = rekam().env("REKAM_VAULT", folder.path().join("none")).args(&args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = told(output);
    assert_eq!(told.code, code, "{line}: {text}{}", told.errors);
    for word in words.split('|') {
        assert!(text.contains(word) || told.errors.contains(word), "{line}: {word} in {text}{}", told.errors);
    }
    assert!(!told.errors.contains("panicked"), "{}", told.errors);
}

#[test]
fn without_a_service() {
    check("sbi discover --no-trust --ports PORT", 0, "no device service");
    check("sbi discover --no-trust --ports PORT --json", 0, "\"devices\":[]|\"faults\":[]");
    check("sbi discover", 2, "--roots|--no-trust");
    check("sbi discover --roots DIR --ports PORT", 1, "DEV-07|no certificate");
    check("sbi discover --roots /nonexistent/root.pem", 1, "DEV-07|root.pem");
    check("sbi discover --roots DIR --no-trust", 2, "cannot be used with");
    check("sbi discover --no-trust --ports 80", 1, "DEV-26|ports");
    check("sbi capture --kind finger --sub 1 --out DIR --no-trust --ports PORT", 1, "DEV-11|SBI");
    check("sbi capture --kind finger --out DIR --no-trust", 2, "--sub 1");
    check("sbi capture --kind face --sub 1 --out DIR --no-trust", 2, "no --sub");
    check("sbi capture --kind finger --sub 4 --out DIR --no-trust", 2, "--sub");
    check("sbi capture --kind ear --sub 1 --out DIR --no-trust", 2, "ear");
    check("sbi capture --kind finger --sub 1", 2, "--out");
}
