use super::lifetime::{Lifetime, Since};
use super::multiplexed::{Body, Multiplexed, Stream};
use super::opening::Opening;
use super::route::Route;
use super::socket::Wire;
use crate::transport::lease::Retire;
use crate::transport::settings::{HttpSettings, Protocol};
use hyper::client::conn::{http1, http2};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Open connections. Whoever takes one is told that it is alive as far as the kernel knows.
pub(super) struct Pool {
    routes: Mutex<Vec<Connections>>,
    lifetime: Lifetime,
    max_idle: usize,
    protocol: Protocol,
}

/// The connections of one route.
struct Connections {
    route: Route,
    idle: Vec<Idle>,
    multiplexed: Option<Arc<Multiplexed>>,
    /// Whether one connection serves all, by the last one that was opened; until then, whether it may.
    is_shared: bool,
    /// The one that is being opened for all.
    opening: Option<Opening<Opened>>,
}

struct Idle {
    sender: http1::SendRequest<Body>,
    wire: Arc<Wire>,
    since: Since,
}

impl Idle {
    /// Whether another request may go out on it, as far as is known.
    fn is_alive(&self, lifetime: Lifetime) -> bool {
        !self.sender.is_closed() && self.since.elapsed() < lifetime.idle && self.wire.age() < lifetime.age
    }
}

/// What a pool has for a request.
pub(super) enum Taken {
    Connection(Pooled),
    /// A connection for which something came that nobody has read yet: a farewell, an answer too many, or mere
    /// housekeeping. Whoever drives it will know.
    Unsettled,
    /// One that is being opened for all who ask.
    Opening(Opening<Opened>),
    Nothing,
}

/// A connection for one request.
pub(super) enum Pooled {
    Exclusive(Exclusive),
    Shared(Stream),
}

/// A connection as it was opened for all who waited for it.
#[derive(Clone)]
pub(super) enum Opened {
    /// HTTP/1.1, for whoever takes it first.
    Exclusive(Arc<Mutex<Option<Exclusive>>>),
    Shared(Arc<Multiplexed>),
}

impl Opened {
    /// A part in it for one request; `None` if it serves one at a time, and another has it.
    pub(super) fn share(&self) -> Option<Pooled> {
        match self {
            Self::Exclusive(first) => {
                first.lock().unwrap_or_else(PoisonError::into_inner).take().map(Pooled::Exclusive)
            }
            Self::Shared(connection) => Some(Pooled::Shared(Stream::on(Arc::clone(connection)))),
        }
    }
}

impl From<Pooled> for Opened {
    fn from(connection: Pooled) -> Self {
        match connection {
            Pooled::Exclusive(connection) => Self::Exclusive(Arc::new(Mutex::new(Some(connection)))),
            Pooled::Shared(stream) => Self::Shared(stream.connection()),
        }
    }
}

impl Pool {
    pub(super) const fn new(settings: &HttpSettings) -> Self {
        let lifetime = Lifetime { idle: settings.idle_timeout, age: settings.max_age };
        Self { routes: Mutex::new(Vec::new()), lifetime, max_idle: settings.max_idle, protocol: settings.protocol }
    }

    /// A connection that is alive, if there is one. Unless it is worth it to `wait`, an unsettled one is given up. Where one
    /// serves all and there is none, the one that is being opened, by whoever came first: `begin`.
    pub(super) fn take(self: &Arc<Self>, route: &Route, wait: bool, begin: impl FnOnce() -> Opening<Opened>) -> Taken {
        let mut routes = self.routes();
        let connections = self.connections(&mut routes, route);
        if let Some(connection) = &connections.multiplexed {
            if !connection.is_alive(self.lifetime) {
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
            if !idle.is_alive(self.lifetime) {
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
        if connections.is_shared {
            connections.opening.take_if(|opening| !opening.is_under_way());
            return Taken::Opening(connections.opening.get_or_insert_with(begin).clone());
        }
        Taken::Nothing
    }

    /// The opening has ended, or is not worth waiting for.
    pub(super) fn forget(&self, route: &Route, opening: &Opening<Opened>) {
        let mut routes = self.routes();
        if let Some(connections) = routes.iter_mut().find(|connections| connections.route == *route) {
            connections.opening.take_if(|other| other.is(opening));
        }
    }

    /// A fresh connection that serves one request at a time.
    pub(super) fn alone(
        self: &Arc<Self>,
        route: Route,
        sender: http1::SendRequest<Body>,
        wire: Arc<Wire>,
    ) -> Exclusive {
        self.connections(&mut self.routes(), &route).is_shared = false;
        self.exclusive(route, sender, wire)
    }

    /// A connection for one request at a time; idle again once it is dropped after a complete answer.
    fn exclusive(self: &Arc<Self>, route: Route, sender: http1::SendRequest<Body>, wire: Arc<Wire>) -> Exclusive {
        Exclusive { pool: Arc::clone(self), route, sender: Some(sender), wire, reusable: AtomicBool::new(false) }
    }

    /// A fresh connection for many requests at a time. Should another one have come first, that is used.
    pub(super) fn multiplexed(&self, route: &Route, sender: http2::SendRequest<Body>, wire: Arc<Wire>) -> Stream {
        let mut routes = self.routes();
        let connections = self.connections(&mut routes, route);
        connections.is_shared = true;
        let connection = match &connections.multiplexed {
            Some(other) if other.is_alive(self.lifetime) && other.is_settled() => Arc::clone(other),
            _ => {
                let connection = Arc::new(Multiplexed::new(sender, wire));
                connections.multiplexed = Some(Arc::clone(&connection));
                connection
            }
        };
        Stream::on(connection)
    }

    fn give_back(&self, route: &Route, idle: Idle) {
        let mut routes = self.routes();
        let connections = self.connections(&mut routes, route);
        // The oldest stand in front, and after a burst nobody takes them: the youngest go first.
        let old = connections.idle.iter().take_while(|idle| !idle.is_alive(self.lifetime)).count();
        connections.idle.drain(..old);
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

    /// Those of `route`. A new route is the time to forget those whose runtime has ended.
    fn connections<'a>(&self, routes: &'a mut Vec<Connections>, route: &Route) -> &'a mut Connections {
        let index = routes.iter().position(|connections| connections.route == *route).unwrap_or_else(|| {
            routes.retain(Connections::is_alive);
            let is_shared = match self.protocol {
                Protocol::Http1 => false,
                Protocol::Http2 => true,
                Protocol::Negotiated => route.is_secure(),
            };
            let route = route.clone();
            routes.push(Connections { route, idle: Vec::new(), multiplexed: None, is_shared, opening: None });
            routes.len() - 1
        });
        &mut routes[index]
    }
}

impl Connections {
    fn is_alive(&self) -> bool {
        self.idle.iter().any(|idle| !idle.sender.is_closed())
            || self.multiplexed.as_ref().is_some_and(|connection| !connection.sender.is_closed())
            || self.opening.as_ref().is_some_and(Opening::is_under_way)
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
            self.pool.give_back(&self.route, idle);
        }
    }
}
