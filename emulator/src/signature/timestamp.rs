//! The one date form of signatures: ISO 8601, basic, in UTC, as in `20150830T123600Z`.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

const DAY: i64 = 86_400;

/// Seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timestamp(i64);

impl Timestamp {
    /// Reads `YYYYMMDD'T'HHMMSS'Z'`; `None` for anything else, impossible dates included.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = |from: usize, to: usize| {
            let part = text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            part.and_then(|part| part.parse::<i64>().ok())
        };
        let days = days_of_civil(digits(0, 4)?, digits(4, 6)?, digits(6, 8)?);
        let timestamp = Self(days * DAY + digits(9, 11)? * 3_600 + digits(11, 13)? * 60 + digits(13, 15)?);
        // Whatever is not written back as it was read was no date (30 February, hour 24) or had other separators.
        (timestamp.to_string() == text).then_some(timestamp)
    }

    /// Reads the form of HTTP's `Date`, as in `Sun, 30 Aug 2015 12:36:00 GMT`.
    pub(super) fn parse_http(text: &str) -> Option<Self> {
        let time = httpdate::parse_http_date(text).ok()?;
        Some(Self::at(time.duration_since(UNIX_EPOCH).ok()?))
    }

    /// The second of an instant, given since the Unix epoch; saturates.
    pub(super) fn at(since_epoch: Duration) -> Self {
        Self(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX).min(days_of_civil(9_999, 12, 31) * DAY))
    }

    /// `YYYYMMDD`, as it stands in a credential's scope.
    pub(super) fn date(self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }

    pub(super) fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_secs()).unwrap_or(i64::MAX)))
    }

    pub(super) fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_of_days(self.0.div_euclid(DAY));
        let second = self.0.rem_euclid(DAY);
        write!(f, "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", second / 3_600, second / 60 % 60, second % 60)
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar. Years are counted from March, so that the leap day is
/// the last of its year, in eras of 400 years, which are all 146,097 days long.
fn days_of_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_of_civil`].
fn civil_of_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_timestamp_is_read_and_written() {
        let timestamp = Timestamp::parse("20150830T123601Z").unwrap();
        assert_eq!(timestamp, Timestamp::at(Duration::from_secs(1_440_938_161)));
        assert_eq!(timestamp.to_string(), "20150830T123601Z");
        assert_eq!(timestamp.date(), "20150830");
        assert_eq!(Timestamp::parse_http("Sun, 30 Aug 2015 12:36:01 GMT"), Some(timestamp));
    }

    #[test]
    fn what_is_no_date_in_basic_form_is_none() {
        let wrong = [
            "",
            "201",
            "2015-08-30T12:36:00Z",
            "20150830T123600",
            "20150830T123600z",
            "20150230T123600Z",
            "20151330T123600Z",
            "20150830T243600Z",
            "20150830T126000Z",
            "20150830t123600Z",
            "+2150830T123600Z",
            "20150830T123600ZZ",
            "２０１５0830T123600Z",
        ];
        for text in wrong {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn leap_days_are_those_of_the_gregorian_calendar() {
        for (text, is_date) in [("20160229", true), ("20000229", true), ("19000229", false), ("20150229", false)] {
            assert_eq!(Timestamp::parse(&format!("{text}T000000Z")).is_some(), is_date, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_is_read_back_as_written(second in 0_u64..253_402_214_400) {
            let timestamp = Timestamp::at(Duration::from_secs(second));
            prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Some(timestamp));
        }

        #[test]
        fn dates_agree_with_the_http_library(second in 0_u64..253_402_214_400) {
            let at = Duration::from_secs(second);
            let written = httpdate::fmt_http_date(UNIX_EPOCH + at);
            prop_assert_eq!(Timestamp::parse_http(&written), Timestamp::parse(&Timestamp::at(at).to_string()));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,20}") {
            let _ = Timestamp::parse(&text);
        }

        #[test]
        fn no_instant_overflows(second in any::<u64>(), by in any::<u64>()) {
            let (timestamp, by) = (Timestamp::at(Duration::from_secs(second)), Duration::from_secs(by));
            let _ = (timestamp.plus(by).to_string(), timestamp.minus(by).to_string());
        }
    }
}
