//! The figures of a run in progress for Prometheus: what they are called, and what they are made of.

use std::fmt::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::consumer::{Consumer, Handover};
use crate::record::{Class, Counts, Fate, Selection, Series, Timing};
use crate::report::Identity;

/// Upper bounds of the buckets, in seconds.
const BOUNDS: [f64; 21] = [
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0, 60.0,
];

/// A distribution of times, coarse as Prometheus wants it.
#[derive(Debug, Clone, Default)]
struct Buckets {
    /// Times up to each bound and above the one before; the last are beyond all bounds.
    counts: [u64; BOUNDS.len() + 1],
    /// Seconds.
    sum: f64,
}

impl Buckets {
    fn add(&mut self, times: &Histogram<u64>) {
        for value in times.iter_recorded() {
            let seconds = value.value_iterated_to() as f64 / 1e6;
            self.counts[BOUNDS.partition_point(|bound| *bound < seconds)] += value.count_at_value();
            self.sum += seconds * value.count_at_value() as f64;
        }
    }

    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn bounded(&self) -> Vec<(f64, u64)> {
        BOUNDS.into_iter().chain([f64::INFINITY]).zip(self.counts).collect()
    }
}

/// The state that a scrape reads.
#[derive(Debug, Clone, Default)]
struct MetricsState {
    counts: Counts,
    /// By generator.
    in_flight: Vec<usize>,
    responses: Vec<Buckets>,
    service: Buckets,
    lag: Buckets,
    seconds: u64,
}

/// The figures of a run, kept by its collector and read by whoever scrapes.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    registry: Arc<Registry>,
    state: Arc<Mutex<MetricsState>>,
}

impl Metrics {
    /// The metrics of a run that has not begun.
    pub(super) fn new(run: &Identity, planned: Option<u64>, threads: usize) -> Self {
        let state = MetricsState {
            in_flight: vec![0; threads],
            responses: vec![Buckets::default(); Class::ALL.len()],
            ..MetricsState::default()
        };
        let state = Arc::new(Mutex::new(state));
        let mut registry = Registry::with_prefix("loadgen");
        let info = [
            ("version", run.loadgen.clone()),
            ("scenario", run.scenario.clone()),
            ("seed", run.seed.to_string()),
            ("digest", run.digest.clone()),
            ("target", run.target.clone()),
        ];
        registry.register_collector(Box::new(Exposed { info, planned, state: Arc::clone(&state) }));
        Self { registry: Arc::new(registry), state }
    }

    /// What a scrape gets, in the text format of `OpenMetrics`.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a `String` cannot fail; were it to, half an answer would be worse than none.
            Err(Error) => String::new(),
        }
    }
}

impl Consumer for Metrics {
    fn take(&mut self, handover: &Handover<'_>, _: &mut Vec<String>) {
        let Handover { thread, interval, .. } = *handover;
        let mut state = lock(&self.state);
        let tally = &interval.tally;
        state.counts += &tally.counts();
        state.seconds = state.seconds.max(interval.second + 1);
        if let Some(in_flight) = state.in_flight.get_mut(thread) {
            *in_flight = interval.in_flight;
        }
        let all = Selection::default();
        for class in Class::ALL {
            let times = tally.histograms(Series::response(class), &all);
            times.for_each(|times| state.responses[class as usize].add(times));
        }
        for fate in Fate::all() {
            tally.histograms(Series::Times(Timing::Service, fate), &all).for_each(|times| state.service.add(times));
            tally.histograms(Series::Times(Timing::Lag, fate), &all).for_each(|times| state.lag.add(times));
        }
    }
}

fn lock(state: &Mutex<MetricsState>) -> MutexGuard<'_, MetricsState> {
    // Sums are whole after each addition, also one that panicked.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Exposed {
    info: [(&'static str, String); 5],
    planned: Option<u64>,
    state: Arc<Mutex<MetricsState>>,
}

impl Collector for Exposed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let state = lock(&self.state).clone();
        let counts = &state.counts;
        encoder.encode_descriptor("run", "What is run", None, MetricType::Info)?.encode_info(&self.info)?;
        let mut counter = |name: &str, help: &str, value: u64| {
            let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            encoder.encode_counter::<NoLabelSet, _, u64>(&value, None)
        };
        counter(
            "requests_sent",
            "Requests that were handed to a connection, or to an attempt to make one",
            counts.sent,
        )?;
        counter(
            "arrivals_dropped",
            "Arrivals that were dropped because too many requests were in flight",
            counts.dropped,
        )?;
        counter("arrivals_unsent", "Arrivals that were not sent because the run ended first", counts.unsent)?;
        counter("http_2xx_failed", "Answers with HTTP 2xx that tell of no start", counts.http_2xx_failed)?;
        counter("names_checked", "Names of started executions that were checked", counts.names_checked)?;
        counter("names_mismatched", "Names other than the expected one", counts.mismatched)?;
        counter("names_illegal", "Names that Step Functions does not allow", counts.illegal)?;
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: i64| {
            encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?.encode_gauge(&value)
        };
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        if let Some(planned) = self.planned {
            gauge("arrivals_planned", "Arrivals of the whole run", None, whole(planned))?;
        }
        let in_flight: usize = state.in_flight.iter().sum();
        gauge("requests_in_flight", "Requests in flight", None, whole(in_flight as u64))?;
        gauge("elapsed", "Time since the run began", Some(&Unit::Seconds), whole(state.seconds))?;
        let mut ended =
            encoder.encode_descriptor("requests_ended", "Requests that ended, by class", None, MetricType::Counter)?;
        for class in Class::ALL {
            let value = counts.ended_in(class);
            let label = [("class", class.as_str())];
            ended.encode_family(&label)?.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        let help = "From the intended instant to the end, by class";
        let mut response = encoder.encode_descriptor("response", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for class in Class::ALL {
            let buckets = &state.responses[class as usize];
            if buckets.count() > 0 {
                let label = [("class", class.as_str())];
                let (sum, count, bounded) = (buckets.sum, buckets.count(), buckets.bounded());
                response.encode_family(&label)?.encode_histogram::<NoLabelSet>(sum, count, &bounded, None)?;
            }
        }
        for (name, help, buckets) in [
            ("service", "From the moment a connection took the request to its end", &state.service),
            ("schedule_lag", "From the intended instant to the moment a connection took the request", &state.lag),
        ] {
            encoder
                .encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?
                .encode_histogram::<NoLabelSet>(buckets.sum, buckets.count(), &buckets.bounded(), None)?;
        }
        Ok(())
    }
}
