//! The binary `loadgen`, built beside the tests: Cargo tells a package's tests the path of its own binaries only.

use std::process::ExitCode;

fn main() -> ExitCode {
    stepgate_loadgen::cli::main()
}
