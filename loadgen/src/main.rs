//! The binary `loadgen`.

use std::process::ExitCode;

/// Its embedded endpoint gives back what a busy minute took, as `stepgate-emulator` does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stepgate_loadgen::cli::main()
}
