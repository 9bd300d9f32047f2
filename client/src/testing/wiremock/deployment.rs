use super::answer::{Answer, Words, key, milliseconds, started_body};
use super::ids::{Ids, header};
use super::json::{quoted, rewritten};
use super::machine::{Machine, Order};
use super::names::MACHINE;
use super::service_error::ServiceError;
use crate::executions::{Execution, Status};
use crate::wiring::Wiring;
use http::Method;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

/// A responder that behaves like a deployment: it reads and checks the body, names executions, knows which exist already,
/// and gives every answer its request's ids. Clones share what was started.
///
/// Executions run until [`succeed`](Self::succeed) or [`fail`](Self::fail) ends them. It asks for no authorisation, and
/// starts STANDARD workflows only; `stepgate-emulator` interprets templates, runs workflows and checks signatures.
///
/// ```
/// use stepgate::testing::wiremock::{Answer, Deployment};
/// use stepgate::{Client, Wiring};
/// use wiremock::MockServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), stepgate::Error> {
/// let server = MockServer::start().await;
/// let deployment = Deployment::wired(Wiring::AsPosted).mount(&server).await;
/// let client = Client::builder(deployment.url()).wiring(Wiring::AsPosted).build()?;
///
/// // The workflow is started, and the gateway's time is up.
/// deployment.lose_next(Answer::gateway(504));
/// assert!(client.execute("tea").await.unwrap_err().may_have_started());
/// assert_eq!(deployment.executions().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Deployment {
    wiring: Wiring,
    base: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    machine: Machine,
    next: VecDeque<Next>,
}

/// What becomes of a start that is to come.
#[derive(Debug)]
enum Next {
    Refuse(Answer),
    Lose(Answer),
}

const STAGE: &str = "/prod";
const MOST: usize = 10_485_760;

/// Mounts this project's deployment on `server`: `POST /prod/execute` and its preflight, `GET /prod/executions/{name}`, and
/// the gateway's refusal of everything else. Mocks of your own come before it.
///
/// ```
/// use stepgate::testing::wiremock::contract;
/// use stepgate::Client;
/// use wiremock::MockServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), stepgate::Error> {
/// let server = MockServer::start().await;
/// let deployment = contract(&server).await;
/// let client = Client::builder(deployment.url()).build()?;
/// client.execute("tea").idempotency_key("order-17").await?;
/// assert_eq!(deployment.executions()[0].input.as_deref(), Some("\"tea\""));
/// # Ok(())
/// # }
/// ```
pub async fn contract(server: &MockServer) -> Deployment {
    Deployment::wired(Wiring::Template).mount(server).await
}

impl Deployment {
    /// A deployment of this wiring. Only that of [`Wiring::Template`] has the route for look-ups.
    ///
    #[doc = example!(
        "let deployment = Deployment::wired(Wiring::AsPosted).mount(&server).await;"
        "let client = Client::builder(deployment.url()).wiring(Wiring::AsPosted).build()?;"
        "deployment.refuse_next(Answer::failed_inside_200(\"ExecutionLimitExceeded\"));"
        "let error = client.execute(\"tea\").await.unwrap_err();"
        "assert_eq!((error.status(), error.is_creation_failed()), (Some(200), true));"
    )]
    #[must_use = "mount it"]
    pub fn wired(wiring: Wiring) -> Self {
        let arn = match &wiring {
            Wiring::Direct { state_machine_arn } => state_machine_arn.as_str(),
            _ => MACHINE,
        };
        let state = State { machine: Machine::new(arn), next: VecDeque::new() };
        Self { wiring, base: String::new(), state: Arc::new(Mutex::new(state)) }
    }

    /// Mounts it on `server`, with the lowest priority.
    ///
    #[doc = example!(
        "let deployment = Deployment::wired(Wiring::Template).mount(&server).await;"
        "assert_eq!(deployment.url(), format!(\"{}/prod/execute\", server.uri()));"
    )]
    pub async fn mount(mut self, server: &MockServer) -> Self {
        self.base = server.uri();
        Mock::given(matchers::any()).respond_with(self.clone()).with_priority(u8::MAX).mount(server).await;
        self
    }

    /// The URL of the method that starts executions; only its path before it is mounted.
    ///
    #[doc = example!(
        "let deployment = contract(&server).await;"
        "let client = Client::builder(deployment.url()).build()?;"
        "client.execute(\"tea\").await?;"
    )]
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{STAGE}/execute", self.base)
    }

    /// Lets executions end at once, with `null` as output, in place of running on: a name is then taken for good, whatever
    /// the input.
    ///
    #[doc = example!(
        "let deployment = Deployment::wired(Wiring::Template).ending_at_once().mount(&server).await;"
        "let client = Client::builder(deployment.url()).build()?;"
        "client.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "assert_eq!(deployment.executions()[0].status, Status::Succeeded);"
    )]
    #[must_use = "mount it"]
    pub fn ending_at_once(self) -> Self {
        self.state().machine.ends_at_once = true;
        self
    }

    /// What was started so far, in that order.
    ///
    #[doc = example!(
        "let deployment = contract(&server).await;"
        "let client = Client::builder(deployment.url()).build()?;"
        "client.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "assert_eq!(deployment.executions()[0].name, \"order-17\");"
    )]
    #[must_use]
    pub fn executions(&self) -> Vec<Execution> {
        self.state().machine.executions().to_vec()
    }

    /// Gives this answer to the next start that no other was promised to. Nothing is started.
    ///
    #[doc = example!(
        "let deployment = contract(&server).await;"
        "let client = Client::builder(deployment.url()).build()?;"
        "deployment.refuse_next(Answer::creation_failed(\"ExecutionLimitExceeded\"));"
        "assert!(client.execute(\"tea\").await.unwrap_err().is_creation_failed());"
        "assert_eq!(deployment.executions(), []);"
    )]
    pub fn refuse_next(&self, answer: Answer) {
        self.state().next.push_back(Next::Refuse(answer));
    }

    /// Starts the next execution that no other answer was promised to, and gives this answer all the same.
    ///
    #[doc = example!(
        "let deployment = contract(&server).await;"
        "let client = Client::builder(deployment.url()).build()?;"
        "deployment.lose_next(Answer::gateway(504));"
        "assert!(client.execute(\"tea\").await.unwrap_err().may_have_started());"
        "assert_eq!(deployment.executions().len(), 1);"
    )]
    pub fn lose_next(&self, answer: Answer) {
        self.state().next.push_back(Next::Lose(answer));
    }

    /// Ends an execution with this output.
    ///
    #[doc = example!(
        "let deployment = contract(&server).await;"
        "let client = Client::builder(deployment.url()).build()?;"
        "client.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "deployment.succeed(\"order-17\", &\"a cup\");"
        "let found = client.execution(\"order-17\").await?.expect(\"it is there\");"
        "assert_eq!(found.output::<String>()?.as_deref(), Some(\"a cup\"));"
    )]
    ///
    /// # Panics
    /// If there is no execution of that name, or `output` does not serialise as JSON.
    pub fn succeed(&self, name: &str, output: &impl Serialize) {
        let output = serde_json::to_string(output).expect("the output serialises as JSON");
        self.end(name, |execution| {
            execution.status = Status::Succeeded;
            execution.output = Some(output);
        });
    }

    /// Ends an execution with this error.
    ///
    #[doc = example!(
        "let deployment = contract(&server).await;"
        "let client = Client::builder(deployment.url()).build()?;"
        "client.execute(\"tea\").idempotency_key(\"order-17\").await?;"
        "deployment.fail(\"order-17\", \"OutOfTea\", \"the last leaf is gone\");"
        "let found = client.execution(\"order-17\").await?.expect(\"it is there\");"
        "assert_eq!((found.status, found.error.as_deref()), (Status::Failed, Some(\"OutOfTea\")));"
    )]
    ///
    /// # Panics
    /// If there is no execution of that name.
    pub fn fail(&self, name: &str, error: &str, cause: &str) {
        self.end(name, |execution| {
            execution.status = Status::Failed;
            execution.error = Some(error.to_owned());
            execution.cause = Some(cause.to_owned());
        });
    }

    fn end(&self, name: &str, change: impl FnOnce(&mut Execution)) {
        assert!(self.state().machine.end(name, change), "no execution is named `{name}`");
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_templated(&self) -> bool {
        self.wiring == Wiring::Template
    }

    fn answer(&self, request: &Request, ids: &Ids) -> Answer {
        if request.body.len() > MOST {
            return Answer::too_large();
        }
        let path = request.url.path().strip_prefix(STAGE).map(|path| path.trim_end_matches('/'));
        match (&request.method, path.unwrap_or_default()) {
            (&Method::POST, "/execute") => self.start(request, ids),
            (&Method::OPTIONS, "/execute") => self.preflight(request, "POST"),
            (method, path) if self.is_templated() => match (method, path.strip_prefix("/executions/")) {
                (&Method::GET, Some(name)) => self.look_up(name),
                (&Method::OPTIONS, Some(_)) => self.preflight(request, "GET"),
                _ => self.unknown(),
            },
            _ => self.unknown(),
        }
    }

    fn start(&self, request: &Request, ids: &Ids) -> Answer {
        let mut state = self.state();
        let next = match state.next.pop_front() {
            Some(Next::Refuse(answer)) => return answer,
            Some(Next::Lose(answer)) => Some(answer),
            None => None,
        };
        let started = match self.order(request, ids) {
            Ok(order) => order.and_then(|order| state.machine.start(order)),
            Err(answer) => return answer,
        };
        match (started, next) {
            (Ok(_), Some(answer)) => answer,
            (Ok(execution), None) => {
                let body = started_body(&execution.arn, execution.start_date.map(milliseconds).unwrap_or_default());
                let answer = Answer::integration(200, Words::Fixed(body));
                if self.is_templated() { answer.readable() } else { answer.readable_as_posted() }
            }
            (Err(error), _) if self.is_templated() => Answer::worded(&error),
            (Err(error), _) => Answer::inside_200(&error),
        }
    }

    /// What the wiring makes of a request: the gateway's refusal, or what Step Functions is asked, which may be an error.
    fn order(&self, request: &Request, ids: &Ids) -> Result<Result<Order, ServiceError>, Answer> {
        let media = header(request, "content-type").and_then(|media| media.split(';').next());
        let is_json = media.is_none_or(|media| media.trim().eq_ignore_ascii_case("application/json"));
        match self.wiring {
            Wiring::Direct { .. } => return Ok(Order::read(&request.body)),
            // Passed through, as no template is for it.
            Wiring::AsPosted if !is_json => return Ok(Order::read(&request.body)),
            _ if !is_json => return Err(self.gateway(415)),
            _ => {}
        }
        let body = String::from_utf8_lossy(&request.body);
        let input = match rewritten(if body.is_empty() { "{}" } else { &body }) {
            // `$util.escapeJavaScript` turns ' into \', which is not JSON.
            Ok(input) if self.wiring == Wiring::AsPosted && input.contains('\'') => {
                return Ok(Err(ServiceError::named("SerializationException")));
            }
            Ok(input) => input,
            // Only what ends too soon is beyond the posted template: it makes a text of everything else.
            Err(error) if self.wiring == Wiring::AsPosted && !error.is_eof() => quoted(&body),
            Err(_) if self.wiring == Wiring::AsPosted => return Err(self.gateway(500)),
            Err(_) => return Err(self.gateway(400)),
        };
        let name = match self.wiring {
            Wiring::Template => Some(key(request).unwrap_or(&ids.request).to_owned()),
            Wiring::AsPosted => Some(ids.request.clone()),
            _ => None,
        };
        Ok(Ok(Order { input: Some(input), name, state_machine_arn: Some(MACHINE.to_owned()) }))
    }

    fn look_up(&self, name: &str) -> Answer {
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        match self.state().machine.execution(&name) {
            Some(execution) => Answer::execution(execution),
            None => Answer::not_found(&name),
        }
    }

    fn preflight(&self, request: &Request, method: &str) -> Answer {
        // A mock without a template for the media type has no status to give.
        if header(request, "content-type").is_some_and(|media| !media.starts_with("application/json")) {
            return self.gateway(500);
        }
        if self.is_templated() { Answer::preflight_of(method) } else { Answer::preflight_as_posted() }
    }

    fn unknown(&self) -> Answer {
        if self.is_templated() {
            let [error_type, message] = ["MissingAuthenticationTokenException", "Missing Authentication Token"];
            return Answer::gateway_coded(403, "MISSING_AUTHENTICATION_TOKEN", error_type, message);
        }
        Answer::missing_authentication_token()
    }

    fn gateway(&self, status: u16) -> Answer {
        if self.is_templated() { Answer::gateway_with_code(status) } else { Answer::gateway(status) }
    }
}

impl Respond for Deployment {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let ids = Ids::of(request);
        self.answer(request, &ids).with_ids(&ids, request)
    }
}
