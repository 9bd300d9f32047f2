//! Bytes to requests, however the network cuts them.

use std::mem::MaybeUninit;

use super::chunked::Chunked;
use super::{BadRequest, Headers, Request};

/// Longest request head, in bytes. API Gateway takes 10,240 bytes of header values; what lies between is the gateway's
/// to refuse.
const MOST_HEAD: usize = 64 * 1024;

/// Longest body that is read at all, in bytes. API Gateway takes 10,485,760; what lies between is the gateway's to
/// refuse.
const MOST_BODY: usize = 16 * 1024 * 1024;

/// Bytes that the buffer keeps for the next request.
const KEPT: usize = 64 * 1024;

/// Most header fields of one request.
const MOST_FIELDS: usize = 128;

/// A buffer that bytes go into and requests come out of.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    buffer: Vec<u8>,
    /// Bytes at its beginning that are done with: they are dropped before more come, once for all requests that came together.
    taken: usize,
    /// The head of the request whose body is being awaited, so that it is parsed once.
    head: Option<Head>,
    /// Bytes in which the end of a head was looked for.
    searched: usize,
    /// Bytes that were parsed as a head in vain.
    parsed: usize,
}

/// What a decoder has to give.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
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

#[derive(Debug)]
struct Head {
    request: Request,
    body: Framing,
    keep_alive: bool,
    expects_continue: bool,
}

#[derive(Debug)]
enum Framing {
    Length(usize),
    Chunked(Chunked),
}

impl Decoder {
    /// Where received bytes are appended.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
            // Some room is kept for the next request.
            self.buffer.shrink_to(KEPT);
        }
        &mut self.buffer
    }

    /// What has arrived and is not done with.
    fn rest(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    /// Whether no request has begun to arrive.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest().is_empty() && self.head.is_none()
    }

    /// How many bytes of a request that has begun to arrive are here.
    #[must_use]
    pub(crate) fn held(&self) -> usize {
        let body = self.head.as_ref().map_or(0, |head| match &head.body {
            Framing::Length(_) => 0,
            Framing::Chunked(chunked) => chunked.received(),
        });
        self.rest().len() + body
    }

    /// Takes the next request out of the buffer, if it is there whole.
    ///
    /// # Errors
    /// The bytes are no HTTP/1.x, contradict themselves, or are too many.
    pub(crate) fn decode(&mut self) -> Result<Decoded, BadRequest> {
        let head = match self.head.take() {
            Some(head) => Some(head),
            None => self.read_head()?,
        };
        let Some(mut head) = head else { return Ok(Decoded::Incomplete) };
        let rest = self.rest();
        let nothing_yet = rest.is_empty();
        let (consumed, complete) = match &mut head.body {
            // Taken with the rest of the request.
            Framing::Length(length) => (0, rest.len() >= *length),
            Framing::Chunked(chunked) => {
                let progress = chunked.take(rest)?;
                (progress.consumed, progress.complete)
            }
        };
        self.taken += consumed;
        if !complete {
            let asked = head.expects_continue && nothing_yet;
            head.expects_continue &= !asked;
            self.head = Some(head);
            return Ok(if asked { Decoded::Continue } else { Decoded::Incomplete });
        }
        let body = match head.body {
            Framing::Length(length) => {
                // Copied, so that the buffer keeps its room.
                let body = self.rest()[..length].to_vec();
                self.taken += length;
                body
            }
            Framing::Chunked(chunked) => chunked.into_body(),
        };
        Ok(Decoded::Request { request: Request { body, ..head.request }, keep_alive: head.keep_alive })
    }

    /// Takes the head, once it is there. It is parsed again only when its end has come or twice as much is there, so
    /// that one that drips in byte by byte costs no more than one that comes at once.
    fn read_head(&mut self) -> Result<Option<Head>, BadRequest> {
        let length = self.rest().len();
        let from = std::mem::replace(&mut self.searched, length).saturating_sub(3);
        if self.parsed > 0 {
            let new = &self.rest()[from..];
            let ends = new.windows(2).any(|two| two == b"\n\n") || new.windows(4).any(|four| four == b"\r\n\r\n");
            if !ends && length < 2 * self.parsed {
                return too_long(length);
            }
        }
        self.parsed = length;
        match head(self.rest())? {
            Some((head, length)) => {
                self.taken += length;
                (self.searched, self.parsed) = (0, 0);
                Ok(Some(head))
            }
            None => too_long(length),
        }
    }
}

fn too_long<T>(bytes: usize) -> Result<Option<T>, BadRequest> {
    if bytes > MOST_HEAD { Err(BadRequest::new(431, "request head too long")) } else { Ok(None) }
}

/// A head and its length, once it is whole.
fn head(bytes: &[u8]) -> Result<Option<(Head, usize)>, BadRequest> {
    let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    let length = match parsed.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(httparse::Status::Complete(length)) if length > MOST_HEAD => return too_long(length),
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(BadRequest::new(431, "too many header fields")),
        Err(_) => return Err(BadRequest::new(400, "malformed request")),
    };
    let (path, query) = target(parsed.path.unwrap_or_default());
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Headers::with_capacity(parsed.headers.len(), length),
        body: Vec::new(),
    };
    let modern = parsed.version == Some(1);
    let mut said = Said::default();
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
        said.field(field.name, value)?;
    }
    if modern && said.hosts != 1 || said.hosts > 1 {
        return Err(BadRequest::new(400, "a request names one host"));
    }
    if said.chunked && !modern {
        return Err(BadRequest::new(400, "transfer-encoding in HTTP/1.0"));
    }
    let body = match (said.chunked, said.length) {
        // A request that says both may be an attempt to smuggle a second one past a proxy.
        (true, Some(_)) => return Err(BadRequest::new(400, "both content-length and transfer-encoding")),
        (true, None) => Framing::Chunked(Chunked::new(MOST_BODY)),
        (false, Some(length)) if length > MOST_BODY => return Err(BadRequest::TOO_LONG),
        (false, length) => Framing::Length(length.unwrap_or(0)),
    };
    let keep_alive = !said.close && (modern || said.keep_alive);
    Ok(Some((Head { request, body, keep_alive, expects_continue: said.expects_continue }, length)))
}

/// Path and query of a request's target, which a proxy's client writes with scheme and host (RFC 9112, section 3.2.2).
fn target(target: &str) -> (&str, &str) {
    let scheme = ["http://", "https://"]
        .into_iter()
        .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let target = match scheme {
        Some(scheme) => {
            let rest = &target[scheme.len()..];
            rest.find(['/', '?']).map_or("/", |at| &rest[at..])
        }
        None => target,
    };
    match target.split_once('?') {
        Some(("", query)) => ("/", query),
        Some((path, query)) => (path, query),
        None => (target, ""),
    }
}

/// What the header fields say of the connection and the body.
#[expect(clippy::struct_excessive_bools, reason = "each is a word that a field may hold")]
#[derive(Debug, Default)]
struct Said {
    hosts: usize,
    length: Option<usize>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
}

impl Said {
    fn field(&mut self, name: &str, value: &str) -> Result<(), BadRequest> {
        if name.eq_ignore_ascii_case("host") {
            self.hosts += 1;
        } else if name.eq_ignore_ascii_case("content-length") {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let length = value.parse().ok().filter(|_| digits);
            let length = length.ok_or(BadRequest::new(400, "content-length is not a number"))?;
            if self.length.replace(length).is_some_and(|other| other != length) {
                return Err(BadRequest::new(400, "two different content-lengths"));
            }
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if self.chunked {
                return Err(BadRequest::new(400, "transfer-encoding twice"));
            }
            if !value.eq_ignore_ascii_case("chunked") {
                return Err(BadRequest::new(501, "transfer-encoding is not chunked"));
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case("connection") {
            let wants = |token: &str| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token));
            self.close |= wants("close");
            self.keep_alive |= wants("keep-alive");
        } else if name.eq_ignore_ascii_case("expect") {
            self.expects_continue = value.eq_ignore_ascii_case("100-continue");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
