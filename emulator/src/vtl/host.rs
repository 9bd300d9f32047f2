//! The functions of `$input` and `$util`.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// commons-lang 2's `escapeJavaScript`: quotes of both kinds, the slash, and everything beyond ASCII as UTF-16 units in
/// upper-case hexadecimal. What it makes of `'` is not JSON.
///
/// ```
/// assert_eq!(stepgate_emulator::vtl::escape_java_script("it's é/"), r"it\'s \u00E9\/");
/// ```
#[must_use]
pub fn escape_java_script(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| (b' '..0x7f).contains(&byte) && !matches!(byte, b'"' | b'\'' | b'\\' | b'/');
    let Some(first) = text.bytes().position(|byte| !plain(byte)) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + text.len() / 4 + 16);
    out.push_str(&text[..first]);
    let mut copied = first;
    for (at, character) in text[first..].char_indices().map(|(at, character)| (first + at, character)) {
        let short = match character {
            '"' => "\\\"",
            '\'' => "\\'",
            '\\' => "\\\\",
            '/' => "\\/",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            // commons-lang leaves U+007F alone.
            ' '..='\u{7f}' => continue,
            _ => "",
        };
        out.push_str(&text[copied..at]);
        copied = at + character.len_utf8();
        if short.is_empty() {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04X}");
            }
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// `URLEncoder.encode(text, "UTF-8")`.
pub(super) fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// `URLDecoder.decode(text, "UTF-8")`.
pub(super) fn url_decode(text: &str) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err("a % must be followed by two hexadecimal digits".to_owned());
                };
                out.extend(u8::try_from(high * 16 + low));
            }
            _ => out.push(byte),
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

pub(super) fn base64_encode(text: &str) -> String {
    STANDARD.encode(text)
}

pub(super) fn base64_decode(text: &str) -> Result<String, String> {
    let bytes = STANDARD.decode(text.trim()).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
