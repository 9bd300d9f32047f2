use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Tokens for sending again, shared by the calls of a client (and by every client given the same budget), so that an
/// outage is not met with several times the load.
///
/// As in the AWS SDKs: 500 tokens; sending again costs 14, after throttling 5; a re-sent call that succeeds gives its
/// last cost back, one that succeeds at once gives 1. When the tokens are used up, failures are reported at once.
///
/// ```
/// use stepgate::{Client, RetryBudget};
///
/// // Two workflows behind one gateway: what ails one of them usually ails the other.
/// let budget = RetryBudget::new(500);
/// let orders = Client::builder("http://127.0.0.1:8080/orders/execute").retry_budget(budget.clone());
/// let refunds = Client::builder("http://127.0.0.1:8080/refunds/execute").retry_budget(budget.clone());
/// assert_eq!(budget.available(), 500);
/// ```
#[derive(Debug, Clone)]
pub struct RetryBudget {
    tokens: Arc<AtomicU32>,
    capacity: u32,
}

impl RetryBudget {
    pub(crate) const COST: u32 = 14;
    pub(crate) const THROTTLING_COST: u32 = 5;

    /// A full budget of `capacity` tokens. With fewer than 14, only throttled requests are sent again.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        Self { tokens: Arc::new(AtomicU32::new(capacity)), capacity }
    }

    /// The tokens left.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.tokens.load(Ordering::Relaxed)
    }

    /// Takes `cost` tokens, all or none.
    pub(crate) fn take(&self, cost: u32) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost)).is_ok()
    }

    pub(crate) fn give(&self, tokens: u32) {
        // A full budget, the usual case, is only read: the cache line stays shared between threads.
        if self.available() < self.capacity {
            let refill = |left: u32| Some(left.saturating_add(tokens).min(self.capacity));
            // Never fails: the closure always has a value.
            let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, refill);
        }
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_met_with_a_bounded_number_of_second_requests() {
        let budget = RetryBudget::default();
        let resends = (0..1_000).filter(|_| budget.take(RetryBudget::COST)).count();
        assert_eq!(resends, 35);
    }

    #[test]
    fn success_fills_the_budget_and_no_further() {
        let budget = RetryBudget::new(20);
        assert!(budget.take(14) && !budget.take(14));
        for _ in 0..100 {
            budget.give(1);
        }
        assert_eq!(budget.available(), 20);
    }

    #[test]
    fn clones_share_the_tokens() {
        let budget = RetryBudget::new(14);
        assert!(budget.clone().take(14));
        assert_eq!(budget.available(), 0);
    }
}
