//! The binary `loadgen` from outside: what it prints, how it exits, and that its accounts are exact.

mod cli;
mod compare;
mod embedded;
mod loadgen;
mod server;
mod signals;
mod stall;
mod transport;
mod trouble;
