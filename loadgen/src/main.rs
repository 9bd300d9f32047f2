//! The binary `loadgen`.

use std::process::ExitCode;

fn main() -> ExitCode {
    stepgate_loadgen::cli::main()
}
