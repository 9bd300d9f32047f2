//! Durations (`"1m30s"`), rates (`50`, `"3000/m"`, `"2.5k"`) and figures as people write and read them.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::mistake::Mistake;

/// Reads a duration: numbers with units `us` or `µs`, `ms`, `s`, `m`, `h`, `d`, one after another.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, Mistake> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    let wrong = || {
        Mistake::usage(format!(
            "`{text}` is not a duration: write a number with a unit (us, ms, s, m, h, d), such as \"30s\", \"1m30s\" or \
             \"500ms\""
        ))
    };
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..number_end].parse().map_err(|_| wrong())?;
        rest = rest[number_end..].trim_start();
        let unit_end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let seconds = match &rest[..unit_end] {
            // The micro sign and the Greek letter look the same.
            "us" | "\u{b5}s" | "\u{3bc}s" => 0.000_001,
            "ms" => 0.001,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return Err(wrong()),
        };
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = rest[unit_end..].trim_start();
    }
    if total > LONGEST { Err(Mistake::usage(format!("`{text}` is longer than 30 days"))) } else { Ok(total) }
}

/// Reads a duration in which something can happen: at least a millisecond.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn parse_time(text: &str) -> Result<Duration, Mistake> {
    match parse_duration(text)? {
        none if none.is_zero() => Err(Mistake::usage(format!("`{text}` is zero: give at least 1ms"))),
        short if short < SHORTEST => Err(Mistake::usage(format!("`{text}` is too short: give at least 1ms"))),
        time => Ok(time),
    }
}

/// Reads how many of something there are to be at the most: at least one.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn parse_count(text: &str) -> Result<u64, Mistake> {
    match text.parse() {
        Ok(0) => Err(Mistake::usage("0 would be none at all: give at least 1")),
        Ok(count) => Ok(count),
        Err(_) => Err(Mistake::usage(format!("`{text}` is not a whole number from 1"))),
    }
}

/// Reads a whole number within a range.
///
/// # Errors
/// What it should be, in words.
pub(crate) fn whole<N>(range: RangeInclusive<N>) -> impl Fn(&str) -> Result<N, Mistake> + Clone
where
    N: FromStr + PartialOrd + fmt::Display + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        number.ok_or_else(|| Mistake::usage(format!("`{text}` is not a whole number from {least} to {most}")))
    }
}

/// Reads a number.
///
/// # Errors
/// It is none.
pub(crate) fn parse_number(text: &str) -> Result<f64, Mistake> {
    text.parse().map_err(|_| Mistake::usage(format!("`{text}` is not a number")))
}

/// Shortest time in which anything is expected to happen.
const SHORTEST: Duration = Duration::from_millis(1);

/// Longest duration accepted anywhere.
pub(crate) const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Highest rate accepted, in arrivals per second: beyond what one machine can send.
const HIGHEST_RATE: f64 = 10_000_000.0;

/// Lowest rate accepted besides 0, in arrivals per second: one in the longest run.
const LOWEST_RATE: f64 = 1.0 / LONGEST.as_secs_f64();

/// Reads a rate in arrivals per second: `50`, `50/s`, `3000/m`, `7200/h`, each with an optional `k` or `M`.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn parse_rate(text: &str) -> Result<f64, Mistake> {
    let wrong = || {
        Mistake::usage(format!(
            "`{text}` is not a rate: write arrivals per second, such as 50, \"50/s\", \"3000/m\", \"90/h\" or \"2.5k\""
        ))
    };
    let (number, per) = match text.trim().split_once('/') {
        None => (text.trim(), 1.0),
        Some((number, "s")) => (number, 1.0),
        Some((number, "m")) => (number, 60.0),
        Some((number, "h")) => (number, 3_600.0),
        Some(_) => return Err(wrong()),
    };
    let (number, factor) = match number.trim_end() {
        n if n.ends_with('k') => (&n[..n.len() - 1], 1e3),
        n if n.ends_with('M') => (&n[..n.len() - 1], 1e6),
        n => (n, 1.0),
    };
    let rate = number.parse::<f64>().map_err(|_| wrong())? * factor / per;
    check_rate(rate)
}

/// Accepts a rate that a schedule can be made of.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn check_rate(rate: f64) -> Result<f64, Mistake> {
    let shown = show_number(rate);
    if rate.is_nan() || !(0.0..=HIGHEST_RATE).contains(&rate) {
        Err(Mistake::usage(format!("a rate lies between 0 and {HIGHEST_RATE} per second, not at {shown}")))
    } else if rate > 0.0 && rate < LOWEST_RATE {
        Err(Mistake::usage(format!(
            "a rate of {shown} per second is less than one request in 30 days: write 0, or more"
        )))
    } else {
        Ok(rate)
    }
}

/// A number as people write it: in full where that is short, otherwise with an exponent.
#[must_use]
pub(crate) fn show_number(number: f64) -> String {
    if number == 0.0 || !number.is_finite() || (1e-6..1e15).contains(&number.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// Writes a duration the way [`parse_duration`] reads it.
#[must_use]
pub(crate) fn show_duration(duration: Duration) -> String {
    let (seconds, micros) = (duration.as_secs(), duration.subsec_micros());
    match (seconds, micros) {
        (0, _) if duration.is_zero() => "0s".into(),
        (0, ..1_000) => format!("{micros}us"),
        (0, _) => format!("{}ms", f64::from(micros) / 1e3),
        (_, 1_000..) => format!("{}s", duration.as_micros() as f64 / 1e6),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ if seconds > 60 => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{seconds}s"),
    }
}

/// Microseconds with a unit that suits them and three digits.
#[must_use]
pub(crate) fn show_microseconds(microseconds: u64) -> String {
    show_time(microseconds, 0)
}

/// The same with some more digits.
#[must_use]
pub(crate) fn show_time(microseconds: u64, more: usize) -> String {
    let (unit, name, digits) = match microseconds {
        0..1_000 => return format!("{microseconds}µs"),
        1_000..10_000 => (1e3, "ms", 2),
        10_000..100_000 => (1e3, "ms", 1),
        100_000..1_000_000 => (1e3, "ms", 0),
        1_000_000..10_000_000 => (1e6, "s", 2),
        _ => (1e6, "s", 1),
    };
    format!("{:.*}{name}", digits + more, microseconds as f64 / unit)
}

/// A share in per cent.
#[must_use]
pub(crate) fn show_percent(share: f64) -> String {
    show_share(share, 0)
}

/// The same with some more digits.
#[must_use]
pub(crate) fn show_share(share: f64, more: usize) -> String {
    // One of a hundred thousand is not none, and all but one are not all.
    match share * 100.0 {
        percent if more == 0 && percent > 0.0 && percent < 0.005 => "<0.01%".into(),
        percent if more == 0 && (99.995..100.0).contains(&percent) => ">99.99%".into(),
        percent => format!("{percent:.*}%", 2 + more),
    }
}

/// How many of all, in per cent; nothing of none.
#[must_use]
pub(crate) fn show_part(part: u64, all: u64) -> String {
    show_percent(if all == 0 { 0.0 } else { part as f64 / all as f64 })
}

/// So many a second.
#[must_use]
pub(crate) fn show_per_second(rate: f64) -> String {
    show_pace(rate, 0)
}

/// The same with some more digits.
#[must_use]
pub(crate) fn show_pace(rate: f64, more: usize) -> String {
    match rate {
        100.0.. => format!("{rate:.more$}/s"),
        // A few an hour are more than none.
        _ if more == 0 && rate > 0.0 && rate < 1.0 => format!("{}/s", round_rate(rate)),
        _ => format!("{rate:.*}/s", 1 + more),
    }
}

/// A rate with two digits behind the point, and with three that count below one: 0.0139.
#[must_use]
pub(crate) fn round_rate(rate: f64) -> f64 {
    if rate > 0.0 && rate < 1.0 {
        format!("{rate:.2e}").parse().expect("a number that was just written is one")
    } else {
        (rate * 100.0).round() / 100.0
    }
}

/// Reads an amount of US dollars: `20USD`, `$0.50` or `20`.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn parse_usd(text: &str) -> Result<f64, Mistake> {
    let bare = text.trim().trim_start_matches('$').trim_end_matches("USD").trim();
    match bare.parse::<f64>() {
        Ok(usd) if (0.0..=1e12).contains(&usd) => Ok(usd),
        _ => Err(Mistake::usage(format!("`{text}` is not an amount of US dollars: write it as 20USD"))),
    }
}

/// US dollars, small amounts with four digits behind the point.
#[must_use]
pub(crate) fn show_usd(usd: f64) -> String {
    if usd >= 1.0 { format!("${usd:.2}") } else { format!("${usd:.4}") }
}

/// An interval from one text to another, with `?` at an end that is not known: `312ms–?`.
#[must_use]
pub(crate) fn show_range<T>(low: Option<T>, high: Option<T>, show: impl Fn(T) -> String) -> String {
    let end = |end: Option<T>| end.map_or_else(|| "?".into(), &show);
    format!("{}–{}", end(low), end(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_with_three_digits() {
        let shown = [7, 999, 1_234, 45_678, 456_789, 1_500_000, 31_000_000].map(show_microseconds);
        assert_eq!(shown, ["7µs", "999µs", "1.23ms", "45.7ms", "457ms", "1.50s", "31.0s"]);
    }

    #[test]
    fn a_share_that_is_not_whole_is_neither_all_nor_none() {
        assert_eq!([(0, 9), (9, 9), (1, 2)].map(|(part, all)| show_part(part, all)), ["0.00%", "100.00%", "50.00%"]);
        assert_eq!(
            [(25_999, 26_000), (1, 26_000), (0, 0)].map(|(part, all)| show_part(part, all)),
            [">99.99%", "<0.01%", "0.00%"]
        );
    }

    #[test]
    fn a_duration_without_a_unit_is_refused_with_an_example() {
        let error = parse_duration("30").unwrap_err();
        assert!(error.to_string().contains("(us, ms, s, m, h, d), such as \"30s\""), "{error}");
        for wrong in ["", "s", "-1s", "1x", "1e400s", "90000d", "1..5s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_in_which_nothing_can_happen_is_refused() {
        for wrong in ["0s", "0ms", "0h0m", "0.0000001s", "0.5ms"] {
            let error = parse_time(wrong).unwrap_err().message;
            assert!(error.ends_with("give at least 1ms"), "{error}");
        }
        assert_eq!(parse_time("1ms"), Ok(Duration::from_millis(1)));
        assert!(parse_time("30").is_err());
    }

    #[test]
    fn no_number_of_hundreds_of_digits_is_shown() {
        for text in ["1e300", "1e-300", "-1e300", "NaN", "inf"] {
            let error = parse_rate(text).unwrap_err().message;
            assert!(error.len() < 120, "{error}");
        }
    }

    #[test]
    fn a_duration_is_shown_as_it_is_read() {
        for text in ["0s", "900us", "1.5ms", "500ms", "30s", "1m", "1m30s", "2h", "1.5s", "6.722s", "4.001001s"] {
            assert_eq!(show_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn rates_that_no_schedule_can_have_are_refused() {
        for wrong in ["-1", "inf", "NaN", "1e9", "50/d", "k", ""] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_units() {
        use std::time::Duration;

        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("0.5s"), Ok(Duration::from_millis(500)));
        for micro in ["900us", "900µs", "900μs"] {
            assert_eq!(parse_duration(micro), Ok(Duration::from_micros(900)), "{micro}");
        }
        assert!(parse_duration("30").is_err());
    }

    #[test]
    fn no_time_at_all_is_refused() {
        assert!(parse_time("1ms").is_ok());
        assert!(parse_time("0s").is_err());
    }

    #[test]
    fn rates_are_read_with_thousands_and_minutes() {
        assert_eq!(parse_rate("2.5k"), Ok(2_500.0));
        assert_eq!(parse_rate("3000/m"), Ok(50.0));
    }

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        assert_eq!([0.25, 1e6, 1e300].map(show_number), ["0.25", "1000000", "1e300"]);
    }

    #[test]
    fn a_few_an_hour_are_more_than_none() {
        let rounded = [50.0 / 3_600.0, 0.5, 12.346, 0.0].map(|rate| round_rate(rate).to_string());
        assert_eq!(rounded, ["0.0139", "0.5", "12.35", "0"]);
        assert_eq!([50.0 / 3_600.0, 0.5, 12.346, 120.4].map(show_per_second), ["0.0139/s", "0.5/s", "12.3/s", "120/s"]);
    }

    #[test]
    fn amounts_are_us_dollars() {
        assert_eq!(parse_usd("20USD"), Ok(20.0));
        assert!(parse_usd("20EUR").is_err());
        assert!(parse_usd("1e300").is_err());
    }

    #[test]
    fn small_amounts_have_four_digits() {
        assert_eq!([show_usd(12.3456), show_usd(0.0123)], ["$12.35", "$0.0123"]);
    }

    #[test]
    fn an_open_end_is_a_question_mark() {
        assert_eq!(show_range(Some(312_000), None, show_microseconds), "312ms–?");
    }
}
