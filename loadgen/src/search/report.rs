//! What a search has found: the answer, how it was found, and what a plain sweep would have taken.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bucket::MeasuredBucket;
use super::law::{SearchEnd, SearchLaw, SearchOptions};
use super::level::{LevelOutcome, LevelResult};
use crate::exit::Exit;
use crate::json::JsonFormat;
use crate::units::{show_microseconds, show_per_second, show_percent};

/// The result of a search: `search.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "loadgen search")]
pub(crate) struct SearchReport {
    /// Version of this format: 1.
    pub(crate) schema: u32,
    /// The target, without its query.
    pub(crate) target: String,
    /// Whether it was the embedded endpoint.
    pub(crate) embedded: bool,
    /// What has to hold at a rate.
    pub(crate) thresholds: Vec<String>,
    /// What was asked for.
    pub(crate) options: SearchOptions,
    /// The greatest rate that holds, per second; `null` where none was found to.
    pub(crate) rate: Option<f64>,
    /// A rate that holds; the greatest rate is not below it.
    pub(crate) low: Option<f64>,
    /// A rate that fails; the greatest rate is below it. `null` where none was found to.
    pub(crate) high: Option<f64>,
    /// The token bucket behind it: the sustained rate, and the burst on top of it; `null` where none was seen.
    pub(crate) bucket: Option<MeasuredBucket>,
    /// Why the search ended.
    pub(crate) end: SearchEnd,
    /// Executions that all levels asked for.
    pub(crate) executions: u64,
    /// Seconds that all levels took.
    pub(crate) seconds: f64,
    /// What a sweep with the same precision would have taken.
    pub(crate) sweep: Option<LinearSweep>,
    /// Every level, in the order in which they were tried.
    pub(crate) levels: Vec<LevelResult>,
}

/// A sweep that raises the rate by the same step until a level fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LinearSweep {
    /// Its step, per second: twice the precision of the answer.
    pub(crate) step: f64,
    /// Its levels.
    pub(crate) levels: u64,
    /// Executions that they ask for.
    pub(crate) executions: u64,
    /// Seconds that they take; where there is a token bucket, each as long as it takes to outlast it.
    pub(crate) seconds: u64,
}

impl LinearSweep {
    /// The sweep that would have found `rate`.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of levels and executions")]
    pub(crate) fn to(rate: f64, options: &SearchOptions, bucket: Option<MeasuredBucket>) -> Self {
        let step = 2.0 * options.precision * rate;
        let levels = (rate / step).floor() as u64 + 1;
        let (mut executions, mut seconds) = (0.0, 0);
        for level in 1..=levels {
            let at = step * level as f64;
            // The last one lies above the refill, and passes until the bucket is empty.
            let outlast = bucket.filter(|bucket| at > bucket.refill).map(|b| (b.burst / (at - b.refill)).ceil() as u64);
            let lasts = options.level_seconds + outlast.unwrap_or(0);
            executions += at * lasts as f64;
            seconds += lasts;
        }
        Self { step, levels, executions: executions.round() as u64, seconds }
    }
}

impl JsonFormat for SearchReport {}

impl SearchReport {
    /// What the levels of a search tell.
    #[must_use]
    pub(crate) fn of(
        target: &str,
        embedded: bool,
        thresholds: Vec<String>,
        options: &SearchOptions,
        levels: &[LevelResult],
        end: SearchEnd,
    ) -> Self {
        let law = SearchLaw::of(options, levels);
        let rate = law.rate();
        Self {
            schema: 1,
            target: target.into(),
            embedded,
            thresholds,
            options: *options,
            rate,
            low: law.low,
            high: law.high,
            bucket: law.bucket,
            end,
            executions: levels.iter().map(|level| level.executions).sum(),
            seconds: levels.iter().fold(0.0, |sum, level| sum + level.took_seconds),
            sweep: rate.filter(|_| law.high.is_some()).map(|rate| LinearSweep::to(rate, options, law.bucket)),
            levels: levels.to_vec(),
        }
    }

    /// The exit code: 0 for an answer as precise as asked for, 97 where this machine is the limit, 98 for a wider one, 99
    /// where no rate holds.
    #[must_use]
    pub(crate) const fn exit(&self) -> Exit {
        match self.end {
            SearchEnd::Found | SearchEnd::HighestHolds => Exit::Pass,
            SearchEnd::Generator => Exit::Invalid,
            SearchEnd::NoneHolds => Exit::Failed,
            SearchEnd::TimeUp | SearchEnd::ExecutionsUp | SearchEnd::Undecided => Exit::Inconclusive,
        }
    }

    fn answer(&self) -> String {
        let [rate, low, high] = [self.rate, self.low, self.high].map(|rate| rate.map(show_per_second));
        match (rate, low, high) {
            (Some(rate), Some(low), Some(high)) => format!("{rate} ({low}–{high})"),
            (Some(rate), _, None) => format!("at least {rate}"),
            (_, None, Some(high)) => format!("below {high}"),
            _ => "not known".into(),
        }
    }

    fn why(&self) -> Option<&'static str> {
        match self.end {
            SearchEnd::Found => None,
            SearchEnd::HighestHolds => Some("even the highest rate holds that --to allows"),
            SearchEnd::NoneHolds => Some("no rate holds: see the failures of the lowest level"),
            SearchEnd::Generator => {
                Some("this machine, not the target: it cannot send more (--threads, --pin, or more machines)")
            }
            SearchEnd::TimeUp => {
                Some("no time left for the next level: the same command with -o and a longer --max-time goes on")
            }
            SearchEnd::ExecutionsUp => Some(
                "no executions left for the next level: the same command with -o and more --max-executions goes on",
            ),
            SearchEnd::Undecided => {
                Some("levels around the answer stay undecided: allow more --repeats, or a longer --level-time")
            }
        }
    }
}

impl LevelResult {
    /// The level as a line of a table.
    #[must_use]
    pub(crate) fn row(&self) -> String {
        let time = |micros: Option<u64>| micros.map_or_else(|| "-".into(), show_microseconds);
        let outcome = match self.outcome {
            LevelOutcome::Holds => "holds",
            LevelOutcome::Fails => "fails",
            LevelOutcome::Undecided => "undecided",
            LevelOutcome::Generator => "generator",
        };
        let drained = if self.plan.is_drained() { "drained" } else { "" };
        format!(
            "{:>10} {:>6}  {:>8} {:>8}  {:>7}  {:>8}  {outcome:<9} {drained}",
            show_per_second(self.plan.rate),
            format!("{}s", self.plan.seconds),
            time(self.p50_us),
            time(self.p99_us),
            show_percent(self.failed),
            time(self.lag_p99_us),
        )
        .trim_end()
        .to_owned()
    }
}

/// The heading of the table whose lines [`LevelResult::row`] gives.
pub(crate) const LEVEL_HEADING: &str = "      RATE   TIME       p50      p99   FAILED   LAG p99  OUTCOME";

impl fmt::Display for SearchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:13}{}", "CAPACITY", self.answer())?;
        if let Some(MeasuredBucket { refill, burst, .. }) = self.bucket {
            let sustained = show_per_second(refill);
            writeln!(f, "{:13}a token bucket: sustained {sustained}, and a burst of {burst:.0} at once", "BUCKET")?;
        }
        if let Some(why) = self.why() {
            writeln!(f, "{:13}{why}", "ENDED")?;
        }
        writeln!(
            f,
            "{:13}{} executions in {:.0} s, {} levels",
            "TOOK",
            self.executions,
            self.seconds,
            self.levels.len()
        )?;
        if let Some(LinearSweep { step, levels, executions, seconds }) = self.sweep {
            let step = show_per_second(step);
            writeln!(f, "{:13}{executions} executions in {seconds} s, {levels} levels, in steps of {step}", "SWEEP")?;
        }
        Ok(())
    }
}
