//! What Step Functions got as an execution's input, asked by the deployment's own route.

use serde_json::Value;
use stepgate::wire::{self, Outcome};

use super::{Answer, Exchange, Request, authorized};
use crate::authorization::Authorization;
use crate::endpoint::Endpoint;

/// How the input of the execution that `started` tells of differs from the expected one.
///
/// Nothing is said where it cannot be looked up: the route has its own cases, and Step Functions may take a moment to
/// describe what it has started.
pub(super) fn difference(
    expected: &str,
    started: &Answer,
    execute: &Endpoint,
    authorization: &Authorization,
    exchange: &mut dyn Exchange,
) -> Option<String> {
    let Outcome::Started(accepted) = wire::classify(started.status, started, &started.body) else { return None };
    let message = authorized(Request::execution(accepted.name()).message(execute, ""), authorization).ok()?;
    let described = exchange.exchange(&message.endpoint, &message.to_bytes()).ok()?;
    let described = Some(described).filter(|answer| answer.status == 200)?;
    let described: Value = serde_json::from_slice(&described.body).ok()?;
    let input = described.get("input")?.as_str()?;
    (input != expected).then(|| format!("the execution's input is {input}, not {expected}"))
}
