use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One side of the proxy: a connection that speaks HTTP/1.1.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A request or an answer, with the bytes that it came as.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    head: usize,
}

impl Message {
    /// A message whose head has `head` bytes.
    pub(super) const fn new(bytes: Vec<u8>, head: usize) -> Self {
        Self { bytes, head }
    }

    /// The first line.
    pub(super) fn start(&self) -> &[u8] {
        self.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default()
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// Names and values of the headers.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let head = std::str::from_utf8(&self.bytes[..self.head]).unwrap_or_default();
        head.split("\r\n").skip(1).filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim()))
    }

    pub(super) fn status(&self) -> Option<u16> {
        let text = std::str::from_utf8(self.start()).ok()?;
        text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    }
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// The next message, whole; `None` at the end of the connection.
    pub(super) async fn message(&mut self) -> io::Result<Option<Message>> {
        loop {
            if let Some((head, length)) = extent(&self.buffer) {
                let whole = head + length;
                while self.buffer.len() < whole {
                    if self.stream.read_buf(&mut self.buffer).await? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                let rest = self.buffer.split_off(whole);
                return Ok(Some(Message::new(std::mem::replace(&mut self.buffer, rest), head)));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// A few bytes at a time.
    pub(super) async fn drip(&mut self, bytes: &[u8]) -> io::Result<()> {
        for drop in bytes.chunks(7) {
            self.stream.write_all(drop).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Ends with a reset in place of the usual farewell.
    pub(super) fn reset(self) {
        // Where it fails, the connection is gone already.
        let _ = self.stream.set_zero_linger();
    }

    /// Says that nothing more comes.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Takes what comes, and says nothing, until the other side leaves.
    pub(super) async fn ignore(&mut self) {
        let mut room = [0; 4_096];
        while matches!(self.stream.read(&mut room).await, Ok(length) if length > 0) {}
    }
}

/// Length of a message's head, and of the body that it announces, once the head is whole.
fn extent(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    Some((head, length.unwrap_or(0)))
}
