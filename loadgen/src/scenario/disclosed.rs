//! A scenario's text without the secrets that were written into it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::authorization::{is_plain_header, is_word, secret_ranges, shown_header, without};

/// Where the text of a scenario holds what may be a secret: values of headers, what a name says is one, and what only the
/// owner of a URL knows. The text may be no scenario at all.
pub(super) fn secrets_in(source: &str) -> Vec<Range<usize>> {
    let (document, _) = DeTable::parse_recoverable(source);
    let mut ranges = secret_ranges(source);
    let target = document.get_ref().get("target").and_then(|target| table(target.get_ref()));
    ranges.extend(target.and_then(|target| auth_that_is_none(source, target)));
    let headers = target.and_then(|target| target.get("headers")).and_then(|headers| table(headers.get_ref()));
    for (name, value) in headers.into_iter().flat_map(DeTable::iter) {
        let DeValue::String(text) = value.get_ref() else { continue };
        let header = format!("{}: {text}", name.get_ref());
        if !is_plain_header(name.get_ref()) && shown_header(&header) != header {
            ranges.push(between_quotes(source, value.span()));
        }
    }
    ranges
}

/// A scenario as written, without the secrets in it.
#[must_use]
pub(crate) fn disclosed(source: &str) -> String {
    without(source, &secrets_in(source))
}

fn table<'t, 'i>(value: &'t DeValue<'i>) -> Option<&'t DeTable<'i>> {
    match value {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn between_quotes(source: &str, span: Range<usize>) -> Range<usize> {
    let text = source.get(span.clone()).unwrap_or_default();
    let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| text.starts_with(quotes)).map_or(0, str::len);
    span.start + quotes..span.end.saturating_sub(quotes).max(span.start + quotes)
}

/// The value of an `auth` that is no word for it: whoever takes the key for the credential writes that there.
fn auth_that_is_none(source: &str, target: &DeTable<'_>) -> Option<Range<usize>> {
    let auth: &Spanned<DeValue<'_>> = target.get("auth")?;
    let DeValue::String(text) = auth.get_ref() else { return None };
    (!is_word(text)).then(|| between_quotes(source, auth.span()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_left_out_and_the_rest_stays_as_it_is_written() {
        let source = r#"
schema = 1
name = "order"                                  # as always
[target]
url = "https://h.test/prod/execute?code=hushhush"
auth = "Bearer hushhush"
headers = { x-tenant = "hushhush", content-type = "text/plain", x-region = "{{ env('REGION') }}" }
[[payload]]
name = "token-renewal"
json = { password = "hushhush", order = "{{ uuid() }}" }
"#;
        let expected = r#"
schema = 1
name = "order"                                  # as always
[target]
url = "https://h.test/prod/execute?…"
auth = "…"
headers = { x-tenant = "…", content-type = "text/plain", x-region = "{{ env('REGION') }}" }
[[payload]]
name = "token-renewal"
json = { password = "…", order = "{{ uuid() }}" }
"#;
        assert_eq!(disclosed(source), expected);
        let several =
            "[target.headers]\nx-long = '''\nhushhush\nhushhush'''\n\"authorization\" = \"Bearer hushhush\"\n";
        assert_eq!(disclosed(several), "[target.headers]\nx-long = '''…'''\n\"authorization\" = \"…\"\n");
        for broken in
            ["[target.headers]\nauthorization = \"hushhush", "[target\ncookie = hushhush\n[[[", "\u{0}token: hushhush"]
        {
            assert!(!disclosed(broken).contains("hushhush"), "{}", disclosed(broken));
        }
    }
}
