//! Numbers as Java prints them.

use std::fmt::Write as _;

/// `Double.toString`: at least one digit after the point, exponent form outside of [10^-3, 10^7).
pub(crate) fn double(number: f64, out: &mut String) {
    if number.is_nan() {
        return out.push_str("NaN");
    }
    if number.is_infinite() {
        return out.push_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let size = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&size) {
        let start = out.len();
        write!(out, "{number}").expect("a string takes everything");
        if !out[start..].contains('.') {
            out.push_str(".0");
        }
        return;
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    out.push_str(digits);
    out.push_str(if digits.contains('.') { "E" } else { ".0E" });
    out.push_str(exponent);
}

/// `new BigDecimal(text).toString()`; `None` for an exponent without digits or beyond 32 bits.
pub(crate) fn decimal(text: &str) -> Option<String> {
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all = format!("{whole}{fraction}");
    let trimmed = all.trim_start_matches('0');
    let digits = if trimmed.is_empty() { "0" } else { trimmed };
    let sign = if digits == "0" { "" } else { sign };
    let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
    let adjusted = i64::try_from(digits.len()).ok()? - 1 - scale;
    if scale >= 0 && adjusted >= -6 {
        let scale = usize::try_from(scale).ok()?;
        return Some(match (scale, digits.len().checked_sub(scale)) {
            (0, _) => format!("{sign}{digits}"),
            (_, Some(point)) if point > 0 => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
            _ => format!("{sign}0.{digits:0>scale$}"),
        });
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    Some(format!("{sign}{first}{point}{rest}E{adjusted:+}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (number, text) in [
            (1000.0, "1000.0"),
            (1.1, "1.1"),
            (-0.0, "-0.0"),
            (1e-6, "1.0E-6"),
            (0.001, "0.001"),
            (12_345_678.9, "1.23456789E7"),
            (1e21, "1.0E21"),
            (9_999_999.9, "9999999.9"),
            (1e7, "1.0E7"),
            (f64::INFINITY, "Infinity"),
        ] {
            let mut out = String::new();
            double(number, &mut out);
            assert_eq!(out, text);
        }
    }
}
