//! Linux: a timer among the events, and system calls that go straight to the kernel.

use std::fs::{self, File};
use std::io;
use std::num::NonZeroU64;
use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::net::TcpStream;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rtime_clock::adjtime::{Timex, adjtimex};
use rustix::fd::OwnedFd;
use rustix::net::{RecvFlags, SendFlags};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use super::ClockQuality;

const BILLION: u64 = 1_000_000_000;

/// How much a timer that is set already may be late, in nanoseconds: arrivals that are nearer share its setting, which
/// on a virtual machine costs as much as a request.
const SLACK: u64 = 50_000;

/// `STA_UNSYNC` of the kernel: nobody keeps the clock right.
const UNSYNCHRONISED: i32 = 0x40;

/// Wakes a thread that polls at an instant of the monotonic clock, to the microsecond.
#[derive(Debug)]
pub(crate) struct Alarm {
    timer: OwnedFd,
    /// The instant that it is set to.
    armed: u64,
}

impl Alarm {
    /// An alarm among the events of `registry`, under `token`.
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { timer, armed: u64::MAX })
    }

    /// Whether it would wake at `instant` as it is set.
    pub(crate) fn is_set(&self, instant: u64) -> bool {
        (instant..=instant.saturating_add(SLACK)).contains(&self.armed)
    }

    /// Sets it, and tells how long the poll itself may wait. Setting it anew also takes back an expiry that nobody read.
    pub(crate) fn set(&mut self, instant: u64, now: u64) -> io::Result<Option<Duration>> {
        let at = instant.max(now + SLACK);
        let value = Timespec {
            tv_sec: i64::try_from(at / BILLION).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(at % BILLION).unwrap_or(0),
        };
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let spec = Itimerspec { it_interval: zero, it_value: value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &spec)?;
        self.armed = at;
        Ok(None)
    }
}

/// Reads what has come. Those calls of the C library are cancellation points, which costs on every one of them.
pub(crate) fn receive(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::net::recv(stream, buffer, RecvFlags::empty())?.0)
}

/// Writes what fits.
pub(crate) fn send(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(stream, bytes, SendFlags::NOSIGNAL)?)
}

/// The processors that this process may use.
pub(crate) fn processors() -> Option<Vec<usize>> {
    let ours = rustix::thread::sched_getaffinity(None).ok()?;
    Some((0..rustix::thread::CpuSet::MAX_CPU).filter(|processor| ours.is_set(*processor)).collect())
}

/// Binds the calling thread to a processor.
pub(crate) fn bind_to_processor(processor: usize) -> io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    if processor >= rustix::thread::CpuSet::MAX_CPU {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("there is no processor {processor}")));
    }
    set.set(processor);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// What the kernel says of its clock, as the time daemon told it (`adjtimex(2)`).
pub(crate) fn clock_quality() -> ClockQuality {
    // Nothing is set: all its modes are zero.
    let mut kernel = Timex::new();
    if adjtimex(&mut kernel).is_err() || kernel.0.status & UNSYNCHRONISED != 0 {
        return ClockQuality { synchronised: Some(false), ..ClockQuality::default() };
    }
    let micros = |error: i64| u64::try_from(error).ok();
    ClockQuality {
        synchronised: Some(true),
        max_error_us: micros(kernel.0.maxerror),
        estimated_error_us: micros(kernel.0.esterror),
    }
}

/// Says that bytes of a file are wanted soon.
pub(crate) fn will_need(file: &File, offset: u64, length: u64) {
    // It is advice: without it, reading takes longer.
    let _ = rustix::fs::fadvise(file, offset, NonZeroU64::new(length), rustix::fs::Advice::WillNeed);
}

/// How many local ports connections to one address may use, if the system tells.
pub(crate) fn local_ports() -> Option<u64> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().filter_map(|end| end.parse::<u64>().ok());
    let (first, last) = (ends.next()?, ends.next()?);
    last.checked_sub(first).map(|more| more + 1)
}
