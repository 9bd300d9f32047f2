//! JSON as a mapping template passes it on: `$input.json('$')` reads the body and writes it anew.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::fmt::Write as _;

/// `text` without spaces between its tokens, and with every number that is no integer as Java prints doubles.
pub(super) fn rewritten(text: &str) -> serde_json::Result<String> {
    let mut out = String::with_capacity(text.len());
    rewrite(serde_json::from_str(text)?, &mut out)?;
    Ok(out)
}

fn rewrite(value: &RawValue, out: &mut String) -> serde_json::Result<()> {
    let text = value.get();
    match text.as_bytes()[0] {
        b'{' => {
            out.push('{');
            for (index, (name, value)) in serde_json::from_str::<Members>(text)?.0.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                out.push_str(&quoted(&name));
                out.push(':');
                rewrite(value, out)?;
            }
            out.push('}');
        }
        b'[' => {
            out.push('[');
            for (index, value) in serde_json::from_str::<Vec<&RawValue>>(text)?.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                rewrite(value, out)?;
            }
            out.push(']');
        }
        b'"' => out.push_str(&quoted(&serde_json::from_str::<String>(text)?)),
        b'-' | b'0'..=b'9' => number(text, out),
        _ => out.push_str(text),
    }
    Ok(())
}

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn number(text: &str, out: &mut String) {
    match text.parse::<f64>() {
        _ if text == "-0" => out.push('0'),
        Ok(value) if value.is_finite() && text.contains(['.', 'e', 'E']) => double(value, out),
        _ => out.push_str(text),
    }
}

/// A double as Java prints it: `10.0`, `1.5E300`.
fn double(value: f64, out: &mut String) {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        let _ = write!(out, "{value:?}");
        return;
    }
    let shortest = format!("{value:e}");
    let (digits, exponent) = shortest.split_once('e').expect("`{:e}` writes an exponent");
    out.push_str(digits);
    out.push_str(if digits.contains('.') { "E" } else { ".0E" });
    out.push_str(exponent);
}

/// Milliseconds since the Unix epoch as AWS writes an instant: seconds, as a double.
pub(super) fn instant(milliseconds: u64) -> String {
    let mut out = String::new();
    double(milliseconds as f64 / 1000.0, &mut out);
    out
}

/// The members of an object in their order; of members with the same name the last counts.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some(member) => member.1 = value,
                None => members.push((name, value)),
            }
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_written_anew_as_the_template_does() {
        for (body, input) in [
            (r#" { "b" : 1, "a" : [ ], "b" : {} } "#, r#"{"b":{},"a":[]}"#),
            (r#""\u0027\/""#, r#""'/""#),
            ("[10.00,1e3,1.10,-0,1e300,-2.5e-4]", "[10.0,1000.0,1.1,0,1.0E300,-2.5E-4]"),
            ("[9007199254740993,true,null]", "[9007199254740993,true,null]"),
        ] {
            assert_eq!(rewritten(body).unwrap(), input);
        }
        assert!(rewritten(r#"{"a":1,}"#).is_err());
    }

    #[test]
    fn an_instant_is_written_as_recorded_on_aws() {
        assert_eq!(instant(1_573_573_209_347), "1.573573209347E9");
        assert_eq!(instant(1_600_000_000_000), "1.6E9");
    }
}
