//! What identifies a set of arrivals, whatever their order and however many shards sent them.

use std::fmt;
use std::ops::AddAssign;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::Arrival;
use crate::mistake::Mistake;

/// The sum modulo 2^256 of the SHA-256 of every arrival.
///
/// Sums commute, so that the fingerprints of shards add up to that of the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    limbs: [u64; 4],
}

impl Fingerprint {
    /// Adds an arrival.
    pub(crate) fn add(&mut self, arrival: &Arrival) {
        let mut sha = Sha256::new();
        sha.update(arrival.k.to_le_bytes());
        sha.update(arrival.at.to_le_bytes());
        sha.update(arrival.seed.to_le_bytes());
        sha.update(u32::from(arrival.place.payload).to_le_bytes());
        let digest = sha.finalize();
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(digest.chunks_exact(8)) {
            *limb = bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
        }
        *self += Self { limbs };
    }
}

impl AddAssign for Fingerprint {
    fn add_assign(&mut self, other: Self) {
        let mut carry = false;
        for (limb, added) in self.limbs.iter_mut().zip(other.limbs) {
            let (sum, first) = limb.overflowing_add(added);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = first || second;
        }
    }
}

impl FromStr for Fingerprint {
    type Err = Mistake;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, Mistake> {
        let wrong = || {
            Mistake::usage(format!(
                "`{text}` is not a fingerprint of arrivals: 64 hexadecimal digits are \
            expected"
            ))
        };
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut limbs = [0; 4];
        for (i, limb) in limbs.iter_mut().rev().enumerate() {
            *limb = u64::from_str_radix(&text[16 * i..16 * (i + 1)], 16).map_err(|_| wrong())?;
        }
        Ok(Self { limbs })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.limbs.iter().rev().try_for_each(|limb| write!(f, "{limb:016x}"))
    }
}
