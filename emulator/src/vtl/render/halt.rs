//! What ends rendering before its end, on its way out of the blocks, loops and strings that it is in.

use crate::budget::Exhausted;

/// Why what is being rendered ends here.
#[derive(Debug)]
pub(super) enum Halt {
    /// Something went wrong.
    Fault(String),
    /// `#break`: the innermost loop or block ends.
    Innermost,
    /// `#break($foreach.parent)`: the loop of that number ends, from 0.
    Loop(usize),
    /// `#stop`: the template ends.
    All,
}

impl From<String> for Halt {
    fn from(fault: String) -> Self {
        Self::Fault(fault)
    }
}

impl From<Exhausted> for Halt {
    fn from(exhausted: Exhausted) -> Self {
        Self::Fault(exhausted.to_string())
    }
}
