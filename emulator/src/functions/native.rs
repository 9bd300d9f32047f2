//! Handlers in Rust.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::error::{FunctionError, InvocationResult};
use crate::java::{read_json, write_json};

/// A handler in Rust that takes the place of a function of the template.
#[derive(Clone)]
pub struct Native {
    name: String,
    handler: Arc<dyn Fn(Value) -> Result<Value, FunctionError> + Send + Sync>,
}

impl Native {
    /// A handler for the function of that name: its `FunctionName`, or its logical id in the template; or for an action
    /// of a service, as `sns:publish`.
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

    pub(super) fn call(&self, payload: &str) -> InvocationResult {
        // Halves of surrogate pairs are told by what stands for them.
        let input = read_json(payload).map_err(|why| FunctionError::new("Runtime.MalformedEvent", why.to_string()))?;
        (self.handler)(input).map(|result| write_json(&result))
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Native({})", self.name)
    }
}
