//! Map runs on the workflow thread.

use std::sync::Arc;
use std::time::Duration;

use super::Workflows;
use crate::states::engine::command::Command;
use crate::states::map_runs::{self, ChildEnded, MapRunCaller, MapRunStep};
use crate::states::run::{Failure, Happening, Key, MapRunOrder, Reading};

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
        let begun = self.map_runs.begin(caller, order, &self.launcher, now, &self.told());
        match begun {
            Ok(step) => self.follow(step, now),
            Err(failure) => {
                let effects = self.store.step(execution, Happening::MapRunEnded(key, Err(failure)), now);
                self.accept(execution, effects);
            }
        }
    }

    /// Goes on with a map run after one of its executions has ended.
    pub(super) fn child_ended(&mut self, ended: ChildEnded) {
        let now = self.clock.now();
        let step = self.map_runs.child_ended(ended, &self.launcher, now, &self.told());
        self.follow(step, now);
    }

    /// Goes on with a map run whose limits were changed.
    pub(super) fn resume_map_run(&mut self, number: u64) {
        let now = self.clock.now();
        let step = self.map_runs.resume(number, &self.launcher, now, &self.told());
        self.follow(step, now);
    }

    /// Puts an end to a map run that nobody waits for any more.
    pub(super) fn stop_map_run(&mut self, execution: u64, key: Key, now: Duration) {
        let step = self.map_runs.stop(execution, key, now);
        self.follow(step, now);
    }

    fn follow(&mut self, step: MapRunStep, now: Duration) {
        for (execution, effects) in step.effects {
            self.accept(execution, effects);
        }
        for child in step.stop {
            let effects = self.store.step(child, Happening::Stop(Failure::default()), now);
            self.accept(child, effects);
        }
        let Some((caller, results)) = step.over else { return };
        self.served = caller.map(|(execution, _)| execution);
        let doubles = Arc::clone(&self.doubles);
        match caller {
            Some((execution, key)) if results.is_exported() => {
                self.aside(
                    execution,
                    move |result| Happening::MapRunEnded(key, result),
                    move || results.conclude(doubles.buckets()),
                );
            }
            Some((execution, key)) => {
                let result = results.conclude(doubles.buckets());
                let effects = self.store.step(execution, Happening::MapRunEnded(key, result), now);
                self.accept(execution, effects);
            }
            None => drop(results.conclude(doubles.buckets())),
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
            // What comes of it is worked out here too: a file may have a million items.
            let worked = store.panics.contain(work).unwrap_or_else(|| Err(Failure::broken()));
            let effects = store.step(execution, done(worked), clock.now());
            let _ = sender.send(Command::Effects(execution, effects));
            let _ = sender.send(Command::CameIn);
        });
        if let Err(error) = spawned {
            self.out -= 1;
            let failure = Failure::new("States.Runtime", format!("the thread for files cannot be started: {error}"));
            let effects = self.store.step(execution, report(Err(failure)), self.clock.now());
            self.accept(execution, effects);
        }
    }
}
