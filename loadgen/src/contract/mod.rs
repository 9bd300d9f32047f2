//! The contract as a table: raw HTTP requests and what a deployment must answer to them.
//!
//! The table is data (`contract/cases.toml`); this module reads it, asks a target over its own connection, and says
//! where the answer differs. Tests run it on the emulator, `loadgen doctor` runs it on any deployment.

mod answer;
mod case;
mod exchange;
mod expect;

pub use answer::Answer;
pub use case::{Case, CaseError, Evidence, Expectation, NameRule, Request, Variant, cases, parse};
pub use exchange::{Exchange, ExchangeError, Http};
pub use expect::differences;

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
pub fn ask<'c>(case: &'c Case, variant: Variant, url: &Url, uuid: &str, exchange: &mut dyn Exchange) -> Finding<'c> {
    let request = case.request.to_bytes(url, uuid);
    let answer = exchange.exchange(&case.request.target(url), &request);
    let differences = match &answer {
        Ok(answer) => differences(case.expectation(variant), answer, uuid),
        Err(error) => vec![error.to_string()],
    };
    Finding { case, answer, differences }
}
