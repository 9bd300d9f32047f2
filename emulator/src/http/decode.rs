//! Bytes to requests, however the network cuts them.

use std::fmt;
use std::mem::MaybeUninit;

use super::{Headers, Request};

/// Longest request head, in bytes. API Gateway takes 10,240 bytes of header values; what lies between is the gateway's
/// to refuse.
const MOST_HEAD: usize = 64 * 1024;

/// Longest body that is read at all, in bytes. API Gateway takes 10,485,760; what lies between is the gateway's to
/// refuse.
const MOST_BODY: usize = 16 * 1024 * 1024;

/// Most header fields of one request.
const MOST_FIELDS: usize = 128;

/// A buffer that bytes go into and requests come out of.
///
/// ```
/// use stepgate_emulator::http::{Decoded, Decoder};
///
/// let mut decoder = Decoder::default();
/// decoder.buffer().extend_from_slice(b"POST /prod/execute?a=b HTTP/1.1\r\nContent-Length: 2\r\n\r\n{");
/// assert_eq!(decoder.decode()?, Decoded::Incomplete);
/// decoder.buffer().extend_from_slice(b"}");
/// let Decoded::Request { request, keep_alive } = decoder.decode()? else { panic!("it is complete") };
/// assert_eq!((request.path.as_str(), request.query.as_str(), &request.body[..]), ("/prod/execute", "a=b", &b"{}"[..]));
/// assert!(keep_alive);
/// # Ok::<(), stepgate_emulator::http::BadRequest>(())
/// ```
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// The head of the request whose body is being awaited, so that it is parsed once.
    head: Option<Head>,
    continued: bool,
}

/// What a decoder has to give.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded {
    /// More bytes are needed.
    Incomplete,
    /// More bytes are needed, and the caller waits for `100 Continue` before it sends them.
    Continue,
    /// A request; whether the caller wants the connection kept.
    Request {
        /// The request.
        request: Request,
        /// Whether the connection may serve another.
        keep_alive: bool,
    },
}

/// Bytes that are no request that an HTTP/1.1 server may act on. The connection cannot be used any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRequest {
    /// The status to answer with before closing.
    pub status: u16,
    /// What is wrong.
    pub message: &'static str,
}

impl BadRequest {
    const fn new(status: u16, message: &'static str) -> Self {
        Self { status, message }
    }
}

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for BadRequest {}

#[derive(Debug)]
struct Head {
    request: Request,
    length: usize,
    body: Framing,
    keep_alive: bool,
    expects_continue: bool,
}

#[derive(Debug, Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Decoder {
    /// Where received bytes are appended.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Whether a request has begun to arrive.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Takes the next request out of the buffer, if it is there whole.
    ///
    /// # Errors
    /// The bytes are no HTTP/1.x, contradict themselves, or are too many.
    pub fn decode(&mut self) -> Result<Decoded, BadRequest> {
        let head = match self.head.take() {
            Some(head) => head,
            None => match head(&self.buffer)? {
                Some(head) => head,
                None if self.buffer.len() > MOST_HEAD => return Err(BadRequest::new(431, "request head too long")),
                None => return Ok(Decoded::Incomplete),
            },
        };
        let rest = &self.buffer[head.length..];
        let body = match head.body {
            Framing::Length(length) => rest.get(..length).map(|body| (body.to_vec(), length)),
            Framing::Chunked => chunks(rest)?,
        };
        let Some((body, consumed)) = body else {
            let asked = head.expects_continue && rest.is_empty() && !self.continued;
            self.continued |= asked;
            self.head = Some(head);
            return Ok(if asked { Decoded::Continue } else { Decoded::Incomplete });
        };
        self.buffer.drain(..head.length + consumed);
        self.continued = false;
        Ok(Decoded::Request { request: Request { body, ..head.request }, keep_alive: head.keep_alive })
    }
}

fn head(bytes: &[u8]) -> Result<Option<Head>, BadRequest> {
    let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    let length = match parsed.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(BadRequest::new(431, "too many header fields")),
        Err(_) => return Err(BadRequest::new(400, "malformed request")),
    };
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Headers::with_capacity(parsed.headers.len(), length),
        body: Vec::new(),
    };
    let mut content_length = None;
    let mut chunked = false;
    let mut keep_alive = parsed.version == Some(1);
    let mut expects_continue = false;
    for field in parsed.headers.iter() {
        // Bytes above ASCII are read as ISO 8859-1 (RFC 9110, section 5.5).
        let latin: String;
        let value = if let Ok(value) = str::from_utf8(field.value) {
            value
        } else {
            latin = field.value.iter().map(|&byte| char::from(byte)).collect();
            &latin
        };
        request.headers.push(field.name, value);
        if field.name.eq_ignore_ascii_case("content-length") {
            let length = value.parse().map_err(|_| BadRequest::new(400, "content-length is no number"))?;
            if content_length.replace(length).is_some_and(|other| other != length) {
                return Err(BadRequest::new(400, "two different content-lengths"));
            }
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            if !value.eq_ignore_ascii_case("chunked") {
                return Err(BadRequest::new(501, "transfer-encoding is not chunked"));
            }
            chunked = true;
        } else if field.name.eq_ignore_ascii_case("connection") {
            let wants = |token: &str| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token));
            keep_alive = if keep_alive { !wants("close") } else { wants("keep-alive") };
        } else if field.name.eq_ignore_ascii_case("expect") {
            expects_continue = value.eq_ignore_ascii_case("100-continue");
        }
    }
    let body = match (chunked, content_length) {
        // A request that says both may be an attempt to smuggle a second one past a proxy.
        (true, Some(_)) => return Err(BadRequest::new(400, "both content-length and transfer-encoding")),
        (true, None) => Framing::Chunked,
        (false, length) => Framing::Length(length.unwrap_or(0)),
    };
    if matches!(body, Framing::Length(length) if length > MOST_BODY) {
        return Err(BadRequest::new(413, "HTTP content length exceeded 10485760 bytes."));
    }
    Ok(Some(Head { request, length, body, keep_alive, expects_continue }))
}

/// Joins a chunked body; `None` while it is incomplete. Trailers are dropped.
fn chunks(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, BadRequest> {
    let broken = BadRequest::new(400, "malformed chunked body");
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(broken),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size.saturating_add(body.len()) > MOST_BODY {
            return Err(BadRequest::new(413, "HTTP content length exceeded 10485760 bytes."));
        }
        if size == 0 {
            return Ok(trailers(&rest[start..])?.map(|length| (body, at + start + length)));
        }
        let Some(chunk) = rest.get(start..start + size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        match rest.get(start + size..start + size + 2) {
            Some(b"\r\n") => at += start + size + 2,
            Some(_) => return Err(broken),
            None => return Ok(None),
        }
    }
}

/// Length of the trailers, final empty line included.
fn trailers(bytes: &[u8]) -> Result<Option<usize>, BadRequest> {
    if bytes.starts_with(b"\r\n") {
        return Ok(Some(2));
    }
    match httparse::parse_headers(bytes, &mut [httparse::EMPTY_HEADER; 16]) {
        Ok(httparse::Status::Complete((length, _))) => Ok(Some(length)),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(BadRequest::new(400, "malformed trailers")),
    }
}

#[cfg(test)]
mod tests;
