//! What may be invoked.

use std::time::Duration;

use super::console::Console;
use super::environment::Environment;
use super::native::Native;
use super::script::Script;
use crate::deployment::Function;
use crate::document::LoadError;

/// The functions of a deployment, checked.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    pub(super) functions: Vec<Spec>,
    pub(super) cold_start: Duration,
    /// Most invocations at a time, over all functions.
    pub(super) concurrency: Option<usize>,
}

/// One function.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) code: Code,
    pub(super) timeout: Duration,
}

/// What runs when it is invoked.
#[derive(Debug, Clone)]
pub(super) enum Code {
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
