//! Where a handler in JavaScript stands.

use crate::deployment::Module;

/// A handler in JavaScript that takes the place of a function or of an action of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerModule {
    /// The file.
    pub module: Module,
    /// The function of it that is called.
    pub export: String,
}
