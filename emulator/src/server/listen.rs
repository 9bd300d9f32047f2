//! Where connections come in.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// How many connections may wait to be accepted; Linux allows `net.core.somaxconn`, 4,096 by default, and takes more for that.
/// `std`'s listeners have 128: of a thousand that come at once most would ask again a second later.
const WAITING: i32 = 4096;

/// Listens on an address; port 0 takes a free one. An address whose last user has just gone can be taken at once.
///
/// # Errors
/// The address cannot be listened on, as the operating system says.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option would let two servers share a port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(WAITING)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    #[test]
    fn hundreds_of_connections_that_come_at_once_wait_for_none_to_be_accepted() {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        // Where there is no room for another one it is not answered at all, and its caller asks again after a second.
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(900));
        let connected = (0..400).map(connect).collect::<io::Result<Vec<_>>>();
        assert_eq!(connected.map(|all| all.len()).map_err(|error| error.to_string()), Ok(400));
    }

    #[test]
    fn an_address_that_is_taken_is_refused() {
        let taken = listen(([127, 0, 0, 1], 0).into()).unwrap();
        assert_eq!(listen(taken.local_addr().unwrap()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
