//! Idempotency keys: their form, whether the deployment honours them, and which payload each belongs to.

mod key;
mod pins;
mod support;

pub use key::IdempotencyKey;
pub(crate) use pins::{Pin, Pins};
pub(crate) use support::{KeySupport, Support};
