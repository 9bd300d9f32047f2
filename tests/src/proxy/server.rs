use super::crossing::Crossing;
use super::fault::Fault;
use super::schedule::{Fate, Schedule};
use super::upstream::Upstream;
use super::{http1, http2};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// The version of HTTP that the proxy speaks to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 without TLS, by prior knowledge.
    Http2,
}

/// A proxy at work, on a runtime of its own; stops when dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// What its connections share.
pub(super) struct Shared {
    pub(super) upstream: Upstream,
    pub(super) schedule: Schedule,
    pub(super) crossing: Crossing,
    counts: Mutex<BTreeMap<Fault, usize>>,
}

impl Shared {
    /// Decides about a request, and counts it.
    pub(super) fn fate(&self, target: &[u8], body: &[u8]) -> Fate {
        let fate = self.schedule.fate(target, body);
        if let Some(fault) = fate.fault {
            *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(fault).or_default() += 1;
        }
        fate
    }
}

impl Proxy {
    /// Listens on a port of its own, in front of `upstream`.
    ///
    /// # Errors
    /// The machine has no port or no thread left.
    pub fn start(upstream: SocketAddr, front: Front, schedule: Schedule) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("proxy").enable_all().build()?;
        // The caller may be inside of a runtime, where this one must not be waited for.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _runtime = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (upstream, crossing, counts) = (Upstream::new(upstream), Crossing::default(), Mutex::default());
        let shared = Arc::new(Shared { upstream, schedule, crossing, counts });
        let accepting = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&accepting);
                // Each ends with its connection, whichever side breaks it.
                match front {
                    Front::Http1 => drop(tokio::spawn(http1::serve(stream, shared))),
                    Front::Http2 => drop(tokio::spawn(http2::serve(stream, shared))),
                }
            }
        });
        Ok(Self { address, shared, runtime: Some(runtime) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests suffered each fault.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Fault, usize> {
        self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
