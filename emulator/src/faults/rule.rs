//! A rule: which requests it concerns, and what happens to them.

use std::fmt;
use std::time::Duration;

use super::law::Law;

/// One rule of a [`FaultPlan`](super::FaultPlan).
///
/// ```
/// use stepgate_emulator::faults::{Fault, FaultRule, Share};
///
/// let rule = FaultRule { share: Share::Every(100), ..FaultRule::new("lost", Fault::Reset { start: true }) };
/// assert_eq!(rule.until, None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    /// What it is counted under.
    pub name: String,
    /// The method that a request must have; any if `None`.
    pub method: Option<String>,
    /// The path, stage included, that a request must have; any if `None`.
    pub path: Option<String>,
    /// When it begins to apply, counted from the start of the endpoint. Default 0.
    pub from: Duration,
    /// When it ceases to apply, counted from the start of the endpoint. Default never.
    pub until: Option<Duration>,
    /// How many of the requests that match it concerns. Default all.
    pub share: Share,
    /// What it does.
    pub fault: Fault,
}

/// How many of the requests that match a rule it concerns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// Each with this probability, more than 0 and at most 1.
    Probability(f64),
    /// Exactly one in so many, the last of each group; 1 or more.
    Every(u64),
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Answers later. Delays of several rules add up.
    Latency(Law),
    /// Answers with another status, 500 to 599. 504 is the gateway's own answer to an integration that took too long.
    Reply {
        /// The status.
        status: u16,
        /// Whether the workflow is started nevertheless.
        start: bool,
    },
    /// Step Functions throttles the call: nothing starts. The deployment as posted answers it with HTTP 200.
    Throttle,
    /// Resets the connection instead of answering.
    Reset {
        /// Whether the workflow is started nevertheless.
        start: bool,
    },
    /// Ends the connection after so many bytes of the answer, its head included. A shorter answer is left whole.
    Truncate {
        /// How many bytes are written.
        after: usize,
        /// Whether the connection is reset rather than closed.
        reset: bool,
    },
    /// The whole endpoint neither accepts, reads nor writes; for the first time `every` after the rule begins to apply.
    Stall {
        /// From the beginning of one stall to that of the next.
        every: Duration,
        /// How long it lasts; shorter than `every`.
        length: Duration,
    },
    /// Accepts connections later.
    Accept(Law),
    /// Writes answers at most so fast, in bytes a second. Of several rules the slowest counts.
    Bandwidth(u32),
}

/// A rule that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRule {
    /// Its place among the rules, from 0.
    pub number: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for InvalidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault rule {}: {}", self.number + 1, self.message)
    }
}

impl std::error::Error for InvalidRule {}

impl FaultRule {
    /// A rule for all requests at all times.
    #[must_use]
    pub fn new(name: impl Into<String>, fault: Fault) -> Self {
        Self {
            name: name.into(),
            method: None,
            path: None,
            from: Duration::ZERO,
            until: None,
            share: Share::Probability(1.0),
            fault,
        }
    }

    pub(super) fn concerns(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|wanted| wanted == path)
    }

    /// Time since it began to hold, if it does.
    pub(super) fn holds_since(&self, now: Duration) -> Option<Duration> {
        let held = now.checked_sub(self.from)?;
        self.until.is_none_or(|until| now < until).then_some(held)
    }

    /// What is wrong with it, if anything.
    pub(super) fn invalid(&self) -> Option<String> {
        let share = match self.share {
            Share::Probability(share) if !(share > 0.0 && share <= 1.0) => {
                Some("`probability` must be more than 0 and at most 1")
            }
            Share::Every(0) => Some("`every` must be at least 1"),
            _ => None,
        };
        let fault = match &self.fault {
            Fault::Latency(law) | Fault::Accept(law) => law.fault(),
            Fault::Reply { status, .. } if !(500..=599).contains(status) => {
                Some("`status` must be between 500 and 599: other answers come from what is deployed")
            }
            Fault::Stall { every, length } if length >= every || length.is_zero() => {
                Some("a stall's `for` must be more than 0 and less than its `every`")
            }
            Fault::Bandwidth(0) => Some("`bandwidth` must be at least 1 byte a second: for none, use `reset`"),
            _ => None,
        };
        let every_request = self.method.is_none() && self.path.is_none();
        let scope = match &self.fault {
            Fault::Stall { .. } if !every_request || self.share != Share::Probability(1.0) => {
                Some("a stall concerns the whole endpoint: leave out `method`, `path`, `probability` and `every`")
            }
            Fault::Accept(_) if !every_request => {
                Some("a connection is accepted before it has a request: leave out `method` and `path`")
            }
            _ => None,
        };
        let window = self.until.is_some_and(|until| until <= self.from).then_some("`until` must be later than `from`");
        share.or(fault).or(scope).or(window).map(str::to_owned)
    }
}

impl Fault {
    /// Its name, as it is written in a file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Latency(_) => "latency",
            Self::Reply { .. } => "reply",
            Self::Throttle => "throttle",
            Self::Reset { .. } => "reset",
            Self::Truncate { .. } => "truncate",
            Self::Stall { .. } => "stall",
            Self::Accept(_) => "accept",
            Self::Bandwidth(_) => "bandwidth",
        }
    }
}
