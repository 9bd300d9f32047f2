//! A TCP proxy that goes wrong on purpose, on real sockets and by a seeded rule.
//!
//! It speaks HTTP/1.1 or HTTP/2 to clients and HTTP/1.1 to the server behind it. What befalls a request depends on the seed, on
//! the request, and on how often the same request came before; not on the order in which connections are served. So a
//! run with the same seed does the same to the same requests.

mod connection;
mod crossing;
mod fault;
mod http1;
mod http2;
mod schedule;
mod server;
mod upstream;

pub use fault::Fault;
pub use schedule::Schedule;
pub use server::{Front, Proxy};
