//! A load on the time of its plan: every arrival meets the buckets in turn, every execution enters its states.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};

use super::bucket::PlanBucket;
use super::second::SecondForecast;
use super::setting::Setting;
use super::sums::{Level, QuotaSum};
use crate::aws::Footprint;
use crate::record::Kind;

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLISECOND;

/// A request that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlannedRequest {
    /// When, in nanoseconds of the plan.
    pub(crate) at: u64,
    /// What it asks for.
    pub(crate) kind: Kind,
    /// Bytes of its body, where that is known.
    pub(crate) bytes: Option<u64>,
    /// Which footprint its execution has, if it starts one.
    pub(crate) footprint: Option<usize>,
}

/// What happens in an execution, in the order in which what ends goes before what begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Over,
    End(u32),
    Begin(u32),
    Transition,
}

/// What happens in every execution of a footprint: nanoseconds from its start, and what.
type StepTimes = Vec<(u64, Step)>;

/// The load, as far as it has come.
#[derive(Debug)]
pub(crate) struct Demand {
    pub(super) setting: Setting,
    gateway_bucket: PlanBucket,
    method_buckets: BTreeMap<Kind, PlanBucket>,
    start_bucket: PlanBucket,
    express_bucket: PlanBucket,
    transition_bucket: PlanBucket,
    describe_bucket: PlanBucket,
    timelines: Vec<StepTimes>,
    /// Whether the executions of a footprint are EXPRESS ones.
    pub(super) express: Vec<bool>,
    /// The last arrival, in nanoseconds of the plan.
    pub(super) last: u64,
    /// The next step of every open execution: when, the execution's number, its footprint, and which step.
    next: BinaryHeap<Reverse<(u64, u64, usize, usize)>>,
    /// Invocations that found no place, by the execution's number.
    turned_away: HashSet<(u64, u32)>,
    pub(super) gateway: QuotaSum,
    pub(super) methods: BTreeMap<Kind, QuotaSum>,
    pub(super) starts: QuotaSum,
    pub(super) express_starts: QuotaSum,
    pub(super) transitions: QuotaSum,
    pub(super) describes: QuotaSum,
    pub(super) invocations: QuotaSum,
    pub(super) inputs: QuotaSum,
    pub(super) opened: QuotaSum,
    pub(super) open: Level,
    pub(super) running: Level,
    /// Arrivals by kind.
    pub(super) arrivals: BTreeMap<Kind, u64>,
    /// Executions by footprint.
    pub(super) started: Vec<u64>,
    /// Requests that a bucket refuses.
    pub(super) throttled: u64,
    pub(super) largest: u64,
    pub(super) over_time: BTreeMap<u64, SecondForecast>,
}

impl Demand {
    /// Nothing asked for yet; requests name these footprints by their number.
    #[must_use]
    pub(crate) fn new(setting: Setting, footprints: &[Footprint]) -> Self {
        Self {
            gateway_bucket: PlanBucket::new(setting.gateway),
            method_buckets: setting.methods.iter().map(|(kind, bucket)| (*kind, PlanBucket::new(*bucket))).collect(),
            start_bucket: PlanBucket::new(setting.starts),
            express_bucket: PlanBucket::new(setting.express_starts),
            transition_bucket: PlanBucket::new(setting.transitions),
            describe_bucket: PlanBucket::new(setting.describes),
            timelines: footprints.iter().map(timeline).collect(),
            express: footprints.iter().map(|footprint| footprint.express).collect(),
            last: 0,
            next: BinaryHeap::new(),
            turned_away: HashSet::new(),
            gateway: QuotaSum::default(),
            methods: BTreeMap::new(),
            starts: QuotaSum::default(),
            express_starts: QuotaSum::default(),
            transitions: QuotaSum::default(),
            describes: QuotaSum::default(),
            invocations: QuotaSum::default(),
            inputs: QuotaSum::default(),
            opened: QuotaSum::default(),
            open: Level::default(),
            running: Level::default(),
            arrivals: BTreeMap::new(),
            started: vec![0; footprints.len()],
            throttled: 0,
            largest: 0,
            over_time: BTreeMap::new(),
            setting,
        }
    }

    /// Takes the next request; they come in the order of their times.
    pub(crate) fn take(&mut self, request: PlannedRequest) {
        let at = request.at;
        self.last = at;
        self.go_on(at);
        *self.arrivals.entry(request.kind).or_default() += 1;
        self.second(at).arrivals += 1;
        if !self.admits(&request) {
            self.throttled += 1;
            self.second(at).throttled += 1;
            return;
        }
        let limits = self.setting.limits;
        if let Some(bytes) = request.bytes.filter(|_| request.kind.starts()) {
            self.largest = self.largest.max(bytes);
            if !self.inputs.count(at, bytes <= limits.input) {
                return;
            }
        }
        let Some(footprint) = request.footprint.filter(|_| request.kind.starts()) else { return };
        if !self.express[footprint] && !self.opened.count(at, self.open.now < limits.open) {
            return;
        }
        let number: u64 = self.started.iter().sum();
        self.started[footprint] += 1;
        self.open.rise(at);
        let open = self.open.now;
        let second = self.second(at);
        second.started += 1;
        second.open = second.open.max(open);
        self.queue(at, number, footprint, 0);
        self.go_on(at);
    }

    /// Lets what is open come to its end.
    pub(crate) fn end(&mut self) {
        self.go_on(u64::MAX);
    }

    /// Whether every bucket on the way lets the request pass, asked in the order in which they are met.
    fn admits(&mut self, request: &PlannedRequest) -> bool {
        let PlannedRequest { at, kind, .. } = *request;
        if !self.gateway.count(at, self.gateway_bucket.take(at)) {
            return false;
        }
        if let Some(bucket) = self.method_buckets.get_mut(&kind)
            && !self.methods.entry(kind).or_default().count(at, bucket.take(at))
        {
            return false;
        }
        match kind {
            Kind::Execute | Kind::ExecuteSync | Kind::ExecuteHttp => {
                let express = request.footprint.map_or(kind == Kind::ExecuteSync, |index| self.express[index]);
                if express {
                    self.express_starts.count(at, self.express_bucket.take(at))
                } else {
                    self.starts.count(at, self.start_bucket.take(at))
                }
            }
            Kind::Describe => self.describes.count(at, self.describe_bucket.take(at)),
            Kind::Preflight => true,
        }
    }

    /// Everything that happens until an instant.
    fn go_on(&mut self, until: u64) {
        while let Some(&Reverse((at, number, footprint, index))) = self.next.peek()
            && at <= until
        {
            self.next.pop();
            let start = at - self.timelines[footprint][index].0;
            match self.timelines[footprint][index].1 {
                Step::Transition => {
                    let wait = self.transition_bucket.wait(at);
                    self.transitions.delay(at, wait);
                }
                Step::Begin(which) => self.invoke(at, number, which),
                Step::End(which) => {
                    if !self.turned_away.remove(&(number, which)) {
                        self.running.fall();
                    }
                }
                Step::Over => {
                    self.open.fall();
                    continue;
                }
            }
            self.queue(start, number, footprint, index + 1);
        }
    }

    fn queue(&mut self, start: u64, number: u64, footprint: usize, index: usize) {
        let after = self.timelines[footprint][index].0;
        self.next.push(Reverse((start.saturating_add(after), number, footprint, index)));
    }

    fn invoke(&mut self, at: u64, number: u64, which: u32) {
        self.second(at).invocations += 1;
        if !self.invocations.count(at, self.running.now < self.setting.limits.concurrency) {
            self.turned_away.insert((number, which));
            return;
        }
        self.running.rise(at);
        let running = self.running.now;
        let second = self.second(at);
        second.concurrency = second.concurrency.max(running);
    }

    fn second(&mut self, at: u64) -> &mut SecondForecast {
        let second = at / SECOND;
        // What was there before it is there at its beginning.
        let (open, concurrency) = (self.open.now, self.running.now);
        self.over_time.entry(second).or_insert(SecondForecast {
            second,
            concurrency,
            open,
            ..SecondForecast::default()
        })
    }
}

fn timeline(footprint: &Footprint) -> StepTimes {
    let ns = |ms: u64| ms.saturating_mul(MILLISECOND);
    let mut steps: StepTimes = footprint.transitions_ms.iter().map(|at| (ns(*at), Step::Transition)).collect();
    for (which, invocation) in (0..).zip(&footprint.invocations) {
        // Lambda charges a millisecond at least, and takes it.
        let end = invocation.start_ms + invocation.length_ms.max(1);
        steps.extend([(ns(invocation.start_ms), Step::Begin(which)), (ns(end), Step::End(which))]);
    }
    steps.sort_unstable();
    // Open until its end, and until what it started has ended.
    let last = steps.last().map_or(0, |(at, _)| *at);
    steps.push((ns(footprint.duration_ms).max(last), Step::Over));
    steps
}
