//! One run: a plan, a destination, generator threads, and everybody who looks at each second.

mod consumer;
mod destination;
mod embedded;
mod exposition;
mod generators;
mod metrics;
mod outfile;
mod outputs;
mod plan;
mod planner;
mod processor;
mod progress;
mod rows;
mod session;
mod start;

pub use self::destination::Destination;
pub use self::embedded::Embedded;
pub use self::outputs::{OutputPlan, Outputs, Report, ReportCopy};
pub use self::plan::{Machinery, Plan, ResolvedTarget};
pub use self::progress::Form;
pub use self::rows::{RowFile, RowFormat};
pub use self::session::{Finished, Session};
pub use self::start::{Beginning, Instant, Late, Party, StartError};
