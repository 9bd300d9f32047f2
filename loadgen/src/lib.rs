//! Placeholder.

pub mod contract;
