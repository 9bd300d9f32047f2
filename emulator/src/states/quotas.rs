//! AWS's token buckets for API actions.

use std::collections::HashMap;
use std::time::Duration;

use super::options::Quotas;
use crate::token_bucket::TokenBucket;

/// Tokens that a bucket holds, and tokens that it gains a second.
type Rate = (u32, u32);

/// The regions with the larger quotas.
const LARGE: &[&str] = &["us-east-1", "us-west-2", "eu-west-1"];

/// Action, bucket and refill a second in the large regions, and in all others. `StartExecution` and
/// `DescribeExecution`: Step Functions developer guide, "Quotas". The other rows are what the same table said in 2023.
const BUCKETS: &[(&str, Rate, Rate)] = &[
    ("StartExecution", (1_300, 300), (800, 150)),
    ("DescribeExecution", (300, 15), (250, 10)),
    ("GetExecutionHistory", (400, 20), (400, 20)),
    ("ListExecutions", (200, 5), (100, 2)),
    ("ListStateMachines", (100, 5), (100, 5)),
    ("DescribeStateMachine", (200, 20), (200, 20)),
    ("DescribeStateMachineForExecution", (200, 20), (200, 20)),
    ("StopExecution", (1_000, 200), (500, 25)),
    ("SendTaskSuccess", (3_000, 500), (2_000, 300)),
    ("SendTaskFailure", (3_000, 500), (2_000, 300)),
    ("SendTaskHeartbeat", (3_000, 500), (2_000, 300)),
];

/// `StartExecution` and `StartSyncExecution` of an Express machine, in every region.
const EXPRESS: Rate = (6_000, 6_000);

/// The buckets of one account and region; with quotas off there is nothing in it.
#[derive(Debug)]
pub(crate) struct Throttle {
    buckets: Option<HashMap<&'static str, TokenBucket>>,
}

impl Throttle {
    /// Full buckets.
    pub(crate) fn new(quotas: Quotas, region: &str) -> Self {
        let buckets = (quotas == Quotas::Aws).then(|| {
            let large = LARGE.contains(&region);
            let rows = BUCKETS.iter().map(|(action, big, small)| (*action, if large { *big } else { *small }));
            rows.chain([("Express", EXPRESS)])
                .map(|(action, (capacity, rate))| (action, TokenBucket::new(rate.into(), capacity)))
                .collect()
        });
        Self { buckets }
    }

    /// Whether the call may pass; `express` for executions of Express machines.
    pub(crate) fn admits(&self, action: &str, express: bool, now: Duration) -> bool {
        let Some(buckets) = &self.buckets else { return true };
        let bucket = buckets.get(if express { "Express" } else { action });
        bucket.is_none_or(|bucket| bucket.take(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_execution_passes_its_bucket_and_then_its_refill() {
        let start = Duration::from_secs(1_000);
        for (region, bucket, refill) in [("us-east-1", 1_300, 300), ("eu-central-1", 800, 150)] {
            let throttle = Throttle::new(Quotas::Aws, region);
            let admitted = |now| (0..2_000).filter(|_| throttle.admits("StartExecution", false, now)).count();
            assert_eq!(admitted(start), bucket);
            assert_eq!(admitted(start + Duration::from_secs(1)), refill);
            assert_eq!(admitted(start + Duration::from_secs(1_000)), bucket, "never more than the bucket holds");
        }
    }

    #[test]
    fn without_quotas_everything_passes() {
        let throttle = Throttle::new(Quotas::Off, "us-east-1");
        assert!((0..10_000).all(|_| throttle.admits("DescribeExecution", false, Duration::ZERO)));
    }
}
