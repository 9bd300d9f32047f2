//! From what a run has recorded to what is said of it: one way for a run that ends and for one that is rebuilt.

use std::collections::BTreeSet;

use super::attempt::attempt_of;
use super::directory::{Ending, Manifest};
use super::examples::keep_examples;
use super::recording::Recording;
use crate::judge::Circumstances;
use crate::record::{Kind, MergedNames, StateMachine};
use crate::report::{Account, Attempt, AttemptEnding, Shards, Summary};
use crate::scenario::Names;

/// What is said of a run, and what it is said by.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// The figures and the verdict.
    pub summary: Summary,
    /// What was recorded.
    pub account: Account,
    /// State machines whose executions were started.
    pub machines: BTreeSet<StateMachine>,
    /// What names were held to.
    pub names: Names,
}

/// What is said of a run. `unsteady` is why it is not known from when on the target was warm, if that was asked.
pub(crate) fn conclude(
    (mut recording, unsteady): (Recording, Option<String>),
    names: MergedNames,
    manifest: &Manifest,
    ending: &Ending,
) -> RunResult {
    keep_examples(&mut recording.examples, &names.examples);
    let count = manifest.shard.count();
    let merged = (!manifest.attempts.is_empty()).then(|| Shards::of(count, manifest.attempts.clone(), names.twins));
    let partial = merged.as_ref().and_then(Shards::lacking);
    let chosen = manifest.names_assumed && recording.counts.has_names_of_its_own();
    if chosen {
        recording.accept_names();
    }
    let machines = std::mem::take(&mut recording.machines);
    let account = Account {
        planned: manifest.planned,
        arrivals_sha256: ending.arrivals_sha256.clone(),
        by_place: recording.by_place,
        counts: recording.counts,
        tally: recording.tally,
        history: recording.history,
        windows: recording.windows,
        timeline: recording.timeline,
        places: manifest.places.clone(),
        stages: manifest.stages(),
        warmup: recording.from,
        names: names.names,
        examples: recording.examples,
        answers: recording.answers,
        lookups: ending.lookups,
        workflows: ending.workflows.clone(),
        cost: ending.cost.clone(),
        elapsed: ending.elapsed_ns,
        sent_until: ending.sent_until_ns,
        window: manifest.window_ns,
        asked: manifest.asked_per_second.map(|rate| rate * share(manifest)),
        extent: manifest.extent,
        all_broke_off: all_broke_off(&manifest.attempts),
        circumstances: Circumstances {
            partial: partial.clone(),
            scarce: manifest.scarce.clone(),
            ..ending.circumstances(unsteady)
        },
    };
    let mut summary = Summary::of(&account, &manifest.thresholds, manifest.run.clone());
    if machines.len() > 1 {
        let some: Vec<String> = machines.iter().take(3).map(StateMachine::arn).collect();
        summary.remarks.push(format!(
            "executions of {} state machines were started ({}{}): see that the target is the one meant",
            machines.len(),
            some.join(", "),
            if machines.len() > some.len() { ", …" } else { "" }
        ));
    }
    summary.remarks.extend(other_kind(manifest, &machines));
    if chosen {
        summary.remarks.push(
            "no execution has the x-amzn-RequestId of its answer as its name, so names are taken for Step Functions' own \
             choice and checked for being distinct and legal alone: say which of both is right with names = \"service\" or \
             \"request-id\" in the scenario's [target], or with --names"
                .into(),
        );
    }
    let shards = merged.unwrap_or_else(|| Shards::of(count, vec![attempt_of(manifest, &summary, ending)], 0));
    // Of a load in one part there is nothing to tell, unless it broke off or was tried again.
    summary.shards = (count > 1 || shards.attempts.len() > 1 || partial.is_some()).then_some(shards);
    RunResult { summary, account, machines, names: if chosen { Names::Service } else { manifest.names } }
}

/// Whether none of the shards that count was there to the end.
fn all_broke_off(attempts: &[Attempt]) -> bool {
    let mut counted = attempts.iter().filter(|attempt| attempt.counts).peekable();
    counted.peek().is_some() && counted.all(|attempt| attempt.ending != AttemptEnding::Complete)
}

/// What is to be said of executions that are of another type than the payloads' kind is for.
fn other_kind(manifest: &Manifest, machines: &BTreeSet<StateMachine>) -> Option<String> {
    let waits = manifest.places.starting_kind() == Kind::ExecuteSync;
    machines.iter().any(|machine| machine.is_express() != waits).then(|| {
        if waits {
            "answers tell of STANDARD executions that were started, for which the route does not wait: leave kind = \
             \"execute-sync\" out"
        } else {
            "the executions are EXPRESS ones, and how they end is not counted: where the route waits for them \
             (StartSyncExecution), kind = \"execute-sync\" counts that"
        }
        .into()
    })
}

/// Which share of the load a run has sent: that of its shard, or of the shards that it was merged of.
pub(super) fn share(manifest: &Manifest) -> f64 {
    let parts = manifest.attempts.iter().filter(|attempt| attempt.counts).count().max(1);
    parts as f64 / f64::from(manifest.shard.count())
}
