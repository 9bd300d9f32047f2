//! How often the name of a target was looked up, and how long that took.

use std::fmt;
use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The look-ups of a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lookups {
    /// How many.
    pub(crate) count: u64,
    /// Of those, the ones that failed, so that the addresses of before stayed.
    pub(crate) failed: u64,
    /// How many found other addresses than the one before.
    pub(crate) changed: u64,
    /// Microseconds of all of them together.
    pub(crate) total_us: u64,
    /// Microseconds of the longest.
    pub(crate) longest_us: u64,
}

impl Lookups {
    /// Adds one that took so many nanoseconds.
    pub(crate) fn add(&mut self, nanoseconds: u64) {
        let micros = nanoseconds / 1_000;
        self.count += 1;
        self.total_us += micros;
        self.longest_us = self.longest_us.max(micros);
    }
}

impl AddAssign<&Self> for Lookups {
    fn add_assign(&mut self, other: &Self) {
        self.count += other.count;
        self.failed += other.failed;
        self.changed += other.changed;
        self.total_us += other.total_us;
        self.longest_us = self.longest_us.max(other.longest_us);
    }
}

/// In words: `4 look-ups, 1 failed, other addresses once`.
impl fmt::Display for Lookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |n: u64| if n == 1 { "once".to_owned() } else { format!("{n} times") };
        write!(f, "{} look-up{}", self.count, if self.count == 1 { "" } else { "s" })?;
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        if self.changed > 0 {
            write!(f, ", other addresses {}", times(self.changed))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ups_of_several_processes_add_up() {
        let (mut one, mut other) = (Lookups::default(), Lookups { failed: 1, changed: 2, ..Lookups::default() });
        one.add(1_500_000);
        assert_eq!(one.to_string(), "1 look-up");
        other.add(2_000_000);
        one += &other;
        assert_eq!((one.total_us, one.longest_us), (3_500, 2_000));
        assert_eq!(one.to_string(), "2 look-ups, 1 failed, other addresses 2 times");
    }
}
