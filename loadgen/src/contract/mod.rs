//! The contract as a table: raw HTTP requests and what a deployment must answer to them.
//!
//! The table is data (`contract/cases.toml`); this module reads it, asks a target over its own connection, and says
//! where the answer differs. Tests run it on the emulator, `loadgen doctor` runs it on any deployment.

mod answer;
mod authorization;
mod case;
mod exchange;
mod expect;
mod input;
mod request;

pub use answer::Answer;
pub use authorization::{Authorization, AuthorizationError};
pub use case::{Case, CaseError, Evidence, Expectation, NameRule, Variant, cases, parse};
pub use exchange::{Exchange, ExchangeError, Http};
pub use expect::differences;
pub use request::{Message, Request};

use url::Url;

/// What became of one case.
#[derive(Debug)]
pub struct Finding<'c> {
    /// The case.
    pub case: &'c Case,
    /// What was answered, or why nothing was.
    pub answer: Result<Answer, ExchangeError>,
    /// Each way in which the answer is not the expected one; empty where it is.
    pub differences: Vec<String>,
}

/// Asks a target one case and compares its answer with a variant's column.
///
/// `uuid` fills the case's `{uuid}` and has to be fresh, since it may become the name of an execution.
pub fn ask<'c>(
    case: &'c Case,
    variant: Variant,
    url: &Url,
    authorization: &Authorization,
    uuid: &str,
    exchange: &mut dyn Exchange,
) -> Finding<'c> {
    let mut message = case.request.message(url, uuid);
    let authorized = if case.request.unsigned { Ok(()) } else { authorization.apply(&mut message) };
    let answer = authorized.and_then(|()| exchange.exchange(&message.url, &message.to_bytes()));
    let expected = case.expectation(variant);
    let mut differences = match &answer {
        Ok(answer) => differences(expected, answer, uuid),
        Err(error) => vec![error.to_string()],
    };
    if let (Some(input), Ok(answer)) = (&expected.input, &answer) {
        differences.extend(input::difference(input, answer, url, authorization, exchange));
    }
    Finding { case, answer, differences }
}
