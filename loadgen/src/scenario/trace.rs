//! Traces: the instants of recorded arrivals, a line each.

use std::time::Duration;

use jiff::Timestamp;

use crate::units::show_duration;

/// Most nanoseconds from the first arrival to the last: 30 days.
const LONGEST: i128 = 30 * 86_400 * 1_000_000_000;

/// A line as it counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// From the start of the run.
    Run,
    /// From 1970, in whatever unit, or as a date: the run begins with the first of them.
    Epoch,
}

/// Instants in nanoseconds from the start of the run, in order. Lines hold seconds from the start; or instants of a log,
/// in seconds, milliseconds, microseconds or nanoseconds from 1970, or as RFC 3339 has them, and then the first of them is
/// the start. Blank lines, lines that begin with `#`, a byte order mark and a comma at the end of a line are passed over.
///
/// # Errors
/// The line that is none of it, in words.
pub(super) fn instants(text: &str) -> Result<Vec<u64>, String> {
    let mut all: Vec<i128> = Vec::new();
    let mut before: Option<(usize, Clock)> = None;
    // Some editors put a byte order mark before everything else, and some systems end lines with another character.
    let text = text.trim_start_matches('\u{feff}');
    let end = if text.contains('\n') { '\n' } else { '\r' };
    for (number, line) in (1_usize..).zip(text.split(end).map(str::trim)) {
        let word = line.trim_end_matches([',', ';']).trim_matches('"').trim();
        if word.is_empty() || word.starts_with('#') {
            continue;
        }
        let Some((clock, nanoseconds)) = instant(word) else {
            return Err(format!(
                "line {number} is not an instant, such as 0.25 or 2026-11-26T18:00:00Z: `{}`",
                begin(line)
            ));
        };
        if let Some((other, of)) = before.filter(|(_, of)| *of != clock) {
            let words = |clock| if clock == Clock::Run { "the start of the run" } else { "1970" };
            let (this, that) = (words(clock), words(of));
            return Err(format!(
                "line {number} counts from {this}, and line {other} from {that}: write one or the other"
            ));
        }
        before = before.or(Some((number, clock)));
        all.push(nanoseconds);
    }
    all.sort_unstable();
    let (Some(first), Some(last)) = (all.first().copied(), all.last().copied()) else { return Ok(Vec::new()) };
    let start = if matches!(before, Some((_, Clock::Epoch))) { first } else { 0 };
    if last - start > LONGEST {
        let longest = show_duration(Duration::from_hours(30 * 24));
        return Err(format!("its last instant comes more than {longest} after the start"));
    }
    Ok(all.into_iter().map(|at| u64::try_from(at - start).unwrap_or(0)).collect())
}

/// An instant and what it counts from. A number can be read in one way alone: 30 days from a start are fewer seconds than
/// any clock has counted since 1970, and the units lie three digits apart.
fn instant(word: &str) -> Option<(Clock, i128)> {
    if let Ok(at) = word.parse::<Timestamp>() {
        return Some((Clock::Epoch, at.as_nanosecond()));
    }
    let value = word.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0)?;
    let (clock, unit) = match value {
        ..1e9 => (Clock::Run, 1_000_000_000),
        ..1e11 => (Clock::Epoch, 1_000_000_000),
        ..1e14 => (Clock::Epoch, 1_000_000),
        ..1e17 => (Clock::Epoch, 1_000),
        ..1e20 => (Clock::Epoch, 1),
        _ => return None,
    };
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    match whole.parse::<i128>() {
        // A number of nanoseconds has more digits than a float.
        Ok(whole) if part.bytes().all(|byte| byte.is_ascii_digit()) => {
            let part: String = part.chars().chain("000000000".chars()).take(9).collect();
            Some((clock, whole * unit + part.parse::<i128>().ok()? * unit / 1_000_000_000))
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 1e20, or 1e9 seconds")]
        _ => Some((clock, (value * unit as f64) as i128)),
    }
}

/// The beginning of a line, for people.
fn begin(line: &str) -> String {
    let more = if line.chars().nth(40).is_some() { "…" } else { "" };
    line.chars().take(40).collect::<String>() + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_as_whatever_recorded_it_writes_it() {
        let expected = Ok(vec![0, 250_000_000, 1_500_000_000]);
        for text in [
            "0\n0.25\n1.5\n",
            "\u{feff}0.25\r\n\r\n# comment\r\n  1.5  \r\n0",
            "0\r0.25\r1.5\r",
            "0,\n0.25,\n1.5;\n",
            "\"0\"\n\"2.5e-1\"\n\"1.5\"\n",
            "1764180000\n1764180000.25\n1764180001.5\n",
            "1764180000000\n1764180000250\n1764180001500\n",
            "1764180000000000\n1764180000250000\n1764180001500000\n",
            "1764180000000000000\n1764180000250000000\n1764180001500000000\n",
            "2026-11-26T18:00:01.5Z\n2026-11-26T18:00:00Z\n2026-11-26T19:00:00.25+01:00\n",
        ] {
            assert_eq!(instants(text), expected, "{text:?}");
        }
        assert_eq!(instants("1764180000123456789\n1764180000123456790"), Ok(vec![0, 1]), "to the nanosecond");
        assert_eq!(instants("\n# nothing\n"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_instant_is_named_with_its_line() {
        for (text, says) in [
            ("0\r\n\r\nsoon\r\n", "line 3 is not an instant"),
            ("time\n0\n", "line 1 is not an instant"),
            ("0\n-1\n", "line 2 is not an instant"),
            ("nan", "line 1 is not an instant"),
            ("0\n1764180000\n", "line 2 counts from 1970, and line 1 from the start of the run"),
            ("0\n2592001\n", "more than"),
            ("1764180000\n1800000000\n", "more than"),
        ] {
            let error = instants(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
        }
        let long = instants(&"x".repeat(10_000)).unwrap_err();
        assert!(long.chars().count() < 200, "{long}");
    }
}
