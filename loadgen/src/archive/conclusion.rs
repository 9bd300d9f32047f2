//! From what a run has recorded to what is said of it: one way for a run that ends and for one that is rebuilt.

use super::collector::keep_examples;
use super::directory::{Ending, Manifest};
use super::merge::attempt_of;
use super::recording::Recording;
use crate::judge::{Circumstances, Threshold};
use crate::record::{Kind, MergedNames};
use crate::report::{Account, Shards, Summary};

/// What is said of a run, and what it is said by.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// The figures and the verdict.
    pub summary: Summary,
    /// What was recorded.
    pub account: Account,
}

/// What is said of a run. `unsteady` is why it is not known from when on the target was warm, if that was asked.
pub(crate) fn conclude(
    (mut recording, unsteady): (Recording, Option<String>),
    names: MergedNames,
    manifest: &Manifest,
    ending: &Ending,
    thresholds: &[Threshold],
) -> Conclusion {
    keep_examples(&mut recording.examples, &names.examples);
    let count = manifest.shard.count();
    let merged = (!manifest.attempts.is_empty()).then(|| Shards::of(count, manifest.attempts.clone(), names.twins));
    let partial = merged.as_ref().and_then(Shards::lacking);
    let account = Account {
        planned: manifest.planned,
        arrivals_sha256: ending.arrivals_sha256.clone(),
        executes: recording.counts_of(&manifest.places.of_kind(Kind::Execute)),
        counts: recording.counts,
        tally: recording.tally,
        history: recording.history,
        windows: recording.windows,
        timeline: recording.timeline,
        places: manifest.places.clone(),
        warmup: recording.from,
        names: names.names,
        examples: recording.examples,
        elapsed: ending.elapsed_ns,
        window: manifest.window_ns,
        circumstances: Circumstances { partial: partial.clone(), ..ending.circumstances(unsteady) },
    };
    let mut summary = Summary::of(&account, thresholds, manifest.run.clone(), ending.workflows.clone());
    let shards = merged.unwrap_or_else(|| Shards::of(count, vec![attempt_of(manifest, &summary, ending)], 0));
    // Of a load in one part there is nothing to tell, unless it broke off or was tried again.
    summary.shards = (count > 1 || shards.attempts.len() > 1 || partial.is_some()).then_some(shards);
    Conclusion { summary, account }
}
