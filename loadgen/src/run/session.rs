//! From options to a summary: resolves the target, starts the threads, collects, and ends in good order.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::collector::Collector;
use super::conclusion::{Conclusion, conclude};
use super::directory::{Ending, Manifest, RunDirectory};
use super::embedded::Embedded;
use super::exposition::expose;
use super::metrics::Metrics;
use super::page::page;
use super::planner::Planner;
use super::processor::ProcessorTime;
use super::progress::{Form, Progress};
use super::rows::{RowFile, RowFiles};
use crate::authorization::Authorization;
use crate::endpoint::Endpoint;
use crate::engine::{
    Batches, Closed, Ended, Generator, Peer, Requests, Route, Settings, Sockets, Source, Stop, exchange, fields,
};
use crate::judge::{Facts, Threshold};
use crate::platform::bind_to_processor;
use crate::record::{Interval, MergedNames};
use crate::report::Summary;
use crate::scenario::{Profile, Scenario};
use crate::schedule::{Contents, Schedule};
use crate::shard::Shard;

/// How a scenario is to be run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The scenario, after overrides.
    pub scenario: Scenario,
    /// Where to.
    pub endpoint: Endpoint,
    /// The same, looked up.
    pub peer: Peer,
    /// What shows who sends the requests.
    pub authorization: Authorization,
    /// What must hold, built-in thresholds included.
    pub thresholds: Vec<Threshold>,
    /// Generator threads.
    pub threads: usize,
    /// Processors that the generator threads are bound to, in turn.
    pub pin: Vec<usize>,
    /// Whether to spin before each arrival.
    pub spin: bool,
    /// Whether connections are used again.
    pub keep_alive: bool,
    /// Where the run directory is to be.
    pub output: PathBuf,
    /// Which part of the load is sent.
    pub shard: Shard,
    /// Files that get each request as a row.
    pub rows: Vec<RowFile>,
    /// How progress is shown.
    pub progress: Form,
    /// Where metrics are served during the run.
    pub prometheus: Option<SocketAddr>,
}

/// A run in progress.
pub struct Session<'s> {
    /// How to run.
    pub options: &'s Options,
    /// How often a signal asked to stop: once is gracefully, twice is now.
    pub stop: &'s Arc<AtomicUsize>,
    /// The embedded endpoint, if that is the target.
    pub embedded: Option<&'s Embedded>,
}

/// The body of a GET over a connection of its own.
pub(super) fn get(endpoint: &Endpoint) -> Result<Vec<u8>, String> {
    let request =
        format!("GET {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", endpoint.path, endpoint.authority);
    let exchanged = exchange(&Peer::resolve(endpoint, &Route::default())?, request.as_bytes(), Duration::from_secs(5))?;
    let mut room = fields();
    let response = exchanged.response(&mut room).map_err(|e| format!("{endpoint}: {e}"))?;
    match response.status {
        200 => Ok(response.body.into_owned()),
        other => Err(format!("{endpoint} answers {other}")),
    }
}

type Thread = JoinHandle<io::Result<Ended>>;

impl Session<'_> {
    /// Runs to the end and writes the run directory. Progress and warnings go to `stderr`.
    ///
    /// # Errors
    /// The run cannot begin, or the operating system ends a thread: in words.
    pub fn run(&self, manifest: &Manifest, stderr: &mut dyn Write) -> Result<Summary, String> {
        let options = self.options;
        let metrics = self.metrics(manifest, stderr)?;
        let directory = RunDirectory::create(&options.output, manifest)
            .map_err(|e| format!("cannot use {} for the run: {e}", options.output.display()))?;
        let unwritable = |e: io::Error| format!("cannot write into {}: {e}", options.output.display());
        let mut collector = Collector::create(&directory, manifest).map_err(unwritable)?;
        let mut rows = RowFiles::create(&options.rows, &directory, &manifest.places)?;
        let (sender, intervals) = sync_channel::<(usize, Interval)>(options.threads * 4);
        let (returns, receivers): (Vec<_>, Vec<_>) = (0..options.threads).map(|_| channel::<Interval>()).unzip();
        let cannot_start = |e: io::Error| format!("cannot start a thread: {e}");
        let schedule = Schedule::of(&options.scenario);
        let mut planner = match &schedule {
            Some(schedule) => {
                Some(Planner::start(schedule.clone(), options.shard, options.threads).map_err(cannot_start)?)
            }
            None => None,
        };
        let abort = Arc::new(AtomicBool::new(false));
        let (start, joined) = manifest.start.wait(&|| self.stop.load(Ordering::Relaxed) > 0)?;
        let mut threads: Vec<Thread> = Vec::new();
        for (thread, empties) in receivers.into_iter().enumerate() {
            let network = Sockets::new(options.peer.clone(), start, options.spin).map_err(cannot_start)?;
            let batches = planner.as_mut().map(|planner| planner.batches.remove(0));
            let source = self.source(thread, batches, schedule.as_ref(), manifest.window_ns);
            let outlet = (sender.clone(), empties);
            threads.push(self.spawn(thread, network, source, outlet, joined, &abort).map_err(cannot_start)?);
        }
        drop(sender);
        let mut processor = ProcessorTime::default();
        let mut progress = Progress::new(options, schedule, manifest.window_ns);
        let mut warned = false;
        loop {
            match intervals.recv_timeout(Duration::from_secs(1)) {
                Ok((thread, mut interval)) => {
                    collector.take(&interval, processor.since_last());
                    if let Some(metrics) = &metrics {
                        metrics.take(thread, &interval);
                    }
                    for failure in rows.take(&interval.rows) {
                        progress.say(&format!("warning: {failure}"), stderr);
                    }
                    self.abort_on_thresholds(&collector, manifest, &abort);
                    progress.take(&interval, self.stop.load(Ordering::Relaxed) > 0, stderr);
                    interval.clear();
                    // A generator that has ended takes none back.
                    let _ = returns[thread].send(interval);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if let (Some(e), false) = (collector.failure(), warned) {
                warned = true;
                progress.say(&format!("warning: {}", unwritable(io::Error::new(e.kind(), e.to_string()))), stderr);
            }
        }
        progress.end(stderr);
        for failure in rows.finish() {
            let _ = writeln!(stderr, "warning: {failure}");
        }
        let mut ended = Ended::default();
        for thread in threads {
            let end = thread.join().map_err(|_| "a generator thread panicked".to_owned())?;
            let end = end.map_err(|e| format!("the operating system does not wait for connections: {e}"))?;
            ended = Ended {
                at: ended.at.max(end.at),
                aborted: ended.aborted || end.aborted,
                failure: ended.failure.or(end.failure),
            };
        }
        let fingerprint = planner.and_then(Planner::fingerprint);
        let workflows = self.workflows(stderr);
        let ending = Ending {
            elapsed_ns: ended.at,
            interrupted: self.stop.load(Ordering::Relaxed) > 0,
            aborted: ended.aborted || ended.failure.is_some() || abort.load(Ordering::Relaxed),
            reason: ended.failure,
            arrivals_sha256: fingerprint.map(|f| f.to_string()),
            workflows,
            killed: false,
        };
        let complete = collector.failure().is_none();
        let conclusion = self.conclude(collector, &directory, manifest, &ending, stderr);
        let mut written = directory.write_reports(&conclusion.summary, &page(manifest, &conclusion, None));
        if complete {
            written = written.and_then(|()| directory.write_ending(&ending));
        }
        if let (Err(e), false) = (written, warned) {
            let _ = writeln!(stderr, "warning: {}", unwritable(e));
        }
        Ok(conclusion.summary)
    }

    /// The metrics of the run, served from now on, if they are asked for.
    fn metrics(&self, manifest: &Manifest, stderr: &mut dyn Write) -> Result<Option<Metrics>, String> {
        let Some(address) = self.options.prometheus else { return Ok(None) };
        let metrics = Metrics::new(&manifest.run, manifest.planned, self.options.threads);
        let address = expose(address, metrics.clone())
            .map_err(|e| format!("cannot serve metrics at {address}: {e}; name another port with --prometheus"))?;
        // Nobody may be listening.
        let _ = writeln!(stderr, "metrics at http://{address}/metrics");
        Ok(Some(metrics))
    }

    fn source(
        &self,
        thread: usize,
        batches: Option<Receiver<Vec<crate::schedule::Arrival>>>,
        schedule: Option<&Schedule>,
        window: u64,
    ) -> Box<dyn Source + Send> {
        let (thread, threads) = (thread as u64, self.options.threads as u64);
        if let (Some(batches), Some(schedule)) = (batches, schedule) {
            let planned = self.options.shard.share(schedule.planned());
            let share = planned / threads + u64::from(thread < planned % threads);
            return Box::new(Batches::new(batches.into_iter(), share, window));
        }
        let contents = Contents::of(&self.options.scenario);
        let limit = self.options.scenario.load.requests.unwrap_or(u64::MAX);
        let (first, step) = self.options.shard.thread(thread, threads);
        Box::new(Closed::new(contents, first, step, limit, window))
    }

    fn spawn(
        &self,
        thread: usize,
        network: Sockets,
        source: Box<dyn Source + Send>,
        (intervals, empties): (SyncSender<(usize, Interval)>, Receiver<Interval>),
        joined: u64,
        abort: &Arc<AtomicBool>,
    ) -> io::Result<Thread> {
        let options = self.options;
        let scenario = &options.scenario;
        let target = &scenario.target;
        let nanoseconds = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
        let in_flight = match &scenario.load.profile {
            Profile::Closed { clients, .. } => *clients,
            _ => scenario.load.max_in_flight,
        };
        let in_flight = usize::try_from(options.shard.share(in_flight as u64)).unwrap_or(in_flight);
        let share = in_flight / options.threads + usize::from(thread < in_flight % options.threads);
        let settings = Settings {
            max_in_flight: share.max(1),
            on_saturation: match &scenario.load.profile {
                Profile::Closed { .. } => crate::scenario::Saturation::Queue,
                _ => scenario.load.on_saturation,
            },
            names: target.names,
            keep_alive: options.keep_alive,
            timeout: nanoseconds(target.timeout),
            connect_timeout: nanoseconds(target.connect_timeout),
            graceful_stop: nanoseconds(scenario.load.graceful_stop),
            rows: !options.rows.is_empty(),
            joined,
        };
        let requests =
            Requests::new(&options.endpoint, &target.headers, &scenario.payloads, target.names, options.keep_alive)
                .began(jiff::Timestamp::now().as_millisecond())
                .authorized(&options.authorization, &options.endpoint, &target.headers)
                .map_err(io::Error::other)?;
        let (stop, abort) = (Arc::clone(self.stop), Arc::clone(abort));
        let processor = options.pin.get(thread % options.pin.len().max(1)).copied();
        let hand_over = move |full: Interval| {
            // The collector is gone only after every generator.
            let _ = intervals.send((thread, full));
            empties.try_recv().unwrap_or_default()
        };
        thread::Builder::new().name(format!("generator-{thread}")).spawn(move || {
            if let Some(processor) = processor {
                bind_to_processor(processor)?;
            }
            let generator = Generator::new(settings, network, source, requests, hand_over);
            generator.run(|| match stop.load(Ordering::Relaxed) {
                0 if !abort.load(Ordering::Relaxed) => Stop::No,
                0 | 1 => Stop::Gracefully,
                _ => Stop::Now,
            })
        })
    }

    /// Ends the run when a threshold that is to end it has surely failed.
    fn abort_on_thresholds(&self, collector: &Collector, manifest: &Manifest, abort: &AtomicBool) {
        let recording = &collector.recording;
        let planned = manifest.planned.unwrap_or(recording.counts.sent);
        // Whether a name is a duplicate shows only at the end.
        let facts = Facts {
            planned,
            duplicates: 0,
            uncompared: 0,
            places: &manifest.places,
            tally: &recording.tally,
            history: &recording.history,
            windows: &recording.windows,
        };
        if self.options.thresholds.iter().any(|threshold| threshold.aborts(recording.seconds, &facts)) {
            abort.store(true, Ordering::Relaxed);
        }
    }

    fn workflows(&self, stderr: &mut dyn Write) -> Option<crate::report::Workflows> {
        let embedded = self.embedded?;
        let interrupted = || self.stop.load(Ordering::Relaxed) > 1;
        match embedded.wait_for_workflows(self.options.scenario.load.graceful_stop, interrupted) {
            Ok(workflows) => Some(workflows),
            Err(e) => {
                // The figures stand without it; nobody may be listening.
                let _ = writeln!(stderr, "warning: how the workflows ended is not known: {e}");
                None
            }
        }
    }

    fn conclude(
        &self,
        collector: Collector,
        directory: &RunDirectory,
        manifest: &Manifest,
        ending: &Ending,
        stderr: &mut dyn Write,
    ) -> Conclusion {
        let names = match directory.names() {
            Ok(names) => names,
            Err(e) => {
                let _ = writeln!(stderr, "warning: the names cannot be read back, so duplicates are not known: {e}");
                MergedNames::default()
            }
        };
        let settled = collector.recording.settled(directory, manifest.warmup);
        conclude(settled, names, manifest, ending, &self.options.thresholds)
    }
}
