//! Randomness, passed in: of the system, or of a seed that makes a test repeatable.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Where jitter and generated keys come from.
pub(crate) enum Random {
    /// Keys of the operating system's generator.
    System,
    /// Everything follows from one seed.
    Seeded(Mutex<fastrand::Rng>),
}

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self::Seeded(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// Uniform over [0, 1).
    pub(crate) fn unit(&self) -> f64 {
        match self {
            Self::System => fastrand::f64(),
            Self::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).f64(),
        }
    }

    /// A request id, a UUID of version 4. It may become an execution's name, so no two are alike, whatever the seed. None is drawn
    /// ahead, though each costs a system call: a process that is copied (a fork, a restored snapshot)
    /// would give them out twice.
    pub(crate) fn id() -> String {
        Self::System.uuid()
    }

    /// A UUID of version 4 in lower case.
    pub(crate) fn uuid(&self) -> String {
        let uuid = match self {
            Self::System => uuid::Uuid::new_v4(),
            Self::Seeded(rng) => {
                let bits = rng.lock().unwrap_or_else(PoisonError::into_inner).u128(..);
                uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
            }
        };
        uuid.hyphenated().to_string()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if matches!(self, Self::System) { "System" } else { "Seeded" })
    }
}
