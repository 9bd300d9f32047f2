//! An answer, read from all the bytes that a connection gave.

use stepgate::wire::HeaderLookup;

use super::exchange::ExchangeError;

/// What a target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers in the order and case received.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of a name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The beginning of the body, quoted, for people.
    #[must_use]
    pub fn excerpt(&self) -> String {
        const MOST: usize = 200;
        let body = String::from_utf8_lossy(&self.body);
        let more = if body.chars().nth(MOST).is_some() { "…" } else { "" };
        format!("{:?}{more}", body.chars().take(MOST).collect::<String>())
    }

    /// Reads an answer from all the bytes that a connection gave. The answer to a HEAD has only the head.
    pub(super) fn parse(bytes: &[u8], to_head: bool) -> Result<Self, ExchangeError> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        let head = match answer.parse(bytes) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) => return Err(ExchangeError::new("the answer ends within its head")),
            Err(error) => return Err(ExchangeError::new(format!("the answer is no HTTP/1.1: {error}"))),
        };
        let headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect();
        let status = answer.code.unwrap_or_default();
        let mut answer = Self { status, headers, body: bytes[head..].to_vec() };
        if to_head {
            return Ok(answer);
        }
        if answer.header("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            answer.body = joined(&answer.body)?;
        } else if let Some(length) = answer.header("Content-Length").and_then(|value| value.parse::<usize>().ok()) {
            if answer.body.len() < length {
                return Err(ExchangeError::new(format!("the body ends after {} of {length} bytes", answer.body.len())));
            }
            answer.body.truncate(length);
        }
        Ok(answer)
    }
}

impl HeaderLookup for Answer {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.header(name).map(str::as_bytes)
    }
}

/// Joins a chunked body.
fn joined(mut chunks: &[u8]) -> Result<Vec<u8>, ExchangeError> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(chunks) else {
            return Err(ExchangeError::new("the chunked body is broken"));
        };
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let chunk = end.and_then(|end| chunks.get(start..end));
        let Some(chunk) = chunk else {
            return Err(ExchangeError::new("the chunked body ends within a chunk"));
        };
        if chunk.is_empty() {
            return Ok(body);
        }
        body.extend_from_slice(chunk);
        chunks = chunks.get(start + chunk.len() + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_joined() {
        let answer = Answer::parse(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            false,
        );
        assert_eq!(answer.unwrap().body, b"abc");
    }

    #[test]
    fn a_body_cut_short_is_an_error_that_says_by_how_much() {
        let error = Answer::parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", false).unwrap_err();
        assert_eq!(error.to_string(), "the body ends after 2 of 5 bytes");
    }

    #[test]
    fn the_answer_to_a_head_has_a_length_and_no_body() {
        let answer = Answer::parse(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 42\r\n\r\n", true).unwrap();
        assert!(answer.body.is_empty());
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let answer = Answer::parse(b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", false).unwrap();
        assert_eq!((answer.status, answer.header("x-a"), answer.body.len()), (204, Some("b"), 0));
    }
}
