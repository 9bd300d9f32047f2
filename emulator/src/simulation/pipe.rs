//! A connection without a socket: bytes come from the caller's turns and go into what they are answered.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::turn::Output;
use crate::server::Transport;

/// The endpoint's side of a connection.
pub(super) struct Pipe {
    connection: u32,
    incoming: Rc<RefCell<Incoming>>,
    outputs: Rc<RefCell<Vec<Output>>>,
    reset: Cell<bool>,
    shut: bool,
}

/// The caller's side.
pub(super) struct PipeEnd(Rc<RefCell<Incoming>>);

#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
    ended: bool,
    reader: Option<Waker>,
}

impl PipeEnd {
    /// Bytes have come.
    pub(super) fn take(&self, bytes: &[u8]) {
        let mut incoming = self.0.borrow_mut();
        incoming.bytes.extend_from_slice(bytes);
        incoming.wake();
    }

    /// The caller has closed the connection.
    pub(super) fn end(&self) {
        let mut incoming = self.0.borrow_mut();
        incoming.ended = true;
        incoming.wake();
    }
}

impl Incoming {
    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl Pipe {
    /// Both sides of a new connection.
    pub(super) fn new(connection: u32, outputs: &Rc<RefCell<Vec<Output>>>) -> (Self, PipeEnd) {
        let incoming = Rc::<RefCell<Incoming>>::default();
        let end = PipeEnd(Rc::clone(&incoming));
        (Self { connection, incoming, outputs: Rc::clone(outputs), reset: Cell::new(false), shut: false }, end)
    }
}

impl Transport for Pipe {
    fn reset_on_close(&self) -> io::Result<()> {
        self.reset.set(true);
        Ok(())
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut incoming = self.incoming.borrow_mut();
        if incoming.bytes.is_empty() && !incoming.ended {
            incoming.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let length = incoming.bytes.len().min(buffer.remaining());
        buffer.put_slice(&incoming.bytes[..length]);
        incoming.bytes.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.incoming.borrow().ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.outputs.borrow_mut().push(Output::Bytes(self.connection, bytes.to_vec()));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !std::mem::replace(&mut self.shut, true) {
            self.outputs.borrow_mut().push(Output::Closed(self.connection));
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        if !self.shut {
            let end = if self.reset.get() { Output::Reset } else { Output::Closed };
            self.outputs.borrow_mut().push(end(self.connection));
        }
    }
}
