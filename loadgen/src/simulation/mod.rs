//! A run on virtual time: the engine's own loop, over a network whose other end is the endpoint in a child process.
//!
//! Nothing is sent anywhere and nothing is measured: time passes only while the generator waits, and the child says when
//! the next thing happens by itself. What the child takes to answer is no time, unless a fault or a [`ResponseTime`] says
//! so.

mod network;
mod response_time;
mod simulator;
mod turn;

pub(crate) use self::network::SimulatedNetwork;
pub(crate) use self::response_time::ResponseTime;
pub(crate) use self::simulator::Simulator;

#[cfg(test)]
mod tests;
