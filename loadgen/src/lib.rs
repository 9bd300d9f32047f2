//! Open-loop load generator for `POST /execute`, with accounts that add up.
//!
//! Data flows one way: a [`scenario`] makes a [`schedule`], the [`engine`] sends it, [`record`] keeps what happened,
//! [`judge`] decides, [`report`] tells. `schedule`, `record` and `judge` are pure.

pub mod archive;
pub mod authorization;
pub mod aws;
pub mod cli;
mod compare;
pub mod contract;
mod doctor;
pub mod endpoint;
pub mod engine;
mod exit;
mod forecast;
mod json;
pub mod judge;
mod mistake;
pub mod payload;
pub mod platform;
pub mod random;
pub mod reconcile;
pub mod record;
pub mod report;
mod run;
pub mod scenario;
pub mod schedule;
mod search;
pub mod shard;
mod simulation;
mod spelling;
pub mod statistics;
mod units;
