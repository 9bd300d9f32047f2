//! The endpoint as one value: a deployment, loaded and served.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::deployment::Deployment;
use crate::document::LoadError;
use crate::gateway::{self, Gateway, Step};
use crate::http::{Arrival, Request, Response};
use crate::inspect::Inspector;
use crate::server::{Answer, Handler, Server};
use crate::states::{self, Counters, Reply, StepFunctions};
use crate::template::{self, LoadOptions, Source};

/// An endpoint that is ready to serve.
///
/// ```
/// use stepgate_emulator::Emulator;
///
/// let endpoint = Emulator::builder().parameter("Auth", "NONE").build()?.serve("127.0.0.1:0".parse()?)?;
/// assert!(endpoint.url().ends_with("/prod/execute"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Emulator {
    deployment: Deployment,
    endpoint: Arc<Endpoint>,
    threads: usize,
}

impl Emulator {
    /// Starts from the corrected deployment, on the machine's clock.
    pub fn builder() -> Builder {
        Builder {
            source: Source::carried("deploy", stepgate_deploy::CORRECTED),
            load: LoadOptions::default(),
            gateway: gateway::Options::default(),
            states: states::Options::default(),
            clock: Arc::new(SystemClock::start()),
            threads: 1,
        }
    }

    /// What was loaded.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Serves on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// The address cannot be listened on, as the operating system says.
    pub fn serve(self, address: SocketAddr) -> io::Result<Serving> {
        let server = Server::start(&TcpListener::bind(address)?, self.threads, &self.endpoint)?;
        let base = format!("http://{}", server.address());
        let url = format!("{base}/{}/execute", self.deployment.api.stage);
        Ok(Serving { server, endpoint: self.endpoint, base, url })
    }
}

/// Decides what is served, and how.
#[derive(Debug)]
#[must_use = "a builder serves nothing until it is built"]
pub struct Builder {
    source: Source,
    load: LoadOptions,
    gateway: gateway::Options,
    states: states::Options,
    clock: Arc<dyn Clock>,
    threads: usize,
}

impl Builder {
    /// The template to serve (default: the corrected deployment).
    pub fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// The deployment as it was posted in 2019, with the repairs that it needs to load at all.
    pub fn as_posted(mut self) -> Self {
        self.source = Source::carried("deploy/as-posted", stepgate_deploy::AS_POSTED);
        self.load.as_posted = true;
        self
    }

    /// A template parameter; the last value of a name counts.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.load.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How templates are loaded, parameters given so far included (default: see [`LoadOptions`]).
    pub fn load_options(mut self, options: LoadOptions) -> Self {
        self.load = options;
        self
    }

    /// How the gateway behaves where AWS leaves a choice (default: see [`gateway::Options`]).
    pub fn gateway_options(mut self, options: gateway::Options) -> Self {
        self.gateway = options;
        self
    }

    /// How Step Functions behaves where AWS leaves a choice (default: see [`states::Options`]).
    pub fn states_options(mut self, options: states::Options) -> Self {
        self.states = options;
        self
    }

    /// The clock (default: the machine's).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Threads that serve connections (default: 1).
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Loads the template and everything that it names.
    ///
    /// # Errors
    /// What is wrong with it, missing from it or not supported, with file, line and column.
    pub fn build(self) -> Result<Emulator, LoadError> {
        let deployment = template::load(&self.source, &self.load)?;
        let endpoint = Endpoint {
            gateway: Gateway::new(&deployment, self.gateway)?,
            states: StepFunctions::new(&deployment, self.clock.clone(), self.states)?,
            clock: self.clock,
            inspector: Inspector::default(),
        };
        Ok(Emulator { deployment, endpoint: Arc::new(endpoint), threads: self.threads })
    }
}

/// An endpoint at work; stops when dropped.
#[derive(Debug)]
pub struct Serving {
    server: Server,
    endpoint: Arc<Endpoint>,
    base: String,
    url: String,
}

impl Serving {
    /// The URL of the execute method, as `http://127.0.0.1:PORT/STAGE/execute`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of the Step Functions API and of the inspection routes, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Executions started and ended so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.endpoint.states.counters()
    }

    /// Calls the Step Functions API without a socket.
    #[must_use]
    pub fn call(&self, action: &str, body: &[u8]) -> Reply {
        self.endpoint.states.call(action, body)
    }

    /// Lets requests in hand be answered and stops. Open executions stay as they are.
    pub fn stop(&mut self) {
        self.server.stop();
        self.endpoint.states.stop();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What answers requests: the gateway, the Step Functions API, the inspection routes.
#[derive(Debug)]
struct Endpoint {
    gateway: Gateway,
    states: Arc<StepFunctions>,
    clock: Arc<dyn Clock>,
    inspector: Inspector,
}

impl Endpoint {
    async fn answer(&self, request: Request, arrival: &Arrival) -> Response {
        match self.gateway.receive(request, arrival) {
            Step::Answer(response) => response,
            Step::Call(call) => {
                let reply = self.states.call_async(&call.action, &call.body);
                match tokio::time::timeout(call.timeout, reply).await {
                    Ok(reply) => self.gateway.finish(*call, reply.status, &reply.body),
                    Err(_) => self.gateway.time_out(*call),
                }
            }
        }
    }

    /// The JSON-1.0 API of Step Functions, as SDKs and the AWS CLI call it.
    async fn api(&self, request: &Request, arrival: &Arrival) -> Response {
        let target = request.headers.get("X-Amz-Target").unwrap_or_default();
        let action = target.strip_prefix("AWSStepFunctions.").unwrap_or_default();
        let reply = self.states.call_async(action, &request.body).await;
        Response {
            status: reply.status,
            headers: vec![
                ("x-amzn-RequestId".into(), arrival.request_id()),
                ("Content-Type".into(), "application/x-amz-json-1.0".to_owned()),
            ],
            body: reply.body,
        }
    }
}

impl Handler for Endpoint {
    async fn handle(&self, request: Request, source: IpAddr) -> Answer {
        let arrival = Arrival { at: self.clock.now(), source, random: random() };
        let response = if let Some(route) = request.path.strip_prefix("/_stepgate/") {
            self.inspector.answer(route, &request.query, &self.states)
        } else if request.path == "/" && request.method == "POST" {
            self.api(&request, &arrival).await
        } else {
            let note = Inspector::begin(&request, &arrival);
            let response = self.answer(request, &arrival).await;
            self.inspector.note(note, &response);
            response
        };
        response.into()
    }

    fn now(&self) -> Duration {
        self.clock.now()
    }
}

/// Fresh random bytes for the ids of one request, from a generator of the thread's own.
fn random() -> [u8; 40] {
    thread_local! {
        static RANDOM: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::new());
    }
    let mut bytes = [0; 40];
    RANDOM.with_borrow_mut(|random| random.fill(&mut bytes));
    bytes
}
