//! Thresholds in k6's grammar, and the verdict on a run. Pure: what was recorded goes in, what it tells comes out.

mod condition;
mod evidence;
mod extent;
mod facts;
mod finding;
mod foreign;
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

pub(crate) use self::condition::State;
pub use self::extent::Extent;
pub(crate) use self::facts::{Facts, Outlook, StageSpan};
pub(crate) use self::finding::{Judged, Unit};
pub(crate) use self::foresight::{Expected, Shortfall, foresee};
pub(crate) use self::history::History;
pub(crate) use self::judging::{aborting, judge};
pub use self::metric::Metric;
pub(crate) use self::population::Population;
pub use self::subject::Subject;
pub(crate) use self::terms::Terms;
pub use self::threshold::Threshold;
pub(crate) use self::verdict::{Circumstances, Verdict, built_in, verdict};
pub(crate) use self::windows::Windows;
