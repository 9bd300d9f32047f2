//! What no error may repeat: an endpoint can answer with what it was sent.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The values that were sent to identify the caller, and the caller's data.
#[derive(Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Shorter values say nothing, and would strike out half of every text.
    const SHORTEST: usize = 4;

    /// Of a payload, only longer values are struck out by themselves: `"tea"` stands in `steady`, too.
    const SHORTEST_OF_PAYLOAD: usize = 6;

    /// What of an answer's text is looked at: no error shows more than its beginning.
    const LONGEST_TEXT: usize = 4_096;

    pub(crate) fn add(&mut self, value: &str) {
        if value.len() >= Self::SHORTEST {
            self.0.push(value.to_owned());
        }
    }

    /// A header's value, and its parts: the token without its scheme.
    pub(crate) fn add_header(&mut self, value: &http::HeaderValue) {
        let Ok(value) = value.to_str() else { return };
        self.add(value);
        value.split([' ', ',', ';', '=']).filter(|part| part.len() >= 8).for_each(|part| self.add(part));
    }

    /// The payload as it was sent, and each longer value in it.
    pub(crate) fn add_payload(&mut self, json: &[u8]) {
        let Ok(text) = std::str::from_utf8(json) else { return };
        self.add_value(text);
        if let Ok(value) = serde_json::from_slice(json) {
            self.add_values(&value);
        }
    }

    fn add_values(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.add_value(text);
                // The pass-through wiring carries the payload as a string.
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                    self.add_values(&inner);
                }
            }
            Value::Number(number) => self.add_value(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add_values(item)),
            Value::Object(entries) => entries.values().for_each(|entry| self.add_values(entry)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn add_value(&mut self, text: &str) {
        if text.len() >= Self::SHORTEST_OF_PAYLOAD {
            self.0.push(text.to_owned());
        }
    }

    /// `text` without any of them: as they are, and as JSON, URLs and HTML write them.
    pub(crate) fn strike(&self, text: &str) -> String {
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= Self::LONGEST_TEXT).last().unwrap_or(0);
        let mut text = if text.len() <= Self::LONGEST_TEXT { text.to_owned() } else { text[..end].to_owned() };
        let mut written: Vec<String> = self.0.iter().flat_map(|secret| forms(secret)).collect();
        // The longest first, so that no part of one is left beside another.
        written.sort_by_key(|form| std::cmp::Reverse(form.len()));
        written.dedup();
        for form in written {
            text = without(&text, &form);
        }
        text
    }
}

fn forms(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![secret.to_owned()];
    for form in [json, html, utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()] {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// Strikes out every occurrence, in whatever case.
fn without(text: &str, form: &str) -> String {
    let (low_text, low_form) = (text.to_ascii_lowercase(), form.to_ascii_lowercase());
    let mut rest = 0;
    let mut struck = String::with_capacity(text.len());
    for (at, _) in low_text.match_indices(&low_form) {
        struck.push_str(&text[rest..at]);
        struck.push_str("[redacted]");
        rest = at + form.len();
    }
    struck.push_str(&text[rest..]);
    struck
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add_header(&http::HeaderValue::from_static("Bearer abcdef-123456"));
        secrets.add("k&y\"1");
        secrets.add_payload(br#"{"card":"4111 1111","note":"tea","number":12345678}"#);
        secrets
    }

    #[test]
    fn what_was_sent_is_struck_out_however_it_is_written() {
        for text in [
            "no: Bearer abcdef-123456",
            "no: abcdef-123456!",
            "no: ABCDEF-123456",
            "no: abcdef%2D123456",
            "no: k&y\"1",
            r#"no: k&y\"1"#,
            "no: k&amp;y&quot;1",
            "card 4111 1111",
            "12345678 is too large",
            r#"got {"card":"4111 1111","note":"tea","number":12345678}"#,
        ] {
            let struck = secrets().strike(text);
            assert!(struck.contains("[redacted]"), "{struck}");
            for secret in ["123456", "k&y", "k&amp;y", "4111", "ABCDEF"] {
                assert!(!struck.contains(secret), "{struck}");
            }
        }
    }

    #[test]
    fn what_says_nothing_stays() {
        assert_eq!(secrets().strike("steady, instead of Forbidden"), "steady, instead of Forbidden");
    }

    #[test]
    fn a_long_text_is_cut_before_it_is_looked_at() {
        assert!(secrets().strike(&"é".repeat(10_000)).len() <= 4_097);
    }
}
