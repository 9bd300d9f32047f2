//! One verdict a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::State;
use super::facts::Facts;
use super::finding::{Judged, Unit};
use super::judging::judge_unlagged;
use super::metric::Metric;
use super::population::Population;
use super::subject::Subject;
use super::threshold::Threshold;
use crate::exit::Exit;
use crate::record::{Class, Counts, Places, Series};

/// Least share of the due arrivals that must have been sent for the figures to describe the target.
const LEAST_SENT: f64 = 0.99;

/// Microseconds within which a request that waited for room still left in time: accounts are kept by the second.
const IN_TIME: f64 = 1e6;

/// How a run is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Every threshold holds.
    Pass,
    /// A threshold does not hold.
    Fail,
    /// The data cannot tell whether a threshold holds.
    Inconclusive,
    /// The figures describe the generator or its cap: without its own lag a threshold would read otherwise, or under
    /// 99 % of the due arrivals were sent. Or the embedded endpoint died, and there was no target any more.
    Invalid,
    /// A signal ended the run.
    Interrupted,
    /// The run ended itself, at its cap or at a threshold.
    Aborted,
    /// Shards of the load are missing or broke off.
    Partial,
    /// The run directory does not hold the whole run.
    Torn,
}

impl Verdict {
    /// The exit code that says so.
    #[must_use]
    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Pass => Exit::Pass,
            Self::Fail => Exit::Failed,
            Self::Inconclusive => Exit::Inconclusive,
            Self::Invalid => Exit::Invalid,
            Self::Interrupted => Exit::Interrupted,
            Self::Aborted => Exit::Aborted,
            Self::Partial => Exit::Partial,
            Self::Torn => Exit::Other,
        }
    }

    /// Its name in reports.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Invalid => "invalid",
            Self::Interrupted => "interrupted",
            Self::Aborted => "aborted",
            Self::Partial => "partial",
            Self::Torn => "torn",
        }
    }
}

/// How the run ended, apart from its figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Circumstances {
    /// A signal came.
    pub(crate) interrupted: bool,
    /// Saturation, a threshold or a request that could not be made aborted it.
    pub(crate) aborted: bool,
    /// Which of them, and why, as it was then.
    pub(crate) reason: Option<String>,
    /// How the embedded endpoint died, if it did during the run.
    pub(crate) dead: Option<String>,
    /// Which shards of the load are missing or broke off.
    pub(crate) partial: Option<String>,
    /// Why it is not known from when on the target was warm, where that was asked.
    pub(crate) unsteady: Option<String>,
    /// Why the run directory tells no end, if it tells none: the run was killed, or is still in progress.
    pub(crate) broken_off: Option<String>,
    /// What the run directory lacks, if it does not hold the whole run.
    pub(crate) torn: Option<String>,
    /// Why the process could not have all the connections that it might have used, if so.
    pub(crate) scarce: Option<String>,
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Why, and what to do about it, where the thresholds do not say.
    pub(crate) reason: Option<String>,
}

/// The scenario's thresholds with the built-in ones that it does not override: `duplicates count==0`,
/// `mismatched count==0` and `started count>0`, or `succeeded count>0` where executions are waited for.
#[must_use]
pub(crate) fn built_in(own: &[Threshold], places: &Places) -> Vec<Threshold> {
    let built_in = [
        (Metric::Ended(Class::success_of(places.starting_kind())), "count>0"),
        (Metric::Duplicates, "count==0"),
        (Metric::Mismatched, "count==0"),
    ];
    let missing = built_in.into_iter().filter(|(metric, _)| own.iter().all(|t| t.subject != Subject::from(*metric)));
    let missing = missing.map(|(metric, expression)| {
        Threshold::parse(metric, expression).unwrap_or_else(|e| unreachable!("a built-in threshold: {e}"))
    });
    own.iter().cloned().chain(missing).collect()
}

/// The first that applies: torn, interrupted, invalid for want of a target, aborted, partial, invalid, failed, inconclusive,
/// passed. `counts` are those of the whole run, warm-up included; `thresholds` and `judged` go together.
#[must_use]
pub(crate) fn verdict(
    facts: &Facts<'_>,
    counts: &Counts,
    thresholds: &[Threshold],
    judged: &[Judged],
    circumstances: &Circumstances,
) -> Judgement {
    let because = |verdict, reason: String| Judgement { verdict, reason: Some(reason) };
    if let Some(reason) = &circumstances.torn {
        return because(Verdict::Torn, reason.clone());
    }
    if let Some(reason) = &circumstances.broken_off {
        return because(Verdict::Interrupted, reason.clone());
    }
    if circumstances.interrupted {
        return because(Verdict::Interrupted, "a signal ended the run".into());
    }
    if let Some(reason) = &circumstances.dead {
        return because(Verdict::Invalid, reason.clone());
    }
    if circumstances.aborted {
        // The run wrote it down when it knew; what its figures say in the end is another matter.
        let untold = || "the run ended itself; its directory does not tell why".into();
        return because(Verdict::Aborted, circumstances.reason.clone().unwrap_or_else(untold));
    }
    if let Some(reason) = &circumstances.partial {
        return because(Verdict::Partial, reason.clone());
    }
    let shortage = too_few(counts);
    if let Some(Shortage::OfOurs(reason)) = shortage {
        return because(Verdict::Invalid, reason);
    }
    if let Some(reason) = own_lag(facts, thresholds, judged, circumstances) {
        return because(Verdict::Invalid, reason);
    }
    let of = |state, undecided: bool| judged.iter().filter(move |j| j.state == state && (j.undecided || !undecided));
    if let Some(reason) = first(of(State::Fail, false), Judged::told_failed) {
        return because(Verdict::Fail, reason);
    }
    // A threshold that fails says what the target does not do. Where none does, too little was seen of the target.
    if let Some(Shortage::OfConnections(reason)) = shortage {
        return because(Verdict::Invalid, reason);
    }
    if let Some(reason) = rate_missed(facts, thresholds) {
        return because(Verdict::Invalid, reason);
    }
    if let Some(reason) = &circumstances.unsteady {
        return because(Verdict::Inconclusive, reason.clone());
    }
    if let Some(reason) = first(of(State::Inconclusive, false), untold) {
        return because(Verdict::Inconclusive, reason);
    }
    let reason = first(of(State::Pass, true), untold).map(|reason| format!("{reason}; counts as passed"));
    Judgement { verdict: Verdict::Pass, reason }
}

/// What is said of the first of some thresholds, and how many others there are.
fn first<'j>(mut judged: impl Iterator<Item = &'j Judged>, say: fn(&Judged) -> String) -> Option<String> {
    let said = say(judged.next()?);
    match judged.count() {
        0 => Some(said),
        others => Some(format!("{said} (and {others} more)")),
    }
}

/// A threshold of which the data cannot tell whether it holds.
fn untold(judged: &Judged) -> String {
    let why = judged.why.as_deref().unwrap_or("the data cannot tell");
    match judged.value {
        // It says by itself what was looked for, and that none was seen.
        Some(value) if value == 0.0 && judged.scale == Unit::Share => why.to_owned(),
        Some(_) => format!("{} {}: {}, {why}", judged.metric, judged.expression, judged.brief),
        None => format!("{} {}: {why}", judged.metric, judged.expression),
    }
}

/// Why too few of the due arrivals were sent.
enum Shortage {
    /// For want of something on this side.
    OfOurs(String),
    /// Because the target let too few connections come about.
    OfConnections(String),
}

fn too_few(counts: &Counts) -> Option<Shortage> {
    let due = counts.sent + counts.dropped + counts.unsent_due;
    let (descriptors, ports) = (counts.unsent_descriptors, counts.unsent_ports);
    if counts.sent as f64 >= LEAST_SENT * due as f64 {
        return None;
    }
    if descriptors + ports > 0 {
        return Some(Shortage::OfOurs(format!(
            "{} of {due} due arrivals were not sent because this process had no file descriptor ({descriptors}) or this \
             machine no local port ({ports}) for a connection: raise the limit (ulimit -n), or allow fewer requests in \
             flight",
            descriptors + ports
        )));
    }
    let sent = format!("only {} of {due} due arrivals were sent", counts.sent);
    if counts.never_reached() {
        let reason =
            format!("{sent}, and none got a connection: see that the target is there, and ask `loadgen doctor`");
        return Some(Shortage::OfConnections(reason));
    }
    if 2 * counts.unsent_unreached > due - counts.sent {
        return Some(Shortage::OfConnections(format!(
            "{sent}; {} waited for a connection until the run ended, for the target lets them come about too slowly: \
             lower the rate, or allow more attempts at a time (--max-connecting)",
            counts.unsent_unreached
        )));
    }
    Some(Shortage::OfOurs(format!(
        "{sent}, so the figures describe the cap on requests in flight, or a shard that came late: raise max_in_flight, \
         lower the rate, or have all shards there before the start"
    )))
}

/// Whether requests waited so long for room that they were not sent at the rate asked for. A request that leaves in another
/// second than its own is as good as one that was not sent: of both, one in a hundred is too many. Response times count from
/// the instant asked for, so whoever has a threshold on them has said how late is too late.
fn rate_missed(facts: &Facts<'_>, thresholds: &[Threshold]) -> Option<String> {
    let judges_it = |metric| matches!(metric, Metric::ResponseTime | Metric::ResponseTimeOf(_) | Metric::ScheduleLag);
    if thresholds.iter().any(|threshold| judges_it(threshold.subject.metric)) {
        return None;
    }
    let waits = Population::of(Series::RoomWait).series(facts.tally, facts.history);
    let (waits, sent) = (waits.times(), facts.tally.counts().sent);
    let (in_time, _) = waits.within(IN_TIME, true);
    let late = waits.count().saturating_sub(in_time);
    (late as f64 > (1.0 - LEAST_SENT) * sent as f64).then(|| {
        format!(
            "{late} of {sent} requests left more than a second late because max_in_flight was reached, so the load was not \
             the one asked for, and no threshold judges response times, which count from the instant asked for: raise it \
             (-c), lower the rate, or say what is fast enough (response_time)"
        )
    })
}

/// Whether the generator's own lag decided a threshold.
fn own_lag(
    facts: &Facts<'_>,
    thresholds: &[Threshold],
    judged: &[Judged],
    circumstances: &Circumstances,
) -> Option<String> {
    let remedy = circumstances
        .scarce
        .as_deref()
        .unwrap_or("give the generator a processor of its own (--pin), more threads (--threads), or lower the rate");
    let without = judge_unlagged(thresholds, facts);
    thresholds.iter().zip(judged).zip(without).find_map(|((threshold, judged), without)| {
        let without = without.filter(|without| without.state != judged.state)?;
        Some(format!(
            "without the generator's own lag {threshold} would read otherwise ({}, not {}): {remedy}",
            without.brief, judged.brief
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{History, Windows, judge};
    use crate::record::{Place, Tally};

    fn judged(state: State) -> Judged {
        let (metric, expression) = ("failed".into(), "rate<1%".into());
        Judged { metric, expression, state, ..Judged::default() }
    }

    fn say(counts: Counts, judged: &[Judged], circumstances: &Circumstances) -> Verdict {
        let (mut tally, history) = (Tally::default(), History::default());
        *tally.counts_mut(Place::default()) = counts;
        let places = Places::default();
        let windows = Windows::default();
        let facts = Facts::of(&places, &tally, &history, &windows);
        verdict(&facts, &tally.counts(), &[], judged, circumstances).verdict
    }

    #[test]
    fn the_first_that_applies_is_the_verdict() {
        let all = || Counts { sent: 100, ..Counts::default() };
        let few = || Counts { sent: 98, dropped: 2, ..Counts::default() };
        let calm = Circumstances::default();
        let failing = [judged(State::Inconclusive), judged(State::Fail)];
        assert_eq!(say(all(), &[judged(State::Pass)], &calm), Verdict::Pass);
        assert_eq!(say(all(), &failing[..1], &calm), Verdict::Inconclusive);
        assert_eq!(say(all(), &failing, &calm), Verdict::Fail);
        assert_eq!(say(few(), &failing, &calm), Verdict::Invalid);
        let unsteady = Circumstances { unsteady: Some("why".into()), ..calm.clone() };
        assert_eq!(say(all(), &[judged(State::Pass)], &unsteady), Verdict::Inconclusive);
        assert_eq!(say(all(), &failing, &unsteady), Verdict::Fail);
        let partial = Circumstances { partial: Some("shard 1 missing".into()), ..calm.clone() };
        assert_eq!(say(few(), &failing, &partial), Verdict::Partial);
        let aborted = Circumstances { aborted: true, ..partial };
        assert_eq!(say(few(), &failing, &aborted), Verdict::Aborted);
        let dead = Circumstances { dead: Some("it died".into()), ..aborted.clone() };
        assert_eq!(say(all(), &[judged(State::Pass)], &dead), Verdict::Invalid);
        assert_eq!(say(few(), &failing, &Circumstances { interrupted: true, ..aborted }), Verdict::Interrupted);
    }

    #[test]
    fn a_rate_that_was_not_kept_for_want_of_room_is_no_pass_unless_a_threshold_judges_what_that_costs() {
        let of = |late: u64, thresholds: &[Threshold]| {
            let (mut tally, places, windows) = (Tally::default(), Places::default(), Windows::default());
            tally.counts_mut(Place::default()).sent = 1_000;
            (0..late).for_each(|_| tally.record(Place::default(), Series::RoomWait, 9_000_000_000));
            (0..500).for_each(|_| tally.record(Place::default(), Series::RoomWait, 200_000_000));
            let mut history = History::default();
            history.add(0, &tally);
            let facts = Facts::of(&places, &tally, &history, &windows);
            verdict(&facts, &tally.counts(), thresholds, &[], &Circumstances::default())
        };
        let missed = of(11, &[]);
        assert!(missed.reason.unwrap().starts_with("11 of 1000 requests left more than a second late"));
        assert_eq!((missed.verdict, of(10, &[]).verdict), (Verdict::Invalid, Verdict::Pass));
        let fast = Threshold::parse(Metric::ResponseTime, "p(99)<20s").unwrap();
        assert_eq!(of(900, &[fast]).verdict, Verdict::Pass);
        let other = Threshold::parse(Metric::Failed, "rate<1%").unwrap();
        assert_eq!(of(900, &[other]).verdict, Verdict::Invalid);
    }

    #[test]
    fn a_target_that_lets_nobody_in_fails_and_one_that_lets_too_few_in_is_not_blamed_on_the_cap() {
        let mut counts = Counts { sent: 10, unsent: 90, unsent_due: 90, unsent_unreached: 90, ..Counts::default() };
        counts.ended[Class::ConnectTimeout as usize] = 10;
        let calm = Circumstances::default();
        let reason = |counts: &Counts| match too_few(counts) {
            Some(Shortage::OfConnections(reason)) => reason,
            _ => panic!("the target's: {counts:?}"),
        };
        assert!(reason(&counts).contains("none got a connection"));
        assert_eq!(say(counts.clone(), &[judged(State::Fail)], &calm), Verdict::Fail);
        assert_eq!(say(counts.clone(), &[judged(State::Pass)], &calm), Verdict::Invalid);
        // Dropped at the cap, which was full of requests without a connection.
        let dropped = Counts { unsent: 0, unsent_due: 0, unsent_unreached: 0, dropped: 90, ..counts.clone() };
        assert_eq!(say(dropped, &[judged(State::Fail)], &calm), Verdict::Fail);
        counts.ended[Class::ConnectTimeout as usize] = 0;
        counts.ended[Class::Started as usize] = 10;
        assert!(reason(&counts).contains("--max-connecting"));
        assert_eq!(say(counts.clone(), &[judged(State::Fail)], &calm), Verdict::Fail);
        let capped = Counts { unsent_unreached: 0, ..counts };
        assert_eq!(say(capped, &[judged(State::Fail)], &calm), Verdict::Invalid);
    }

    #[test]
    fn arrivals_that_were_not_due_yet_do_not_make_a_run_invalid() {
        let counts = Counts { sent: 10, unsent: 90, ..Counts::default() };
        assert_eq!(say(counts, &[], &Circumstances::default()), Verdict::Pass);
    }

    #[test]
    fn lag_makes_a_run_invalid_only_where_it_decides() {
        // The target takes 10 ms, and the generator was 40 ms late.
        let mut tally = Tally::default();
        for _ in 0..1_000 {
            tally.record(Place::default(), Series::response(Class::Started), 50_000_000);
            tally.record(Place::default(), Series::Unlagged, 10_000_000);
        }
        tally.counts_mut(Place::default()).sent = 1_000;
        let places = Places::default();
        let mut history = History::default();
        history.add(0, &tally);
        let windows = Windows::default();
        let facts = Facts::of(&places, &tally, &history, &windows);
        for (expression, verdict_then) in
            [("p(99)<100ms", Verdict::Pass), ("p(99)<20ms", Verdict::Invalid), ("p(99)<5ms", Verdict::Fail)]
        {
            let threshold = Threshold::parse(Metric::ResponseTime, expression).unwrap();
            let judged = judge(std::slice::from_ref(&threshold), &facts);
            let judgement =
                verdict(&facts, &tally.counts(), std::slice::from_ref(&threshold), &judged, &Circumstances::default());
            assert_eq!(judgement.verdict, verdict_then, "{expression}: {judgement:?}");
            assert_eq!(judgement.reason.is_some_and(|r| r.contains("--pin")), verdict_then == Verdict::Invalid);
            let scarce = Some("at most 1 connection: raise the limit".into());
            let scarce = Circumstances { scarce, ..Circumstances::default() };
            let reason = verdict(&facts, &tally.counts(), &[threshold], &judged, &scarce).reason;
            let told = reason.is_some_and(|r| r.ends_with("at most 1 connection: raise the limit"));
            assert_eq!(told, verdict_then == Verdict::Invalid);
        }
    }

    #[test]
    fn a_scenario_overrides_a_built_in_threshold_by_its_metric() {
        let own = Threshold::parse(Metric::Duplicates, "count<5").unwrap();
        let names: Vec<String> = built_in(&[own], &Places::default()).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["duplicates count<5", "started count>0", "mismatched count==0"]);
    }
}
