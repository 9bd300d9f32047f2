use super::route::Route;
use super::socket::Wire;
use crate::transport::lease::Retire;
use crate::transport::observed::ObservedBody;
use crate::transport::progress::Progress;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

pub(super) type Body = ObservedBody<Full<Bytes>>;

/// Open connections. Whoever takes one is told that it is alive as far as the kernel knows.
pub(super) struct Pool {
    routes: Mutex<Vec<Connections>>,
    idle_timeout: Duration,
    max_idle: usize,
}

/// The connections of one route.
struct Connections {
    route: Route,
    idle: Vec<Idle>,
    multiplexed: Option<Arc<Multiplexed>>,
}

struct Idle {
    sender: http1::SendRequest<Body>,
    wire: Arc<Wire>,
    since: Since,
}

/// An instant on both clocks: the monotonic one may stand still while a machine sleeps, the wall clock may be set.
#[derive(Clone, Copy)]
struct Since {
    monotonic: Instant,
    wall: SystemTime,
}

impl Since {
    fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    fn elapsed(self) -> Duration {
        self.monotonic.elapsed().max(self.wall.elapsed().unwrap_or_default())
    }
}

/// What a pool has for a request.
pub(super) enum Taken {
    Connection(Pooled),
    /// A connection for which something came that nobody has read yet: a farewell, an answer too many, or mere
    /// housekeeping. Whoever drives it will know.
    Unsettled,
    Nothing,
}

/// A connection for one request.
pub(super) enum Pooled {
    Exclusive(Exclusive),
    Shared(Stream),
}

impl Pool {
    pub(super) const fn new(idle_timeout: Duration, max_idle: usize) -> Self {
        Self { routes: Mutex::new(Vec::new()), idle_timeout, max_idle }
    }

    /// A connection that is alive, if there is one. Unless it is worth it to `wait`, an unsettled one is given up.
    pub(super) fn take(self: &Arc<Self>, route: &Route, wait: bool) -> Taken {
        let mut routes = self.routes();
        let Some(connections) = routes.iter_mut().find(|connections| connections.route == *route) else {
            return Taken::Nothing;
        };
        if let Some(connection) = &connections.multiplexed {
            if !connection.is_alive(self.idle_timeout) {
                connections.multiplexed = None;
            } else if connection.is_settled() {
                return Taken::Connection(Pooled::Shared(Stream::on(Arc::clone(connection))));
            } else if wait {
                return Taken::Unsettled;
            } else {
                connections.multiplexed = None;
            }
        }
        while let Some(idle) = connections.idle.pop() {
            if idle.sender.is_closed() || idle.since.elapsed() >= self.idle_timeout {
                continue;
            }
            if idle.wire.is_quiet() {
                return Taken::Connection(Pooled::Exclusive(self.exclusive(route.clone(), idle.sender, idle.wire)));
            }
            if wait {
                connections.idle.push(idle);
                return Taken::Unsettled;
            }
        }
        Taken::Nothing
    }

    /// A connection for one request at a time; idle again once it is dropped after a complete answer.
    pub(super) fn exclusive(
        self: &Arc<Self>,
        route: Route,
        sender: http1::SendRequest<Body>,
        wire: Arc<Wire>,
    ) -> Exclusive {
        Exclusive { pool: Arc::clone(self), route, sender: Some(sender), wire, reusable: AtomicBool::new(false) }
    }

    /// A fresh connection for many requests at a time. Should another one have come first, that is used.
    pub(super) fn multiplexed(&self, route: Route, sender: http2::SendRequest<Body>, wire: Arc<Wire>) -> Stream {
        let mut routes = self.routes();
        let connections = Connections::of(&mut routes, route);
        let connection = match &connections.multiplexed {
            Some(other) if other.is_alive(self.idle_timeout) && other.is_settled() => Arc::clone(other),
            _ => {
                let connection = Arc::new(Multiplexed::new(sender, wire));
                connections.multiplexed = Some(Arc::clone(&connection));
                connection
            }
        };
        Stream::on(connection)
    }

    fn give_back(&self, route: Route, idle: Idle) {
        let mut routes = self.routes();
        let connections = Connections::of(&mut routes, route);
        if connections.idle.len() >= self.max_idle {
            connections.idle.retain(|idle| !idle.sender.is_closed());
        }
        if connections.idle.len() < self.max_idle {
            connections.idle.push(idle);
        }
    }

    fn routes(&self) -> MutexGuard<'_, Vec<Connections>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Those of `route`. A new route is the time to forget those whose runtime has ended.
    fn of(routes: &mut Vec<Self>, route: Route) -> &mut Self {
        let index = routes.iter().position(|connections| connections.route == route).unwrap_or_else(|| {
            routes.retain(Self::is_alive);
            routes.push(Self { route, idle: Vec::new(), multiplexed: None });
            routes.len() - 1
        });
        &mut routes[index]
    }

    fn is_alive(&self) -> bool {
        self.idle.iter().any(|idle| !idle.sender.is_closed())
            || self.multiplexed.as_ref().is_some_and(|connection| !connection.sender.is_closed())
    }
}

/// A connection of HTTP/1.1, in use by one request.
pub(super) struct Exclusive {
    pool: Arc<Pool>,
    route: Route,
    sender: Option<http1::SendRequest<Body>>,
    pub(super) wire: Arc<Wire>,
    reusable: AtomicBool,
}

impl Exclusive {
    /// The answer was read to its end.
    pub(super) fn complete(&mut self) {
        *self.reusable.get_mut() = true;
    }

    pub(super) fn sender(&mut self) -> &mut http1::SendRequest<Body> {
        self.sender.as_mut().expect("taken only when it is dropped")
    }
}

impl Retire for Exclusive {
    fn retire(&self) {
        self.reusable.store(false, Ordering::Relaxed);
    }
}

impl Drop for Exclusive {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take().filter(|_| *self.reusable.get_mut()) {
            let idle = Idle { sender, wire: Arc::clone(&self.wire), since: Since::now() };
            self.pool.give_back(self.route.clone(), idle);
        }
    }
}

/// A connection of HTTP/2.
pub(super) struct Multiplexed {
    sender: http2::SendRequest<Body>,
    wire: Arc<Wire>,
    in_flight: AtomicUsize,
    retired: AtomicBool,
    used: Mutex<Since>,
}

impl Multiplexed {
    fn new(sender: http2::SendRequest<Body>, wire: Arc<Wire>) -> Self {
        let (in_flight, retired) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { sender, wire, in_flight, retired, used: Mutex::new(Since::now()) }
    }

    /// Whether another request may go out on it, as far as is known.
    fn is_alive(&self, idle_timeout: Duration) -> bool {
        if self.retired.load(Ordering::Relaxed) || self.sender.is_closed() {
            return false;
        }
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.in_flight.load(Ordering::Relaxed) > 0 || used.elapsed() < idle_timeout
    }

    /// Whether all that came for it was read. While requests are in flight, keep-alive pings watch over it.
    fn is_settled(&self) -> bool {
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
    fn on(connection: Arc<Multiplexed>) -> Self {
        connection.in_flight.fetch_add(1, Ordering::Relaxed);
        Self { connection, watched: None }
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
