//! What a target may say back and nobody else may see.

use std::sync::LazyLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

use super::shown::{is_plain_header, says_secret};
use crate::endpoint::Endpoint;

/// Secrets in use, to be left out of what is kept of answers: a gateway that refuses a request may quote it.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    values: Vec<String>,
}

/// What is escaped in a part of a URL: all but what RFC 3986 leaves alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What is escaped in a path, whose slashes stay.
const PATH: &AsciiSet = &COMPONENT.remove(b'/');

/// Fewer characters are no secret: every text would hold them.
const SHORTEST: usize = 6;

/// What stands in the place of a secret.
const HIDDEN: &str = "[secret]";

impl Secrets {
    /// Secrets, each as it is sent and as a text in JSON, in HTML or in a URL may quote it.
    #[must_use]
    pub(crate) fn of<'s>(values: impl IntoIterator<Item = &'s str>) -> Self {
        let mut secrets = Self::default();
        values.into_iter().for_each(|value| secrets.add(value));
        secrets
    }

    /// The same with those of a target: its query, and the values of headers that somebody set.
    #[must_use]
    pub(crate) fn and_of(mut self, endpoint: &Endpoint, headers: &[(String, String)]) -> Self {
        if let Some((_, query)) = endpoint.path.split_once('?') {
            self.add(query);
            query.split('&').filter_map(|pair| pair.split_once('=')).for_each(|(_, value)| self.add(value));
        }
        headers.iter().filter(|(name, _)| !is_plain_header(name)).for_each(|(_, value)| self.add_value(value));
        self
    }

    /// The same with others.
    #[must_use]
    pub(crate) fn and(mut self, others: &Self) -> Self {
        for value in &others.values {
            if !self.values.contains(value) {
                self.values.push(value.clone());
            }
        }
        self.sort();
        self
    }

    /// The values of headers whose names say that they are secrets.
    #[must_use]
    pub(crate) fn of_headers(headers: &[(String, String)]) -> Self {
        let mut secrets = Self::default();
        headers.iter().filter(|(name, _)| says_secret(name)).for_each(|(_, value)| secrets.add_value(value));
        secrets
    }

    /// Adds the value of a header, and its parts: a scheme may stand before it, as in `Bearer …`, or a name, as in
    /// `session=…`.
    fn add_value(&mut self, value: &str) {
        self.add(value);
        value.split([' ', ';', ',', '=']).filter(|part| part.len() >= 8).for_each(|part| self.add(part));
    }

    /// What is part of another must not be replaced before it.
    fn sort(&mut self) {
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// Whether one of them stands in a text.
    #[must_use]
    pub(crate) fn stand_in(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(value))
    }

    /// Whether there are none.
    #[must_use]
    pub(crate) const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn add(&mut self, value: &str) {
        if value.chars().count() < SHORTEST {
            return;
        }
        let json = serde_json::to_string(value).expect("a text is JSON");
        let json = json.trim_matches('"').to_owned();
        let percent = |encoded: &'static AsciiSet| utf8_percent_encode(value, encoded).to_string();
        let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        // A filter of a template may have changed its letters, and whoever logs headers may encode them.
        let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, value);
        let (upper, lower) = (value.to_uppercase(), value.to_lowercase());
        let as_sent = [value.to_owned(), json.replace('/', "\\/"), json, percent(COMPONENT), percent(PATH), html];
        for form in as_sent.into_iter().chain([base64, upper, lower]) {
            if !self.values.contains(&form) {
                self.values.push(form);
            }
        }
        self.sort();
    }

    /// A text without them, and without what names say is one. It may have been cut off: a beginning of a secret at its end goes too.
    #[must_use]
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut text = self.values.iter().fold(text.to_owned(), |text, value| text.replace(value, HIDDEN));
        for value in &self.values {
            let cuts = value.char_indices().map(|(at, _)| at).skip(SHORTEST);
            if let Some(cut) = cuts.filter(|at| text.ends_with(&value[..*at])).last() {
                text.truncate(text.len() - cut);
                text += HIDDEN;
            }
        }
        without_parameters(&text)
    }
}

/// What stands before a value in a URL, a header or JSON: its name, and a sign of equality.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?P<before>[?&;#]|%3f|%26|%3d|^|[^\w%.-])(?P<name>[\w.-]+)(?P<to>=|%3d|\\?"\s*:\s*\\?")"#)
        .expect("it is a constant")
});

/// A user name and password before a host.
static USER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?P<slashes>//)[^/\s"'?#<>\\]+@"#).expect("it is a constant"));

/// A text without what parameters hold whose names say that it is a secret, whoever it belongs to: where a redirect points
/// to may be signed, and who reads that in a report could go there.
fn without_parameters(text: &str) -> String {
    let text = USER.replace_all(text, format!("${{slashes}}{HIDDEN}@"));
    let (mut shown, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(found) = PARAMETER.captures_at(&text, at) {
        let part = |name| found.name(name).map_or(0..0, |part| part.range());
        let (before, name, to) = (&text[part("before")], &text[part("name")], part("to"));
        let rest = &text[to.end..];
        // Alone these two are words like any other; in a query they are not.
        let ambiguous = ["code", "key"].iter().any(|word| name.eq_ignore_ascii_case(word));
        let in_query = ["?", "&", "#", "%3f", "%26"].iter().any(|mark| mark.eq_ignore_ascii_case(before));
        // The scheme of an authorization; what follows it has names of its own.
        let scheme = name.eq_ignore_ascii_case("authorization") && rest.starts_with("AWS4-");
        if !says_secret(name) || scheme || ambiguous && !in_query {
            // What it holds may be another URL.
            at = to.start;
            continue;
        }
        let length = rest.find(|c: char| c.is_whitespace() || "&\"'<>\\#".contains(c)).unwrap_or(rest.len());
        shown += &text[copied..to.end];
        if length > 0 {
            shown += HIDDEN;
        }
        (copied, at) = (to.end + length, to.end + length);
    }
    shown + &text[copied..]
}

/// Tells nothing of them.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_however_they_are_quoted() {
        let secrets = Secrets::of(["to\"ken/with+marks=="]);
        for quoted in [
            "to\"ken/with+marks==",
            "to\\\"ken/with+marks==",
            "to\\\"ken\\/with+marks==",
            "to%22ken%2Fwith%2Bmarks%3D%3D",
            "to&quot;ken/with+marks==",
        ] {
            assert_eq!(secrets.scrub(&format!("a {quoted} b")), "a [secret] b", "{quoted}");
        }
        assert_eq!(secrets.scrub("cut off: to\"ken/wi"), "cut off: [secret]");
        assert_eq!(secrets.scrub("nothing of it"), "nothing of it");
    }

    #[test]
    fn what_a_gateway_quotes_of_a_signed_request_is_left_out() {
        let secrets = Secrets::of(["AKIDEXAMPLE", "verysecretkey"]);
        let said =
            "{\"message\":\"Authorization=AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261126, Signature=0a1b2c3d\"}";
        let told = secrets.scrub(said);
        assert!(!told.contains("AKIDEXAMPLE") && !told.contains("0a1b2c3d"), "{told}");
        assert!(told.starts_with("{\"message\":\"Authorization=AWS4-HMAC-SHA256"), "{told}");
        assert!(told.ends_with("Signature=[secret]\"}"), "{told}");
    }

    #[test]
    fn a_redirect_is_kept_without_what_its_url_gives_away() {
        let none = Secrets::default();
        for (location, kept) in [
            (
                "https://d1.example/x?Expires=1&Signature=Xk9~7abc-J__&Key-Pair-Id=1",
                "https://d1.example/x?Expires=1&Signature=[secret]&Key-Pair-Id=1",
            ),
            ("https://b/k?Signature=vjby%2ByT272YEAiv4%3D&Expires=1", "https://b/k?Signature=[secret]&Expires=1"),
            (
                "https://b/k?X-Amz-Security-Token=IQoJ&X-Amz-Signature=0a1b",
                "https://b/k?X-Amz-Security-Token=[secret]&X-Amz-Signature=[secret]",
            ),
            ("/cb?code=abc&state=1#access_token=xyz", "/cb?code=[secret]&state=1#access_token=[secret]"),
            ("https://u:SEKRET@evil/x?token=SEKRET", "https://[secret]@evil/x?token=[secret]"),
            ("https://h/?sig=S&key=S&password=S&a=b", "https://h/?sig=[secret]&key=[secret]&password=[secret]&a=b"),
            ("/in?next=https%3A%2F%2Fh%2F%3Ftoken%3DSEKRET&b=1", "/in?next=https%3A%2F%2Fh%2F%3Ftoken%3D[secret]&b=1"),
            ("<a href=\"https://h/?token=SEKRET\">", "<a href=\"https://h/?token=[secret]\">"),
            ("{\"access_token\": \"SEKRET\", \"b\": 1}", "{\"access_token\": \"[secret]\", \"b\": 1}"),
            ("{\"message\":\"{\\\"token\\\":\\\"SEKRET\\\"}\"}", "{\"message\":\"{\\\"token\\\":\\\"[secret]\\\"}\"}"),
            ("Missing Authentication Token", "Missing Authentication Token"),
            ("key=orders code=5 a=b", "key=orders code=5 a=b"),
        ] {
            assert_eq!(none.scrub(location), kept);
        }
    }

    #[test]
    fn values_of_headers_and_the_query_are_secrets() {
        let endpoint = Endpoint::parse("https://example.invalid/execute?token=abcdefgh").unwrap();
        let headers = [("X-Custom", "Bearer q1w2e3r4"), ("Cookie", "id=zzzzzzzz; b=1"), ("content-type", "text/html")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets = Secrets::default().and_of(&endpoint, &headers);
        let told = secrets.scrub("q1w2e3r4 abcdefgh zzzzzzzz text/html");
        assert_eq!(told, "[secret] [secret] [secret] text/html");
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
    }
}
