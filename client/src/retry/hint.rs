use crate::wire::HeaderLookup;
use std::time::{Duration, SystemTime};

/// How long the server asks to wait: `x-amz-retry-after` in milliseconds, else `Retry-After` in seconds or as a date, which is one
/// of its own clock, and that stands in `Date`.
pub(crate) fn wait_hint(headers: &impl HeaderLookup, now: SystemTime) -> Option<Duration> {
    if let Some(milliseconds) = text(headers, "x-amz-retry-after").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(milliseconds));
    }
    let value = text(headers, "retry-after")?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(http_date(headers).unwrap_or(now)).unwrap_or_default())
}

/// The server's time, from the header `Date`.
pub(crate) fn http_date(headers: &impl HeaderLookup) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, "date")?).ok()
}

fn text<'a>(headers: &'a impl HeaderLookup, name: &str) -> Option<&'a str> {
    std::str::from_utf8(headers.header(name)?).ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(headers: &[(&str, &str)]) -> Option<Duration> {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            map.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        wait_hint(&map, SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777))
    }

    #[test]
    fn milliseconds_of_aws_come_before_retry_after() {
        let both = [("retry-after", "9"), ("x-amz-retry-after", "1500")];
        assert_eq!(hint(&both), Some(Duration::from_millis(1500)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(hint(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        let date = hint(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]);
        assert_eq!(date, Some(Duration::from_secs(10)));
    }

    #[test]
    fn a_date_is_one_of_the_servers_clock() {
        for (date, wait) in [("Sun, 06 Nov 1994 08:39:40 GMT", 607), ("Sun, 06 Nov 1994 08:49:40 GMT", 7)] {
            let hint = hint(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), ("date", date)]);
            assert_eq!(hint, Some(Duration::from_secs(wait)));
        }
    }

    #[test]
    fn a_date_that_has_passed_means_now_and_nonsense_means_nothing() {
        assert_eq!(hint(&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(hint(&[("retry-after", "soon")]), None);
        assert_eq!(hint(&[]), None);
    }
}
