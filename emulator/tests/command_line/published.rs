//! Small templates, each modelled on a kind of published ones: every one is served and asked what `asks.json` says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use serde_json::Value;
use stepgate_emulator::Emulator;
use stepgate_emulator::doubles::Doubles;
use stepgate_emulator::states::StatesOptions;
use stepgate_emulator::template::{LoadOptions, Source};

use crate::Result;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/referees/published");

/// Sends a request; the whole answer as text.
fn ask(base: &str, method: &str, target: &str, body: &str) -> Result<String> {
    let host = base.strip_prefix("http://").ok_or("no URL")?;
    let mut stream = TcpStream::connect(host)?;
    let length = body.len();
    write!(stream, "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n")?;
    write!(stream, "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A web server that tells what it was asked, with the status that the path ends with, if it does. It ends with the
/// test's process.
fn echo() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = tell(stream);
        }
    });
    Ok(url)
}

fn tell(mut stream: TcpStream) -> Result {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse()?;
        }
        head.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let target = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let status: u16 = path.rsplit('/').next().and_then(|part| part.parse().ok()).unwrap_or(200);
    let told = serde_json::json!({ "head": head, "body": String::from_utf8_lossy(&body) }).to_string();
    write!(stream, "HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\nX-Server: echo\r\n")?;
    write!(stream, "Connection: close\r\nContent-Length: {}\r\n\r\n{told}", told.len())?;
    Ok(())
}

/// That web server in the place of the hosts that the case names.
fn doubles(case: &Value) -> Result<Doubles> {
    let Some(hosts) = case["hosts"].as_array() else { return Ok(Doubles::default()) };
    let url = echo()?;
    let mut doubles = Doubles::default();
    for host in hosts.iter().filter_map(Value::as_str) {
        doubles = doubles.endpoint(host, url.parse()?);
    }
    Ok(doubles)
}

fn options(case: &Value) -> LoadOptions {
    let text = |key: &str| case[key].as_str().map(str::to_owned);
    let parameters = case["parameters"].as_object().into_iter().flatten();
    let parameters =
        parameters.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
    LoadOptions { parameters, api: text("api"), machine: text("machine"), ..LoadOptions::default() }
}

#[test]
fn every_kind_of_published_template_is_served_and_says_what_it_passes_over() -> Result {
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(format!("{FOLDER}/asks.json"))?)?;
    let mut wrong = Vec::new();
    for case in &cases {
        let template = case["template"].as_str().ok_or("a template")?;
        let source = Source::file(&Path::new(FOLDER).join(template));
        let mut states = StatesOptions::default();
        states.doubles = doubles(case)?;
        let emulator = Emulator::builder().source(source).load_options(options(case)).states_options(states).build()?;
        let passed: Vec<_> = emulator.passed_over().iter().map(|passed| passed.what.clone()).collect();
        for expected in case["passed_over"].as_array().ok_or("a list")? {
            let expected = expected.as_str().ok_or("text")?;
            if !passed.iter().any(|what| what == expected) {
                wrong.push(format!("{template} passes over {passed:#?}, not {expected}"));
            }
        }
        let serving = emulator.serve("127.0.0.1:0".parse()?)?;
        for asked in case["asks"].as_array().ok_or("a list")? {
            let text = |at: usize| asked[at].as_str().unwrap_or_default();
            let answer = ask(serving.base_url(), text(0), text(1), text(2))?;
            if !answer.starts_with(&format!("HTTP/1.1 {} ", asked[3])) || !answer.contains(text(4)) {
                wrong.push(format!("{template}: {asked} is answered\n{answer}"));
            }
        }
        let counters = ask(serving.base_url(), "GET", "/_stepgate/counters", "")?;
        let counters: Value = serde_json::from_str(counters.split("\r\n\r\n").nth(1).ok_or("a body")?)?;
        let counted = counters["passed_over"].as_object().ok_or("what was passed over")?;
        assert_eq!(counted.keys().collect::<Vec<_>>(), passed.iter().collect::<Vec<_>>(), "{template}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    Ok(())
}

#[test]
fn a_strict_load_refuses_whatever_is_passed_over() -> Result {
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(format!("{FOLDER}/asks.json"))?)?;
    let mut strict = BTreeMap::new();
    for case in &cases {
        let template = case["template"].as_str().ok_or("a template")?;
        let source = Source::file(&Path::new(FOLDER).join(template));
        let load = |strict| {
            let options = LoadOptions { strict, ..options(case) };
            Emulator::builder().source(source.clone()).load_options(options).build()
        };
        let passes_over = !load(false)?.passed_over().is_empty();
        strict.insert(template.to_owned(), passes_over);
        assert_eq!(load(true).is_err(), passes_over, "{template}");
    }
    assert!(strict.values().any(|passes| *passes) && !strict.values().all(|passes| *passes));
    Ok(())
}
