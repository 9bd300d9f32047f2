//! Shares as people write them: `5%`, or 0.05.

use std::ops::RangeInclusive;

use crate::mistake::Mistake;

/// Reads a tolerance.
pub(super) fn parse_tolerance(text: &str) -> Result<f64, Mistake> {
    share(text, 0.0..=1.0, "a tolerance: write 5% or 0.05, at most 100%")
}

/// Reads a precision.
pub(super) fn parse_precision(text: &str) -> Result<f64, Mistake> {
    share(text, 0.001..=0.5, "a precision: write 5%, between 0.1% and 50%")
}

fn share(text: &str, allowed: RangeInclusive<f64>, what: &str) -> Result<f64, Mistake> {
    let wrong = || Mistake::usage(format!("`{text}` is not {what}"));
    let number: f64 = text.trim().trim_end_matches('%').parse().map_err(|_| wrong())?;
    let share = if text.contains('%') { number / 100.0 } else { number };
    if allowed.contains(&share) { Ok(share) } else { Err(wrong()) }
}
