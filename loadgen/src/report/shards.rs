//! Which parts of a load a summary covers, how each went, and how far apart they began.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::show_microseconds;

/// Most attempts that the screen shows.
const SHOWN: usize = 16;

/// The shards of a load that is divided among several processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Shards {
    /// How many parts the load has.
    pub(crate) of: u32,
    /// How many of them are covered from beginning to end.
    pub(crate) complete: u32,
    /// The parts of which there is nothing.
    pub(crate) missing: Vec<u32>,
    /// Milliseconds between the first and the last start of those that count.
    pub(crate) start_spread_ms: u64,
    /// Names that two attempts at the same arrival got: one execution, told twice. They are no duplicates.
    pub(crate) twins: u64,
    /// Every attempt at a part, in order.
    pub(crate) attempts: Vec<Attempt>,
}

/// One attempt at a part of a load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "`summary.json` names it so")]
pub struct Attempt {
    /// The part, from 0.
    pub(crate) shard: u32,
    /// How often it was started before.
    pub(crate) attempt: u32,
    /// How it ended.
    pub(crate) ending: AttemptEnding,
    /// What its run directory does not hold any more, if that is why it counts as torn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lacking: Option<String>,
    /// Whether the figures hold it; of several attempts at a part, one does.
    pub(crate) counts: bool,
    /// The machine.
    pub(crate) host: String,
    /// When it began, RFC 3339 in UTC; shards that agreed on an instant have this one.
    pub(crate) started_at: String,
    /// Microseconds by which it came after the instant agreed on.
    pub(crate) late_us: u64,
    /// Most microseconds that its clock was off; `null` where nobody keeps it right.
    pub(crate) clock_error_us: Option<u64>,
    /// Arrivals planned for it; `null` for a closed loop.
    pub(crate) planned: Option<u64>,
    /// Requests that it sent.
    pub(crate) sent: u64,
    /// Executions that it started.
    pub(crate) started: u64,
    /// Seconds from its start to its end.
    pub(crate) seconds: f64,
    /// Requests that it sent each second.
    pub(crate) sent_per_second: f64,
    /// Microseconds from the intended instant to the end, median; `null` where nothing was measured, as all of these.
    #[serde(default)]
    pub(crate) response_p50_us: Option<u64>,
    /// The same for 99 in a hundred.
    #[serde(default)]
    pub(crate) response_p99_us: Option<u64>,
    /// Microseconds from the intended instant to the moment a connection took the request, median.
    pub(crate) lag_p50_us: Option<u64>,
    /// The same for 99 in a hundred.
    pub(crate) lag_p99_us: Option<u64>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AttemptEnding {
    /// With everything sent.
    Complete,
    /// By a signal, in good order.
    Interrupted,
    /// By itself, at its cap or a threshold.
    Aborted,
    /// It broke off, or goes on: its run directory has no end.
    Torn,
}

impl AttemptEnding {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
            Self::Aborted => "aborted",
            Self::Torn => "torn",
        }
    }
}

impl Shards {
    /// The shards of a load of `of` parts, as far as there were attempts at them.
    #[must_use]
    pub(crate) fn of(of: u32, mut attempts: Vec<Attempt>, twins: u64) -> Self {
        attempts.sort_by_key(|attempt| (attempt.shard, attempt.attempt));
        let counted = || attempts.iter().filter(|attempt| attempt.counts);
        let present: BTreeSet<u32> = counted().map(|attempt| attempt.shard).collect();
        let starts: Vec<i64> = counted().filter_map(Attempt::start_ms).collect();
        let spread = starts.iter().max().zip(starts.iter().min()).map_or(0, |(last, first)| last.abs_diff(*first));
        Self {
            of,
            complete: u32::try_from(counted().filter(|a| a.ending != AttemptEnding::Torn).count()).unwrap_or(of),
            missing: (0..of).filter(|shard| !present.contains(shard)).collect(),
            start_spread_ms: spread,
            twins,
            attempts,
        }
    }

    /// What is not there of the load; `None` when all of it is.
    #[must_use]
    pub(crate) fn lacking(&self) -> Option<String> {
        let torn = self.attempts.iter().filter(|a| a.counts && a.ending == AttemptEnding::Torn).map(|a| a.shard);
        let torn = list(&torn.collect::<Vec<_>>(), "broke off");
        let damaged = self.attempts.iter().filter(|attempt| attempt.counts);
        let damaged = damaged.filter_map(|a| Some(format!("of shard {}, {}", a.shard, a.lacking.as_ref()?)));
        let words = [list(&self.missing, "missing"), torn].into_iter().flatten().chain(damaged).collect::<Vec<_>>();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// What the screen tells below its heading, each line ending with a line feed.
    #[must_use]
    pub(crate) fn screen(&self) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        write!(out, "{} of {} complete", self.complete, self.of)?;
        if self.attempts.iter().filter(|attempt| attempt.counts).count() > 1 {
            write!(out, ", began within {} ms", self.start_spread_ms)?;
        }
        let unsynchronised = self.attempts.iter().filter(|attempt| attempt.clock_error_us.is_none()).count();
        match unsynchronised {
            0 => {}
            _ if unsynchronised == self.attempts.len() => write!(out, ", clocks not synchronised")?,
            _ => write!(out, ", {unsynchronised} clocks not synchronised")?,
        }
        if self.twins > 0 {
            write!(out, ", {} names reported by two attempts at the same arrival", self.twins)?;
        }
        writeln!(out)?;
        let first = self.attempts.iter().filter_map(Attempt::start_ms).min().unwrap_or(0);
        let retried: BTreeMap<u32, usize> = self.attempts.iter().fold(BTreeMap::new(), |mut counts, attempt| {
            *counts.entry(attempt.shard).or_default() += 1;
            counts
        });
        let plain = |a: &&Attempt| a.ending == AttemptEnding::Complete && a.late_us == 0 && retried[&a.shard] == 1;
        let notable = self.attempts.iter().filter(|a| !plain(a));
        let shown: Vec<&Attempt> = if self.attempts.len() <= SHOWN {
            self.attempts.iter().collect()
        } else {
            notable.chain(self.attempts.iter().filter(plain)).take(SHOWN).collect()
        };
        for attempt in &shown {
            attempt.write(first, retried[&attempt.shard] > 1, out)?;
        }
        if shown.len() < self.attempts.len() {
            writeln!(out, "             and {} more in summary.json", self.attempts.len() - shown.len())?;
        }
        Ok(())
    }
}

impl Attempt {
    pub(super) fn start_ms(&self) -> Option<i64> {
        self.started_at.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
    }

    fn write(&self, first: i64, retried: bool, out: &mut String) -> std::fmt::Result {
        let name = if retried { format!("{} attempt {}", self.shard, self.attempt) } else { self.shard.to_string() };
        let after = self.start_ms().map_or(0, |start| start.saturating_sub(first));
        write!(
            out,
            "  {name:12} {:11} +{after} ms  sent {} ({:.1}/s)  started {}",
            self.ending.as_str(),
            self.sent,
            self.sent_per_second,
            self.started
        )?;
        if let (Some(p50), Some(p99)) = (self.lag_p50_us, self.lag_p99_us) {
            write!(out, "  lag p50 {} p99 {}", show_microseconds(p50), show_microseconds(p99))?;
        }
        if let Some(most) = self.clock_error_us {
            write!(out, "  clock ±{}", show_microseconds(most))?;
        }
        if self.late_us > 0 {
            write!(out, "  late by {}", show_microseconds(self.late_us))?;
        }
        if !self.host.is_empty() {
            write!(out, "  on {}", self.host)?;
        }
        writeln!(out, "{}", if self.counts { "" } else { "  NOT COUNTED: another attempt counts" })
    }
}

/// `shard 2 missing`, or `shards 2, 5 missing`; no more than eight are named.
fn list(shards: &[u32], what: &str) -> Option<String> {
    let plural = if shards.len() == 1 { "" } else { "s" };
    let mut names: Vec<String> = shards.iter().take(8).map(u32::to_string).collect();
    if shards.len() > names.len() {
        names.push(format!("and {} more", shards.len() - names.len()));
    }
    (!shards.is_empty()).then(|| format!("shard{plural} {} {what}", names.join(", ")))
}
