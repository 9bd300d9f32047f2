//! From what is said of a run to its page: what to name, and which distributions to draw.

use super::conclusion::{RunResult, share};
use super::directory::Manifest;
use super::host::Host;
use super::repeat::repeat;
use crate::compare::unlike;
use crate::engine::Lateness;
use crate::judge::Population;
use crate::record::Lookups;
use crate::report::page::{self, Baseline, Page, Spectrum};
use crate::report::{Account, show_microseconds};
use crate::scenario::{Names, Warmup, disclosed};
use crate::schedule::Ramp;

/// The page of a run, beside a baseline if there is one.
#[must_use]
pub fn page(manifest: &Manifest, run: &RunResult, baseline: Option<Baseline>) -> String {
    let (response, service) = spectra(&run.account);
    let share = share(manifest);
    let stages: Vec<Ramp> = manifest
        .ramps
        .iter()
        .map(|ramp| Ramp { from: ramp.from * share, to: ramp.to * share, ..ramp.clone() })
        .collect();
    // A run of before may have kept what this version does not.
    let scenario = manifest.scenario.as_deref().map(disclosed);
    // The last second is seldom a whole one; but a load that lasts three seconds has all of the third, also where its last
    // answer comes before.
    let timeline = run.account.timeline.until(run.account.span() as f64 / 1e9);
    page::page(&Page {
        summary: &run.summary,
        configuration: configuration(manifest, run),
        scenario: scenario.as_deref(),
        timeline: &timeline,
        stages: &stages,
        response,
        service,
        baseline,
    })
}

/// A run as the baseline of another.
#[must_use]
pub(crate) fn baseline(before: &RunResult, run: &RunResult) -> Baseline {
    let (response, service) = spectra(&before.account);
    let unlike = unlike(std::slice::from_ref(&before.summary), std::slice::from_ref(&run.summary));
    Baseline { summary: before.summary.clone(), response, service, unlike }
}

/// The percentiles of response and service times of the requests to start executions.
fn spectra(account: &Account) -> (Spectrum, Spectrum) {
    let executes = account.places.starts();
    let of =
        |population: Population| Spectrum::of(&population.among(&executes).series(&account.tally, &account.history));
    (of(Population::due()), of(Population::service()))
}

fn configuration(manifest: &Manifest, run: &RunResult) -> Vec<(String, String)> {
    let identity = &run.summary.run;
    let mut rows = vec![
        ("target", identity.target.clone()),
        ("load", load(manifest)),
        ("seed", identity.seed.to_string()),
        ("digest", identity.digest.clone()),
        ("names", names(run.names).into()),
        ("warm-up", warmup(manifest.warmup, run.summary.warmup_seconds)),
    ];
    if let Some(simulated) = &identity.simulated {
        let time = format!("on virtual time, nothing was sent; answers take {}", simulated.answers_take);
        rows.insert(1, ("simulated", time));
    }
    if let Some(lookups) = run.summary.lookups {
        let Lookups { total_us, longest_us, .. } = lookups;
        let [all, longest] = [total_us, longest_us].map(show_microseconds);
        rows.push(("name of the target", format!("{lookups}; {all} in all, {longest} the longest")));
    }
    if !manifest.shard.is_whole() {
        rows.push(("shard", manifest.shard.to_string()));
    }
    if let Some(sum) = &run.summary.plan.arrivals_sha256 {
        rows.push(("arrivals", format!("SHA-256 {sum}")));
    }
    rows.push(("machine", machine(&manifest.host)));
    rows.push(("repeat with", repeat(&manifest.arguments)));
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn load(manifest: &Manifest) -> String {
    let payloads: Vec<&str> = manifest.places.payloads.iter().map(|payload| payload.name.as_str()).collect();
    let payloads = payloads.join(", ");
    let loop_ = if manifest.run.closed_loop { "closed loop: requests wait for answers" } else { "open loop" };
    match (manifest.ramps.len(), manifest.places.stages.len()) {
        (_, 2..) => format!("{loop_}; stages {}; payloads {payloads}", manifest.places.stages.join(", ")),
        (1, _) => format!("{loop_}, {} per second; payloads {payloads}", manifest.ramps[0].from),
        _ => format!("{loop_}; payloads {payloads}"),
    }
}

const fn names(expected: Names) -> &'static str {
    match expected {
        Names::RequestId => "each the x-amzn-RequestId of its answer",
        Names::Key => "each the Idempotency-Key of its request",
        Names::Service => "whatever the service chooses",
    }
}

fn warmup(asked: Warmup, seconds: u64) -> String {
    match asked {
        Warmup::None => "none".into(),
        Warmup::Seconds(_) => format!("{seconds} s"),
        Warmup::Auto => format!("{seconds} s, found by MSER-5"),
    }
}

fn machine(host: &Host) -> String {
    let late = host.timer_late_us.as_ref().map_or_else(String::new, |Lateness { p50, p99 }| {
        format!("; wakes a sleeper late by p50 {}, p99 {}", show_microseconds(*p50), show_microseconds(*p99))
    });
    format!("{}, kernel {}, {} processors{late}", host.platform, host.kernel, host.processors)
}
