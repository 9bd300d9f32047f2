//! `summary.json`: versioned, the same whether written by the run or rebuilt from its directory.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::remarks::Grounds;
use super::section::{ClassTimes, Section, failed};
use super::{Account, Failures, Latency, Pauses, RunCost, Shards, Workflows};
use crate::exit::Exit;
use crate::json::JsonFormat;
use crate::judge::{Judged, Population, Threshold, Verdict, judge, verdict};
use crate::record::{Class, Example, Kind, Lookups, Series};
use crate::units::round_rate;

/// The summary of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "loadgen summary")]
pub struct Summary {
    /// Version of this format: 1.
    pub(crate) schema: u32,
    /// What was run.
    pub(crate) run: Identity,
    /// What was meant to be sent, of all kinds, and what became of it: `planned = sent + dropped + unsent`.
    pub(crate) plan: PlanFigures,
    /// What became of the requests to start executions: `sent = started + failed + unfinished`.
    pub(crate) outcomes: Outcomes,
    /// How failed requests of all kinds were answered, class by class, and why the others got no whole answer.
    #[serde(default)]
    pub(crate) failures: Vec<Failures>,
    /// The names of the started executions.
    pub(crate) names: NameCounts,
    /// Seconds at the beginning that times and thresholds leave out, because the target was warming up.
    #[serde(default)]
    pub(crate) warmup_seconds: u64,
    /// Seconds at the beginning in which most of the slow requests lie, where the start was slow and was not left out;
    /// else `null`.
    #[serde(default)]
    pub(crate) slow_start_seconds: Option<u64>,
    /// Microseconds from the intended instant to the end, of every due arrival.
    pub(crate) response_us: Latency,
    /// Microseconds from the moment a connection took the request to its end.
    pub(crate) service_us: Latency,
    /// Microseconds from the intended instant to the answer, of started executions; where they are waited for, of those that
    /// succeeded.
    pub(crate) started_us: Latency,
    /// Microseconds from the intended instant to the moment a connection took the request.
    pub(crate) schedule_lag_us: Latency,
    /// The generator's own part of that lag: from the instant at which a request was due and there was room for it.
    #[serde(default)]
    pub(crate) lateness_us: Latency,
    /// Of the rest, the wait for room among the most in flight, of the requests that had to wait for it.
    #[serde(default)]
    pub(crate) room_wait_us: Latency,
    /// And the wait until a connection was free or an attempt to make one began, of the requests that had to wait for it:
    /// only so many connections are made at a time.
    #[serde(default)]
    pub(crate) connection_wait_us: Latency,
    /// Times for which the generator itself stood still.
    #[serde(default)]
    pub(crate) pauses: Pauses,
    /// How the target's name was looked up during the run; `null` where it is an address, or where the run was killed.
    #[serde(default)]
    pub(crate) lookups: Option<Lookups>,
    /// Microseconds to connect.
    pub(crate) connect_us: Latency,
    /// Microseconds of TLS handshakes.
    pub(crate) handshake_us: Latency,
    /// Microseconds from the request written to the first byte of its answer.
    pub(crate) first_byte_us: Latency,
    /// The times of each outcome class that occurred.
    #[serde(default)]
    pub(crate) classes: BTreeMap<String, ClassTimes>,
    /// Each stage, where there are several. Counts are those of the whole run, times leave the warm-up out.
    #[serde(default)]
    pub(crate) stages: Vec<Section>,
    /// Each payload, where there are several, likewise.
    #[serde(default)]
    pub(crate) payloads: Vec<Section>,
    /// Preflights and describes, where the scenario has them, likewise.
    #[serde(default)]
    pub(crate) others: Vec<Section>,
    /// The parts of a load that is divided among several processes; of any other, `null`.
    #[serde(default)]
    pub(crate) shards: Option<Shards>,
    /// How the workflows ended; `null` where the target does not say.
    pub(crate) workflows: Option<Workflows>,
    /// What the run costs on AWS; `null` where nobody has asked (`--max-cost`, `plan --simulate`, `reconcile`).
    #[serde(default)]
    pub(crate) cost: Option<RunCost>,
    /// Every threshold, built-in ones included.
    pub(crate) thresholds: Vec<Judged>,
    /// How the run is to be read.
    pub(crate) verdict: Verdict,
    /// Why, and what to do about it: what failed first, why the data cannot tell, or what was not judged.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// What bears on the run and no threshold judges, with the remedy.
    #[serde(default)]
    pub(crate) remarks: Vec<String>,
    /// The exit code of the run.
    pub(crate) exit_code: u8,
}

/// What was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// Version of loadgen.
    pub loadgen: String,
    /// Name of the scenario.
    pub scenario: String,
    /// SHA-256 of what decides arrivals and payloads but the seed.
    pub digest: String,
    /// Seed of arrivals and payloads.
    pub seed: u64,
    /// The target, without its query.
    pub target: String,
    /// Microseconds in which the target's name was looked up before the start; `null` where it is an address.
    #[serde(default)]
    pub dns_us: Option<u64>,
    /// Whether it was the embedded endpoint.
    pub embedded: bool,
    /// Of a run on virtual time, what it rests on: nothing was sent, and no figure of it is a measurement. `null` for a
    /// real run.
    #[serde(default)]
    pub simulated: Option<Simulated>,
    /// Whether requests waited for answers instead of keeping a schedule.
    pub closed_loop: bool,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// Seconds from the start to the end.
    pub seconds: f64,
}

/// What a simulated run rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Simulated {
    /// How long answers take beyond what faults do to them: `no time`, a duration, or the run that they are drawn from.
    pub(crate) answers_take: String,
}

impl Identity {
    /// What has to be said wherever the target is named; nothing of one that is what it says.
    #[must_use]
    pub(crate) const fn caveat(&self) -> &'static str {
        match (&self.simulated, self.embedded) {
            (Some(_), _) => "simulated (nothing was sent)",
            (None, true) => "embedded (not AWS)",
            (None, false) => "",
        }
    }
}

/// What was meant to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PlanFigures {
    /// Arrivals.
    pub(crate) planned: u64,
    /// Requests that were handed to a connection, or to an attempt to make one.
    pub(crate) sent: u64,
    /// Arrivals that were dropped because too many requests were in flight.
    pub(crate) dropped: u64,
    /// Arrivals that were not sent.
    pub(crate) unsent: u64,
    /// Of those, the ones for which this process had no file descriptor.
    #[serde(default)]
    pub(crate) unsent_descriptors: u64,
    /// Of those, the ones for which this machine had no local port.
    #[serde(default)]
    pub(crate) unsent_ports: u64,
    /// Of those that were due, the ones that waited for a connection to the target until the run ended.
    #[serde(default)]
    pub(crate) unsent_unreached: u64,
    /// Arrivals per second that the load asks for, on average; `null` where it asks for none, as a closed loop.
    #[serde(default)]
    pub(crate) asked_per_second: Option<f64>,
    /// Planned arrivals per second: what chance drew of those that were asked for.
    pub(crate) offered_per_second: f64,
    /// Requests sent per second of the time in which they were sent: the planned one, or up to the last request or the end
    /// of a run that ended early.
    #[serde(default)]
    pub(crate) sent_per_second: f64,
    /// Ended requests per second of the whole run, the wait for the last answers included.
    pub(crate) completed_per_second: f64,
    /// Sum modulo 2^256 of the SHA-256 of every planned arrival; `null` for a closed loop or an interrupted run.
    pub(crate) arrivals_sha256: Option<String>,
}

/// What became of the requests to start executions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Outcomes {
    /// What they ask for: only to start, or to wait for the end as well.
    #[serde(default)]
    pub(crate) kind: Kind,
    /// Requests that were sent.
    #[serde(default)]
    pub(crate) sent: u64,
    /// Started executions; where they are waited for, those of them that succeeded.
    pub(crate) started: u64,
    /// Requests in flight when the run ended.
    pub(crate) unfinished: u64,
    /// Failed requests by class; classes without any are left out.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Of the failed ones, those that were answered with HTTP 2xx.
    pub(crate) http_2xx_failed: u64,
    /// What is judged of them where a warm-up is left out; else `null`, for all are.
    #[serde(default)]
    pub(crate) after_warmup: Option<SettledOutcomes>,
}

/// What became of the requests to start executions that ended after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SettledOutcomes {
    /// Requests that ended, or were in flight when the run ended.
    pub(crate) requests: u64,
    /// Of those, the ones that started no execution; where executions are waited for, of which none succeeded.
    pub(crate) failed: u64,
}

impl SettledOutcomes {
    /// Those of a run that leaves a warm-up out.
    fn of(account: &Account) -> Option<Self> {
        let counts = account.tally.counts_of(&account.places.starts());
        let (requests, succeeded) = (counts.concluded(), Class::success_of(account.places.starting_kind()));
        (account.warmup > 0).then(|| Self { requests, failed: requests - counts.ended_in(succeeded) })
    }
}

impl Outcomes {
    /// What a request came to that did what it was sent for.
    #[must_use]
    pub(crate) const fn success(&self) -> Class {
        Class::success_of(self.kind)
    }

    /// The share of the requests that failed or never ended, without those of a warm-up; `None` where there are none.
    #[must_use]
    pub(crate) fn failed_share(&self) -> Option<f64> {
        let all = SettledOutcomes { requests: self.sent, failed: self.sent.saturating_sub(self.started) };
        let SettledOutcomes { requests, failed } = self.after_warmup.unwrap_or(all);
        (requests > 0).then(|| failed as f64 / requests as f64)
    }
}

/// The names of the started executions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NameCounts {
    /// Names checked.
    pub(crate) checked: u64,
    /// Distinct ones.
    pub(crate) unique: u64,
    /// `checked - unique`.
    pub(crate) duplicates: u64,
    /// Other than the expected one.
    pub(crate) mismatched: u64,
    /// Not allowed by Step Functions.
    pub(crate) illegal: u64,
    /// The first violations.
    pub(crate) examples: Vec<Example>,
}

impl JsonFormat for Summary {}

impl Summary {
    /// Says that results which were asked for could not be written: the run then ends with 1, unless it ends with
    /// something worse.
    pub(crate) fn lack(&mut self, unwritten: &[String]) {
        let Some(first) = unwritten.first() else { return };
        self.exit_code = self.verdict.exit().min(Exit::Other).code();
        if self.exit_code == Exit::Other.code() {
            self.reason = Some(first.clone());
        }
        let new: Vec<String> = unwritten.iter().filter(|failure| !self.remarks.contains(failure)).cloned().collect();
        self.remarks.extend(new);
    }

    /// Whether both tell of one run, wherever their directories are: of a run and a copy of it, and of no two runs.
    #[must_use]
    pub(crate) fn is_same_run(&self, other: &Self) -> bool {
        (&self.run, &self.plan, &self.outcomes, &self.shards)
            == (&other.run, &other.plan, &other.outcomes, &other.shards)
    }

    /// The summary of an account. The identity's `seconds` come from the account.
    #[must_use]
    pub(crate) fn of(account: &Account, thresholds: &[Threshold], identity: Identity) -> Self {
        let workflows = account.workflows.as_ref().map(Workflows::of).or_else(|| Workflows::answered(account));
        let facts = account.facts();
        let judged = judge(thresholds, &facts);
        let judgement = verdict(&facts, &account.counts, thresholds, &judged, &account.circumstances);
        let kind = account.places.starting_kind();
        let selection = account.places.starts();
        let latency = |of: Population| account.latency(&of.among(&selection));
        let counts = &account.counts;
        let executes = &account.executes();
        let per_second = |n: u64, nanoseconds: u64| {
            if nanoseconds == 0 { 0.0 } else { round_rate(n as f64 * 1e9 / nanoseconds as f64) }
        };
        let span = account.span();
        let (service, lateness) = (latency(Population::service()), latency(Population::of(Series::Lateness)));
        let response = latency(Population::due()).no_less_than(&service);
        let (room_wait, connection_wait) =
            (latency(Population::of(Series::RoomWait)), latency(Population::of(Series::ConnectionWait)));
        let grounds = Grounds {
            thresholds,
            workflows: workflows.as_ref(),
            counts,
            executes,
            examples: &account.examples,
            scarce: account.circumstances.scarce.as_deref(),
            response: &response,
            lateness: &lateness,
            room_wait: &room_wait,
            connection_wait: &connection_wait,
        };
        let remarks = grounds.remarks();
        let unjudged =
            remarks.first().filter(|_| judgement.verdict == Verdict::Pass).map(|first| format!("but {first}"));
        Self {
            schema: 1,
            run: Identity { seconds: (account.elapsed as f64 / 1e6).round() / 1e3, ..identity },
            plan: PlanFigures {
                planned: account.planned(),
                sent: counts.sent,
                dropped: counts.dropped,
                unsent: counts.unsent,
                unsent_descriptors: counts.unsent_descriptors,
                unsent_ports: counts.unsent_ports,
                unsent_unreached: counts.unsent_unreached,
                asked_per_second: account.asked.map(round_rate),
                offered_per_second: per_second(
                    account.planned(),
                    if account.planned.is_some() { account.window } else { span },
                ),
                sent_per_second: per_second(counts.sent, account.sending()),
                completed_per_second: per_second(counts.ended.iter().sum(), span),
                arrivals_sha256: account.arrivals_sha256.clone(),
            },
            outcomes: Outcomes {
                sent: executes.sent,
                kind,
                started: executes.ended_in(Class::success_of(kind)),
                unfinished: executes.unfinished,
                failed: failed(executes),
                http_2xx_failed: executes.http_2xx_failed,
                after_warmup: SettledOutcomes::of(account),
            },
            failures: Failures::all(&account.answers),
            names: NameCounts {
                checked: account.names.checked,
                unique: account.names.unique,
                duplicates: account.names.duplicates(),
                mismatched: counts.mismatched,
                illegal: counts.illegal,
                examples: account.examples.clone(),
            },
            warmup_seconds: account.warmup,
            slow_start_seconds: account.slow_start(),
            response_us: response,
            service_us: service,
            started_us: latency(Population::succeeded(kind)),
            schedule_lag_us: latency(Population::lag()),
            lateness_us: lateness,
            room_wait_us: room_wait,
            connection_wait_us: connection_wait,
            pauses: account.timeline.pauses(),
            lookups: account.lookups,
            connect_us: latency(Population::of(Series::Connect)),
            handshake_us: latency(Population::of(Series::Handshake)),
            first_byte_us: latency(Population::of(Series::FirstByte)),
            classes: ClassTimes::by_class(account),
            stages: Section::stages(account),
            payloads: Section::payloads(account),
            others: Section::other_kinds(account),
            shards: None,
            workflows,
            cost: account.cost.clone(),
            thresholds: judged,
            exit_code: judgement.verdict.exit().code(),
            verdict: judgement.verdict,
            reason: judgement.reason.or(unjudged),
            remarks,
        }
    }
}
