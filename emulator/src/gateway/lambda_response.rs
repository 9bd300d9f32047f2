//! What a function answers that stands behind a route.

use serde_json::{Map, Value};

/// An answer, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LambdaResponse {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl LambdaResponse {
    /// The answer of a function behind a REST API, or an HTTP API with format 1.0; `None` for one that is not in the
    /// format, which API Gateway answers as an error of its own. A REST API without binary media types, as all are here,
    /// sends encoded bodies as they are.
    pub(super) fn read(payload: &[u8], decodes: bool) -> Option<Self> {
        let payload: Value = serde_json::from_slice(payload).ok()?;
        Self::of(payload.as_object()?, decodes)
    }

    /// As [`Self::read`], for format 2.0: what has no `statusCode` is itself the body.
    pub(super) fn read_2(payload: &[u8]) -> Option<Self> {
        let payload: Value = serde_json::from_slice(payload).ok()?;
        if let Some(object) = payload.as_object().filter(|object| object.contains_key("statusCode")) {
            let mut response = Self::of(object, true)?;
            for cookie in object.get("cookies").and_then(Value::as_array).into_iter().flatten() {
                response.headers.push(("set-cookie".to_owned(), cookie.as_str()?.to_owned()));
            }
            return Some(response);
        }
        let body = payload.as_str().map_or_else(|| payload.to_string(), str::to_owned);
        Some(Self { status: 200, headers: Vec::new(), body: body.into_bytes() })
    }

    fn of(object: &Map<String, Value>, decodes: bool) -> Option<Self> {
        let status = match object.get("statusCode")? {
            Value::Number(number) => u16::try_from(number.as_u64()?).ok()?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        };
        // What is below 200 is no answer, but tells that one comes: whoever reads it would take the next caller's for it.
        if !(200..=599).contains(&status) {
            return None;
        }
        let mut headers = Vec::new();
        for (name, value) in entries(object.get("headers"))? {
            headers.push((name.clone(), text(value)?));
        }
        for (name, values) in entries(object.get("multiValueHeaders"))? {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            for value in values.as_array()? {
                headers.push((name.clone(), text(value)?));
            }
        }
        let body = match object.get("body") {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text,
            Some(_) => return None,
        };
        let encoded = object.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
        let body = if encoded && decodes {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(body).ok()?
        } else {
            body.as_bytes().to_vec()
        };
        Some(Self { status, headers, body })
    }
}

fn entries(value: Option<&Value>) -> Option<impl Iterator<Item = (&String, &Value)>> {
    match value {
        None | Some(Value::Null) => Some(None.into_iter().flatten()),
        Some(Value::Object(object)) => Some(Some(object.iter()).into_iter().flatten()),
        Some(_) => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_by_its_format_and_anything_else_is_malformed() {
        let read = |text: &str| LambdaResponse::read(text.as_bytes(), false);
        let response = read(r#"{"statusCode":"201","headers":{"X-A":1},"body":"b"}"#).unwrap();
        assert_eq!((response.status, &response.body[..]), (201, &b"b"[..]));
        assert_eq!(response.headers, [("X-A".to_owned(), "1".to_owned())]);
        let twice = read(r#"{"statusCode":200,"headers":{"a":"1"},"multiValueHeaders":{"A":["2","3"]}}"#).unwrap();
        assert_eq!(twice.headers, [("A".to_owned(), "2".to_owned()), ("A".to_owned(), "3".to_owned())]);
        for malformed in
            ["\"x\"", "{}", r#"{"statusCode":200,"body":{}}"#, r#"{"statusCode":101}"#, r#"{"statusCode":null}"#, "x"]
        {
            assert_eq!(read(malformed), None, "{malformed}");
        }
        let encoded = br#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#;
        assert_eq!(LambdaResponse::read(encoded, false).unwrap().body, b"aGk=");
        assert_eq!(LambdaResponse::read(encoded, true).unwrap().body, b"hi");
    }

    #[test]
    fn in_format_2_what_has_no_status_is_the_body() {
        let read = |text: &str| LambdaResponse::read_2(text.as_bytes()).unwrap();
        assert_eq!(read(r#"{"a":1}"#).body, br#"{"a":1}"#);
        assert_eq!(read("\"hi\"").body, b"hi");
        let response = read(r#"{"statusCode":204,"cookies":["a=1","b=2"]}"#);
        assert_eq!((response.status, response.headers.len()), (204, 2));
    }
}
