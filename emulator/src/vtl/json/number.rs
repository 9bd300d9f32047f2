//! Numbers as Java keeps and prints them.

use crate::java::{decimal, nearest_double};

/// A number of a JSON text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Number {
    /// A `Long`.
    Integer(i64),
    /// A `BigInteger` or `BigDecimal`, printed.
    Exact(Box<str>),
    /// A `Double`; infinite where the text was too large for one.
    Double(f64),
}

impl Number {
    /// An integer of any size: sign and digits, leading zeros allowed.
    pub(crate) fn integer(text: &str) -> Self {
        if let Ok(number) = text.parse() {
            return Self::Integer(number);
        }
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        match digits.trim_start_matches('0') {
            "" => Self::Integer(0),
            digits => Self::integer_or_exact(format!("{sign}{digits}")),
        }
    }

    fn integer_or_exact(text: String) -> Self {
        text.parse().map_or_else(|_| Self::Exact(text.into()), Self::Integer)
    }

    /// A number with a fraction or an exponent; `None` for an exponent without digits or beyond 32 bits.
    pub(crate) fn fraction(text: &str) -> Option<Self> {
        // json-smart keeps what is longer than 18 characters exactly.
        if text.len() > 18 {
            return decimal(text).map(|text| Self::Exact(text.into()));
        }
        text.parse().ok().map(Self::Double)
    }

    /// As near as a double comes.
    pub(crate) fn as_f64(&self) -> f64 {
        match self {
            Self::Integer(number) => *number as f64,
            Self::Exact(text) => nearest_double(text).unwrap_or(f64::NAN),
            Self::Double(number) => *number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_decimals_stay_exact() {
        for (text, expected) in [
            ("123456789.123456789012345", "123456789.123456789012345"),
            ("1.7976931348623157e308", "1.7976931348623157E+308"),
            ("-0.000000000000000000012", "-1.2E-20"),
            ("0.0000001234567890123", "1.234567890123E-7"),
            ("0.000001234567890123", "0.000001234567890123"),
        ] {
            assert_eq!(Number::fraction(text), Some(Number::Exact(expected.into())), "{text}");
        }
        assert_eq!(Number::fraction("1e99999999999999999"), None);
    }
}
