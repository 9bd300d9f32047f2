//! What no error may repeat: an endpoint can answer with what it was sent.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;

/// The values that were sent to identify the caller, and the caller's data.
#[derive(Default)]
pub(crate) struct Secrets(Vec<Secret>);

struct Secret {
    text: String,
    /// Struck out only where it stands by itself: `"tea"` stands in `steady`, too.
    by_itself: bool,
}

impl Secrets {
    /// Shorter values say nothing, and would strike out half of every text.
    const SHORTEST: usize = 3;

    /// From here on, values of a payload are struck out also within words.
    const UNMISTAKABLE: usize = 8;

    /// From here on, what was sent to identify the caller is struck out of the names of errors, too.
    const LONG: usize = 16;

    /// Names that the words of the gateway and of Step Functions hold themselves, and that say nothing of a caller.
    const COMMON: [&str; 16] = [
        "arn",
        "body",
        "code",
        "error",
        "execution",
        "input",
        "message",
        "name",
        "output",
        "reason",
        "request",
        "state",
        "status",
        "token",
        "type",
        "value",
    ];

    /// What of an answer's text is looked at: no error shows more than its beginning.
    const LONGEST_TEXT: usize = 4_096;

    pub(crate) fn add(&mut self, value: &str) {
        self.insert(value, false);
    }

    /// A header's value, and its parts: the token without its scheme.
    pub(crate) fn add_header(&mut self, value: &http::HeaderValue) {
        let value = String::from_utf8_lossy(value.as_bytes());
        self.add(&value);
        value.split([' ', ',', ';', '=']).filter(|part| part.len() >= 8).for_each(|part| self.add(part));
    }

    /// The payload as it was sent, and each value and each key in it.
    pub(crate) fn add_payload(&mut self, json: &[u8]) {
        let Ok(json) = std::str::from_utf8(json) else { return };
        self.add_data(json);
        // Token by token, so that no depth hides anything, and no number loses a digit.
        let mut rest = json;
        while let Some(at) = rest.find(|character: char| character == '"' || character.is_ascii_digit()) {
            // A sign belongs to its number.
            let at = if rest[..at].ends_with('-') { at - 1 } else { at };
            let token = &rest[at..];
            let length = if token.starts_with('"') { string_length(token) } else { number_length(token) };
            let (token, after) = token.split_at(length);
            match serde_json::from_str::<String>(token) {
                Ok(key) if after.trim_ascii_start().starts_with(':') => self.add_key(&key),
                Ok(text) => self.add_data(&text),
                Err(_) => self.add_data(token),
            }
            rest = after;
        }
    }

    fn add_key(&mut self, key: &str) {
        if !Self::COMMON.iter().any(|common| key.eq_ignore_ascii_case(common)) {
            self.add_data(key);
        }
    }

    fn add_data(&mut self, text: &str) {
        self.insert(text, text.len() < Self::UNMISTAKABLE);
    }

    fn insert(&mut self, text: &str, by_itself: bool) {
        if text.len() >= Self::SHORTEST {
            self.0.push(Secret { text: text.to_owned(), by_itself });
        }
    }

    /// A name of an error, for programs to look at: a short word that was sent is no reason to change one that is made of
    /// letters alone. To be called before the payload is added.
    pub(crate) fn strike_name(&self, name: &str) -> String {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_telling = |secret: &&Secret| !is_plain || secret.text.len() >= Self::LONG;
        Self::strike_all(self.0.iter().filter(is_telling), name)
    }

    /// `text` without any of them: as they are, and as JSON, URLs and HTML write them.
    pub(crate) fn strike(&self, text: &str) -> String {
        Self::strike_all(self.0.iter(), text)
    }

    fn strike_all<'a>(secrets: impl Iterator<Item = &'a Secret>, text: &str) -> String {
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= Self::LONGEST_TEXT).last().unwrap_or(0);
        let mut text = if text.len() <= Self::LONGEST_TEXT { text.to_owned() } else { text[..end].to_owned() };
        let beginnings = Beginnings::of(&text);
        let of = |secret: &Secret| {
            let forms = forms(&secret.text).into_iter().filter(|form| beginnings.hold(form));
            forms.map(|form| (form.into_owned(), secret.by_itself)).collect::<Vec<_>>()
        };
        let mut written: Vec<(String, bool)> = secrets.flat_map(of).collect();
        // The longest first, so that no part of one is left beside another.
        written.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
        for (form, by_itself) in written {
            text = without(text, &form, by_itself);
        }
        text
    }
}

/// The bytes of a JSON string with its quotes, or all if it has no end.
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    json.len()
}

fn number_length(json: &str) -> usize {
    json.find(|character: char| !(character.is_ascii_digit() || "+-.eE".contains(character))).unwrap_or(json.len())
}

/// Every three bytes of a text, in lower case: what begins otherwise does not stand in it. A payload has tens of thousands of
/// values, of which a text holds next to none.
struct Beginnings(HashSet<[u8; Secrets::SHORTEST]>);

impl Beginnings {
    fn of(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let windows = text.as_bytes().windows(Secrets::SHORTEST);
        Self(windows.filter_map(|window| window.try_into().ok()).collect())
    }

    fn hold(&self, form: &str) -> bool {
        let beginning = form.as_bytes().first_chunk::<{ Secrets::SHORTEST }>();
        beginning.is_some_and(|beginning| self.0.contains(&beginning.map(|byte| byte.to_ascii_lowercase())))
    }
}

fn forms(secret: &str) -> Vec<Cow<'_, str>> {
    if secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return vec![Cow::Borrowed(secret)];
    }
    let json = Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![Cow::Borrowed(secret)];
    for form in [json, html, utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()] {
        if !forms.iter().any(|known| **known == form) {
            forms.push(Cow::Owned(form));
        }
    }
    forms
}

/// Strikes out every occurrence, in whatever case.
fn without(text: String, form: &str, by_itself: bool) -> String {
    let (low_text, low_form) = (text.to_ascii_lowercase(), form.to_ascii_lowercase());
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let mut rest = 0;
    let mut struck = String::new();
    for (at, _) in low_text.match_indices(&low_form) {
        let end = at + form.len();
        if by_itself && (is_word(text[..at].chars().next_back()) || is_word(text[end..].chars().next())) {
            continue;
        }
        struck.push_str(&text[rest..at]);
        struck.push_str("[redacted]");
        rest = end;
    }
    if rest == 0 {
        return text;
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
        let keyed = br#"{"alice@example.com":[{"a \\\"b\\\" c":-340282366920938463463374607431768211455,"name":{"zo\u00eb":1.50}}]}"#;
        secrets.add_payload(keyed);
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
            "no tea, please",
            "no property alice@example.com",
            "not zoë!",
            r#"no property "a \"b\" c""#,
            "-340282366920938463463374607431768211455 is too small",
            "not 1.50",
            r#"got {"card":"4111 1111","note":"tea","number":12345678}"#,
        ] {
            let struck = secrets().strike(text);
            assert!(struck.contains("[redacted]"), "{struck}");
            for secret in
                ["123456", "k&y", "k&amp;y", "4111", "ABCDEF", "no tea", "alice", "zoë", "a \\\"b", "3402823", "1.50"]
            {
                assert!(!struck.contains(secret), "{struck}");
            }
        }
    }

    #[test]
    fn a_short_word_that_was_sent_changes_no_name_of_an_error() {
        let mut secrets = Secrets::default();
        for value in ["execution", "not", "machine"] {
            secrets.add_header(&http::HeaderValue::from_static(value));
        }
        for name in ["ExecutionDoesNotExist", "StateMachineDoesNotExist"] {
            assert_eq!(secrets.strike_name(name), name);
        }
        secrets.add("abcdefghijklmnop");
        assert_eq!(secrets.strike_name("Noabcdefghijklmnop"), "No[redacted]");
        assert_eq!(secrets.strike_name("no machine-17"), "no [redacted]-17");
    }

    #[test]
    fn what_says_nothing_stays() {
        for text in ["steady, instead of Forbidden", "Invalid Name: 'x'"] {
            assert_eq!(secrets().strike(text), text);
        }
    }

    #[test]
    fn a_header_beyond_ascii_is_struck_out_too() {
        let mut secrets = Secrets::default();
        secrets.add_header(&http::HeaderValue::from_bytes("Müller-17".as_bytes()).unwrap());
        assert_eq!(secrets.strike("unknown: Müller-17"), "unknown: [redacted]");
    }

    #[test]
    fn a_payload_of_any_depth_and_one_that_is_cut_are_read() {
        for json in [format!("{}\"4111 1111\"", "[".repeat(100_000)), "{\"4111 1111\":\"".into(), "[\"4111 1111".into()]
        {
            let mut secrets = Secrets::default();
            secrets.add_payload(json.as_bytes());
            assert!(!json.ends_with("1\"") || secrets.strike("no 4111 1111") == "no [redacted]", "{}", json.len());
        }
    }

    #[test]
    fn a_long_text_is_cut_before_it_is_looked_at() {
        assert!(secrets().strike(&"é".repeat(10_000)).len() <= 4_097);
    }
}
