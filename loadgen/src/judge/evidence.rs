//! What was measured of a threshold's metric, in the one form in which all of them are judged: that of the whole run and
//! that of one of its windows.

use super::condition::{Condition, State};
use super::finding::{Finding, Unit};
use crate::statistics::{
    CensoredTime, Confidence, ConfidenceInterval, Estimate, Total, Trials, effective_size, mean, proportion,
};
use crate::units::show_percent;

/// What was measured.
#[derive(Debug, Clone)]
pub(super) enum Evidence {
    /// Nothing.
    Nothing,
    /// How many: exactly, unless nobody knows of some whether they count, for the reason that follows their number.
    /// There is no most where more may come.
    Count { least: u64, most: Option<u64>, unknown: &'static str },
    /// Hits among observations, the same in order of time as far as that is known, and what one hit is called. Of a run
    /// that goes on, so many are `open`: each may become a hit or not.
    Share { all: Trials, bins: Vec<Trials>, open: Option<u64>, hit: String },
    /// Events in order of time, with the seconds of each stretch, which of them count, and how many a second that is over
    /// all of it. Of a run that goes on, between which figures it ends in any case, where a plan tells.
    Pace { bins: Vec<Total>, counting: Option<Counting>, overall: f64, ends: Option<(f64, f64)> },
    /// A percentile: its value where it is known, and how many of the requests took no longer than the limit.
    Quantile { estimate: Option<Estimate>, within: Within },
    /// The average of times in order of time; `complete` if every request was answered, and else so many are `open` that
    /// no time is known of.
    Mean { bins: Vec<Total>, complete: bool, open: u64 },
    /// The shortest or the longest time.
    Extreme(Option<CensoredTime>),
    /// The shortest time so far.
    AtMost(u64),
}

/// Which of the events count, as of the requests that were sent those that ended in a class.
#[derive(Debug, Clone)]
pub(super) struct Counting {
    /// Those that do, among those of which it is known.
    pub(super) all: Trials,
    /// The same in order of time; `None` where it is not by chance that one counts.
    pub(super) bins: Option<Vec<Trials>>,
    /// Those of which it is not known yet, in a run that goes on.
    pub(super) open: Option<u64>,
}

impl Counting {
    /// The interval of the share that counts.
    fn share(&self, confidence: Confidence) -> ConfidenceInterval {
        if self.all.total == 0 {
            // Nothing has ended: in a run that goes on all may count, or none.
            return ConfidenceInterval { low: if self.open.is_some() { 0.0 } else { 1.0 }, high: 1.0 };
        }
        let (least, most) = extremes(self.all, self.open);
        let Some(bins) = &self.bins else { return ConfidenceInterval { low: least, high: most } };
        open_proportion((least, most), effective_size(bins, confidence), confidence)
    }
}

/// How many requests took no longer than a limit.
#[derive(Debug, Clone)]
pub(super) struct Within {
    /// Those that surely did.
    pub(super) surely: u64,
    /// Those that may have: given up before it as well.
    pub(super) perhaps: u64,
    /// All of them.
    pub(super) total: u64,
    /// Hits are those that surely did, in order of time.
    pub(super) bins: Vec<Trials>,
}

impl Within {
    /// The interval of the share that takes longer.
    fn longer(&self, confidence: Confidence) -> ConfidenceInterval {
        if self.total == 0 {
            return ConfidenceInterval { low: 0.0, high: 1.0 };
        }
        let size = self.size(confidence);
        let of = |within: u64| proportion(1.0 - within as f64 / self.total as f64, size, confidence);
        ConfidenceInterval { low: of(self.perhaps).low, high: of(self.surely).high }
    }

    fn size(&self, confidence: Confidence) -> f64 {
        effective_size(&self.bins, confidence).min(self.total as f64)
    }

    fn share_longer(&self) -> f64 {
        1.0 - self.surely as f64 / self.total.max(1) as f64
    }
}

/// How sure one has to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sureness {
    /// That it holds.
    pub(super) holds: Confidence,
    /// That it does not.
    pub(super) fails: Confidence,
}

impl Sureness {
    pub(super) const fn plain(confidence: Confidence) -> Self {
        Self { holds: confidence, fails: confidence }
    }

    /// What an interval says, and the one that says so: what is printed is what was judged.
    fn decide(
        self,
        condition: &Condition,
        interval: impl Fn(Confidence) -> ConfidenceInterval,
    ) -> (State, ConfidenceInterval) {
        let plain = interval(self.holds);
        match condition.decide(plain) {
            State::Fail => {
                let strict = interval(self.fails);
                (condition.decide(strict), strict)
            }
            state => (state, plain),
        }
    }
}

impl Evidence {
    /// What it says about a condition.
    pub(super) fn judge(&self, condition: &Condition, sure: Sureness) -> Finding {
        match self {
            Self::Nothing | Self::Extreme(None) => Finding::nothing(),
            Self::Count { least, most, unknown } => count(condition, *least, *most, unknown),
            Self::Share { all, bins, open, hit } => share(condition, *all, bins, *open, hit, sure),
            Self::Pace { bins, counting, overall, ends } => {
                pace(condition, bins, counting.as_ref(), *overall, *ends, sure)
            }
            Self::Quantile { within, .. } if within.total == 0 => Finding::nothing(),
            Self::Quantile { estimate, within } => quantile(condition, estimate.as_ref(), within, sure),
            Self::Mean { bins, complete, open } => average(condition, bins, *complete, *open, sure),
            Self::Extreme(Some(reading)) => extreme(condition, *reading),
            Self::AtMost(micros) => at_most(condition, *micros),
        }
    }
}

fn count(condition: &Condition, least: u64, most: Option<u64>, unknown: &str) -> Finding {
    let low = least as f64;
    let interval = ConfidenceInterval { low, high: most.map_or(f64::INFINITY, |most| most as f64) };
    let state = condition.decide(interval);
    let finding = Finding::of(Unit::Count, condition, state, low, interval);
    match most.map(|most| most - least) {
        None | Some(0) => finding,
        Some(rest) => {
            let why = format!("{rest} {unknown}");
            finding.made_of(why.clone()).because(why)
        }
    }
}

/// The least and the greatest share that it may come to.
fn extremes(all: Trials, open: Option<u64>) -> (f64, f64) {
    let open = open.unwrap_or(0);
    let total = (all.total + open) as f64;
    (all.hits as f64 / total, (all.hits + open) as f64 / total)
}

/// The interval of a share between two, each of which may be the one that is seen in the end.
fn open_proportion((least, most): (f64, f64), size: f64, confidence: Confidence) -> ConfidenceInterval {
    let (low, high) = (proportion(least, size, confidence).low, proportion(most, size, confidence).high);
    ConfidenceInterval { low, high }
}

fn share(condition: &Condition, all: Trials, bins: &[Trials], open: Option<u64>, hit: &str, sure: Sureness) -> Finding {
    let (rate, total) = (all.rate(), all.total);
    if total == 0 {
        return Finding::nothing();
    }
    let counted = format!("{} of {total}", all.hits);
    if condition.is_about_the_run() {
        let interval = ConfidenceInterval { low: rate, high: rate };
        // As long as the run goes on, one that was seen is more than none, and one that was not is less than all; no more
        // is known of the share that it will be.
        let so_far = ConfidenceInterval {
            low: if all.hits > 0 { f64::MIN_POSITIVE } else { 0.0 },
            high: if all.hits < total { 1.0 - f64::EPSILON } else { 1.0 },
        };
        let state = condition.decide(if open.is_some() { so_far } else { interval });
        return Finding::of(Unit::Share, condition, state, rate, interval).made_of(counted);
    }
    let size = |confidence| effective_size(bins, confidence);
    let ends = extremes(all, open);
    let (state, interval) = sure.decide(condition, |confidence| open_proportion(ends, size(confidence), confidence));
    let finding = Finding::of(Unit::Share, condition, state, rate, interval).made_of(counted);
    let finding = finding.worth(size(sure.holds), condition.needed_at(rate, sure.holds));
    match all.hits {
        0 if finding.more.is_some() => {
            finding.because(format!("no {hit} seen; 0 of {total} proves only <{}", percent_up(interval.high)))
        }
        _ => finding,
    }
}

fn pace(
    condition: &Condition,
    bins: &[Total],
    counting: Option<&Counting>,
    overall: f64,
    ends: Option<(f64, f64)>,
    sure: Sureness,
) -> Finding {
    // The mean of what a second had, each second weighing as much as another, and the share of it that counts.
    let interval = |confidence| {
        let Some((_, Some(interval))) = mean(bins, confidence) else { return UNKNOWN };
        let all = ConfidenceInterval { low: 1.0, high: 1.0 };
        let share = counting.map_or(all, |counting| counting.share(confidence));
        let (least, most) = ends.unwrap_or((f64::INFINITY, 0.0));
        // What the last part of a second had is in the figure alone, so the figure may lie outside.
        ConfidenceInterval {
            low: (interval.low.max(0.0) * share.low).min(least).min(overall),
            high: (interval.high * share.high).max(most).max(overall),
        }
    };
    let (state, interval) = sure.decide(condition, interval);
    Finding::of(Unit::PerSecond, condition, state, overall, interval).longer_by(overall, interval)
}

fn quantile(condition: &Condition, estimate: Option<&Estimate>, within: &Within, sure: Sureness) -> Finding {
    let longer = condition.of_longer();
    let share = within.share_longer();
    let worth = |finding: Finding| {
        let needs = longer.as_ref().and_then(|longer| longer.needed_at(share, sure.holds));
        finding.worth(within.size(sure.holds), needs)
    };
    let by_time = estimate.map(|estimate| {
        let interval = estimate.interval();
        let micros = estimate.value.micros() as f64;
        let state = condition.decide(interval);
        worth(Finding::of(Unit::Microseconds, condition, state, micros, interval).marked(mark(estimate)))
    });
    // Where the percentile itself cannot be told apart from the limit, the share that takes longer may be: a run whose
    // times go up and down, and all stay far below it.
    let by_share = || {
        let longer = longer.as_ref()?;
        let (state, interval) = sure.decide(longer, |confidence| within.longer(confidence));
        let counted = format!("{} take longer, of {}", show_percent(share), within.total);
        let finding = match estimate {
            Some(estimate) => {
                let micros = estimate.value.micros() as f64;
                let finding = Finding::of(Unit::ShareLonger, longer, state, micros, interval);
                finding.told_as(mark(estimate), Unit::Microseconds, condition.limit).made_of(counted)
            }
            None => Finding { figure: counted, ..Finding::of(Unit::ShareLonger, longer, state, share, interval) },
        };
        Some(worth(finding))
    };
    match by_time {
        Some(finding) if finding.state != State::Inconclusive => finding,
        Some(undecided) => by_share().filter(|finding| finding.state != State::Inconclusive).unwrap_or(undecided),
        None => by_share().unwrap_or_else(Finding::nothing),
    }
}

/// What stands before the value of a percentile that is a bound, or that tells little of another run.
fn mark(estimate: &Estimate) -> &'static str {
    match estimate.value {
        CensoredTime::AtLeast(_) => "≥",
        CensoredTime::Exactly(_) if !estimate.is_told() => "~",
        CensoredTime::Exactly(_) => "",
    }
}

fn average(condition: &Condition, bins: &[Total], complete: bool, open: u64, sure: Sureness) -> Finding {
    let Some((value, _)) = mean(bins, sure.holds) else { return Finding::nothing() };
    let interval = |confidence| {
        let interval = mean(bins, confidence).and_then(|(_, interval)| interval).unwrap_or(UNKNOWN);
        if complete {
            return interval;
        }
        // Who knows how long those without an answer would have taken: no time, or any.
        let known: u64 = bins.iter().map(|bin| bin.count).sum();
        let low = interval.low * known as f64 / (known + open).max(1) as f64;
        ConfidenceInterval { low, high: f64::INFINITY }
    };
    let (state, interval) = sure.decide(condition, interval);
    let finding = Finding::of(Unit::Microseconds, condition, state, value, interval);
    finding.marked(if complete { "" } else { "≥" }).longer_by(value, interval)
}

fn extreme(condition: &Condition, reading: CensoredTime) -> Finding {
    let micros = reading.micros();
    let (mark, high) = match reading {
        CensoredTime::Exactly(_) => ("", micros as f64),
        CensoredTime::AtLeast(_) => ("≥", f64::INFINITY),
    };
    let interval = ConfidenceInterval { low: micros as f64, high };
    let finding = Finding::of(Unit::Microseconds, condition, condition.decide(interval), micros as f64, interval);
    finding.marked(mark).because("requests without an answer may have taken longer".into())
}

/// The shortest time of a run that goes on, which is so long at most.
fn at_most(condition: &Condition, micros: u64) -> Finding {
    let interval = ConfidenceInterval { low: 0.0, high: micros as f64 };
    let state = condition.decide(interval);
    Finding::of(Unit::Microseconds, condition, state, micros as f64, interval)
}

const UNKNOWN: ConfidenceInterval = ConfidenceInterval { low: 0.0, high: f64::INFINITY };

/// A share that is surely not exceeded, rounded so that it stays true.
fn percent_up(share: f64) -> String {
    show_percent((share * 1e4).ceil() / 1e4)
}
