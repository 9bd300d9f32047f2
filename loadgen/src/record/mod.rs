//! What happened, in constant memory: one class a request, three distributions, the names of executions.
//!
//! Times are nanoseconds from the start of the run and come from the caller, so that everything here runs on virtual
//! time as well.

mod class;
mod name;
mod recorder;
mod tally;

pub use self::class::Class;
pub use self::name::{ENTRY_BYTES, Entry, is_legal_name};
pub use self::recorder::{Example, Interval, Recorder, Times, Violation};
pub use self::tally::{Counts, LONGEST, Series, Tally};
