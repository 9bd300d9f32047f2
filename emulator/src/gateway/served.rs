//! What requests are answered for, and how.

use std::sync::Arc;

use super::GatewayOptions;
use crate::deployment::{Method, RestApi, Stack};
use crate::switches::Switch;

/// An API, its stack and what the embedder chose: all that mapping a request or an answer may look at.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) api: Arc<RestApi>,
    pub(super) stack: Stack,
    pub(super) options: GatewayOptions,
}

impl Served {
    /// Whether a switch is turned away from its default.
    pub(super) fn is_turned(&self, switch: Switch) -> bool {
        self.options.switches.is_turned(switch)
    }

    /// The method of a number that routing gave.
    pub(super) fn method(&self, number: usize) -> &Method {
        &self.api.methods[number]
    }
}
