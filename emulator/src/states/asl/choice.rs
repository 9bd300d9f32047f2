//! Choice rules: every comparison of the States Language.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde_json::Value;

use super::path::{Scope, StatePath};
use crate::budget::Exhausted;

/// Units of work that a comparison costs besides its paths.
const TEST: usize = 200;

/// A rule without its `Next`.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    /// `And`
    And(Vec<Choice>),
    /// `Or`
    Or(Vec<Choice>),
    /// `Not`
    Not(Box<Choice>),
    /// A test of one variable.
    Test {
        /// `Variable`
        variable: Box<StatePath>,
        /// The comparison.
        test: Test,
    },
}

/// A comparison.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// `IsPresent`
    Present(bool),
    /// `IsNull`, `IsString`, …
    Is(Type, bool),
    /// `StringMatches`
    Matches(String),
    /// Comparisons by order, as `NumericLessThan`.
    Compare {
        /// What kind of values.
        family: Family,
        /// How they are compared.
        order: Order,
        /// With what.
        with: Box<Operand>,
    },
}

/// A type that a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    String,
    Numeric,
    Boolean,
    Timestamp,
}

/// The kinds of values that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

/// The right side of a comparison.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Literal(Value),
    Path(StatePath),
}

/// Why nobody can say whether a rule holds; ends the execution with `States.Runtime`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// A path of the rule finds nothing.
    Unresolved(String),
    /// It would cost more than a state may.
    Exhausted(Exhausted),
}

impl From<Exhausted> for Undecided {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}

impl Choice {
    /// Whether the rule holds.
    pub(crate) fn holds(&self, scope: &Scope<'_>) -> Result<bool, Undecided> {
        match self {
            Self::And(rules) => {
                for rule in rules {
                    if !rule.holds(scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(rules) => {
                for rule in rules {
                    if rule.holds(scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(rule) => Ok(!rule.holds(scope)?),
            Self::Test { variable, test } => test.holds(variable, scope),
        }
    }
}

impl Test {
    fn holds(&self, variable: &StatePath, scope: &Scope<'_>) -> Result<bool, Undecided> {
        scope.budget.work(TEST)?;
        let found = variable.find(scope)?;
        if let Self::Present(expected) = self {
            return Ok(found.is_some() == *expected);
        }
        let value = found.ok_or_else(|| Undecided::Unresolved(variable.as_str().to_owned()))?;
        Ok(match self {
            Self::Present(_) => false,
            Self::Is(kind, expected) => kind.has(&value) == *expected,
            Self::Matches(pattern) => value.as_str().is_some_and(|text| matches(pattern, text)),
            Self::Compare { family, order, with } => {
                let found;
                let other = match &**with {
                    Operand::Literal(value) => value,
                    Operand::Path(path) => {
                        let missing = || Undecided::Unresolved(path.as_str().to_owned());
                        found = path.find(scope)?.ok_or_else(missing)?;
                        &found
                    }
                };
                family.compare(&value, other).is_some_and(|found| order.accepts(found))
            }
        })
    }
}

impl Type {
    fn has(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::String => value.is_string(),
            Self::Numeric => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => value.as_str().is_some_and(|text| timestamp(text).is_some()),
        }
    }
}

impl Family {
    /// Values of another kind compare as nothing, and the rule does not hold.
    fn compare(self, left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
        match self {
            // Java compares strings by UTF-16 units.
            Self::String => Some(left.as_str()?.encode_utf16().cmp(right.as_str()?.encode_utf16())),
            Self::Numeric => match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
            },
            Self::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Self::Timestamp => Some(timestamp(left.as_str()?)?.cmp(&timestamp(right.as_str()?)?)),
        }
    }
}

impl Order {
    fn accepts(self, found: std::cmp::Ordering) -> bool {
        match self {
            Self::Equals => found.is_eq(),
            Self::LessThan => found.is_lt(),
            Self::GreaterThan => found.is_gt(),
            Self::LessThanEquals => found.is_le(),
            Self::GreaterThanEquals => found.is_ge(),
        }
    }
}

/// An instant, as the time since the Unix epoch, in the profile of RFC 3339 that the States Language asks for: years 0000
/// to 9999, an upper-case `T` and, unless an offset is given, an upper-case `Z`. Digits behind the nanoseconds do not count.
pub(crate) fn timestamp(text: &str) -> Option<SignedDuration> {
    const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let (seconds, rest) = text.split_at_checked("dddd-dd-ddTdd:dd:dd".len())?;
    let mut shape = seconds.bytes().zip("dddd-dd-ddTdd:dd:dd".bytes());
    if !shape.all(|(byte, wanted)| if wanted == b'd' { byte.is_ascii_digit() } else { byte == wanted }) {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("0", rest),
    };
    let offset = match zone.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit) => {
            let two = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            let (hours, minutes) = (two(*a, *b), two(*c, *d));
            let seconds = (hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)?;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    if fraction.is_empty() {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds = digits.fold(0, |nanoseconds, digit| nanoseconds * 10 + i64::from(digit - b'0'));
    let local: DateTime = seconds.parse().ok()?;
    let since = local.duration_since(EPOCH) + SignedDuration::from_nanos(nanoseconds);
    Some(since - SignedDuration::from_secs(offset))
}

/// `*` stands for any characters, `\*` for itself, `\\` for a backslash. Each part between two stars is looked for where
/// it comes first, so that the text is gone through once, whatever the pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = vec![String::new()];
    let mut symbols = pattern.chars();
    while let Some(symbol) = symbols.next() {
        let part = parts.last_mut().expect("there is always a last part");
        match symbol {
            '*' => parts.push(String::new()),
            '\\' => part.push(symbols.next().unwrap_or('\\')),
            other => part.push(other),
        }
    }
    let last = parts.pop().expect("there is always a last part");
    let Some((first, between)) = parts.split_first() else { return last == text };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in between {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_characters_and_its_escape_only_itself() {
        for (pattern, text, expected) in [
            ("foo*.log", "foo23.log", true),
            ("*.log", "zebra.log", true),
            ("foo*.*", "foobar.zebra", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a\\\\*", "a\\bc", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXbYbZ", false),
            ("a*b*c", "aXbYbZc", true),
            ("ab*ba", "aba", false),
            ("*ä*", "xäy", true),
            ("a\\", "a\\", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn timestamps_are_rfc_3339_with_capital_t_and_z() {
        assert!(timestamp("2016-08-18T17:33:00Z").is_some());
        assert!(timestamp("2016-08-18T17:33:00.5+02:00").is_some());
        for text in ["2016-08-18t17:33:00Z", "2016-08-18T17:33:00z", "2016-08-18 17:33:00Z", "2016-08-18T17:33:00", "x"]
        {
            assert!(timestamp(text).is_none(), "{text}");
        }
    }

    #[test]
    fn timestamps_are_of_the_years_0000_to_9999() {
        for (text, seconds) in [
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("9999-12-31T23:59:59-23:59", 253_402_300_799 + 86_340),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("0000-01-01T00:00:00+01:30", -62_167_219_200 - 5_400),
            ("1970-01-01T00:00:00Z", 0),
            ("2016-02-29T12:00:00.999999999999Z", 1_456_747_200),
            ("2026-11-27T18:00:00.5+02:00", 1_795_795_200),
        ] {
            assert_eq!(timestamp(text).map(|since| since.as_secs()), Some(seconds), "{text}");
        }
        assert!(timestamp("2016-08-18T17:33:00.1Z") < timestamp("2016-08-18T17:33:00.10001Z"));
        assert!(timestamp("2016-08-18T17:33:00+02:00") < timestamp("2016-08-18T17:33:00Z"));
        for text in [
            "-000001-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "+10000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "2015-02-29T00:00:00Z",
            "2016-08-18T24:00:00Z",
            "2016-08-18T17:60:00Z",
            "2016-13-18T17:33:00Z",
            "2016-08-18T17:33Z",
            "2016-08-18T17:33:00.Z",
            "2016-08-18T17:33:00+24:00",
            "2016-08-18T17:33:00+02",
            "2016-08-18T17:33:00+0200",
            "2016-08-18T17:33:00Z[UTC]",
            "2016-08-18T17:33:0é0Z",
            "20160818T173300Z",
            "",
        ] {
            assert!(timestamp(text).is_none(), "{text}");
        }
    }
}
