//! How often an API may be called: by its account, and by the settings of its stage.

use std::time::Duration;

use crate::deployment::ThrottleSettings;
use crate::states::Quotas;
use crate::token_bucket::TokenBucket;

/// The token buckets of an API; none unless its quotas are AWS's.
#[derive(Debug)]
pub(super) struct Throttle {
    account: Option<TokenBucket>,
    /// Those of its methods or routes, in their order.
    routes: Vec<Option<TokenBucket>>,
}

impl Throttle {
    /// Full buckets.
    pub(super) fn new(quotas: Quotas, routes: impl Iterator<Item = Option<ThrottleSettings>>) -> Self {
        let is_on = quotas == Quotas::Aws;
        let bucket = |settings: ThrottleSettings| TokenBucket::new(settings.rate, settings.burst);
        Self {
            account: is_on.then(|| bucket(ThrottleSettings::ACCOUNT)),
            routes: routes.map(|settings| settings.filter(|_| is_on).map(bucket)).collect(),
        }
    }

    /// Whether a call of a method or route may be made now; it then counts.
    pub(super) fn admits(&self, number: usize, at: Duration) -> bool {
        [self.account.as_ref(), self.routes[number].as_ref()].into_iter().flatten().all(|bucket| bucket.take(at))
    }
}
