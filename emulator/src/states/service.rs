//! What the actions of the API work on: the machines, the executions and the thread that runs them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::activities::Activities;
use super::asl::{IntegrationPattern, Machine as Definition, PayloadTemplate, Randomness, StateKind, Target, load};
use super::engine::{Engine, Equipment};
use super::functions::Functions;
use super::launch::{Launcher, Machine};
use super::options::StatesOptions;
use super::quotas::Throttle;
use super::route::{Router, function_name};
use super::run::Plan;
use super::store::Store;
use super::wire::millis;
use crate::clock::Clock;
use crate::deployment::{Deployment, MachineKind, StateMachine};
use crate::document::LoadError;
use crate::doubles::Doubles;
use crate::functions::{Console, Library, LibraryOptions};

/// An Express execution ends after five minutes (Step Functions quotas).
const EXPRESS_TIMEOUT: Duration = Duration::from_mins(5);

/// What the actions work on.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) launcher: Arc<Launcher>,
    pub(crate) activities: Arc<Activities>,
    pub(crate) doubles: Arc<Doubles>,
    pub(crate) region: String,
    /// `arn:PARTITION:states:REGION:ACCOUNT`
    pub(crate) arn_prefix: String,
    /// When everything was made, in milliseconds since the Unix epoch.
    pub(crate) created: u64,
    pub(crate) throttle: Throttle,
    pub(crate) engine: Engine,
    pub(crate) console: Console,
    /// What was passed over at load.
    pub(crate) warnings: Vec<String>,
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
        let StatesOptions { quotas, retain, seed, cold_start, natives, doubles, .. } = options;
        let stack = &deployment.stack;
        let arn_prefix = format!("arn:{}:states:{}:{}", stack.partition, stack.region, stack.account);
        let function_prefix = format!("arn:{}:lambda:{}:{}:function:", stack.partition, stack.region, stack.account);
        let (mut machines, mut named) = (Vec::with_capacity(deployment.machines.len()), HashSet::new());
        let activities = Activities::default();
        for machine in &deployment.machines {
            let plan = plan(machine, &format!("arn:{}:iam::{}:role/", stack.partition, stack.account))?;
            names_in(&plan.machine, &mut named);
            for activity in activities_in(&plan.machine) {
                activities.create(activity, millis(now));
            }
            let definition = machine.definition.to_json().to_string();
            let logical_id = logical_id(&machine.name).map(str::to_owned);
            machines.push(Machine { plan: Arc::new(plan), kind: machine.kind, definition, logical_id });
        }
        check_cases(&doubles, &machines)?;
        let console = Console::default();
        let library = Library::load(&LibraryOptions {
            functions: &deployment.functions,
            handlers: &doubles.handlers,
            natives: &natives,
            named: &named,
            function_prefix: &function_prefix,
            cold_start,
            concurrency,
            now,
        })?;
        let warnings = library.warnings();
        let (doubles, activities) = (Arc::new(doubles), Arc::new(activities));
        let store = Arc::new(Store::new(retain));
        let launcher = Arc::new(Launcher {
            machines,
            store: Arc::clone(&store),
            seed,
            randomness: Mutex::new(Randomness::seeded(seed.rotate_left(32))),
        });
        let router = Router {
            functions: Functions::new(library.names()),
            unhandled: library.unhandled(),
            doubles: Arc::clone(&doubles),
            region: stack.region.clone(),
            function_prefix,
        };
        let equipment = Equipment {
            clock: Arc::clone(&clock),
            store,
            launcher: Arc::clone(&launcher),
            activities: Arc::clone(&activities),
            router,
            library,
            console: console.clone(),
            seed,
        };
        let engine = Engine::start(equipment)
            .map_err(|error| LoadError::nowhere(format!("the workflow thread cannot be started: {error}")))?;
        Ok(Self {
            clock,
            launcher,
            activities,
            doubles,
            region: stack.region.clone(),
            arn_prefix,
            created: millis(now),
            throttle: Throttle::new(quotas, &stack.region),
            engine,
            console,
            warnings,
        })
    }
}

fn plan(machine: &StateMachine, role_prefix: &str) -> Result<Plan, LoadError> {
    let mut checked = load(&machine.definition)?;
    if machine.kind == MachineKind::Express {
        if let Some(name) = waits_for_token(&checked) {
            return Err(LoadError::at(
                &machine.definition.position,
                format!("state `{name}` waits for a task token or a job, which Express state machines cannot do"),
            ));
        }
        checked.timeout = Some(checked.timeout.map_or(EXPRESS_TIMEOUT, |timeout| timeout.min(EXPRESS_TIMEOUT)));
    }
    Ok(Plan {
        machine: checked,
        arn: machine.arn.clone(),
        name: machine.name.clone(),
        role_arn: format!("{role_prefix}{}-role", machine.name),
        express: machine.kind == MachineKind::Express,
    })
}

/// The first state that an Express machine may not have: one by `.sync` or `.waitForTaskToken`, or an activity
/// (developer guide, "Choosing workflow type").
fn waits_for_token(machine: &Definition) -> Option<&str> {
    machine.states.iter().find_map(|state| match &state.kind {
        StateKind::Task(task)
            if task.resource.pattern != IntegrationPattern::RequestResponse
                || task.resource.target == Target::Activity =>
        {
            Some(&*state.name)
        }
        _ => None,
    })
}

/// Every name under which a handler for a task of this machine may be declared.
fn names_in(machine: &Definition, named: &mut HashSet<String>) {
    for state in &machine.states {
        let StateKind::Task(task) = &state.kind else { continue };
        let name = task.resource.name();
        named.insert(name.to_owned());
        named.extend(name.strip_prefix("aws-sdk:").map(str::to_owned));
        if task.resource.target == Target::Function {
            named.insert(function_name(name).to_owned());
        }
        if let Some(PayloadTemplate::Object(fields)) = state.flow.arguments()
            && let Some((_, PayloadTemplate::Literal(Value::String(function)))) =
                fields.iter().find(|(key, _)| key == "FunctionName")
        {
            named.insert(function.clone());
            named.insert(function_name(function).to_owned());
        }
    }
}

fn activities_in(machine: &Definition) -> impl Iterator<Item = &str> {
    machine.states.iter().filter_map(|state| match &state.kind {
        StateKind::Task(task) if task.resource.target == Target::Activity => Some(&*task.resource.text),
        _ => None,
    })
}

/// A state machine of the file of mocks that is not deployed would never be used.
fn check_cases(doubles: &Doubles, machines: &[Machine]) -> Result<(), LoadError> {
    for name in doubles.machines_with_cases() {
        if !machines.iter().any(|machine| machine.plan.name == name || machine.logical_id.as_deref() == Some(name)) {
            let known: Vec<&str> =
                machines.iter().map(|it| it.logical_id.as_deref().unwrap_or(&it.plan.name)).collect();
            let known = known.join(", ");
            let message =
                format!("the file of mocks has test cases for `{name}`, which is not deployed: there is {known}");
            return Err(LoadError::nowhere(message));
        }
    }
    Ok(())
}

/// The logical id in a name that CloudFormation would make up for a state machine: the id and twelve letters or digits.
fn logical_id(name: &str) -> Option<&str> {
    let (id, suffix) = name.rsplit_once('-')?;
    let made_up = suffix.len() == 12 && suffix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    made_up.then_some(id)
}
