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
    // Java writes two digits of the smallest double, where one would do.
    if size.to_bits() == 1 {
        return out.push_str(if number > 0.0 { "4.9E-324" } else { "-4.9E-324" });
    }
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
            _ => format!("{sign}0.{}{digits}", "0".repeat(scale - digits.len())),
        });
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    Some(format!("{sign}{first}{point}{rest}E{adjusted:+}"))
}

/// The double that is nearest to a number in digits. What stands behind its first 100 digits decides nothing but ties, and
/// is not looked at: a number of a million digits is compared as fast as a short one.
pub(crate) fn nearest_double(text: &str) -> Option<f64> {
    const DIGITS: usize = 100;
    /// Longer than the exponent of any number that [`decimal`] reads.
    const EXPONENT: usize = 24;
    /// More digits before the point than any double has, where no exponent follows.
    const WHOLE: usize = 400;
    if text.len() <= DIGITS {
        return text.parse().ok();
    }
    let tail = text.len().saturating_sub(EXPONENT);
    let mark = text.as_bytes()[tail..].iter().position(|byte| matches!(byte, b'e' | b'E')).map(|at| tail + at);
    let (number, exponent) = mark.map_or((text, "0"), |mark| (&text[..mark], &text[mark + 1..]));
    let exponent: i64 = exponent.parse().ok()?;
    let head = if mark.is_none() { number.get(..WHOLE).unwrap_or(number) } else { number };
    let (whole, fraction) = head.find('.').map_or((number, ""), |point| (&number[..point], &number[point + 1..]));
    let kept = (whole.get(..DIGITS).unwrap_or(whole), fraction.get(..DIGITS).unwrap_or(fraction));
    let dropped = i64::try_from(whole.len() - kept.0.len()).ok()?;
    let kept_fraction = if dropped > 0 { "" } else { kept.1 };
    format!("{}.{kept_fraction}0e{}", kept.0, exponent.checked_add(dropped)?).parse().ok()
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
            (f64::from_bits(1), "4.9E-324"),
            (f64::INFINITY, "Infinity"),
        ] {
            let mut out = String::new();
            double(number, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn a_number_of_a_hundred_thousand_digits_is_printed_and_rounded() {
        let (nines, zeros) = ("9".repeat(100_000), "0".repeat(99_999));
        assert_eq!(decimal(&format!("0.{nines}")), Some(format!("0.{nines}")));
        assert_eq!(decimal(&format!("0.00000{nines}")), Some(format!("0.00000{nines}")));
        assert_eq!(decimal(&format!("-0.{zeros}1")).as_deref(), Some("-1E-100000"));
        assert_eq!(decimal(&format!("{nines}.5")), Some(format!("{nines}.5")));
        assert_eq!(decimal(&format!("0.{zeros}")).as_deref(), Some("0E-99999"));
        for (text, nearest) in [
            (format!("0.{nines}"), 1.0),
            (format!("-0.00000{nines}"), -1e-5),
            (nines.clone(), f64::INFINITY),
            (format!("1{zeros}E-99990"), 1e9),
            (format!("1.{zeros}"), 1.0),
            (format!("123.5{zeros}1"), 123.5),
        ] {
            assert_eq!(nearest_double(&text), Some(nearest), "{}…", &text[..20]);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_number_makes_it_panic(whole in "-?[0-9]{1,900}", fraction in "(\\.[0-9]{0,900})?", exponent in "([eE][+-]?[0-9]{0,11})?") {
            let _ = (decimal(&format!("{whole}{fraction}{exponent}")), nearest_double(&format!("{whole}{fraction}{exponent}")));
        }
    }
}
