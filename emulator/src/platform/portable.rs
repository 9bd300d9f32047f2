//! Every other system.

use std::time::Duration;

/// Nothing: elsewhere a priority belongs to the whole process.
pub(crate) const fn lower_priority() {}

/// Nothing: elsewhere a thread is not asked how long it has been at work.
pub(crate) const fn thread_time() -> Option<Duration> {
    None
}
