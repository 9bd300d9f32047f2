//! What the actions of the API work on: the machines, the executions and the thread that runs them.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::activities::Activities;
use super::asl::{Machine as Definition, PayloadTemplate, Randomness, State, StateKind, Target};
use super::engine::{Engine, Equipment};
use super::functions::Functions;
use super::launch::Launcher;
use super::machines::{Machine, MachineIdentity, Machines};
use super::map_runs::MapRuns;
use super::options::StatesOptions;
use super::quotas::Throttle;
use super::route::{Router, function_name};
use super::run::{ActivityDirectory, TokenSecret};
use super::store::Store;
use super::wire::millis;
use crate::clock::Clock;
use crate::deployment::Deployment;
use crate::document::LoadError;
use crate::doubles::Doubles;
use crate::functions::{Console, Library, LibraryOptions, Native};
use crate::switches::{Switch, Switches};

/// What the actions work on.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) launcher: Arc<Launcher>,
    pub(crate) activities: Arc<Activities>,
    pub(crate) map_runs: Arc<MapRuns>,
    pub(crate) doubles: Arc<Doubles>,
    pub(crate) region: String,
    /// `arn:PARTITION:states:REGION:ACCOUNT`
    pub(crate) arn_prefix: String,
    pub(crate) throttle: Throttle,
    pub(crate) engine: Engine,
    /// Calls and invocations that wait for what the workflow thread does.
    pub(crate) awaited: AtomicUsize,
    pub(crate) console: Console,
    /// Which way what is only inferred goes.
    pub(crate) switches: Switches,
    /// What was passed over at load.
    pub(crate) passed_over: Vec<String>,
}

impl Service {
    /// Loads what is deployed and starts the workflow thread.
    pub(crate) fn new(
        deployment: &Deployment,
        clock: Arc<dyn Clock>,
        options: StatesOptions,
    ) -> Result<Self, LoadError> {
        let now = clock.now();
        let (concurrency, open, retained) = (options.concurrency(), options.open_limits(), options.retained());
        let StatesOptions { quotas, seed, cold_start, handler_bytes, natives, doubles, strict, switches, .. } = options;
        let stack = &deployment.stack;
        let arn_prefix = format!("arn:{}:states:{}:{}", stack.partition, stack.region, stack.account);
        let function_prefix = format!("arn:{}:lambda:{}:{}:function:", stack.partition, stack.region, stack.account);
        let (mut machines, mut named) = (Vec::with_capacity(deployment.machines.len()), HashSet::new());
        let answered = doubles.names().chain(natives.iter().map(Native::name));
        let activities = Activities::new(answered, TokenSecret(seed));
        for machine in &deployment.machines {
            let made_up = || format!("arn:{}:iam::{}:role/{}-role", stack.partition, stack.account, machine.name);
            let role_arn = machine.role_arn.clone().unwrap_or_else(made_up);
            let (arn, name, kind) = (&*machine.arn, &*machine.name, machine.kind);
            let identity = MachineIdentity { arn, name, role_arn: &role_arn, kind, switches };
            let (mut mistake, text) = (None, || machine.definition.to_json().to_string());
            let loaded = Machine::load(&identity, &machine.definition, text, millis(now), &mut |first| {
                mistake = Some(first);
                ControlFlow::Break(())
            });
            let loaded = loaded.ok_or_else(|| mistake.expect("who loads nothing tells of a mistake"))?;
            for mut loaded in loaded {
                if !loaded.is_processor() {
                    loaded.settings.clone_from(&machine.settings);
                    loaded.qualifiers.clone_from(&machine.qualifiers);
                }
                names_in(&loaded.plan.machine, &mut named);
                activities.create_named_in(&loaded.plan.machine, millis(now));
                machines.push(loaded);
            }
        }
        let unused = check_cases(&doubles, &machines, strict)?;
        let console = Console::default();
        let library = Library::load(&LibraryOptions {
            functions: &deployment.functions,
            handlers: &doubles.handlers,
            natives: &natives,
            named: &named,
            function_prefix: &function_prefix,
            cold_start,
            concurrency,
            memory: handler_bytes,
            strict,
            out_of_memory: switches.way(Switch::OutOfMemory),
            now,
        })?;
        let mut passed_over = library.passed_over();
        passed_over.extend(machines.iter().flat_map(|machine| doubts(&machine.plan.machine)));
        passed_over.extend(unused);
        let (doubles, activities) = (Arc::new(doubles), Arc::new(activities));
        let map_runs = Arc::<MapRuns>::default();
        let store = Arc::new(Store::new(retained, open).seeded(seed));
        let launcher = Arc::new(Launcher {
            machines: Machines::new(machines),
            activities: Arc::clone(&activities) as Arc<dyn ActivityDirectory>,
            store: Arc::clone(&store),
            seed,
            randomness: Mutex::new(Randomness::seeded(seed.rotate_left(32))),
        });
        let router = Router {
            functions: Functions::new(library.names()),
            unhandled: library.unhandled(),
            unloaded: library.unloaded(),
            doubles: Arc::clone(&doubles),
            region: stack.region.clone(),
            function_prefix,
        };
        let equipment = Equipment {
            clock: Arc::clone(&clock),
            store,
            launcher: Arc::clone(&launcher),
            activities: Arc::clone(&activities),
            map_runs: Arc::clone(&map_runs),
            doubles: Arc::clone(&doubles),
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
            map_runs,
            doubles,
            region: stack.region.clone(),
            arn_prefix,
            throttle: Throttle::new(quotas, &stack.region),
            engine,
            awaited: AtomicUsize::new(0),
            console,
            switches,
            passed_over,
        })
    }
}

/// The tasks whose action is none that AWS documents: it may be new, or misspelt.
fn doubts(machine: &Definition) -> Vec<String> {
    let doubts = |state: &State| {
        let StateKind::Task(task) = &state.kind else { return Vec::new() };
        let (resource, name) = (&task.resource, &state.name);
        let doubt = resource.doubt().map(|doubt| format!("resource `{}` of state `{name}`: {doubt}", resource.text));
        let handled = state.retry.iter().map(|it| &it.errors).chain(state.catch.iter().map(|it| &it.errors)).flatten();
        let misnamed = handled.filter_map(|error| {
            let right = resource.right_error_name(error)?;
            Some(format!("error `{error}` in state `{name}`: it is called `{right}`"))
        });
        doubt.into_iter().chain(misnamed).collect()
    };
    machine.states.iter().flat_map(doubts).collect()
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

/// The state machines of the file of mocks that are not deployed: their test cases wait until somebody creates them, as
/// is usual with AWS's Step Functions Local.
fn check_cases(doubles: &Doubles, machines: &[Machine], strict: bool) -> Result<Vec<String>, LoadError> {
    let mut unused = Vec::new();
    for name in doubles.machines_with_cases() {
        if !machines.iter().any(|machine| machine.plan.name == name || machine.logical_id.as_deref() == Some(name)) {
            let known: Vec<&str> = machines
                .iter()
                .filter(|it| !it.is_processor())
                .map(|it| it.logical_id.as_deref().unwrap_or(&it.plan.name))
                .collect();
            let known = known.join(", ");
            let what = format!("test cases for `{name}`, which is not deployed");
            if strict {
                return Err(LoadError::nowhere(format!("the file of mocks has {what}: there is {known}")));
            }
            unused.push(format!("{what}, until it is created; there is {known}"));
        }
    }
    unused.extend(check_states(doubles, machines, strict)?);
    let machines = doubles.machines_with_cases();
    match doubles.default_case() {
        Some(case) if !machines.iter().any(|machine| doubles.case(machine, case).is_some()) => {
            let known: Vec<&str> = machines.iter().flat_map(|machine| doubles.cases(machine)).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let message = format!("no state machine of the file of mocks has a test case `{case}`: there is {known}");
            Err(LoadError::nowhere(message))
        }
        _ => Ok(unused),
    }
}

/// The states that test cases name and their machine does not have: nothing of the case is ever asked for them.
fn check_states(doubles: &Doubles, machines: &[Machine], strict: bool) -> Result<Vec<String>, LoadError> {
    let mut unused = Vec::new();
    for machine in machines.iter().filter(|machine| !machine.is_processor()) {
        let has = |name: &str| {
            let own_or_of_a_processor =
                machines.iter().filter(|it| it.is_processor() || it.plan.arn == machine.plan.arn);
            own_or_of_a_processor.flat_map(|it| &it.plan.machine.states).any(|state| &*state.name == name)
        };
        for name in [Some(machine.plan.name.as_str()), machine.logical_id.as_deref()].into_iter().flatten() {
            for case in doubles.cases(name) {
                let Some(states) = doubles.case(name, case) else { continue };
                let mut unknown: Vec<_> = states.keys().filter(|state| !has(state)).collect();
                unknown.sort_unstable();
                for state in unknown {
                    let what =
                        format!("mock of state `{state}` in test case `{case}` of `{name}`, which has no such state");
                    if strict {
                        return Err(LoadError::nowhere(format!("the file of mocks has a {what}")));
                    }
                    unused.push(what);
                }
            }
        }
    }
    Ok(unused)
}
