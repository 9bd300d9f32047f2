use super::lifetime::{Lifetime, Since};
use super::socket::Wire;
use crate::transport::lease::Retire;
use crate::transport::observed::ObservedBody;
use crate::transport::progress::Progress;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http2;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The body of a request.
pub(super) type Body = ObservedBody<Full<Bytes>>;

/// A connection of HTTP/2.
pub(super) struct Multiplexed {
    pub(super) sender: http2::SendRequest<Body>,
    wire: Arc<Wire>,
    in_flight: AtomicUsize,
    retired: AtomicBool,
    used: Mutex<Since>,
}

impl Multiplexed {
    pub(super) fn new(sender: http2::SendRequest<Body>, wire: Arc<Wire>) -> Self {
        let (in_flight, retired) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { sender, wire, in_flight, retired, used: Mutex::new(Since::now()) }
    }

    /// Whether another request may go out on it, as far as is known.
    pub(super) fn is_alive(&self, lifetime: Lifetime) -> bool {
        if self.retired.load(Ordering::Relaxed) || self.sender.is_closed() || self.wire.age() >= lifetime.age {
            return false;
        }
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.in_flight.load(Ordering::Relaxed) > 0 || used.elapsed() < lifetime.idle
    }

    /// Whether all that came for it was read. While requests are in flight, keep-alive pings watch over it.
    pub(super) fn is_settled(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0 || self.wire.is_quiet()
    }
}

/// One request's part of a connection of HTTP/2.
pub(super) struct Stream {
    connection: Arc<Multiplexed>,
    /// Set while the request is in flight.
    watched: Option<Progress>,
}

impl Stream {
    pub(super) fn on(connection: Arc<Multiplexed>) -> Self {
        connection.in_flight.fetch_add(1, Ordering::Relaxed);
        Self { connection, watched: None }
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.connection.wire
    }

    pub(super) fn connection(&self) -> Arc<Multiplexed> {
        Arc::clone(&self.connection)
    }

    /// A sender for one request, whose progress tells whether its time ran out.
    pub(super) fn watched(&mut self, progress: Progress) -> http2::SendRequest<Body> {
        self.watched = Some(progress);
        self.connection.sender.clone()
    }

    /// The answer was read to its end.
    pub(super) fn complete(&mut self) {
        self.watched = None;
    }
}

impl Retire for Stream {
    fn retire(&self) {
        self.connection.retired.store(true, Ordering::Relaxed);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.watched.as_ref().is_some_and(Progress::is_expired) {
            self.retire();
        }
        *self.connection.used.lock().unwrap_or_else(PoisonError::into_inner) = Since::now();
        self.connection.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
