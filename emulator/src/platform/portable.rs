//! Every other system.

/// Nothing: elsewhere a priority belongs to the whole process.
pub(crate) const fn lower_priority() {}
