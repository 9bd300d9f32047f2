//! What one `POST /execute` costs the endpoint, in CPU time of the thread, without a socket: the share of the design's
//! goal (60,000 a second on one core) that lies behind the server.
//!
//! `cargo bench -p stepgate-emulator --features fuzzing --bench execute`

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::error::Error;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use stepgate_emulator::benchmark::{Step, steps};

const CALLS: u32 = 100_000;

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    Duration::from_nanos(nanoseconds.try_into().unwrap_or(0))
}

/// The best of five rounds, as CPU time of one call.
fn measure(mut step: Step) {
    let rounds = (0..5_u32).map(|round| {
        let start = thread_time();
        for number in 0..CALLS {
            (step.call)(round * CALLS + number);
        }
        thread_time().saturating_sub(start) / CALLS
    });
    println!("{:<52} {:>8} ns", step.name, rounds.min().unwrap_or_default().as_nanos());
}

fn main() -> Result<(), Box<dyn Error>> {
    steps()?.into_iter().for_each(measure);
    Ok(())
}
