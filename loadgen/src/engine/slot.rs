//! A connection as the generator sees it, and the request that it carries.

use super::request::UuidText;
use crate::record::{Place, Sent, Times};

/// What one of the generator's connections is doing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Slot {
    /// There is none.
    #[default]
    Vacant,
    /// It waits for a request.
    Idle,
    /// It is being made, and given up at this instant.
    Connecting(u64),
    /// It carries a request.
    Busy(InFlight),
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct InFlight {
    pub(super) k: u64,
    pub(super) place: Place,
    pub(super) times: Times,
    pub(super) key: Option<UuidText>,
    /// When it is given up.
    pub(super) deadline: u64,
}

impl InFlight {
    /// What is told of it when it has ended.
    pub(super) fn sent(&self) -> Sent<'_> {
        Sent { k: self.k, place: self.place, times: &self.times }
    }
}
