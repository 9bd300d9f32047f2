//! What decides how long a load lasts, and so how a longer one is asked for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::units::show_duration;

/// What decides how long a load lasts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// A duration, in seconds.
    Duration(f64),
    /// A number of requests.
    Requests(u64),
    /// Its stages.
    Stages,
    /// Recorded instants, or something that is not known.
    #[default]
    Recorded,
}

impl Extent {
    /// What to ask for to judge `factor` times as much, and in any case more than there was: `-d 8s`. The first `warmup`
    /// seconds are judged in neither case.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    pub(crate) fn longer(self, factor: f64, warmup: u64) -> String {
        match self {
            Self::Duration(seconds) => {
                let warmup = warmup as f64;
                let wanted = rounded_up((seconds - warmup).max(0.0) * factor + warmup);
                let longer = wanted.max(rounded_up(seconds.floor() + 1.0));
                format!("-d {}", show_duration(Duration::from_secs(longer)))
            }
            Self::Requests(requests) => {
                format!("-n {}", ((requests as f64 * factor).ceil() as u64).max(requests.saturating_add(1)))
            }
            Self::Stages => format!("with stages {factor:.1} times as long"),
            Self::Recorded => format!("with {factor:.1} times as many requests"),
        }
    }
}

/// Whole seconds, and of many no more than two digits that say something.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn rounded_up(seconds: f64) -> u64 {
    let step = match seconds {
        ..=100.0 => 1.0,
        ..=600.0 => 10.0,
        ..=3_600.0 => 60.0,
        _ => 600.0,
    };
    ((seconds / step).ceil() * step) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_load_is_asked_for_in_the_words_of_the_command_line() {
        assert_eq!(Extent::Duration(5.0).longer(368.0 / 238.0, 0), "-d 8s");
        assert_eq!(Extent::Duration(30.0).longer(2.0, 10), "-d 50s");
        assert_eq!(Extent::Duration(60.0).longer(5.01, 0), "-d 5m10s");
        assert_eq!(Extent::Requests(250).longer(1.472, 0), "-n 368");
        assert_eq!([6.0, 6.5, 120.0].map(|was| Extent::Duration(was).longer(1.0, 2)), ["-d 7s", "-d 7s", "-d 2m10s"]);
        assert_eq!(Extent::Requests(250).longer(1.0, 0), "-n 251");
        assert_eq!(Extent::Stages.longer(1.55, 0), "with stages 1.6 times as long");
    }
}
