#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The program against a listener that speaks as vpcd does.

use std::io::Read;
use std::net::TcpListener;

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

fn arguments(words: &[&str]) -> Result<Arguments, clap::Error> {
    Program::try_parse_from([&["card"], words].concat()).map(|program| program.arguments)
}

/// Runs the program for as many layings as `talks` and gives what it printed.
fn with_reader(words: &[&str], talks: Vec<Box<dyn FnOnce(&mut TcpStream) + Send>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let times = talks.len().to_string();
    let arguments =
        arguments(&[words, &["--port", &port, "--times", &times, "--away-ms", "1"]].concat()).unwrap();
    let reader = std::thread::Builder::new().name("reader".to_owned()).spawn(move || {
        for talk in talks {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            talk(&mut stream);
        }
    });
    let contents = contents(&arguments).unwrap();
    let secrets = Secrets::from_seed(arguments.office);
    let laid = match arguments.sam {
        true => Laid::Sam(SimulatedSam::new(secrets)),
        false => Laid::Card(FaultyCard::new(
            SimulatedCard::new(Arc::new(contents), secrets).unwrap(),
            arguments.faults.clone(),
        )),
    };
    let mut out = Vec::new();
    Table { arguments: &arguments, laid, trace: false }.serve(&mut out).unwrap();
    reader.unwrap().join().unwrap();
    String::from_utf8(out).unwrap()
}

fn say(stream: &mut TcpStream, body: &[u8]) {
    stream.write_all(&[&(body.len() as u16).to_be_bytes()[..], body].concat()).unwrap();
}

fn hear(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut body = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

fn ask(stream: &mut TcpStream, body: &str) -> Option<String> {
    say(stream, &hex::decode(body.replace(' ', "")).unwrap());
    hear(stream).map(hex::encode)
}

#[test]
fn a_card_is_laid_down_read_and_laid_down_again() {
    let talk = |stream: &mut TcpStream| {
        say(stream, &[1]);
        assert!(ask(stream, "04").unwrap().starts_with("3b858001"));
        assert_eq!(ask(stream, "FF CA 00 00 00").unwrap(), "010203049000");
        assert_eq!(ask(stream, "00 A4 00 00 02 7F 0A").unwrap(), "9000");
        say(stream, &[2]);
        // Reset: nothing is selected any more.
        assert_eq!(ask(stream, "00 A4 00 00 02 6F F2").unwrap(), "6a82");
        say(stream, &[0]);
    };
    let out = with_reader(&["--uid", "01020304"], vec![Box::new(talk), Box::new(talk)]);
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            "card: laid down (1)",
            "card: the reader is gone",
            "card: laid down (2)",
            "card: the reader is gone"
        ]
    );
}

#[test]
fn a_card_is_taken_away_by_its_fault_or_its_time() {
    let by_fault = |stream: &mut TcpStream| {
        say(stream, &[1]);
        assert!(ask(stream, "FF CA 00 00 00").is_some());
        assert_eq!(ask(stream, "FF CA 00 00 00"), None);
    };
    let out = with_reader(&["--fault", "remove:2"], vec![Box::new(by_fault), Box::new(by_fault)]);
    assert_eq!(out.matches("taken away").count(), 2);
    let by_time = |stream: &mut TcpStream| assert_eq!(hear(stream), None);
    assert!(with_reader(&["--stay-ms", "60"], vec![Box::new(by_time)]).contains("taken away"));
}

#[test]
fn a_sam_opens_with_its_secret() {
    let secret = hex::encode(Secrets::from_seed(3).opening().expose());
    let talk = move |stream: &mut TcpStream| {
        say(stream, &[1]);
        assert!(ask(stream, "04").unwrap().starts_with("3b8901"));
        assert_eq!(ask(stream, &format!("00F0000020{secret}")).unwrap(), "9000");
        assert_eq!(ask(stream, &format!("00F0000020{}", "00".repeat(32))).unwrap(), "63c2");
    };
    assert!(with_reader(&["--sam", "--office", "3"], vec![Box::new(talk)]).starts_with("sam: laid down"));
}

#[test]
fn arguments_are_checked() {
    let check = |words: &[&str], good: bool| {
        let made = arguments(words).map_err(anyhow::Error::from).and_then(|arguments| contents(&arguments));
        assert_eq!(made.is_ok(), good, "{words:?}");
    };
    check(&[], true);
    check(&["--uid", "010203"], false);
    check(&["--uid", "zz020304"], false);
    check(&["--type", "b"], false);
    check(&["--type", "b", "--uid", "0102030405060708"], true);
    check(&["--type", "b", "--serial-command", "none"], true);
    check(&["--fault", "explode"], false);
    check(&["--fault", "slow:5", "--fault", "remove:3"], true);
    check(&["--photo", "no such file"], false);
    check(&["--port", "70000"], false);
    check(&["--photo-length", "65535"], true);
}
