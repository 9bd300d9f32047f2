//! Thresholds in k6's grammar, and the verdict on a run.

mod metric;
mod threshold;
mod verdict;

pub use self::metric::{Facts, Measure, Metric};
pub use self::threshold::{Aggregate, Comparison, Judged, State, Threshold};
pub use self::verdict::{Circumstances, Verdict, built_in, verdict};
