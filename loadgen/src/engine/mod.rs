//! Sends requests when they are due and accounts for each: connections of its own, a loop of its own, one thread.
//!
//! The generator meets the world at [`Network`] alone; [`Epoll`] is the real one. Its arrivals come from a [`Source`].

mod answer;
mod chain;
mod ending;
mod endpoint;
mod epoll;
mod exchange;
mod failure;
mod generator;
mod lateness;
mod lookup;
mod network;
mod request;
mod response;
mod settings;
mod signature;
mod slot;
mod source;
mod tls;

#[cfg(test)]
mod tests;

pub use self::answer::class_of;
pub use self::ending::{Ended, Stop};
pub use self::endpoint::Endpoint;
pub use self::epoll::{Epoll, Peer, monotonic};
pub use self::exchange::{Exchanged, exchange};
pub use self::generator::Generator;
pub use self::lateness::Lateness;
pub use self::network::{Established, Network, Ready, Received};
pub use self::request::{Key, Requests, key_of};
pub use self::response::{Fields, Headers, LARGEST, Parsed, Response, fields, parse};
pub use self::settings::Settings;
pub use self::source::{Batches, Closed, Source};
pub use self::tls::TlsSettings;
