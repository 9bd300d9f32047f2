//! The service: one value that the gateway's integrations and the JSON-1.0 API both call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::api::{Answer, ApiError, execution_arn};
use super::asl::{Functions, Randomness, load};
use super::engine::Engine;
use super::options::Options;
use super::quotas::Throttle;
use super::run::Plan;
use super::store::Store;
use super::wire::millis;
use crate::clock::Clock;
use crate::deployment::{Deployment, MachineKind};
use crate::document::LoadError;
use crate::functions::{Console, Library};

/// An Express execution ends after five minutes (Step Functions quotas).
const EXPRESS_TIMEOUT: Duration = Duration::from_mins(5);

/// An answer of the Step Functions API: an `application/x-amz-json-1.0` body and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Compact JSON, byte for byte as AWS writes it where that is known.
    pub body: Vec<u8>,
}

/// How many executions there were and are, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Executions started; an idempotent repetition counts once.
    pub started: u64,
    /// Executions that have not ended.
    pub running: u64,
    /// Executions that reached the end of their machine.
    pub succeeded: u64,
    /// Executions that ended with an error.
    pub failed: u64,
    /// Executions that outlived their machine's `TimeoutSeconds`.
    pub timed_out: u64,
    /// Executions that were stopped.
    pub aborted: u64,
}

/// The state of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExecutionStatus {
    /// `RUNNING`
    Running,
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`
    Failed,
    /// `TIMED_OUT`
    TimedOut,
    /// `ABORTED`
    Aborted,
}

impl ExecutionStatus {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

/// One row of the executions listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// The execution's ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its state machine's ARN.
    pub machine_arn: String,
    /// How it stands.
    pub status: ExecutionStatus,
    /// When it started, since the Unix epoch, to the millisecond.
    pub start: Duration,
    /// When it ended, since the Unix epoch, to the millisecond.
    pub stop: Option<Duration>,
}

/// Step Functions over one deployment.
#[derive(Debug)]
pub struct StepFunctions(Service);

/// What the actions work on.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) region: String,
    /// When everything was made, in milliseconds since the Unix epoch.
    pub(crate) created: u64,
    pub(crate) seed: u64,
    pub(crate) throttle: Throttle,
    pub(crate) store: Arc<Store>,
    pub(crate) engine: Engine,
    console: Console,
    randomness: Mutex<Randomness>,
}

/// A state machine that can be started.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) plan: Arc<Plan>,
    pub(crate) kind: MachineKind,
    /// The definition as JSON.
    pub(crate) definition: String,
}

impl Service {
    /// A version 4 UUID, for what the caller does not name.
    pub(crate) fn uuid(&self) -> String {
        self.randomness.lock().unwrap_or_else(PoisonError::into_inner).uuid().to_string()
    }
}

impl StepFunctions {
    /// Checks every state machine and handler of the deployment and starts the workflow thread.
    ///
    /// # Errors
    /// A definition that Step Functions would refuse, a construct that this endpoint does not run, or a handler that
    /// cannot be loaded: with its file, line and column.
    pub fn new(deployment: &Deployment, clock: Arc<dyn Clock>, options: Options) -> Result<Arc<Self>, LoadError> {
        let now = clock.now();
        let concurrency = options.concurrency();
        let Options { quotas, retain, seed, cold_start, natives, .. } = options;
        let names = deployment.functions.iter().map(|function| (function.arn.as_str(), function.name.as_str()));
        let functions = Functions::new(names);
        let stack = &deployment.stack;
        let mut machines = Vec::with_capacity(deployment.machines.len());
        for machine in &deployment.machines {
            let mut checked = load(&machine.definition, &functions)?;
            if machine.kind == MachineKind::Express {
                checked.timeout = Some(checked.timeout.map_or(EXPRESS_TIMEOUT, |timeout| timeout.min(EXPRESS_TIMEOUT)));
            }
            let plan = Plan {
                machine: checked,
                arn: machine.arn.clone(),
                name: machine.name.clone(),
                role_arn: format!("arn:{}:iam::{}:role/{}-role", stack.partition, stack.account, machine.name),
                functions: functions.clone(),
            };
            let definition = machine.definition.to_json().to_string();
            machines.push(Machine { plan: Arc::new(plan), kind: machine.kind, definition });
        }
        let library = Library::load(&deployment.functions, &natives, cold_start, concurrency, now)?;
        let store = Arc::new(Store::new(retain));
        let console = Console::default();
        let engine = Engine::start(Arc::clone(&clock), Arc::clone(&store), library, console.clone(), seed)
            .map_err(|error| LoadError::nowhere(format!("the workflow thread cannot be started: {error}")))?;
        Ok(Arc::new(Self(Service {
            machines,
            region: stack.region.clone(),
            created: millis(now),
            seed,
            throttle: Throttle::new(quotas, &stack.region, now),
            store,
            engine,
            console,
            randomness: Mutex::new(Randomness::seeded(seed.rotate_left(32))),
            clock,
        })))
    }

    /// Answers one action, such as `StartExecution`, at once; its body is the JSON envelope.
    ///
    /// `StartSyncExecution` is answered by [`Self::call_async`], because its answer may take minutes.
    #[must_use]
    pub fn call(&self, action: &str, body: &[u8]) -> Reply {
        match self.0.answer(action, body) {
            Ok(Answer::Now(body)) => Reply::ok(body),
            Ok(Answer::AtEnd(mut end)) => end.try_recv().map_or_else(|_| Reply::failure(), Reply::ok),
            Err(error) => error.into(),
        }
    }

    /// As [`Self::call`], but `StartSyncExecution` is answered when its execution has ended. Runs on any executor.
    pub async fn call_async(&self, action: &str, body: &[u8]) -> Reply {
        match self.0.answer(action, body) {
            Ok(Answer::Now(body)) => Reply::ok(body),
            Ok(Answer::AtEnd(end)) => match end.await {
                Ok(body) => Reply::ok(body),
                Err(_) => Reply::failure(),
            },
            Err(error) => error.into(),
        }
    }

    /// Totals since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.store.counters()
    }

    /// The newest `limit` executions that are remembered, newest first.
    #[must_use]
    pub fn executions(&self, limit: usize) -> Vec<ExecutionSummary> {
        let (rows, _) = self.0.store.newest(u64::MAX, limit, |execution| {
            let machine_arn = &self.0.machines[execution.machine].plan.arn;
            Some(ExecutionSummary {
                arn: execution_arn(machine_arn, &execution.name, execution.express.as_deref()),
                name: execution.name.to_string(),
                machine_arn: machine_arn.clone(),
                status: execution.status(),
                start: Duration::from_millis(execution.start),
                stop: execution.stop().map(Duration::from_millis),
            })
        });
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// The last lines that handlers wrote to their console, oldest first.
    #[must_use]
    pub fn handler_log(&self) -> Vec<String> {
        self.0.console.lines()
    }

    /// Also hands every later line of the handlers' consoles to `sink`, on the workflow thread.
    pub fn pass_handler_log(&self, sink: impl FnMut(&str) + Send + 'static) {
        self.0.console.pass_to(Box::new(sink));
    }

    /// Ends the workflow thread; open executions stay as they are. Also done on drop.
    pub fn stop(&self) {
        self.0.engine.stop();
    }
}

impl Reply {
    fn ok(body: Vec<u8>) -> Self {
        Self { status: 200, body }
    }

    /// The caller is not who it says, or says nothing; `error_type` as in `InvalidSignatureException`.
    pub(crate) fn denied(error_type: &str, message: &str) -> Self {
        ApiError::denied(error_type, message).into()
    }

    /// The call is one too many.
    pub(crate) fn throttled() -> Self {
        ApiError::throttled().into()
    }

    /// The service itself has failed: the execution may have been started.
    pub(crate) fn failure() -> Self {
        Self { status: 500, body: br#"{"__type":"com.amazon.coral.service#InternalFailure"}"#.to_vec() }
    }
}
