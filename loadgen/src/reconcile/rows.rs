//! Rows of `ListExecutions`, as much of them as the account needs: 24 bytes each, sorted like names.

use crate::record::Entry;

/// How an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Standing {
    /// It has not ended.
    Open,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl Standing {
    const ALL: [Self; 5] = [Self::Open, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// The standing that a `status` of the API says. One that is not known here has not ended.
    pub(super) fn of(status: &str) -> Self {
        match status {
            "SUCCEEDED" => Self::Succeeded,
            "FAILED" => Self::Failed,
            "TIMED_OUT" => Self::TimedOut,
            "ABORTED" => Self::Aborted,
            // RUNNING, and PENDING_REDRIVE, which goes on.
            _ => Self::Open,
        }
    }
}

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// The name in 16 bytes.
    pub(super) id: [u64; 2],
    pub(super) standing: Standing,
    /// Milliseconds from its start to its end; 0 while it is open.
    pub(super) took_ms: u64,
    /// Seconds from the beginning of the list's time to its start.
    pub(super) start_s: u64,
}

/// A year, the longest that an execution may take, is 35 bits of milliseconds.
const TOOK_BITS: u32 = 36;
/// Seconds of more than a year: the records are kept for 90 days.
const START_BITS: u32 = 25;

impl Listed {
    /// As an entry, which sorts by name, and of the same name what was seen open before what was seen closed.
    pub(super) fn entry(self) -> Entry {
        let took = self.took_ms.min((1 << TOOK_BITS) - 1);
        let start = self.start_s.min((1 << START_BITS) - 1);
        Entry { id: self.id, k: (self.standing as u64) << (TOOK_BITS + START_BITS) | took << START_BITS | start }
    }

    /// The row of an entry.
    pub(super) fn of(entry: Entry) -> Self {
        let standing = usize::try_from(entry.k >> (TOOK_BITS + START_BITS)).unwrap_or(0);
        Self {
            id: entry.id,
            standing: Standing::ALL[standing.min(Standing::ALL.len() - 1)],
            took_ms: entry.k >> START_BITS & ((1 << TOOK_BITS) - 1),
            start_s: entry.k & ((1 << START_BITS) - 1),
        }
    }
}

/// The name of an id that is a UUID's bits.
pub(super) fn uuid_name(id: [u64; 2]) -> String {
    uuid::Uuid::from_u64_pair(id[0], id[1]).hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_survives_as_an_entry_and_a_closed_one_sorts_last() {
        let id = Entry::of("9c3d8aab-83bf-4542-8256-36c9f42b6b01", 0).id;
        let open = Listed { id, standing: Standing::Open, took_ms: 0, start_s: 33_000_000 };
        let closed = Listed { id, standing: Standing::Aborted, took_ms: 31_536_000_000, start_s: 1 };
        for row in [open, closed] {
            assert_eq!(Listed::of(row.entry()), row);
        }
        assert!(open.entry() < closed.entry());
        assert_eq!(uuid_name(id), "9c3d8aab-83bf-4542-8256-36c9f42b6b01");
    }
}
