//! What was measured of a threshold's metric, in the one form in which all of them are judged: that of the whole run and
//! that of one of its windows.

use super::condition::{Condition, State};
use super::finding::{Finding, Unit};
use crate::statistics::{
    CensoredTime, Confidence, ConfidenceInterval, Estimate, Total, Trials, effective_size, mean, proportion,
};
use crate::units::{show_microseconds, show_per_second, show_percent};

/// What was measured.
#[derive(Debug, Clone)]
pub(super) enum Evidence {
    /// Nothing.
    Nothing,
    /// How many: exactly, unless nobody knows of some whether they count, for the reason that follows their number.
    Count { least: u64, most: u64, unknown: &'static str },
    /// Hits among observations, the same in order of time as far as that is known, and what one hit is called.
    Share { all: Trials, bins: Vec<Trials>, hit: String },
    /// Events in order of time, with the seconds of each stretch, and their number a second over all of it.
    Pace { bins: Vec<Total>, overall: f64 },
    /// A percentile: its value where it is known, and how many of the requests took no longer than the limit.
    Quantile { estimate: Option<Estimate>, within: Within },
    /// The average of times in order of time; `complete` if every request was answered.
    Mean { bins: Vec<Total>, complete: bool },
    /// The shortest or the longest time.
    Extreme(Option<CensoredTime>),
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
            Self::Share { all, bins, hit } => share(condition, *all, bins, hit, sure),
            Self::Pace { bins, overall } => pace(condition, bins, *overall, sure),
            Self::Quantile { within, .. } if within.total == 0 => Finding::nothing(),
            Self::Quantile { estimate, within } => quantile(condition, estimate.as_ref(), within, sure),
            Self::Mean { bins, complete } => average(condition, bins, *complete, sure),
            Self::Extreme(Some(reading)) => extreme(condition, *reading),
        }
    }
}

fn count(condition: &Condition, least: u64, most: u64, unknown: &str) -> Finding {
    let interval = ConfidenceInterval { low: least as f64, high: most as f64 };
    let state = condition.decide(interval);
    let finding = Finding::of(Unit::Count, condition, state, least as f64, interval, least.to_string());
    match most - least {
        0 => finding,
        rest => {
            let why = format!("{rest} {unknown}");
            finding.made_of(why.clone()).because(why)
        }
    }
}

fn share(condition: &Condition, all: Trials, bins: &[Trials], hit: &str, sure: Sureness) -> Finding {
    let (rate, total) = (all.rate(), all.total);
    if total == 0 {
        return Finding::nothing();
    }
    let counted = format!("{} of {total}", all.hits);
    if condition.is_about_the_run() {
        let interval = ConfidenceInterval { low: rate, high: rate };
        let state = condition.decide(interval);
        return Finding::of(Unit::Share, condition, state, rate, interval, show_percent(rate)).made_of(counted);
    }
    let size = |confidence| effective_size(bins, confidence);
    let (state, interval) = sure.decide(condition, |confidence| proportion(rate, size(confidence), confidence));
    let finding = Finding::of(Unit::Share, condition, state, rate, interval, show_percent(rate)).made_of(counted);
    let finding = finding.worth(size(sure.holds), condition.needed_at(rate, sure.holds));
    match all.hits {
        0 if finding.more.is_some() => {
            finding.because(format!("no {hit} seen; 0 of {total} proves only <{}", percent_up(interval.high)))
        }
        _ => finding,
    }
}

fn pace(condition: &Condition, bins: &[Total], overall: f64, sure: Sureness) -> Finding {
    // The mean of what a second had, each second weighing as much as another.
    let interval = |confidence| match mean(bins, confidence) {
        Some((_, Some(interval))) => ConfidenceInterval { low: interval.low.max(0.0), ..interval },
        _ => UNKNOWN,
    };
    let (state, interval) = sure.decide(condition, interval);
    let finding = Finding::of(Unit::PerSecond, condition, state, overall, interval, show_per_second(overall));
    finding.longer_by(overall, interval)
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
        worth(Finding::of(Unit::Microseconds, condition, state, micros, interval, show(estimate)))
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
                Finding::of(Unit::ShareLonger, longer, state, micros, interval, show(estimate)).made_of(counted)
            }
            None => Finding::of(Unit::ShareLonger, longer, state, share, interval, counted),
        };
        Some(worth(finding))
    };
    match by_time {
        Some(finding) if finding.state != State::Inconclusive => finding,
        Some(undecided) => by_share().filter(|finding| finding.state != State::Inconclusive).unwrap_or(undecided),
        None => by_share().unwrap_or_else(Finding::nothing),
    }
}

/// The value of a percentile, with a mark where it is a bound or tells little of another run.
fn show(estimate: &Estimate) -> String {
    let mark = match estimate.value {
        CensoredTime::AtLeast(_) => "≥",
        CensoredTime::Exactly(_) if !estimate.is_told() => "~",
        CensoredTime::Exactly(_) => "",
    };
    format!("{mark}{}", show_microseconds(estimate.value.micros()))
}

fn average(condition: &Condition, bins: &[Total], complete: bool, sure: Sureness) -> Finding {
    let Some((value, _)) = mean(bins, sure.holds) else { return Finding::nothing() };
    let interval = |confidence| {
        let interval = mean(bins, confidence).and_then(|(_, interval)| interval).unwrap_or(UNKNOWN);
        // Who knows how long those without an answer would have taken.
        if complete { interval } else { ConfidenceInterval { high: f64::INFINITY, ..interval } }
    };
    let (state, interval) = sure.decide(condition, interval);
    let figure = format!("{}{}", if complete { "" } else { "≥" }, Unit::Microseconds.show(value));
    Finding::of(Unit::Microseconds, condition, state, value, interval, figure).longer_by(value, interval)
}

fn extreme(condition: &Condition, reading: CensoredTime) -> Finding {
    let micros = reading.micros();
    let (mark, high) = match reading {
        CensoredTime::Exactly(_) => ("", micros as f64),
        CensoredTime::AtLeast(_) => ("≥", f64::INFINITY),
    };
    let interval = ConfidenceInterval { low: micros as f64, high };
    let figure = format!("{mark}{}", show_microseconds(micros));
    let finding =
        Finding::of(Unit::Microseconds, condition, condition.decide(interval), micros as f64, interval, figure);
    finding.because("requests without an answer may have taken longer".into())
}

const UNKNOWN: ConfidenceInterval = ConfidenceInterval { low: 0.0, high: f64::INFINITY };

/// A share that is surely not exceeded, rounded so that it stays true.
fn percent_up(share: f64) -> String {
    show_percent((share * 1e4).ceil() / 1e4)
}
