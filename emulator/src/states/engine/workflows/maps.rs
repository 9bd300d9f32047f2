//! Map runs on the workflow thread.

use std::sync::Arc;
use std::time::Duration;

use super::{Work, Workflows};
use crate::states::engine::command::Command;
use crate::states::map_runs::{self, ChildEnded, MapRunCaller, MapRunStep};
use crate::states::run::{ChildInputs, Failure, Happening, Key, MapRunOrder, Reading};

impl Workflows {
    /// Whoever is told that an execution of a map run has ended.
    fn told(&self) -> impl Fn(ChildEnded) + Clone + Send + 'static + use<> {
        let sender = self.sender.clone();
        move |ended| {
            // After the stop nobody listens, as it should be.
            let _ = sender.send(Command::ChildEnded(Box::new(ended)));
        }
    }

    /// Reads the items of a map run.
    pub(super) fn read_items(&mut self, execution: u64, key: Key, reading: Reading) {
        let doubles = Arc::clone(&self.doubles);
        self.aside(
            execution,
            move |items| Happening::ItemsRead(key, items),
            move || map_runs::read(doubles.buckets(), &reading),
        );
    }

    /// Begins a map run.
    pub(super) fn begin_map_run(&mut self, execution: u64, key: Key, order: MapRunOrder, now: Duration) {
        let Some((arn, case)) = self.store.identity(execution) else { return };
        let caller = MapRunCaller { execution, key, arn, case };
        match self.map_runs.begin(caller, order, &self.launcher, self.doubles.buckets(), now) {
            Ok(due) => self.enqueue(due),
            Err(failure) => self.step(execution, Happening::MapRunEnded(key, Err(failure)), now),
        }
    }

    /// Gives a map run more inputs.
    pub(super) fn give_inputs(&mut self, execution: u64, key: Key, inputs: Result<ChildInputs, Failure>) {
        let due = self.map_runs.take_inputs(execution, key, inputs);
        self.enqueue(due);
    }

    /// Takes note of the end of one of a map run's executions.
    pub(super) fn child_ended(&mut self, ended: &ChildEnded) {
        self.serve_map_run(ended.run);
        let due = self.map_runs.child_ended(ended);
        self.enqueue(due);
    }

    /// Goes on with a map run whose limits were changed.
    pub(super) fn resume_map_run(&mut self, number: u64) {
        self.serve_map_run(number);
        let due = self.map_runs.resume(number);
        self.enqueue(due);
    }

    /// Puts an end to a map run that nobody waits for any more.
    pub(super) fn stop_map_run(&mut self, execution: u64, key: Key) {
        let due = self.map_runs.stop(execution, key);
        self.enqueue(due);
    }

    /// What is done now is done for the execution whose state began that map run: a panic ends it.
    fn serve_map_run(&mut self, number: u64) {
        self.served = self.map_runs.caller_of(number);
    }

    /// A map run has its turn after all that is to be done already.
    fn enqueue(&mut self, due: Option<u64>) {
        self.work.extend(due.map(Work::MapRun));
    }

    /// The turn of a map run.
    pub(super) fn turn_of_map_run(&mut self, number: u64, now: Duration) {
        self.serve_map_run(number);
        let MapRunStep { begun, stop, wants, goes_on, over } =
            self.map_runs.turn(number, &self.launcher, now, &self.told());
        if let Some((execution, effects)) = begun {
            self.accept(execution, effects);
        }
        let stop = stop.into_iter().map(|child| Work::Tell(child, Happening::Stop(Failure::default())));
        self.work.extend(stop);
        self.work.extend(wants.map(|(execution, key)| Work::Tell(execution, Happening::InputsWanted(key))));
        self.enqueue(goes_on.then_some(number));
        let Some(((execution, key), results)) = over else { return };
        self.served = Some(execution);
        let doubles = Arc::clone(&self.doubles);
        let report = move |result| Happening::MapRunEnded(key, result);
        if results.is_exported() {
            self.aside(execution, report, move || results.conclude(doubles.buckets()));
        } else {
            self.step(execution, report(results.conclude(doubles.buckets())), now);
        }
    }

    /// Reads or writes files on a thread of their own, so that other workflows go on.
    fn aside<T: 'static>(
        &mut self,
        execution: u64,
        report: impl Fn(Result<T, Failure>) -> Happening + Clone + Send + 'static,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) {
        self.out += 1;
        let (sender, store, clock, done) =
            (self.sender.clone(), Arc::clone(&self.store), Arc::clone(&self.clock), report.clone());
        let spawned = std::thread::Builder::new().name("files".to_owned()).spawn(move || {
            // What comes of it is worked out here too: the first inputs are made of it.
            let worked = store.panics.or_broken(work);
            let effects = store.step(execution, done(worked), clock.now());
            let _ = sender.send(Command::Effects(execution, effects));
            let _ = sender.send(Command::CameIn);
        });
        if let Err(error) = spawned {
            self.out -= 1;
            let failure = Failure::new("States.Runtime", format!("the thread for files cannot be started: {error}"));
            self.step(execution, report(Err(failure)), self.clock.now());
        }
    }
}
