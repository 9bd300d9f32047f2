//! `try`: one request of each payload, everything that came back, and what it means.

use std::time::Duration;

use stepgate::wire::{self, HeaderLookup as _, Outcome, Speaker};

use super::Io;
use super::arguments::LoadArguments;
use super::load::{ResolvedScenario, overrides, variable};
use super::network::{dns_us, shown};
use crate::authorization::{Secrets, says_secret};
use crate::engine::{Exchanged, Peer, RequestSettings, Requests, Response, class_of, exchange};
use crate::exit::Exit;
use crate::mistake::Mistake;
use crate::payload::{Content, Payload};
use crate::record::{Class, Kind, Place};
use crate::report::show_microseconds;
use crate::run::Destination;
use crate::scenario::{Names, Overrides};
use crate::schedule::{Arrival, Contents};

pub(super) fn trial(arguments: &LoadArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let one = Overrides { requests: Some(1), ..overrides(arguments) };
    let load = ResolvedScenario::of(arguments, &one)?;
    let scenario = &load.scenario;
    let Destination { endpoint, authorization, embedded: _serving } =
        Destination::of(scenario, load.endpoint.as_ref(), &io.program, &variable)?;
    let target = &scenario.target;
    let mut requests = Requests::new(&RequestSettings {
        endpoint: &endpoint,
        headers: &target.headers,
        payloads: &scenario.payloads,
        names: target.names(),
        keep_alive: true,
        authorization: &authorization,
        began: jiff::Timestamp::now().as_millisecond(),
    })?;
    if let Some(proxy) = &load.proxy {
        let _ = writeln!(io.stderr, "{proxy}");
    }
    let peer = Peer::resolve(&endpoint, &load.route)?;
    if let Some(micros) = dns_us(&peer) {
        let _ = writeln!(io.stdout, "{:12} {}", "dns", show_microseconds(micros));
    }
    if endpoint.tls && load.route.trust.insecure {
        let _ = writeln!(io.stdout, "{:12} {}", "target", shown(&endpoint, true));
    }
    let secrets = authorization.secrets().and_of(&endpoint, &target.headers).and(&scenario.secrets());
    let contents = Contents::of(scenario);
    let mut exit = Exit::Pass;
    // Those that start executions come first: what became of one is asked afterwards.
    let mut payloads: Vec<(u16, &Payload)> = (0..).zip(&scenario.payloads).collect();
    payloads.sort_by_key(|(_, payload)| payload.content.kind());
    for (turn, (number, payload)) in payloads.iter().enumerate() {
        if payloads.len() > 1 {
            let gap = if turn > 0 { "\n" } else { "" };
            let (name, weight) = (&payload.name, payload.weight);
            let kind = payload.content.kind().as_str();
            let _ = writeln!(io.stdout, "{gap}payload      {name} ({kind}, weight {weight})");
        }
        let arrival = contents.arrival(turn as u64, 0);
        let arrival = Arrival { place: Place { payload: *number, ..arrival.place }, ..arrival };
        let mut scratch = Vec::new();
        let (request, _) = requests.bytes(&arrival, &mut scratch)?;
        show(io, '>', request, &secrets);
        let answered = exchange(&peer, request, target.timeout.max(Duration::from_millis(1)));
        match answered.and_then(|exchanged| explain(&exchanged, (&payload.content, target.names), &secrets, io)) {
            Ok(Meaning { class, name }) => {
                if !class.is_success() && exit == Exit::Pass {
                    exit = Exit::Failed;
                }
                if let Some(name) = name {
                    requests.started(&name);
                }
            }
            // What the others come to is worth knowing all the same.
            Err(e) => {
                let _ = writeln!(io.stderr, "error: {}", inert(&secrets.scrub(&e.to_string())));
                exit = e.exit;
            }
        }
    }
    Ok(exit)
}

/// What an answer means.
struct Meaning {
    class: Class,
    /// The name of the execution that was started.
    name: Option<String>,
}

/// Shows an answer and what it means.
fn explain(
    exchanged: &Exchanged,
    (content, names): (&Content, Option<Names>),
    secrets: &Secrets,
    io: &mut Io<'_>,
) -> Result<Meaning, Mistake> {
    let told = |text: &str| inert(&secrets.scrub(text));
    let mut room = crate::engine::fields();
    let response = exchanged.response(&mut room);
    let coded = |response: &&Response<'_, '_>| response.headers.header("content-encoding").is_some();
    let readable = response.as_ref().ok().filter(coded).map(|response| with_body(&exchanged.bytes, &response.body));
    show(io, '<', readable.as_deref().unwrap_or(&exchanged.bytes), secrets);
    let response = response?;
    let outcome = wire::classify(response.status, &response.headers, &response.body);
    let class = class_of(content, &response);
    let _ = writeln!(io.stdout);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(io.stdout, "{name:12} {value}");
    };
    line("outcome", class.as_str());
    let mut name = None;
    if content.kind().starts() {
        line("may run", if outcome.may_have_started() { "yes" } else { "no" });
    }
    match &outcome {
        Outcome::Started(accepted) if content.kind().starts() => {
            line("execution", &told(accepted.execution_arn()));
            line("name", &told(accepted.name()));
            if accepted.is_express() && content.kind() == Kind::Execute {
                line("type", "EXPRESS: where the route waits for it, kind = \"execute-sync\" counts how it ends");
            }
            name = Some(accepted.name().to_owned());
            if let Some(mismatch) = mismatch(accepted.name(), names, &response) {
                line("mismatched", &told(&mismatch));
            }
        }
        other if !class.is_success() => {
            if let Some(fault) = other.fault() {
                line("spoken by", speaker(fault.speaker));
                if let Some(location) = redirection(&response) {
                    line("redirect", &told(&format!("to {location}, which is not followed")));
                } else if response.body.is_empty() {
                    line("answer", &format!("HTTP {} with an empty body", response.status));
                }
                line("reason", &told(fault.reason.as_deref().unwrap_or("-")));
                line("message", &told(fault.message.as_deref().unwrap_or("-")));
                if class == Class::Unrecognized && (200..300).contains(&response.status) {
                    line(
                        "way out",
                        "--kind execute-http (kind in [[payload]]) counts such answers by their HTTP status",
                    );
                }
            }
        }
        _ => {}
    }
    let microseconds = |nanoseconds: u64| show_microseconds(nanoseconds / 1_000);
    line("connect", &microseconds(exchanged.established.connect));
    if let Some(handshake) = exchanged.established.handshake {
        line("handshake", &microseconds(handshake));
    }
    line("first byte", &microseconds(exchanged.first_byte));
    line("total", &microseconds(exchanged.total));
    Ok(Meaning { class, name })
}

/// Who speaks, for people.
const fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Gateway => "API Gateway",
        Speaker::StepFunctions => "Step Functions",
        _ => "something else, or nothing that says who it is",
    }
}

/// Where a redirect points to.
fn redirection(response: &Response<'_, '_>) -> Option<String> {
    let location = (300..400).contains(&response.status).then(|| response.headers.header("location")).flatten();
    location.map(|location| String::from_utf8_lossy(location).into_owned())
}

/// Why a run would count the name as mismatched, at least where other names are as expected.
fn mismatch(name: &str, names: Option<Names>, response: &Response<'_, '_>) -> Option<String> {
    let id = response.headers.header("x-amzn-requestid").map(String::from_utf8_lossy);
    let other = match (names.unwrap_or_default(), id) {
        (Names::RequestId, None) => "the answer has no x-amzn-RequestId to compare the name with".to_owned(),
        (Names::RequestId, Some(id)) if id != name => format!("the name is not the x-amzn-RequestId, `{id}`"),
        _ => return None,
    };
    Some(match names {
        None => format!("{other}; a run of which no name is as expected takes names for Step Functions' own choice"),
        Some(_) => {
            format!(
                "{other}: where Step Functions chooses the names, set names = \"service\" in the scenario's [target]"
            )
        }
    })
}

/// The head of an answer with another body.
fn with_body(answer: &[u8], body: &[u8]) -> Vec<u8> {
    let ends = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let mut head = 0;
    while answer[head..].starts_with(b"HTTP/1.1 1") {
        head += ends(&answer[head..]);
    }
    head += ends(&answer[head..]);
    [&answer[..head], body].concat()
}

/// Most bytes of a request or an answer that are shown.
const MOST_SHOWN: usize = 64 << 10;

/// Every line with a mark before it, without secrets.
fn show(io: &mut Io<'_>, mark: char, bytes: &[u8], secrets: &Secrets) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_SHOWN)]);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let head = head.lines().map(|line| match line.split_once(':') {
        Some((name, _)) if says_secret(name) => format!("{name}: …"),
        _ => secrets.scrub(line),
    });
    let body = secrets.scrub(body);
    let blank = (!body.is_empty()).then(String::new);
    for line in head.chain(blank).chain(body.lines().map(str::to_owned)) {
        let _ = writeln!(io.stdout, "{mark} {}", inert(&line));
    }
    if bytes.len() > MOST_SHOWN {
        let _ = writeln!(io.stdout, "{mark} … and {} bytes more", bytes.len() - MOST_SHOWN);
    }
}

/// A line of an answer without what would write elsewhere on a terminal, or in another direction.
fn inert(line: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escaped = |c: char| c.is_control() && c != '\t' || turns(c);
    let mut shown = String::new();
    for c in line.chars() {
        if escaped(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{inert, with_body};

    #[test]
    fn a_coded_body_is_shown_as_what_it_says() {
        let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b";
        let shown = String::from_utf8(with_body(answer, b"{}")).unwrap();
        assert!(shown.ends_with("Content-Encoding: gzip\r\n\r\n{}"), "{shown}");
    }

    #[test]
    fn an_answer_moves_no_cursor_and_turns_no_line() {
        assert_eq!(inert("a\u{1b}[2Jb\u{7}\tc\u{202e}d ü"), "a\\u{1b}[2Jb\\u{7}\tc\\u{202e}d ü");
    }
}
