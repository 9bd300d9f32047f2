//! What a plan says: `plan.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::demand::Demand;
use super::second::SecondForecast;
use super::setting::GatewayKind;
use super::sums::QuotaSum;
use crate::aws::{Bill, Bucket, Footprint, GB, Item, Prices, Quotas, SourceNote, Usage};
use crate::json::JsonFormat;
use crate::mistake::Mistake;
use crate::record::Kind;

/// What the bodies of a payload are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ForecastPayload {
    /// The payload's name.
    pub(crate) name: String,
    /// What it asks for.
    pub(crate) kind: Kind,
    /// Arrivals that carry it.
    pub(crate) arrivals: u64,
    /// Bytes of its bodies together.
    pub(crate) bytes: u64,
    /// Bytes of the largest.
    pub(crate) largest_bytes: u64,
    /// How many bodies were made to know that; where fewer than `arrivals`, `bytes` is reckoned from them.
    pub(crate) made: u64,
}

/// What an execution takes, as its workflow did on virtual time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ExecutionOutline {
    /// The payload that starts it.
    pub(crate) payload: String,
    /// How it ended.
    pub(crate) status: String,
    /// The error that it failed with; `null` where it did not.
    #[serde(default)]
    pub(crate) error: Option<String>,
    /// The first task that failed because nothing answers it here, so that what the execution takes on AWS is not known;
    /// `null` where each had an answer.
    #[serde(default)]
    pub(crate) without_double: Option<String>,
    /// Whether it is EXPRESS.
    pub(crate) express: bool,
    /// Executions that the request starts, those included that the workflow starts.
    pub(crate) executions: u64,
    /// State transitions that are charged.
    pub(crate) transitions: u64,
    /// Invocations of Lambda functions.
    pub(crate) invocations: u64,
    /// Events of the longest history.
    pub(crate) events: u64,
    /// Milliseconds from start to end. Handlers take the time of their timers only.
    pub(crate) duration_ms: u64,
    /// Calls of other services, which are in no price.
    pub(crate) services: BTreeMap<String, u64>,
}

impl ExecutionOutline {
    /// The outline of a payload's footprint.
    #[must_use]
    pub(crate) fn of(payload: &str, footprint: &Footprint) -> Self {
        Self {
            payload: payload.into(),
            status: footprint.status.clone(),
            error: footprint.error.clone(),
            without_double: footprint.without_double.clone(),
            express: footprint.express,
            executions: footprint.executions,
            transitions: footprint.transitions_ms.len() as u64,
            invocations: footprint.invocations.len() as u64,
            events: footprint.events,
            duration_ms: footprint.duration_ms,
            services: footprint.services.clone(),
        }
    }
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum QuotaUnit {
    /// Calls; what is over is refused.
    Calls,
    /// Calls that wait for their turn; what is over is delayed.
    Delayed,
    /// How many there are at once; what is over is refused.
    AtOnce,
    /// The size of the largest.
    Largest,
}

/// What the load asks of a quota.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct QuotaForecast {
    /// The quota.
    pub(crate) name: String,
    /// What it counts.
    pub(crate) unit: QuotaUnit,
    /// The bucket, if it is one.
    pub(crate) bucket: Option<Bucket>,
    /// The limit, if it is no bucket.
    pub(crate) limit: Option<u64>,
    /// What is asked of it: calls, or the most at once, or the largest.
    pub(crate) demand: u64,
    /// Seconds after which it is first exceeded; `null` where it never is.
    pub(crate) first_exceeded_s: Option<f64>,
    /// Calls that are refused or delayed.
    pub(crate) exceeded: u64,
    /// Their share of all.
    pub(crate) share: f64,
    /// Seconds of the longest delay.
    pub(crate) longest_delay_s: Option<f64>,
    /// Where the quota comes from; `null` for a throttle of the deployment itself.
    pub(crate) source: Option<SourceNote>,
}

/// What a load takes, where it is throttled and what it costs: `plan.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "loadgen plan")]
pub(crate) struct PlanReport {
    /// Version of this format: 1.
    pub(crate) schema: u32,
    /// The scenario.
    pub(crate) scenario: String,
    /// SHA-256 of what decides arrivals and payloads.
    pub(crate) digest: String,
    /// The seed.
    pub(crate) seed: u64,
    /// The target, to which nothing was sent.
    pub(crate) target: String,
    /// The template whose workflow was run; `null` for the one of `deploy/`.
    pub(crate) template: Option<String>,
    /// The region whose quotas and prices these are.
    pub(crate) region: String,
    /// The kind of API.
    pub(crate) api: GatewayKind,
    /// Arrivals planned; of a closed loop, the most that it may have.
    pub(crate) arrivals: u64,
    /// Seconds in which they come; `null` for a closed loop, whose times follow the answers.
    pub(crate) seconds: Option<f64>,
    /// The payloads.
    pub(crate) payloads: Vec<ForecastPayload>,
    /// What an execution takes: for each payload that starts one, as many as differ.
    pub(crate) executions: Vec<ExecutionOutline>,
    /// Executions that start.
    pub(crate) started: u64,
    /// Requests that a token bucket refuses.
    pub(crate) throttled: u64,
    /// Their share of the arrivals.
    pub(crate) throttled_share: f64,
    /// State transitions that are charged.
    pub(crate) transitions: u64,
    /// Invocations of Lambda functions.
    pub(crate) invocations: u64,
    /// Most invocations at once.
    pub(crate) peak_concurrency: u64,
    /// Most open executions at once.
    pub(crate) peak_open: u64,
    /// The quotas that the load meets. Those of calls by the second are left out for a closed loop.
    pub(crate) quotas: Vec<QuotaForecast>,
    /// What it costs.
    pub(crate) bill: Bill,
    /// What the figures leave out.
    pub(crate) remarks: Vec<String>,
    /// Second by second.
    pub(crate) over_time: Vec<SecondForecast>,
}

impl Demand {
    /// What the load takes, without what its scenario and its workflows say of themselves.
    ///
    /// # Errors
    /// A price is not known.
    pub(crate) fn report(
        &self,
        quotas: &Quotas,
        prices: &Prices,
        each: &[Usage],
        log_bytes: u64,
        events: u64,
        paced: bool,
    ) -> Result<PlanReport, Mistake> {
        let arrivals: u64 = self.arrivals.values().sum();
        let at_once = |peak: u64| if paced { peak } else { 0 };
        Ok(PlanReport {
            schema: 1,
            region: self.setting.region.clone(),
            api: self.setting.gateway_kind,
            arrivals,
            started: self.started.iter().sum(),
            throttled: self.throttled,
            throttled_share: self.throttled as f64 / arrivals.max(1) as f64,
            transitions: self.transitions.demand,
            invocations: self.invocations.demand,
            peak_concurrency: at_once(self.running.peak),
            peak_open: at_once(self.open.peak),
            quotas: self.quotas(quotas, events, paced),
            bill: self.bill(prices, each, log_bytes)?,
            over_time: if paced { self.over_time.values().copied().collect() } else { Vec::new() },
            ..PlanReport::default()
        })
    }

    /// Everything that was used: requests, and what the executions that started took.
    #[must_use]
    pub(crate) fn usage(&self, each: &[Usage], log_bytes: u64) -> Usage {
        let requests: u64 = self.arrivals.values().sum();
        let item = match self.setting.gateway_kind {
            GatewayKind::Rest => Item::RestRequest,
            GatewayKind::Http => Item::HttpRequest,
        };
        let mut usage = Usage::from([(item, requests as f64)]);
        if log_bytes > 0 {
            usage.insert(Item::LogGb, (requests * log_bytes) as f64 / GB);
        }
        for (own, count) in each.iter().zip(&self.started) {
            for (item, quantity) in own {
                *usage.entry(*item).or_insert(0.0) += quantity * *count as f64;
            }
        }
        usage
    }

    /// What the load costs.
    ///
    /// # Errors
    /// A price is not known.
    pub(crate) fn bill(&self, prices: &Prices, each: &[Usage], log_bytes: u64) -> Result<Bill, Mistake> {
        prices.bill(&self.setting.region, &self.usage(each, log_bytes))
    }

    /// What is asked of each quota. `events` are those of the longest history, `paced` says whether the times of the
    /// arrivals are known.
    #[must_use]
    pub(crate) fn quotas(&self, quotas: &Quotas, events: u64, paced: bool) -> Vec<QuotaForecast> {
        let (setting, limits) = (&self.setting, &self.setting.limits);
        let region = setting.region.as_str();
        let mut rows = Vec::new();
        let mut calls = |name: &str, bucket, sum: QuotaSum, source: Option<&SourceNote>| {
            if sum.demand > 0 && paced {
                rows.push(QuotaForecast::calls(name, bucket, sum, source.cloned()));
            }
        };
        calls("API Gateway", setting.gateway, self.gateway, quotas.source_in("API Gateway", region));
        for (kind, sum) in &self.methods {
            let name = format!("stage, {}", kind.as_str());
            calls(&name, setting.methods[kind], *sum, None);
        }
        let known = [
            ("StartExecution", setting.starts, self.starts),
            ("StartExecution of EXPRESS", setting.express_starts, self.express_starts),
            ("StateTransition", setting.transitions, self.transitions),
            ("DescribeExecution", setting.describes, self.describes),
        ];
        for (name, bucket, sum) in known {
            calls(name, bucket, sum, quotas.source_in(name, region));
        }
        if paced {
            let own = |name| quotas.source(name).cloned();
            if self.invocations.demand > 0 {
                let row = (limits.concurrency, self.running.peak, self.invocations);
                rows.push(QuotaForecast::at_once("Lambda concurrency", row, own("Lambda concurrency")));
            }
            if self.opened.demand > 0 {
                let row = (limits.open, self.open.peak, self.opened);
                rows.push(QuotaForecast::at_once("open executions", row, own("open executions")));
            }
        }
        let largest = |name: &str, limit, largest, sum: QuotaSum| QuotaForecast {
            first_exceeded_s: if largest > limit { Some(seconds(sum.first.unwrap_or(0))) } else { None },
            ..QuotaForecast::at_once(name, (limit, largest, sum), quotas.source(name).cloned())
                .counting(QuotaUnit::Largest)
        };
        let started: u64 =
            self.started.iter().zip(&self.express).filter(|(_, express)| !**express).map(|(n, _)| n).sum();
        if started > 0 {
            // What `reconcile` reads afterwards: a page each, as fast as the bucket allows.
            let (pages, held) = (started.div_ceil(limits.page), setting.lists.size);
            let over = (pages as f64 - held).max(0.0);
            let wait = over / setting.lists.refill;
            rows.push(QuotaForecast {
                bucket: Some(setting.lists),
                exceeded: pages.saturating_sub(whole(held)),
                share: over / pages as f64,
                first_exceeded_s: (over > 0.0).then_some(self.last as f64 / 1e9),
                longest_delay_s: (over > 0.0).then_some(wait),
                ..QuotaForecast::of(
                    "ListExecutions, reconcile",
                    QuotaUnit::Delayed,
                    pages,
                    QuotaSum::default(),
                    quotas.source_in("ListExecutions", region).cloned(),
                )
            });
        }
        if self.largest > 0 {
            rows.push(largest("input bytes", limits.input, self.largest, self.inputs));
        }
        if events > 0 {
            rows.push(largest("history events", limits.events, events, QuotaSum::default()));
        }
        rows
    }
}

impl QuotaForecast {
    fn calls(name: &str, bucket: Bucket, sum: QuotaSum, source: Option<SourceNote>) -> Self {
        let unit = if name == "StateTransition" { QuotaUnit::Delayed } else { QuotaUnit::Calls };
        let longest_delay_s = (sum.longest > 0).then(|| seconds(sum.longest));
        Self { bucket: Some(bucket), limit: None, longest_delay_s, ..Self::of(name, unit, sum.demand, sum, source) }
    }

    fn at_once(name: &str, row: (u64, u64, QuotaSum), source: Option<SourceNote>) -> Self {
        let (limit, peak, sum) = row;
        Self { limit: Some(limit), ..Self::of(name, QuotaUnit::AtOnce, peak, sum, source) }
    }

    fn of(name: &str, unit: QuotaUnit, demand: u64, sum: QuotaSum, source: Option<SourceNote>) -> Self {
        Self {
            name: name.into(),
            unit,
            bucket: None,
            limit: None,
            demand,
            first_exceeded_s: sum.first.map(seconds),
            exceeded: sum.exceeded,
            share: sum.exceeded as f64 / sum.demand.max(1) as f64,
            longest_delay_s: None,
            source,
        }
    }

    fn counting(self, unit: QuotaUnit) -> Self {
        Self { unit, ..self }
    }
}

impl JsonFormat for PlanReport {}

pub(super) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// The whole tokens of a bucket.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bucket's size is positive, and saturates"
)]
fn whole(tokens: f64) -> u64 {
    tokens as u64
}
