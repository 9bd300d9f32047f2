use std::fmt;
use std::sync::Arc;

/// The connection that an answer came on, in the answer's extensions. It is free for other requests once the last clone
/// is dropped, so that whoever judges the answer can still retire it.
#[derive(Clone)]
pub(crate) struct Lease(Arc<dyn Retire>);

/// A connection that can be taken out of use.
pub(crate) trait Retire: Send + Sync {
    /// No later request uses it; those in flight on it go on.
    fn retire(&self);
}

impl Lease {
    #[cfg_attr(not(feature = "hyper"), expect(dead_code, reason = "only the built-in transport keeps connections"))]
    pub(crate) fn new(connection: Arc<dyn Retire>) -> Self {
        Self(connection)
    }

    pub(crate) fn retire(&self) {
        self.0.retire();
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Lease")
    }
}
