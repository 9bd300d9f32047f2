//! The endpoint as one value: a deployment, loaded and served.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::access_log::{AccessLog, LineSink};
use crate::clock::{Clock, SystemClock};
use crate::deployment::Deployment;
use crate::document::{LoadError, PassedOver};
use crate::doubles::WebServers;
use crate::endpoint::{Endpoint, IdSource};
use crate::faults::{self, FaultPlan};
use crate::gateway::{self, Gateway};
use crate::inspect::Inspector;
use crate::server::{Server, listen};
use crate::signature::Verifier;
use crate::simulation::{LedClock, Simulation};
use crate::states::{self, Counters, Reply, StepFunctions};
use crate::switches::Switches;
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
    /// Settings of an endpoint that serves the corrected deployment, on the machine's clock.
    pub fn builder() -> Builder {
        Builder {
            source: Source::carried("deploy", stepgate_deploy::CORRECTED),
            load: LoadOptions::default(),
            gateway: gateway::GatewayOptions::default(),
            states: states::StatesOptions::default(),
            clock: Arc::new(SystemClock::start()),
            faults: FaultPlan::default(),
            verify_api: false,
            access_log: None,
            handler_log: None,
            switches: None,
            seed: None,
            threads: 1,
        }
    }

    /// The ARNs of the state machines, in the order of the template.
    pub fn machines(&self) -> impl Iterator<Item = &str> {
        self.deployment.machines.iter().map(|machine| &*machine.arn)
    }

    /// What of the template is ignored, because it changes no answer here.
    #[must_use]
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.deployment.passed_over
    }

    /// What was loaded.
    pub(crate) fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Serves on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// The address cannot be listened on, as the operating system says.
    pub fn serve(self, address: SocketAddr) -> io::Result<Serving> {
        self.serve_on(&listen(address)?)
    }

    fn serve_on(self, listener: &TcpListener) -> io::Result<Serving> {
        let server = Server::start(listener, self.threads, &self.endpoint)?;
        let base = format!("http://{}", server.address());
        let url = format!("{base}{}", self.path());
        Ok(Serving { server, endpoint: self.endpoint, base, url })
    }

    /// The path of the method that starts executions; of the API where none does.
    pub(crate) fn path(&self) -> String {
        self.deployment.api.start_path().unwrap_or_else(|| self.deployment.api.base_path())
    }

    /// The endpoint for one caller who leads time. `clock` is the one that it was built with.
    pub(crate) fn simulation(&self, clock: &Arc<LedClock>) -> Simulation {
        Simulation::new(&self.endpoint, clock)
    }
}

/// What is served, and how; made by [`Emulator::builder`].
#[must_use = "a builder serves nothing until it is built"]
pub struct Builder {
    source: Source,
    load: LoadOptions,
    gateway: gateway::GatewayOptions,
    states: states::StatesOptions,
    clock: Arc<dyn Clock>,
    faults: FaultPlan,
    verify_api: bool,
    access_log: Option<AccessLog>,
    handler_log: Option<LineSink>,
    switches: Option<Switches>,
    seed: Option<u64>,
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

    /// Refuses what would otherwise be ignored because it changes no answer (default: no).
    pub fn strict(mut self, strict: bool) -> Self {
        self.load.strict = strict;
        self
    }

    /// Lets every caller in: no signature, API key or token is asked for, and routes behind authorizers of any kind are served
    /// (default: no).
    pub fn no_auth(mut self, no_auth: bool) -> Self {
        self.load.no_auth = no_auth;
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

    /// How the gateway behaves where AWS leaves a choice (default: see [`gateway::GatewayOptions`]).
    pub fn gateway_options(mut self, options: gateway::GatewayOptions) -> Self {
        self.gateway = options;
        self
    }

    /// How Step Functions behaves where AWS leaves a choice (default: see [`states::StatesOptions`]).
    pub fn states_options(mut self, options: states::StatesOptions) -> Self {
        self.states = options;
        self
    }

    /// Behaviours of AWS that are only inferred, of the gateway and of Step Functions (default: see
    /// [`SWITCHES`](crate::switches::SWITCHES)).
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = Some(switches);
        self
    }

    /// The clock (default: the machine's).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Faults on purpose (default: none). Times in its rules are counted from the start of the endpoint. Routes under
    /// `/_stepgate/` are spared.
    pub fn faults(mut self, faults: FaultPlan) -> Self {
        self.faults = faults;
        self
    }

    /// Whether calls of the Step Functions API at `POST /` must be signed with one of the gateway's credentials (default:
    /// no, any credential passes).
    pub fn verify_api(mut self, verify: bool) -> Self {
        self.verify_api = verify;
        self
    }

    /// Hands a line for every answer to `sink`, in the Common Log Format as API Gateway writes it (default: none).
    pub fn access_log(mut self, sink: impl FnMut(&str) + Send + 'static) -> Self {
        self.access_log = Some(AccessLog::new(sink));
        self
    }

    /// Hands every line that handlers write to their console to `sink`, on the workflow thread (default: none; the last
    /// lines are kept either way).
    pub fn handler_log(mut self, sink: impl FnMut(&str) + Send + 'static) -> Self {
        self.handler_log = Some(Box::new(sink));
        self
    }

    /// Makes whatever is drawn at random follow from a seed: ids of requests, names of executions, the jitter of `Retry`,
    /// `$uuid()`, random values of handlers (default: drawn anew each time). The same requests, one after the other, are then
    /// answered alike.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
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
    pub fn build(mut self) -> Result<Emulator, LoadError> {
        let mut deployment = template::load(&self.source, &self.load)?;
        if let Some(switches) = self.switches {
            self.gateway.switches = switches;
            self.states.switches = switches;
        }
        if let Some(seed) = self.seed {
            self.states.seed = seed;
        }
        let credentials = self.gateway.credentials.clone();
        let options = states::StatesOptions { strict: self.states.strict || self.load.strict, ..self.states };
        let web_servers = WebServers::new(options.doubles.clone());
        deployment.passed_over.extend(unanswered(&deployment, &web_servers, options.strict)?);
        let states = StepFunctions::new(&deployment, self.clock.clone(), options)?;
        let unloaded = states.passed_over().iter();
        deployment.passed_over.extend(unloaded.map(|what| PassedOver { what: what.clone(), count: 1, first: None }));
        if let Some(sink) = self.handler_log {
            states.pass_handler_log(sink);
        }
        let endpoint = Endpoint {
            gateway: Gateway::new(&deployment, self.gateway),
            states,
            web_servers,
            outside: AtomicUsize::new(0),
            api_verifier: self.verify_api.then(|| Verifier::new(credentials, &deployment.stack.region, "states")),
            faults: self.faults,
            started: self.clock.now(),
            clock: self.clock,
            ids: IdSource::of(self.seed),
            inspector: Inspector::new(&deployment),
            access_log: self.access_log,
        };
        Ok(Emulator { deployment, endpoint: Arc::new(endpoint), threads: self.threads })
    }
}

/// The routes whose web servers have no double.
fn unanswered(deployment: &Deployment, servers: &WebServers, strict: bool) -> Result<Vec<PassedOver>, LoadError> {
    let mut passed_over = Vec::new();
    for (route, url) in deployment.api.web_servers() {
        let Err(why) = servers.place_of(&url) else { continue };
        let what = format!("route {route}, answered 501: {why}");
        if strict {
            return Err(LoadError::nowhere(what));
        }
        passed_over.push(PassedOver { what, count: 1, first: None });
    }
    Ok(passed_over)
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
    /// The URL of the method that starts executions, as `http://127.0.0.1:PORT/STAGE/execute`; of the API where none does.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of the Step Functions API and of the inspection routes, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Executions started and ended so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.endpoint.states.counters()
    }

    /// What each fault rule did so far, in their order.
    #[must_use]
    pub fn fault_counts(&self) -> Vec<faults::Count> {
        self.endpoint.faults.counts()
    }

    /// Calls the Step Functions API without a socket.
    #[must_use]
    pub fn call(&self, action: &str, body: &[u8]) -> Reply {
        self.endpoint.states.call(action, body)
    }

    /// Serves another deployment on the same port. Callers who connect meanwhile wait for it.
    ///
    /// # Errors
    /// The port cannot be shared or a thread cannot be made, as the operating system says.
    pub(crate) fn replace(&mut self, emulator: Emulator) -> io::Result<()> {
        let listener = self.server.listener()?;
        self.stop();
        *self = emulator.serve_on(&listener)?;
        Ok(())
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
