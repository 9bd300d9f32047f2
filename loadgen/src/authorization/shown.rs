//! What of headers, URLs and texts around them may be shown. Pure.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What stands in the place of something that is not shown.
pub(crate) const HIDDEN: &str = "…";

/// Headers whose values are no secret.
const PLAIN: [&str; 6] = ["accept", "accept-encoding", "accept-language", "content-type", "host", "user-agent"];

/// What the name of a secret says.
const WORDS: &str = "authorization|authentication|cookie|credential|passw(?:or)?d|pwd|secret|session|signature|token|\
     api[-_]?key|access[-_]?key|private[-_]?key";

/// A name that says that its value is a secret, and the value: in quotes, or to the end of the line.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let quoted = r#""(?:[^"\\]|\\.)*"|'[^']*'"#;
    Regex::new(&format!(r#"(?mi)[\w.-]*(?:{WORDS})[\w.-]*["']?[ \t]*[:=][ \t]*(?P<value>{quoted}|[^\s\[{{][^\r\n]*)"#))
        .expect("it is a constant")
});

/// A user name and password, or a query, of a URL.
static OF_URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"://(?:(?P<user>[^/\s"'?#@]+)@)?[^\s"'?#]*(?:\?(?P<query>[^\s"'#]*))?"#).expect("it is a constant")
});

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i){WORDS}|^auth$|key$|^sig$|^code$")).expect("it is a constant"));

/// Whether the value of a header may be shown whatever it is.
pub(crate) fn is_plain_header(name: &str) -> bool {
    PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(name.trim()))
}

/// Whether a name, of a header or of a parameter, says that its value is a secret.
#[must_use]
pub(crate) fn says_secret(name: &str) -> bool {
    WORD.is_match(name.trim()) && !name.trim().eq_ignore_ascii_case("idempotency-key")
}

/// A header that somebody set, without a value that may be a credential. What comes from `env()` stands as it was written.
#[must_use]
pub(crate) fn shown_header(header: &str) -> String {
    match header.split_once(':') {
        Some((name, value)) if is_plain_header(name) || holds_nothing_but_variables(value) => header.to_owned(),
        Some((name, _)) => format!("{name}: {HIDDEN}"),
        None => HIDDEN.into(),
    }
}

/// A URL without its query, and without a user name and password.
#[must_use]
pub(crate) fn shown_url(url: &str) -> String {
    without(url, &of_urls(url))
}

/// Whether a text can be a word that says how requests are authorised, and not the credential itself.
pub(crate) fn is_word(text: &str) -> bool {
    text.len() <= 12 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Whether a text is nothing but `{{ … }}`, perhaps after the scheme of an authorization.
fn holds_nothing_but_variables(value: &str) -> bool {
    let mut rest = value;
    let mut outside = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((_, after)) = after.split_once("}}") else { return false };
        outside += before;
        rest = after;
    }
    let outside = outside + rest;
    let outside = outside.trim_matches(|c: char| c.is_whitespace() || "\"'".contains(c)).to_lowercase();
    ["", "bearer", "basic", "token", "apikey"].contains(&outside.as_str()) && value.contains("{{")
}

/// Where secrets stand in a text: after names that say so, and in URLs.
pub(crate) fn secret_ranges(text: &str) -> Vec<Range<usize>> {
    let named = NAMED.captures_iter(text).filter_map(|found| {
        let value = found.name("value")?;
        let (text, whole) = (value.as_str(), value.range());
        let bare = text.split([',', '}', ' ', '#']).next().unwrap_or_default();
        if holds_nothing_but_variables(text) || bare.parse::<f64>().is_ok() || ["true", "false"].contains(&bare) {
            return None;
        }
        let quoted = text.len() > 1 && text.starts_with(['"', '\'']) && text.ends_with(['"', '\'']);
        Some(if quoted { whole.start + 1..whole.end - 1 } else { whole })
    });
    named.chain(of_urls(text)).collect()
}

fn of_urls(text: &str) -> Vec<Range<usize>> {
    let parts = |found: regex::Captures<'_>| ["user", "query"].map(|part| found.name(part).map(|part| part.range()));
    OF_URL.captures_iter(text).flat_map(parts).flatten().filter(|range| !range.is_empty()).collect()
}

/// A text with a mark in the place of each range.
pub(crate) fn without(text: &str, ranges: &[Range<usize>]) -> String {
    let mut ranges: Vec<&Range<usize>> = ranges.iter().collect();
    ranges.sort_by_key(|range| range.start);
    let (mut shown, mut at) = (String::new(), 0);
    for range in ranges {
        if range.start >= at {
            shown += &text[at..range.start];
            shown += HIDDEN;
        }
        at = at.max(range.end);
    }
    shown + &text[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_shown_by_name_unless_they_are_plain_or_come_from_the_environment() {
        for (header, shown) in [
            ("content-type: text/plain", "content-type: text/plain"),
            ("X-Custom: hushhush", "X-Custom: …"),
            ("authorization: Bearer {{ env(\"T\") }}", "authorization: Bearer {{ env(\"T\") }}"),
            ("authorization: hush{{ env(\"T\") }}", "authorization: …"),
            ("no colon hushhush", "…"),
        ] {
            assert_eq!(shown_header(header), shown);
        }
    }

    #[test]
    fn urls_are_shown_without_what_only_their_owner_knows() {
        for (url, shown) in [
            ("https://h/x?code=hushhush&a=b", "https://h/x?…"),
            ("https://me:hushhush@h/x", "https://…@h/x"),
            ("https://h/x", "https://h/x"),
            ("http://h?", "http://h?"),
            ("embedded", "embedded"),
        ] {
            assert_eq!(shown_url(url), shown);
        }
    }

    #[test]
    fn what_a_name_says_is_secret_is_found_wherever_it_stands() {
        let shown = |text: &str| without(text, &secret_ranges(text));
        for (text, expected) in [
            ("authorization = \"Bearer hushhush\"", "authorization = \"…\""),
            ("h = { x-api-key = 'hushhush', a = 'b' }", "h = { x-api-key = '…', a = 'b' }"),
            ("\"X-Auth-Token\" = \"hush\\\"hush\"", "\"X-Auth-Token\" = \"…\""),
            ("# old: password: hushhush", "# old: password: …"),
            ("authorization = \"Bearer hushhush", "authorization = …"),
            ("token = \"{{ env('T') }}\"", "token = \"{{ env('T') }}\""),
            ("url = \"https://u:hushhush@h/x?sig=hushhush\"", "url = \"https://…@h/x?…\""),
            ("order = \"a\"", "order = \"a\""),
            (
                "json = { tokens = 5, secret = true, session = { id = 'a' } }",
                "json = { tokens = 5, secret = true, session = { id = 'a' } }",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
