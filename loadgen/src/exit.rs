//! Exit codes: one per run, the first that applies. `docs/exit-codes.md` is the table for users.

use std::process::ExitCode;

/// How a command ended. The order is the precedence: of several that apply, the first is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 2: the command line does not make sense.
    Usage,
    /// 104: the scenario is not valid.
    BadScenario,
    /// 105: a signal ended the run early, and the report is written; or it ended another command.
    Interrupted,
    /// 108: the run was aborted by its own cap or threshold.
    Aborted,
    /// 96: shards of the load are missing or broke off; the report covers the others.
    Partial,
    /// 97: the generator, not the target, decided the figures.
    Invalid,
    /// 99: a threshold failed.
    Failed,
    /// 98: the data cannot tell whether a threshold holds.
    Inconclusive,
    /// 1: anything else.
    Other,
    /// 0: every threshold holds.
    Pass,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::Partial => 96,
            Self::Invalid => 97,
            Self::Inconclusive => 98,
            Self::Failed => 99,
            Self::BadScenario => 104,
            Self::Interrupted => 105,
            Self::Aborted => 108,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_thresholds_are_exit_code_99() {
        assert_eq!(Exit::Failed.code(), 99);
    }
}
