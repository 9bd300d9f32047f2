//! The embedded endpoint: interprets an API Gateway and Step Functions template and serves it.

mod access_log;
pub mod budget;
pub mod cli;
pub mod clock;

pub mod deployment;
mod digest;
pub mod document;
pub mod doubles;
mod emulator;
mod endpoint;
pub mod faults;
pub mod functions;
pub mod gateway;
pub mod http;
mod inspect;
mod java;
pub mod jsonata;
pub mod jsonpath;
pub mod openapi;
mod platform;
pub mod recording;
mod schema;
pub mod server;
pub mod signature;
mod simulation;
pub mod states;
pub mod switches;
pub mod template;
mod token_bucket;
mod under_way;
pub mod vtl;
mod watch;

pub use emulator::{Builder, Emulator, Serving};
