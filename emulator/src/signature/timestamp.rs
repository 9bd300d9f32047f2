//! The one date form of signatures: ISO 8601, basic, in UTC, as in `20150830T123600Z`.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use jiff::SignedDuration;
use jiff::civil::DateTime;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const FORM: &str = "%Y%m%dT%H%M%SZ";

/// Seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timestamp(i64);

impl Timestamp {
    /// Reads `YYYYMMDD'T'HHMMSS'Z'`; `None` for anything else, impossible dates included.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let time = DateTime::strptime(FORM, text).ok()?;
        let timestamp = Self(time.duration_since(EPOCH).as_secs());
        // Whatever is not written back as it was read had another form.
        (timestamp.to_string() == text).then_some(timestamp)
    }

    /// Reads the form of HTTP's `Date`, as in `Sun, 30 Aug 2015 12:36:00 GMT`.
    pub(super) fn parse_http(text: &str) -> Option<Self> {
        let time = httpdate::parse_http_date(text).ok()?;
        Some(Self::at(time.duration_since(UNIX_EPOCH).ok()?))
    }

    /// The second of an instant, given since the Unix epoch; saturates.
    pub(super) fn at(since_epoch: Duration) -> Self {
        Self(
            i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX).min(DateTime::MAX.duration_since(EPOCH).as_secs()),
        )
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
        let time = EPOCH.saturating_add(SignedDuration::from_secs(self.0));
        write!(f, "{}", time.strftime(FORM))
    }
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
