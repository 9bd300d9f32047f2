//! HTTP/1.1 answers, read in place: the head by httparse, the body by length, by chunks or until the connection closes.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::mem::MaybeUninit;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use httparse::{Header, Status};
use stepgate::wire::HeaderLookup;

/// Headers for which there is room without asking for memory.
const FEW_HEADERS: usize = 64;

/// Most headers that an answer may have.
const MOST_HEADERS: usize = 16 << 10;

/// Largest answer that is read, head and body. A started execution takes some hundred bytes.
pub(crate) const LARGEST: usize = 1 << 20;

/// An answer at the beginning of some bytes. Its headers stand in the caller's `Fields`.
#[derive(Debug)]
pub struct Response<'f, 'b> {
    /// HTTP status.
    pub status: u16,
    /// The headers as they stand in the bytes.
    pub headers: Headers<'f, 'b>,
    /// The body, chunks joined.
    pub body: Cow<'b, [u8]>,
    /// How many bytes the answer took.
    pub length: usize,
    /// Whether the connection may carry another request.
    pub keep_alive: bool,
}

/// Room for the headers of an answer: two kilobytes that are neither cleared nor moved, and more for the few answers that
/// have more of them.
#[derive(Debug)]
pub struct Fields<'b> {
    few: [MaybeUninit<Header<'b>>; FEW_HEADERS],
    many: Vec<Header<'b>>,
}

/// Empty room.
#[must_use]
pub const fn fields<'b>() -> Fields<'b> {
    Fields { few: [const { MaybeUninit::uninit() }; FEW_HEADERS], many: Vec::new() }
}

/// What is known of some bytes besides themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context {
    /// No more bytes will come.
    pub closed: bool,
    /// They answer a HEAD request, so that no body follows whatever the headers say.
    pub to_head: bool,
}

/// Headers in the bytes of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'f, 'b>(&'f [Header<'b>]);

impl<'b> Headers<'_, 'b> {
    /// Every header, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'b str, &'b [u8])> + '_ {
        self.0.iter().map(|field| (field.name, field.value))
    }
}

impl HeaderLookup for Headers<'_, '_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }
}

/// What some bytes hold.
#[derive(Debug)]
pub enum Parsed<'f, 'b> {
    /// The beginning of an answer.
    Partial,
    /// A whole answer.
    Complete(Response<'f, 'b>),
    /// No answer, or a larger one than is read.
    Invalid(Flaw),
}

/// Why some bytes are no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// They are something else.
    NotHttp,
    /// There are more of them than are read.
    TooLarge,
    /// There are more headers than are read.
    TooManyHeaders,
    /// `Content-Length` is not one number.
    Length,
    /// A chunk does not say how long it is, or is longer.
    Chunks,
    /// The body is not in the coding that `Content-Encoding` names.
    Coding,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => f.write_str("what came is not HTTP/1.1"),
            Self::TooLarge => write!(f, "the answer is larger than {} MiB", LARGEST >> 20),
            Self::TooManyHeaders => write!(f, "the answer has more than {MOST_HEADERS} headers"),
            Self::Length => f.write_str("the Content-Length of the answer is not one number"),
            Self::Chunks => f.write_str("the answer is not chunked as Transfer-Encoding says"),
            Self::Coding => f.write_str("the body of the answer is not in the coding that Content-Encoding says"),
        }
    }
}

/// Reads the answer at the beginning of `bytes`.
#[must_use]
pub fn parse<'f, 'b>(bytes: &'b [u8], context: Context, room: &'f mut Fields<'b>) -> Parsed<'f, 'b> {
    let parsed = match interim(bytes) {
        Some(skipped) => match parse_one(&bytes[skipped..], context, room) {
            Parsed::Complete(response) => Parsed::Complete(Response { length: response.length + skipped, ..response }),
            other => other,
        },
        None => Parsed::Partial,
    };
    match parsed {
        Parsed::Partial if bytes.len() >= LARGEST => Parsed::Invalid(Flaw::TooLarge),
        parsed => parsed,
    }
}

/// The length of the interim answers (100, 103) that come before the one that counts; `None` while it is open whether
/// there is another.
fn interim(bytes: &[u8]) -> Option<usize> {
    let mut skipped = 0;
    let status = |at: usize| {
        let rest: &[u8] = &bytes[at..];
        rest.strip_prefix(b"HTTP/1.1 ").or_else(|| rest.strip_prefix(b"HTTP/1.0 "))
    };
    while status(skipped).is_some_and(|status| status.starts_with(b"1") && !status.starts_with(b"101")) {
        skipped += bytes[skipped..].windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    }
    Some(skipped)
}

fn parse_one<'f, 'b>(bytes: &'b [u8], context: Context, room: &'f mut Fields<'b>) -> Parsed<'f, 'b> {
    let Fields { few, many } = room;
    let mut head = httparse::Response::new(&mut []);
    let mut parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut head, bytes, few);
    if parsed == Err(httparse::Error::TooManyHeaders) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').take(MOST_HEADERS).count();
        *many = vec![httparse::EMPTY_HEADER; lines];
        head = httparse::Response::new(many);
        parsed = head.parse(bytes);
    }
    let start = match parsed {
        Ok(Status::Complete(start)) => start,
        Ok(Status::Partial) => return Parsed::Partial,
        Err(httparse::Error::TooManyHeaders) => return Parsed::Invalid(Flaw::TooManyHeaders),
        Err(_) => return Parsed::Invalid(Flaw::NotHttp),
    };
    let status = head.code.unwrap_or(0);
    let version = head.version;
    let headers = Headers(head.headers);
    let Framing { length, chunks, encoding, close, keep_alive } = Framing::of(headers);
    let mut keep_alive = if version == Some(1) { !close } else { keep_alive };
    let rest = &bytes[start..];
    let (body, length) = if context.to_head || (100..200).contains(&status) || status == 204 || status == 304 {
        (Cow::Borrowed(&rest[..0]), 0)
    } else if chunks {
        match chunked(rest) {
            Chunked::Complete(body, length) => (Cow::Owned(body), length),
            Chunked::Partial => return Parsed::Partial,
            Chunked::Invalid(flaw) => return Parsed::Invalid(flaw),
        }
    } else if let Some(value) = length {
        match value {
            Ok(length) if length > LARGEST => return Parsed::Invalid(Flaw::TooLarge),
            Ok(length) if rest.len() < length => return Parsed::Partial,
            Ok(length) => (Cow::Borrowed(&rest[..length]), length),
            Err(flaw) => return Parsed::Invalid(flaw),
        }
    } else if context.closed {
        keep_alive = false;
        (Cow::Borrowed(rest), rest.len())
    } else {
        return Parsed::Partial;
    };
    let body = match encoding {
        Some(encoding) if !body.is_empty() => match decoded(&body, encoding) {
            Ok(body) => Cow::Owned(body),
            Err(flaw) => return Parsed::Invalid(flaw),
        },
        _ => body,
    };
    Parsed::Complete(Response { status, headers, body, length: start + length, keep_alive })
}

/// A body without its content coding. Codings that nobody asks for through us (`br`, `zstd`) leave the body as it is.
fn decoded(body: &[u8], encoding: &[u8]) -> Result<Vec<u8>, Flaw> {
    let mut plain = Vec::new();
    let limit = LARGEST as u64 + 1;
    let read = if encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip") {
        MultiGzDecoder::new(body).take(limit).read_to_end(&mut plain)
    } else if encoding.eq_ignore_ascii_case(b"deflate") {
        ZlibDecoder::new(body).take(limit).read_to_end(&mut plain)
    } else {
        return Ok(body.to_vec());
    };
    match read {
        Ok(length) if length <= LARGEST => Ok(plain),
        Ok(_) => Err(Flaw::TooLarge),
        Err(_) => Err(Flaw::Coding),
    }
}

/// The number in a `Content-Length`: digits and nothing else. Who repeats it after a comma says nothing new.
fn one_length(value: &[u8]) -> Result<usize, Flaw> {
    let mut numbers = value.split(|byte| *byte == b',').map(|number| {
        let number = number.trim_ascii();
        let digits = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
        str::from_utf8(number).ok().filter(|_| digits).and_then(|digits| digits.parse().ok()).ok_or(Flaw::Length)
    });
    let first = numbers.next().unwrap_or(Err(Flaw::Length))?;
    if numbers.all(|other| other == Ok(first)) { Ok(first) } else { Err(Flaw::Length) }
}

/// What the headers say about the end of the body and of the connection, read in one pass.
struct Framing<'b> {
    /// The number in `Content-Length`, if there is one. Two that differ are none: whoever picks one of them may take the rest
    /// of the body for the next answer (RFC 9112, section 6.3).
    length: Option<Result<usize, Flaw>>,
    chunks: bool,
    encoding: Option<&'b [u8]>,
    close: bool,
    keep_alive: bool,
}

impl<'b> Framing<'b> {
    fn of(headers: Headers<'_, 'b>) -> Self {
        let mut framing = Self { length: None, chunks: false, encoding: None, close: false, keep_alive: false };
        let has = |value: &[u8], word: &str| {
            value.split(|b| *b == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        };
        for field in headers.0 {
            // Lengths of names tell nearly all of them apart.
            match field.name.len() {
                14 if field.name.eq_ignore_ascii_case("content-length") => {
                    let length = one_length(field.value);
                    let differs = framing.length.is_some_and(|other| other != length);
                    framing.length = Some(if differs { Err(Flaw::Length) } else { length });
                }
                17 if field.name.eq_ignore_ascii_case("transfer-encoding") => {
                    framing.chunks |= has(field.value, "chunked");
                }
                16 if field.name.eq_ignore_ascii_case("content-encoding") => {
                    framing.encoding = Some(field.value.trim_ascii());
                }
                10 if field.name.eq_ignore_ascii_case("connection") => {
                    framing.close |= has(field.value, "close");
                    framing.keep_alive |= has(field.value, "keep-alive");
                }
                _ => {}
            }
        }
        framing
    }
}

enum Chunked {
    Complete(Vec<u8>, usize),
    Partial,
    Invalid(Flaw),
}

/// Joins the chunks of a body. Trailers are skipped.
fn chunked(bytes: &[u8]) -> Chunked {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let (start, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(Status::Complete((start, size))) => (start, size),
            Ok(Status::Partial) => return Chunked::Partial,
            Err(_) => return Chunked::Invalid(Flaw::Chunks),
        };
        let whole = |size: &usize| size.checked_add(body.len()).is_some_and(|whole| whole <= LARGEST);
        let Some(size) = usize::try_from(size).ok().filter(whole) else {
            return Chunked::Invalid(Flaw::TooLarge);
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
            Some(_) => return Chunked::Invalid(Flaw::Chunks),
            None => return Chunked::Partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn context(closed: bool) -> Context {
        Context { closed, to_head: false }
    }

    struct Whole {
        status: u16,
        body: Vec<u8>,
        length: usize,
        keep_alive: bool,
    }

    fn complete(bytes: &[u8], closed: bool) -> Whole {
        match parse(bytes, context(closed), &mut fields()) {
            Parsed::Complete(r) => {
                Whole { status: r.status, body: r.body.into_owned(), length: r.length, keep_alive: r.keep_alive }
            }
            other => panic!("{other:?}"),
        }
    }

    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\nnext";

    #[test]
    fn bodies_end_by_length_by_chunks_or_with_the_connection() {
        let by_length = complete(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcnext", false);
        assert_eq!((by_length.body.as_slice(), by_length.length, by_length.keep_alive), (&b"abc"[..], 41, true));
        let by_chunks = complete(CHUNKED, false);
        assert_eq!((by_chunks.body.as_slice(), by_chunks.length), (&b"abcde"[..], CHUNKED.len() - 4));
        let until_closed = b"HTTP/1.1 502 Bad Gateway\r\n\r\nsorry";
        assert!(matches!(parse(until_closed, Context::default(), &mut fields()), Parsed::Partial));
        assert_eq!(complete(until_closed, true).body.as_slice(), b"sorry");
    }

    #[test]
    fn a_connection_is_given_up_when_either_side_says_so() {
        assert!(!complete(b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
        assert!(!complete(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
        assert!(complete(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
    }

    #[test]
    fn the_answer_to_a_head_has_a_length_and_no_body() {
        let bytes = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 42\r\n\r\n";
        let context = Context { to_head: true, ..Context::default() };
        let mut room = fields();
        let Parsed::Complete(answer) = parse(bytes, context, &mut room) else { panic!("it is whole") };
        assert!(answer.body.is_empty());
    }

    #[test]
    fn an_answer_may_have_as_many_headers_as_a_proxy_likes() {
        let more = (0..1_000).fold(String::new(), |more, n| more + &format!("x-hop-{n}: {n}\r\n"));
        let bytes = format!("HTTP/1.1 200 OK\r\n{more}Content-Length: 2\r\n\r\n{{}}");
        let mut room = fields();
        let Parsed::Complete(answer) = parse(bytes.as_bytes(), Context::default(), &mut room) else {
            panic!("it is whole")
        };
        assert_eq!((answer.headers.iter().count(), answer.headers.header("X-Hop-999")), (1_001, Some(&b"999"[..])));
        let too_many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a:\r\n".repeat(MOST_HEADERS + 1));
        assert!(matches!(
            parse(too_many.as_bytes(), Context::default(), &mut fields()),
            Parsed::Invalid(Flaw::TooManyHeaders)
        ));
    }

    #[test]
    fn a_compressed_body_is_read_as_what_it_says_and_a_bomb_is_not() {
        let encoded = |body: &[u8]| {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut writer, body).unwrap();
            let body = writer.finish().unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: GZIP\r\nContent-Length: {}\r\n\r\n", body.len());
            [head.as_bytes(), &body].concat()
        };
        let bytes = encoded(b"{\"executionArn\":\"x\"}");
        let response = complete(&bytes, false);
        assert_eq!((&*response.body, response.length), (&b"{\"executionArn\":\"x\"}"[..], bytes.len()));
        let bomb = encoded(&vec![0; LARGEST + 1]);
        assert!(matches!(parse(&bomb, Context::default(), &mut fields()), Parsed::Invalid(Flaw::TooLarge)));
        let broken = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";
        assert!(matches!(parse(broken, Context::default(), &mut fields()), Parsed::Invalid(Flaw::Coding)));
    }

    #[test]
    fn a_length_that_is_repeated_is_one_length() {
        for lengths in ["Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2, 2", "Content-Length:  2 "] {
            let bytes = format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\n{{}}");
            assert_eq!(&*complete(bytes.as_bytes(), false).body, b"{}", "{lengths}");
        }
    }

    #[test]
    fn interim_answers_are_passed_over() {
        for version in ["1.1", "1.0"] {
            let bytes =
                format!("HTTP/{version} 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{{}}");
            let response = complete(bytes.as_bytes(), false);
            assert_eq!((response.status, response.length), (403, bytes.len()));
        }
    }

    #[test]
    fn what_is_no_http_or_too_large_is_invalid() {
        for (bytes, expected) in [
            (&b"SSH-2.0-OpenSSH\r\n"[..], Flaw::NotHttp),
            (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Flaw::Length),
            (b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}", Flaw::Length),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", Flaw::Length),
            (b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", Flaw::Length),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Flaw::Length),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", Flaw::Length),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}", Flaw::Length),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nffffffffffffffff\r\nabc\r\n",
                Flaw::TooLarge,
            ),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nfffffffffffffff0\r\nabc\r\n",
                Flaw::TooLarge,
            ),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", Flaw::TooLarge),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Flaw::Chunks),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n", Flaw::TooLarge),
        ] {
            let shown = String::from_utf8_lossy(bytes);
            match parse(bytes, Context::default(), &mut fields()) {
                Parsed::Invalid(flaw) => assert_eq!(flaw, expected, "{shown}"),
                other => panic!("{shown}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn every_beginning_of_an_answer_is_partial(cut in 0..CHUNKED.len() - 4) {
            prop_assert!(matches!(parse(&CHUNKED[..cut], Context::default(), &mut fields()), Parsed::Partial));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), closed: bool) {
            let _ = parse(&bytes, context(closed), &mut fields());
            let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            answer.extend_from_slice(&bytes);
            let _ = parse(&answer, context(closed), &mut fields());
        }
    }
}
