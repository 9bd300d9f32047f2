//! The embedded endpoint: interprets an API Gateway and Step Functions template and serves it.

mod access_log;
mod allocator;
#[cfg(feature = "fuzzing")]
pub mod benchmark;
mod budget;
pub mod cli;
pub mod clock;
mod deployment;
mod digest;
mod document;
pub mod doubles;
mod emulator;
mod endpoint;
pub mod faults;
pub mod functions;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gateway;
pub mod http;
mod inspect;
mod java;
pub mod jsonata;
mod jsonpath;
mod openapi;
mod platform;
pub mod recording;
mod schema;
mod server;
pub mod signature;
mod simulation;
pub mod states;
pub mod switches;
pub mod template;
mod token_bucket;
mod under_way;
mod vtl;
mod watch;

pub use document::{LoadError, PassedOver, Position};
pub use emulator::{Builder, Emulator, Serving};
