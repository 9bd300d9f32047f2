//! From the command line to an endpoint, and what is said of the deployment on the way.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::args::{Args, variable};
use super::terminal::{cannot, say};
use crate::clock::{Clock, SystemClock, VirtualClock};
use crate::document::PassedOver;
use crate::doubles::DoubleArgs;
use crate::signature::AccessKey;
use crate::template::Source;
use crate::{Emulator, gateway};

pub(super) fn clock(args: &Args) -> Arc<dyn Clock> {
    let machine = SystemClock::start();
    if args.virtual_time { Arc::new(VirtualClock::starting_at(machine.now())) } else { Arc::new(machine) }
}

/// Loads what is to be served, and says what was mended or passed over.
pub(super) fn load(
    args: &Args,
    source: &Source,
    (key, api_key): &(AccessKey, String),
    clock: Arc<dyn Clock>,
) -> Result<Emulator, String> {
    let (switches, said) = args.switches()?;
    let mut builder = Emulator::builder()
        .source(source.clone())
        .load_options(args.load_options()?)
        .gateway_options(gateway::GatewayOptions {
            quotas: args.quotas,
            credentials: key.clone().into(),
            api_keys: vec![api_key.clone()],
            ..gateway::GatewayOptions::default()
        })
        .states_options(args.states_options()?)
        .switches(switches)
        .verify_api(args.verify_api)
        .faults(args.faults()?)
        .clock(clock)
        .threads(args.threads.into());
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    if let Some(file) = &args.access_log {
        builder = builder.access_log(lines_to(file)?);
    }
    if let Some(file) = &args.handler_log {
        builder = builder.handler_log(lines_to(file)?);
    }
    let emulator = builder
        .build()
        .map_err(|error| error.render(error.position.as_ref().and_then(|position| source.line(position)).as_deref()))?;
    for line in said {
        say(&line);
    }
    for unread in DoubleArgs::unread(variable) {
        say(&format!("warning: {unread}"));
    }
    for warning in &emulator.deployment().warnings {
        say(&format!("warning: {warning}"));
    }
    for passed in &emulator.deployment().passed_over {
        say(&passed_over(passed));
    }
    Ok(emulator)
}

/// `passed over: 3 × AWS::S3::Bucket (first at template.yaml:12:3)`
fn passed_over(passed: &PassedOver) -> String {
    let count = if passed.count > 1 { format!("{} × ", passed.count) } else { String::new() };
    let first = passed.first.as_ref().map(|position| format!(" ({position})"));
    format!("passed over: {count}{}{}", passed.what, first.unwrap_or_default())
}

/// Writes lines to a file, or to standard error for `-`. A file that takes no more of them is told once.
fn lines_to(path: &Path) -> Result<impl FnMut(&str) + Send + use<>, String> {
    let mut out: Box<dyn Write + Send> = if path == Path::new("-") {
        Box::new(io::stderr())
    } else {
        Box::new(File::options().create(true).append(true).open(path).map_err(|error| cannot("write", path, &error))?)
    };
    let path = path.to_owned();
    let mut failed = false;
    Ok(move |line: &str| {
        // In one piece, so that lines of several writers do not mix.
        let written = out.write_all(format!("{line}\n").as_bytes());
        if let Err(error) = written
            && !std::mem::replace(&mut failed, true)
        {
            say(&cannot("write", &path, &error));
        }
    })
}
