//! The command line: arguments in, streams and an exit code out.

mod ab;
mod absent;
mod arguments;
mod baseline;
mod command;
mod compare;
mod cost;
mod doctor;
mod file;
mod guard;
mod hint;
mod init;
mod interrupts;
mod kept;
mod load;
mod manual;
mod merge;
mod misplaced;
mod network;
mod outputs;
mod plan;
mod reconcile;
mod report;
mod run;
mod search;
mod serve;
mod shard;
mod simulate;
mod stream;
mod terminal;
mod trial;
mod validate;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) use self::command::run;
use self::interrupts::{Interrupts, outlast_file_limits};
pub(crate) use self::terminal::Terminal;

/// What a command reads and writes besides its arguments.
pub(crate) struct Io<'io> {
    /// Results.
    pub(crate) stdout: &'io mut dyn Write,
    /// Progress, warnings and errors.
    pub(crate) stderr: &'io mut dyn Write,
    /// What they are connected to.
    pub(crate) terminal: Terminal,
    /// Signals that asked to stop: once is gracefully, twice is now.
    pub(crate) interrupts: Interrupts,
    /// The program that `serve` is asked of for an embedded endpoint.
    pub(crate) program: PathBuf,
}

/// The whole process: arguments, streams and signals are its own.
#[must_use]
pub fn main() -> ExitCode {
    let interrupts = Interrupts::default();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    outlast_file_limits();
    // A served endpoint ends with its stdin; signals end it at once, as they do by themselves.
    if arguments.get(1).is_none_or(|first| first != "serve") {
        interrupts.watch();
    }
    let mut io = Io {
        stdout: &mut io::stdout(),
        stderr: &mut io::stderr(),
        terminal: Terminal::of_process(),
        interrupts,
        program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("loadgen")),
    };
    run(arguments, &mut io).into()
}
