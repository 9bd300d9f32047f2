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

pub use self::answers::{Answers, FailedAnswers};
pub use self::census::{Census, MergedNames, NameTotals};
pub use self::class::Class;
pub use self::counts::Counts;
pub use self::lookups::Lookups;
pub use self::machine::StateMachine;
pub use self::name::{ENTRY_BYTES, Entry, is_legal_name};
pub use self::place::{Kind, Labelled, Place, Places, Selection};
pub use self::recorder::{EXAMPLES, Example, Interval, Recorder, Unsent, Violation};
pub use self::row::{Row, Rows, Sent};
pub use self::series::{Fate, Series, Timing};
pub use self::tally::{LONGEST, PlaceTally, Tally, empty_histogram};
pub use self::times::Times;
pub use self::workflows::WorkflowEnds;
