//! Words for people.

use std::io::{self, Write};
use std::path::Path;

pub(super) fn cannot(what: &str, file: &Path, error: &io::Error) -> String {
    format!("error: cannot {what} {}: {error}", file.display())
}

/// A line for people; nobody is left to tell when it cannot be written.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
