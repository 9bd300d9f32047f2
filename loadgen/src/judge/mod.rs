//! Thresholds in k6's grammar, and the verdict on a run. Pure: what was recorded goes in, what it tells comes out.

mod condition;
mod history;
mod metric;
mod population;
mod subject;
mod threshold;
mod verdict;
mod windows;

pub use self::condition::{Aggregate, Comparison, Condition, State};
pub use self::history::{History, Stretch};
pub use self::metric::{Facts, Metric};
pub use self::population::Population;
pub use self::subject::{Subject, SubjectError};
pub use self::threshold::{Judged, Terms, Threshold};
pub use self::verdict::{Circumstances, Judgement, Verdict, built_in, verdict};
pub use self::windows::Windows;
