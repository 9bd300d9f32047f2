use crate::transport::{Phase, Progress, Transport, TransportError};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What becomes of one request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Step {
    /// Starts an execution as this project's deployment does: named after `Idempotency-Key` if there is one, else
    /// after the request id: the `x-amzn-RequestId` that the client sends, else `request-1`, `request-2`, ….
    Start,
    /// Gives this answer.
    Answer(Response<Bytes>),
    /// The connection breaks in this phase.
    Break(Phase),
    /// Nothing more happens from this phase on, until the caller's time is up.
    Hang(Phase),
}

impl Step {
    /// An answer with a JSON body.
    #[must_use]
    pub fn answer(status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
        Self::Answer(response)
    }

    /// An answer of the gateway's own: `x-amzn-ErrorType` and a message.
    #[must_use]
    pub fn gateway(status: u16, error_type: &'static str, message: &str) -> Self {
        let body = serde_json::json!({ "message": message }).to_string();
        Self::answer(status, body).header("x-amzn-errortype", error_type)
    }

    /// An error of Step Functions as the posted deployment passes it on: `__type` behind HTTP 200.
    #[must_use]
    pub fn service(error: &str) -> Self {
        let body = serde_json::json!({ "__type": format!("com.amazonaws.swf.service.v2.model#{error}") });
        Self::answer(200, body.to_string())
    }

    /// Adds a header to an answer; leaves any other step as it is.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        if let Self::Answer(response) = &mut self {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        self
    }
}

/// A transport that follows a script, one [`Step`] a request, and keeps the requests. When the script is at its end,
/// the connection breaks while sending.
///
/// Clones share script and record, so keep one to look at [`requests`](Self::requests).
#[derive(Clone, Default)]
pub struct ScriptedTransport(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    requests: Vec<Request<Bytes>>,
}

impl ScriptedTransport {
    /// A transport that does these steps, in order.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self(Arc::new(Mutex::new(Script { steps: steps.into_iter().collect(), requests: Vec::new() })))
    }

    /// Adds a step at the end of the script.
    pub fn push(&self, step: Step) {
        self.script().steps.push_back(step);
    }

    /// Every request so far, signed as it was sent.
    #[must_use]
    pub fn requests(&self) -> Vec<Request<Bytes>> {
        self.script().requests.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next step, and the number of the request.
    fn next(&self, request: Request<Bytes>) -> (Option<Step>, usize) {
        let mut script = self.script();
        script.requests.push(request);
        (script.steps.pop_front(), script.requests.len())
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.script();
        formatter
            .debug_struct("ScriptedTransport")
            .field("steps_left", &script.steps.len())
            .field("requests", &script.requests.len())
            .finish()
    }
}

impl Transport for ScriptedTransport {
    async fn send(&self, request: Request<Bytes>, progress: &Progress) -> Result<Response<Bytes>, TransportError> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (key, id) = (header("idempotency-key"), header("x-amzn-requestid"));
        let (step, number) = self.next(request);
        match step {
            Some(Step::Start) => {
                let id = id.unwrap_or_else(|| format!("request-{number}"));
                Ok(started(key.as_deref().unwrap_or(&id), &id))
            }
            Some(Step::Answer(response)) => Ok(response),
            Some(Step::Break(phase)) => {
                progress.set(phase);
                Err(TransportError::new("the script breaks the connection here"))
            }
            Some(Step::Hang(phase)) => {
                progress.set(phase);
                std::future::pending().await
            }
            None => Err(TransportError::new("the script is at its end")),
        }
    }
}

fn started(name: &str, request_id: &str) -> Response<Bytes> {
    let arn = format!("arn:aws:states:us-east-1:123456789012:execution:machine:{name}");
    let body = serde_json::json!({ "executionArn": arn, "startDate": 1.573_573_209_347e9 });
    let mut response = Response::new(Bytes::from(body.to_string()));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
