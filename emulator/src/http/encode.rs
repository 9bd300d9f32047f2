//! Answers to bytes.

use std::cell::RefCell;
use std::io::Write;
use std::time::Duration;

use super::Response;

pub(super) fn response(response: &Response, out: &mut Vec<u8>, at: Duration, keep_alive: bool, head_only: bool) {
    // One below 200 would be taken for a word before the answer, and the next answer for this one.
    let status = http::StatusCode::from_u16(response.status).ok().filter(|status| !status.is_informational());
    let status = status.unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Unknown");
    for part in ["HTTP/1.1 ", status.as_str(), " ", reason, "\r\nDate: "] {
        out.extend_from_slice(part.as_bytes());
    }
    put_date(out, at);
    out.extend_from_slice(b"\r\n");
    for (name, value) in &response.headers {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        let start = out.len();
        out.extend_from_slice(value.as_bytes());
        // A value that came from a template must not be able to end its line, nor hold what no value may (RFC 9110, 5.5). To
        // look at all of its bytes takes no longer than to stop at one, which hardly any has.
        let is_bad = |byte: u8| byte.is_ascii_control() && byte != b'\t';
        if value.bytes().fold(false, |found, byte| found | is_bad(byte)) {
            out[start..].iter_mut().filter(|byte| is_bad(**byte)).for_each(|byte| *byte = b' ');
        }
        out.extend_from_slice(b"\r\n");
    }
    // RFC 9110, section 8.6: no length and no body with 204.
    let bodiless = status == http::StatusCode::NO_CONTENT;
    if !bodiless {
        // Writing to a vector cannot fail.
        let _ = write!(out, "Content-Length: {}\r\n", response.body.len());
    }
    out.extend_from_slice(if keep_alive { b"Connection: keep-alive\r\n\r\n" } else { b"Connection: close\r\n\r\n" });
    if !bodiless && !head_only {
        out.extend_from_slice(&response.body);
    }
}

/// The time as an HTTP date, which a thread writes anew once a second.
fn put_date(out: &mut Vec<u8>, at: Duration) {
    thread_local! {
        static DATE: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
    }
    let second = at.as_secs();
    DATE.with_borrow_mut(|(of, date)| {
        if *of != second {
            *date = super::date(at);
            *of = second;
        }
        out.extend_from_slice(date.as_bytes());
    });
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
        let response = Response {
            status: 200,
            headers: vec![("A".into(), "b\r\nSet-Cookie: c\t\0\x1b\x7f.".into())],
            body: vec![],
        };
        assert!(written(&response, false).contains("A: b  Set-Cookie: c\t   .\r\n"));
    }

    #[test]
    fn no_answer_has_a_status_that_only_tells_of_one_to_come() {
        for status in [100, 101, 199, 99, 1_000] {
            let response = Response { status, headers: vec![], body: b"four".to_vec() };
            let written = written(&response, false);
            assert!(written.starts_with("HTTP/1.1 500 ") && written.ends_with("\r\n\r\nfour"), "{written}");
        }
    }
}
