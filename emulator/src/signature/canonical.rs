//! What was signed, rebuilt from what arrived: the canonical request of the specification.

use sha2::{Digest, Sha256};

use super::encoding::{decode, encode};
use crate::http::{Headers, Request};

/// Header names that a claim says are signed: lower-case, sorted, each once. A repeated name would otherwise let a
/// short claim ask for a canonical request of any length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SignedHeaders(Vec<String>);

impl SignedHeaders {
    /// Reads `host;x-amz-date`. Names in another order or case are taken as if they were in the right one \[I\].
    pub(super) fn read(list: &str) -> Self {
        let mut names: Vec<String> =
            list.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.0.binary_search_by(|other| other.as_str().cmp(name)).ok()
    }

    /// The canonical value of each name; the name of a header that the request lacks is the error.
    ///
    /// White space around a value goes, white space within it becomes one space, and the values of a repeated header
    /// are joined with commas in their order.
    pub(super) fn values(&self, headers: &Headers) -> Result<Vec<String>, &str> {
        let mut values: Vec<Option<String>> = vec![None; self.0.len()];
        for (name, value) in headers.iter() {
            let Some(slot) = self.position(&name.to_ascii_lowercase()).and_then(|at| values.get_mut(at)) else {
                continue;
            };
            let joined = match slot {
                Some(joined) => {
                    joined.push(',');
                    joined
                }
                None => slot.insert(String::new()),
            };
            for (at, word) in value.split_ascii_whitespace().enumerate() {
                if at > 0 {
                    joined.push(' ');
                }
                joined.push_str(word);
            }
        }
        self.0.iter().zip(values).map(|(name, value)| value.ok_or(name.as_str())).collect()
    }

    fn list(&self) -> String {
        self.0.join(";")
    }
}

/// The canonical request. `values` are those of [`SignedHeaders::values`]; `is_signed` says which query parameters
/// belong to it.
pub(super) fn request(
    request: &Request,
    signed_headers: &SignedHeaders,
    values: &[String],
    normalise_path: bool,
    is_signed: impl Fn(&[u8]) -> bool,
) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(&request.method);
    text.push('\n');
    path(&request.path, normalise_path, &mut text);
    text.push('\n');
    query(&request.query, is_signed, &mut text);
    text.push('\n');
    for (name, value) in signed_headers.0.iter().zip(values) {
        text.extend([name, ":", value, "\n"]);
    }
    text.push('\n');
    text.push_str(&signed_headers.list());
    text.push('\n');
    // Of the body that came, whatever `x-amz-content-sha256` says: so does API Gateway [W]. `UNSIGNED-PAYLOAD` is
    // not for it [I].
    text.push_str(&hex::encode(Sha256::digest(&request.body)));
    text
}

/// The path as sent, encoded once more: a client that sent `%20` signed `%2520` \[D\]: every service but S3.
fn path(path: &str, normalise: bool, out: &mut String) {
    let normal = if normalise { normalised(path) } else { path.to_owned() };
    if !normal.starts_with('/') {
        out.push('/');
    }
    for (at, segment) in normal.split('/').enumerate() {
        if at > 0 {
            out.push('/');
        }
        encode(segment.as_bytes(), out);
    }
}

/// Without dot segments (RFC 3986, section 5.2.4) and empty ones.
fn normalised(path: &str) -> String {
    let mut segments = Vec::new();
    let mut ends_in_slash = false;
    for segment in path.split('/') {
        ends_in_slash = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let end = if ends_in_slash && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

/// Names and values decoded, encoded in the one canonical way, and sorted by that.
fn query(query: &str, is_signed: impl Fn(&[u8]) -> bool, out: &mut String) {
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .filter(|(name, _)| is_signed(name))
        .map(|(name, value)| {
            let mut encoded = (String::with_capacity(name.len()), String::with_capacity(value.len()));
            encode(&name, &mut encoded.0);
            encode(&value, &mut encoded.1);
            encoded
        })
        .collect();
    parameters.sort_unstable();
    for (at, (name, value)) in parameters.iter().enumerate() {
        if at > 0 {
            out.push('&');
        }
        out.extend([name, "=", value]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_loses_its_dots_and_doubled_slashes() {
        for (path, normal) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/prod/execute", "/prod/execute"),
            ("/prod//execute/", "/prod/execute/"),
            ("/a/./b", "/a/b"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("/a/../../b", "/b"),
            ("/..", "/"),
            ("/a/...", "/a/..."),
        ] {
            assert_eq!(normalised(path), normal, "{path}");
        }
    }

    #[test]
    fn an_encoded_path_is_encoded_again() {
        let mut out = String::new();
        path("/a%20b/%2e%2E/ü", true, &mut out);
        assert_eq!(out, "/a%2520b/%252e%252E/%C3%BC");
    }

    #[test]
    fn a_query_is_sorted_by_its_encoded_form() {
        let mut out = String::new();
        query("b=2&a=%7e&a=1&&c&%61b=+%2B&d==", |_| true, &mut out);
        assert_eq!(out, "a=1&a=~&ab=%20%2B&b=2&c=&d=%3D");
    }

    #[test]
    fn header_values_are_trimmed_folded_and_joined() {
        let headers = [("B", " x \t y "), ("a", "1"), ("b", ""), ("A", "2")].into_iter().collect();
        let names = SignedHeaders::read("b;a");
        assert_eq!(names.values(&headers), Ok(vec!["1,2".into(), "x y,".into()]));
        assert_eq!(SignedHeaders::read("a;c").values(&headers), Err("c"));
    }

    #[test]
    fn a_header_named_many_times_is_signed_once() {
        assert_eq!(SignedHeaders::read("host;HOST;host;;a"), SignedHeaders::read("a;host"));
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing_more(path in "[/.a]{0,12}") {
            let once = normalised(&path);
            prop_assert_eq!(normalised(&once), once);
        }
    }
}
