//! A part of a run: a stage, a payload, a kind of request, an outcome.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Account, Latency};
use crate::judge::Population;
use crate::record::{Class, Counts, Fate, Kind, Selection, Series, Timing};

/// What became of some of the requests, as of those of a stage: counts are those of the whole run, times leave the warm-up
/// out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Section {
    /// The stage, the payload or the kind.
    pub(crate) name: String,
    /// What its requests ask for.
    pub(crate) kind: Kind,
    /// Requests that were handed to a connection, or to an attempt to make one.
    pub(crate) sent: u64,
    /// Arrivals that were dropped because too many requests were in flight.
    pub(crate) dropped: u64,
    /// Requests that started an execution; for the other kinds, that were allowed or described.
    pub(crate) succeeded: u64,
    /// Requests in flight when the run ended.
    pub(crate) unfinished: u64,
    /// Failed requests by class; classes without any are left out.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Microseconds from the intended instant to the end, of every due arrival.
    pub(crate) response_us: Latency,
    /// Microseconds from the moment a connection took the request to its end.
    pub(crate) service_us: Latency,
    /// Microseconds from the intended instant to the moment a connection took the request.
    pub(crate) schedule_lag_us: Latency,
}

impl Section {
    fn of(account: &Account, name: &str, kind: Kind, selection: &Selection) -> Self {
        let counts = account.counts_of(selection);
        let latency = |population: Population| account.latency(&population.among(selection));
        let service = latency(Population::service());
        Self {
            name: name.into(),
            kind,
            sent: counts.sent,
            dropped: counts.dropped,
            succeeded: counts.succeeded(),
            unfinished: counts.unfinished,
            failed: failed(&counts),
            response_us: latency(Population::due()).no_less_than(&service),
            service_us: service,
            schedule_lag_us: latency(Population::lag()),
        }
    }

    /// The stages, for executes alone; none where there is only one.
    pub(super) fn stages(account: &Account) -> Vec<Self> {
        let stages = account.places.stages.as_slice();
        let (kind, executes) = (account.places.starting_kind(), account.places.starts());
        let stage = |(number, name): (u16, &String)| Self::of(account, name, kind, &executes.clone().in_stage(number));
        if stages.len() > 1 { (0..).zip(stages).map(stage).collect() } else { Vec::new() }
    }

    /// The payloads; none where there is only one.
    pub(super) fn payloads(account: &Account) -> Vec<Self> {
        let payloads = account.places.payloads.as_slice();
        let numbered = (0..).zip(payloads);
        let sections = numbered.map(|(number, p)| Self::of(account, &p.name, p.kind, &Selection::with_payload(number)));
        if payloads.len() > 1 { sections.collect() } else { Vec::new() }
    }

    /// The kinds beside executes that were sent.
    pub(super) fn other_kinds(account: &Account) -> Vec<Self> {
        let places = &account.places;
        let sent = |kind: &Kind| places.payloads.iter().any(|payload| payload.kind == *kind);
        let others = Kind::ALL.into_iter().filter(|kind| !kind.starts() && sent(kind));
        others.map(|kind| Self::of(account, kind.as_str(), kind, &places.of_kind(kind))).collect()
    }
}

/// The times of the requests that came to the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "`summary.json` names them so")]
pub(crate) struct ClassTimes {
    /// Microseconds from the intended instant to the end.
    pub(crate) response_us: Latency,
    /// Microseconds from the moment a connection took the request to its end.
    pub(crate) service_us: Latency,
    /// Microseconds from the intended instant to the moment a connection took the request.
    pub(crate) schedule_lag_us: Latency,
}

impl ClassTimes {
    /// Those of every class that occurred, of all kinds of requests.
    pub(super) fn by_class(account: &Account) -> BTreeMap<String, Self> {
        let counts = account.tally.counts();
        let occurred = Class::ALL.into_iter().filter(|class| counts.ended_in(*class) > 0);
        let times = |class: Class| {
            let of = |timing| account.latency(&Population::of(Series::Times(timing, Fate::Ended(class))));
            Self {
                response_us: of(Timing::Response),
                service_us: of(Timing::Service),
                schedule_lag_us: of(Timing::Lag),
            }
        };
        occurred.map(|class| (class.as_str().to_owned(), times(class))).collect()
    }
}

/// What those of its requests are called that did what they were sent for: what `outcomes` calls them where all parts ask
/// for the same, and else `succeeded`.
#[must_use]
pub(super) fn success(sections: &[Section]) -> &'static str {
    let mut classes = sections.iter().map(|section| Class::success_of(section.kind));
    let first = classes.next();
    let one = first.filter(|first| classes.all(|class| class == *first));
    one.map_or("succeeded", Class::as_str)
}

/// Requests that failed, by class.
pub(super) fn failed(counts: &Counts) -> BTreeMap<String, u64> {
    let failures = Class::ALL.into_iter().filter(|class| !class.is_success());
    let counted = failures.map(|class| (class.as_str().to_owned(), counts.ended_in(class)));
    counted.filter(|(_, count)| *count > 0).collect()
}
