//! Handlers in Rust.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::error::FunctionError;
use super::pool::Answer;
use crate::deployment::Function;

/// A handler in Rust that takes the place of a function of the template.
#[derive(Clone)]
pub struct Native {
    name: String,
    handler: Arc<dyn Fn(Value) -> Result<Value, FunctionError> + Send + Sync>,
}

impl Native {
    /// A handler for the function of that name: its `FunctionName`, or a part of it between hyphens, such as its
    /// logical id in the template; upper and lower case are the same.
    pub fn new(
        name: impl Into<String>,
        handler: impl Fn(Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), handler: Arc::new(handler) }
    }

    /// The name that it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names that CloudFormation makes are `stack-LogicalId-suffix`; people choose `stack-purpose`.
    pub(super) fn replaces(&self, function: &Function) -> bool {
        function.name == self.name || function.name.split('-').any(|part| part.eq_ignore_ascii_case(&self.name))
    }

    pub(super) fn call(&self, payload: &str) -> Answer {
        let input = serde_json::from_str(payload).unwrap_or_default();
        (self.handler)(input).map(|result| result.to_string())
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Native({})", self.name)
    }
}
