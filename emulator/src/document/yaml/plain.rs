//! Plain scalars as YAML 1.1 types them, which is what CloudFormation reads and the tools that upload templates.

use serde_json::Number;

use crate::document::Kind;

/// Null, truth values and numbers; `None` for text.
pub(super) fn typed(value: &str) -> Option<Kind> {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Some(Kind::Null),
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(Kind::Bool(true)),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(Kind::Bool(false)),
        _ => number(value).map(Kind::Number),
    }
}

fn number(value: &str) -> Option<Number> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if !digits.starts_with(|c: char| c == '.' || c.is_ascii_digit()) {
        return None;
    }
    if let Ok(json) = serde_json::from_str(value) {
        return Some(json);
    }
    let sign = if value.starts_with('-') { "-" } else { "" };
    match whole(digits) {
        Some(whole) => serde_json::from_str(&format!("{sign}{whole}")).ok(),
        None => Number::from_f64(format!("{sign}{}", decimal(digits)?).parse().ok()?),
    }
}

/// A whole number without its sign: binary, octal, hexadecimal, in base 60, or with underscores.
fn whole(text: &str) -> Option<u128> {
    let digits = text.replace('_', "");
    let of_radix = |digits: &str, radix: u32| {
        let is_one = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_one.then(|| u128::from_str_radix(digits, radix).ok()).flatten()
    };
    match (digits.strip_prefix("0b"), digits.strip_prefix("0x"), digits.strip_prefix('0')) {
        (Some(binary), ..) => of_radix(binary, 2),
        (_, Some(hexadecimal), _) => of_radix(hexadecimal, 16),
        (.., Some("")) => Some(0),
        // An account id has digits that no octal number has, as a rule.
        (.., Some(octal)) => of_radix(octal, 8),
        _ => {
            let mut parts = digits.split(':');
            let first = of_radix(parts.next()?, 10)?;
            parts.try_fold(first, |sum, part| {
                let part = of_radix(part, 10).filter(|value| *value < 60 && part.len() <= 2)?;
                sum.checked_mul(60)?.checked_add(part)
            })
        }
    }
}

/// A number with a point and without its sign, as Rust reads it.
fn decimal(text: &str) -> Option<String> {
    let digits = |text: &str| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    let (before, after) = text.split_once('.')?;
    let (after, exponent) = after.split_once(['e', 'E']).unwrap_or((after, "0"));
    let exponent_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let has_digit = before.starts_with(|c: char| c.is_ascii_digit())
        || before.is_empty() && after.starts_with(|c: char| c.is_ascii_digit());
    let is_one = has_digit && digits(before) && digits(after) && !exponent_digits.is_empty() && digits(exponent_digits);
    is_one.then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_yaml_1_1_says() {
        for (text, json) in [
            ("", "null"),
            ("~", "null"),
            ("yes", "true"),
            ("On", "true"),
            ("TRUE", "true"),
            ("no", "false"),
            ("OFF", "false"),
            ("010", "8"),
            ("-010", "-8"),
            ("+1", "1"),
            ("00", "0"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("1:30", "90"),
            ("-1:30:00", "-5400"),
            ("1.50", "1.5"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-0.5e+2", "-50.0"),
            ("1_0.5", "10.5"),
            ("12345678901234567890", "12345678901234567890"),
        ] {
            let found = typed(text).map(|kind| match kind {
                Kind::Null => "null".to_owned(),
                Kind::Bool(value) => value.to_string(),
                Kind::Number(number) => number.to_string(),
                _ => unreachable!("no other kind is typed"),
            });
            assert_eq!(found.as_deref(), Some(json), "{text}");
        }
        for text in [
            "y",
            "n",
            "yEs",
            "tRue",
            "012345678901",
            "2010-09-09",
            "1:60",
            "01:30",
            "1:2:",
            "0x",
            "0b2",
            "0xg",
            ".",
            "._5",
            "-",
            "+",
            "1.2.3",
            "1.5e",
            "_1",
            ".inf",
            "0x+1",
            "08",
        ] {
            assert_eq!(typed(text), None, "{text}");
        }
    }
}
