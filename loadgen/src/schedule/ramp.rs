//! What a load asks for, stage by stage.

use serde::{Deserialize, Serialize};

use super::profile::{Piece, SECOND, pieces};
use crate::scenario::{Profile, Scenario};

/// A stage of a load: when it is, and the rate that it asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    /// Its name.
    pub name: String,
    /// Nanoseconds from the start of the run to its beginning.
    pub start_ns: u64,
    /// Nanoseconds from the start of the run to its end.
    pub end_ns: u64,
    /// Arrivals per second at its beginning.
    pub from: f64,
    /// Arrivals per second at its end.
    pub to: f64,
}

impl Ramp {
    /// The stages of a scenario but those that take no time; none of a closed loop or of recorded instants.
    #[must_use]
    pub fn all(scenario: &Scenario) -> Vec<Self> {
        let names: Vec<&str> = match &scenario.load.profile {
            Profile::Ramping { stages, .. } => {
                stages.iter().filter(|stage| !stage.duration.is_zero()).map(|stage| stage.name.as_str()).collect()
            }
            Profile::Constant { .. } | Profile::Trace { .. } | Profile::Closed { .. } => vec!["all"],
        };
        let stage = |(name, piece): (&str, Piece)| Self {
            name: name.into(),
            start_ns: piece.start,
            end_ns: piece.end(),
            from: piece.from,
            to: piece.to,
        };
        names.into_iter().zip(pieces(&scenario.load)).map(stage).collect()
    }

    /// Seconds from the start of the run to its beginning.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.start_ns as f64 / SECOND as f64
    }

    /// Seconds from the start of the run to its end.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.end_ns as f64 / SECOND as f64
    }

    /// Arrivals per second at an instant within it, in seconds from the start of the run.
    #[must_use]
    pub(crate) fn rate_at(&self, instant: f64) -> f64 {
        self.from + (self.to - self.from) * (instant - self.start()) / (self.end() - self.start())
    }
}
