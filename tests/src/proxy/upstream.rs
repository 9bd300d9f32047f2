use super::connection::{Connection, Message};
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use tokio::net::TcpStream;

/// The server behind the proxy, and connections to it that are free.
pub(super) struct Upstream {
    address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Upstream {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    pub(super) async fn connect(&self) -> io::Result<Connection> {
        Connection::new(TcpStream::connect(self.address).await?)
    }

    /// Passes a request on, as a whole or a few bytes at a time, and reads its answer.
    pub(super) async fn exchange(&self, request: &[u8], drip: bool) -> io::Result<Message> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        if drip {
            connection.drip(request).await?;
        } else {
            connection.write(request).await?;
        }
        let answer = connection.message().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let closes = answer
            .headers()
            .any(|(name, value)| name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close"));
        if !closes {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        Ok(answer)
    }
}
