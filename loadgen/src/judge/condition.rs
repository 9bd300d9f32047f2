//! What is compared with what, and what an interval says about it.

use crate::scenario::parse_duration;
use crate::statistics::Interval;

/// What is made of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// How many.
    Count,
    /// Which share, from 0 to 1.
    Rate,
    /// The average.
    Mean,
    /// The shortest.
    Least,
    /// The longest.
    Most,
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

/// `p(99)<800ms`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// What is compared.
    pub aggregate: Aggregate,
    /// How.
    pub comparison: Comparison,
    /// With what: a share, a count, or microseconds.
    pub limit: f64,
}

impl Condition {
    /// Reads a condition on times or on counts; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str, of_times: bool) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (aggregate, rest) = text.split_at(text.find(['<', '>', '=', '!'])?);
        let (comparison, value) = Comparison::parse(rest)?;
        let aggregate = Aggregate::parse(aggregate)?;
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        let limit = match (of_times, aggregate) {
            (false, Aggregate::Count) => number(value),
            (false, Aggregate::Rate) => match value.strip_suffix('%') {
                Some(percent) => number(percent).map(|p| p / 100.0),
                None => number(value),
            },
            (false, _) | (true, Aggregate::Count | Aggregate::Rate) => None,
            (true, _) => match number(value) {
                // k6 takes a bare number for milliseconds.
                Some(milliseconds) => Some(milliseconds * 1_000.0),
                None => parse_duration(value).ok().map(|d| d.as_secs_f64() * 1e6),
            },
        };
        Some(Self { aggregate, comparison, limit: limit? })
    }

    /// What is to be said when the true value lies in an interval, and nothing more is known.
    #[must_use]
    pub fn decide(&self, Interval { low, high }: Interval) -> State {
        let (holds, fails) = match self.comparison {
            Comparison::Below => (high < self.limit, low >= self.limit),
            Comparison::AtMost => (high <= self.limit, low > self.limit),
            Comparison::Above => (low > self.limit, high <= self.limit),
            Comparison::AtLeast => (low >= self.limit, high < self.limit),
            Comparison::Equal => (low >= self.limit && high <= self.limit, low > self.limit || high < self.limit),
            Comparison::Unequal => (low > self.limit || high < self.limit, low >= self.limit && high <= self.limit),
        };
        if holds {
            State::Pass
        } else if fails {
            State::Fail
        } else {
            State::Inconclusive
        }
    }

    /// Whether a time that equals the limit is on its lower side.
    #[must_use]
    pub const fn includes_limit(&self) -> bool {
        !matches!(self.comparison, Comparison::Below | Comparison::AtLeast)
    }

    /// The interval of percentile `q`, narrowed by what is known of the share of the requests on the lower side of the
    /// limit: where that is surely `q` or more, so is the percentile; where it is surely less, the percentile lies above.
    #[must_use]
    pub fn narrowed(&self, interval: Interval, q: f64, share: Interval) -> Interval {
        let least = f64::EPSILON * self.limit.max(1.0);
        match self.comparison {
            Comparison::Equal | Comparison::Unequal => interval,
            _ if share.low >= q => {
                let high = interval.high.min(self.limit - least);
                Interval { low: interval.low.min(high), high }
            }
            _ if share.high < q => {
                let low = interval.low.max(self.limit + least);
                Interval { low, high: interval.high.max(low) }
            }
            _ => interval,
        }
    }

    /// Whether it is about the requests of this run rather than about the target: no number of requests shows that a
    /// share is exactly this, or nothing, or everything.
    #[must_use]
    pub fn is_about_the_run(&self) -> bool {
        matches!(self.comparison, Comparison::Equal | Comparison::Unequal) || self.limit <= 0.0 || self.limit >= 1.0
    }
}

impl Aggregate {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "count" => Some(Self::Count),
            "rate" => Some(Self::Rate),
            "avg" => Some(Self::Mean),
            "min" => Some(Self::Least),
            "max" => Some(Self::Most),
            "med" => Some(Self::Quantile(0.5)),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_reaches_across_the_limit_decides_nothing() {
        use State::{Fail, Inconclusive, Pass};
        let say =
            |condition: &str, low, high| Condition::parse(condition, true).unwrap().decide(Interval { low, high });
        for (condition, below, across, above) in [
            ("p(99)<1ms", Pass, Inconclusive, Fail),
            ("p(99)<=1ms", Pass, Inconclusive, Fail),
            ("avg>1", Fail, Inconclusive, Pass),
            ("med>=1ms", Fail, Inconclusive, Pass),
            ("min==1ms", Fail, Inconclusive, Fail),
            ("max!=1ms", Pass, Inconclusive, Pass),
        ] {
            let said =
                (say(condition, 1.0, 999.0), say(condition, 999.0, 1_001.0), say(condition, 1_001.0, f64::INFINITY));
            assert_eq!(said, (below, across, above), "{condition}");
        }
        assert_eq!(say("max<1ms", 1_000.0, 1_000.0), Fail);
        assert_eq!(say("max<=1ms", 1_000.0, 1_000.0), Pass);
        assert_eq!(say("max==1ms", 1_000.0, 1_000.0), Pass);
    }

    #[test]
    fn every_aggregate_of_k6_is_read_where_it_means_something() {
        for of_times in ["p(99.9)<1s", "med<1", "avg <= 2ms", "min>0", "max<1m30s"] {
            assert!(Condition::parse(of_times, true).is_some(), "{of_times}");
            assert!(Condition::parse(of_times, false).is_none(), "{of_times}");
        }
        for of_counts in ["rate<1%", "count==0", "rate>=0.5"] {
            assert!(Condition::parse(of_counts, false).is_some(), "{of_counts}");
            assert!(Condition::parse(of_counts, true).is_none(), "{of_counts}");
        }
    }
}
