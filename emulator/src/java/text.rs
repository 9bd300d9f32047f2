//! Java's strings: UTF-16 units, and what `URLEncoder` and commons-lang make of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde_json::Value;

/// Where the 2,048 surrogates are kept that stand alone. Java's strings may hold half of a pair, Rust's may not: these
/// characters for private use, the last of plane 16, stand for them. What comes from outside has none of them, because
/// [`halved`] has made two halves of each.
const LONE: u32 = 0x10_0000;

/// The character of a UTF-16 unit; half of a pair is kept as what stands for it.
pub(crate) fn lone(unit: u32) -> char {
    let kept = if (0xD800..0xE000).contains(&unit) { LONE + unit } else { unit };
    char::from_u32(kept).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The character that two halves make.
pub(crate) fn pair(high: u32, low: u32) -> Option<char> {
    let halves = (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low);
    halves.then(|| char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))).flatten()
}

/// The half of a pair that a character stands for.
pub(crate) fn half(character: char) -> Option<u32> {
    u32::from(character).checked_sub(LONE).filter(|unit| (0xD800..0xE000).contains(unit))
}

/// Whether bytes of a text may hold characters that stand for half of a pair. Nearly every text is ASCII, which is seen fastest.
pub(crate) fn may_hold_halves(text: &[u8]) -> bool {
    // Every character of plane 16 begins with this byte.
    !text.is_ascii() && text.contains(&0xF4)
}

/// Text from outside: a character that would stand for half of a pair becomes its two halves.
pub(crate) fn halved(text: Cow<'_, str>) -> Cow<'_, str> {
    if !may_hold_halves(text.as_bytes()) || !text.chars().any(|character| half(character).is_some()) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if half(character).is_some() {
            out.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| lone((*unit).into())));
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// Text as Java writes it to the wire: halves that meet are one character, a half alone is a question mark.
pub(crate) fn without_lone(text: String) -> String {
    joined(text.into(), |out, _| out.push('?')).into_owned()
}

/// Text in which halves that meet are one character; `alone` writes a half that meets none.
fn joined(text: Cow<'_, str>, alone: impl Fn(&mut String, u32)) -> Cow<'_, str> {
    if !may_hold_halves(text.as_bytes()) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let Some(unit) = half(character) else {
            out.push(character);
            continue;
        };
        match rest.peek().and_then(|next| pair(unit, half(*next)?)) {
            Some(met) => {
                rest.next();
                out.push(met);
            }
            None => alone(&mut out, unit),
        }
    }
    Cow::Owned(out)
}

/// A JSON text of which a reader in Rust can make strings: halves that stand alone, which it would refuse, are what
/// stands for them, and a character that would stand for one is two of those.
pub(crate) fn readable_json(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let mut at = 0;
    while let Some(found) = text[at..].find(|character| character == '\\' || half(character).is_some()) {
        at += found;
        let character = text[at..].chars().next().expect("something was found here");
        let (length, made) = match (character, unit(at), unit(at + 6)) {
            ('\\', Some(first), Some(second)) if pair(first, second).is_some() => {
                let whole = pair(first, second).filter(|whole| half(*whole).is_some());
                (12, whole.map(|_| [lone(first), lone(second)].iter().collect()))
            }
            ('\\', Some(alone @ 0xD800..0xE000), _) => (6, Some(lone(alone).to_string())),
            ('\\', ..) => (1 + text[at + 1..].chars().next().map_or(0, char::len_utf8), None),
            (character, ..) => (character.len_utf8(), Some(halved(character.to_string().into()).into_owned())),
        };
        if let Some(made) = made {
            out.push_str(&text[copied..at]);
            out.push_str(&made);
            copied = at + length;
        }
        at += length;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// A JSON text as it goes out: halves that meet are one character, a half alone is an escape.
pub(crate) fn written_json(text: Cow<'_, str>) -> Cow<'_, str> {
    joined(text, |out, unit| write!(out, "\\u{unit:04x}").expect("a string takes everything"))
}

/// The document of a JSON text, in which halves of surrogate pairs are what stands for them.
pub(crate) fn read_json(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(&readable_json(text))
}

/// A document as the JSON text that goes out.
pub(crate) fn write_json(value: &Value) -> String {
    written_json(value.to_string().into()).into_owned()
}

/// How many bytes an escape makes of each byte at most: one of each that stands for itself.
pub(crate) type EscapedLengths = [u8; 256];

/// The table of what is made of each byte.
pub(crate) const fn escaped_lengths(special: &[(std::ops::RangeInclusive<u8>, u8)]) -> EscapedLengths {
    let mut lengths = [1; 256];
    let mut at = 0;
    while at < special.len() {
        let (range, length) = &special[at];
        let mut byte = *range.start() as usize;
        while byte <= *range.end() as usize {
            lengths[byte] = *length;
            byte += 1;
        }
        at += 1;
    }
    lengths
}

/// The bytes that [`push_escaped`] appends for a text at most.
pub(crate) fn escaped_bytes(text: &str, lengths: &EscapedLengths) -> usize {
    text.bytes().map(|byte| usize::from(lengths[usize::from(byte)])).sum()
}

/// Appends a text, with the escapes that all of Java's writers have; `other` writes what else does not stand for itself.
pub(crate) fn push_escaped(text: &str, lengths: &EscapedLengths, out: &mut String, other: impl Fn(char, &mut String)) {
    let mut rest = text;
    while let Some((plain, special, behind)) = up_to_special(rest, lengths) {
        out.push_str(plain);
        rest = behind;
        match special {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            special => other(special, out),
        }
    }
    out.push_str(rest);
}

/// The text up to the first character that does not stand for itself, that one, and what follows it.
fn up_to_special<'t>(text: &'t str, lengths: &EscapedLengths) -> Option<(&'t str, char, &'t str)> {
    let at = text.bytes().position(|byte| lengths[usize::from(byte)] != 1)?;
    let (plain, rest) = text.split_at(at);
    let mut rest = rest.chars();
    let special = rest.next()?;
    Some((plain, special, rest.as_str()))
}

/// Of a character beyond ASCII the first byte counts for all; four bytes are two units. commons-lang leaves U+007F alone.
const OF_JAVA_SCRIPT: EscapedLengths = escaped_lengths(&[
    (0..=0x1f, 6),
    (b'"'..=b'"', 2),
    (b'\''..=b'\'', 2),
    (b'/'..=b'/', 2),
    (b'\\'..=b'\\', 2),
    (0x80..=0xbf, 0),
    (0xc0..=0xef, 6),
    (0xf0..=0xff, 12),
]);

/// commons-lang 2's `escapeJavaScript`: quotes of both kinds, the slash, and everything beyond ASCII as UTF-16 units in
/// upper-case hexadecimal. What it makes of `'` is not JSON.
pub(crate) fn escape_java_script(text: &str) -> Cow<'_, str> {
    let length = escaped_length(text);
    // Every escape is longer than what it stands for.
    if length == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(length);
    push_escaped(text, &OF_JAVA_SCRIPT, &mut out, |special, out| match special {
        '\'' => out.push_str("\\'"),
        '/' => out.push_str("\\/"),
        _ => match half(special) {
            Some(unit) => escape_unit(unit, out),
            None => special.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escape_unit((*unit).into(), out)),
        },
    });
    Cow::Owned(out)
}

/// `\\u` and four digits in upper case.
pub(crate) fn escape_unit(unit: u32, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        out.push(char::from(DIGITS[(unit >> shift & 0xf) as usize]));
    }
}

/// The bytes that [`escape_java_script`] makes of a text at most.
pub(crate) fn escaped_length(text: &str) -> usize {
    escaped_bytes(text, &OF_JAVA_SCRIPT)
}

/// Units of work that looking for a text in one of so many bytes costs at most: one byte is found by vectors of them.
pub(crate) fn search_work(bytes: usize, wanted: &str) -> usize {
    match wanted.len() {
        1 => bytes / 8,
        length => 2 * bytes + 4 * length,
    }
}

/// What `URLEncoder` encodes; of a blank it makes a plus sign.
const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'*').remove(b'_');

/// `URLEncoder.encode(text, "UTF-8")`.
pub(crate) fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(url_encoded_length(text));
    for part in percent_encoding::utf8_percent_encode(text, URL) {
        out.push_str(if part == "%20" { "+" } else { part });
    }
    out
}

/// The bytes that [`url_encode`] makes of a text at most.
pub(crate) fn url_encoded_length(text: &str) -> usize {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { 1 } else { 3 }).sum()
}

/// `URLDecoder.decode(text, "UTF-8")`.
///
/// # Errors
/// Two hexadecimal digits do not follow a `%`.
pub(crate) fn url_decode(text: &str) -> Result<String, String> {
    let complete = |rest: &str| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    if text.split('%').skip(1).any(|rest| !complete(rest)) {
        return Err("a % must be followed by two hexadecimal digits".to_owned());
    }
    let spaced = text.replace('+', " ");
    Ok(percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_pairs_are_kept_until_they_are_written() {
        let (high, low) = (lone(0xD83D), lone(0xDE00));
        assert_eq!(without_lone(format!("a{high}{low}b{high}")), "a😀b?");
        assert_eq!(escape_java_script(&format!("{low}é")), "\\uDE00\\u00E9");
        assert_eq!(without_lone(halved("a\u{10d800}b".into()).into_owned()), "a\u{10d800}b");
        assert_eq!(pair(0xD83D, 0xDE00), Some('😀'));
        assert_eq!(pair(0xDE00, 0xD83D), None);
    }

    #[test]
    fn halves_in_json_are_read_and_written_again() {
        for (text, read) in [
            (r#"{"a":"\ud800"}"#, format!("{{\"a\":\"{}\"}}", lone(0xD800))),
            (r#""\ude00\ud83d""#, format!("\"{}{}\"", lone(0xDE00), lone(0xD83D))),
            ("\"\u{10d800}\"", format!("\"{}{}\"", lone(0xDBF6), lone(0xDC00))),
        ] {
            assert_eq!(readable_json(text), read);
            assert_eq!(written_json(read.into()), text);
        }
        for same in [r#""\ud83d\ude00""#, r#""\\ud800""#, r#""\u00e9\"""#, "\"é\"", "\\", "\\u", "\"\\ud83d"] {
            let read = readable_json(same);
            assert!(read == same || same.ends_with("ud83d"), "{same}: {read}");
        }
    }

    #[test]
    fn addresses_are_encoded_as_forms_are() {
        assert_eq!(url_encode("a b+c/é~*-_."), "a+b%2Bc%2F%C3%A9%7E*-_.");
        assert_eq!(url_encode("%20  "), "%2520++");
        assert_eq!(url_decode("a+b%2Bc%2f%C3%A9").as_deref(), Ok("a b+c/é"));
        assert!(url_decode("%4").is_err() && url_decode("%zz").is_err());
    }

    proptest::proptest! {
        #[test]
        fn what_a_text_becomes_is_as_long_as_was_said_at_most(text in "[\\x00-\\x20\"'/a%é€😀\\u{10d800}\\u{10fffd}\\\\-]{0,40}") {
            proptest::prop_assert!(escape_java_script(&text).len() <= escaped_length(&text));
            proptest::prop_assert!(url_encode(&text).len() <= url_encoded_length(&text));
        }
    }
}
