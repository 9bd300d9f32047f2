//! HTTP/1.1 answers, read in place: the head by httparse, the body by length, by chunks or until the connection closes.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use httparse::{Header, Status};
use stepgate::wire::HeaderLookup;

/// Most headers that an answer may have.
const MOST_HEADERS: usize = 64;

/// Largest answer that is read, head and body. A started execution takes some hundred bytes.
pub const LARGEST: usize = 1 << 20;

/// An answer at the beginning of some bytes.
#[derive(Debug)]
pub struct Response<'b> {
    /// HTTP status.
    pub status: u16,
    /// The headers as they stand in the bytes.
    pub headers: Headers<'b>,
    /// The body, chunks joined.
    pub body: Cow<'b, [u8]>,
    /// How many bytes the answer took.
    pub length: usize,
    /// Whether the connection may carry another request.
    pub keep_alive: bool,
}

/// Headers in the bytes of an answer.
#[derive(Debug)]
pub struct Headers<'b> {
    fields: [Header<'b>; MOST_HEADERS],
    count: usize,
}

impl HeaderLookup for Headers<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        let fields = &self.fields[..self.count];
        fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }
}

/// What some bytes hold.
#[derive(Debug)]
pub enum Parsed<'b> {
    /// The beginning of an answer.
    Partial,
    /// A whole answer.
    Complete(Response<'b>),
    /// No answer, or a larger one than is read.
    Invalid,
}

/// Reads the answer at the beginning of `bytes`. `closed`: no more will come.
#[must_use]
pub fn parse(bytes: &[u8], closed: bool) -> Parsed<'_> {
    let mut skipped = 0;
    loop {
        match parse_one(&bytes[skipped..], closed) {
            // An interim answer (100, 103) comes before the one that counts.
            Parsed::Complete(interim) if (100..200).contains(&interim.status) && interim.status != 101 => {
                skipped += interim.length;
            }
            Parsed::Complete(mut response) => {
                response.length += skipped;
                return Parsed::Complete(response);
            }
            Parsed::Partial if bytes.len() >= LARGEST => return Parsed::Invalid,
            other => return other,
        }
    }
}

fn parse_one(bytes: &[u8], closed: bool) -> Parsed<'_> {
    let mut fields = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut head, bytes, &mut fields);
    let start = match parsed {
        Ok(Status::Complete(start)) => start,
        Ok(Status::Partial) => return Parsed::Partial,
        Err(_) => return Parsed::Invalid,
    };
    let status = head.code.unwrap_or(0);
    let mut headers = Headers { fields: [httparse::EMPTY_HEADER; MOST_HEADERS], count: head.headers.len() };
    headers.fields[..head.headers.len()].copy_from_slice(head.headers);
    let has = |name: &str, word: &str| {
        headers.header(name).is_some_and(|value| {
            value.split(|b| *b == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    let mut keep_alive = match head.version {
        Some(1) => !has("connection", "close"),
        _ => has("connection", "keep-alive"),
    };
    let rest = &bytes[start..];
    let (body, length) = if (100..200).contains(&status) || status == 204 || status == 304 {
        (Cow::Borrowed(&rest[..0]), 0)
    } else if has("transfer-encoding", "chunked") {
        match chunked(rest) {
            Chunked::Complete(body, length) => (Cow::Owned(body), length),
            Chunked::Partial => return Parsed::Partial,
            Chunked::Invalid => return Parsed::Invalid,
        }
    } else if let Some(value) = headers.header("content-length") {
        let length = str::from_utf8(value).ok().and_then(|text| text.trim().parse::<usize>().ok());
        match length {
            Some(length) if length > LARGEST => return Parsed::Invalid,
            Some(length) if rest.len() < length => return Parsed::Partial,
            Some(length) => (Cow::Borrowed(&rest[..length]), length),
            None => return Parsed::Invalid,
        }
    } else if closed {
        keep_alive = false;
        (Cow::Borrowed(rest), rest.len())
    } else {
        return Parsed::Partial;
    };
    Parsed::Complete(Response { status, headers, body, length: start + length, keep_alive })
}

enum Chunked {
    Complete(Vec<u8>, usize),
    Partial,
    Invalid,
}

/// Joins the chunks of a body. Trailers are skipped.
fn chunked(bytes: &[u8]) -> Chunked {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let (start, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(Status::Complete((start, size))) => (start, size),
            Ok(Status::Partial) => return Chunked::Partial,
            Err(_) => return Chunked::Invalid,
        };
        let Some(size) = usize::try_from(size).ok().filter(|size| body.len() + size <= LARGEST) else {
            return Chunked::Invalid;
        };
        at += start;
        if size == 0 {
            // Trailers end with an empty line, and there may be none before it.
            loop {
                let Some(line) = bytes[at..].windows(2).position(|w| w == b"\r\n") else { return Chunked::Partial };
                at += line + 2;
                if line == 0 {
                    return Chunked::Complete(body, at);
                }
            }
        }
        let Some(chunk) = bytes.get(at..at + size) else { return Chunked::Partial };
        body.extend_from_slice(chunk);
        at += size;
        match bytes.get(at..at + 2) {
            Some(b"\r\n") => at += 2,
            Some(_) => return Chunked::Invalid,
            None => return Chunked::Partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn complete(bytes: &[u8], closed: bool) -> Response<'_> {
        match parse(bytes, closed) {
            Parsed::Complete(response) => response,
            other => panic!("{other:?}"),
        }
    }

    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\nnext";

    #[test]
    fn bodies_end_by_length_by_chunks_or_with_the_connection() {
        let by_length = complete(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcnext", false);
        assert_eq!((by_length.body.as_ref(), by_length.length, by_length.keep_alive), (&b"abc"[..], 41, true));
        let by_chunks = complete(CHUNKED, false);
        assert_eq!((by_chunks.body.as_ref(), by_chunks.length), (&b"abcde"[..], CHUNKED.len() - 4));
        let until_closed = b"HTTP/1.1 502 Bad Gateway\r\n\r\nsorry";
        assert!(matches!(parse(until_closed, false), Parsed::Partial));
        assert_eq!(complete(until_closed, true).body.as_ref(), b"sorry");
    }

    #[test]
    fn a_connection_is_given_up_when_either_side_says_so() {
        assert!(!complete(b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
        assert!(!complete(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
        assert!(complete(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
    }

    #[test]
    fn interim_answers_are_passed_over() {
        let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}";
        let response = complete(bytes, false);
        assert_eq!((response.status, response.length), (403, bytes.len()));
    }

    #[test]
    fn what_is_no_http_or_too_large_is_invalid() {
        for bytes in [
            &b"SSH-2.0-OpenSSH\r\n"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        ] {
            assert!(matches!(parse(bytes, false), Parsed::Invalid), "{}", String::from_utf8_lossy(bytes));
        }
    }

    proptest! {
        #[test]
        fn every_beginning_of_an_answer_is_partial(cut in 0..CHUNKED.len() - 4) {
            prop_assert!(matches!(parse(&CHUNKED[..cut], false), Parsed::Partial));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), closed: bool) {
            let _ = parse(&bytes, closed);
            let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            answer.extend_from_slice(&bytes);
            let _ = parse(&answer, closed);
        }
    }
}
