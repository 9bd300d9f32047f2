//! Sends requests when they are due and accounts for each: connections of its own, a loop of its own, one thread.
//!
//! The generator meets the world at [`Network`] alone; [`Sockets`] are the real ones. Its arrivals come from a [`ArrivalSource`].

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

pub use self::answer::class_of;
pub use self::capacity::Capacity;
pub use self::ending::{Ended, Stop};
pub use self::exchange::{Exchanged, exchange};
pub use self::generator::Generator;
pub use self::lateness::Lateness;
pub use self::network::{Established, Network, Readiness, Received};
pub use self::peer::{ConnectTo, Peer, Proxy, Resolve, Route};
pub use self::request::{RequestSettings, Requests, UuidText, key_of};
pub use self::resolver::{LookUp, Resolver};
pub use self::response::{Context, Fields, Headers, LARGEST, Parsed, Response, fields, parse};
pub use self::settings::Settings;
pub use self::sockets::Sockets;
pub use self::source::{ArrivalSource, Batches, ClosedLoop};
pub use self::tls::{TlsSettings, Trust};
