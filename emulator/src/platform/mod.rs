//! What systems do differently, each behind one name: Linux's own calls, and a twin for every other system.
//!
//! The twin can be built and tested on Linux as well, with `--cfg portable` among the compiler's flags.

#[cfg(all(target_os = "linux", not(portable)))]
mod linux;
#[cfg(not(all(target_os = "linux", not(portable))))]
mod portable;

#[cfg(all(target_os = "linux", not(portable)))]
pub(crate) use linux::{lower_priority, thread_time};
#[cfg(not(all(target_os = "linux", not(portable))))]
pub(crate) use portable::{lower_priority, thread_time};
