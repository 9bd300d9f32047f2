//! The program `stepgate-emulator`.

use std::process::ExitCode;

/// An execution is many small pieces made on one thread and forgotten on another, which glibc's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stepgate_emulator::cli::main()
}
