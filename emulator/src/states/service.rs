//! What the actions of the API work on: the machines, the executions and the thread that runs them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::asl::{Functions, Randomness, load};
use super::engine::Engine;
use super::options::StatesOptions;
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
    pub(crate) console: Console,
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
    /// Loads what is deployed and starts the workflow thread.
    pub(crate) fn new(
        deployment: &Deployment,
        clock: Arc<dyn Clock>,
        options: StatesOptions,
    ) -> Result<Self, LoadError> {
        let now = clock.now();
        let concurrency = options.concurrency();
        let StatesOptions { quotas, retain, seed, cold_start, natives, .. } = options;
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
        Ok(Self {
            machines,
            region: stack.region.clone(),
            created: millis(now),
            seed,
            throttle: Throttle::new(quotas, &stack.region),
            store,
            engine,
            console,
            randomness: Mutex::new(Randomness::seeded(seed.rotate_left(32))),
            clock,
        })
    }

    /// A version 4 UUID, for what the caller does not name.
    pub(crate) fn uuid(&self) -> String {
        self.randomness.lock().unwrap_or_else(PoisonError::into_inner).uuid().to_string()
    }
}
