//! The one gate for headers that users set.

use crate::mistake::Mistake;

/// Headers that decide where a request ends, or how it is signed: a second one would contradict ours.
const OURS: [&str; 5] = ["content-length", "transfer-encoding", "connection", "x-amz-date", "x-amz-security-token"];

/// Whether requests may carry a header. A `Host` may be set: it takes the place of the URL's, as private APIs behind a VPC
/// endpoint need it.
///
/// # Errors
/// Why not, in words.
pub(crate) fn check_header(name: &str, value: &str) -> Result<(), Mistake> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte);
    // What was written as a name may hold the value, which may be a secret: it is not repeated.
    if name.is_empty() || !name.bytes().all(token) {
        return Err(Mistake::usage("this is not a legal HTTP header: its name may consist of letters, digits and `-`"));
    }
    if value.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Mistake::usage(format!(
            "`{name}` is not a legal HTTP header: its value holds a control character"
        )));
    }
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Err(Mistake::usage(format!("`{name}` is set by loadgen itself")));
    }
    if name.eq_ignore_ascii_case("host") && value.trim().is_empty() {
        return Err(Mistake::usage("an empty Host names no target"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_request_is_ours_and_the_host_is_anybodys() {
        for (name, value) in [("Host", "api.private.test"), ("x-trace", "a: b"), ("x.y~z", "")] {
            assert_eq!(check_header(name, value), Ok(()), "{name}");
        }
        for (name, value) in
            [("Content-Length", "1"), ("TRANSFER-ENCODING", "chunked"), ("connection", "close"), ("Host", " ")]
        {
            assert!(check_header(name, value).is_err(), "{name}");
        }
        for (name, value) in [("", "a"), ("a b", "c"), ("a", "b\r\nhost: evil"), ("a:", "b")] {
            assert!(check_header(name, value).unwrap_err().message.contains("not a legal"), "{name}");
        }
    }
}
