//! Seeded randomness: a counter-based generator, so that second `b` or arrival `k` can be asked for in any order.

/// What a stream of random numbers is for; streams never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// How many arrivals fall into a piece of a second, and where.
    Arrivals = 1,
    /// Which payload an arrival carries.
    Payload = 2,
    /// What the payload of an arrival holds.
    Content = 3,
    /// The idempotency key of an arrival.
    Key = 4,
    /// Which row of a table an arrival gets.
    Data = 5,
    /// How long a simulated answer takes.
    ResponseTime = 6,
}

/// `SplitMix64` (Steele, Lea and Flood 2014), started at a point that the key, the stream and an index name.
///
/// ```
/// use stepgate_loadgen::random::{Random, Stream};
///
/// let mut a = Random::at(7, Stream::Content, 1_000_000);
/// let mut b = Random::at(7, Stream::Content, 1_000_000);
/// assert_eq!(a.next_u64(), b.next_u64());
/// ```
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The generator of `index` in `stream` under `key`.
    #[must_use]
    pub fn at(key: u64, stream: Stream, index: u64) -> Self {
        let stream = mix(key ^ (stream as u64).wrapping_mul(GOLDEN));
        Self { state: mix(stream ^ mix(index.wrapping_add(GOLDEN))) }
    }

    /// A generator that goes on from a seed made by [`Random::next_u64`].
    #[must_use]
    pub const fn from_seed(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A whole number in `0..bound`; zero for a bound of zero. Its bias is below `bound / 2^64`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        scale(self.next_u64(), bound)
    }

    /// A number in `(0, 1)`, a multiple of 2^-53 shifted by half a step: never 0, so that its logarithm exists.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.next_u64() >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// `bits / 2^64 * bound`, rounded down, in whole numbers only.
pub(crate) fn scale(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_gives_the_published_sequence() {
        let mut random = Random::from_seed(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn streams_and_indices_do_not_meet() {
        let mut seen = std::collections::HashSet::new();
        for stream in [Stream::Arrivals, Stream::Payload, Stream::Content, Stream::Key, Stream::Data] {
            for index in 0..1_000 {
                assert!(seen.insert(Random::at(42, stream, index).next_u64()));
            }
        }
    }
}
