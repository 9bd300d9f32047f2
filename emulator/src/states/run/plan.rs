//! What all runs of a machine share.

use std::sync::Arc;

use crate::states::asl::Machine;
use crate::states::history::Setting;
use crate::switches::Switches;

/// What all runs of a machine share.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The definition.
    pub(crate) machine: Arc<Machine>,
    /// ARN of the state machine.
    pub(crate) arn: String,
    /// Its name.
    pub(crate) name: String,
    /// The role that its runs would have.
    pub(crate) role_arn: String,
    /// Whether its executions are Express ones.
    pub(crate) express: bool,
    /// Which way what is only inferred goes.
    pub(crate) switches: Switches,
}

impl Plan {
    /// How the events of its executions are shown.
    pub(crate) fn setting<'a>(&'a self, region: &'a str, with_data: bool) -> Setting<'a> {
        Setting { machine: &self.machine, role_arn: &self.role_arn, region, with_data }
    }
}
