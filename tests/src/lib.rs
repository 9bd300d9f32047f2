//! What tests that span the parts share: the answers that are known, the workspace's sources as modules, who of them uses
//! whom, a proxy that goes wrong, what an endpoint knows, what is built in, and all that reads bytes from outside. The
//! tests themselves are in `tests/tests/`, one binary a subject.

pub mod answers;
pub mod bill;
pub mod fuzz;
pub mod modules;
pub mod names;
pub mod proxy;
pub mod source;
pub mod truth;
