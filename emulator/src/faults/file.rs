//! Rules from TOML.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::law::Law;
use super::plan::FaultPlan;
use super::rule::{Fault, FaultRule, Share};

/// A file of fault rules that cannot be read; says where and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFaults(String);

impl fmt::Display for InvalidFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidFaults {}

impl FaultPlan {
    /// Reads a plan from TOML: a `seed` (default 0) and `[[rule]]` tables, each with exactly one fault.
    ///
    /// | key | value |
    /// | --- | --- |
    /// | `name` | what the rule is counted under (default: its fault) |
    /// | `method`, `path` | which requests it concerns (default: all) |
    /// | `from`, `until` | when it holds, since the start of the endpoint (default: always) |
    /// | `probability` or `every` | `0.01`, or `100` for each hundredth (default: all) |
    /// | `latency`, `accept` | `{ constant = "5ms" }`, `{ exponential = "40ms" }` (the mean), `{ log-normal = { median = "20ms", sigma = 0.5 } }`, `{ empirical = ["1ms", "9ms"] }` |
    /// | `reply` | `{ status = 504, start = true }` (default: started all the same) |
    /// | `throttle` | `true` |
    /// | `reset` | `{ start = true }` (default: started all the same) |
    /// | `truncate` | `{ after = 40, reset = false }`: bytes of the answer, its head included |
    /// | `stall` | `{ every = "5s", for = "1s" }` |
    /// | `bandwidth` | bytes a second |
    ///
    /// Durations have a unit: `250us`, `40ms`, `1.5s`, `2m`, `1h`.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn read(text: &str) -> Result<Self, InvalidFaults> {
        let file: File =
            toml::from_str(text).map_err(|error| InvalidFaults(error.to_string().trim_end().to_owned()))?;
        let mut rules = Vec::with_capacity(file.rule.len());
        let mut lines = Vec::with_capacity(file.rule.len());
        for rule in file.rule {
            let line = text.get(..rule.span().start).unwrap_or(text).matches('\n').count() + 1;
            let at = |message: String| InvalidFaults(format!("line {line}: {message}"));
            rules.push(rule.into_inner().rule().map_err(at)?);
            lines.push(line);
        }
        Self::new(file.seed, rules).map_err(|invalid| {
            let line = lines.get(invalid.number).copied().unwrap_or_default();
            InvalidFaults(format!("line {line}: {}", invalid.message))
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    rule: Vec<Spanned<RuleTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    name: Option<String>,
    method: Option<String>,
    path: Option<String>,
    from: Option<Span>,
    until: Option<Span>,
    probability: Option<f64>,
    every: Option<u64>,

    latency: Option<LawText>,
    reply: Option<ReplyText>,
    throttle: Option<bool>,
    reset: Option<ResetText>,
    truncate: Option<TruncateText>,
    stall: Option<StallText>,
    accept: Option<LawText>,
    bandwidth: Option<u32>,
}

impl RuleTable {
    fn rule(self) -> Result<FaultRule, String> {
        let faults = [
            self.latency.map(|law| Fault::Latency(law.into())),
            self.reply.map(|reply| Fault::Reply { status: reply.status, start: reply.start }),
            self.throttle.filter(|throttle| *throttle).map(|_| Fault::Throttle),
            self.reset.map(|reset| Fault::Reset { start: reset.start }),
            self.truncate.map(|truncate| Fault::Truncate { after: truncate.after, reset: truncate.reset }),
            self.stall.map(|stall| Fault::Stall { every: stall.every.0, length: stall.length.0 }),
            self.accept.map(|law| Fault::Accept(law.into())),
            self.bandwidth.map(Fault::Bandwidth),
        ];
        let mut faults: Vec<Fault> = faults.into_iter().flatten().collect();
        let fault = match (faults.pop(), faults.pop()) {
            (Some(fault), None) => fault,
            (None, _) => {
                return Err(
                    "a rule needs one of `latency`, `reply`, `throttle`, `reset`, `truncate`, `stall`, `accept`, \
                            `bandwidth`"
                        .to_owned(),
                );
            }
            (Some(one), Some(other)) => {
                return Err(format!("`{}` and `{}` in one rule: write a rule for each", other.kind(), one.kind()));
            }
        };
        let share = match (self.probability, self.every) {
            (None, None) => Share::Probability(1.0),
            (Some(probability), None) => Share::Probability(probability),
            (None, Some(every)) => Share::Every(every),
            (Some(_), Some(_)) => return Err("`probability` and `every` in one rule: leave one of them out".to_owned()),
        };
        Ok(FaultRule {
            name: self.name.unwrap_or_else(|| fault.kind().to_owned()),
            method: self.method,
            path: self.path,
            from: self.from.map_or(Duration::ZERO, |from| from.0),
            until: self.until.map(|until| until.0),
            share,
            fault,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum LawText {
    Constant(Span),
    Exponential(Span),
    LogNormal { median: Span, sigma: f64 },
    Empirical(Vec<Span>),
}

impl From<LawText> for Law {
    fn from(text: LawText) -> Self {
        match text {
            LawText::Constant(delay) => Self::Constant(delay.0),
            LawText::Exponential(mean) => Self::Exponential(mean.0),
            LawText::LogNormal { median, sigma } => Self::LogNormal { median: median.0, sigma },
            LawText::Empirical(values) => Self::Empirical(values.into_iter().map(|value| value.0).collect()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyText {
    status: u16,
    #[serde(default = "yes")]
    start: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetText {
    #[serde(default = "yes")]
    start: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TruncateText {
    after: usize,
    #[serde(default)]
    reset: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StallText {
    every: Span,
    #[serde(rename = "for")]
    length: Span,
}

/// A duration with its unit.
#[derive(Clone, Copy)]
struct Span(Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        span(&text).map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is not a duration: write a number and us, ms, s, m or h, as in \"40ms\", at most 720h"
            ))
        })
    }
}

fn span(text: &str) -> Option<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok().filter(|span| *span <= LONGEST)
}

/// Longest span of a rule, so that no sum of two of them is beyond any clock.
const LONGEST: Duration = Duration::from_hours(30 * 24);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(text: &str, message: &str) {
        let error = FaultPlan::read(text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn durations_have_a_unit() {
        for (text, micros) in [("250us", 250), ("40ms", 40_000), ("1.5s", 1_500_000), ("2m", 120_000_000)] {
            assert_eq!(span(text), Some(Duration::from_micros(micros)), "{text}");
        }
        for text in ["", "5", "ms", "-1s", "1 s", "1.2.3s", "1e3s", "infs", "9999999999999999999999h", "721h"] {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn an_unreadable_value_is_shown_where_it_stands() {
        refused("[[rule]]\nlatency = { constant = \"5\" }", "line 2");
        refused("[[rule]]\nlatency = { constant = \"5\" }", "`5` is not a duration");
        refused("[[rule]]\nlatensy = 1", "unknown field `latensy`");
        refused(
            "[[rule]]\nlatency = { log-normal = { median = \"1s\", sigma = 1, x = 1 } }",
            "unexpected keys in table: x",
        );
    }

    #[test]
    fn a_rule_that_cannot_hold_is_told_with_its_line() {
        let rule = |text: &str| format!("seed = 1\n\n[[rule]]\nthrottle = true\n\n[[rule]]\n{text}");
        for (text, message) in [
            ("", "line 6: a rule needs one of"),
            ("throttle = false", "line 6: a rule needs one of"),
            ("throttle = true\nbandwidth = 1", "line 6: `throttle` and `bandwidth` in one rule"),
            ("throttle = true\nevery = 2\nprobability = 0.5", "line 6: `probability` and `every` in one rule"),
            ("throttle = true\nprobability = 0.0", "line 6: `probability` must be more than 0"),
            ("throttle = true\nprobability = nan", "line 6: `probability` must be more than 0"),
            ("throttle = true\nevery = 0", "line 6: `every` must be at least 1"),
            ("throttle = true\nfrom = \"2s\"\nuntil = \"2s\"", "line 6: `until` must be later than `from`"),
            ("reply = { status = 403 }", "line 6: `status` must be between 500 and 599"),
            ("latency = { empirical = [] }", "line 6: `empirical` needs at least one value"),
            ("accept = { log-normal = { median = \"1s\", sigma = -1.0 } }", "line 6: `sigma` must be between"),
            ("stall = { every = \"1s\", for = \"1s\" }", "line 6: a stall's `for`"),
            ("stall = { every = \"5s\", for = \"1s\" }\nevery = 2", "line 6: a stall concerns the whole endpoint"),
            ("accept = { constant = \"1s\" }\nmethod = \"POST\"", "line 6: a connection is accepted before"),
            ("bandwidth = 0", "line 6: `bandwidth` must be at least 1"),
        ] {
            refused(&rule(text), message);
        }
    }

    #[test]
    fn every_fault_can_be_written() {
        let plan = FaultPlan::read(
            "
            [[rule]]
            latency = { exponential = '40ms' }
            [[rule]]
            reply = { status = 503, start = false }
            [[rule]]
            throttle = true
            [[rule]]
            reset = {}
            [[rule]]
            truncate = { after = 40 }
            [[rule]]
            stall = { every = '5s', for = '1s' }
            [[rule]]
            accept = { empirical = ['1ms', '9ms'] }
            [[rule]]
            name = 'modem'
            bandwidth = 7_000
            ",
        );
        let counts = plan.unwrap().counts();
        let names: Vec<&str> = counts.iter().map(|count| count.name.as_str()).collect();
        assert_eq!(names, ["latency", "reply", "throttle", "reset", "truncate", "stall", "accept", "modem"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(\\[\\[rule\\]\\]\n|[a-z]{1,9} = |\\{|\\}|\"1s\"|\n|[0-9.]{1,3}){0,12}") {
            let _ = FaultPlan::read(&text);
        }
    }
}
