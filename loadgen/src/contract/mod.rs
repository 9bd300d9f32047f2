//! The contract as a table: raw HTTP requests and what a deployment must answer to them.
//!
//! The table is data (`contract/cases.toml`); this module reads it, asks a target by the
//! engine's exchange, and says
//! where the answer differs. Tests run it on the emulator, `loadgen doctor` runs it on any deployment.

mod answer;
mod case;
mod expect;
mod input;
mod pattern;
mod recorder;
mod request;

#[cfg(test)]
pub(crate) use self::case::parse;
pub use answer::{Answer, Exchange, Http};
pub use case::{Case, Expectation, NameRule, Variant, cases};
pub(crate) use expect::differences;
pub(crate) use recorder::ExchangeRecorder;
pub(crate) use request::{Message, Request};

use crate::authorization::Authorization;
use crate::endpoint::Endpoint;
use crate::mistake::Mistake;

/// What became of one case.
#[derive(Debug)]
pub struct CaseResult<'c> {
    /// The case.
    pub case: &'c Case,
    /// What was answered, or why nothing was.
    pub answer: Result<Answer, Mistake>,
    /// Each way in which the answer is not the expected one; empty where it is.
    pub differences: Vec<String>,
}

/// Asks a target one case and compares its answer with a variant's column.
///
/// `uuid` fills the case's `{uuid}` and has to be fresh, since it may become the name of an execution.
pub fn ask<'c>(
    case: &'c Case,
    variant: Variant,
    execute: &Endpoint,
    authorization: &Authorization,
    uuid: &str,
    exchange: &mut dyn Exchange,
) -> CaseResult<'c> {
    exchange.begin(&case.name);
    let message = case.request.message(execute, uuid);
    let message = if case.request.unsigned { Ok(message) } else { authorized(message, authorization) };
    let answer = message.and_then(|message| exchange.exchange(&message.endpoint, &message.to_bytes()));
    let expected = case.expectation(variant);
    let mut differences = match &answer {
        Ok(answer) => differences(expected, answer, uuid),
        Err(mistake) => vec![mistake.to_string()],
    };
    if let (Some(input), Ok(answer)) = (&expected.input, &answer) {
        differences.extend(input::difference(input, answer, execute, authorization, exchange));
    }
    CaseResult { case, answer, differences }
}

/// A request with what shows who sends it: all but preflights, which browsers send without credentials, and those that
/// bring an authorisation of their own.
fn authorized(mut message: Message, authorization: &Authorization) -> Result<Message, Mistake> {
    let has_its_own = message.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if !has_its_own && message.method != "OPTIONS" {
        let uri = message.endpoint.uri();
        let added = authorization.headers(&message.method, &uri, &message.headers, &message.body)?;
        message.headers.extend(added);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stepgate::credentials::Credentials;
    use stepgate::sigv4::Scope;

    use super::*;
    use crate::authorization::Keys;

    #[test]
    fn a_preflight_stays_unsigned() {
        let keys = Arc::new(Keys::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")));
        let authorization = Authorization::SigV4 { scope: Scope::execute_api("eu-west-1"), keys };
        let endpoint = Endpoint::parse("https://api.example.com/prod/execute").unwrap();
        let signed = |method: &str| {
            let request: Request = toml::from_str(&format!("method = \"{method}\"")).unwrap();
            let message = authorized(request.message(&endpoint, "u-1"), &authorization).unwrap();
            message.headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(signed("POST"), ["authorization", "x-amz-date"]);
        assert_eq!(signed("OPTIONS"), [""; 0]);
    }
}
