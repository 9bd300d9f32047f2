//! What a run is to do, settled before anything is sent: the manifest tells it and the session follows it.

use jiff::Timestamp;

use super::start::Party;
use crate::archive::{Host, LONGEST_RUN, Manifest, Start};
use crate::judge::{Expected, Extent, Metric, Shortfall, Threshold, built_in, foresee};
use crate::mistake::Mistake;
use crate::platform::processors;
use crate::report::{Identity, Simulated};
use crate::scenario::{Profile, Scenario, Warmup, disclosed, show_duration};
use crate::schedule::{Contents, Ramp, Schedule};
use crate::shard::{Placement, Shard};

/// How the generator is to work, whatever it sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machinery {
    /// Generator threads.
    pub(crate) threads: usize,
    /// Processors that the generator threads are bound to, in turn.
    pub(crate) pin: Vec<usize>,
    /// Most connections that are being made at a time.
    pub(crate) max_connecting: usize,
    /// Whether to spin before each arrival.
    pub(crate) spin: bool,
    /// Whether connections are used again.
    pub(crate) keep_alive: bool,
}

/// What is known of the target when the run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResolvedTarget {
    /// The target as outputs name it.
    pub(crate) target: String,
    /// Microseconds in which its name was looked up, if it has one.
    pub(crate) dns_us: Option<u64>,
    /// Whether it is the embedded endpoint.
    pub(crate) embedded: bool,
    /// What a run on virtual time rests on; `None` for a real one.
    pub(crate) simulated: Option<Simulated>,
}

/// A load in every detail.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What is sent, after overrides.
    pub(crate) scenario: Scenario,
    /// The scenario as written; `None` for one made on the command line.
    pub(crate) source: Option<String>,
    /// When it is sent; `None` for a closed loop.
    pub(crate) schedule: Option<Schedule>,
    /// Nanoseconds in which arrivals come; a closed loop that ends by count has the longest time there is.
    pub(crate) window: u64,
    /// What must hold, built-in thresholds included.
    pub(crate) thresholds: Vec<Threshold>,
    /// Whether nobody has said what names are expected to be, neither by `names` nor by a threshold on them.
    pub(crate) names_assumed: bool,
    /// Which part of the load this process sends, if it is one of several.
    pub(crate) placement: Option<Placement>,
    /// How it is sent.
    pub(crate) machinery: Machinery,
}

impl Plan {
    /// Settles everything that follows from a scenario. `thresholds` are those of the command line.
    ///
    /// # Errors
    /// The load cannot be sent as asked for, or a threshold is about something that the scenario does not have.
    pub(crate) fn of(
        scenario: Scenario,
        source: Option<String>,
        thresholds: &[Threshold],
        placement: Option<Placement>,
        machinery: Machinery,
    ) -> Result<Self, Mistake> {
        let schedule = Schedule::of(&scenario);
        let window = window(&scenario, schedule.as_ref());
        let places = scenario.places();
        let own: Vec<Threshold> = scenario.thresholds.iter().chain(thresholds).cloned().collect();
        for threshold in &own {
            // An override may have taken a stage away.
            let known = threshold.subject.check(&places);
            known.map_err(|mistake| mistake.about(threshold))?;
        }
        if schedule.as_ref().is_some_and(|schedule| schedule.planned() == 0) {
            return Err(Mistake::usage(match scenario.load.profile {
                Profile::Trace { .. } => "this load has no request: the file of its trace holds no instant",
                _ => "this load has no request: raise its rate, let it last longer, or say how many with -n",
            }));
        }
        scenario.check_rows(schedule.as_ref().map(Schedule::planned))?;
        let names_assumed =
            scenario.target.names.is_none() && own.iter().all(|own| own.subject.metric != Metric::Mismatched);
        let thresholds = built_in(&own, &places);
        let mut plan = Self { scenario, source, schedule, window, thresholds, names_assumed, placement, machinery };
        // Each thread has a request in flight at least, and there are never more of them than asked for.
        plan.machinery.threads = plan.machinery.threads.clamp(1, plan.in_flight().max(1));
        plan.check_most()?;
        plan.check_warmup()?;
        plan.check_processors()?;
        Ok(plan)
    }

    /// The part of the load that this process sends.
    #[must_use]
    pub(crate) fn shard(&self) -> Shard {
        self.placement.map_or(Shard::WHOLE, |placement| placement.shard)
    }

    /// Most requests that this process may have in flight.
    #[must_use]
    pub(crate) fn in_flight(&self) -> usize {
        let whole = match &self.scenario.load.profile {
            Profile::Closed { clients, .. } => *clients,
            _ => self.scenario.load.max_in_flight,
        };
        usize::try_from(self.shard().share(whole as u64)).unwrap_or(whole)
    }

    /// Arrivals of the whole load; `None` for a closed loop without a count.
    #[must_use]
    pub(crate) fn arrivals(&self) -> Option<u64> {
        self.schedule.as_ref().map(Schedule::planned).or(self.scenario.load.requests)
    }

    /// SHA-256 of what decides arrivals and payloads but the seed, in hexadecimal digits.
    #[must_use]
    pub(crate) fn digest(&self) -> String {
        hex::encode(self.scenario.digest())
    }

    /// The number below which a closed loop's arrivals stay: its count, or what the scenario allows at most.
    #[must_use]
    pub(crate) fn limit(&self) -> u64 {
        let counts = [self.scenario.load.requests, self.scenario.target.max_executions];
        counts.into_iter().flatten().min().unwrap_or(u64::MAX)
    }

    /// Most arrivals of this process's part of a closed loop that only `max_executions` ends before its time.
    #[must_use]
    pub(crate) fn cap(&self) -> Option<u64> {
        let most = self.scenario.target.max_executions?;
        let closed = self.schedule.is_none() && self.scenario.load.requests.is_none_or(|count| count > most);
        closed.then(|| self.shard().share(most))
    }

    /// What decides how long the load lasts.
    #[must_use]
    pub(crate) fn extent(&self) -> Extent {
        match (&self.scenario.load.profile, self.scenario.load.requests) {
            // Its requests come all at once, at instants of their own: of more time there come no more.
            (Profile::Constant { rate: 0.0, .. }, _) => Extent::Recorded,
            (Profile::Constant { .. } | Profile::Closed { .. }, Some(requests)) => Extent::Requests(requests),
            (Profile::Constant { duration: Some(d), .. } | Profile::Closed { duration: Some(d), .. }, None) => {
                Extent::Duration(d.as_secs_f64())
            }
            (Profile::Ramping { .. }, _) => Extent::Stages,
            (Profile::Trace { .. } | Profile::Constant { .. } | Profile::Closed { .. }, _) => Extent::Recorded,
        }
    }

    /// The thresholds that the whole load cannot decide, even if nothing fails.
    #[must_use]
    pub(crate) fn shortfalls(&self) -> Vec<Shortfall> {
        let warmup = if let Warmup::Seconds(seconds) = self.scenario.warmup { seconds } else { 0 };
        let requests = match &self.schedule {
            Some(schedule) => schedule.by_place(warmup),
            None => Contents::of(&self.scenario).shares(self.arrivals().unwrap_or(u64::MAX)),
        };
        let window = self.schedule.as_ref().map_or(0.0, |schedule| schedule.window() as f64 / 1e9);
        let seconds = (window - warmup as f64).max(0.0);
        let stages = Ramp::all(&self.scenario).into_iter().map(|ramp| {
            let judged = ramp.end_ns.saturating_sub(ramp.start_ns.max(warmup.saturating_mul(1_000_000_000)));
            (ramp.name, judged as f64 / 1e9)
        });
        let expected = Expected { requests, seconds, stages: stages.collect(), warmup, extent: self.extent() };
        foresee(&self.thresholds, &self.scenario.places(), &expected)
    }

    /// Who begins: what shards that wait for each other have to agree on.
    #[must_use]
    pub(crate) fn party(&self) -> Party {
        Party { digest: self.digest(), seed: self.scenario.seed, placement: self.placement, window: self.window }
    }

    /// What the run was, for its directory. `arguments` are the command line without secrets.
    #[must_use]
    pub(crate) fn manifest(
        &self,
        reached: ResolvedTarget,
        host: Host,
        start: Start,
        arguments: Vec<String>,
    ) -> Manifest {
        let ResolvedTarget { target, dns_us, embedded, simulated } = reached;
        let began = start.agreed.unwrap_or_else(Timestamp::now);
        let shard = self.shard();
        Manifest {
            schema: 1,
            run: Identity {
                loadgen: env!("CARGO_PKG_VERSION").into(),
                scenario: self.scenario.name.clone(),
                digest: self.digest(),
                seed: self.scenario.seed,
                target,
                dns_us,
                embedded,
                simulated,
                closed_loop: self.schedule.is_none(),
                started_at: began.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
                seconds: 0.0,
            },
            host,
            shard,
            attempt: self.placement.map_or(0, |placement| placement.attempt),
            attempts: Vec::new(),
            start,
            planned: self.schedule.as_ref().map(|schedule| shard.share(schedule.planned())),
            window_ns: self.window,
            places: self.scenario.places(),
            ramps: Ramp::all(&self.scenario),
            names: self.scenario.target.names(),
            names_assumed: self.names_assumed,
            warmup: self.scenario.warmup,
            scarce: None,
            asked_per_second: self.schedule.as_ref().map(Schedule::asked),
            extent: self.extent(),
            thresholds: self.thresholds.clone(),
            scenario: self.source.as_deref().map(disclosed),
            arguments,
        }
    }

    /// More executions than the scenario allows are refused, on whatever target.
    fn check_most(&self) -> Result<(), Mistake> {
        match (self.scenario.target.max_executions, self.arrivals()) {
            (Some(most), Some(planned)) if planned > most => Err(Mistake::usage(format!(
                "{planned} executions are planned, and the scenario allows {most} (max_executions)"
            ))),
            _ => Ok(()),
        }
    }

    /// A warm-up as long as the run leaves nothing to judge.
    fn check_warmup(&self) -> Result<(), Mistake> {
        let Warmup::Seconds(seconds) = self.scenario.warmup else { return Ok(()) };
        if seconds == 0 || seconds.saturating_mul(1_000_000_000) < self.window {
            return Ok(());
        }
        let warmup = show_duration(std::time::Duration::from_secs(seconds));
        let window = show_duration(std::time::Duration::from_millis(self.window / 1_000_000));
        Err(Mistake::usage(format!(
            "the warm-up ({warmup}) takes up the whole run ({window}) and leaves nothing to judge: run longer, or \
             shorten it with --warmup"
        )))
    }

    fn check_processors(&self) -> Result<(), Mistake> {
        let Some(first) = self.machinery.pin.first() else { return Ok(()) };
        let Some(ours) = processors() else {
            return Err(Mistake::usage(format!("--pin {first}: this system does not bind threads to processors")));
        };
        match self.machinery.pin.iter().find(|processor| !ours.contains(processor)) {
            None => Ok(()),
            Some(processor) => {
                let ours: Vec<String> = ours.iter().map(usize::to_string).collect();
                Err(Mistake::usage(format!(
                    "--pin {processor}: this process may use the processors {}",
                    ours.join(", ")
                )))
            }
        }
    }
}

fn window(scenario: &Scenario, schedule: Option<&Schedule>) -> u64 {
    match (&scenario.load.profile, schedule) {
        (_, Some(schedule)) => schedule.window(),
        (Profile::Closed { duration: Some(duration), .. }, None) => {
            u64::try_from(duration.as_nanos()).unwrap_or(LONGEST_RUN)
        }
        _ => LONGEST_RUN,
    }
}
