//! Lambda functions: handlers in JavaScript, run in an embedded engine, and handlers in Rust for embedders.

mod console;
mod environment;
mod error;
mod host;
mod module;
mod native;
mod pool;
mod script;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use error::FunctionError;
pub use native::Native;

pub(crate) use console::Console;
pub(crate) use pool::{Answer, Pool};

use crate::deployment::Function;
use crate::document::LoadError;
use environment::Environment;
use script::Script;

/// The functions of a deployment, checked.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    functions: Vec<Spec>,
    cold_start: Duration,
    /// Most invocations at a time, over all functions.
    concurrency: Option<usize>,
}

#[derive(Debug, Clone)]
struct Spec {
    code: Code,
    timeout: Duration,
}

#[derive(Debug, Clone)]
enum Code {
    Script(Box<Script>),
    Native(Native),
}

impl Library {
    /// Loads every module once, so that what cannot run is known before anything is served. A native handler takes
    /// the place of the function that has its name.
    pub(crate) fn load(
        functions: &[Function],
        natives: &[Native],
        cold_start: Duration,
        concurrency: Option<usize>,
        now: Duration,
    ) -> Result<Self, LoadError> {
        if let Some(native) = natives.iter().find(|native| !functions.iter().any(|function| native.replaces(function)))
        {
            let names = functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("there is no function `{}` to handle; the template has {names}", native.name());
            return Err(LoadError::nowhere(message));
        }
        let mut specs = Vec::with_capacity(functions.len());
        for function in functions {
            let code = if let Some(native) = natives.iter().find(|native| native.replaces(function)) {
                Code::Native(native.clone())
            } else {
                let script = Script::new(function)?;
                Environment::load(&script, &Console::default(), now)?;
                Code::Script(Box::new(script))
            };
            specs.push(Spec { code, timeout: function.timeout });
        }
        Ok(Self { functions: specs, cold_start, concurrency })
    }
}
