//! Sends requests when they are due and accounts for each: connections of its own, a loop of its own, one thread.
//!
//! The generator meets the world at `Network` alone; `Sockets` are the real ones. Its arrivals come from an `ArrivalSource`.

mod addresses;
mod answer;
mod capacity;
mod chain;
mod connection;
mod description;
mod ending;
mod exchange;
mod failure;
mod generator;
mod lateness;
mod network;
mod peer;
mod pool;
mod queue;
mod receive;
mod request;
mod resolver;
mod response;
mod settings;
mod signature;
mod slot;
mod sockets;
mod source;
mod tls;

#[cfg(test)]
mod tests;

pub(crate) use self::answer::class_of;
pub(crate) use self::capacity::Capacity;
pub(crate) use self::ending::{Ended, Stop};
pub(crate) use self::exchange::{Exchanged, exchange};
pub(crate) use self::generator::Generator;
pub(crate) use self::lateness::Lateness;
pub(crate) use self::network::{Established, Network, Readiness, Received};
pub(crate) use self::peer::{ConnectTo, Proxy, Resolve};
pub use self::peer::{Peer, Route};
pub(crate) use self::request::key_of;
pub use self::request::{RequestSettings, Requests};
pub use self::response::{Context, Parsed, Response, fields, parse};
pub(crate) use self::settings::Settings;
pub(crate) use self::sockets::Sockets;
pub(crate) use self::source::{ArrivalSource, Batches, ClosedLoop};
pub(crate) use self::tls::{TlsSettings, Trust};
