//! Where a double listens.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::Uri;

/// An `http://` URL that a flag or a file names. Calls go there and nowhere else: redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    /// Scheme, host and port.
    origin: String,
    /// The path without its last slash.
    path: String,
}

impl EndpointUrl {
    /// The URL for a path below the endpoint, which begins with a slash. Callers may choose parts of it, and must not leave the
    /// path of the endpoint by `..`.
    pub(super) fn below(&self, path: &str) -> String {
        let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
        let path = if self.path.is_empty() { Cow::Borrowed(path) } else { without_dots(path) };
        format!("{}{}{path}{query}", self.origin, self.path)
    }

    /// The URL as it was given, if it has a path.
    pub(super) fn as_given(&self) -> Option<String> {
        (!self.path.is_empty()).then(|| format!("{}{}", self.origin, self.path))
    }
}

/// A path whose segments `.` and `..` are resolved, at most up to its beginning (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> Cow<'_, str> {
    // Servers take `%2e` for a dot.
    let dots = |segment: &str| match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => 1,
        ".." => 2,
        _ => 0,
    };
    if path.split('/').all(|segment| dots(segment) == 0) {
        return Cow::Borrowed(path);
    }
    let mut kept = Vec::new();
    for segment in path.split('/').skip(1) {
        match dots(segment) {
            0 => kept.push(segment),
            1 => {}
            _ => drop(kept.pop()),
        }
    }
    let is_folder = path.rsplit('/').next().is_some_and(|last| dots(last) > 0);
    if is_folder {
        kept.push("");
    }
    Cow::Owned(format!("/{}", kept.join("/")))
}

/// The authority of a URL, and its path and query.
pub(crate) fn taken_apart(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()))
}

impl FromStr for EndpointUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(format!(
                    "`{text}`: doubles are called by plain http; put the https one behind a local proxy"
                ));
            }
            _ => return Err(format!("`{text}` is not a URL such as http://127.0.0.1:3001")),
        }
        let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else {
            return Err(format!("`{text}` must be a URL without a user, such as http://127.0.0.1:3001"));
        };
        if uri.query().is_some() {
            return Err(format!("`{text}` has a query, which calls to it would lose: leave it out"));
        }
        Ok(Self { origin: format!("http://{authority}"), path: uri.path().trim_end_matches('/').to_owned() })
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_plain_http_url() {
        let endpoint: EndpointUrl = "http://127.0.0.1:3001".parse().unwrap();
        assert_eq!((endpoint.below("/x"), endpoint.as_given()), ("http://127.0.0.1:3001/x".to_owned(), None));
        let endpoint: EndpointUrl = "http://localhost:9000/base/".parse().unwrap();
        assert_eq!(endpoint.below("/x"), "http://localhost:9000/base/x");
        assert_eq!(endpoint.as_given().unwrap(), "http://localhost:9000/base");
        for wrong in ["", "127.0.0.1:3001", "/x", "https://x", "ftp://x", "http://u:p@x", "http://x/?q", "http:///x"] {
            assert!(wrong.parse::<EndpointUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_path_leaves_that_of_an_endpoint() {
        let endpoint: EndpointUrl = "http://localhost:9000/base/".parse().unwrap();
        for (path, below) in [
            ("/a/../b?c=/../d", "/b?c=/../d"),
            ("/../../admin", "/admin"),
            ("/a/%2E%2e/%2e./x/", "/x/"),
            ("/a/./b/..", "/a/"),
            ("/..", "/"),
            ("/a//...", "/a//..."),
            ("", ""),
        ] {
            assert_eq!(endpoint.below(path), format!("http://localhost:9000/base{below}"), "{path}");
        }
    }
}
