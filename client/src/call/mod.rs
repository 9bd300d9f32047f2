//! One call, whatever it asks: attempts, one after the other, until it is settled. The only place where policy, clock,
//! identity and transport meet.

mod attempts;
mod failure;
mod look_up;
mod page;
mod purpose;
mod start;

pub(crate) use attempts::{Call, Settled, Target};
pub(crate) use look_up::LookUp;
pub(crate) use page::Page;
pub(crate) use start::{Plan, Start, Whose};
