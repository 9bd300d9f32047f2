//! HTTP/1.1 as the endpoint needs it: header names keep their case both ways, because API Gateway's do.
//!
//! Decoding and encoding are pure; sockets are the server's business.

mod bad_request;
mod chunked;
mod decode;
mod encode;
mod headers;

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

pub(crate) use bad_request::BadRequest;
pub(crate) use decode::{Decoded, Decoder};
pub use headers::Headers;

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, as in `POST`.
    pub method: String,
    /// The path as sent, percent-encoding and all.
    pub path: String,
    /// What follows the `?`, as sent; empty when there is none.
    pub query: String,
    /// The headers, in order and in their own case.
    pub headers: Headers,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

/// When and from where a request came, and of what its ids are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Time since the Unix epoch.
    pub(crate) at: Duration,
    /// The caller's address.
    pub(crate) source: IpAddr,
    /// Fresh for each request.
    pub(crate) seeds: IdSeeds,
}

/// The random bytes of which the ids of one request are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdSeeds {
    /// Of the request id, a UUID.
    pub(crate) request: [u8; 16],
    /// Of the extended request id, 16 characters.
    pub(crate) extended: [u8; 11],
    /// Of the trace id, 24 hexadecimal digits.
    pub(crate) trace: [u8; 12],
    /// Of the id that the backend gives to the call that is made for it, a UUID.
    pub(crate) backend: [u8; 16],
}

impl Arrival {
    /// A fresh request id: a version 4 UUID, as AWS's are today.
    #[must_use]
    pub(crate) fn request_id(&self) -> String {
        request_id(self.seeds.request)
    }
}

/// A version 4 UUID.
pub(crate) fn request_id(seed: [u8; 16]) -> String {
    uuid::Builder::from_random_bytes(seed).into_uuid().to_string()
}

/// A time since the Unix epoch as the header `Date` has it.
pub(crate) fn date(at: Duration) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at.as_secs()))
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Response {
    /// HTTP status.
    pub(crate) status: u16,
    /// Headers in the order and case in which they are written, without `Content-Length`, `Connection` and `Date`.
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The first header of a name, whatever its case.
    #[must_use]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Appends the whole answer as it goes over the wire.
    ///
    /// `at` is the time of the `Date` header since the Unix epoch; `keep_alive` says what `Connection` announces;
    /// `head_only` leaves the body out, as an answer to `HEAD` does.
    pub(crate) fn write_to(&self, out: &mut Vec<u8>, at: Duration, keep_alive: bool, head_only: bool) {
        encode::response(self, out, at, keep_alive, head_only);
    }
}
