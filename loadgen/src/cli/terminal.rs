//! What stdout and stderr are, and what the environment says of terminals.

use std::env;
use std::io::{self, IsTerminal};

/// What the streams are connected to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Whether stdout may be written in colours.
    pub(crate) coloured_stdout: bool,
    /// Whether stderr may be written in colours.
    pub(crate) coloured_stderr: bool,
    /// Whether stderr is a terminal that can be drawn on.
    pub(crate) drawable_stderr: bool,
}

impl Terminal {
    /// The process's own: <https://no-color.org>, and `TERM=dumb` for terminals that can do nothing.
    #[must_use]
    pub(crate) fn of_process() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let able = env::var_os("TERM").is_none_or(|term| term != "dumb");
        let colours = able && !set("NO_COLOR");
        let (stdout, stderr) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self { coloured_stdout: stdout && colours, coloured_stderr: stderr && colours, drawable_stderr: stderr && able }
    }
}
