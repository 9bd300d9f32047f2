//! A connection as the generator sees it, and the request that it carries.

use super::request::Key;
use crate::record::{Place, Sent, Times};

/// One of the generator's connections.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) state: State,
    /// The request that it carries.
    pub(super) request: Option<InFlight>,
    /// The beginning of an answer that has not come whole.
    pub(super) inbox: Vec<u8>,
    /// The end of a request that has not been written.
    pub(super) outbox: Vec<u8>,
}

/// What a connection is doing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// There is none.
    #[default]
    Vacant,
    /// It is being made for the request.
    Connecting,
    /// It waits for a request.
    Idle,
    /// It carries a request.
    Busy,
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct InFlight {
    pub(super) k: u64,
    pub(super) place: Place,
    pub(super) times: Times,
    pub(super) key: Option<Key>,
    /// When it is given up.
    pub(super) deadline: u64,
    /// When its connection is given up, unless it has come about.
    pub(super) connect_deadline: u64,
}

impl InFlight {
    /// What is told of it when it has ended.
    pub(super) fn sent(&self) -> Sent<'_> {
        Sent { k: self.k, place: self.place, times: &self.times }
    }
}
