//! Which part of a load a process sends. Arrival k belongs to shard k modulo their number, so the shards of any number
//! make up the same load. Pure: the environment is passed in.

mod placement;

#[cfg(test)]
mod tests;

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::mistake::Mistake;

#[cfg(test)]
pub(crate) use self::placement::Scheduler;
pub(crate) use self::placement::{ATTEMPT, Choice, Placement, place};

/// Most shards of a load.
pub(crate) const MOST: u32 = 100_000;

/// One of the equal parts of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "(u32, u32)", try_from = "(u32, u32)")]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// The whole load.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Part `index`, from 0, of `count`.
    ///
    /// # Errors
    /// There is no such part: in words.
    pub fn new(index: u32, count: u32) -> Result<Self, Mistake> {
        match count {
            0 => Err(Mistake::usage("a load has at least one shard")),
            _ if count > MOST => Err(Mistake::usage(format!("{count} shards are more than {MOST}"))),
            _ if index >= count => Err(Mistake::usage(format!(
                "shard {index} of {count} does not exist: shards are numbered from 0 to {}",
                count - 1
            ))),
            _ => Ok(Self { index, count }),
        }
    }

    /// Its number, from 0.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// Whether it is the only one.
    #[must_use]
    pub(crate) const fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Whether it sends arrival `k`.
    #[must_use]
    pub(crate) const fn has(self, k: u64) -> bool {
        k % self.count as u64 == self.index as u64
    }

    /// How many of the arrivals or clients 0 up to `total` are its own.
    #[must_use]
    pub const fn share(self, total: u64) -> u64 {
        total / self.count as u64 + (total % self.count as u64 > self.index as u64) as u64
    }

    /// The part that thread `thread` of `threads` has of it: again the whole load's arrivals modulo a number.
    #[must_use]
    pub(crate) const fn thread(self, thread: u64, threads: u64) -> (u64, u64) {
        (self.index as u64 + self.count as u64 * thread, self.count as u64 * threads)
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

/// `I/N`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let wrong =
            |_: ParseIntError| Mistake::usage(format!("`{text}` is not a shard: write INDEX/COUNT from 0, as in 0/4"));
        let (index, count) = text.split_once('/').unwrap_or((text, ""));
        Self::new(index.trim().parse().map_err(wrong)?, count.trim().parse().map_err(wrong)?)
    }
}

impl From<Shard> for (u32, u32) {
    fn from(shard: Shard) -> Self {
        (shard.index, shard.count)
    }
}

impl TryFrom<(u32, u32)> for Shard {
    type Error = Mistake;

    fn try_from((index, count): (u32, u32)) -> Result<Self, Mistake> {
        Self::new(index, count)
    }
}
