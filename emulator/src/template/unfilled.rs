//! Places for numbers in a state machine alone, which the `DefinitionSubstitutions` of its template would fill:
//! `"Seconds": ${Delay}`, `"Condition": "{% ${IsOn} = true %}"`.

use crate::document::{Entry, Kind, LoadError, Node, Notes, Text};

/// The fields of the States Language that take a number.
const NUMBERS: [&str; 13] = [
    "BackoffRate",
    "HeartbeatSeconds",
    "IntervalSeconds",
    "MaxAttempts",
    "MaxConcurrency",
    "MaxDelaySeconds",
    "MaxInputBytesPerBatch",
    "MaxItems",
    "MaxItemsPerBatch",
    "Seconds",
    "TimeoutSeconds",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
];
/// What stands in for a number that nobody gives.
const STAND_IN: u32 = 1;

/// JSON with its `${NAME}` places outside of strings put between quotes, which make it JSON; `None` if it has none.
pub(super) fn quoted(text: &str) -> Option<String> {
    let (mut out, mut rest, mut in_string, mut found) = (String::with_capacity(text.len()), text, false, false);
    while let Some(c) = rest.chars().next() {
        let end = (!in_string && rest.starts_with("${")).then(|| rest.find('}')).flatten();
        let length = match (c, end) {
            (_, Some(end)) => {
                found = true;
                out.extend(["\"", &rest[..=end], "\""]);
                rest = &rest[end + 1..];
                continue;
            }
            ('\\', None) if in_string => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            ('"', None) => {
                in_string = !in_string;
                1
            }
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    found.then_some(out)
}

/// An expression of JSONata with a stand-in in its places outside of strings, and their names; `None` if it has none.
fn filled(expression: &str) -> Option<(String, Vec<&str>)> {
    if !expression.starts_with("{%") {
        return None;
    }
    let (mut out, mut rest, mut quote, mut names) =
        (String::with_capacity(expression.len()), expression, None, Vec::new());
    while let Some(c) = rest.chars().next() {
        let place = rest.strip_prefix("${").filter(|_| quote.is_none()).and_then(|rest| rest.split_once('}'));
        // What is no name is a group of JSONata's.
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if let Some((name, behind)) = place.filter(|(name, _)| is_name(name)) {
            out.push_str(&STAND_IN.to_string());
            names.push(name);
            rest = behind;
            continue;
        }
        let length = match (c, quote) {
            ('\\', Some('"' | '\'')) => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            (_, Some(open)) => {
                quote = quote.filter(|_| c != open);
                c.len_utf8()
            }
            ('"' | '\'' | '`', None) => {
                quote = Some(c);
                1
            }
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    (!names.is_empty()).then_some((out, names))
}

/// The tree with numbers in the fields that take one, where a text stands in the place of a number: the text itself if
/// it is a number, a stand-in for a place that is still empty.
pub(super) fn numbers(node: Node, notes: &Notes) -> Result<Node, LoadError> {
    let kind = match node.kind {
        Kind::List(items) => Kind::List(items.into_iter().map(|item| numbers(item, notes)).collect::<Result<_, _>>()?),
        Kind::Map(entries) => {
            let entry = |entry: Entry| {
                let Entry { key, value, position } = entry;
                let number = if NUMBERS.contains(&key.as_str()) { number(&key, &value, notes)? } else { None };
                let value = match number {
                    Some(number) => Node { kind: Kind::Number(number), position: value.position },
                    None => numbers(value, notes)?,
                };
                Ok(Entry { key, position, value })
            };
            Kind::Map(entries.into_iter().map(entry).collect::<Result<_, LoadError>>()?)
        }
        Kind::String(text) => Kind::String(match filled(&text.value) {
            None => text,
            Some((value, names)) => {
                for name in names {
                    let refusal = format!(
                        "`${{{name}}}` in an expression is filled in by the template; give it with --param {name}=VALUE"
                    );
                    let what = format!(
                        "`${{{name}}}` in an expression, that only a template fills in; {STAND_IN} stands in, or give --param {name}=VALUE"
                    );
                    notes.pass_over(what, LoadError::at(&node.position, refusal))?;
                }
                Text { value, ..text }
            }
        }),
        kind => kind,
    };
    Ok(Node { kind, position: node.position })
}

fn number(key: &str, value: &Node, notes: &Notes) -> Result<Option<serde_json::Number>, LoadError> {
    let Some(text) = value.as_str() else { return Ok(None) };
    let Some(name) = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) else {
        return Ok(serde_json::from_str(text).ok());
    };
    let refusal = LoadError::at(
        &value.position,
        format!("`{key}` is filled in by the template; give it with --param {name}=NUMBER"),
    );
    notes.pass_over(
        format!(
            "number `${{{name}}}` that only a template fills in; {STAND_IN} stands in, or give --param {name}=NUMBER"
        ),
        refusal,
    )?;
    Ok(Some(STAND_IN.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_an_expression_outside_of_its_strings_have_a_stand_in() {
        for (text, expected) in [
            ("{% ${IsOn} = true and $n < ${Max} %}", Some("{% 1 = true and $n < 1 %}")),
            (r#"{% '\'${A}' & "${B}" & `${C}` & ${D} %}"#, Some(r#"{% '\'${A}' & "${B}" & `${C}` & 1 %}"#)),
            ("{% '${A}' %}", None),
            ("{% $.list${ \"k\": v } %}", None),
            ("${A}", None),
            ("{% ${A %}", None),
        ] {
            assert_eq!(filled(text).map(|(text, _)| text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn places_outside_of_strings_are_quoted() {
        for (text, expected) in [
            (r#"{"Seconds": ${Delay}, "a": "${B}"}"#, Some(r#"{"Seconds": "${Delay}", "a": "${B}"}"#)),
            (r#"{"a": "\"${B}", "b": ${C}}"#, Some(r#"{"a": "\"${B}", "b": "${C}"}"#)),
            (r#"{"a": "${B}"}"#, None),
            (r#"{"a": ${B"#, None),
        ] {
            assert_eq!(quoted(text).as_deref(), expected, "{text}");
        }
    }
}
