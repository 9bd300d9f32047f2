//! What is compared with what, and what an interval says about it.

use crate::mistake::Mistake;
use crate::statistics::{Confidence, ConfidenceInterval, proportion};
use crate::units::{parse_duration, show_number};

/// Highest limit that a condition may set: 2⁵³, up to which every count is a number of its own.
const HIGHEST_LIMIT: f64 = 9_007_199_254_740_992.0;

/// What is made of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Aggregate {
    /// How many.
    Count,
    /// Which share, from 0 to 1.
    Rate,
    /// How many a second.
    Pace,
    /// The average.
    Mean,
    /// The shortest.
    Least,
    /// The longest.
    Most,
    /// The value that a share of the requests do not exceed.
    Quantile(f64),
}

/// What a metric measures, and so which conditions mean something on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Times of requests.
    Times,
    /// Requests, of which some count.
    Counts,
    /// Requests, which all count: a rate is one per second.
    Requests,
}

impl Measure {
    const fn example(self) -> &'static str {
        match self {
            Self::Times => "write it as \"p(99)<800ms\"",
            Self::Counts => "write it as \"rate<1%\", \"count==0\" or \"rate>40/s\"",
            Self::Requests => "write it as \"rate>40\", which is per second, or \"count>1000\"",
        }
    }
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// The data cannot tell.
    #[default]
    Inconclusive,
}

impl State {
    /// What a threshold counts as that the data cannot decide, as people write it: `98` is the exit code of a run that cannot
    /// tell.
    #[must_use]
    pub(crate) fn of_undecided(word: &str) -> Option<Self> {
        match word {
            "pass" => Some(Self::Pass),
            "fail" => Some(Self::Fail),
            "98" | "inconclusive" => Some(Self::Inconclusive),
            _ => None,
        }
    }
}

/// `p(99)<800ms`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Condition {
    /// What is compared.
    pub(crate) aggregate: Aggregate,
    /// How.
    pub(crate) operator: Operator,
    /// With what: a share, a count, or microseconds.
    pub(crate) limit: f64,
}

impl Condition {
    /// Reads a condition on what a metric measures.
    ///
    /// # Errors
    /// It means nothing there: what to write instead.
    pub(crate) fn parse(text: &str, measure: Measure) -> Result<Self, Mistake> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        Self::read(&compact, measure)?.ok_or_else(|| Mistake::usage(measure.example()))
    }

    /// `None` for what is no condition on such a measure at all.
    fn read(text: &str, measure: Measure) -> Result<Option<Self>, Mistake> {
        let Some((aggregate, rest)) = text.find(['<', '>', '=', '!']).map(|at| text.split_at(at)) else {
            return Ok(None);
        };
        let (Some((operator, value)), Some(aggregate)) = (Operator::parse(rest), Aggregate::parse(aggregate)?) else {
            return Ok(None);
        };
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| (0.0..=HIGHEST_LIMIT).contains(n));
        let of = |aggregate, limit: Option<f64>| Ok(limit.map(|limit| Self { aggregate, operator, limit }));
        match (measure, aggregate) {
            (Measure::Counts | Measure::Requests, Aggregate::Count) => of(Aggregate::Count, number(value)),
            (Measure::Counts | Measure::Requests, Aggregate::Rate) if value.ends_with("/s") => {
                of(Aggregate::Pace, number(value.trim_end_matches("/s")))
            }
            (Measure::Requests, Aggregate::Rate) => of(Aggregate::Pace, number(value)),
            (Measure::Counts, Aggregate::Rate) => {
                let share = match value.strip_suffix('%') {
                    Some(percent) => number(percent).map(|p| p / 100.0),
                    None => number(value),
                };
                match share {
                    Some(share) if share > 1.0 => Err(Mistake::usage(format!(
                        "a rate is a share of the requests and cannot be {}%; for a number per second write rate{}{}/s",
                        show_number(share * 100.0),
                        operator.sign(),
                        value.trim_end_matches('%')
                    ))),
                    share => of(Aggregate::Rate, share),
                }
            }
            (Measure::Times, Aggregate::Count | Aggregate::Rate | Aggregate::Pace)
            | (Measure::Counts | Measure::Requests, _) => Ok(None),
            (Measure::Times, aggregate) => {
                // k6 takes a bare number for milliseconds.
                match number(value) {
                    _ if value.is_empty() => Ok(None),
                    Some(milliseconds) => of(aggregate, Some(milliseconds * 1_000.0)),
                    None => of(aggregate, Some(parse_duration(value)?.as_nanos() as f64 / 1e3)),
                }
            }
        }
    }

    /// What is to be said when the true value lies in an interval, and nothing more is known.
    #[must_use]
    pub(crate) fn decide(&self, ConfidenceInterval { low, high }: ConfidenceInterval) -> State {
        let (holds, fails) = match self.operator {
            Operator::Below => (high < self.limit, low >= self.limit),
            Operator::AtMost => (high <= self.limit, low > self.limit),
            Operator::Above => (low > self.limit, high <= self.limit),
            Operator::AtLeast => (low >= self.limit, high < self.limit),
            Operator::Equal => (low >= self.limit && high <= self.limit, low > self.limit || high < self.limit),
            Operator::Unequal => (low > self.limit || high < self.limit, low >= self.limit && high <= self.limit),
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
    pub(crate) const fn includes_limit(&self) -> bool {
        !matches!(self.operator, Operator::Below | Operator::AtLeast)
    }

    /// For a percentile, the same said of the share of the requests that take longer than the limit: `p(95)<100ms` holds
    /// where at most 5 % do. `None` where no share says it.
    #[must_use]
    pub(crate) fn of_longer(&self) -> Option<Self> {
        let Aggregate::Quantile(q) = self.aggregate else { return None };
        let operator = match self.operator {
            Operator::Below | Operator::AtMost => Operator::AtMost,
            Operator::Above | Operator::AtLeast => Operator::Above,
            Operator::Equal | Operator::Unequal => return None,
        };
        Some(Self { aggregate: Aggregate::Rate, operator, limit: 1.0 - q })
    }

    /// For a rate that is judged by its interval, the fewest independent requests of which a share of `rate` decides it;
    /// `None` where more than a hundred million would be needed.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within a hundred million")]
    pub(crate) fn needed_at(&self, rate: f64, confidence: Confidence) -> Option<u64> {
        const MOST: f64 = 1e8;
        let decides = |size: f64| self.decide(proportion(rate, size, confidence)) != State::Inconclusive;
        let mut high = 1.0;
        while !decides(high) {
            high *= 2.0;
            if high > MOST {
                return None;
            }
        }
        let mut low = high / 2.0;
        while high - low > 1.0 {
            let middle = f64::midpoint(low, high).floor();
            if decides(middle) { high = middle } else { low = middle }
        }
        Some(high as u64)
    }

    /// Whether it is about the requests of this run rather than about the target: no number of requests shows that a
    /// share is exactly this, or nothing, or everything.
    #[must_use]
    pub(crate) fn is_about_the_run(&self) -> bool {
        matches!(self.operator, Operator::Equal | Operator::Unequal) || self.limit <= 0.0 || self.limit >= 1.0
    }
}

impl Aggregate {
    /// `None` for what is none at all.
    fn parse(text: &str) -> Result<Option<Self>, Mistake> {
        let percent = |text: &str| text.strip_prefix("p(")?.strip_suffix(')')?.parse::<f64>().ok();
        match text {
            "count" => Ok(Some(Self::Count)),
            "rate" => Ok(Some(Self::Rate)),
            "avg" => Ok(Some(Self::Mean)),
            "min" => Ok(Some(Self::Least)),
            "max" => Ok(Some(Self::Most)),
            "med" => Ok(Some(Self::Quantile(0.5))),
            _ => match percent(text) {
                None => Ok(None),
                // As other tools write a quantile: whoever means the first percentile or less is not found often.
                Some(percent) if percent > 0.0 && percent < 1.0 => Err(Mistake::usage(format!(
                    "{text} would be nearly the shortest time: percentiles go from 1 to 100, so did you mean p({})?",
                    show_number(percent * 100.0)
                ))),
                Some(percent) if percent > 0.0 && percent < 100.0 => Ok(Some(Self::Quantile(percent / 100.0))),
                Some(_) => Err(Mistake::usage(format!(
                    "percentiles go from 0 to 100, without the ends, so there is no {text}: the shortest time is min, the \
                     longest is max"
                ))),
            },
        }
    }
}

impl Operator {
    const fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }

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
        signs.into_iter().find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_reaches_across_the_limit_decides_nothing() {
        use State::{Fail, Inconclusive, Pass};
        let say = |condition: &str, low, high| {
            Condition::parse(condition, Measure::Times).unwrap().decide(ConfidenceInterval { low, high })
        };
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
            assert!(Condition::parse(of_times, Measure::Times).is_ok(), "{of_times}");
            assert!(Condition::parse(of_times, Measure::Counts).is_err(), "{of_times}");
            assert!(Condition::parse(of_times, Measure::Requests).is_err(), "{of_times}");
        }
        for of_counts in ["rate<1%", "count==0", "rate>=0.5"] {
            assert!(Condition::parse(of_counts, Measure::Counts).is_ok(), "{of_counts}");
            assert!(Condition::parse(of_counts, Measure::Times).is_err(), "{of_counts}");
        }
    }

    #[test]
    fn times_have_units_down_to_microseconds_and_what_is_wrong_is_named() {
        for (text, microseconds) in
            [("p(50)<900us", 900.0), ("p(50)<900µs", 900.0), ("p(50)<1.5ms", 1_500.0), ("p(50)<2", 2_000.0)]
        {
            let limit = Condition::parse(text, Measure::Times).unwrap().limit;
            assert!((limit - microseconds).abs() < 1e-9, "{text}: {limit}");
        }
        let error = |text| Condition::parse(text, Measure::Times).unwrap_err().message;
        assert!(error("p(50)<900ns").starts_with("`900ns` is not a duration: "), "{}", error("p(50)<900ns"));
        for text in ["p(101)<1s", "p(100)<1s", "p(0)<1s", "p(-1)<1s"] {
            assert!(error(text).starts_with("percentiles go from 0 to 100"), "{}", error(text));
        }
        assert_eq!(error("p99<1s"), "write it as \"p(99)<800ms\"");
    }

    #[test]
    fn a_share_above_everything_is_refused_and_a_rate_per_second_is_offered() {
        let error = Condition::parse("rate>40", Measure::Counts).unwrap_err().message;
        assert!(error.contains("cannot be 4000%") && error.ends_with("write rate>40/s"), "{error}");
        assert!(Condition::parse("rate<101%", Measure::Counts).is_err());
        assert_eq!(Condition::parse("rate<=100%", Measure::Counts).unwrap().aggregate, Aggregate::Rate);
        for (text, measure) in [("rate>40/s", Measure::Counts), ("rate>40", Measure::Requests)] {
            let condition = Condition::parse(text, measure).unwrap();
            assert_eq!((condition.aggregate, condition.limit), (Aggregate::Pace, 40.0), "{text}");
        }
    }

    #[test]
    fn what_a_share_needs_to_be_decided_is_the_published_number() {
        let needed =
            |text: &str, rate| Condition::parse(text, Measure::Counts).unwrap().needed_at(rate, Confidence::default());
        assert_eq!((needed("rate<1%", 0.0), needed("rate<=5%", 0.0)), (Some(368), Some(72)));
        assert_eq!(needed("rate>99%", 1.0), Some(368));
        assert_eq!(needed("rate<1%", 0.01), None, "at the limit itself no number decides");
        let p99 = Condition::parse("p(99)<1s", Measure::Times).unwrap().of_longer().unwrap();
        assert_eq!(p99.needed_at(0.0, Confidence::default()), Some(368));
    }
}
