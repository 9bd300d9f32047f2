//! One threshold: an aggregate of a metric compared with a number.

use std::fmt;

use super::metric::{Facts, Measure, Metric};
use crate::record::needed;
use crate::scenario::parse_duration;

/// A condition such as `rate<1%` on a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What it is about.
    pub metric: Metric,
    /// The condition as written.
    pub expression: String,
    aggregate: Aggregate,
    comparison: Comparison,
    /// A share, a count, or microseconds.
    limit: f64,
}

/// What is made of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// How many.
    Count,
    /// Which share, from 0 to 1.
    Rate,
    /// The value that a share of the requests do not exceed.
    Quantile(f64),
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// What the data say about a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// The data cannot tell.
    Inconclusive,
}

/// A threshold with what became of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Judged {
    /// The metric.
    pub metric: String,
    /// The condition as written.
    pub expression: String,
    /// What was measured, as text with its unit.
    pub measured: String,
    /// What the data say.
    pub state: State,
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
        let text: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
        let example = if metric.is_time() { "p(99)<800ms" } else { "rate<1%\" or \"count==0" };
        let wrong = || format!("`{expression}` is not a condition on {}: write it as \"{example}\"", metric.as_str());
        let at = text.find(['<', '>', '=', '!']).ok_or_else(wrong)?;
        let (aggregate, rest) = text.split_at(at);
        let (comparison, value) = Comparison::parse(rest).ok_or_else(wrong)?;
        let aggregate = Aggregate::parse(aggregate).ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        let limit = match (metric.is_time(), aggregate) {
            (false, Aggregate::Count) => number(value),
            (false, Aggregate::Rate) => match value.strip_suffix('%') {
                Some(percent) => number(percent).map(|p| p / 100.0),
                None => number(value),
            },
            (true, Aggregate::Quantile(_)) => match number(value) {
                // k6 takes a bare number for milliseconds.
                Some(milliseconds) => Some(milliseconds * 1_000.0),
                None => parse_duration(value).ok().map(|d| d.as_secs_f64() * 1e6),
            },
            _ => None,
        };
        Ok(Self { metric, expression: expression.into(), aggregate, comparison, limit: limit.ok_or_else(wrong)? })
    }

    /// What the facts say about it.
    #[must_use]
    pub fn judge(&self, facts: &Facts) -> Judged {
        let (measured, state) = match (self.metric.measure(facts), self.aggregate) {
            (Measure::Count { count, of }, Aggregate::Rate) if of > 0 => {
                let rate = count as f64 / of as f64;
                (format!("{:.2}% ({count} of {of})", rate * 100.0), self.decide(rate))
            }
            (Measure::Count { .. }, Aggregate::Rate) => ("n/a (of none)".into(), State::Inconclusive),
            (Measure::Count { count, .. }, _) => (count.to_string(), self.decide(count as f64)),
            (Measure::Time(times), aggregate) => self.judge_time(times, aggregate),
        };
        Judged { metric: self.metric.as_str().into(), expression: self.expression.clone(), measured, state }
    }

    fn judge_time(&self, times: &crate::record::Distribution, aggregate: Aggregate) -> (String, State) {
        let Aggregate::Quantile(q) = aggregate else { return (String::new(), State::Inconclusive) };
        let Some((value, at_least)) = times.quantile(q) else {
            return ("n/a (nothing measured)".into(), State::Inconclusive);
        };
        if times.count() < needed(q) {
            return (format!("n/a (needs {})", needed(q)), State::Inconclusive);
        }
        let shown = crate::report::show_microseconds(value);
        if !at_least {
            return (shown, self.decide(value as f64));
        }
        // A lower bound settles a condition only when every larger value settles it the same way.
        let state = match (self.comparison, self.decide(value as f64)) {
            (Comparison::Below | Comparison::AtMost, State::Fail) => State::Fail,
            (Comparison::Above | Comparison::AtLeast, State::Pass) => State::Pass,
            _ => State::Inconclusive,
        };
        (format!("≥{shown}"), state)
    }

    fn decide(&self, value: f64) -> State {
        if self.comparison.holds(value, self.limit) { State::Pass } else { State::Fail }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metric.as_str(), self.expression)
    }
}

impl Aggregate {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "count" => Some(Self::Count),
            "rate" => Some(Self::Rate),
            "med" => Some(Self::Quantile(0.5)),
            "max" => Some(Self::Quantile(1.0)),
            _ => {
                let percent = text.strip_prefix("p(")?.strip_suffix(')')?.parse::<f64>().ok()?;
                (percent > 0.0 && percent < 100.0).then_some(Self::Quantile(percent / 100.0))
            }
        }
    }
}

impl Comparison {
    fn parse(text: &str) -> Option<(Self, &str)> {
        let signs = [
            ("<=", Self::AtMost),
            (">=", Self::AtLeast),
            ("===", Self::Equal),
            ("==", Self::Equal),
            ("!=", Self::Unequal),
            ("<", Self::Below),
            (">", Self::Above),
        ];
        signs.into_iter().find_map(|(sign, comparison)| Some((comparison, text.strip_prefix(sign)?)))
    }

    #[expect(clippy::float_cmp, reason = "counts compare exactly")]
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Equal => value == limit,
            Self::Unequal => value != limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Counts, Distribution};

    fn facts(sent: u64, failed: u64) -> Facts {
        let mut counts = Counts { sent, ..Counts::default() };
        counts.ended[0] = sent - failed;
        counts.ended[3] = failed;
        let none = || Distribution::new([], [], 0);
        Facts { planned: sent, counts, duplicates: 0, started: none(), service: none(), lag: none() }
    }

    fn state(metric: Metric, expression: &str, facts: &Facts) -> State {
        Threshold::parse(metric, expression).unwrap().judge(facts).state
    }

    #[test]
    fn shares_and_counts_are_compared_as_written() {
        let facts = facts(1_000, 10);
        assert_eq!(state(Metric::Failed, "rate<1%", &facts), State::Fail);
        assert_eq!(state(Metric::Failed, "rate <= 0.01", &facts), State::Pass);
        assert_eq!(state(Metric::Failed, "count==10", &facts), State::Pass);
        assert_eq!(state(Metric::Ended(crate::record::Class::Throttled), "count!=10", &facts), State::Fail);
    }

    #[test]
    fn requests_without_an_answer_are_no_successes() {
        let mut facts = facts(100, 0);
        facts.counts.unfinished = 2;
        assert_eq!(state(Metric::Failed, "rate<1%", &facts), State::Fail);
    }

    #[test]
    fn a_share_of_nothing_is_inconclusive() {
        assert_eq!(state(Metric::Failed, "rate<1%", &facts(0, 0)), State::Inconclusive);
    }

    #[test]
    fn conditions_that_mean_nothing_are_refused_with_an_example() {
        for (metric, wrong) in [
            (Metric::Failed, "rate"),
            (Metric::Failed, "rate<"),
            (Metric::Failed, "p(99)<1s"),
            (Metric::Failed, "rate<-1"),
            (Metric::ResponseTime, "rate<1%"),
            (Metric::ResponseTime, "p(100)<1s"),
            (Metric::Duplicates, "== 0"),
        ] {
            let error = Threshold::parse(metric, wrong).unwrap_err();
            assert!(error.contains("write it as"), "{error}");
        }
    }
}
