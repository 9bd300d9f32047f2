//! Lambda functions: handlers in JavaScript, run in an embedded engine, and handlers in Rust for embedders.

mod bytecode;
mod console;
mod environment;
mod error;
mod handler_module;
mod host;
mod invocation;
mod library;
mod module;
mod native;
mod pool;
mod script;
#[cfg(test)]
mod tests;
mod threads;

pub use error::FunctionError;
pub use handler_module::HandlerModule;
pub use native::Native;

pub use crate::deployment::Module;

pub(crate) use console::Console;
pub(crate) use error::InvocationResult;
pub(crate) use library::{Library, LibraryOptions};
pub(crate) use pool::{Pool, PoolCounts, Returned};
