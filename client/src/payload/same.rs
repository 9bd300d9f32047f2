//! Whether two JSON texts say the same, whoever wrote them.

use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};

/// Deeper than this `serde_json` reads no value either; beyond it texts are compared as they are written.
const DEEPEST: usize = 128;

/// Whether two texts are the same JSON value: whatever the order of members, the white space and the escapes, and numbers by
/// what they are worth. Integers are compared by all their digits, however many; of members with one name the last counts.
/// A text that is not JSON is the same as nothing but itself.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let parse = |text| serde_json::from_str::<&RawValue>(text).ok();
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => is_same_value(one, other, DEEPEST),
        _ => one == other,
    }
}

/// A digest of what a text says: texts of the same members, texts and numbers share it, in whatever order and however they are
/// written. (Two writings of one double that differ as decimals do not: one value is always written the same way.)
pub(crate) fn digest(json: &[u8], keys: &impl BuildHasher) -> u64 {
    let mut hasher = keys.build_hasher();
    match serde_json::from_slice::<&RawValue>(json) {
        Ok(value) => digest_value(value.get(), DEEPEST, &mut hasher),
        Err(_) => json.hash(&mut hasher),
    }
    hasher.finish()
}

fn digest_value(json: &str, depth: usize, hasher: &mut impl Hasher) {
    let first = json.as_bytes().first().copied().unwrap_or_default();
    if let Some(depth) = depth.checked_sub(1) {
        match first {
            b'{' => {
                if let Some(members) = members(json) {
                    (first, members.len()).hash(hasher);
                    for (name, value) in members {
                        name.hash(hasher);
                        digest_value(value.get(), depth, hasher);
                    }
                    return;
                }
            }
            b'[' => {
                if let Some(items) = items(json) {
                    (first, items.len()).hash(hasher);
                    for item in items {
                        digest_value(item.get(), depth, hasher);
                    }
                    return;
                }
            }
            b'"' => {
                if let Ok(text) = serde_json::from_str::<String>(json) {
                    (first, text).hash(hasher);
                    return;
                }
            }
            _ => {
                if let Some(number) = Decimal::of(json) {
                    (b'0', number).hash(hasher);
                    return;
                }
            }
        }
    }
    json.hash(hasher);
}

fn is_same_value(one: &RawValue, other: &RawValue, depth: usize) -> bool {
    let (one, other) = (one.get(), other.get());
    if one == other {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    match (one.as_bytes().first(), other.as_bytes().first()) {
        (Some(b'{'), Some(b'{')) => match (members(one), members(other)) {
            (Some(one), Some(other)) => {
                let same = |((name, value), (name2, value2)): ((&String, _), (&String, _))| {
                    name == name2 && is_same_value(value, value2, depth)
                };
                one.len() == other.len() && one.iter().map(copied).zip(other.iter().map(copied)).all(same)
            }
            _ => false,
        },
        (Some(b'['), Some(b'[')) => match (items(one), items(other)) {
            (Some(one), Some(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_value(one, other, depth))
            }
            _ => false,
        },
        (Some(b'"'), Some(b'"')) => {
            let text = |json| serde_json::from_str::<String>(json).ok();
            text(one).is_some_and(|one| Some(one) == text(other))
        }
        _ => is_same_number(one, other),
    }
}

fn copied<'a>((name, value): (&'a String, &&'a RawValue)) -> (&'a String, &'a RawValue) {
    (name, value)
}

fn members(json: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(json).ok()
}

fn items(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

/// Equal by all their digits; or two writings of one double, as where a mapping template writes a fraction anew. An integer
/// that no double holds is never taken for the double next to it.
fn is_same_number(one: &str, other: &str) -> bool {
    let (Some(exact), Some(exact_other)) = (Decimal::of(one), Decimal::of(other)) else { return false };
    if exact == exact_other {
        return true;
    }
    match (one.parse::<f64>(), other.parse::<f64>()) {
        #[expect(clippy::float_cmp, reason = "one double, however it is written")]
        (Ok(double), Ok(double_other)) => {
            double == double_other
                && double.is_normal()
                && [(one, &exact), (other, &exact_other)].iter().all(|(text, exact)| exact.is_held(text, double))
        }
        _ => false,
    }
}

/// What a number is worth: `digits` × 10^`exponent`, without zeros at either end of the digits.
#[derive(PartialEq, Eq, Hash)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn of(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0').trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self { is_negative: false, digits: String::new(), exponent: 0 });
        }
        let zeros = all.len() - all.trim_end_matches('0').len();
        let shift = i64::try_from(zeros).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(shift)?;
        Some(Self { is_negative, digits: significant.to_owned(), exponent })
    }

    /// Whether `double` is just this number, where it is written out as an integer. Of other numbers `double` is as much as
    /// was meant.
    fn is_held(&self, text: &str, double: f64) -> bool {
        let is_integer = self.exponent >= 0 && !text.contains(['e', 'E']);
        !is_integer || Self::of(&format!("{double:.0}")).as_ref() == Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_same_however_it_is_written() {
        for (one, other) in [
            (r#"{"id":1,"price":2.5}"#, r#" { "price" : 2.50, "id" : 1.0 } "#),
            (r#"["\u00e4\/",null,true]"#, r#"["ä/", null, true]"#),
            (r#"{"a":2}"#, r#"{"a":1,"a":2}"#),
            ("1573573209.347", "1.573573209347E9"),
            ("0.1", "0.10000000000000001"),
            ("1.1805916207174113e21", "1180591620717411303424"),
            ("340282366920938463463374607431768211455", "340282366920938463463374607431768211455.0"),
            ("-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"),
            ("1e400", "10e399"),
            ("0", "-0.0e5"),
        ] {
            assert!(is_same(one, other) && is_same(other, one), "{one} {other}");
        }
        let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
        assert!(is_same(&deep, &deep));
    }

    #[test]
    fn the_digest_is_that_of_the_value() {
        let keys = std::hash::RandomState::new();
        let digest = |json: &str| digest(json.as_bytes(), &keys);
        let order = r#"{"id":1,"lines":[{"a":"é","b":null}],"price":2.50}"#;
        assert_eq!(digest(order), digest(r#" {"price":2.5, "lines":[{"b":null,"a":"\u00e9"}],"id":1.0}"#));
        for other in [
            r#"{"id":1,"lines":[{"a":"é","b":null}],"price":2.51}"#,
            r#"{"id":"1","lines":[{"a":"é","b":null}],"price":2.5}"#,
            r#"{"id":1,"lines":[{"a":"é"},{"b":null}],"price":2.5}"#,
            r#"{"id":1,"lines":[{"a":null,"b":"é"}],"price":2.5}"#,
            "not json",
        ] {
            assert_ne!(digest(order), digest(other), "{other}");
        }
        assert_ne!(digest("9007199254740993"), digest("9007199254740992"));
        let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
        assert_eq!(digest(&deep), digest(&deep));
    }

    #[test]
    fn values_that_differ_are_told_apart_to_the_last_digit() {
        for (one, other) in [
            ("1234567890123456789", "1234567890123456788"),
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993.0", "9007199254740992"),
            ("9007199254740993", "9007199254740992.0"),
            ("1234567890123456789", "1.2345678901234568e18"),
            ("340282366920938463463374607431768211455", "340282366920938463463374607431768211454"),
            ("1e400", "2e400"),
            ("1e-400", "2e-400"),
            ("1", "-1"),
            ("1", "\"1\""),
            ("null", "0"),
            ("true", "false"),
            ("[1]", "[1,1]"),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
            ("not json", "null"),
            ("not json", "not json either"),
        ] {
            assert!(!is_same(one, other) && !is_same(other, one), "{one} {other}");
        }
    }
}
