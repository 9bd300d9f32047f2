//! What tests that span the parts read of the workspace: its sources as modules, and who of them uses whom.
//! The tests themselves are in `tests/tests/`, one binary a subject.

pub mod modules;
pub mod names;
pub mod source;
