//! Compact JSON, escaped as json-smart escapes.

use std::fmt::Write as _;

use super::{Json, Number};
use crate::java::{double, escape_unit};

/// Bytes that a value takes beside its text.
const VALUE: usize = 8;

/// Appends a value; `charge` is asked before each value, and before each text for the bytes that it may take.
pub(super) fn write<E>(json: &Json<'_>, out: &mut String, charge: &impl Fn(usize) -> Result<(), E>) -> Result<(), E> {
    charge(VALUE)?;
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => {
            if let Number::Exact(text) = number {
                charge(text.len())?;
            }
            write_number(number, out);
        }
        Json::String(text) => {
            charge(quoted_length(text))?;
            write_string(text, out);
        }
        Json::List(list) => {
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out, charge)?;
            }
            out.push(']');
        }
        Json::Map(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                charge(quoted_length(key))?;
                write_string(key, out);
                out.push(':');
                write(value, out, charge)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// An infinite number is written `null`.
fn write_number(number: &Number, out: &mut String) {
    match number {
        Number::Integer(number) => {
            let _ = write!(out, "{number}");
        }
        Number::Exact(text) => out.push_str(text),
        Number::Double(number) if number.is_infinite() => out.push_str("null"),
        Number::Double(number) => double(*number, out),
    }
}

/// The bytes that [`write_string`] makes of a text at most.
pub(crate) fn quoted_length(text: &str) -> usize {
    let of_byte = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        // The first bytes of the characters beyond ASCII that may be escaped, and those of two and three bytes.
        0..=0x1f | 0x7f | 0xc2 | 0xe2 => 6,
        _ => 1,
    };
    2 + text.bytes().map(of_byte).sum::<usize>()
}

/// A string in double quotes. Beside what JSON asks for, json-smart escapes U+007F–U+009F and U+2000–U+20FF.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.reserve(quoted_length(text));
    out.push('"');
    let mut copied = 0;
    for (at, character) in text.char_indices() {
        let short = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => "",
            _ => continue,
        };
        out.push_str(&text[copied..at]);
        copied = at + character.len_utf8();
        if short.is_empty() {
            escape_unit(character.into(), out);
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[copied..]);
    out.push('"');
}
