//! One verdict a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::metric::{Facts, Metric};
use super::threshold::{Judged, State, Threshold};
use crate::exit::Exit;
use crate::record::Class;

/// Least share of the due arrivals that must have been sent for the figures to describe the target.
const LEAST_SENT: f64 = 0.99;

/// How a run is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every threshold holds.
    Pass,
    /// A threshold does not hold.
    Fail,
    /// The data cannot tell whether a threshold holds.
    Inconclusive,
    /// Under 99 % of the due arrivals were sent: the figures describe the generator or its cap.
    Invalid,
    /// A signal ended the run.
    Interrupted,
    /// The run ended itself at its cap.
    Aborted,
}

impl Verdict {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::Pass => Exit::Pass,
            Self::Fail => Exit::Failed,
            Self::Inconclusive => Exit::Inconclusive,
            Self::Invalid => Exit::Invalid,
            Self::Interrupted => Exit::Interrupted,
            Self::Aborted => Exit::Aborted,
        }
    }

    /// Its name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Invalid => "invalid",
            Self::Interrupted => "interrupted",
            Self::Aborted => "aborted",
        }
    }
}

/// How the run ended, apart from its figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// A signal came.
    pub interrupted: bool,
    /// Saturation aborted it.
    pub aborted: bool,
}

/// The scenario's thresholds with the built-in ones that it does not override: `duplicates count==0`,
/// `mismatched count==0` and `started count>0`.
#[must_use]
pub fn built_in(own: &[Threshold]) -> Vec<Threshold> {
    let built_in = [
        (Metric::Ended(Class::Started), "count>0"),
        (Metric::Duplicates, "count==0"),
        (Metric::Mismatched, "count==0"),
    ];
    let missing = built_in.into_iter().filter(|(metric, _)| own.iter().all(|t| t.metric != *metric));
    let missing = missing.filter_map(|(metric, expression)| Threshold::parse(metric, expression).ok());
    own.iter().cloned().chain(missing).collect()
}

/// The first that applies: interrupted, aborted, invalid, failed, inconclusive, passed.
#[must_use]
pub fn verdict(facts: &Facts, judged: &[Judged], circumstances: Circumstances) -> Verdict {
    let counts = &facts.counts;
    let due = counts.sent + counts.dropped + counts.unsent_due;
    let any = |state| judged.iter().any(|j| j.state == state);
    if circumstances.interrupted {
        Verdict::Interrupted
    } else if circumstances.aborted {
        Verdict::Aborted
    } else if (counts.sent as f64) < LEAST_SENT * due as f64 {
        Verdict::Invalid
    } else if any(State::Fail) {
        Verdict::Fail
    } else if any(State::Inconclusive) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Counts, Distribution};

    fn facts(counts: Counts) -> Facts {
        let none = || Distribution::new([], [], 0);
        Facts { planned: 100, counts, duplicates: 0, started: none(), service: none(), lag: none() }
    }

    fn judged(state: State) -> Judged {
        Judged { metric: "failed".into(), expression: "rate<1%".into(), measured: String::new(), state }
    }

    #[test]
    fn the_first_that_applies_is_the_verdict() {
        let all = facts(Counts { sent: 100, ..Counts::default() });
        let few = facts(Counts { sent: 98, dropped: 2, ..Counts::default() });
        let calm = Circumstances::default();
        let failing = [judged(State::Inconclusive), judged(State::Fail)];
        assert_eq!(verdict(&all, &[judged(State::Pass)], calm), Verdict::Pass);
        assert_eq!(verdict(&all, &failing[..1], calm), Verdict::Inconclusive);
        assert_eq!(verdict(&all, &failing, calm), Verdict::Fail);
        assert_eq!(verdict(&few, &failing, calm), Verdict::Invalid);
        assert_eq!(verdict(&few, &failing, Circumstances { aborted: true, interrupted: false }), Verdict::Aborted);
        assert_eq!(verdict(&few, &failing, Circumstances { aborted: true, interrupted: true }), Verdict::Interrupted);
    }

    #[test]
    fn arrivals_that_were_not_due_yet_do_not_make_a_run_invalid() {
        let facts = facts(Counts { sent: 10, unsent: 90, ..Counts::default() });
        assert_eq!(verdict(&facts, &[], Circumstances::default()), Verdict::Pass);
    }

    #[test]
    fn a_scenario_overrides_a_built_in_threshold_by_its_metric() {
        let own = Threshold::parse(Metric::Duplicates, "count<5").unwrap();
        let names: Vec<String> = built_in(&[own]).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["duplicates count<5", "started count>0", "mismatched count==0"]);
    }
}
