//! The rate over time as pieces on which it is linear, and where on a piece a share of its arrivals lies.

use crate::scenario::{Load, Profile};

/// Nanoseconds in a second.
pub(super) const SECOND: u64 = 1_000_000_000;

/// A stretch of time on which the rate goes linearly from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    /// Nanoseconds from the start of the run.
    pub(super) start: u64,
    /// Nanoseconds.
    pub(super) length: u64,
    /// Arrivals per second at its start.
    pub(super) from: f64,
    /// Arrivals per second at its end.
    pub(super) to: f64,
}

impl Piece {
    /// Expected arrivals.
    pub(super) fn mean(&self) -> f64 {
        (self.from + self.to) * 0.5 * (self.length as f64 / SECOND as f64)
    }

    pub(super) fn end(&self) -> u64 {
        self.start + self.length
    }

    fn rate_at(&self, instant: u64) -> f64 {
        if self.length == 0 {
            return self.to;
        }
        self.from + (self.to - self.from) * ((instant - self.start) as f64 / self.length as f64)
    }

    /// The part of it that lies in `start..end`.
    pub(super) fn within(&self, start: u64, end: u64) -> Option<Self> {
        let (start, end) = (start.max(self.start), end.min(self.end()));
        (start < end).then(|| Self { start, length: end - start, from: self.rate_at(start), to: self.rate_at(end) })
    }

    /// The instant before which `events` of its arrivals are expected.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the piece")]
    pub(super) fn instant_of(&self, events: f64) -> u64 {
        let seconds = self.length as f64 / SECOND as f64;
        // The root of  from·x + (to - from)/(2·seconds)·x² = events  in the form without cancellation.
        let slope = (self.to - self.from) / seconds;
        let discriminant = (self.from * self.from + 2.0 * slope * events).max(0.0);
        let divisor = self.from + discriminant.sqrt();
        let x = if divisor > 0.0 { 2.0 * events / divisor } else { 0.0 };
        self.start + ((x * SECOND as f64) as u64).min(self.length - 1)
    }
}

/// When each stage but the last ends.
pub(super) fn stage_ends(load: &Load) -> Vec<u64> {
    let Profile::Ramping { stages, .. } = &load.profile else { return Vec::new() };
    let ends = stages.iter().scan(0_u64, |end, stage| {
        *end = end.saturating_add(nanoseconds(stage.duration));
        Some(*end)
    });
    ends.take(stages.len().saturating_sub(1)).collect()
}

const LONGEST: u64 = 30 * 86_400 * SECOND;

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(LONGEST).min(LONGEST)
}

/// The pieces of a load. A run that ends by count alone goes on for the longest duration there is.
pub(super) fn pieces(load: &Load) -> Vec<Piece> {
    match &load.profile {
        Profile::Constant { rate, duration } => {
            let length = duration.map_or(LONGEST, nanoseconds);
            vec![Piece { start: 0, length, from: *rate, to: *rate }]
        }
        Profile::Ramping { start_rate, stages } => {
            let mut pieces = Vec::new();
            let (mut start, mut from) = (0, *start_rate);
            for stage in stages {
                let length = nanoseconds(stage.duration);
                if length > 0 {
                    pieces.push(Piece { start, length, from, to: stage.target });
                }
                start += length;
                from = stage.target;
            }
            pieces
        }
        Profile::Trace { .. } | Profile::Closed { .. } => Vec::new(),
    }
}
