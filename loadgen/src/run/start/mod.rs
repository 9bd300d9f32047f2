//! When a run begins: as soon as it is ready, or with all other shards at one instant that lies ahead of every one.

mod barrier;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::archive::Start;
use crate::mistake::Mistake;
use crate::platform::{clock_quality, monotonic};
use crate::scenario::parse_duration;
use crate::shard::Placement;
use crate::units::show_duration;

/// How long the threads get to set themselves up before the first arrival is due.
const SET_UP: SignedDuration = SignedDuration::from_millis(20);

/// How often a wait looks at the clock again, which may be set meanwhile, and for a signal.
const GLANCE: Duration = Duration::from_millis(50);

/// How long after all shards are there they start, so that every one learns of it in time.
const LEAD: Duration = Duration::from_secs(5);

/// An instant as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instant {
    /// This one.
    At(Timestamp),
    /// So long from now; with a barrier, from when all shards are there.
    After(Duration),
}

impl FromStr for Instant {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        if let Some(duration) = text.strip_prefix('+') {
            return parse_duration(duration).map(Self::After);
        }
        text.parse()
            .map(Self::At)
            .map_err(|_| Mistake::usage(format!("`{text}` is not an instant: write 2026-11-25T18:00:00Z, or +60s")))
    }
}

/// What a shard does that comes after the agreed instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Late {
    /// It sends from now on; what was due before is left unsent, and counted so.
    #[default]
    Skip,
    /// It does not begin.
    Fail,
}

impl FromStr for Late {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        match text {
            "skip" => Ok(Self::Skip),
            "fail" => Ok(Self::Fail),
            _ => Err(Mistake::usage("known values are skip and fail")),
        }
    }
}

/// How a run is to begin.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beginning {
    /// The instant; none is at once.
    pub(crate) at: Option<Instant>,
    /// The folder that all shards see, in which they wait for each other.
    pub(crate) barrier: Option<PathBuf>,
    /// Longest wait there.
    pub(crate) barrier_timeout: Duration,
    /// What to do when it is late.
    pub(crate) late: Late,
}

/// Who begins: shards that wait for each other have to be of one load.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    /// Digest of the scenario.
    pub(crate) digest: String,
    /// Seed of arrivals and payloads.
    pub(crate) seed: u64,
    /// The part of the load.
    pub(crate) placement: Option<Placement>,
    /// Nanoseconds in which arrivals come.
    pub(crate) window: u64,
}

impl Beginning {
    /// What can be said beforehand of a start that nobody can agree on.
    ///
    /// # Errors
    /// A barrier without a shard, or an instant that is over.
    pub(crate) fn check(&self, party: &Party) -> Result<(), Mistake> {
        if self.barrier.is_some() && party.placement.is_none() {
            return Err(Mistake::usage(
                "--barrier is for shards that wait for each other: give this process its part with --shard",
            ));
        }
        match (&self.barrier, self.at) {
            (None, Some(Instant::At(at))) => self.late_by(at, party).map(drop),
            _ => Ok(()),
        }
    }

    /// Settles the instant; with a barrier, when all shards are there. Does not wait for the instant itself.
    ///
    /// # Errors
    /// Not all shards came, one of them is of another load, the instant is over, or a signal came.
    pub(crate) fn agree(&self, party: &Party, stop: &dyn Fn() -> bool) -> Result<Start, Mistake> {
        self.check(party)?;
        let agreed = match (&self.barrier, party.placement, self.at) {
            (Some(folder), Some(placement), at) => {
                let lead = at.unwrap_or(Instant::After(LEAD));
                let barrier = barrier::Barrier::new(folder, party, placement);
                Some(barrier.wait(lead, self.barrier_timeout, stop)?)
            }
            (_, _, None) => None,
            (_, _, Some(Instant::At(at))) => Some(at),
            (_, _, Some(Instant::After(after))) => Some(Timestamp::now() + after),
        };
        let late = agreed.map_or(Ok(Duration::ZERO), |agreed| self.late_by(agreed, party))?;
        Ok(Start { agreed, late_us: u64::try_from(late.as_micros()).unwrap_or(u64::MAX), clock: clock_quality() })
    }

    /// How late it is for an instant.
    ///
    /// # Errors
    /// So late that the load is over, or later than may be.
    fn late_by(&self, agreed: Timestamp, party: &Party) -> Result<Duration, Mistake> {
        let late = lateness(agreed);
        let over = late.as_nanos() >= u128::from(party.window);
        if late.is_zero() || !over && self.late != Late::Fail {
            return Ok(late);
        }
        let what = if over { "and the load was over by now" } else { "and --late fail was asked for" };
        let late = match late.as_secs() / 86_400 {
            0 => show_duration(Duration::from_millis(u64::try_from(late.as_millis()).unwrap_or(u64::MAX))),
            1 => "a day".into(),
            days => format!("{days} days"),
        };
        Err(Mistake::other(match party.placement {
            None => format!("the start at {agreed} was {late} ago, {what}: name a later instant with --start-at"),
            Some(_) => format!(
                "this shard comes {late} after the agreed start at {agreed}, {what}: start it earlier, or agree on a later \
                 instant in a fresh --barrier folder or with --start-at"
            ),
        }))
    }
}

impl Start {
    /// Waits until shortly before the agreed instant, or until a signal comes, and gives the instant in nanoseconds of
    /// the monotonic clock, with the time by which it has been missed.
    ///
    /// # Errors
    /// The machine was not yet up at the instant: in words.
    pub(super) fn wait(&self, stop: &dyn Fn() -> bool) -> Result<(u64, u64), Mistake> {
        let Some(agreed) = self.agreed else {
            return Ok((monotonic() + u64::try_from(SET_UP.as_nanos()).unwrap_or(0), 0));
        };
        loop {
            let left = agreed.duration_since(Timestamp::now());
            let Ok(sleep) = Duration::try_from(left - SET_UP) else { break };
            if sleep.is_zero() || stop() {
                break;
            }
            thread::sleep(sleep.min(GLANCE));
        }
        let now = monotonic();
        let left = i64::try_from(agreed.duration_since(Timestamp::now()).as_nanos()).unwrap_or(0);
        let start = now.checked_add_signed(left).ok_or_else(|| {
            Mistake::other(format!(
                "this machine was started after the agreed instant {agreed}, so it cannot count from it"
            ))
        })?;
        Ok((start, now.saturating_sub(start)))
    }
}

/// How long ago an instant was; zero if it lies ahead.
fn lateness(instant: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(instant)).unwrap_or_default()
}
