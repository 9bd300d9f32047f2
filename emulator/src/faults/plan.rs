//! Decisions, and the count of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use super::draw::Draws;
use super::rule::{Fault, FaultRule, InvalidRule, Share};
use crate::server::Delivery;

/// Rules at work. What a rule does to the n-th request that matches it depends on nothing but the seed, the rule's
/// place and n; times are counted from the start of the endpoint.
#[derive(Debug, Default)]
pub struct FaultPlan {
    seed: u64,
    rules: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    rule: FaultRule,
    matched: AtomicU64,
    applied: AtomicU64,
}

/// What one rule did so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Its name.
    pub name: String,
    /// What it does, as in `latency`.
    pub fault: &'static str,
    /// Requests (for `accept`, connections) that matched it while it held.
    pub matched: u64,
    /// Those to which it did something. Where several rules would decide one answer, the first one does.
    pub applied: u64,
}

/// What becomes of one request. The default is nothing unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Wait before the request is looked at: the rest of a stall.
    pub(crate) hold: Duration,
    /// Whether the workflow starts, whatever is answered.
    pub(crate) start: bool,
    /// Wait between handling and answering.
    pub(crate) delay: Duration,
    /// What is answered in place of the deployment's answer.
    pub(crate) instead: Option<Instead>,
    /// How the answer is delivered.
    pub(crate) delivery: Delivery,
}

impl Default for Decision {
    fn default() -> Self {
        Self { hold: Duration::ZERO, start: true, delay: Duration::ZERO, instead: None, delivery: Delivery::default() }
    }
}

/// An answer in place of the deployment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// This status; 504 is the gateway's answer to an integration that took too long.
    Status(u16),
    /// What the deployment makes of a throttled call; 429 where it calls nothing.
    Throttled,
}

impl FaultPlan {
    /// A plan of these rules.
    ///
    /// # Errors
    /// The first rule that cannot hold.
    pub fn new(seed: u64, rules: impl IntoIterator<Item = FaultRule>) -> Result<Self, InvalidRule> {
        let counted = |(number, rule): (usize, FaultRule)| match rule.invalid() {
            Some(message) => Err(InvalidRule { number, message }),
            None => Ok(Counted { rule, matched: AtomicU64::new(0), applied: AtomicU64::new(0) }),
        };
        Ok(Self { seed, rules: rules.into_iter().enumerate().map(counted).collect::<Result<_, _>>()? })
    }

    /// Decides about a request that has arrived, and counts it.
    #[must_use]
    pub(crate) fn for_request(&self, method: &str, path: &str, now: Duration) -> Decision {
        let mut decision = Decision::default();
        let mut decided = false;
        for (number, counted) in self.rules.iter().enumerate() {
            let rule = &counted.rule;
            if matches!(rule.fault, Fault::Accept(_)) || !rule.concerns(method, path) {
                continue;
            }
            let Some(mut draws) = self.matched(number, counted, now) else { continue };
            let applies = match &rule.fault {
                Fault::Stall { .. } => {
                    let hold = stalled(rule, now);
                    decision.hold = decision.hold.max(hold);
                    !hold.is_zero()
                }
                Fault::Latency(law) => {
                    decision.delay += law.sample(&mut draws);
                    true
                }
                Fault::Bandwidth(bandwidth) => {
                    let slowest = decision.delivery.bandwidth.map_or(*bandwidth, |other| other.min(*bandwidth));
                    decision.delivery.bandwidth = Some(slowest);
                    true
                }
                Fault::Accept(_) => false,
                fault => !std::mem::replace(&mut decided, true) && decision.take(fault),
            };
            counted.applied.fetch_add(u64::from(applies), Ordering::Relaxed);
        }
        decision
    }

    /// How long a connection waits to be accepted; counts it.
    #[must_use]
    pub(crate) fn for_connection(&self, now: Duration) -> Duration {
        let mut delay = self.hold(now);
        for (number, counted) in self.rules.iter().enumerate() {
            if let Fault::Accept(law) = &counted.rule.fault
                && let Some(mut draws) = self.matched(number, counted, now)
            {
                delay += law.sample(&mut draws);
                counted.applied.fetch_add(1, Ordering::Relaxed);
            }
        }
        delay
    }

    /// How long the endpoint is still stalled.
    #[must_use]
    pub(crate) fn hold(&self, now: Duration) -> Duration {
        self.rules.iter().map(|counted| stalled(&counted.rule, now)).max().unwrap_or_default()
    }

    /// What each rule did so far, in their order.
    #[must_use]
    pub fn counts(&self) -> Vec<Count> {
        let count = |counted: &Counted| Count {
            name: counted.rule.name.clone(),
            fault: counted.rule.fault.kind(),
            matched: counted.matched.load(Ordering::Relaxed),
            applied: counted.applied.load(Ordering::Relaxed),
        };
        self.rules.iter().map(count).collect()
    }

    /// Counts a match of a rule; its draws if the match falls into the rule's share.
    fn matched(&self, number: usize, counted: &Counted, now: Duration) -> Option<Draws> {
        counted.rule.holds_since(now)?;
        let match_number = counted.matched.fetch_add(1, Ordering::Relaxed);
        let mut draws = Draws::new(self.seed, number, match_number);
        let falls = match counted.rule.share {
            Share::Probability(share) => draws.uniform() < share,
            Share::Every(every) => match_number % every == every - 1,
        };
        falls.then_some(draws)
    }
}

impl Decision {
    /// Takes over what a fault makes of the answer; false if it leaves it.
    fn take(&mut self, fault: &Fault) -> bool {
        match *fault {
            Fault::Reply { status, start } => {
                self.start = start;
                self.instead = Some(Instead::Status(status));
            }
            Fault::Throttle => {
                self.start = false;
                self.instead = Some(Instead::Throttled);
            }
            Fault::Reset { start } => {
                self.start = start;
                self.delivery.cut_after = Some(0);
                self.delivery.reset = true;
            }
            Fault::Truncate { after, reset } => {
                self.delivery.cut_after = Some(after);
                self.delivery.reset = reset;
            }
            Fault::Latency(_) | Fault::Stall { .. } | Fault::Accept(_) | Fault::Bandwidth(_) => return false,
        }
        true
    }
}

/// How long a rule stalls the endpoint from `now` on.
fn stalled(rule: &FaultRule, now: Duration) -> Duration {
    let Fault::Stall { every, length } = rule.fault else { return Duration::ZERO };
    let Some(held) = rule.holds_since(now) else { return Duration::ZERO };
    if held < every {
        return Duration::ZERO;
    }
    let phase = Duration::from_nanos_u128(held.as_nanos() % every.as_nanos());
    length.saturating_sub(phase)
}
