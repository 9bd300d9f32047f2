//! `serve`: the embedded endpoint, for the run that started it as its child.

use stepgate_emulator::cli::{Args, Until, serve as serve_until};

use crate::exit::Exit;

/// Prints the URL and serves until stdin closes, which it does when the parent ends in whatever way.
pub(super) fn serve(arguments: &Args) -> Exit {
    if serve_until(arguments, Until::StdinClosed) == std::process::ExitCode::SUCCESS { Exit::Pass } else { Exit::Other }
}
