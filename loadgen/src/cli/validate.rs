//! `validate`: everything that a run refuses, and what it would send, without sending it.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;

use super::Io;
use super::arguments::RunArguments;
use super::baseline;
use super::load::variable;
use super::network::shown;
use super::run::{Prepared, location, prepare};
use crate::engine::TlsSettings;
use crate::exit::Exit;
use crate::judge::Threshold;
use crate::mistake::Mistake;
use crate::payload::{Arriving, Content, Payload};
use crate::run::{Destination, Plan};
use crate::scenario::{Profile, show_duration};
use crate::schedule::Fingerprint;
use crate::shard::Placement;

pub(super) fn validate(arguments: &RunArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let Prepared { plan, endpoint, route, .. } = prepare(arguments)?;
    if let Some(name) = &arguments.save_baseline {
        baseline::check(name)?;
    }
    let out = &mut *io.stdout;
    if let Some(placement) = &plan.placement {
        let _ = writeln!(out, "{placement}");
    }
    let outputs = arguments.output.plan(location(&arguments.output, &plan)?)?;
    let output = &arguments.output;
    if output.directory.is_some() || !output.out.is_empty() || output.prometheus.is_some() {
        // Opened and let go: nothing of it stays.
        drop(outputs.open()?);
    }
    super::cost::check(&arguments.cost, &plan, endpoint.as_ref(), &io.program)?;
    // An embedded endpoint is started, so that faults which it does not understand are found; it is asked nothing.
    let destination = Destination::of(&plan.scenario, endpoint.as_ref(), &io.program, &variable)?;
    if destination.endpoint.tls {
        TlsSettings::new(&destination.endpoint.host, &route.trust)?;
    }
    let scenario = &plan.scenario;
    let _ = writeln!(out, "scenario     {}  seed {}  digest {}", scenario.name, scenario.seed, plan.digest());
    let named = |endpoint| shown(endpoint, route.trust.insecure);
    let target = endpoint.as_ref().map_or_else(|| "embedded (not AWS)".into(), named);
    let _ = writeln!(out, "target       {target}");
    tell_arrivals(&plan, out);
    let secrets = scenario.secrets();
    for payload in &scenario.payloads {
        let shown = secrets.scrub(&such_as(payload, scenario.seed)?);
        let _ = writeln!(out, "payload      {} (weight {})  {shown}", payload.name, payload.weight);
    }
    let thresholds: Vec<String> = plan.thresholds.iter().map(Threshold::to_string).collect();
    let _ = writeln!(out, "thresholds   {}", thresholds.join(", "));
    for shortfall in plan.shortfalls() {
        let _ = writeln!(out, "cannot tell  {shortfall}");
    }
    Ok(Exit::Pass)
}

fn tell_arrivals(plan: &Plan, out: &mut dyn Write) {
    if let Some(schedule) = &plan.schedule {
        let mut fingerprint = Fingerprint::default();
        schedule.iter().for_each(|arrival| fingerprint.add(&arrival));
        let window = Duration::from_millis(plan.window / 1_000_000);
        let _ = writeln!(out, "plan         {} arrivals in {}", schedule.planned(), show_duration(window));
        let _ = writeln!(out, "arrivals     {fingerprint}");
        if let Some(Placement { shard, .. }) = plan.placement {
            let mut fingerprint = Fingerprint::default();
            schedule.iter().filter(|arrival| shard.has(arrival.k)).for_each(|arrival| fingerprint.add(&arrival));
            let _ = writeln!(out, "share        {} arrivals", shard.share(schedule.planned()));
            let _ = writeln!(out, "  of them    {fingerprint}");
        }
    } else {
        let _ = writeln!(out, "plan         closed loop: arrivals follow the answers");
        if let (Some(placement), Profile::Closed { clients, .. }) = (&plan.placement, &plan.scenario.load.profile) {
            let _ = writeln!(out, "share        {} of {clients} clients", placement.shard.share(*clients as u64));
        }
    }
}

/// What the first request with a payload looks like.
fn such_as(payload: &Payload, seed: u64) -> Result<String, Mistake> {
    let arriving = Arriving { k: 0, seed, unix_ms: Timestamp::now().as_millisecond() };
    match &payload.content {
        Content::Execute(template) | Content::ExecuteSync(template) | Content::ExecuteHttp(template) => {
            let mut body = Vec::new();
            let rendered = template.render(&arriving, &mut body);
            rendered.map_err(|e| Mistake::other(format!("payload {}: {e}", payload.name)))?;
            Ok(format!("such as {}", String::from_utf8_lossy(&body)))
        }
        Content::Preflight { origin, .. } => Ok(format!("preflight of {origin}")),
        Content::Describe => Ok("what became of an execution started before".into()),
    }
}
