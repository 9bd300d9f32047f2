//! Random numbers by number: the n-th draw of a rule is the same in every run, whatever happens in between.

/// The draws for one match of one rule.
#[derive(Debug, Clone)]
pub(super) struct Draws(u64);

impl Draws {
    /// For the match number `number` of the rule number `rule`.
    pub(super) fn new(seed: u64, rule: usize, number: u64) -> Self {
        Self(mix(mix(mix(seed) ^ rule as u64) ^ number))
    }

    /// Uniform between 0 and 1, both excluded.
    pub(super) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        ((mix(self.0) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014).
fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(GOLDEN);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_those_of_split_mix_64() {
        // The published first outputs for the state 0.
        assert_eq!([mix(0), mix(GOLDEN)], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }

    #[test]
    fn draws_differ_by_seed_rule_and_number() {
        let first = |seed, rule, number| Draws::new(seed, rule, number).uniform().to_bits();
        let all = [first(0, 0, 0), first(1, 0, 0), first(0, 1, 0), first(0, 0, 1), first(1, 1, 0), first(0, 1, 1)];
        for (index, draw) in all.iter().enumerate() {
            assert!(!all[..index].contains(draw), "{index}");
        }
    }
}
