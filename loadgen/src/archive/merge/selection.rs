//! Whether runs are parts of one load, and which of several attempts at a part counts.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::part::Part;
use crate::archive::directory::Manifest;
use crate::mistake::Mistake;
use crate::report::{Attempt, AttemptEnding};

/// The parts of one load.
#[derive(Debug)]
pub(super) struct LoadParts {
    /// Those whose figures count, in order.
    pub(super) counted: Vec<Part>,
    /// Attempts that another one replaced.
    pub(super) discarded: Vec<Part>,
    /// Every attempt.
    pub(super) attempts: Vec<Attempt>,
}

impl LoadParts {
    pub(super) fn of(mut parts: Vec<Part>) -> Result<Self, Mistake> {
        parts.sort_by_key(Part::first);
        for pair in parts.windows(2) {
            if let Some(what) = difference(&pair[0].manifest, &pair[1].manifest) {
                let (a, b) = (pair[0].shown(), pair[1].shown());
                return Err(Mistake::usage(format!(
                    "{a} and {b} differ in their {what}: runs of different loads cannot be merged, compare them with \
                     `loadgen compare`"
                )));
            }
        }
        let best = best(&parts)?;
        let mut selection = Self { counted: Vec::new(), discarded: Vec::new(), attempts: Vec::new() };
        for (number, mut part) in parts.into_iter().enumerate() {
            let counts = part.is_merged() || best.get(&part.first().0) == Some(&number);
            if !part.is_merged() {
                part.attempts.iter_mut().for_each(|attempt| attempt.counts = counts);
            }
            selection.attempts.extend_from_slice(&part.attempts);
            if counts { &mut selection.counted } else { &mut selection.discarded }.push(part);
        }
        selection.attempts.sort_by_key(|attempt| (attempt.shard, attempt.attempt));
        Ok(selection)
    }

    /// The first part that counts; there is at least one.
    pub(super) fn first(&self) -> &Part {
        &self.counted[0]
    }
}

/// Which of the parts is the attempt that counts, for each shard.
fn best(parts: &[Part]) -> Result<BTreeMap<u32, usize>, Mistake> {
    let mut of_shard: BTreeMap<u32, Vec<(&Attempt, usize)>> = BTreeMap::new();
    for (number, part) in parts.iter().enumerate() {
        for attempt in &part.attempts {
            let others = of_shard.entry(attempt.shard).or_default();
            let twice = |(other, at): &&(&Attempt, usize)| {
                *at != number && (other.attempt == attempt.attempt || part.is_merged() || parts[*at].is_merged())
            };
            if let Some((_, at)) = others.iter().find(twice) {
                let (a, b, shard) = (parts[*at].shown(), part.shown(), attempt.shard);
                return Err(Mistake::usage(format!(
                    "shard {shard} is in {a} and in {b}: name each run once; a merged run cannot be taken apart, so \
                        merge the directories of the shards themselves"
                )));
            }
            others.push((attempt, number));
        }
    }
    let rank = |attempt: &Attempt| {
        let (ended, sent) = match attempt.ending {
            AttemptEnding::Complete => (0, 0),
            AttemptEnding::Aborted => (1, 0),
            AttemptEnding::Interrupted => (2, 0),
            // The one that got furthest.
            AttemptEnding::Torn => (3, attempt.sent),
        };
        (ended, Reverse(sent), attempt.attempt)
    };
    let best = of_shard.into_iter().filter_map(|(shard, attempts)| {
        let best = attempts.into_iter().min_by_key(|(attempt, _)| rank(attempt))?;
        Some((shard, best.1))
    });
    Ok(best.collect())
}

/// What parts of one load have to have in common, and these two have not.
fn difference(a: &Manifest, b: &Manifest) -> Option<&'static str> {
    let differences = [
        ("version of loadgen", a.run.loadgen != b.run.loadgen),
        ("scenario (its digest)", a.run.digest != b.run.digest),
        ("seed", a.run.seed != b.run.seed),
        ("number of shards", a.shard.count() != b.shard.count()),
        ("expected names", (a.names, a.names_assumed) != (b.names, b.names_assumed)),
        ("warm-up", a.warmup != b.warmup),
        ("duration", a.window_ns != b.window_ns),
        ("thresholds", a.thresholds != b.thresholds),
        ("stages and payloads", a.places != b.places),
    ];
    differences.into_iter().find(|(_, differ)| *differ).map(|(what, _)| what)
}
