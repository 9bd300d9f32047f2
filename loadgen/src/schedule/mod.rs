//! When every request is meant to be sent and what it carries: a pure function of (digest, seed), asked second by
//! second in any order, and the same whatever the number of shards.

mod fingerprint;
mod poisson;
mod profile;
mod ramp;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(crate) use self::fingerprint::Fingerprint;
use self::profile::{Piece, SECOND};
pub use self::ramp::Ramp;
use crate::random::{Random, Stream, scale};
use crate::record::Place;
use crate::scenario::{Arrivals, Profile, Scenario};
use crate::shard::Shard;

/// One planned request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number in the run, from 0, over all shards.
    pub(crate) k: u64,
    /// The instant at which it is meant to be sent, in nanoseconds from the start of the run.
    pub(crate) at: u64,
    /// Seed of what its payload holds.
    pub(crate) seed: u64,
    /// The stage in which it is due, and which payload it carries.
    pub(crate) place: Place,
}

/// The seeds of what arrivals carry: a function of the digest and the seed of a run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentSeeds {
    key: u64,
}

impl ContentSeeds {
    /// The seeds of the arrivals of a run.
    #[must_use]
    pub(crate) fn of(seed: u64, digest: &[u8; 32]) -> Self {
        let mut key = seed;
        for bytes in digest.chunks_exact(8) {
            let word = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
            key = Random::from_seed(key ^ word).next_u64();
        }
        Self { key }
    }

    /// The seed of arrival `k`.
    #[must_use]
    pub(crate) fn seed(self, k: u64) -> u64 {
        Random::at(self.key, Stream::Content, k).next_u64()
    }
}

/// What arrival k carries, for every k.
#[derive(Debug, Clone)]
pub struct Contents {
    seeds: ContentSeeds,
    /// Sums of the weights up to each payload.
    weights: Vec<u64>,
    /// When each stage but the last ends, in nanoseconds from the start.
    stage_ends: Vec<u64>,
}

impl Contents {
    /// The contents of a scenario's arrivals.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let sums = scenario.payloads.iter().scan(0, |sum, payload| {
            *sum += u64::from(payload.weight);
            Some(*sum)
        });
        let seeds = ContentSeeds::of(scenario.seed, &scenario.digest());
        Self { seeds, weights: sums.collect(), stage_ends: profile::stage_ends(&scenario.load) }
    }

    /// So many arrivals of the first stage, by payload as their weights share them.
    #[must_use]
    pub(crate) fn shares(&self, arrivals: u64) -> BTreeMap<Place, f64> {
        let total = self.weights.last().copied().unwrap_or(0).max(1) as f64;
        let before = [0].into_iter().chain(self.weights.iter().copied());
        let weights = self.weights.iter().zip(before).map(|(sum, before)| (sum - before) as f64);
        let share = |(payload, weight): (usize, f64)| {
            (Place { stage: 0, payload: number(payload) }, arrivals as f64 * weight / total)
        };
        weights.enumerate().map(share).collect()
    }

    /// Arrival `k`, meant to be sent at `at`.
    #[must_use]
    pub fn arrival(&self, k: u64, at: u64) -> Arrival {
        let total = self.weights.last().copied().unwrap_or(0);
        let payload = match self.weights.len() {
            0 | 1 => 0,
            _ => {
                let drawn = Random::at(self.seeds.key, Stream::Payload, k).below(total);
                self.weights.partition_point(|sum| *sum <= drawn)
            }
        };
        Arrival {
            k,
            at,
            seed: self.seeds.seed(k),
            place: Place { stage: number(self.stage_ends.partition_point(|end| *end <= at)), payload: number(payload) },
        }
    }
}

/// A scenario has at most 65,536 stages and as many payloads.
fn number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// The arrivals of an open-loop run.
#[derive(Debug, Clone)]
pub struct Schedule {
    contents: Contents,
    pieces: Vec<Piece>,
    arrivals: Arrivals,
    bursts: Vec<(u64, u64)>,
    trace: Vec<u64>,
    /// Arrivals before each second, and at the end the number of all.
    before: Vec<u64>,
    /// Nanoseconds in which its arrivals come.
    window: u64,
}

impl Schedule {
    /// The schedule of a scenario; `None` when it is a closed loop, whose instants depend on the answers.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let load = &scenario.load;
        let trace = match &load.profile {
            Profile::Closed { .. } => return None,
            Profile::Trace { instants } => instants.clone(),
            Profile::Constant { .. } | Profile::Ramping { .. } => Vec::new(),
        };
        let nanoseconds = |d: std::time::Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
        let bursts = load.bursts.iter().map(|(at, count)| (nanoseconds(*at), u64::from(*count))).collect();
        let mut schedule = Self {
            contents: Contents::of(scenario),
            pieces: profile::pieces(load),
            arrivals: load.arrivals,
            bursts,
            trace,
            before: vec![0],
            window: 0,
        };
        schedule.count(load.requests.unwrap_or(u64::MAX));
        Some(schedule)
    }

    /// How many arrivals there are.
    #[must_use]
    pub fn planned(&self) -> u64 {
        self.before.last().copied().unwrap_or(0)
    }

    /// Seconds with arrivals are below this one.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.before.len() as u64 - 1
    }

    /// Nanoseconds in which arrivals come: the load's own duration or, when a count ends it, up to the instant at which the
    /// next arrival would have been due. So ten arrivals at two a second take five seconds, and not the four and a half
    /// from the first to the last of them.
    #[must_use]
    pub(crate) const fn window(&self) -> u64 {
        self.window
    }

    /// How many arrivals are expected in second `b`, before chance and a count that ends the run.
    #[must_use]
    pub fn expected(&self, b: u64) -> f64 {
        let second = b * SECOND..(b + 1) * SECOND;
        let at_rate: f64 = self.within(b).map(|(_, part)| part.mean()).sum();
        let at_once: u64 = self.bursts.iter().filter(|(at, _)| second.contains(at)).map(|(_, count)| count).sum();
        at_rate + at_once as f64 + self.traced(b).len() as f64
    }

    /// Arrivals a second that are asked for, on average over the window, before chance.
    #[must_use]
    pub fn asked(&self) -> f64 {
        let window = self.window as f64 / SECOND as f64;
        let (whole, rest) = (self.window / SECOND, self.window % SECOND);
        let mut all: f64 = (0..whole).map(|b| self.expected(b)).sum();
        if rest > 0 {
            // What ends within a second has all that is expected there; of a second that a count cuts, it is a part.
            let part = if self.window < self.end() { rest as f64 / SECOND as f64 } else { 1.0 };
            all += self.expected(whole) * part;
        }
        if window > 0.0 { all / window } else { 0.0 }
    }

    /// How many arrivals are planned from second `from` on, by place: of each stage as many as there are, and of each
    /// payload its share of them.
    #[must_use]
    pub(crate) fn by_place(&self, from: u64) -> BTreeMap<Place, f64> {
        let mut places = BTreeMap::new();
        for b in from..self.seconds() {
            let index = usize::try_from(b).unwrap_or(usize::MAX);
            let count = self.before[index + 1] - self.before[index];
            let stage = number(self.contents.stage_ends.partition_point(|end| *end <= b * SECOND + SECOND / 2));
            for (place, share) in self.contents.shares(count) {
                *places.entry(Place { stage, ..place }).or_default() += share;
            }
        }
        places
    }

    /// Appends the arrivals of second `b`, in order.
    pub fn second(&self, b: u64, out: &mut Vec<Arrival>) {
        self.share_of_second(b, Shard::WHOLE, out);
    }

    /// Appends those arrivals of second `b` that a shard sends, in order.
    pub(crate) fn share_of_second(&self, b: u64, shard: Shard, out: &mut Vec<Arrival>) {
        let index = usize::try_from(b).unwrap_or(usize::MAX);
        let (Some(first), Some(end)) = (self.before.get(index), self.before.get(index.saturating_add(1))) else {
            return;
        };
        let mut instants = Vec::with_capacity(usize::try_from(end - first).unwrap_or(0));
        self.instants(b, &mut instants);
        instants.sort_unstable();
        let own = (*first..*end).zip(instants).filter(|(k, _)| shard.has(*k));
        out.extend(own.map(|(k, at)| self.contents.arrival(k, at)));
    }

    /// Every arrival, in order.
    pub fn iter(&self) -> impl Iterator<Item = Arrival> + '_ {
        (0..self.seconds()).flat_map(|b| {
            let mut arrivals = Vec::new();
            self.second(b, &mut arrivals);
            arrivals
        })
    }

    /// Counts the arrivals of each second, up to `limit` in all.
    fn count(&mut self, limit: u64) {
        let seconds = self.end().div_ceil(SECOND);
        self.window = self.end();
        let mut total = 0;
        for b in 0..seconds {
            let before = total;
            total += self.count_of(b);
            self.before.push(total.min(limit));
            if total >= limit {
                let next =
                    (b..seconds).find_map(|later| self.nth_of(later, if later == b { limit - before } else { 0 }));
                self.window = next.unwrap_or(self.window);
                return;
            }
        }
    }

    /// When arrival `n` of second `b` is due, counted from 0, if so many come in it.
    fn nth_of(&self, b: u64, n: u64) -> Option<u64> {
        let mut instants = Vec::new();
        self.instants(b, &mut instants);
        instants.sort_unstable();
        instants.get(usize::try_from(n).ok()?).copied()
    }

    /// Nanoseconds after which nothing is planned.
    fn end(&self) -> u64 {
        let pieces = self.pieces.last().map_or(0, Piece::end);
        let bursts = self.bursts.iter().map(|(at, _)| at + 1).max().unwrap_or(0);
        pieces.max(bursts).max(self.trace.last().map_or(0, |at| at + 1))
    }

    fn count_of(&self, b: u64) -> u64 {
        let (start, end) = (b * SECOND, (b + 1) * SECOND);
        let random = match self.arrivals {
            Arrivals::Poisson => {
                self.within(b).map(|(i, part)| poisson::count(part.mean(), &mut self.random(b, i))).sum()
            }
            Arrivals::Uniform => self.uniform(b).map(|(range, _)| range.end - range.start).sum::<u64>(),
        };
        let bursts: u64 = self.bursts.iter().filter(|(at, _)| (start..end).contains(at)).map(|(_, count)| count).sum();
        random + bursts + self.traced(b).len() as u64
    }

    fn instants(&self, b: u64, out: &mut Vec<u64>) {
        match self.arrivals {
            Arrivals::Poisson => {
                for (i, part) in self.within(b) {
                    let mut random = self.random(b, i);
                    let count = poisson::count(part.mean(), &mut random);
                    #[expect(clippy::float_cmp, reason = "a constant rate is the same number, bit by bit")]
                    let constant = part.from == part.to;
                    out.extend((0..count).map(|_| {
                        if constant {
                            part.start + scale(random.next_u64(), part.length)
                        } else {
                            part.instant_of(random.unit() * part.mean())
                        }
                    }));
                }
            }
            Arrivals::Uniform => {
                for (range, (piece, before)) in self.uniform(b) {
                    let second = b * SECOND..=(b + 1) * SECOND - 1;
                    let instant = |k: u64| piece.instant_of(k as f64 - before);
                    out.extend(range.map(|k| instant(k).clamp(*second.start(), *second.end())));
                }
            }
        }
        let second = b * SECOND..(b + 1) * SECOND;
        for (at, count) in self.bursts.iter().filter(|(at, _)| second.contains(at)) {
            out.extend((0..*count).map(|_| *at));
        }
        out.extend_from_slice(self.traced(b));
    }

    /// The parts of the pieces that lie in second `b`, with the piece's index.
    fn within(&self, b: u64) -> impl Iterator<Item = (usize, Piece)> + '_ {
        let first = self.pieces.partition_point(|piece| piece.end() <= b * SECOND);
        let parts = self.pieces.iter().enumerate().skip(first);
        parts.map_while(move |(i, piece)| piece.within(b * SECOND, (b + 1) * SECOND).map(|part| (i, part)))
    }

    /// At equal distances, arrival k lies where k arrivals are expected before it: the range of k that each piece has
    /// in second `b`, with the piece and the arrivals expected before it.
    fn uniform(&self, b: u64) -> impl Iterator<Item = (std::ops::Range<u64>, (Piece, f64))> + '_ {
        self.within(b).map(move |(i, part)| {
            let piece = self.pieces[i];
            let before: f64 = self.pieces[..i].iter().map(Piece::mean).sum();
            let until = |end: u64| before + piece.within(piece.start, end).map_or(0.0, |p| p.mean());
            (whole(until(part.start))..whole(until(part.end())), (piece, before))
        })
    }

    fn random(&self, b: u64, piece: usize) -> Random {
        Random::at(self.contents.seeds.key, Stream::Arrivals, b << 24 | piece as u64)
    }

    fn traced(&self, b: u64) -> &[u64] {
        let start = self.trace.partition_point(|at| *at < b * SECOND);
        let end = self.trace.partition_point(|at| *at < (b + 1) * SECOND);
        &self.trace[start..end]
    }
}

/// The least whole number that is not below `x`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "expected arrivals are finite and positive"
)]
fn whole(x: f64) -> u64 {
    x.ceil() as u64
}
