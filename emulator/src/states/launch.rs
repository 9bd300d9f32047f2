//! Starts of executions, whoever asks: a caller of the API, or a task of another execution.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::asl::Randomness;
use super::data::Data;
use super::execution::{MapRunMember, TRIED_OUT, Waiter, execution_arn};
use super::machines::{Machine, Machines};
use super::run::{ActivityDirectory, Effect, Identity, Plan, Run, Trial};
use super::store::{Start, Started, Store};
use super::wire::millis;
use crate::deployment::MachineKind;
use crate::doubles::TestCase;

/// What is to be started.
pub(crate) struct Order<'a> {
    /// The machine, by its place in the deployment.
    pub(crate) place: usize,
    /// The name; one is drawn if there is none.
    pub(crate) name: Option<&'a str>,
    pub(crate) input: Data,
    pub(crate) trace: Option<&'a str>,
    /// The responses that stand in for tasks.
    pub(crate) case: Option<Arc<TestCase>>,
    pub(crate) now: Duration,
    /// Told of the end.
    pub(crate) waiter: Option<Waiter>,
    /// The map run that it is part of.
    pub(crate) map_run: Option<MapRunMember>,
}

/// An execution that has been started.
pub(crate) struct Launched {
    pub(crate) arn: String,
    /// When, in milliseconds since the Unix epoch.
    pub(crate) start: u64,
    /// What it wants done, with its number; nothing if one of this name and input was under way already.
    pub(crate) effects: Option<(u64, Vec<Effect>)>,
}

/// Why nothing was started.
pub(crate) enum NotLaunched {
    /// One of that name is there with another input, or has ended; its ARN.
    AlreadyExists(String),
    /// As much is open as may be.
    TooManyOpen,
}

/// The machines and what it takes to start them.
#[derive(Debug)]
pub(crate) struct Launcher {
    pub(crate) machines: Machines,
    pub(crate) activities: Arc<dyn ActivityDirectory>,
    pub(crate) store: Arc<Store>,
    pub(crate) seed: u64,
    pub(crate) randomness: Mutex<Randomness>,
}

impl Launcher {
    /// A version 4 UUID, for what the caller does not name.
    pub(crate) fn uuid(&self) -> String {
        self.randomness.lock().unwrap_or_else(PoisonError::into_inner).uuid().to_string()
    }

    /// The machine of an ARN, which may end in an alias or a version.
    pub(crate) fn find(&self, arn: &str) -> Option<(usize, Arc<Machine>)> {
        self.machines.addressed(arn)
    }

    /// Starts an execution and takes its first steps.
    pub(crate) fn start(&self, order: Order<'_>) -> Result<Launched, NotLaunched> {
        let Order { place, name, input, trace, case, now, waiter, map_run } = order;
        let machine = self.machines.at(place);
        let plan = &machine.plan;
        let generated = if name.is_none() { Some(self.uuid()) } else { None };
        let name = name.or(generated.as_deref()).expect("a name is drawn where none is given");
        let express = (machine.kind == MachineKind::Express).then(|| self.uuid().into_boxed_str());
        let arn = execution_arn(&plan.arn, name, express.as_deref());
        let start = Start { machine: place, plan, name, express, trace, now, waiter, map_run };
        let run = |id| {
            let identity =
                Identity { id, arn: arn.clone(), name: name.to_owned(), input: input.clone(), start: now, case };
            Run::new(Arc::clone(plan), identity, self.seed ^ id.wrapping_mul(0x9e37_79b9_7f4a_7c15))
                .knowing(Arc::clone(&self.activities))
        };
        // AWS does not say whether it compares texts or values; equal texts are certainly the same input, and so are
        // texts that differ only in how they are written.
        let same_input = |other: &str| other == input.text() || Data::parse(other).is_ok_and(|other| other == input);
        match self.store.start(start, run, same_input) {
            Started::New(id, effects) => Ok(Launched { arn, start: millis(now), effects: Some((id, effects)) }),
            Started::Same(start) => Ok(Launched { arn, start, effects: None }),
            Started::Exists => Err(NotLaunched::AlreadyExists(arn)),
            Started::Full => Err(NotLaunched::TooManyOpen),
        }
    }

    /// Tries out one state of a plan; its number and what it wants done, or nothing if as much is open as may be.
    pub(crate) fn try_out(
        &self,
        plan: &Arc<Plan>,
        input: Data,
        trial: Trial,
        now: Duration,
        waiter: Waiter,
    ) -> Option<(u64, Vec<Effect>)> {
        let (name, express) = (self.uuid(), self.uuid().into_boxed_str());
        // As recorded on AWS: its name ends its ARN.
        let arn = format!("{}:{name}", plan.arn.replacen(":stateMachine:", ":express:", 1));
        let start = Start {
            machine: TRIED_OUT,
            plan,
            name: &name,
            express: Some(express),
            trace: None,
            now,
            waiter: Some(waiter),
            map_run: None,
        };
        let run = |id| {
            let identity = Identity { id, arn, name: name.clone(), input, start: now, case: None };
            Run::new(Arc::clone(plan), identity, self.seed ^ id.rotate_left(17)).of_trial(trial)
        };
        match self.store.start(start, run, |_| false) {
            Started::New(id, effects) => Some((id, effects)),
            Started::Full => None,
            Started::Same(_) | Started::Exists => unreachable!("an Express execution is never the same as another"),
        }
    }
}
