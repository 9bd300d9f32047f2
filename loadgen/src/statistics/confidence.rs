//! How sure an interval is to be.

use schemars::JsonSchema;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Confidence of two-sided intervals; 95 % by default.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f64);

impl Default for Confidence {
    fn default() -> Self {
        Self(0.95)
    }
}

impl Confidence {
    /// A confidence from 0.5 to 0.9999; `None` outside of that.
    ///
    /// ```
    /// use stepgate_loadgen::statistics::Confidence;
    ///
    /// assert_eq!(Confidence::new(0.95), Some(Confidence::default()));
    /// assert_eq!(Confidence::new(95.0), None);
    /// ```
    #[must_use]
    pub fn new(level: f64) -> Option<Self> {
        (0.5..=0.9999).contains(&level).then_some(Self(level))
    }

    /// The confidence as a fraction.
    #[must_use]
    pub const fn level(self) -> f64 {
        self.0
    }

    /// The confidence of one of several conclusions that are all to hold with this one: it may err by a share of what
    /// they may err by together.
    #[must_use]
    pub(crate) fn with_share_of_error(self, share: f64) -> Self {
        Self(1.0 - (1.0 - self.0) * share)
    }

    /// The probability left on either side.
    pub(super) fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// Half the width of the interval of a standard normal variable.
    pub(super) fn normal(self) -> f64 {
        Normal::standard().inverse_cdf(1.0 - self.tail())
    }

    /// Half the width of the interval of Student's t; infinite without a degree of freedom.
    pub(super) fn student(self, degrees: f64) -> f64 {
        match StudentsT::new(0.0, 1.0, degrees) {
            Ok(t) => t.inverse_cdf(1.0 - self.tail()),
            Err(_) => f64::INFINITY,
        }
    }
}

/// A closed interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ConfidenceInterval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub(crate) high: f64,
}

impl ConfidenceInterval {
    /// Whether `value` lies in it.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_s_critical_values_come_out() {
        let sure = Confidence::default();
        assert!((sure.normal() - 1.959_964).abs() < 1e-6);
        for (degrees, t) in [(1.0, 12.706), (4.0, 2.776), (9.0, 2.262), (29.0, 2.045), (127.0, 1.979)] {
            assert!((sure.student(degrees) - t).abs() < 5e-4, "{degrees}");
        }
        assert!(sure.student(0.0).is_infinite());
    }
}
