//! `java.util.Random`: the numbers of a seed, as its documentation gives them.

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const ADDEND: u64 = 0xB;
/// Its state has 48 bits.
const MASK: u64 = (1 << 48) - 1;

/// The first `nextDouble()` of `new java.util.Random(seed)`, in [0, 1).
pub(crate) fn first_fraction(seed: i64) -> f64 {
    let mut state = (seed.cast_unsigned() ^ MULTIPLIER) & MASK;
    let mut next = |bits: u32| {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(ADDEND) & MASK;
        state >> (48 - bits)
    };
    let (high, low) = (next(26), next(27));
    #[expect(clippy::cast_precision_loss, reason = "53 bits are as many as a double holds")]
    let fraction = ((high << 27) + low) as f64 / (1_u64 << 53) as f64;
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 42 as measured on AWS, the others as Java 17 answers.
    #[test]
    fn the_first_fraction_of_a_seed_is_javas() {
        for (seed, fraction) in
            [(42, 0.727_563_680_032_868_1), (0, 0.730_967_787_376_657), (-1, 0.268_942_630_880_504_96)]
        {
            assert!(first_fraction(seed) - fraction == 0.0, "{seed}: {}", first_fraction(seed));
        }
    }
}
