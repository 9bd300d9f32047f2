//! How many connections this process can have at all.

use std::fmt;
use std::fs;

use crate::platform::{local_ports, raise_descriptor_limit};

/// Descriptors that are kept for files: the run directory, runs of names that are merged, the report.
const FOR_FILES: u64 = 16;

/// Descriptors that a generator thread waits with.
const FOR_A_THREAD: u64 = 4;

/// How many connections this process can have, and what limits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Connections, at least one.
    pub(crate) connections: usize,
    limit: Limit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// So many files may be open.
    Descriptors(u64),
    /// So many ports are there for each address.
    Ports(u64),
}

impl Capacity {
    /// Raises the soft limit of open files to the hard one, and counts what `threads` generators can have to a target of
    /// so many addresses.
    #[must_use]
    pub(crate) fn of_process(threads: usize, addresses: usize) -> Self {
        let limit = raise_descriptor_limit();
        // Where the system does not tell, the three standard streams are open.
        let open = fs::read_dir("/dev/fd").map_or(3, |entries| entries.count() as u64);
        Self::of(limit, open + FOR_A_THREAD * threads as u64, local_ports(), addresses as u64)
    }

    fn of(descriptors: u64, taken: u64, ports: Option<u64>, addresses: u64) -> Self {
        let free = descriptors.saturating_sub(taken + FOR_FILES);
        let (most, limit) = match ports.map(|ports| (ports, ports.saturating_mul(addresses.max(1)))) {
            Some((ports, most)) if most < free => (most, Limit::Ports(ports)),
            _ => (free, Limit::Descriptors(descriptors)),
        };
        Self { connections: usize::try_from(most).unwrap_or(usize::MAX).max(1), limit }
    }
}

/// What limits them, for people.
impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = if self.connections == 1 { "connection" } else { "connections" };
        write!(f, "at most {} {connections}: ", self.connections)?;
        match self.limit {
            Limit::Descriptors(limit) => {
                write!(f, "this process may have {limit} files open (ulimit -n); raise the hard limit")
            }
            Limit::Ports(ports) => {
                write!(f, "this machine has {ports} local ports for each address of the target")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_runs_out_first_is_the_limit() {
        assert_eq!(Capacity::of(40, 10, Some(28_232), 1).connections, 14);
        let few = Capacity::of(12, 10, None, 1);
        assert_eq!(
            few.to_string(),
            "at most 1 connection: this process may have 12 files open (ulimit -n); raise the hard limit"
        );
        assert_eq!(Capacity::of(1 << 20, 10, Some(28_232), 2).connections, 56_464);
        assert!(Capacity::of(1 << 20, 10, Some(28_232), 1).to_string().contains("28232 local ports"));
    }
}
