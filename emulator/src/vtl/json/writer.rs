//! Compact JSON, escaped as json-smart escapes.

use std::convert::Infallible;
use std::fmt::Write as _;

use super::{Json, Number};
use crate::java::{EscapedLengths, double, escape_unit, escaped_bytes, escaped_lengths, push_escaped};

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
        Json::String(text) => quote(text, out, charge)?,
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
                quote(key, out, charge)?;
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

/// What may be escaped: quotes, controls, and what begins as the characters beyond ASCII do that may be.
const QUOTED: EscapedLengths = escaped_lengths(&[
    (0..=0x1f, 6),
    (b'"'..=b'"', 2),
    (b'\\'..=b'\\', 2),
    (0x7f..=0x7f, 6),
    (0xc2..=0xc2, 6),
    (0xe2..=0xe2, 6),
]);

/// The bytes that [`write_string`] makes of a text at most.
pub(crate) fn quoted_length(text: &str) -> usize {
    2 + escaped_bytes(text, &QUOTED)
}

/// A string in double quotes. Beside what JSON asks for, json-smart escapes U+007F–U+009F and U+2000–U+20FF.
pub(crate) fn write_string(text: &str, out: &mut String) {
    let Ok(()) = quote(text, out, &|_| Ok::<_, Infallible>(()));
}

fn quote<E>(text: &str, out: &mut String, charge: &impl Fn(usize) -> Result<(), E>) -> Result<(), E> {
    let length = quoted_length(text);
    charge(length)?;
    out.reserve(length);
    out.push('"');
    push_escaped(text, &QUOTED, out, |special, out| match special {
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => escape_unit(special.into(), out),
        _ => out.push(special),
    });
    out.push('"');
    Ok(())
}
