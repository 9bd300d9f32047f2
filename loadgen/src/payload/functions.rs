//! What templates can draw: functions of the arrival's seed, the same on both ways of rendering.

use std::io::Write;

use jiff::Timestamp;

use crate::random::Random;

/// Most digits that `hex` gives: as many bytes as an execution's input may have.
pub(super) const MOST_DIGITS: usize = 262_144;

/// Every function with an example of its use.
pub(super) const FUNCTIONS: [(&str, &str); 9] = [
    ("uuid", "uuid()"),
    ("int", "int(1, 100)"),
    ("float", "float(0, 1)"),
    ("choice", "choice(\"a\", \"b\")"),
    ("seq", "seq()"),
    ("hex", "hex(16)"),
    ("now", "now()"),
    ("env", "env(\"NAME\")"),
    ("data", "data(\"table\", \"column\")"),
];

/// A whole number, both ends included.
pub(super) fn int(low: i64, high: i64, random: &mut Random) -> i64 {
    let span = high.abs_diff(low);
    let offset = if span == u64::MAX { random.next_u64() } else { random.below(span + 1) };
    low.wrapping_add_unsigned(offset)
}

/// Whether `float` can draw from low to high: ends of a size that JSON readers take, in order.
pub(super) fn is_span(low: f64, high: f64) -> bool {
    const FARTHEST: f64 = 1e15;
    low < high && (-FARTHEST..=FARTHEST).contains(&low) && high <= FARTHEST
}

/// A number from low to below high.
pub(super) fn float(low: f64, high: f64, random: &mut Random) -> f64 {
    low + (high - low) * random.unit()
}

/// Which of so many.
pub(super) fn choice(of: usize, random: &mut Random) -> usize {
    usize::try_from(random.below(of as u64)).unwrap_or(0)
}

/// An instant, RFC 3339 in UTC with milliseconds.
pub(super) fn now(unix_ms: i64, out: &mut Vec<u8>) {
    let at = Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    // Writing to a `Vec` cannot fail.
    let _ = write!(out, "{}", at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"));
}

/// A version 4 UUID (RFC 9562) in lower case.
pub(super) fn uuid(random: &mut Random, out: &mut Vec<u8>) {
    out.extend_from_slice(&uuid_text(random));
}

/// A version 4 UUID as text.
pub(crate) fn uuid_text(random: &mut Random) -> [u8; 36] {
    let high = random.next_u64() & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = random.next_u64() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    let bytes = u128::from(high) << 64 | u128::from(low);
    let (mut text, mut at) = ([b'-'; 36], 0);
    for digit in 0..32_u32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            at += 1;
        }
        text[at] = HEX[(bytes >> (124 - 4 * digit) & 15) as usize];
        at += 1;
    }
    text
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// So many hexadecimal digits.
pub(super) fn hex(digits: usize, random: &mut Random, out: &mut Vec<u8>) {
    let mut bits = 0;
    for digit in 0..digits {
        if digit % 16 == 0 {
            bits = random.next_u64();
        }
        out.push(HEX[(bits & 15) as usize]);
        bits >>= 4;
    }
}

/// A text within a JSON string.
pub(super) fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    // The serialiser writes the quotes as well: they are taken off again.
    if serde_json::to_writer(&mut *out, text).is_ok() {
        out.remove(start);
        out.pop();
    }
}
