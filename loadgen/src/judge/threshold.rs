//! One threshold: a condition on a metric, and what the data say about it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::{Aggregate, Comparison, Condition, State};
use super::metric::{Facts, Metric};
use super::population::Population;
use super::subject::Subject;
use crate::record::Kind;
use crate::report::show_microseconds;
use crate::statistics::{Confidence, Interval, Reading, Series, effective_size, needed, proportion};

/// A condition such as `rate<1%` on a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What it is about.
    pub subject: Subject,
    /// The condition as written.
    pub expression: String,
    /// How sure one is to be, and what follows.
    pub terms: Terms,
    pub(super) condition: Condition,
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
    /// Seconds of the stretches in each of which it has to hold; `None`: over the run as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            confidence: Confidence::default(),
            on_inconclusive: State::Inconclusive,
            abort_on_fail: false,
            delay_abort_eval: 0,
            window: None,
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
    /// The limit of the condition: a share, a count, or microseconds.
    #[serde(default)]
    pub limit: Option<f64>,
    /// The lower end of the interval that was compared with it; `null` where every window has one of its own.
    #[serde(default)]
    pub low: Option<f64>,
    /// Its upper end; `null` where the data cannot tell.
    #[serde(default)]
    pub high: Option<f64>,
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
    pub fn parse(subject: impl Into<Subject>, expression: &str) -> Result<Self, String> {
        let subject = subject.into();
        let of_times = subject.metric.is_timed();
        let condition = Condition::parse(expression, of_times).ok_or_else(|| {
            let example = if of_times { "p(99)<800ms" } else { "rate<1%\" or \"count==0" };
            format!("`{expression}` is not a condition on {subject}: write it as \"{example}\"")
        })?;
        Ok(Self { subject, expression: expression.into(), terms: Terms::default(), condition })
    }

    /// The same under other terms.
    #[must_use]
    pub fn under(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// The same, to hold in every window of so many seconds.
    ///
    /// # Errors
    /// It cannot be judged window by window, or the windows are too short: in words.
    pub fn in_windows(self, seconds: u64) -> Result<Self, String> {
        /// Shorter windows do not show how far requests of the same second resemble each other.
        const SHORTEST: u64 = 10;
        let equals = matches!(self.condition.comparison, Comparison::Equal | Comparison::Unequal);
        match (self.subject.metric, self.condition.aggregate) {
            (Metric::Duplicates | Metric::Unsent | Metric::Unfinished, _) => {
                Err(format!("`{}` is known at the end alone: it has no windows", self.subject.metric.name()))
            }
            (_, Aggregate::Least | Aggregate::Most) => {
                Err("min and max hold in every window where they hold in the run:                  leave `window` out"
                    .into())
            }
            (_, Aggregate::Quantile(_) | Aggregate::Mean) if equals => {
                Err("within windows a time is compared with <, <=, > or >=".into())
            }
            _ if seconds < SHORTEST => Err(format!("a window takes at least {SHORTEST}s")),
            _ => Ok(Self { terms: Terms { window: Some(seconds), ..self.terms }, ..self }),
        }
    }

    /// What the facts say about it.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>) -> Judged {
        if self.terms.window.is_some() {
            return facts.windows.judge(self);
        }
        match self.subject.population(facts.places) {
            Some(population) => self.judge_times(&population.series(facts.tally, facts.history)),
            None => self.judge_counts(facts),
        }
    }

    /// What the facts would say had the generator never kept a request waiting; `None` where it has no part in them.
    #[must_use]
    pub fn judge_unlagged(&self, facts: &Facts<'_>) -> Option<Judged> {
        if self.subject.metric != Metric::ResponseTime || self.subject.kind(facts.places) != Kind::Execute {
            return None;
        }
        if self.terms.window.is_some() {
            return facts.windows.judge_unlagged(self);
        }
        let population = Population::unlagged().among(&self.subject.selection(facts.places));
        Some(self.judge_times(&population.series(facts.tally, facts.history)))
    }

    fn judge_counts(&self, facts: &Facts<'_>) -> Judged {
        let selection = self.subject.selection(facts.places);
        let mut tally = self.subject.metric.tally(&facts.tally.counts_of(&selection));
        if self.subject.metric == Metric::Unsent {
            tally.hits += facts.tally.unsent_early;
            tally.total += facts.tally.unsent_early;
        }
        if self.subject.metric == Metric::Duplicates {
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
        let stretches = facts.history.stretches().iter().map(|s| self.subject.metric.tally(&s.counts(&selection)));
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
                let (limit, included) = (self.condition.limit, self.condition.includes_limit());
                let share = series.share(limit, included, self.terms.confidence).unwrap_or(UNKNOWN);
                let interval = self.condition.narrowed(percentile.interval(), q, share);
                let state = self.condition.decide(interval);
                if percentile.is_told() && state == self.condition.decide(percentile.interval()) {
                    let told = percentile.interval();
                    return self.judged(format!("{}; {}", show(percentile.value), show_interval(told)), told);
                }
                if state != State::Inconclusive {
                    let (within, _) = times.within(limit, included);
                    return self.judged(show_longer(within, times.count(), share), interval);
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
        let (low, high) = (Some(interval.low), Some(interval.high).filter(|high| high.is_finite()));
        Judged { low, high, ..self.found(measured, self.condition.decide(interval)) }
    }

    /// What the data say, under the terms.
    pub(super) fn found(&self, measured: String, state: State) -> Judged {
        let state = match state {
            State::Inconclusive => self.terms.on_inconclusive,
            told => told,
        };
        Judged {
            metric: self.subject.to_string(),
            expression: self.expression.clone(),
            measured,
            limit: Some(self.condition.limit),
            low: None,
            high: None,
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
        if self.terms.window.is_some() {
            let due = self.terms.abort_on_fail && second >= self.terms.delay_abort_eval;
            return due && facts.windows.fails(self, second);
        }
        let surely = Self { terms: Terms { on_inconclusive: State::Inconclusive, ..self.terms }, ..self.clone() };
        self.terms.abort_on_fail
            && second >= self.terms.delay_abort_eval
            && !may_still_hold
            && surely.judge(facts).state == State::Fail
    }
}

pub(super) const UNKNOWN: Interval = Interval { low: 0.0, high: f64::INFINITY };

pub(super) const fn exactly(value: f64) -> Interval {
    Interval { low: value, high: value }
}

fn show(reading: Reading) -> String {
    match reading {
        Reading::Exactly(micros) => show_microseconds(micros),
        Reading::AtLeast(micros) => format!("≥{}", show_microseconds(micros)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
pub(super) fn show_float(micros: f64) -> String {
    show_microseconds(micros.round() as u64)
}

/// How many requests take longer than the limit, when so many of them all did not.
pub(super) fn show_longer(within: u64, all: u64, share: Interval) -> String {
    let beyond = (1.0 - within as f64 / all.max(1) as f64) * 100.0;
    let (least, most) = ((1.0 - share.high) * 100.0, (1.0 - share.low) * 100.0);
    format!("{beyond:.2}% take longer, of {all}; {least:.2}%–{most:.2}%")
}

pub(super) fn show_interval(interval: Interval) -> String {
    let high = if interval.high.is_finite() { show_float(interval.high) } else { "?".into() };
    format!("{}–{high}", show_float(interval.low))
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.expression)
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
