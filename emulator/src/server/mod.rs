//! Sockets: threads that accept, connections that decode, ask and encode.
//!
//! Each thread runs its connections on a runtime of its own; nothing is shared between them but the handler.

mod connection;
mod held;
mod listen;
mod turns;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::http::{Request, Response};

pub(crate) use connection::{Transport, serve};
pub(crate) use held::HeldMemory;
pub(crate) use listen::listen;
pub(crate) use turns::Turns;

/// How long requests in hand may take to be answered once the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// What answers requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: Request, source: IpAddr) -> impl Future<Output = Outgoing>;

    /// Whether the work for a request ends when its caller closes the connection. Other work goes on and is written down, as on
    /// AWS, and only the connection is given back.
    fn ends_with_caller(&self, request: &Request) -> bool {
        let _ = request;
        false
    }

    /// Whether the work for a request may take long, by what can be seen of it before. Between two of them all others are served.
    fn may_take_long(&self, request: &Request) -> bool {
        let _ = request;
        false
    }

    /// How long a connection that has come in waits until it is served. Asked once for each, in their order.
    fn accept_after(&self) -> Duration {
        Duration::ZERO
    }

    /// What tells the time of the `Date` header, and what waits are measured by.
    fn clock(&self) -> &dyn Clock;

    /// How long callers may take, and how much may be held for them. Asked once for each connection.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// How long a caller may take, so that one who drips bytes in, or does not take the answer, holds nothing for ever, and how much
/// all of them may hold meanwhile. A connection that is idle between requests is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// From the first byte of a request to its last: one minute by default. Then comes 408.
    pub(crate) request: Duration,
    /// Between two parts of an answer that the caller takes: one minute by default. Then the connection is reset.
    pub(crate) answer: Duration,
    /// Bytes of large requests that are arriving, and of large answers that are not taken, of all connections together: 256 MiB
    /// by default. Beyond that comes 503.
    pub(crate) held: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { request: Duration::from_mins(1), answer: Duration::from_mins(1), held: 256 << 20 }
    }
}

/// An answer and what becomes of it on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// The answer.
    pub(crate) response: Response,
    /// How it is delivered.
    pub(crate) delivery: Delivery,
}

impl From<Response> for Outgoing {
    fn from(response: Response) -> Self {
        Self { response, delivery: Delivery::default() }
    }
}

/// How an answer is delivered; whole and at once by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Delivery {
    /// Bytes of the answer (head included) after which the connection ends; `None` delivers all.
    pub(crate) cut_after: Option<usize>,
    /// Whether a cut connection is reset (TCP RST) in place of closed.
    pub(crate) reset: bool,
    /// Bytes a second; `None` does not limit them.
    pub(crate) bandwidth: Option<u32>,
}

/// A server at work; stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    /// None once it has stopped.
    listener: Option<TcpListener>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves a listener on `threads` threads (at least one).
    ///
    /// # Errors
    /// The listener cannot be shared or a runtime cannot be made, as the operating system says.
    pub(crate) fn start(listener: &TcpListener, threads: usize, handler: &Arc<impl Handler>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let ((stop, stopped), held) = (watch::channel(false), HeldMemory::new(handler.limits().held));
        let mut server = Self { address, listener: Some(listener.try_clone()?), stop, threads: Vec::new() };
        for number in 0..threads.max(1) {
            let listener = listener.try_clone()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (handler, stopped, held) = (handler.clone(), stopped.clone(), Arc::clone(&held));
            let serve = move || runtime.block_on(accept(listener, handler, stopped, held));
            server.threads.push(thread::Builder::new().name(format!("server-{number}")).spawn(serve)?);
        }
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it listens with, for whoever serves after it.
    ///
    /// # Errors
    /// It has stopped, or the operating system has no descriptor left.
    pub(crate) fn listener(&self) -> io::Result<TcpListener> {
        self.listener.as_ref().map_or_else(|| Err(io::ErrorKind::NotConnected.into()), TcpListener::try_clone)
    }

    /// Accepts no more, lets requests in hand be answered, and waits for that.
    pub(crate) fn stop(&mut self) {
        // Nobody listens any more when every thread has ended already.
        let _ = self.stop.send(true);
        self.listener = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn accept(
    listener: TcpListener,
    handler: Arc<impl Handler>,
    mut stopped: watch::Receiver<bool>,
    held: Arc<HeldMemory>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let (connections, turns) = (tokio::task::LocalSet::new(), Arc::default());
    let mut open = tokio::task::JoinSet::new();
    connections
        .run_until(async {
            loop {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, peer)) => {
                            // One that is gone already has nothing to be served.
                            if stream.set_nodelay(true).is_ok() {
                                let (handler, stopped) = (handler.clone(), stopped.clone());
                                open.spawn_local(serve(stream, peer.ip(), handler, stopped, &held, &turns));
                            }
                        }
                        // Out of descriptors, mostly: connections that end give some back.
                        Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                    },
                    Some(_) = open.join_next() => {}
                    _ = stopped.changed() => break,
                }
            }
            // What is still open then is cut off.
            let _ = tokio::time::timeout(GRACE, async { while open.join_next().await.is_some() {} }).await;
        })
        .await;
}

#[cfg(test)]
mod tests;
