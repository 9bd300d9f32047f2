//! JSON as Step Functions writes it: compact, and with times as Java prints doubles.

use std::time::Duration;

use crate::java::{may_hold_halves, written_json};

/// From 10^7 seconds on, Java writes an exponent.
const FIRST_WITH_EXPONENT: u64 = 10_000_000_000;
const BEYOND_15_DIGITS: u64 = 1_000_000_000_000_000;

/// Writes one JSON object, field by field.
#[derive(Debug)]
pub(crate) struct Object<'b> {
    bytes: &'b mut Vec<u8>,
    empty: bool,
}

/// A whole object as bytes.
pub(crate) fn object(write: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    Object::write(&mut bytes, write);
    bytes
}

impl Object<'_> {
    fn write(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Object<'_>)) {
        bytes.push(b'{');
        write(&mut Object { bytes, empty: true });
        bytes.push(b'}');
    }

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.bytes.push(b',');
        }
        self.empty = false;
        put_text(self.bytes, key);
        self.bytes.push(b':');
    }

    /// A string.
    pub(crate) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        put_text(self.bytes, value);
        self
    }

    /// A string, if there is one.
    pub(crate) fn maybe_text(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &str, value: u64) -> &mut Self {
        self.key(key);
        self.bytes.extend_from_slice(value.to_string().as_bytes());
        self
    }

    /// A number as Java prints doubles: `0.0`.
    pub(crate) fn fraction(&mut self, key: &str, value: f64) -> &mut Self {
        self.key(key);
        let mut text = String::new();
        crate::java::double(value, &mut text);
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.key(key);
        self.bytes.extend_from_slice(if value { b"true" } else { b"false" });
        self
    }

    /// An instant, from milliseconds since the Unix epoch.
    pub(crate) fn time(&mut self, key: &str, millis: u64) -> &mut Self {
        self.key(key);
        self.bytes.extend_from_slice(double(millis).as_bytes());
        self
    }

    /// An object.
    pub(crate) fn object(&mut self, key: &str, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.key(key);
        Object::write(self.bytes, write);
        self
    }

    /// A list of texts.
    pub(crate) fn texts<'t>(&mut self, key: &str, texts: impl IntoIterator<Item = &'t str>) -> &mut Self {
        self.key(key);
        self.bytes.push(b'[');
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            put_text(self.bytes, text);
        }
        self.bytes.push(b']');
        self
    }

    /// A list of objects.
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Object<'_>, T),
    ) -> &mut Self {
        self.list_within(usize::MAX, key, items, write);
        self
    }

    /// A list of objects that ends with the first of them with which it has so many bytes; how many it has.
    pub(crate) fn list_within<T>(
        &mut self,
        bytes: usize,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Object<'_>, T),
    ) -> usize {
        self.key(key);
        self.bytes.push(b'[');
        let (begin, mut count) = (self.bytes.len(), 0);
        for item in items {
            if count > 0 {
                self.bytes.push(b',');
            }
            Object::write(self.bytes, |object| write(object, item));
            count += 1;
            if self.bytes.len() - begin >= bytes {
                break;
            }
        }
        self.bytes.push(b']');
        count
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let start = bytes.len();
    serde_json::to_writer(&mut *bytes, text).expect("text can always be written to memory");
    if may_hold_halves(&bytes[start..]) {
        let written = String::from_utf8(bytes.split_off(start)).expect("JSON is text");
        bytes.extend_from_slice(written_json(written.into()).as_bytes());
    }
}

/// Whole milliseconds since the Unix epoch.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds since the Unix epoch as an instant in text: `2019-03-26T20:14:13.192Z`.
pub(crate) fn iso(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |instant| format!("{instant:.3}"))
}

/// `millis` as seconds, in the form of Java's `Double.toString`: `1.573573209347E9`.
pub(crate) fn double(millis: u64) -> String {
    // Of so many digits no two numbers are the same double, so that none can be left out but zeros at the end.
    if (FIRST_WITH_EXPONENT..BEYOND_15_DIGITS).contains(&millis) {
        let digits = millis.to_string();
        let (first, rest) = digits.split_at(1);
        let rest = rest.trim_end_matches('0');
        let exponent = (digits.len() - "1000".len()).to_string();
        return [first, ".", if rest.is_empty() { "0" } else { rest }, "E", &exponent].concat();
    }
    let mut out = String::new();
    crate::java::double(millis as f64 / 1000.0, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_read_as_recorded_on_aws() {
        for (millis, expected) in [
            (1_573_573_209_347, "1.573573209347E9"),
            (1_578_603_004_077, "1.578603004077E9"),
            (1_486_772_644_911, "1.486772644911E9"),
            (1_600_000_000_000, "1.6E9"),
            (1_000_000_000_000, "1.0E9"),
            (3_500, "3.5"),
            (0, "0.0"),
        ] {
            assert_eq!(double(millis), expected);
        }
    }

    proptest! {
        #[test]
        fn times_are_written_as_any_other_double_is(power in 1_u32..17, part in 0.0..1.0_f64, zeros in 0_u32..14) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 10^16")]
            let millis = (10_u64.pow(power) as f64 * part) as u64;
            let millis = millis / 10_u64.pow(zeros) * 10_u64.pow(zeros);
            let mut any = String::new();
            crate::java::double(millis as f64 / 1000.0, &mut any);
            prop_assert_eq!(double(millis), any);
        }
    }

    #[test]
    fn objects_are_compact() {
        let bytes = object(|answer| {
            answer.text("a", "x\"y").number("b", 1).flag("c", true).object("d", |inner| {
                inner.list("e", [1, 2], |item, number| {
                    item.number("f", number);
                });
            });
        });
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"a":"x\"y","b":1,"c":true,"d":{"e":[{"f":1},{"f":2}]}}"#);
    }
}
