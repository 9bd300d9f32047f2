//! What happened, in constant memory: one class a request; three distributions by class, stage and payload; the names of
//! executions.
//!
//! Times are nanoseconds from the start of the run and come from the caller, so that everything here runs on virtual
//! time as well.

mod answers;
mod census;
mod class;
mod counts;
mod lookups;
mod machine;
mod name;
mod place;
mod recorder;
mod row;
mod series;
mod tally;
mod times;
mod workflows;

pub(crate) use self::answers::{Answers, FailedAnswers};
pub(crate) use self::census::{Census, MergedNames, NameTotals};
pub use self::class::Class;
pub(crate) use self::counts::Counts;
pub(crate) use self::lookups::Lookups;
pub use self::machine::StateMachine;
pub use self::name::Entry;
pub(crate) use self::name::{ENTRY_BYTES, is_legal_name, kept_name};
pub(crate) use self::place::Selection;
pub use self::place::{Kind, Labelled, Place, Places};
pub(crate) use self::recorder::{EXAMPLES, Example, Unsent, Violation};
pub use self::recorder::{Interval, Recorder};
pub(crate) use self::row::Rows;
pub use self::row::Sent;
pub use self::series::{Fate, Series, Timing};
pub(crate) use self::tally::{LONGEST, Tally, empty_histogram};
pub use self::times::Times;
pub(crate) use self::times::between;
pub(crate) use self::workflows::{FailedWorkflows, WorkflowEnds};
