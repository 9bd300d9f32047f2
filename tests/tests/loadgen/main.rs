//! The binary `loadgen` from outside: what it prints, how it exits, and that its accounts are exact.

#![expect(clippy::unwrap_used, reason = "tests: what is absent is a failure, also in the modules that they share")]

mod ab;
#[cfg(feature = "aws-config")]
mod chain;
mod cli;
mod compare;
mod embedded;
mod endurance;
mod faults;
mod judgement;
mod loadgen;
mod mix;
mod networks;
mod outputs;
mod pages;
mod payloads;
mod plan;
mod reconcile;
mod search;
mod secrets;
mod server;
mod shards;
mod signals;
mod signed;
mod simulate;
mod stall;
mod starts;
mod synchronous;
mod terminal;
mod tls;
mod torn;
mod transport;
mod trouble;
mod words;
