//! What a run will take and cost, before anything is sent.

use std::collections::BTreeMap;
use std::path::Path;

use stepgate::sigv4::Scope;

use super::arguments::CostArguments;
use super::file::read_text;
use super::load::variable;
use crate::aws::{Bucket, Footprint, Prices, Quotas, Usage};
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::forecast::{Demand, ExecutionOutline, ForecastLimits, ForecastPayload, PlanReport, PlannedRequest, Setting};
use crate::mistake::Mistake;
use crate::payload::{Arriving, Payload};
use crate::report::{CostBasis, RunCost};
use crate::run::{Plan, Rehearsal};
use crate::scenario::{Names, Scenario};
use crate::schedule::{Arrival, Contents};
use crate::units::show_usd;

/// Bodies that are made to know how large they are; of more arrivals, so many are looked at.
const BODIES: u64 = 200_000;

/// How an execution ends that comes to its end.
const SUCCEEDED: &str = "SUCCEEDED";

/// The region of the embedded endpoint.
const EMBEDDED: &str = "us-east-1";

/// Refuses a run that would cost more than `--max-cost` allows, and says what it costs if that was asked.
pub(super) fn check(
    arguments: &CostArguments,
    plan: &Plan,
    endpoint: Option<&Endpoint>,
    program: &Path,
) -> Result<Option<RunCost>, Mistake> {
    if arguments.max_cost.is_none() {
        let CostArguments { region, prices, log_bytes, .. } = arguments;
        let given = [("--region", region.is_some()), ("--prices", prices.is_some()), ("--log-bytes", *log_bytes > 0)];
        return match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(Mistake::usage(format!(
                "{option} says what a load costs, and a run reckons that where it has a limit: add --max-cost, or ask \
                 `loadgen plan`"
            ))),
            None => Ok(None),
        };
    }
    let report = forecast(arguments, plan, endpoint, program)?;
    check_bill(arguments, &report)?;
    Ok(Some(planned(&report)))
}

/// What a load costs by its plan.
pub(super) fn planned(report: &PlanReport) -> RunCost {
    RunCost { usd: report.bill.usd, region: report.bill.region.clone(), basis: CostBasis::Plan }
}

/// The same for a load that is planned already.
pub(super) fn check_bill(arguments: &CostArguments, report: &PlanReport) -> Result<(), Mistake> {
    let unknown = report.executions.iter().find_map(|execution| execution.without_double.as_ref());
    match arguments.max_cost {
        Some(_) if let Some(task) = unknown => Err(Mistake::usage(format!(
            "what the load costs is not known, so --max-cost cannot let it pass: {task} has no double here, and the workflow \
             went the way of its failure"
        ))
        .with_help("give it one with --mocks FILE (docs/doubles.md); `loadgen plan` without --max-cost shows what is known")),
        Some(most) if report.bill.usd > most => Err(Mistake::new(
            Exit::Usage,
            format!("the load would cost {}, and --max-cost allows {}", show_usd(report.bill.usd), show_usd(most)),
        )),
        _ => Ok(()),
    }
}

/// What a run will take, where it will be throttled, and what it will cost.
pub(super) fn forecast(
    arguments: &CostArguments,
    plan: &Plan,
    endpoint: Option<&Endpoint>,
    program: &Path,
) -> Result<PlanReport, Mistake> {
    let scenario = &plan.scenario;
    let region = region(arguments, scenario, endpoint)?;
    let (prices, quotas) = known(arguments.prices.as_deref())?;
    let arrivals = plan.arrivals().or(scenario.target.max_executions).ok_or_else(|| {
        Mistake::usage("a closed loop has no planned end, so its cost is unknown: give -n, or max_executions")
    })?;
    let rehearsal = Rehearsal::of(scenario, &region, program)?;
    let mut setting = Setting::of_aws(&quotas, &region, rehearsal.api(), rehearsal.throttles());
    let paced = plan.schedule.is_some();
    if !paced {
        setting = boundless(setting);
    }
    // The footprints of all payloads in a row, and where each payload's own begin.
    let footprints: Vec<Footprint> = rehearsal.footprints.values().flatten().cloned().collect();
    let firsts: BTreeMap<usize, usize> = rehearsal
        .footprints
        .iter()
        .scan(0, |before, (payload, own)| Some((*payload, std::mem::replace(before, *before + own.len()))))
        .collect();
    let each: Vec<Usage> = footprints.iter().map(|own| own.usage(|function| rehearsal.memory(function))).collect();
    let mut demand = Demand::new(setting.clone(), &footprints);
    let mut bodies = Bodies::new(&scenario.payloads, arrivals);
    let mut take = |arrival: &Arrival| -> Result<(), Mistake> {
        let payload = usize::from(arrival.place.payload);
        let own = rehearsal.footprints.get(&payload).map_or(1, Vec::len) as u64;
        let nth = usize::try_from(arrival.k % own).unwrap_or(0);
        let footprint = firsts.get(&payload).map(|first| first + nth);
        let (kind, bytes) = (scenario.payloads[payload].content.kind(), bodies.size(arrival)?);
        demand.take(PlannedRequest { at: arrival.at, kind, bytes, footprint });
        Ok(())
    };
    if let Some(schedule) = &plan.schedule {
        schedule.iter().try_for_each(|arrival| take(&arrival))?;
    } else {
        let contents = Contents::of(scenario);
        (0..arrivals).try_for_each(|k| take(&contents.arrival(k, 0)))?;
    }
    demand.end();
    let named = |payload: &usize| scenario.payloads[*payload].name.as_str();
    let mut executions: Vec<ExecutionOutline> = Vec::new();
    for (payload, own) in &rehearsal.footprints {
        for outline in own.iter().map(|footprint| ExecutionOutline::of(named(payload), footprint)) {
            if !executions.contains(&outline) {
                executions.push(outline);
            }
        }
    }
    // The history of an EXPRESS execution is nobody's to read, and has no limit.
    let kept = footprints.iter().filter(|footprint| !footprint.express);
    let events = kept.map(|footprint| footprint.events).max().unwrap_or(0);
    let (target, template) = (target_of(endpoint), scenario.target.template.as_ref());
    let report = PlanReport {
        scenario: scenario.name.clone(),
        digest: plan.digest(),
        seed: scenario.seed,
        target,
        template: template.map(|template| template.display().to_string()),
        arrivals,
        seconds: plan.schedule.as_ref().map(|schedule| schedule.window() as f64 / 1e9),
        payloads: bodies.told(),
        executions,
        ..demand.report(&quotas, &prices, &each, arguments.log_bytes, events, paced)?
    };
    let remarks = remarks(&report, scenario, endpoint, &setting, arguments.log_bytes);
    Ok(PlanReport { remarks, ..report })
}

fn target_of(endpoint: Option<&Endpoint>) -> String {
    endpoint.map_or_else(|| "embedded".into(), ToString::to_string)
}

/// What the figures leave out or rest on.
fn remarks(
    report: &PlanReport,
    scenario: &Scenario,
    endpoint: Option<&Endpoint>,
    setting: &Setting,
    log_bytes: u64,
) -> Vec<String> {
    let mut remarks = Vec::new();
    if endpoint.is_some() && report.template.is_none() && !report.executions.is_empty() {
        remarks.push("the workflow is that of deploy/: name the target's own with --template".into());
    }
    for execution in &report.executions {
        let ExecutionOutline { payload, status, without_double, .. } = execution;
        if let Some(task) = without_double {
            remarks.push(format!(
                "payload {payload}: {task} has no double here, so the workflow went the way of its failure: price, quotas and \
                 times are those of that way, and not what AWS takes; give it one with --mocks FILE"
            ));
        } else if status != SUCCEEDED {
            remarks.push(format!(
                "payload {payload}: the workflow ends {status}, so price, quotas and times are those of one that does"
            ));
        }
    }
    if report.invocations > 0 {
        remarks.push(
            "handlers take the time of their timers only: code that works takes longer, and GB-seconds, concurrency and \
             durations are the least that they can be"
                .into(),
        );
    }
    if report.quotas.iter().any(|quota| quota.name == "Lambda concurrency" && quota.exceeded > 0) {
        remarks.push(
            "what the workflow does about refused invocations, such as trying again, is not reckoned with".into(),
        );
    }
    let services: Vec<&str> = report.executions.iter().flat_map(|it| it.services.keys()).map(String::as_str).collect();
    if !services.is_empty() {
        remarks.push(format!("calls of other services are in no price: {}", services.join(", ")));
    }
    if log_bytes == 0 {
        remarks.push(
            "logs are what Lambda and its handlers write; what else is logged of a request is --log-bytes".into(),
        );
    }
    remarks.push("free tiers, taxes, tracing and data transfer are in no price".into());
    let standard = report.executions.iter().any(|execution| !execution.express);
    if standard && scenario.target.names() == Names::Key {
        remarks.push(format!(
            "names are kept for {} days: until then a second run with seed {} finds its names taken",
            setting.limits.days, report.seed
        ));
    }
    remarks
}

/// The region whose prices and quotas apply.
pub(super) fn region(
    arguments: &CostArguments,
    scenario: &Scenario,
    endpoint: Option<&Endpoint>,
) -> Result<String, Mistake> {
    if let Some(region) = arguments.region.as_ref().or(scenario.target.region.as_ref()) {
        return Ok(region.clone());
    }
    match endpoint {
        None => Ok(EMBEDDED.into()),
        Some(endpoint) => match Scope::from_host(&endpoint.host) {
            Ok(scope) => Ok(scope.region().into()),
            Err(_) => variable("AWS_REGION")
                .filter(|region| !region.is_empty())
                .or_else(|| endpoint.is_loopback().then(|| EMBEDDED.into()))
                .ok_or_else(|| Mistake::usage(format!("{endpoint} does not say its region: name it with --region"))),
        },
    }
}

/// The known prices and quotas, with those of a file in their place.
pub(super) fn known(file: Option<&Path>) -> Result<(Prices, Quotas), Mistake> {
    let (prices, quotas) = (Prices::of_aws(), Quotas::of_aws());
    let Some(file) = file else { return Ok((prices, quotas)) };
    let shown = file.display().to_string();
    let text = read_text(file).map_err(|e| Mistake::usage(format!("cannot read {shown}: {e}")))?;
    let given = Prices::read(&shown, &text)?;
    let quotas = quotas.with(&given).map_err(|mistake| mistake.about(&shown))?;
    Ok((prices.overridden_by(given), quotas))
}

/// The setting of a load whose times are not known: what depends on them is not asked.
fn boundless(setting: Setting) -> Setting {
    let endless = Bucket { size: f64::INFINITY, refill: f64::INFINITY };
    Setting {
        gateway: endless,
        methods: BTreeMap::new(),
        starts: endless,
        express_starts: endless,
        transitions: endless,
        describes: endless,
        limits: ForecastLimits { concurrency: u64::MAX, open: u64::MAX, ..setting.limits },
        ..setting
    }
}

/// How large bodies are.
struct Bodies<'a> {
    payloads: &'a [Payload],
    /// One in so many is made.
    step: u64,
    /// Until they are told, with the bytes of the bodies that were made.
    sums: Vec<ForecastPayload>,
    scratch: Vec<u8>,
}

impl<'a> Bodies<'a> {
    fn new(payloads: &'a [Payload], arrivals: u64) -> Self {
        let sum = |payload: &Payload| ForecastPayload {
            name: payload.name.clone(),
            kind: payload.content.kind(),
            ..ForecastPayload::default()
        };
        let step = arrivals.div_ceil(BODIES).max(1);
        Self { payloads, step, sums: payloads.iter().map(sum).collect(), scratch: Vec::new() }
    }

    /// The bytes of an arrival's body, unless it is one of those that are not made.
    fn size(&mut self, arrival: &Arrival) -> Result<Option<u64>, Mistake> {
        let index = usize::from(arrival.place.payload);
        let sum = &mut self.sums[index];
        sum.arrivals += 1;
        let Some(template) = self.payloads[index].content.template() else { return Ok(None) };
        let bytes = if let Some(constant) = template.as_constant() {
            constant.len() as u64
        } else {
            if !arrival.k.is_multiple_of(self.step) {
                return Ok(None);
            }
            self.scratch.clear();
            let unix_ms = i64::try_from(arrival.at / 1_000_000).unwrap_or(0).saturating_add(1_700_000_000_000);
            let arriving = Arriving { k: arrival.k, seed: arrival.seed, unix_ms };
            let rendered = template.render(&arriving, &mut self.scratch);
            rendered.map_err(|e| Mistake::other(format!("payload {} of arrival {}: {e}", sum.name, arrival.k)))?;
            self.scratch.len() as u64
        };
        sum.made += 1;
        sum.bytes += bytes;
        sum.largest_bytes = sum.largest_bytes.max(bytes);
        Ok(Some(bytes))
    }

    fn told(self) -> Vec<ForecastPayload> {
        let whole = |sum: ForecastPayload| ForecastPayload { bytes: sum.bytes * sum.arrivals / sum.made.max(1), ..sum };
        self.sums.into_iter().map(whole).collect()
    }
}
