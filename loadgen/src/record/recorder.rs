//! The account of one generator thread, handed over second by second.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Answers, Class, Entry, Fate, Place, Rows, Sent, Series, StateMachine, Tally, Times, Timing, between, is_legal_name,
    kept_name,
};

/// Most examples of a kind of violation that are kept.
pub(crate) const EXAMPLES: usize = 5;

/// Most state machines that are told apart: a target has one, or a few behind weighted routes.
const MACHINES: usize = 16;

/// Names after which an interval is handed over within its second: with those of the few hundred answers that come until
/// the generator looks, 32 Ki of them. So its memory does not grow with the rate.
const MOST_NAMES: usize = (1 << 15) - 512;

/// What a thread has to tell of one second, or of a part of it.
#[derive(Debug, Clone, Default)]
pub struct Interval {
    /// The second, from the start of the run.
    pub second: u64,
    /// Whether more is to come of the second.
    pub(crate) partial: bool,
    /// Counts and distributions.
    pub tally: Tally,
    /// The names of started executions, in the order of their answers.
    pub names: Vec<Entry>,
    /// The first violations.
    pub(crate) examples: Vec<Example>,
    /// How failed requests were answered.
    pub(crate) answers: Answers,
    /// Requests in flight at its end.
    pub in_flight: usize,
    /// The requests that ended one by one, if they are wanted.
    pub rows: Rows,
    /// State machines of which the thread's first execution was started.
    pub machines: Vec<StateMachine>,
}

impl Interval {
    /// Forgets everything but the memory it took.
    pub fn clear(&mut self) {
        self.tally.clear();
        self.names.clear();
        self.examples.clear();
        self.answers.clear();
        self.rows.clear();
        self.machines.clear();
    }
}

/// What is wrong with an execution's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Violation {
    /// It is not the expected one.
    Mismatched,
    /// Step Functions does not allow it.
    Illegal,
    /// Another execution of the run has it too.
    Duplicate,
}

/// A violation as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct Example {
    /// What is wrong.
    pub(crate) violation: Violation,
    /// The arrival.
    pub(crate) k: u64,
    /// The name; of a duplicate that is no UUID, the 16 bytes that it is known by.
    pub(crate) name: String,
    /// The expected name, or for a duplicate the number of the other arrival.
    pub(crate) expected: String,
}

impl Example {
    /// What is to be said of a name other than the expected one.
    #[must_use]
    pub(crate) fn mismatch(&self) -> String {
        if self.expected.is_empty() {
            format!("request {} got `{}`, and its answer has no x-amzn-RequestId to compare it with", self.k, self.name)
        } else {
            format!("request {} got `{}`, not `{}`", self.k, self.name, self.expected)
        }
    }

    /// The same with its texts, which a target chose, rewritten.
    #[must_use]
    pub(crate) fn scrubbed(&self, scrub: &dyn Fn(&str) -> String) -> Self {
        Self { name: scrub(&self.name), expected: scrub(&self.expected), ..self.clone() }
    }
}

/// Why an arrival that was due is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The run ended first, or had not begun here.
    Ended,
    /// Its request cannot be made.
    Unmade,
    /// This process has no file descriptor for a connection.
    Descriptors,
    /// This machine has no local port for a connection.
    Ports,
    /// No connection to the target came about before the run ended.
    Unreached,
}

/// Accounts for the requests of one thread.
#[derive(Debug, Default)]
pub struct Recorder {
    interval: Interval,
    /// Whether requests are wanted one by one.
    rows: bool,
    /// Of which classes an answer was kept.
    sampled: [bool; Class::ALL.len()],
    /// State machines seen so far.
    machines: Vec<StateMachine>,
}

impl Recorder {
    /// A recorder that keeps requests one by one as well, or does not.
    #[must_use]
    pub fn new(rows: bool) -> Self {
        Self { rows, ..Self::default() }
    }

    /// A connection takes a request.
    pub fn sent(&mut self, place: Place) {
        self.interval.tally.counts_mut(place).sent += 1;
    }

    /// An arrival is dropped.
    pub(crate) fn dropped(&mut self, place: Place) {
        self.interval.tally.counts_mut(place).dropped += 1;
    }

    /// A request ended, with an answer of a status or without.
    pub fn ended(&mut self, sent: &Sent<'_>, class: Class, status: Option<u16>, now: u64) {
        let Sent { place, times, .. } = *sent;
        if self.rows {
            self.interval.rows.push(sent, Fate::Ended(class), status, now);
        }
        self.interval.tally.counts_mut(place).ended[class as usize] += 1;
        self.timed(place, Fate::Ended(class), times, now);
        let tally = &mut self.interval.tally;
        if class.is_start() {
            let own = between(times.ready.max(times.intended), times.released) + times.unattended;
            let response = between(times.intended, now);
            tally.record(place, Series::Unlagged, between(own, response));
        }
        if let (Some(written), Some(first_byte)) = (times.written, times.first_byte) {
            // An answer may begin before the request has been written whole: then it took no time.
            tally.record(place, Series::FirstByte, first_byte.saturating_sub(written));
        }
    }

    fn timed(&mut self, place: Place, fate: Fate, times: &Times, now: u64) {
        let tally = &mut self.interval.tally;
        tally.record(place, Series::Times(Timing::Response, fate), between(times.intended, now));
        tally.record(place, Series::Times(Timing::Service, fate), between(times.released, now));
        tally.record(place, Series::Times(Timing::Lag, fate), between(times.intended, times.released));
        let room = times.room.max(times.intended);
        let ready = times.ready.max(room);
        tally.record(place, Series::Lateness, between(ready, times.released));
        if room > times.intended {
            tally.record(place, Series::RoomWait, room - times.intended);
        }
        if ready > room {
            tally.record(place, Series::ConnectionWait, ready - room);
        }
    }

    /// The answer to the request that ended last says how many nanoseconds its execution took.
    pub(crate) fn ran(&mut self, place: Place, nanoseconds: u64) {
        self.interval.tally.record(place, Series::Workflow, nanoseconds);
    }

    /// The request that ended last failed with an answer, which may point elsewhere.
    pub(crate) fn answered(&mut self, class: Class, status: u16, body: &[u8], location: Option<&[u8]>) {
        let sampled = std::mem::replace(&mut self.sampled[class as usize], true);
        self.interval.answers.add(class, status, (!sampled).then_some(body), location);
    }

    /// The request that ended last failed without a whole answer, and why.
    pub(crate) fn unanswered(&mut self, class: Class, cause: &dyn fmt::Display) {
        let sampled = std::mem::replace(&mut self.sampled[class as usize], true);
        self.interval.answers.add_unanswered(class, (!sampled).then(|| cause.to_string()));
    }

    /// An answer had a 2xx status, and yet tells of no start.
    pub(crate) fn http_2xx_failed(&mut self, place: Place) {
        self.interval.tally.counts_mut(place).http_2xx_failed += 1;
    }

    /// An execution was started, of a machine that its ARN tells.
    pub(crate) fn started_as(&mut self, execution_arn: &str) {
        if self.machines.iter().any(|machine| machine.has(execution_arn)) || self.machines.len() == MACHINES {
            return;
        }
        if let Some(machine) = StateMachine::of_execution(execution_arn) {
            self.machines.push(machine.clone());
            self.interval.machines.push(machine);
        }
    }

    /// The execution of the request that ended last was started under `name`; `expected` is the name it should have, if any is known.
    pub fn named(&mut self, place: Place, k: u64, name: &str, expected: Option<&str>) {
        let counts = self.interval.tally.counts_mut(place);
        counts.names_checked += 1;
        if self.rows {
            self.interval.rows.name_last(&kept_name(name));
        }
        self.interval.names.push(Entry::of(name, k));
        if expected.is_some_and(|expected| expected != name) {
            counts.mismatched += 1;
            self.example(Violation::Mismatched, k, name, expected.unwrap_or_default());
        }
        if !is_legal_name(name) {
            self.interval.tally.counts_mut(place).illegal += 1;
            self.example(Violation::Illegal, k, name, "");
        }
    }

    /// A connection came about for a request.
    pub(crate) fn connected(&mut self, place: Place, connect: u64, handshake: Option<u64>) {
        self.interval.tally.record(place, Series::Connect, connect);
        if let Some(handshake) = handshake {
            self.interval.tally.record(place, Series::Handshake, handshake);
        }
    }

    /// The run ended with a request in flight.
    pub(crate) fn unfinished(&mut self, sent: &Sent<'_>, now: u64) {
        let Sent { place, times, .. } = *sent;
        if self.rows {
            self.interval.rows.push(sent, Fate::Unfinished, None, now);
        }
        self.interval.tally.counts_mut(place).unfinished += 1;
        self.timed(place, Fate::Unfinished, times, now);
    }

    /// An arrival that was due since `intended` is not sent, for a reason.
    pub(crate) fn unsent_due(&mut self, place: Place, intended: u64, now: u64, reason: Unsent) {
        let counts = self.interval.tally.counts_mut(place);
        counts.unsent += 1;
        counts.unsent_due += 1;
        match reason {
            Unsent::Ended | Unsent::Unmade => {}
            Unsent::Descriptors => counts.unsent_descriptors += 1,
            Unsent::Ports => counts.unsent_ports += 1,
            Unsent::Unreached => counts.unsent_unreached += 1,
        }
        self.interval.tally.record(place, Series::Unsent, between(intended, now));
    }

    /// The generator did not run for so many nanoseconds, though it meant to.
    pub(crate) fn paused(&mut self, nanoseconds: u64) {
        self.interval.tally.record(Place::default(), Series::Pause, nanoseconds);
    }

    /// The run ended before so many arrivals were due: their times say nothing about the target.
    pub(crate) fn unsent_early(&mut self, arrivals: u64) {
        self.interval.tally.unsent_early += arrivals;
    }

    /// Whether so much was recorded that it should be handed over before the second is.
    #[must_use]
    pub(crate) fn is_full(&self) -> bool {
        self.interval.names.len() >= MOST_NAMES
    }

    /// Hands over what was recorded since the last time, and goes on in `empty`.
    pub fn hand_over(&mut self, second: u64, in_flight: usize, empty: Interval) -> Interval {
        let mut full = std::mem::replace(&mut self.interval, empty);
        full.second = second;
        full.partial = false;
        full.in_flight = in_flight;
        full
    }

    fn example(&mut self, violation: Violation, k: u64, name: &str, expected: &str) {
        let examples = &mut self.interval.examples;
        if examples.iter().filter(|e| e.violation == violation).count() < EXAMPLES {
            let [name, expected] = [name, expected].map(|name| kept_name(name).into_owned());
            examples.push(Example { violation, k, name, expected });
        }
    }
}
