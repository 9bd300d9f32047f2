//! URL-encoded request bodies of `http:invoke` (developer guide, "Applying URL-encoding on request body").

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What a query or a form keeps as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How the items of a list are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArrayFormat {
    Indices,
    Repeat,
    Commas,
    Brackets,
}

/// A text as it stands in a query or a form.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

impl ArrayFormat {
    /// The format that `Transform` asks for, `None` for JSON; an error names what cannot be.
    pub(super) fn of(parameters: &Value) -> Result<Option<Self>, String> {
        let transform = parameters.get("Transform");
        let text = |value: Option<&Value>| value.map(|value| value.as_str().unwrap_or_default().to_owned());
        match text(transform.and_then(|transform| transform.get("RequestBodyEncoding"))).as_deref() {
            None | Some("NONE") => return Ok(None),
            Some("URL_ENCODED") => {}
            Some(_) => return Err("The value of the field 'RequestBodyEncoding' is not supported".to_owned()),
        }
        let format = transform.and_then(|transform| transform.get("RequestEncodingOptions")?.get("ArrayFormat"));
        match text(format).as_deref() {
            None | Some("INDICES") => Ok(Some(Self::Indices)),
            Some("REPEAT") => Ok(Some(Self::Repeat)),
            Some("COMMAS") => Ok(Some(Self::Commas)),
            Some("BRACKETS") => Ok(Some(Self::Brackets)),
            Some(_) => Err("The value of the field 'ArrayFormat' is not supported".to_owned()),
        }
    }

    /// The body; `None` for one that has no names.
    pub(super) fn body(self, value: &Value) -> Option<String> {
        let mut pairs = Vec::new();
        for (name, value) in value.as_object()? {
            self.add(name, value, &mut pairs);
        }
        let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        Some(pairs.collect::<Vec<_>>().join("&"))
    }

    fn add(self, name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => {
                for (member, value) in members {
                    self.add(&format!("{name}[{member}]"), value, pairs);
                }
            }
            Value::Array(items) if self == Self::Commas => {
                pairs.push((name.to_owned(), items.iter().map(text).collect::<Vec<_>>().join(",")));
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let name = match self {
                        Self::Indices => format!("{name}[{index}]"),
                        Self::Brackets => format!("{name}[]"),
                        Self::Repeat | Self::Commas => name.to_owned(),
                    };
                    self.add(&name, item, pairs);
                }
            }
            scalar => pairs.push((name.to_owned(), text(scalar))),
        }
    }
}

/// A value as text; nothing for `null`.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_named_as_the_guide_shows() {
        let body = json!({"a": "b c", "l": ["1", 2], "m": {"x y": true, "n": null}});
        for (format, list) in [
            (json!({}), "l%5B0%5D=1&l%5B1%5D=2"),
            (json!({"ArrayFormat": "INDICES"}), "l%5B0%5D=1&l%5B1%5D=2"),
            (json!({"ArrayFormat": "REPEAT"}), "l=1&l=2"),
            (json!({"ArrayFormat": "COMMAS"}), "l=1%2C2"),
            (json!({"ArrayFormat": "BRACKETS"}), "l%5B%5D=1&l%5B%5D=2"),
        ] {
            let parameters =
                json!({"Transform": {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": format}});
            let found = ArrayFormat::of(&parameters).unwrap().unwrap();
            let expected = format!("a=b%20c&{list}&m%5Bx%20y%5D=true&m%5Bn%5D=");
            assert_eq!(found.body(&body).unwrap(), expected, "{format}");
        }
        assert_eq!(ArrayFormat::of(&json!({})), Ok(None));
        assert_eq!(ArrayFormat::of(&json!({"Transform": {"RequestBodyEncoding": "NONE"}})), Ok(None));
        for wrong in [
            json!({"RequestBodyEncoding": "FORM"}),
            json!({"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "commas"}}),
        ] {
            assert!(ArrayFormat::of(&json!({ "Transform": wrong })).is_err(), "{wrong}");
        }
        assert_eq!(ArrayFormat::Repeat.body(&json!("a=b")), None);
    }
}
