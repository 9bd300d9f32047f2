//! Lambda functions: handlers in JavaScript, run in an embedded engine, and handlers in Rust for embedders.

mod builtins;
mod bytecode;
mod code_folder;
mod console;
mod ending;
mod environment;
mod error;
mod files;
mod handler_module;
mod host;
mod invocation;
mod library;
mod load_failure;
mod memory;
mod module;
mod native;
mod outline;
mod pool;
mod qualifier;
mod script;
#[cfg(test)]
mod tests;
mod threads;

pub use error::FunctionError;
pub use handler_module::HandlerModule;
pub use native::Native;

pub use crate::deployment::Module;

pub(crate) use code_folder::{normal, parent, with_files};
pub(crate) use console::Console;
pub(crate) use error::InvocationResult;
pub(crate) use library::{Library, LibraryOptions};
pub(crate) use pool::{Pool, PoolCounts, Returned};
pub(crate) use qualifier::{Qualifier, local_part};
