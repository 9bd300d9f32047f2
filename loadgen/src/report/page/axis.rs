//! Axes: where a value lies, from 0 to 1, and which values are named.

use super::markup::number;
use crate::units::show_microseconds;

/// An axis.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    scale: Scale,
    /// Named values, ascending.
    pub(super) ticks: Vec<Tick>,
    /// What is on it, with its unit.
    pub(super) title: String,
}

/// A named place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where, from 0 to 1.
    pub(super) at: f64,
    /// Its name.
    pub(super) label: String,
    /// Whether it may be left out where there is little room.
    pub(super) minor: bool,
}

#[derive(Debug, Clone, Copy)]
enum Scale {
    Linear { low: f64, high: f64 },
    Logarithmic { low: f64, high: f64 },
}

impl Axis {
    /// From 0 to a round number at or above `most`.
    pub(super) fn linear(title: &str, most: f64) -> Self {
        let most = if most > 0.0 { most * 1.02 } else { 1.0 };
        let step = round_step(most / 5.0);
        let steps = (most / step).ceil();
        let mut axis = Self::empty(title, Scale::Linear { low: 0.0, high: step * steps });
        let mut k = 0.0;
        while k <= steps {
            axis.tick(step * k, number(step * k), false);
            k += 1.0;
        }
        axis
    }

    /// Seconds from the start of the run to its end.
    pub(super) fn time(seconds: f64) -> Self {
        const STEPS: [f64; 19] = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0,
            21_600.0, 43_200.0, 86_400.0, 604_800.0,
        ];
        let step = STEPS.into_iter().find(|step| seconds / step <= 10.0).unwrap_or(604_800.0);
        let unit = match seconds {
            ..=180.0 => "seconds",
            ..=10_800.0 => "minutes:seconds",
            ..=259_200.0 => "hours:minutes",
            _ => "days",
        };
        let title = format!("time since the start, {unit}");
        let mut axis = Self::empty(&title, Scale::Linear { low: 0.0, high: seconds.max(1.0) });
        let mut k = 0_u32;
        while f64::from(k) * step <= seconds {
            let at = f64::from(k) * step;
            axis.tick(at, show_instant(at, seconds), k % 2 == 1);
            k += 1;
        }
        axis
    }

    /// Microseconds, each decade as wide as the next, from below `shortest` to above `longest`.
    pub(super) fn times(title: &str, shortest: f64, longest: f64) -> Self {
        let low = 10_f64.powf((shortest.max(1.0).log10() * 4.0).floor() / 4.0);
        let high = 10_f64.powf((longest.max(low * 2.0).log10() * 4.0).ceil() / 4.0).max(low * 10.0_f64.powf(0.75));
        let mut axis = Self::empty(title, Scale::Logarithmic { low, high });
        let decades = (high / low).log10();
        let mut decade = 1.0;
        while decade <= high {
            for (digit, is_named) in
                [(1.0, true), (2.0, decades < 2.2), (3.0, (2.2..3.2).contains(&decades)), (5.0, decades < 2.2)]
            {
                let value = decade * digit;
                if is_named && (low * 0.999..=high * 1.001).contains(&value) {
                    axis.tick(value, show_micros(value), false);
                }
            }
            decade *= 10.0;
        }
        axis
    }

    /// Percentiles on a scale of 1/(1 - p), on which every further nine takes as much room, up to that of the longest of
    /// `count` requests.
    pub(super) fn nines(count: f64) -> Self {
        let high = count.max(20.0);
        let mut axis = Self::empty("percentile", Scale::Logarithmic { low: 1.0, high });
        axis.tick(1.0, "0%".into(), true);
        axis.tick(2.0, "50%".into(), false);
        if high < 200.0 {
            axis.tick(4.0, "75%".into(), true);
        }
        let mut of = 10_u64;
        let mut nines = 0;
        while of as f64 <= high {
            let label = match nines {
                0 => "90%".into(),
                1 => "99%".into(),
                more => format!("99.{}%", "9".repeat(more - 1)),
            };
            axis.tick(of as f64, label, nines > 3 && nines % 2 == 0);
            of = of.saturating_mul(10);
            nines += 1;
        }
        axis
    }

    /// Where a value lies; values beyond an end lie at it.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear { low, high } => (value - low) / (high - low),
            Scale::Logarithmic { low, high } => (value.max(low) / low).ln() / (high / low).ln(),
        };
        share.clamp(0.0, 1.0)
    }

    fn empty(title: &str, scale: Scale) -> Self {
        Self { scale, ticks: Vec::new(), title: title.into() }
    }

    fn tick(&mut self, value: f64, label: String, minor: bool) {
        let at = self.at(value);
        self.ticks.push(Tick { at, label, minor });
    }
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least * 0.999).unwrap_or(least)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a tick is a whole number of microseconds")]
fn show_micros(micros: f64) -> String {
    let text = show_microseconds(micros.round() as u64);
    // A tick is a round number: its zeros after the point say nothing.
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let digits = &text[..text.len() - unit.len()];
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    format!("{digits} {unit}")
}

/// An instant, seconds from the start, in the unit that suits a run of so many seconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "instants are small and never negative")]
pub(super) fn show_instant(instant: f64, of: f64) -> String {
    let seconds = instant as u64;
    match of {
        ..=180.0 => seconds.to_string(),
        ..=10_800.0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        ..=259_200.0 if seconds.is_multiple_of(60) => format!("{}:{:02}", seconds / 3_600, seconds / 60 % 60),
        ..=259_200.0 => format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
        _ => number(instant / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_ends_at_a_round_number_above_its_most() {
        assert_eq!(labels(&Axis::linear("rate", 49.0)), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(labels(&Axis::linear("rate", 0.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        let axis = Axis::linear("rate", 1_000.0);
        assert!(axis.at(1_000.0) < 1.0 && axis.at(2e9) >= 1.0);
    }

    #[test]
    fn a_day_is_named_in_hours_and_a_minute_in_seconds() {
        assert_eq!(labels(&Axis::time(86_400.0))[..3], ["0:00", "3:00", "6:00"]);
        assert_eq!(labels(&Axis::time(60.0))[..3], ["0", "10", "20"]);
        assert!(Axis::time(2_592_000.0).ticks.len() <= 11);
        for seconds in [1.0, 3.0, 59.0, 700.0, 10_801.0, 3e6] {
            assert!((1..=11).contains(&Axis::time(seconds).ticks.len()), "{seconds}");
        }
    }

    #[test]
    fn a_decade_takes_as_much_room_as_the_next() {
        let axis = Axis::times("time", 100.0, 1e6);
        assert_eq!(labels(&axis), ["100 µs", "1 ms", "10 ms", "100 ms", "1 s"]);
        let [a, b, c] = [1e3, 1e4, 1e5].map(|micros| axis.at(micros));
        assert!(((b - a) - (c - b)).abs() < 1e-9);
        assert!(Axis::times("time", 450.0, 600.0).ticks.len() >= 2, "also a narrow range is named");
        assert!(Axis::times("time", 0.0, 0.0).ticks.len() >= 2);
    }

    #[test]
    fn every_nine_takes_as_much_room() {
        let axis = Axis::nines(100_000.0);
        assert_eq!(labels(&axis), ["0%", "50%", "90%", "99%", "99.9%", "99.99%", "99.999%"]);
        let share = |q: f64| axis.at(1.0 / (1.0 - q));
        assert!(((share(0.99) - share(0.9)) - (share(0.999) - share(0.99))).abs() < 1e-9);
    }
}
