//! Which level comes next.
//!
//! The rate is doubled until a level fails, and the gap is then halved, in ratios, until both ends lie within the precision
//! of their middle. A level that the data cannot decide is repeated, each time for twice as long; one that stays undecided
//! lies close to the limit, so the search steps to both sides of it.
//!
//! A token bucket passes more than it refills for a while. As soon as a level has shown one, a level that held is believed
//! only if it could not have lived on the bucket, and every further one begins with an empty bucket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bucket::MeasuredBucket;
use super::level::{LevelOutcome, LevelPlan, LevelResult};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SearchOptions {
    /// The first rate, in arrivals per second.
    pub(crate) from: f64,
    /// The highest rate that is tried.
    pub(crate) to: f64,
    /// How far the ends of the answer may lie from its middle, as a share.
    pub(crate) precision: f64,
    /// Seconds of a level.
    pub(crate) level_seconds: u64,
    /// How often an undecided level is repeated.
    pub(crate) repeats: u32,
    /// Most executions of the whole search; `null` for any number.
    pub(crate) max_executions: Option<u64>,
    /// Most seconds of the whole search.
    pub(crate) max_seconds: f64,
    /// Whether every level meets a target of its own, as fresh as the one before.
    pub(crate) fresh: bool,
}

/// Why a search has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SearchEnd {
    /// The answer is as precise as asked for.
    Found,
    /// Even the highest rate that was allowed holds.
    HighestHolds,
    /// Not even a thousandth of the first rate holds, or the lowest that a level can tell of.
    NoneHolds,
    /// This machine cannot send more; the target may take it.
    Generator,
    /// The next level would take more time than is allowed.
    TimeUp,
    /// The next level would start more executions than are allowed.
    ExecutionsUp,
    /// Levels around the answer stay undecided, however long they last.
    Undecided,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NextLevel {
    /// A level to try.
    Try(LevelPlan),
    /// Nothing.
    End(SearchEnd),
}

/// What is known so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SearchLaw<'l> {
    options: &'l SearchOptions,
    levels: &'l [LevelResult],
    /// The bucket that throttled a level, by the levels that showed it.
    pub(crate) bucket: Option<MeasuredBucket>,
    /// The highest rate that holds.
    pub(crate) low: Option<f64>,
    /// The lowest rate above it that fails.
    pub(crate) high: Option<f64>,
    /// Rates between them that stay undecided.
    stuck: Vec<f64>,
}

/// A little more than the rounding of numbers.
const HAIR: f64 = 1.000_1;

/// Requests of a level without which it tells nothing.
const LEAST_REQUESTS: f64 = 10.0;

/// Share of the precision by which the search steps aside of an undecided rate.
const ASIDE: f64 = 0.9;

impl<'l> SearchLaw<'l> {
    /// What the levels tell.
    #[must_use]
    pub(crate) fn of(options: &'l SearchOptions, levels: &'l [LevelResult]) -> Self {
        let bucket = bucket(levels);
        let holds = |level: &&LevelResult| level.outcome == LevelOutcome::Holds && outlasts(&level.plan, bucket);
        let low = levels.iter().filter(holds).map(|level| level.plan.rate).max_by(f64::total_cmp);
        let fails =
            |level: &&LevelResult| level.outcome == LevelOutcome::Fails && low.is_none_or(|low| level.plan.rate > low);
        let high = levels.iter().filter(fails).map(|level| level.plan.rate).min_by(f64::total_cmp);
        let mut law = Self { options, levels, bucket, low, high, stuck: Vec::new() };
        law.stuck = law.levels.iter().map(|level| level.plan.rate).filter(|rate| law.is_stuck(*rate)).collect();
        law
    }

    /// The answer so far: the refill of a bucket where one decides, otherwise the middle.
    #[must_use]
    pub(crate) fn rate(&self) -> Option<f64> {
        match (self.low, self.high) {
            (Some(low), Some(high)) => {
                let refill = self.bucket.map(|bucket| bucket.refill).filter(|refill| (low..=high).contains(refill));
                Some(refill.unwrap_or_else(|| (low * high).sqrt()))
            }
            (low, _) => low,
        }
    }

    /// What comes next.
    #[must_use]
    pub(crate) fn next(&self) -> NextLevel {
        match self.wanted() {
            NextLevel::Try(plan) => self.within_bounds(plan),
            end @ NextLevel::End(_) => end,
        }
    }

    fn wanted(&self) -> NextLevel {
        let Self { options, low, high, .. } = self;
        if let Some(last) = self.levels.last() {
            // Throttled, and not for long enough to tell by what: a longer level shows the bucket.
            let untold = last.throttled && self.bucket.is_none();
            let undecided = untold || matches!(last.outcome, LevelOutcome::Undecided | LevelOutcome::Generator);
            if undecided && self.tries(last.plan.rate) <= options.repeats {
                let longer = if last.outcome == LevelOutcome::Generator { 1 } else { 2 };
                return NextLevel::Try(LevelPlan { seconds: last.plan.seconds * longer, ..last.plan });
            }
            if last.outcome == LevelOutcome::Generator {
                return NextLevel::End(SearchEnd::Generator);
            }
        }
        let rate = match (low, high) {
            (_, None) => {
                let reached = self.stuck.iter().copied().chain(*low).max_by(f64::total_cmp);
                match reached {
                    Some(reached) if reached * HAIR >= options.to => return NextLevel::End(SearchEnd::HighestHolds),
                    Some(reached) => (reached * 2.0).min(options.to),
                    None => options.from.min(options.to),
                }
            }
            (None, Some(high)) if *high <= self.lowest() => return NextLevel::End(SearchEnd::NoneHolds),
            (None, Some(high)) => match self.between(high / 4.0, *high).map(|rate| rate.max(self.lowest())) {
                Some(rate) if !self.is_stuck(rate) => rate,
                _ => return NextLevel::End(SearchEnd::Undecided),
            },
            (Some(low), Some(high)) if (high / low).sqrt() <= (1.0 + options.precision) * HAIR => {
                return self.last_burst().map_or(NextLevel::End(SearchEnd::Found), NextLevel::Try);
            }
            (Some(low), Some(high)) => match self.between(*low, *high) {
                Some(rate) => rate,
                None => return NextLevel::End(SearchEnd::Undecided),
            },
        };
        NextLevel::Try(self.level(rate))
    }

    /// The rate below which none is tried: of fewer requests a level would tell nothing.
    fn lowest(&self) -> f64 {
        let lowest = LEAST_REQUESTS / self.options.level_seconds.max(1) as f64;
        lowest.max(self.options.from / 1_000.0)
    }

    /// A rate between two others that tells more.
    fn between(&self, low: f64, high: f64) -> Option<f64> {
        let reach = 1.0 + self.options.precision;
        let aside = 1.0 + self.options.precision * ASIDE;
        let stuck = self.stuck.iter().flat_map(|rate| [rate / aside, rate * aside]);
        let refill = self.bucket.map(|bucket| bucket.refill).filter(|refill| (low..high).contains(refill));
        let refill = refill.into_iter().flat_map(|refill| [refill / reach, refill * reach]);
        let within = |rate: &f64| *rate > low * HAIR && *rate * HAIR < high;
        let is_new = |rate: &f64| self.levels.iter().all(|level| (level.plan.rate / rate - 1.0).abs() > 1e-6);
        let middle = (low * high).sqrt();
        let near_stuck = self.stuck.iter().any(|rate| (middle / rate - 1.0).abs() < self.options.precision / 2.0);
        let middle = Some(middle).filter(|_| !near_stuck);
        refill.chain(stuck).chain(middle).find(|rate| within(rate) && is_new(rate))
    }

    /// A level at a rate, with an empty bucket at its beginning where there is a bucket.
    fn level(&self, rate: f64) -> LevelPlan {
        let plain = LevelPlan::plain(rate, self.options.level_seconds);
        let Some(bucket) = self.bucket else { return plain };
        let drain_rate = 2.0 * rate.max(bucket.refill);
        LevelPlan { drain_seconds: drain_time(bucket, drain_rate), drain_rate, ..plain }
    }

    /// A level that measures the burst, once the bucket has had the time to fill; `None` where one did.
    fn last_burst(&self) -> Option<LevelPlan> {
        let bucket = self.bucket?;
        let was_full = |level: &LevelResult| {
            let full = self.options.fresh || level.plan.rest_seconds > 0.0;
            full && !level.plan.is_drained() && level.bucket.is_some()
        };
        if self.levels.iter().any(was_full) {
            return None;
        }
        let rate = 3.0 * bucket.refill;
        let rest_seconds = (1.5 * bucket.burst / bucket.refill).max(1.0) + 5.0;
        Some(LevelPlan { rest_seconds, ..LevelPlan::plain(rate, drain_time(bucket, rate) + 6) })
    }

    fn within_bounds(&self, plan: LevelPlan) -> NextLevel {
        let took: f64 = self.levels.iter().map(|level| level.took_seconds).sum();
        let sent: u64 = self.levels.iter().map(|level| level.executions).sum();
        if took + plan.duration() > self.options.max_seconds {
            return NextLevel::End(SearchEnd::TimeUp);
        }
        let most = self.options.max_executions.map_or(f64::INFINITY, |most| most as f64);
        // Chance draws a few more than are expected.
        let expected = plan.executions() + 3.0 * plan.executions().sqrt();
        if sent as f64 + expected > most {
            return NextLevel::End(SearchEnd::ExecutionsUp);
        }
        NextLevel::Try(plan)
    }

    /// How often a rate was tried.
    fn tries(&self, rate: f64) -> u32 {
        let same = self.levels.iter().filter(|level| (level.plan.rate / rate - 1.0).abs() < 1e-6);
        u32::try_from(same.count()).unwrap_or(u32::MAX)
    }

    /// Whether a rate was given up as undecided.
    fn is_stuck(&self, rate: f64) -> bool {
        let of = |level: &&LevelResult| (level.plan.rate / rate - 1.0).abs() < 1e-6;
        let mut same = self.levels.iter().filter(of).peekable();
        same.peek().is_some() && same.all(|level| level.outcome == LevelOutcome::Undecided)
    }
}

/// Whether a level that held could not have lived on a bucket.
fn outlasts(plan: &LevelPlan, bucket: Option<MeasuredBucket>) -> bool {
    bucket.is_none_or(|MeasuredBucket { refill, burst, .. }| {
        plan.is_drained() || plan.rate <= refill || plan.seconds as f64 * (plan.rate - refill) > burst
    })
}

/// Seconds in which a rate surely empties a bucket.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a level")]
fn drain_time(bucket: MeasuredBucket, rate: f64) -> u64 {
    (1.2 * bucket.burst / (rate - bucket.refill)).ceil() as u64 + 1
}

/// The bucket that the levels show: the refill of all of them, and the largest burst, for a bucket may not have been full.
fn bucket(levels: &[LevelResult]) -> Option<MeasuredBucket> {
    let seen: Vec<MeasuredBucket> = levels.iter().filter_map(|level| level.bucket).collect();
    let refill = seen.iter().map(|bucket| bucket.refill).sum::<f64>() / seen.len() as f64;
    let fullest = seen.into_iter().max_by(|a, b| a.burst.total_cmp(&b.burst))?;
    Some(MeasuredBucket { refill, ..fullest })
}
