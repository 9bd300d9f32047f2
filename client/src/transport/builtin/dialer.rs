use super::connector::{Connected, Connector};
use super::opening::Opening;
use super::pool::{Opened, Pool, Pooled, Taken};
use super::route::Route;
use crate::transport::settings::{HttpSettings, Unusable};
use crate::transport::{Progress, TransportError};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// The largest head of an answer over HTTP/2: hyper's own limit is less than the 20 KB that CloudFront passes on.
const MAX_HEAD: u32 = 64 << 10;

/// How many headers an answer of HTTP/1.1 may have: hyper's own limit is 100.
const MAX_HEADERS: usize = 256;

/// HTTP/1.1 as a user agent reads it (RFC 9112 §5.2): a line that some box has folded or misspelt must not cost the answer that
/// names the execution.
fn lenient() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.allow_obsolete_multiline_headers_in_responses(true);
    builder.allow_spaces_after_header_name_in_responses(true);
    builder.ignore_invalid_headers_in_responses(true);
    builder.max_headers(MAX_HEADERS);
    builder
}

/// Finds a connection for each request: one that is there, a new one, or one that is being opened for others too.
pub(super) struct Dialer {
    pub(super) connector: Connector,
    pool: Arc<Pool>,
    keep_alive: Option<(Duration, Duration)>,
}

impl Dialer {
    pub(super) fn new(settings: &HttpSettings, connect_timeout: Duration) -> Result<Self, Unusable> {
        Ok(Self {
            connector: Connector::new(settings, connect_timeout)?,
            pool: Arc::new(Pool::new(settings)),
            keep_alive: settings.keep_alive,
        })
    }

    pub(super) async fn connection(
        self: &Arc<Self>,
        route: &Route,
        progress: &Progress,
    ) -> Result<Pooled, TransportError> {
        // A runtime that stood still between calls has to read what came meanwhile before a connection can be judged.
        const LOOKS: usize = 8;
        let mut looks = 0;
        loop {
            match self.pool.take(route, looks < LOOKS, || self.begin(route)) {
                Taken::Connection(Pooled::Exclusive(mut connection)) => {
                    // Closed between the look and now: dropped for the next one.
                    if connection.sender().ready().await.is_ok() {
                        return Ok(Pooled::Exclusive(connection));
                    }
                }
                Taken::Connection(shared) => return Ok(shared),
                Taken::Unsettled => {
                    looks += 1;
                    tokio::task::yield_now().await;
                }
                Taken::Opening(opening) => return self.connector.in_time(self.share(opening, route, progress)).await,
                Taken::Nothing => return self.connector.in_time(self.open(route)).await,
            }
        }
    }

    /// Opens a connection for all who ask while it is opened. Called by the first one, and driven by the runtime.
    fn begin(self: &Arc<Self>, route: &Route) -> Opening<Opened> {
        let (teller, opening) = Opening::new();
        let (dialer, route, begun) = (Arc::clone(self), route.clone(), opening.clone());
        tokio::spawn(async move {
            let opened = dialer.connector.in_time(dialer.open(&route)).await;
            // Who asks from now on finds the connection, or begins anew.
            dialer.pool.forget(&route, &begun);
            teller.tell(opened.map(Into::into));
        });
        opening
    }

    async fn share(
        &self,
        mut opening: Opening<Opened>,
        route: &Route,
        progress: &Progress,
    ) -> Result<Pooled, TransportError> {
        let patience = Patience { pool: &self.pool, route, opening: opening.clone(), progress };
        let opened = opening.outcome().await?;
        drop(patience);
        match opened.share() {
            Some(connection) => Ok(connection),
            None => self.open(route).await,
        }
    }

    async fn open(&self, route: &Route) -> Result<Pooled, TransportError> {
        let Connected { stream, wire, is_http2 } = self.connector.open(route).await?;
        let stream = TokioIo::new(stream);
        if !is_http2 {
            let (sender, connection) = lenient().handshake(stream).await.map_err(TransportError::new)?;
            // It ends with its connection; why is told to the request that is in flight on it.
            tokio::spawn(connection);
            return Ok(Pooled::Exclusive(self.pool.alone(route.clone(), sender, wire)));
        }
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_header_list_size(MAX_HEAD);
        if let Some((interval, timeout)) = self.keep_alive {
            // hyper adds them to an instant, which must not overflow.
            builder.keep_alive_interval(interval.min(DAY)).keep_alive_timeout(timeout.min(DAY));
        }
        let (sender, connection) = builder.handshake(stream).await.map_err(TransportError::new)?;
        tokio::spawn(connection);
        Ok(Pooled::Shared(self.pool.multiplexed(route, sender, wire)))
    }
}

/// Waiting for a connection that is being opened. If time runs out meanwhile, the next request has another one opened, for
/// this one's peer may be silent for good.
struct Patience<'a> {
    pool: &'a Pool,
    route: &'a Route,
    opening: Opening<Opened>,
    progress: &'a Progress,
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        if self.progress.is_expired() {
            self.pool.forget(self.route, &self.opening);
        }
    }
}
