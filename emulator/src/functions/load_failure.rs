//! Why a function's module does not load.

use super::ending::Ending;
use super::error::FunctionError;
use super::invocation::Invocation;
use crate::document::LoadError;

/// A module that does not load, as it is told to whoever deploys the function and to whoever invokes it.
#[derive(Debug)]
pub(super) struct LoadFailure {
    /// As it is told when the template is loaded.
    pub(super) error: LoadError,
    /// As Lambda tells it when the function is invoked; `None` if the module would load there.
    pub(super) on_lambda: Option<Ending>,
}

impl LoadFailure {
    /// A failure that is not the handler's.
    pub(super) fn ours(error: LoadError) -> Self {
        Self { error, on_lambda: None }
    }

    /// A failure that Lambda tells as an error of its runtime.
    pub(super) fn of_runtime(error: LoadError, error_type: &str, message: &str) -> Self {
        let trace: Vec<String> = format!("{error_type}: {message}").lines().map(str::to_owned).collect();
        let told = serde_json::json!({ "errorType": error_type, "errorMessage": message, "trace": trace });
        Self { error, on_lambda: Some(Ending::Threw(told.to_string())) }
    }

    /// As an invocation is told of it; `out_of_memory` is the type that running out of memory has.
    pub(super) fn told(self, invocation: &Invocation, out_of_memory: &str) -> FunctionError {
        match self.on_lambda {
            Some(ending) => ending.error(invocation, out_of_memory),
            None => FunctionError::new("Runtime.ImportModuleError", self.error.message),
        }
    }
}
