//! One run: a plan, a destination, generator threads, and everybody who looks at each second.

mod carrier;
mod consumer;
mod destination;
mod embedded;
mod exposition;
mod generators;
mod metrics;
mod outfile;
mod outputs;
mod pages;
mod plan;
mod planner;
mod processor;
mod progress;
mod rehearsal;
mod rows;
mod session;
mod start;

pub(crate) use self::carrier::Carrier;
pub(crate) use self::destination::Destination;
pub(crate) use self::embedded::{Embedded, unguarded};
pub(crate) use self::outputs::{OutputPlan, Outputs, Report, ReportCopy};
pub(crate) use self::plan::{Machinery, Plan, ResolvedTarget};
pub(crate) use self::progress::Form;
pub(crate) use self::rehearsal::Rehearsal;
pub(crate) use self::rows::{RowFile, RowFormat};
pub(crate) use self::session::Session;
pub(crate) use self::start::{Beginning, Instant, Late};
