use crate::transport::{Breakdown, TransportError};
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A failure to connect, of which all are told who waited for the connection.
#[derive(Debug, Clone)]
pub(super) struct SharedFailure {
    source: Same,
    breakdown: Breakdown,
}

/// A source that has several owners, and says what it said.
#[derive(Debug, Clone)]
struct Same(Arc<dyn StdError + Send + Sync>);

impl fmt::Display for Same {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl StdError for Same {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl From<TransportError> for SharedFailure {
    fn from(error: TransportError) -> Self {
        let breakdown = error.breakdown();
        Self { source: Same(Arc::from(error.into_source())), breakdown }
    }
}

impl SharedFailure {
    pub(super) fn into_error(self) -> TransportError {
        match self.breakdown {
            Breakdown::TimedOut => TransportError::time_out(self.source),
            Breakdown::Refused => TransportError::refused(self.source),
            // Nothing was read that could be too large.
            Breakdown::Broken | Breakdown::TooLarge => TransportError::new(self.source),
        }
    }
}
