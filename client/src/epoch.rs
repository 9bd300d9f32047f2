use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The instant that AWS writes as seconds since the epoch with milliseconds as fraction.
pub(crate) fn from_seconds(seconds: f64) -> Option<SystemTime> {
    // A double holds the fraction only nearly; whole milliseconds are what AWS says.
    let nearly = Duration::try_from_secs_f64(seconds).ok()?.checked_add(Duration::from_micros(500))?;
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(nearly.as_millis()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_whole_milliseconds() {
        for milliseconds in [1_573_573_209_347, 1_578_603_004_077, 1_486_772_644_911, 0] {
            let instant = from_seconds(milliseconds as f64 / 1000.0).unwrap();
            assert_eq!(instant.duration_since(UNIX_EPOCH).unwrap(), Duration::from_millis(milliseconds));
        }
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for strange in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(from_seconds(strange), None, "{strange}");
        }
    }
}
