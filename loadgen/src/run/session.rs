//! From a plan to a summary: starts the threads, lets everybody look at each second, and ends in good order.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::carrier::{Carrier, ThreadLoad, Work, simulated_answer};
use super::consumer::{Consumer, Handover};
use super::destination::Destination;
use super::embedded::workflow_ends;
use super::exposition::expose;
use super::generators::{Brake, Generators};
use super::metrics::Metrics;
use super::outputs::Outputs;
use super::plan::Plan;
use super::planner::Planner;
use super::processor::ProcessorTime;
use super::progress::{Form, Progress};
use super::rows::RowFiles;
use crate::archive::{Collector, Ending, Manifest, RunDirectory, RunResult, conclude, page};
use crate::authorization::Secrets;
use crate::engine::{ArrivalSource, Batches, ClosedLoop, RequestSettings, Requests, Settings, Sockets};
use crate::judge::{Facts, Outlook, aborting};
use crate::mistake::Mistake;
use crate::record::{Interval, Kind, MergedNames, WorkflowEnds};
use crate::report::{RunCost, Summary};
use crate::scenario::{Profile, Saturation};
use crate::schedule::{Arrival, Contents};

/// Why saturation ended a run.
const FULL: &str = "as many requests were in flight as allowed (max_in_flight), which ends this run (on_saturation = \
                    \"abort\"): raise it (-c), or lower the rate";

/// A run that is about to begin.
pub(crate) struct Session<'s> {
    /// What it does.
    pub(crate) plan: &'s Plan,
    /// Where its requests go.
    pub(crate) destination: &'s Destination,
    /// How they get there.
    pub(crate) carrier: Carrier,
    /// How many connections this process can have.
    pub(crate) connections: usize,
    /// What it costs, where that was planned.
    pub(crate) cost: Option<RunCost>,
    /// How progress is shown.
    pub(crate) progress: Form,
    /// How often a signal asked to stop: once is gracefully, twice is now.
    pub(crate) stop: &'s Arc<AtomicUsize>,
}

/// What is left of a run.
#[derive(Debug)]
pub(crate) struct Finished {
    /// What is said of it.
    pub(crate) summary: Summary,
    /// Reports that were asked for and could not be written, each with its reason.
    pub(crate) unwritten: Vec<String>,
}

/// Where a generator's seconds go, and where emptied ones come back.
type Outlet = (SyncSender<(usize, Interval)>, Receiver<Interval>);

impl Session<'_> {
    /// Runs to the end and writes the run directory. Progress and warnings go to `stderr`.
    ///
    /// # Errors
    /// The run cannot begin, and nothing is left of it, or the operating system ends a thread.
    pub(crate) fn run(
        self,
        manifest: &Manifest,
        mut outputs: Outputs,
        stderr: &mut dyn Write,
    ) -> Result<Finished, Mistake> {
        let path = outputs.directory().to_owned();
        let directory = RunDirectory::create(&path, manifest)
            .map_err(|e| Mistake::other(format!("cannot use {} for the run: {e}", path.display())))?;
        let unwritable = |e: io::Error| format!("cannot write into {}: {e}", path.display());
        let collector = Collector::create(&directory, manifest).map_err(|e| Mistake::other(unwritable(e)))?;
        let mut collector = collector.hiding(self.secrets());
        let mut metrics = self.metrics(manifest, &mut outputs, stderr)?;
        let brake = Brake::new(self.stop);
        let threads = self.plan.machinery.threads;
        let hands_over_rows = !outputs.rows.is_empty();
        let (sender, intervals) = sync_channel::<(usize, Interval)>(threads * 4);
        let mut rows = RowFiles::begin(std::mem::take(&mut outputs.rows), &manifest.places, self.secrets())?;
        let (returns, receivers): (Vec<_>, Vec<_>) = (0..threads).map(|_| channel::<Interval>()).unzip();
        let outlets = receivers.into_iter().map(|empties| (sender.clone(), empties)).collect();
        drop(sender);
        let cannot_start = |e: io::Error| Mistake::other(format!("cannot start a generator: {e}"));
        let mut planner = match &self.plan.schedule {
            Some(schedule) => Some(Planner::start(schedule.clone(), self.plan.shard(), threads).map_err(cannot_start)?),
            None => None,
        };
        let batches = planner.as_mut().map(|planner| std::mem::take(&mut planner.batches));
        let ((start, joined), began) = match self.carrier {
            Carrier::Sockets(_) => (manifest.start.wait(&|| brake.signals() > 0)?, Timestamp::now()),
            // Virtual time begins with the run.
            Carrier::Simulation(_) => {
                ((0, 0), manifest.start.agreed.expect("a simulation begins at an agreed instant"))
            }
        };
        let settings = |thread| Settings { rows: hands_over_rows, joined, ..self.settings(thread) };
        let loads = self.loads(outlets, batches, (start, began), settings, &brake).map_err(cannot_start)?;
        let generators = Generators::start(loads, &brake).map_err(cannot_start)?;
        // From here on there is something to report.
        let unlinked = outputs.claim.keep();
        let mut processor = ProcessorTime::default();
        let mut progress = Progress::new(self.progress, self.plan, stderr);
        let mut warnings: Vec<String> = unlinked.into_iter().collect();
        let (mut failed, mut dead) = (None, None);
        while let Ok((thread, mut interval)) = intervals.recv() {
            let cpu_ns = processor.since_last().filter(|_| self.carrier.is_real());
            let handover = Handover { thread, interval: &interval, cpu_ns, interrupted: brake.signals() > 0 };
            let mut consumers: Vec<&mut dyn Consumer> = vec![&mut collector, &mut rows];
            consumers.extend(metrics.as_mut().map(|metrics| metrics as &mut dyn Consumer));
            // Last: it draws what the others have seen.
            consumers.push(&mut progress);
            for consumer in consumers {
                consumer.take(&handover, &mut warnings);
            }
            warnings.drain(..).for_each(|warning| progress.say(&format!("warning: {warning}")));
            failed = failed.or_else(|| Self::failed_threshold(&collector, manifest));
            dead = dead.or_else(|| self.dead_endpoint());
            if failed.is_some() || dead.is_some() {
                brake.pull();
            }
            interval.clear();
            // A generator that has ended takes none back.
            let _ = returns[thread].send(interval);
        }
        progress.end();
        let mut unwritten = rows.finish();
        let ended = generators.join().map_err(|e| Mistake::other(format!("a generator could not go on: {e}")))?;
        let fingerprint = planner.and_then(Planner::fingerprint);
        // A signal that comes later than this ends the wait for workflows, not the run.
        let interrupted = brake.signals() > 0;
        let dead = dead.or_else(|| self.dead_endpoint());
        let workflows = if dead.is_some() { None } else { self.workflows(ended.at, &brake, &mut progress) };
        let capped = self.capped(&collector).filter(|_| !interrupted);
        let full = ended.aborted.then(|| FULL.to_owned());
        let reason = ended.failure.map(|why| self.secrets()().scrub(&why)).or(failed).or(full).or(capped);
        let ending = Ending {
            elapsed_ns: ended.at,
            sent_until_ns: Some(ended.sent_until),
            interrupted,
            aborted: reason.is_some(),
            reason,
            dead,
            arrivals_sha256: fingerprint.map(|f| f.to_string()),
            workflows,
            lookups: self.carrier.lookups(),
            cost: self.cost.clone(),
            bytes: BTreeMap::new(),
            sha256: BTreeMap::new(),
            lost: None,
            missing: None,
        };
        let lost = collector.failure().map(ToString::to_string);
        let mut conclusion = Self::conclude(collector, &directory, manifest, &ending, &mut progress);
        let mut copies = outputs.take_copies();
        let mut told = None;
        // Whatever cannot be written changes the exit code, which every report tells.
        while told != Some(unwritten.len()) {
            conclusion.summary.lack(&unwritten);
            told = Some(unwritten.len());
            let mut failures = Vec::new();
            let reports = directory.write_reports(&conclusion.summary, &page(manifest, &conclusion, None));
            failures.extend(reports.err().map(unwritable).filter(|failure| !unwritten.contains(failure)));
            copies.write(&conclusion.summary, &mut failures);
            unwritten.append(&mut failures);
        }
        // What was lost on the disk is still in memory: the run tells of it, and its directory that it cannot.
        let written = directory.write_ending(&Ending { lost, ..ending });
        if let Some(failure) = written.err().map(unwritable).filter(|failure| !unwritten.contains(failure)) {
            unwritten.push(failure);
        }
        conclusion.summary.lack(&unwritten);
        Ok(Finished { summary: conclusion.summary, unwritten })
    }

    /// The metrics of the run, served from now on, if they are asked for.
    fn metrics(
        &self,
        manifest: &Manifest,
        outputs: &mut Outputs,
        stderr: &mut dyn Write,
    ) -> Result<Option<Metrics>, Mistake> {
        let Some(listener) = outputs.listener.take() else { return Ok(None) };
        let metrics = Metrics::new(&manifest.run, manifest.planned, self.plan.machinery.threads);
        let address =
            expose(listener, metrics.clone()).map_err(|e| Mistake::other(format!("cannot serve metrics: {e}")))?;
        // Nobody may be listening.
        let _ = writeln!(stderr, "metrics at http://{address}/metrics");
        Ok(Some(metrics))
    }

    /// What each generator thread is to do. Whatever can fail is done here, before any of them begins.
    fn loads(
        &self,
        outlets: Vec<Outlet>,
        batches: Option<Vec<Receiver<Vec<Arrival>>>>,
        (start, began): (u64, Timestamp),
        settings: impl Fn(usize) -> Settings,
        brake: &Brake,
    ) -> io::Result<Vec<Work>> {
        let machinery = &self.plan.machinery;
        let target = &self.plan.scenario.target;
        let mut batches = batches.into_iter().flatten();
        let mut loads = Vec::new();
        for (thread, (intervals, empties)) in outlets.into_iter().enumerate() {
            let source = self.source(thread, batches.next());
            let endpoint = &self.destination.endpoint;
            let payloads = &self.plan.scenario.payloads;
            let requests = Requests::new(&RequestSettings {
                endpoint,
                headers: &target.headers,
                payloads,
                names: target.names(),
                keep_alive: machinery.keep_alive,
                authorization: &self.destination.authorization,
                began: began.as_millisecond(),
            });
            let requests = requests.map_err(io::Error::other)?;
            let settings = settings(thread);
            let processor = machinery.pin.get(thread % machinery.pin.len().max(1)).copied();
            let brake = brake.clone();
            let hand_over = move |full: Interval| {
                // The collector is gone only after every generator.
                let _ = intervals.send((thread, full));
                empties.try_recv().unwrap_or_default()
            };
            let load = ThreadLoad { settings, source, requests, processor, brake, hand_over };
            loads.push(match &self.carrier {
                Carrier::Sockets(peer) => load.over(Sockets::new(peer.clone(), start, machinery.spin)?),
                Carrier::Simulation(network) => load.over(network.clone()),
            });
        }
        Ok(loads)
    }

    fn source(&self, thread: usize, batches: Option<Receiver<Vec<Arrival>>>) -> Box<dyn ArrivalSource + Send> {
        let plan = self.plan;
        let (thread, threads) = (thread as u64, plan.machinery.threads as u64);
        if let (Some(batches), Some(schedule)) = (batches, &plan.schedule) {
            let planned = plan.shard().share(schedule.planned());
            let share = planned / threads + u64::from(thread < planned % threads);
            return Box::new(Batches::new(batches.into_iter(), share, plan.window));
        }
        let contents = Contents::of(&plan.scenario);
        let (first, step) = plan.shard().thread(thread, threads);
        Box::new(ClosedLoop::new(contents, first, step, plan.limit(), plan.window))
    }

    fn settings(&self, thread: usize) -> Settings {
        let plan = self.plan;
        let (load, target) = (&plan.scenario.load, &plan.scenario.target);
        let nanoseconds = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
        let on_saturation = match &load.profile {
            Profile::Closed { .. } => Saturation::Queue,
            _ => load.on_saturation,
        };
        let threads = plan.machinery.threads;
        let divided = |whole: usize| whole / threads + usize::from(thread < whole % threads);
        Settings {
            max_in_flight: divided(plan.in_flight()),
            max_connecting: divided(plan.machinery.max_connecting).max(1),
            max_connections: divided(self.connections).max(1),
            on_saturation,
            names: target.names(),
            keep_alive: plan.machinery.keep_alive,
            timeout: nanoseconds(target.timeout),
            connect_timeout: nanoseconds(target.connect_timeout),
            graceful_stop: nanoseconds(load.graceful_stop),
            rows: false,
            joined: 0,
        }
    }

    /// What nothing that is kept of answers may hold, as of whenever that is asked.
    fn secrets(&self) -> impl Fn() -> Secrets + 'static {
        let (authorization, endpoint) = (self.destination.authorization.clone(), self.destination.endpoint.clone());
        let scenario = self.plan.scenario.clone();
        move || authorization.secrets().and_of(&endpoint, &scenario.target.headers).and(&scenario.secrets())
    }

    /// Which threshold that is to end the run has surely failed, as far as it has come.
    fn failed_threshold(collector: &Collector, manifest: &Manifest) -> Option<String> {
        let recording = &collector.recording;
        let counts = &recording.counts;
        let accounted = counts.sent + counts.dropped + counts.unsent;
        let coming = manifest.planned.map(|planned| {
            planned.checked_sub(accounted).expect("every arrival is planned once, and accounted for once")
        });
        if coming == Some(0) {
            // Nothing more is sent anyway.
            return None;
        }
        // Of a warm-up nothing is judged.
        let seconds = recording.seconds.saturating_sub(recording.from) as f64;
        let window = manifest.window_ns as f64 / 1e9 - recording.from as f64;
        // Whether a name is a duplicate shows only at the end.
        let facts = Facts {
            seconds,
            warmup: recording.from,
            stages: &manifest.stages(),
            ..Facts::of(&manifest.places, &recording.tally, &recording.history, &recording.windows)
        };
        let ahead = Outlook {
            in_flight: &recording.in_flight(),
            planned: coming.map(|coming| (coming, window)).filter(|_| window > 0.0),
        };
        aborting(&manifest.thresholds, recording.seconds, &facts, ahead)
    }

    /// How the embedded endpoint died, if it is the target and has.
    fn dead_endpoint(&self) -> Option<String> {
        // The one of a simulation ends with its pipe, and without it nothing goes on.
        let embedded = self.destination.embedded.as_ref().filter(|_| self.carrier.is_real())?;
        let status = embedded.exit_status()?;
        Some(format!(
            "the embedded endpoint died during the run ({status}), so there was no target any more: if it dies again, look \
             for its last words on stderr"
        ))
    }

    /// Why a closed loop ended before its time, if the scenario allows no more executions.
    fn capped(&self, collector: &Collector) -> Option<String> {
        let cap = self.plan.cap()?;
        let sent = collector.recording.counts.sent;
        let most = self.plan.scenario.target.max_executions?;
        (sent >= cap).then(|| {
            format!("all of the {most} executions that the scenario allows (max_executions) were sent before the run was over")
        })
    }

    fn workflows(&self, ended: u64, brake: &Brake, progress: &mut Progress<'_>) -> Option<WorkflowEnds> {
        // Where executions are waited for, their answers tell how they ended.
        let waits = self.plan.scenario.places().starting_kind() == Kind::ExecuteSync;
        let embedded = self.destination.embedded.as_ref().filter(|_| !waits)?;
        let most = self.plan.scenario.load.graceful_stop;
        // A signal that ended the load lets the workflows end; another one does not.
        let (begun, before) = (Instant::now(), brake.signals().min(1));
        let stopped = || brake.signals() > before;
        let ended = match &self.carrier {
            Carrier::Sockets(_) => embedded.wait_for_workflows(most, stopped, |running| {
                progress.await_workflows(running, begun.elapsed(), most);
            }),
            Carrier::Simulation(network) => {
                let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
                workflow_ends(|path| simulated_answer(network, ended.saturating_add(most), path))
            }
        };
        progress.end();
        match ended {
            Ok(mut workflows) => {
                let secrets = (self.secrets())();
                workflows.failures.iter_mut().for_each(|failed| failed.cause = secrets.scrub(&failed.cause));
                Some(workflows)
            }
            Err(e) => {
                // The figures stand without it.
                progress.say(&format!("warning: cannot tell how the workflows ended: {e}"));
                None
            }
        }
    }

    fn conclude(
        collector: Collector,
        directory: &RunDirectory,
        manifest: &Manifest,
        ending: &Ending,
        progress: &mut Progress<'_>,
    ) -> RunResult {
        let names = match directory.names() {
            Ok(names) => names,
            Err(e) => {
                progress.say(&format!("warning: cannot read the names back, so duplicates are not known: {e}"));
                MergedNames::default()
            }
        };
        let settled = collector.recording.settled(directory, manifest.warmup);
        conclude(settled, names, manifest, ending)
    }
}
