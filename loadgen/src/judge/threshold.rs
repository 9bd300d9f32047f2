//! One threshold: a condition on a metric, and what the data say about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::condition::{Aggregate, Condition, Operator, State};
use super::finding::{Finding, Judged};
use super::metric::Metric;
use super::subject::Subject;
use super::terms::Terms;
use crate::mistake::Mistake;
use crate::statistics::Confidence;

/// A condition such as `rate<1%` on a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Threshold {
    /// What it is about.
    pub(crate) subject: Subject,
    /// The condition as written.
    pub expression: String,
    /// How sure one is to be, and what follows.
    pub(crate) terms: Terms,
    condition: Condition,
}

/// A threshold as `manifest.json` holds it.
#[derive(Serialize, Deserialize)]
struct Written {
    metric: String,
    condition: String,
    #[serde(flatten)]
    terms: Terms,
}

impl From<Threshold> for Written {
    fn from(threshold: Threshold) -> Self {
        Self { metric: threshold.subject.to_string(), condition: threshold.expression, terms: threshold.terms }
    }
}

impl TryFrom<Written> for Threshold {
    type Error = Mistake;

    fn try_from(Written { metric, condition, terms }: Written) -> Result<Self, Mistake> {
        let subject = Subject::parse(&metric)?;
        Ok(Self::parse(subject, &condition)?.under(terms))
    }
}

impl Threshold {
    /// Reads a condition on `metric`: `count==0`, `rate<1%`, `rate<0.01`, `rate>40/s`, `p(99)<800ms`, `max<=2s`.
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
    pub fn parse(subject: impl Into<Subject>, expression: &str) -> Result<Self, Mistake> {
        let subject = subject.into();
        let condition = Condition::parse(expression, subject.metric.measure())
            .map_err(|why| Mistake::usage(format!("`{expression}` is not a condition on {subject}: {why}")))?;
        match (subject.metric, condition.aggregate) {
            (Metric::Duplicates | Metric::Unsent | Metric::WorkflowsFailed, Aggregate::Pace) => Err(Mistake::usage(
                format!("`{}` is counted over the whole run: it has no rate per second", subject.metric.name()),
            )),
            _ => Ok(Self { subject, expression: expression.into(), terms: Terms::default(), condition }),
        }
    }

    /// The same under other terms.
    #[must_use]
    pub(crate) fn under(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// The same, counting as `state` where the data cannot tell.
    #[must_use]
    pub(crate) fn on_inconclusive(mut self, state: State) -> Self {
        self.terms.on_inconclusive = state;
        self
    }

    /// The same, to hold in every window of so many seconds.
    ///
    /// # Errors
    /// It cannot be judged window by window, or the windows are too short: in words.
    pub(crate) fn in_windows(self, seconds: u64) -> Result<Self, Mistake> {
        /// Shorter windows do not show how far requests of the same second resemble each other.
        const SHORTEST: u64 = 10;
        let equals = matches!(self.condition.operator, Operator::Equal | Operator::Unequal);
        match (self.subject.metric, self.condition.aggregate) {
            (metric, _) if metric.is_of_workflows() || is_known_at_the_end(metric) => Err(Mistake::usage(format!(
                "`{}` is known only at the end of a run: it has no windows",
                self.subject.metric.name()
            ))),
            (_, Aggregate::Least | Aggregate::Most) => Err(Mistake::usage(
                "`max<` and `min>` hold in every window where they hold in the run, and `min<` and `max>` are not asked of \
                     windows: leave `window` out",
            )),
            (_, Aggregate::Quantile(_) | Aggregate::Mean) if equals => {
                Err(Mistake::usage("within windows a time is compared with <, <=, > or >="))
            }
            _ if seconds < SHORTEST => Err(Mistake::usage(format!("a window takes at least {SHORTEST}s"))),
            _ => Ok(Self { terms: Terms { window: Some(seconds), ..self.terms }, ..self }),
        }
    }

    /// The condition, taken apart.
    #[must_use]
    pub(crate) const fn condition(&self) -> &Condition {
        &self.condition
    }

    /// What was found, as its result.
    pub(super) fn concluded(&self, finding: Finding) -> Judged {
        finding.under(&self.subject, &self.expression, &self.condition, &self.terms)
    }

    /// How sure one is to be.
    pub(super) const fn confidence(&self) -> Confidence {
        self.terms.confidence
    }
}

/// Whether nobody knows before the end of a run how often it was counted.
pub(super) const fn is_known_at_the_end(metric: Metric) -> bool {
    matches!(metric, Metric::Duplicates | Metric::Unsent | Metric::Unfinished)
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.expression)
    }
}

#[cfg(test)]
mod tests;
