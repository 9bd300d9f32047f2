//! Thresholds in k6's grammar, and the verdict on a run. Pure: what was recorded goes in, what it tells comes out.

mod condition;
mod evidence;
mod extent;
mod facts;
mod finding;
mod foresight;
mod history;
mod judging;
mod metric;
mod population;
mod subject;
mod terms;
mod threshold;
mod verdict;
mod whole;
mod windows;

pub use self::condition::{Aggregate, Condition, Measure, Operator, State};
pub use self::extent::Extent;
pub use self::facts::Facts;
pub use self::finding::{Judged, Unit};
pub use self::foresight::{Expected, Shortfall, foresee};
pub use self::history::{History, TimeBin};
pub use self::judging::{aborting, judge};
pub use self::metric::Metric;
pub use self::population::Population;
pub use self::subject::Subject;
pub use self::terms::Terms;
pub use self::threshold::Threshold;
pub use self::verdict::{Circumstances, Judgement, Verdict, built_in, verdict};
pub use self::windows::Windows;
