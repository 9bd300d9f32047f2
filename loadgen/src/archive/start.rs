//! How a run began, as its manifest has it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::platform::ClockQuality;

/// How a run began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The instant agreed on; `null` for a run that begins as soon as it is ready.
    pub(crate) agreed: Option<Timestamp>,
    /// Microseconds by which the run came after it.
    pub(crate) late_us: u64,
    /// How well this machine's clock is known to agree with others.
    pub clock: ClockQuality,
}
