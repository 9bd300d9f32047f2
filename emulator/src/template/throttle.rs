//! Throttles of stages, methods and routes.

use crate::deployment::ThrottleSettings;
use crate::document::{LoadError, Node, scalar};

/// The two properties of a throttle.
pub(super) const KEYS: [&str; 2] = ["ThrottlingBurstLimit", "ThrottlingRateLimit"];

/// What is said of a throttle at one place.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Throttle {
    rate: Option<f64>,
    burst: Option<u32>,
}

impl Throttle {
    /// Reads the two properties.
    pub(super) fn read(node: &Node) -> Result<Self, LoadError> {
        let rate = node.get("ThrottlingRateLimit").map(|node| scalar::rate(node, "`ThrottlingRateLimit`"));
        let burst = node.get("ThrottlingBurstLimit");
        let burst = burst.map(|node| scalar::whole(node, "`ThrottlingBurstLimit`", 0..=u32::MAX));
        Ok(Self { rate: rate.transpose()?, burst: burst.transpose()? })
    }

    /// This one, and the other where this one says nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self { rate: self.rate.or(other.rate), burst: self.burst.or(other.burst) }
    }

    /// The token bucket; `None` where nothing is said at all.
    pub(super) fn settings(self) -> Option<ThrottleSettings> {
        let is_said = self.rate.is_some() || self.burst.is_some();
        is_said.then(|| ThrottleSettings {
            rate: self.rate.unwrap_or(ThrottleSettings::ACCOUNT.rate),
            burst: self.burst.unwrap_or(ThrottleSettings::ACCOUNT.burst),
        })
    }
}
