//! How late this machine lets a thread run that waits for instants at an even rate: the yardstick of a generator's pacing.
//!
//! `cargo run --release -p stepgate-loadgen --example wakeups -- RATE SECONDS [--spin]`
//!
//! Waits with a bare `timerfd` under epoll or, with `--spin`, by looking at the clock over and over. Prints the lateness
//! in microseconds as JSON.
#![expect(clippy::print_stdout, reason = "its figures are its only result")]

use std::io;
use std::mem::MaybeUninit;

use rustix::event::epoll;
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use stepgate_loadgen::platform::monotonic;

const SECOND: u64 = 1_000_000_000;

/// A timer that an epoll waits for.
struct Timer {
    timer: OwnedFd,
    epoll: OwnedFd,
}

impl Timer {
    fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(0), epoll::EventFlags::IN | epoll::EventFlags::ET)?;
        Ok(Self { timer, epoll })
    }

    fn wait(&self, instant: u64) -> io::Result<()> {
        let (seconds, nanoseconds) = (instant / SECOND, instant % SECOND);
        let value = Timespec {
            tv_sec: i64::try_from(seconds).map_err(io::Error::other)?,
            tv_nsec: i64::try_from(nanoseconds).map_err(io::Error::other)?,
        };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &once)?;
        let mut events = [MaybeUninit::uninit()];
        epoll::wait(&self.epoll, &mut events[..], None)?;
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let usage = || io::Error::other("usage: wakeups RATE SECONDS [--spin]");
    let (rate, seconds, spin) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rate, seconds] => (rate, seconds, false),
        [rate, seconds, "--spin"] => (rate, seconds, true),
        _ => return Err(usage()),
    };
    let (Ok(rate @ 1..), Ok(seconds @ 1..)) = (rate.parse::<u64>(), seconds.parse::<u64>()) else {
        return Err(usage());
    };
    let timer = Timer::new()?;
    let start = monotonic() + SECOND / 10;
    let mut late = Vec::new();
    for k in 0..rate * seconds {
        let instant = start + k * SECOND / rate;
        while monotonic() < instant {
            if !spin {
                timer.wait(instant)?;
            }
        }
        late.push((monotonic() - instant) / 1_000);
    }
    late.sort_unstable();
    let rank = |q: usize| late[(late.len() * q).div_ceil(100) - 1];
    println!("{{\"p50\":{},\"p99\":{},\"max\":{}}}", rank(50), rank(99), rank(100));
    Ok(())
}
