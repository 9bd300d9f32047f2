//! The Step Functions API over HTTP: signed, paced under its quotas, asked again where it throttles.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::api::{ApiClock, CallError, StepFunctionsApi};
use super::pace::Pace;
use crate::authorization::Authorization;
use crate::aws::Quotas;
use crate::contract::{Answer, Exchange, Message};
use crate::endpoint::Endpoint;
use crate::record::StateMachine;

/// How often an action is called until it is given up.
const ATTEMPTS: u32 = 8;

/// The first wait before an action is called again; each further one is twice as long.
const BACKOFF: Duration = Duration::from_millis(250);

/// The longest.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// The Step Functions API of a region, or of an emulator.
pub(crate) struct HttpApi<'a> {
    exchange: &'a mut dyn Exchange,
    clock: &'a dyn ApiClock,
    endpoint: Endpoint,
    authorization: Authorization,
    region: String,
    quotas: Quotas,
    paces: BTreeMap<&'static str, Pace>,
}

/// Where the Step Functions API of a machine's region is.
#[must_use]
pub(crate) fn states_url(machine: &StateMachine) -> String {
    let suffix = if machine.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://states.{}.{suffix}/", machine.region())
}

impl<'a> HttpApi<'a> {
    /// The API at `endpoint`, under the quotas of a region.
    pub(crate) fn new(
        exchange: &'a mut dyn Exchange,
        clock: &'a dyn ApiClock,
        endpoint: Endpoint,
        authorization: Authorization,
        region: &str,
    ) -> Self {
        let (quotas, paces) = (Quotas::of_aws(), BTreeMap::new());
        Self { exchange, clock, endpoint, authorization, region: region.into(), quotas, paces }
    }

    /// Calls an action once.
    fn attempt(&mut self, action: &str, body: &[u8]) -> Result<Value, Trouble> {
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/x-amz-json-1.0".to_owned()),
            ("X-Amz-Target".to_owned(), format!("AWSStepFunctions.{action}")),
        ];
        let signed = self.authorization.headers("POST", &self.endpoint.uri(), &headers, body);
        headers.extend(signed.map_err(|e| Trouble::Final(CallError::Failed(e.to_string())))?);
        let message = Message { method: "POST".into(), endpoint: self.endpoint.clone(), headers, body: body.into() };
        let answer = self.exchange.exchange(&self.endpoint, &message.to_bytes());
        let answer = answer.map_err(|e| Trouble::Again(CallError::Failed(e.to_string())))?;
        if answer.status == 200 {
            return serde_json::from_slice(&answer.body).map_err(|e| {
                Trouble::Final(CallError::Failed(format!("{}: the answer is not JSON: {e}", self.endpoint)))
            });
        }
        // It may repeat what it was sent, and what it says is told.
        let secrets = self.authorization.secrets().and_of(&self.endpoint, &[]);
        let body = secrets.scrub(&String::from_utf8_lossy(&answer.body)).into_bytes();
        Err(trouble(&self.endpoint, &Answer { body, ..answer }))
    }
}

/// Why one attempt failed.
enum Trouble {
    /// It may be made again: these actions change nothing, or nothing twice.
    Again(CallError),
    /// The account's quota is used up.
    Throttled(CallError),
    Final(CallError),
}

fn trouble(endpoint: &Endpoint, answer: &Answer) -> Trouble {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let Some(name) = text("__type") else {
        let failed = CallError::Failed(format!("{endpoint} answers {} {}", answer.status, answer.excerpt()));
        return if answer.status >= 500 { Trouble::Again(failed) } else { Trouble::Final(failed) };
    };
    let name = name.rsplit('#').next().unwrap_or(name).to_owned();
    let message = text("message").or_else(|| text("Message")).unwrap_or_default().to_owned();
    let throttled = name.contains("Throttling");
    let refused = CallError::Refused(name, message);
    match answer.status {
        _ if throttled => Trouble::Throttled(refused),
        500.. => Trouble::Again(refused),
        _ => Trouble::Final(refused),
    }
}

impl StepFunctionsApi for HttpApi<'_> {
    fn call(&mut self, action: &'static str, query: &Value) -> Result<Value, CallError> {
        let body = query.to_string().into_bytes();
        let mut backoff = BACKOFF;
        for attempt in 1.. {
            if let Some(bucket) = self.quotas.bucket(action, &self.region) {
                let now = self.clock.now();
                let wait = self.paces.entry(action).or_insert_with(|| Pace::new(bucket)).take(now);
                if !self.clock.wait(wait) {
                    return Err(CallError::Stopped);
                }
            }
            let error = match self.attempt(action, &body) {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Throttled(error)) => {
                    self.paces.values_mut().for_each(Pace::drain);
                    error
                }
                Err(Trouble::Again(error)) => error,
            };
            if attempt == ATTEMPTS {
                return Err(error);
            }
            if !self.clock.wait(backoff) {
                return Err(CallError::Stopped);
            }
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
        unreachable!("the loop ends with its last attempt")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;
    use crate::mistake::Mistake;

    /// A clock that waits by going on.
    struct Virtual(Cell<Duration>);

    impl ApiClock for Virtual {
        fn now(&self) -> Duration {
            self.0.get()
        }

        fn wait(&self, duration: Duration) -> bool {
            self.0.set(self.0.get() + duration);
            true
        }
    }

    /// Answers in turn.
    struct Scripted(Vec<Result<Answer, Mistake>>);

    impl Exchange for Scripted {
        fn exchange(&mut self, _to: &Endpoint, request: &[u8]) -> Result<Answer, Mistake> {
            let request = String::from_utf8_lossy(request);
            assert!(request.contains("X-Amz-Target: AWSStepFunctions.ListExecutions\r\n"), "{request}");
            self.0.remove(0)
        }
    }

    fn answer(status: u16, body: &Value) -> Answer {
        Answer { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    fn called(answers: Vec<Result<Answer, Mistake>>) -> (Result<Value, CallError>, Duration) {
        let clock = Virtual(Cell::new(Duration::ZERO));
        let mut exchange = Scripted(answers);
        let endpoint = Endpoint::parse("http://127.0.0.1:1/").unwrap();
        let mut api = HttpApi::new(&mut exchange, &clock, endpoint, Authorization::None, "eu-west-1");
        let result = api.call("ListExecutions", &json!({}));
        (result, clock.now())
    }

    #[test]
    fn throttling_and_lost_answers_are_asked_again_and_a_refusal_is_not() {
        let throttled = || Ok(answer(400, &json!({ "__type": "com.amazon.coral.availability#ThrottlingException" })));
        let (result, took) =
            called(vec![throttled(), Err(Mistake::other("reset")), Ok(answer(200, &json!({ "executions": [] })))]);
        assert_eq!(result, Ok(json!({ "executions": [] })));
        assert!(took >= Duration::from_millis(750), "{took:?}");
        let refusal = json!({ "__type": "x#AccessDeniedException", "Message": "no" });
        let (result, _) = called(vec![Ok(answer(400, &refusal))]);
        assert_eq!(result, Err(CallError::Refused("AccessDeniedException".into(), "no".into())));
        let (result, took) = called((0..8).map(|_| Ok(answer(503, &json!({})))).collect());
        assert!(matches!(result, Err(CallError::Failed(said)) if said.contains("503")));
        assert!(took < Duration::from_mins(1), "{took:?}");
    }

    #[test]
    fn the_api_is_that_of_the_machines_region() {
        let machine = |arn| StateMachine::parse(arn).unwrap();
        let url = states_url(&machine("arn:aws:states:eu-west-1:123456789012:stateMachine:A"));
        assert_eq!(url, "https://states.eu-west-1.amazonaws.com/");
        let url = states_url(&machine("arn:aws-cn:states:cn-north-1:123456789012:stateMachine:A"));
        assert_eq!(url, "https://states.cn-north-1.amazonaws.com.cn/");
    }
}
