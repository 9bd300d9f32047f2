//! The program `stepgate-emulator`.

use std::process::ExitCode;

fn main() -> ExitCode {
    stepgate_emulator::cli::main()
}
