//! How sure a threshold is to be judged, and what follows from it.

use serde::{Deserialize, Serialize};

use super::condition::State;
use crate::statistics::Confidence;

/// How sure a threshold is to be judged, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// Confidence of the interval that is compared with the limit.
    #[serde(with = "level")]
    pub(crate) confidence: Confidence,
    /// What a threshold counts as that the data cannot tell.
    pub(crate) on_inconclusive: State,
    /// Whether the run ends as soon as it surely fails.
    pub(crate) abort_on_fail: bool,
    /// Seconds of the run before it may end it.
    pub(crate) delay_abort_eval: u64,
    /// Seconds of the windows in each of which it has to hold; `None`: over the run as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<u64>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            confidence: Confidence::default(),
            on_inconclusive: State::Inconclusive,
            abort_on_fail: false,
            delay_abort_eval: 0,
            window: None,
        }
    }
}

/// A confidence as a number.
mod level {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::Confidence;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(confidence: &Confidence, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(confidence.level())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Confidence, D::Error> {
        let level = f64::deserialize(deserializer)?;
        Confidence::new(level).ok_or_else(|| de::Error::custom("a confidence lies between 0.5 and 0.9999"))
    }
}
