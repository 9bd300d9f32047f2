//! One connection: requests in, answers out, until either side has enough.

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::held::{Hold, SMALL};
use super::{Delivery, Handler, HeldMemory, Limits, Outgoing, Turns};
use crate::clock::{Clock, within};
use crate::http::{BadRequest, Decoded, Decoder, Response};

/// Room made for each read, in bytes.
const READ: usize = 16 * 1024;

/// What a request is told that does not arrive.
const LATE: BadRequest = BadRequest { status: 408, message: "the request took too long to arrive" };

/// What a request is told whose handler panicked.
const BROKEN: BadRequest = BadRequest { status: 500, message: "internal server error" };

/// What a request or an answer is told for which there is no room.
const FULL: BadRequest = BadRequest { status: 503, message: "too much is held for other callers: try again later" };

/// What the bytes of a connection go over.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// Has the peer told by a reset when the connection is closed.
    ///
    /// # Errors
    /// The operating system refuses.
    fn reset_on_close(&self) -> io::Result<()>;
}

impl Transport for TcpStream {
    /// Closing with a zero linger time sends RST.
    fn reset_on_close(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

/// Serves a connection that has come in, as soon as it is accepted. One that breaks concerns nobody but its caller, who
/// sees it too.
pub(crate) fn serve<T: Transport, H: Handler>(
    stream: T,
    source: IpAddr,
    handler: Arc<H>,
    stopped: watch::Receiver<bool>,
    held: &Arc<HeldMemory>,
    turns: &Arc<Turns>,
) -> impl Future<Output = ()> + use<T, H> {
    let (wait, held, turns) = (handler.accept_after(), Hold::new(Arc::clone(held)), Arc::clone(turns));
    async move {
        if !wait.is_zero() {
            handler.clock().sleep(wait).await;
        }
        let (decoder, limits) = (Decoder::default(), handler.limits());
        let connection = Connection { held, turns, stream, decoder, out: Vec::new(), stopped, limits, due: None };
        let _ = connection.run(source, &*handler).await;
    }
}

struct Connection<T> {
    /// Given back before the caller sees the end of the connection.
    held: Hold,
    turns: Arc<Turns>,
    stream: T,
    decoder: Decoder,
    out: Vec<u8>,
    stopped: watch::Receiver<bool>,
    limits: Limits,
    /// When the request that has begun to arrive must be there, since the Unix epoch.
    due: Option<Duration>,
}

/// What reading came to.
enum Read {
    Some,
    /// The connection ended, or the server stops while nothing is in hand.
    End,
    /// The request took too long to arrive.
    Late,
    /// There is no room for it.
    Full,
}

impl<T: Transport> Connection<T> {
    async fn run(mut self, source: IpAddr, handler: &impl Handler) -> io::Result<()> {
        let clock = handler.clock();
        loop {
            match self.decoder.decode() {
                Ok(Decoded::Request { request, keep_alive }) => {
                    self.due = None;
                    self.held.set(0);
                    let head_only = request.method == "HEAD";
                    let keep_alive = keep_alive && !*self.stopped.borrow();
                    let ends_with_caller = handler.ends_with_caller(&request);
                    let turns = handler.may_take_long(&request).then(|| Arc::clone(&self.turns));
                    let handling = handler.handle(request, source);
                    let mut answering = pin!(unless_it_panics(async {
                        match turns {
                            None => handling.await,
                            Some(turns) => turns.take(handling).await,
                        }
                    }));
                    let Some(outgoing) = self.unless_caller_goes(answering.as_mut()).await else {
                        drop(self);
                        if !ends_with_caller {
                            answering.await;
                        }
                        return Ok(());
                    };
                    let Some(outgoing) = outgoing else { return self.refuse(BROKEN, clock).await };
                    let Outgoing { response, delivery } = outgoing;
                    if !self.held.set(response.body.len()) {
                        drop(response);
                        return self.refuse(FULL, clock).await;
                    }
                    response.write_to(&mut self.out, clock.now(), keep_alive, head_only);
                    drop(response);
                    let whole = self.deliver(delivery, clock).await?;
                    self.held.set(0);
                    if !whole || !keep_alive {
                        return Ok(());
                    }
                }
                Ok(Decoded::Continue) => self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?,
                Ok(Decoded::Incomplete) => match self.receive(clock).await? {
                    Read::Some => {}
                    Read::End => return Ok(()),
                    Read::Late => return self.refuse(LATE, clock).await,
                    Read::Full => return self.refuse(FULL, clock).await,
                },
                Err(refused) => return self.refuse(refused, clock).await,
            }
        }
    }

    /// What comes of `work`, unless the caller has closed the connection before. Only who reads sees its end, so what the caller
    /// sends meanwhile is read, up to a bound. Work that is done at once costs no look.
    async fn unless_caller_goes<W: Future>(&mut self, mut work: Pin<&mut W>) -> Option<W::Output> {
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            loop {
                let buffer = self.decoder.buffer();
                if buffer.len() >= SMALL {
                    return Poll::Pending;
                }
                buffer.reserve(READ);
                match pin!(self.stream.read_buf(buffer)).poll(context) {
                    Poll::Ready(Ok(1..)) => {}
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(None),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }

    async fn refuse(&mut self, refused: BadRequest, clock: &dyn Clock) -> io::Result<()> {
        refusal(refused).write_to(&mut self.out, clock.now(), false, false);
        self.deliver(Delivery::default(), clock).await?;
        self.close_after_unread(clock).await
    }

    /// Reads what has arrived. Only a request that has begun needs a timer.
    async fn receive(&mut self, clock: &dyn Clock) -> io::Result<Read> {
        if self.decoder.is_empty() {
            let buffer = self.decoder.buffer();
            buffer.reserve(READ);
            return tokio::select! {
                // In this order, so that the end of the server is looked for only while nothing arrives.
                biased;
                read = self.stream.read_buf(buffer) => Ok(if read? > 0 { Read::Some } else { Read::End }),
                _ = self.stopped.wait_for(|stopped| *stopped) => Ok(Read::End),
            };
        }
        let now = clock.now();
        let due = *self.due.get_or_insert_with(|| now + self.limits.request);
        let buffer = self.decoder.buffer();
        buffer.reserve(READ);
        match within(clock, due.saturating_sub(now), self.stream.read_buf(buffer)).await {
            Some(Ok(0)) => Ok(Read::End),
            Some(Ok(_)) => Ok(if self.held.set(self.decoder.held()) { Read::Some } else { Read::Full }),
            Some(Err(broken)) => Err(broken),
            None => Ok(Read::Late),
        }
    }

    /// Writes bytes, as long as the caller takes some.
    async fn write(&mut self, range: std::ops::Range<usize>, clock: &dyn Clock) -> io::Result<()> {
        let mut at = range.start;
        while at < range.end {
            let written = self.stream.write(&self.out[at..range.end]);
            let Some(written) = within(clock, self.limits.answer, written).await else {
                self.stream.reset_on_close()?;
                return Err(io::ErrorKind::TimedOut.into());
            };
            at += written?;
        }
        Ok(())
    }

    /// Writes what is encoded; false when the delivery ends the connection.
    async fn deliver(&mut self, delivery: Delivery, clock: &dyn Clock) -> io::Result<bool> {
        let whole = delivery.cut_after.is_none_or(|bytes| bytes >= self.out.len());
        if let Some(bytes) = delivery.cut_after {
            self.out.truncate(bytes);
        }
        match delivery.bandwidth {
            None => self.write(0..self.out.len(), clock).await?,
            Some(bandwidth) => {
                // A tenth of a second's worth at a time.
                let piece = (bandwidth as usize / 10).max(1);
                for start in (0..self.out.len()).step_by(piece) {
                    let end = (start + piece).min(self.out.len());
                    self.write(start..end, clock).await?;
                    let took = (end - start) as f64 / f64::from(bandwidth.max(1));
                    clock.sleep(Duration::from_secs_f64(took)).await;
                }
            }
        }
        self.out.clear();
        // A connection that idles keeps nothing of what was large.
        self.out.shrink_to(SMALL);
        if delivery.reset && !whole {
            self.stream.reset_on_close()?;
        }
        Ok(whole)
    }

    /// Closes so that the answer is not lost: a close with unread bytes would reset the connection, and the caller
    /// might never see why.
    async fn close_after_unread(&mut self, clock: &dyn Clock) -> io::Result<()> {
        self.stream.shutdown().await?;
        let unread = self.decoder.buffer();
        let drain = async {
            while let Ok(1..) = self.stream.read_buf(unread).await {
                unread.clear();
            }
        };
        // The caller has seen the answer or gone away by then.
        let _ = within(clock, Duration::from_secs(2), drain).await;
        Ok(())
    }
}

/// What a future comes to; `None` when it panics, which the panic hook has told.
async fn unless_it_panics<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// What is answered to bytes that never become a request. API Gateway's front door says it in plain text.
fn refusal(refused: BadRequest) -> Response {
    Response {
        status: refused.status,
        headers: vec![("Content-Type".into(), "text/plain".into())],
        body: refused.message.into(),
    }
}
