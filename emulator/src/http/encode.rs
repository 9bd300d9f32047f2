//! Answers to bytes.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use super::Response;

pub(super) fn response(response: &Response, out: &mut Vec<u8>, at: Duration, keep_alive: bool, head_only: bool) {
    let status = http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let date = httpdate::fmt_http_date(UNIX_EPOCH + at);
    let reason = status.canonical_reason().unwrap_or("Unknown");
    // Writing to a vector cannot fail.
    let _ = write!(out, "HTTP/1.1 {} {reason}\r\nDate: {date}\r\n", status.as_u16());
    for (name, value) in &response.headers {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        // A value that came from a template must not be able to end its line.
        out.extend(value.bytes().map(|byte| if byte == b'\r' || byte == b'\n' { b' ' } else { byte }));
        out.extend_from_slice(b"\r\n");
    }
    // RFC 9110, section 8.6: no length and no body with 1xx and 204.
    let bodiless = status.is_informational() || status == http::StatusCode::NO_CONTENT;
    if !bodiless {
        let _ = write!(out, "Content-Length: {}\r\n", response.body.len());
    }
    let _ = write!(out, "Connection: {connection}\r\n\r\n");
    if !bodiless && !head_only {
        out.extend_from_slice(&response.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(response: &Response, head_only: bool) -> String {
        let mut out = Vec::new();
        super::response(response, &mut out, Duration::from_secs(1_573_573_209), true, head_only);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn header_names_keep_their_case() {
        let response =
            Response { status: 200, headers: vec![("x-amzn-RequestId".into(), "r".into())], body: b"{}".to_vec() };
        assert_eq!(
            written(&response, false),
            "HTTP/1.1 200 OK\r\nDate: Tue, 12 Nov 2019 15:40:09 GMT\r\nx-amzn-RequestId: r\r\nContent-Length: 2\r\n\
             Connection: keep-alive\r\n\r\n{}"
        );
    }

    #[test]
    fn an_answer_without_content_has_neither_length_nor_body() {
        let response = Response { status: 204, headers: vec![], body: b"ignored".to_vec() };
        assert!(written(&response, false).ends_with("GMT\r\nConnection: keep-alive\r\n\r\n"));
    }

    #[test]
    fn an_answer_to_head_says_the_length_and_keeps_the_body() {
        let response = Response { status: 200, headers: vec![], body: b"four".to_vec() };
        assert!(written(&response, true).ends_with("Content-Length: 4\r\nConnection: keep-alive\r\n\r\n"));
    }

    #[test]
    fn a_header_value_cannot_end_its_line() {
        let response = Response { status: 200, headers: vec![("A".into(), "b\r\nSet-Cookie: c".into())], body: vec![] };
        assert!(written(&response, false).contains("A: b  Set-Cookie: c\r\n"));
    }
}
