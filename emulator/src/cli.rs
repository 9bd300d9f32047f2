//! The command line: what is served is decided here, and what went wrong is shown.
//!
//! Standard output carries one line, the URL of the execute method; everything else goes to standard error.

mod args;
mod ending;
mod load;
mod reload;
mod terminal;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use clap::Parser;

pub use self::args::Args;
use self::args::variable;
use self::ending::Ending;
use self::load::{clock, load};
use self::reload::{lock, reload};
use self::terminal::say;
use crate::deployment::Api;
use crate::signature::AccessKey;
use crate::simulation::LedClock;
use crate::watch::Watch;

/// Serves an API Gateway and Step Functions deployment on this machine, as AWS would answer.
///
/// Prints the URL of the execute method as its only line on standard output. The Step Functions API answers at `POST /`
/// of the same port.
#[derive(Debug, Parser)]
#[command(name = "stepgate-emulator", version)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

/// When serving ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At an interrupt or a request to terminate.
    Interrupted,
    /// When standard input is closed, as a parent process does by ending; interrupts are left to that parent.
    StdinClosed,
}

/// The program `stepgate-emulator`.
#[must_use]
pub fn main() -> ExitCode {
    serve(&Cli::parse().args, Until::Interrupted)
}

/// Serves until the end that `until` names. Exit codes: 0 for that end, 1 for a deployment that does not load or an
/// address that is taken.
#[must_use]
pub fn serve(args: &Args, until: Until) -> ExitCode {
    match try_serve(args, until) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&message);
            ExitCode::FAILURE
        }
    }
}

fn try_serve(args: &Args, until: Until) -> Result<(), String> {
    let take = || Ending::new(until).map_err(|error| format!("error: signals cannot be handled: {error}"));
    // A parent decides about interrupts from the first; on its own, the program may be interrupted while it loads.
    let of_parent = if until == Until::StdinClosed { Some(take()?) } else { None };
    let stack = args.stack(variable)?;
    let keys = args.test_keys(&stack);
    let begun = SystemTime::now();
    if let Some(seconds) = args.led {
        return simulate(args, Duration::from_secs(seconds), &keys);
    }
    let source = args.source();
    let emulator = load(args, &source, &keys, clock(args))?;
    let watch = args.watch.then(|| {
        let mut watch = Watch::default();
        watch.also(source.files_read().into_iter().chain(args.files()), begun);
        watch
    });
    // Before the URL is printed: whoever reads it may interrupt at once.
    let ending = of_parent.map_or_else(take, Ok)?;
    tell_keys(args, &keys, &stack.region, &emulator.deployment().api)?;
    let address = SocketAddr::new(args.host, args.port);
    let serving = emulator.serve(address).map_err(|error| format!("error: cannot listen on {address}: {error}"))?;
    let url = writeln!(io::stdout(), "{}", serving.url()).and_then(|()| io::stdout().flush());
    url.map_err(|error| format!("error: the URL cannot be printed: {error}"))?;
    let serving = Arc::new(Mutex::new(serving));
    if let Some(watch) = watch {
        reload(watch, args.clone(), keys, &serving)?;
    }
    ending.wait();
    lock(&serving).stop();
    Ok(())
}

/// Tells the keys of callers: a person those that are asked for, on standard error; a parent that wants them all.
fn tell_keys(args: &Args, (key, api_key): &(AccessKey, String), region: &str, api: &Api) -> Result<(), String> {
    let mut variables =
        vec![format!("AWS_ACCESS_KEY_ID={}", key.access_key()), format!("AWS_SECRET_ACCESS_KEY={}", key.secret())];
    variables.extend(key.session_token().map(|token| format!("AWS_SESSION_TOKEN={token}")));
    variables.push(format!("AWS_REGION={region}"));
    if args.tell_keys {
        variables.push(format!("STEPGATE_API_KEY={api_key}"));
        let told = writeln!(io::stdout(), "{}", variables.join("\n"));
        return told.map_err(|error| format!("error: the keys cannot be told: {error}"));
    }
    if args.verify_api || api.wants_signatures() {
        say(&format!("test key: {}", variables.join(" ")));
    }
    if api.wants_api_keys() {
        say(&format!("test API key: {api_key}"));
    }
    Ok(())
}

/// Serves a caller who leads time, over standard input and output; the URL's host is never listened on.
fn simulate(args: &Args, epoch: Duration, keys: &(AccessKey, String)) -> Result<(), String> {
    let clock = Arc::new(LedClock::starting_at(epoch));
    let emulator = load(args, &args.source(), keys, clock.clone())?;
    let mut stdout = io::stdout();
    let told = writeln!(stdout, "http://127.0.0.1{}", emulator.path()).and_then(|()| stdout.flush());
    let served = told.and_then(|()| emulator.simulation(&clock).run(io::stdin().lock(), stdout.lock()));
    served.map_err(|error| format!("error: the simulation cannot go on: {error}"))
}
