//! Which thresholds a plan cannot decide, even if nothing fails: known before anything is sent.

use std::collections::BTreeMap;
use std::fmt;

use super::condition::{Aggregate, Condition, Operator, State};
use super::extent::Extent;
use super::metric::Metric;
use super::threshold::Threshold;
use crate::record::{Place, Places};

/// What a plan will have to judge.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Expected {
    /// Requests after the warm-up, by place.
    pub(crate) requests: BTreeMap<Place, f64>,
    /// Seconds after the warm-up in which they come.
    pub(crate) seconds: f64,
    /// As many of each stage, by its name, where the load has stages.
    pub(crate) stages: BTreeMap<String, f64>,
    /// Seconds of warm-up.
    pub(crate) warmup: u64,
    /// What decides how long it lasts.
    pub(crate) extent: Extent,
}

/// A threshold that a plan cannot decide.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shortfall {
    /// The threshold.
    pub(crate) threshold: Threshold,
    /// Requests planned that bear on it, in each of its windows if it has one.
    pub(crate) planned: u64,
    /// How many it takes if nothing fails.
    pub(crate) needed: u64,
    /// What would decide it.
    pub(crate) remedy: String,
}

/// The thresholds that a plan cannot decide, even at its best.
#[must_use]
pub(crate) fn foresee(thresholds: &[Threshold], places: &Places, expected: &Expected) -> Vec<Shortfall> {
    thresholds.iter().filter_map(|threshold| shortfall(threshold, places, expected)).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of requests")]
fn shortfall(threshold: &Threshold, places: &Places, expected: &Expected) -> Option<Shortfall> {
    // How many requests end in a class, nobody knows before.
    if threshold.subject.metric.class().is_some() || threshold.subject.metric == Metric::Duplicates {
        return None;
    }
    let needed = needed_at_best(threshold.condition(), threshold)?;
    let selection = threshold.subject.selection(places);
    let of = expected.requests.iter().filter(|(place, _)| selection.holds(**place));
    let all: f64 = of.map(|(_, requests)| requests).sum();
    let stage = threshold.subject.stage.as_ref().and_then(|stage| expected.stages.get(stage));
    let seconds = *stage.unwrap_or(&expected.seconds);
    let (planned, remedy) = match threshold.terms.window {
        Some(window) if seconds > window as f64 => {
            let planned = all * window as f64 / seconds;
            (planned, format!("about windows of {:.0}s", (window as f64 * needed as f64 / planned).ceil()))
        }
        _ if all > 0.0 => (all, format!("about {}", expected.extent.longer(needed as f64 / all, expected.warmup))),
        _ => (all, "and however long it lasts, it has none of these requests".into()),
    };
    let planned = planned.round() as u64;
    (planned < needed).then(|| Shortfall { threshold: threshold.clone(), planned, needed, remedy })
}

/// How many requests it takes if all are as one would wish them; `None` where any number will do.
fn needed_at_best(condition: &Condition, threshold: &Threshold) -> Option<u64> {
    let rate = match condition.aggregate {
        Aggregate::Rate if !condition.is_about_the_run() => *condition,
        Aggregate::Quantile(_) => condition.of_longer()?,
        _ => return None,
    };
    let best = match rate.operator {
        Operator::Below | Operator::AtMost => 0.0,
        Operator::Above | Operator::AtLeast => 1.0,
        Operator::Equal | Operator::Unequal => return None,
    };
    rate.needed_at(best, threshold.terms.confidence)
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { threshold, planned, needed, remedy } = self;
        let each = threshold.terms.window.map_or_else(String::new, |window| format!(" in each window of {window}s"));
        write!(f, "{planned} planned{each} cannot show {threshold}: {needed} needed, {remedy}")?;
        match threshold.terms.on_inconclusive {
            State::Inconclusive => Ok(()),
            State::Pass => write!(f, " (counts as passed)"),
            State::Fail => write!(f, " (counts as failed)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Subject;
    use crate::record::{Kind, Labelled};

    fn plan(requests: f64, seconds: f64) -> Expected {
        let requests = BTreeMap::from([(Place::default(), requests)]);
        Expected { requests, seconds, extent: Extent::Duration(seconds), ..Expected::default() }
    }

    fn foreseen(subject: &str, condition: &str, expected: &Expected) -> Option<String> {
        let payloads = vec![Labelled { name: "order".into(), kind: Kind::Execute }];
        let places = Places { stages: vec!["all".into()], payloads };
        let threshold = Threshold::parse(Subject::parse(subject).unwrap(), condition).unwrap();
        foresee(&[threshold], &places, expected).first().map(ToString::to_string)
    }

    #[test]
    fn a_plan_that_cannot_decide_says_what_would() {
        let said = foreseen("failed", "rate<1%", &plan(250.0, 5.0)).unwrap();
        assert_eq!(said, "250 planned cannot show failed rate<1%: 368 needed, about -d 8s");
        let said = foreseen("response_time", "p(99.9)<1s", &plan(1_482.0, 30.0)).unwrap();
        assert!(said.contains("3688 needed, about -d 1m15s"), "{said}");
        assert!(foreseen("started", "rate>99%", &plan(250.0, 5.0)).is_some());
        for decided in ["rate<1%", "rate<0.5%"] {
            assert_eq!(foreseen("failed", decided, &plan(1_000.0, 20.0)), None, "{decided}");
        }
        for always in
            [("failed", "count==0"), ("failed", "rate==0"), ("response_time", "max<1s"), ("started", "count>0")]
        {
            assert_eq!(foreseen(always.0, always.1, &plan(1.0, 1.0)), None, "{always:?}");
        }
    }

    #[test]
    fn each_window_has_its_own_requests() {
        let threshold = Threshold::parse(Metric::Failed, "rate<1%").unwrap().in_windows(10).unwrap();
        let threshold = threshold.on_inconclusive(State::Pass);
        let said = foresee(&[threshold], &Places::default(), &plan(1_200.0, 60.0))[0].to_string();
        assert_eq!(
            said,
            "200 planned in each window of 10s cannot show failed rate<1%: 368 needed, about windows of 19s (counts as \
             passed)"
        );
    }

    #[test]
    fn the_windows_of_a_stage_share_the_requests_of_that_stage_alone() {
        let payloads = vec![Labelled { name: "order".into(), kind: Kind::Execute }];
        let places = Places { stages: vec!["ramp".into(), "hold".into()], payloads };
        let hold = Subject::parse("failed{stage:hold}").unwrap();
        let threshold = Threshold::parse(hold, "rate<1%").unwrap().in_windows(30).unwrap();
        // 2,000 requests in 100 s of a run of 1,000 s: 600 in each window, and not 60.
        let requests = BTreeMap::from([(Place { stage: 1, payload: 0 }, 2_000.0)]);
        let stages = BTreeMap::from([("ramp".to_owned(), 900.0), ("hold".to_owned(), 100.0)]);
        let expected = Expected { requests, seconds: 1_000.0, stages, extent: Extent::Stages, ..Expected::default() };
        assert_eq!(foresee(&[threshold], &places, &expected), []);
    }
}
