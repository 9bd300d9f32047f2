//! `try`: one request, everything that came back, and what it means.

use std::time::Duration;

use stepgate::wire::{self, Outcome};

use super::Io;
use super::arguments::LoadArguments;
use super::load::{Failure, Load, authorization, overrides};
use crate::engine::{Endpoint, Requests, exchange};
use crate::exit::Exit;
use crate::report::show_microseconds;
use crate::run::{Embedded, resolve};
use crate::scenario::Overrides;
use crate::schedule::Contents;

pub(super) fn try_once(arguments: &LoadArguments, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let one = Overrides { requests: Some(1), ..overrides(arguments) };
    let load = Load::of(arguments, &one)?;
    let scenario = &load.scenario;
    let embedded = match &load.endpoint {
        Some(_) => None,
        None => Some(Embedded::start(&io.program, &scenario.target).map_err(|e| Failure::other(e.to_string()))?),
    };
    let endpoint = match (&load.endpoint, &embedded) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, embedded) => Endpoint::parse(embedded.as_ref().map_or("", Embedded::url)).map_err(Failure::other)?,
    };
    let authorization = authorization(scenario, &endpoint, embedded.as_ref())?;
    let arrival = Contents::of(scenario).arrival(0, 0);
    let target = &scenario.target;
    let mut requests = Requests::new(&endpoint, &target.headers, &scenario.payloads, target.names, false)
        .began(jiff::Timestamp::now().as_millisecond())
        .authorized(&authorization, &endpoint, &target.headers)
        .map_err(Failure::other)?;
    let mut scratch = Vec::new();
    let (request, _) = requests.bytes(&arrival, &mut scratch);
    show(io, '>', request);
    let peer = resolve(&endpoint, target.ca.as_deref()).map_err(Failure::other)?;
    let exchanged = exchange(peer, request, target.timeout.max(Duration::from_millis(1))).map_err(Failure::other)?;
    show(io, '<', &exchanged.bytes);
    let mut room = crate::engine::fields();
    let Some(response) = exchanged.response(&mut room) else {
        return Err(Failure::other("the answer is not whole, or not HTTP/1.1"));
    };
    let outcome = wire::classify(response.status, &response.headers, &response.body);
    let _ = writeln!(io.stdout);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(io.stdout, "{name:12} {value}");
    };
    line("outcome", outcome.class().as_str());
    line("may run", if outcome.may_have_started() { "yes" } else { "no" });
    match &outcome {
        Outcome::Started(accepted) => {
            line("execution", accepted.execution_arn());
            line("name", accepted.name());
        }
        other => {
            if let Some(fault) = other.fault() {
                line("spoken by", &format!("{:?}", fault.speaker));
                line("reason", fault.reason.as_deref().unwrap_or("-"));
                line("message", fault.message.as_deref().unwrap_or("-"));
            }
        }
    }
    let microseconds = |nanoseconds: u64| show_microseconds(nanoseconds / 1_000);
    line("connect", &microseconds(exchanged.established.connect));
    if let Some(handshake) = exchanged.established.handshake {
        line("handshake", &microseconds(handshake));
    }
    line("first byte", &microseconds(exchanged.first_byte));
    line("total", &microseconds(exchanged.total));
    Ok(if matches!(outcome, Outcome::Started(_)) { Exit::Pass } else { Exit::Failed })
}

/// Every line with a mark before it. Values of headers that may be credentials are left out.
fn show(io: &mut Io<'_>, mark: char, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let secret = ["authorization:", "x-api-key:", "x-amz-security-token:", "cookie:"];
        let lower = line.to_lowercase();
        let shown = match secret.iter().find(|name| lower.starts_with(**name)) {
            Some(name) => format!("{name} …"),
            None => line.to_owned(),
        };
        let _ = writeln!(io.stdout, "{mark} {shown}");
    }
}
