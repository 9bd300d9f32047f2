//! What became of a threshold: the numbers, the interval that decided, and how both are said.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, State};
use super::extent::Extent;
use super::subject::Subject;
use super::terms::Terms;
use crate::statistics::ConfidenceInterval;
use crate::units::{show_pace, show_range, show_share, show_time};

/// A threshold with what became of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Judged {
    /// The metric.
    pub(crate) metric: String,
    /// The condition as written.
    pub(crate) expression: String,
    /// What was measured, as text with its unit, and the interval that was judged.
    pub(crate) measured: String,
    /// The same in few words: the figure, and the interval in brackets.
    #[serde(default)]
    pub(crate) brief: String,
    /// What was measured, in microseconds, as a share, as a count or per second; `null` where nothing was, or where every
    /// window has a figure of its own.
    #[serde(default)]
    pub(crate) value: Option<f64>,
    /// What `limit`, `low` and `high` are.
    #[serde(default)]
    pub(crate) scale: Unit,
    /// The limit of the condition, on that scale.
    #[serde(default)]
    pub(crate) limit: Option<f64>,
    /// The lower end of the interval that was compared with it; `null` where every window has one of its own.
    #[serde(default)]
    pub(crate) low: Option<f64>,
    /// Its upper end; `null` where the data cannot bound it.
    #[serde(default)]
    pub(crate) high: Option<f64>,
    /// How many independent requests the run is worth, as far as this threshold goes; `null` where none were counted.
    #[serde(default)]
    pub(crate) effective: Option<u64>,
    /// Of how many independent requests the same figure would decide; `null` where no number would.
    #[serde(default)]
    pub(crate) needs: Option<u64>,
    /// What the threshold counts as.
    pub(crate) state: State,
    /// Whether the data cannot tell; `state` is then what the terms make of that.
    #[serde(default)]
    pub(crate) undecided: bool,
    /// Why the data cannot tell, where they cannot.
    #[serde(default)]
    pub(crate) why: Option<String>,
    /// How many times as much data would decide, if figures stay what they are; `null` where none would.
    #[serde(default)]
    pub(crate) more: Option<f64>,
    /// Whether its failure ends a run.
    pub(crate) abort_on_fail: bool,
}

/// What the numbers of a threshold are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unit {
    /// Times.
    #[default]
    Microseconds,
    /// A share, from 0 to 1.
    Share,
    /// For a percentile that was judged so: the share of the requests that take longer than its limit. `value` is the
    /// percentile all the same.
    ShareLonger,
    /// A count.
    Count,
    /// Events per second.
    PerSecond,
}

/// What the data say about a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) scale: Unit,
    pub(super) value: Option<f64>,
    pub(super) limit: Option<f64>,
    pub(super) interval: Option<ConfidenceInterval>,
    pub(super) effective: Option<u64>,
    pub(super) needs: Option<u64>,
    pub(super) more: Option<f64>,
    /// What was measured, as text.
    pub(super) figure: String,
    /// Of what it was made.
    pub(super) detail: Option<String>,
    pub(super) why: Option<String>,
}

impl Finding {
    pub(super) fn of(
        scale: Unit,
        condition: &Condition,
        state: State,
        value: f64,
        interval: ConfidenceInterval,
    ) -> Self {
        Self {
            state,
            scale,
            value: Some(value),
            limit: Some(condition.limit),
            interval: Some(interval),
            effective: None,
            needs: None,
            more: None,
            figure: scale.show_beside(value, condition.limit),
            detail: None,
            why: None,
        }
    }

    /// There was nothing to be judged.
    pub(super) fn nothing() -> Self {
        Self {
            state: State::Inconclusive,
            scale: Unit::default(),
            value: None,
            limit: None,
            interval: None,
            effective: None,
            needs: None,
            more: None,
            figure: "nothing measured".into(),
            detail: None,
            why: Some("nothing was measured".into()),
        }
    }

    /// How many independent requests it rests on, and how many would decide.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    pub(super) fn worth(self, effective: f64, needs: Option<u64>) -> Self {
        let more = needs.filter(|_| effective > 0.0).map(|needs| needs as f64 / effective);
        let why = needs.map(|needs| format!("worth {} independent requests of {needs}", effective as u64));
        let why = why.or_else(|| Some("the figure lies too close to the limit for any run to tell".into()));
        Self { effective: Some(effective as u64), needs, more, why, ..self }
    }

    /// How many times as much data would decide about an average: its interval shrinks with the root of it.
    pub(super) fn longer_by(self, value: f64, interval: ConfidenceInterval) -> Self {
        let limit = self.limit.unwrap_or(value);
        let distance = (value - limit).abs();
        // The end that has to come closer: an interval need not reach as far to both sides.
        let reach = if limit < value { value - interval.low } else { interval.high - value };
        let more = (reach / distance).powi(2);
        let why = if reach.is_finite() {
            "the interval reaches across the limit"
        } else {
            "the run is too short for an interval, or requests without an answer leave it open"
        };
        Self { more: Some(more).filter(|more| more.is_finite()), why: Some(why.into()), ..self }
    }

    /// With a mark before its figure.
    pub(super) fn marked(self, mark: &str) -> Self {
        Self { figure: format!("{mark}{}", self.figure), ..self }
    }

    /// With its value on another scale than that of its limit: beside the limit there.
    pub(super) fn told_as(self, mark: &str, scale: Unit, limit: f64) -> Self {
        let figure = self.value.map_or_else(String::new, |value| scale.show_beside(value, limit));
        Self { figure, ..self }.marked(mark)
    }

    pub(super) fn because(self, why: String) -> Self {
        Self { why: Some(why), ..self }
    }

    pub(super) fn made_of(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// The interval that was judged, where it has a width.
    fn range(&self) -> Option<String> {
        let ConfidenceInterval { low, high } = self.interval.filter(|interval| interval.low < interval.high)?;
        let low = Some(low).filter(|low| *low > 0.0 || high.is_finite());
        Some(show_range(low, Some(high).filter(|high| high.is_finite()), |end| match self.limit {
            Some(limit) => self.scale.show_beside(end, limit),
            None => self.scale.show(end),
        }))
    }

    /// The figure, what it is made of, and the interval that was judged.
    pub(super) fn shown(&self) -> String {
        let parts = [Some(self.figure.as_str()), self.detail.as_deref()];
        let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        self.range().map_or_else(|| parts.clone(), |range| format!("{parts}; {range}"))
    }

    /// The same as the result of a threshold, under its terms.
    pub(super) fn under(self, subject: &Subject, expression: &str, condition: &Condition, terms: &Terms) -> Judged {
        let undecided = self.state == State::Inconclusive;
        let finite = |end: f64| Some(end).filter(|end| end.is_finite());
        let range = self.range();
        let brief = match (self.scale, &self.detail, &range) {
            (Unit::ShareLonger, Some(detail), Some(range)) => format!("{} ({detail}; {range})", self.figure),
            (_, _, Some(range)) => format!("{} ({range})", self.figure),
            (.., None) => self.figure.clone(),
        };
        Judged {
            metric: subject.to_string(),
            expression: expression.into(),
            measured: self.shown(),
            brief,
            value: self.value,
            scale: self.scale,
            limit: self.limit.or(Some(condition.limit)),
            low: self.interval.and_then(|interval| finite(interval.low)),
            high: self.interval.and_then(|interval| finite(interval.high)),
            effective: self.effective,
            needs: self.needs.filter(|_| undecided),
            state: if undecided { terms.on_inconclusive } else { self.state },
            undecided,
            why: self.why.filter(|_| undecided),
            more: self.more.filter(|_| undecided),
            abort_on_fail: terms.abort_on_fail,
        }
    }
}

impl Judged {
    /// The same with what to do where the data cannot tell and more of them would.
    pub(super) fn with_remedy(mut self, extent: Extent, warmup: u64) -> Self {
        // A window is not made longer by a longer run.
        if let (Some(why), Some(more), Some(_)) = (&mut self.why, self.more, self.value) {
            let _ = write!(why, "; run {}", extent.longer(more.max(1.0), warmup));
        }
        self
    }

    /// That it does not hold, in words.
    #[must_use]
    pub(crate) fn told_failed(&self) -> String {
        let said = format!("{} {}: {}", self.metric, self.expression, self.brief);
        if self.undecided { format!("{said}; the data cannot tell, which counts as failed") } else { said }
    }

    /// The mark that stands before it: passed, failed, undecided, and `~` for what the data cannot tell and the terms let
    /// pass.
    #[must_use]
    pub(crate) const fn mark(&self) -> &'static str {
        match (self.state, self.undecided) {
            (State::Pass, false) => "✓",
            (State::Pass, true) => "~",
            (State::Fail, _) => "✗",
            (State::Inconclusive, _) => "?",
        }
    }

    /// Where it stands among others: what failed comes first, then what cannot be told.
    #[must_use]
    pub(crate) const fn rank(&self) -> u8 {
        match (self.state, self.undecided) {
            (State::Fail, _) => 0,
            (State::Inconclusive, _) => 1,
            (State::Pass, true) => 2,
            (State::Pass, false) => 3,
        }
    }
}

impl Unit {
    /// A number on it for people.
    #[must_use]
    pub(crate) fn show(self, value: f64) -> String {
        self.show_finely(value, 0)
    }

    /// A number beside the limit of its condition: one that is not the limit does not look like it, with as many digits as
    /// that takes.
    #[must_use]
    pub(crate) fn show_beside(self, value: f64, limit: f64) -> String {
        /// Digits with which a double is told apart from its neighbours, whatever the unit.
        const MOST: usize = 9;
        let finer = (0..=MOST).map(|more| (self.show_finely(value, more), self.show_finely(limit, more)));
        let apart = finer.into_iter().find(|(value, limit)| value != limit);
        apart.map_or_else(|| self.show(value), |(value, _)| value)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    fn show_finely(self, value: f64, more: usize) -> String {
        match self {
            Self::Microseconds => show_time(value.round() as u64, more),
            Self::Share | Self::ShareLonger => show_share(value, more),
            Self::Count => format!("{value:.0}"),
            Self::PerSecond => show_pace(value, more),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn what_is_not_the_limit_does_not_look_like_it() {
        assert_eq!(Unit::Share.show_beside(0.009_96, 0.01), "0.996%");
        assert_eq!(Unit::Share.show_beside(25_999.0 / 26_000.0, 1.0), ">99.99%");
        assert_eq!(Unit::Microseconds.show_beside(100_400.0, 100_000.0), "100.4ms");
        assert_eq!(Unit::Microseconds.show_beside(100_400.0, 100_300.0), "100.4ms");
        assert_eq!(Unit::PerSecond.show_beside(119.96, 120.0), "119.96/s");
        assert_eq!([0.01, 0.02].map(|share| Unit::Share.show_beside(share, 0.01)), ["1.00%", "2.00%"]);
    }
}
