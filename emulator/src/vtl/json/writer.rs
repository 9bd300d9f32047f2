//! Compact JSON, escaped as json-smart escapes.

use std::fmt::Write as _;

use super::{Json, Number};
use crate::java::double;

pub(super) fn write(json: &Json<'_>, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => write_number(number, out),
        Json::String(text) => write_string(text, out),
        Json::List(list) => {
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Map(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
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

/// A string in double quotes. Beside what JSON asks for, json-smart escapes U+007F–U+009F and U+2000–U+20FF.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
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
            let _ = write!(out, "\\u{:04X}", u32::from(character));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[copied..]);
    out.push('"');
}
