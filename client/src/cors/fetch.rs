//! The rules, pure. Source: the Fetch standard, "CORS check" and "CORS-preflight fetch".

use http::HeaderMap;
use thiserror::Error;

/// Whether the page's request carries cookies, client certificates or HTTP authentication (`credentials: "include"`).
/// A header `Authorization` that a script sets is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CredentialsMode {
    /// It does not, as is the default across origins.
    #[default]
    Omit,
    /// It does: then no `*` counts as a wildcard.
    Include,
}

/// The rule that a browser finds broken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Violation {
    /// The answer has no `Access-Control-Allow-Origin`.
    #[error("the answer has no access-control-allow-origin")]
    NoAllowOrigin,
    /// `Access-Control-Allow-Origin` is another.
    #[error("access-control-allow-origin is `{allowed}`")]
    OtherOrigin {
        /// What it says; several values are joined by commas, which is wrong in itself.
        allowed: String,
    },
    /// The origin is `*`, which does not do for a request with credentials.
    #[error("access-control-allow-origin is `*`, and the request carries credentials")]
    WildcardWithCredentials,
    /// `Access-Control-Allow-Credentials` is not `true`.
    #[error("access-control-allow-credentials is not `true`")]
    CredentialsNotAllowed,
    /// The preflight was not answered with 200 to 299.
    #[error("the preflight was answered with {status}, not 200 to 299")]
    Status {
        /// The status.
        status: u16,
    },
    /// A list of methods or headers is no list of tokens.
    #[error("{header} is not a list of names")]
    Malformed {
        /// The header.
        header: &'static str,
    },
    /// `Access-Control-Allow-Methods` lacks the method.
    #[error("access-control-allow-methods lacks {method}")]
    MethodNotAllowed {
        /// The method.
        method: String,
    },
    /// `Access-Control-Allow-Headers` lacks a header that the request has.
    #[error("access-control-allow-headers lacks {header}")]
    HeaderNotAllowed {
        /// The header, in lower case.
        header: String,
    },
}

/// The CORS check that every answer must pass before a script may see it, error answers included.
///
/// # Errors
/// The first rule that is broken.
///
/// ```
/// use stepgate::cors::{CredentialsMode, Violation, check_answer};
///
/// let bare = http::HeaderMap::new();
/// let verdict = check_answer("https://app.example.com", CredentialsMode::Omit, &bare);
/// assert_eq!(verdict, Err(Violation::NoAllowOrigin));
/// ```
pub fn check_answer(origin: &str, credentials: CredentialsMode, headers: &HeaderMap) -> Result<(), Violation> {
    let allowed = combined(headers, "access-control-allow-origin").ok_or(Violation::NoAllowOrigin)?;
    if credentials == CredentialsMode::Omit && allowed == "*" {
        return Ok(());
    }
    if allowed == "*" {
        return Err(Violation::WildcardWithCredentials);
    }
    if allowed != origin {
        return Err(Violation::OtherOrigin { allowed });
    }
    if credentials == CredentialsMode::Include
        && combined(headers, "access-control-allow-credentials").as_deref() != Some("true")
    {
        return Err(Violation::CredentialsNotAllowed);
    }
    Ok(())
}

/// Whether the answer to a preflight lets a request with this method and these header names (lower case; those that
/// need permission) go out.
///
/// # Errors
/// The first rule that is broken.
pub fn check_preflight(
    origin: &str,
    credentials: CredentialsMode,
    method: &str,
    request_headers: &[String],
    status: u16,
    headers: &HeaderMap,
) -> Result<(), Violation> {
    check_answer(origin, credentials, headers)?;
    if !(200..300).contains(&status) {
        return Err(Violation::Status { status });
    }
    let methods = list(headers, "access-control-allow-methods")?;
    let names = list(headers, "access-control-allow-headers")?;
    let wildcard = |list: &[String]| credentials == CredentialsMode::Omit && list.iter().any(|entry| entry == "*");
    let safelisted = matches!(method, "GET" | "HEAD" | "POST");
    if !safelisted && !methods.iter().any(|allowed| allowed == method) && !wildcard(&methods) {
        return Err(Violation::MethodNotAllowed { method: method.to_owned() });
    }
    for header in request_headers {
        let listed = names.iter().any(|allowed| allowed.eq_ignore_ascii_case(header));
        // `Authorization` has to be named.
        if !listed && (header == "authorization" || !wildcard(&names)) {
            return Err(Violation::HeaderNotAllowed { header: header.clone() });
        }
    }
    Ok(())
}

/// Whether a browser lets no page set this header (lower case): "forbidden request-header", of those whose value does not
/// count.
pub(super) fn is_forbidden_header(name: &str) -> bool {
    const FORBIDDEN: [&str; 22] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    FORBIDDEN.contains(&name) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// A header's values joined as a browser joins them; bytes beyond Latin-1 cannot occur.
fn combined(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let latin1 = |value: &http::HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>();
    Some(values.map(latin1).collect::<Vec<_>>().join(", "))
}

/// The tokens of a list header; empty if it is absent.
fn list(headers: &HeaderMap, name: &'static str) -> Result<Vec<String>, Violation> {
    let Some(values) = combined(headers, name) else { return Ok(Vec::new()) };
    let entries = values.split(',').map(|entry| entry.trim_matches([' ', '\t'])).filter(|entry| !entry.is_empty());
    let is_token =
        |entry: &str| entry.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    let entries: Vec<String> = entries.map(str::to_owned).collect();
    if entries.iter().all(|entry| is_token(entry)) { Ok(entries) } else { Err(Violation::Malformed { header: name }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CredentialsMode::{Include, Omit};

    const ORIGIN: &str = "https://app.example.com";

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        map
    }

    fn preflight(credentials: CredentialsMode, names: &[&str], answer: &[(&str, &str)]) -> Result<(), Violation> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        check_preflight(ORIGIN, credentials, "POST", &names, 200, &headers(answer))
    }

    #[test]
    fn the_posted_deployment_refuses_temporary_credentials() {
        let answer = [
            ("access-control-allow-origin", ORIGIN),
            ("access-control-allow-methods", "*"),
            ("access-control-allow-headers", "Content-Type,X-Amz-Date,Authorization,X-Api-Key"),
        ];
        assert_eq!(preflight(Omit, &["authorization", "content-type", "x-amz-date"], &answer), Ok(()));
        let refused = preflight(Omit, &["content-type", "x-amz-security-token"], &answer);
        assert_eq!(refused, Err(Violation::HeaderNotAllowed { header: "x-amz-security-token".into() }));
    }

    #[test]
    fn a_wildcard_counts_only_without_credentials_and_never_for_authorization() {
        let open = [("access-control-allow-origin", "*"), ("access-control-allow-headers", "*")];
        assert_eq!(preflight(Omit, &["content-type"], &open), Ok(()));
        assert_eq!(preflight(Include, &["content-type"], &open), Err(Violation::WildcardWithCredentials));
        let refused = preflight(Omit, &["authorization"], &open);
        assert_eq!(refused, Err(Violation::HeaderNotAllowed { header: "authorization".into() }));
        let credentialed = [
            ("access-control-allow-origin", ORIGIN),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "*"),
        ];
        let refused = preflight(Include, &["content-type"], &credentialed);
        assert_eq!(refused, Err(Violation::HeaderNotAllowed { header: "content-type".into() }));
    }

    #[test]
    fn credentials_have_to_be_allowed_in_one_spelling() {
        for (value, verdict) in [("true", Ok(())), ("True", Err(Violation::CredentialsNotAllowed))] {
            let answer =
                headers(&[("access-control-allow-origin", ORIGIN), ("access-control-allow-credentials", value)]);
            assert_eq!(check_answer(ORIGIN, Include, &answer), verdict);
        }
    }

    #[test]
    fn an_origin_is_compared_byte_for_byte_and_stands_alone() {
        for allowed in [
            "https://app.example.com/",
            "https://APP.example.com",
            "null",
            "",
            "https://a.example, https://app.example.com",
        ] {
            let answer = headers(&[("access-control-allow-origin", allowed)]);
            assert_eq!(check_answer(ORIGIN, Omit, &answer), Err(Violation::OtherOrigin { allowed: allowed.into() }));
        }
        let twice = headers(&[("access-control-allow-origin", ORIGIN), ("access-control-allow-origin", ORIGIN)]);
        assert!(check_answer(ORIGIN, Omit, &twice).is_err());
    }

    #[test]
    fn the_status_and_the_lists_of_a_preflight_count() {
        let open = headers(&[("access-control-allow-origin", "*")]);
        let verdict = check_preflight(ORIGIN, Omit, "POST", &[], 403, &open);
        assert_eq!(verdict, Err(Violation::Status { status: 403 }));
        let verdict = check_preflight(ORIGIN, Omit, "DELETE", &[], 204, &open);
        assert_eq!(verdict, Err(Violation::MethodNotAllowed { method: "DELETE".into() }));
        let broken = [("access-control-allow-origin", "*"), ("access-control-allow-headers", "content type")];
        let malformed = Err(Violation::Malformed { header: "access-control-allow-headers" });
        assert_eq!(preflight(Omit, &[], &broken), malformed);
    }
}
