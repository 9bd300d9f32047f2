//! One threshold: a condition on a metric, and what the data say about it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::{Aggregate, Comparison, Condition, State};
use super::metric::{Facts, Metric};
use super::population::Population;
use crate::report::show_microseconds;
use crate::statistics::{Confidence, Interval, Reading, Series, effective_size, needed, proportion};

/// A condition such as `rate<1%` on a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What it is about.
    pub metric: Metric,
    /// The condition as written.
    pub expression: String,
    /// How sure one is to be, and what follows.
    pub terms: Terms,
    condition: Condition,
}

/// How sure a threshold is to be judged, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Confidence of the interval that is compared with the limit.
    #[serde(with = "level")]
    pub confidence: Confidence,
    /// What a threshold counts as that the data cannot tell.
    pub on_inconclusive: State,
    /// Whether the run ends as soon as it surely fails.
    pub abort_on_fail: bool,
    /// Seconds of the run before it may end it.
    pub delay_abort_eval: u64,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            confidence: Confidence::default(),
            on_inconclusive: State::Inconclusive,
            abort_on_fail: false,
            delay_abort_eval: 0,
        }
    }
}

/// A threshold with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// The metric.
    pub metric: String,
    /// The condition as written.
    pub expression: String,
    /// What was measured, as text with its unit, and the interval in which the true value lies.
    pub measured: String,
    /// What the data say.
    pub state: State,
    /// Whether its failure ends a run.
    pub abort_on_fail: bool,
}

impl Threshold {
    /// Reads a condition on `metric`: `count==0`, `rate<1%`, `rate<0.01`, `p(99)<800ms`, `max<=2s`.
    ///
    /// # Errors
    /// What is wrong, in words.
    ///
    /// ```
    /// use stepgate_loadgen::judge::{Metric, Threshold};
    ///
    /// assert!(Threshold::parse(Metric::Failed, "rate<1%").is_ok());
    /// assert!(Threshold::parse(Metric::Failed, "p(99)<1s").is_err());
    /// ```
    pub fn parse(metric: Metric, expression: &str) -> Result<Self, String> {
        let of_times = metric.population().is_some();
        let condition = Condition::parse(expression, of_times).ok_or_else(|| {
            let example = if of_times { "p(99)<800ms" } else { "rate<1%\" or \"count==0" };
            format!("`{expression}` is not a condition on {metric}: write it as \"{example}\"")
        })?;
        Ok(Self { metric, expression: expression.into(), terms: Terms::default(), condition })
    }

    /// The same under other terms.
    #[must_use]
    pub fn under(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// What the facts say about it.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Judged {
        match self.metric.population() {
            Some(population) => {
                let population = population.among(&self.metric.selection(facts.places));
                self.judge_times(&population.series(facts.tally, facts.history))
            }
            None => self.judge_counts(facts),
        }
    }

    /// What the facts would say had the generator never kept a request waiting; `None` where it has no part in them.
    #[must_use]
    pub fn judge_unlagged(&self, facts: &Facts<'_>) -> Option<Judged> {
        (self.metric == Metric::ResponseTime).then(|| {
            let population = Population::unlagged().among(&self.metric.selection(facts.places));
            self.judge_times(&population.series(facts.tally, facts.history))
        })
    }

    fn judge_counts(&self, facts: &Facts<'_>) -> Judged {
        let selection = self.metric.selection(facts.places);
        let mut tally = self.metric.tally(&facts.tally.counts_of(&selection));
        if self.metric == Metric::Unsent {
            tally.hits += facts.tally.unsent_early;
            tally.total += facts.tally.unsent_early;
        }
        if self.metric == Metric::Duplicates {
            tally.hits = facts.duplicates;
            if facts.uncompared > 0 {
                let at_most = (facts.duplicates + facts.uncompared) as f64;
                let interval = Interval { low: facts.duplicates as f64, high: at_most };
                let lost = format!("{}; {} names were lost, not compared", facts.duplicates, facts.uncompared);
                return match self.condition.aggregate {
                    Aggregate::Count => self.judged(lost, interval),
                    _ => self.judged(lost, UNKNOWN),
                };
            }
        }
        if self.condition.aggregate == Aggregate::Count {
            return self.judged(tally.hits.to_string(), exactly(tally.hits as f64));
        }
        if tally.total == 0 {
            return self.judged("n/a (of none)".into(), UNKNOWN);
        }
        let measured = format!("{:.2}%, {} of {}", tally.rate() * 100.0, tally.hits, tally.total);
        if self.condition.is_about_the_run() {
            return self.judged(measured, exactly(tally.rate()));
        }
        let stretches = facts.history.stretches().iter().map(|s| self.metric.tally(&s.counts(&selection)));
        let stretches: Vec<_> = stretches.collect();
        let size = effective_size(&stretches, self.terms.confidence);
        let interval = proportion(tally.rate(), size, self.terms.confidence);
        let shown = format!("{measured}; {:.2}%–{:.2}%", interval.low * 100.0, interval.high * 100.0);
        self.judged(shown, interval)
    }

    fn judge_times(&self, series: &Series) -> Judged {
        let times = series.times();
        let nothing = || self.judged("n/a (nothing measured)".into(), UNKNOWN);
        match self.condition.aggregate {
            Aggregate::Quantile(q) => {
                let Some(percentile) = series.percentile(q, self.terms.confidence) else { return nothing() };
                let interval = percentile.interval();
                if percentile.is_told() {
                    return self.judged(format!("{}; {}", show(percentile.value), show_interval(interval)), interval);
                }
                let (needs, have) = (needed(q, self.terms.confidence), percentile.effective.floor());
                let low = if interval.low > 0.0 { format!("; {}", show_interval(interval)) } else { String::new() };
                self.judged(format!("n/a (needs {needs} independent requests, has {have}){low}"), interval)
            }
            Aggregate::Mean => match series.mean(self.terms.confidence) {
                Some((mean, interval)) => {
                    let mut interval = interval.unwrap_or(UNKNOWN);
                    let mut at_least = "";
                    if !times.is_complete() {
                        // Who knows how long the others would have taken.
                        (interval.high, at_least) = (f64::INFINITY, "≥");
                    }
                    self.judged(format!("{at_least}{}; {}", show_float(mean), show_interval(interval)), interval)
                }
                None => nothing(),
            },
            Aggregate::Most => match times.longest() {
                Some(longest @ Reading::Exactly(micros)) => self.judged(show(longest), exactly(micros as f64)),
                Some(longest @ Reading::AtLeast(micros)) => {
                    self.judged(show(longest), Interval { low: micros as f64, high: f64::INFINITY })
                }
                None => nothing(),
            },
            Aggregate::Least => match times.shortest() {
                Some(micros) => self.judged(show_microseconds(micros), exactly(micros as f64)),
                None => nothing(),
            },
            Aggregate::Count | Aggregate::Rate => nothing(),
        }
    }

    fn judged(&self, measured: String, interval: Interval) -> Judged {
        let state = match self.condition.decide(interval) {
            State::Inconclusive => self.terms.on_inconclusive,
            told => told,
        };
        Judged {
            metric: self.metric.to_string(),
            expression: self.expression.clone(),
            measured,
            state,
            abort_on_fail: self.terms.abort_on_fail,
        }
    }

    /// Whether the run is to end now, after so many seconds.
    #[must_use]
    pub fn aborts(&self, second: u64, facts: &Facts<'_>) -> bool {
        // What only grows towards its limit, as `started count>0`, has not failed before the end.
        let may_still_hold = self.condition.aggregate == Aggregate::Count
            && matches!(self.condition.comparison, Comparison::Above | Comparison::AtLeast | Comparison::Unequal);
        let surely = Self { terms: Terms { on_inconclusive: State::Inconclusive, ..self.terms }, ..self.clone() };
        self.terms.abort_on_fail
            && second >= self.terms.delay_abort_eval
            && !may_still_hold
            && surely.judge(facts).state == State::Fail
    }
}

const UNKNOWN: Interval = Interval { low: 0.0, high: f64::INFINITY };

const fn exactly(value: f64) -> Interval {
    Interval { low: value, high: value }
}

fn show(reading: Reading) -> String {
    match reading {
        Reading::Exactly(micros) => show_microseconds(micros),
        Reading::AtLeast(micros) => format!("≥{}", show_microseconds(micros)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn show_float(micros: f64) -> String {
    show_microseconds(micros.round() as u64)
}

fn show_interval(interval: Interval) -> String {
    let high = if interval.high.is_finite() { show_float(interval.high) } else { "?".into() };
    format!("{}–{high}", show_float(interval.low))
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metric, self.expression)
    }
}

/// A confidence as a number.
mod level {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::Confidence;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(confidence: &Confidence, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(confidence.level())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Confidence, D::Error> {
        let level = f64::deserialize(deserializer)?;
        Confidence::new(level).ok_or_else(|| de::Error::custom("a confidence lies between 0.5 and 0.9999"))
    }
}

#[cfg(test)]
mod tests;
