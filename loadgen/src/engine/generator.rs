//! One generator thread's loop: releases arrivals when they are due, carries them over its own connections, and
//! accounts for each. It re-sends nothing.

use std::fmt;
use std::io;

use super::ending::{Ended, Stop};
use super::failure::{Patience, connect_failure, exhaustion};
use super::network::{Network, Readiness};
use super::pool::Pool;
use super::queue::{Queue, times};
use super::request::Requests;
use super::settings::Settings;
use super::slot::{InFlight, Slot};
use super::source::ArrivalSource;
use crate::record::{Class, Interval, Recorder, Times, Unsent};
use crate::scenario::Saturation;
use crate::schedule::Arrival;

const SECOND: u64 = 1_000_000_000;

/// How often a waiting generator looks whether it shall stop, in nanoseconds.
const STOP_CHECK: u64 = 50_000_000;

/// Not to run for so long, in nanoseconds, is told of as a pause: a stopped process, a suspended machine, a starved one.
const PAUSE: u64 = 100_000_000;

/// How long no connection is begun after this machine had no descriptor or port for one, in nanoseconds.
const EXHAUSTED: u64 = 10_000_000;

/// A generator with its connections.
pub(crate) struct Generator<N, S, O> {
    pub(super) settings: Settings,
    pub(super) network: N,
    source: S,
    pub(super) requests: Requests,
    pub(super) recorder: Recorder,
    /// Takes the account of a second and gives an empty one back.
    hand_over: O,
    pub(super) pool: Pool,
    queue: Queue,
    /// Since when there is room for another request.
    room_since: u64,
    /// When the generator stopped running, while it reads what has come since.
    unread_since: u64,
    /// When the wait for the last answers is over, once the load is.
    last_chance: u64,
    /// Until when no connection is begun, and whether this machine has run out of what one needs.
    retry_at: u64,
    exhausted: bool,
    second: u64,
    /// Since when nothing more is released, in a run that ends early. What is due later was never waited for.
    stopped: Option<u64>,
    /// When the last request was released.
    last_release: u64,
    aborted: bool,
    failure: Option<String>,
    pub(super) buffer: Vec<u8>,
    scratch: Vec<u8>,
}

impl<N: Network, S: ArrivalSource, O: FnMut(Interval) -> Interval> Generator<N, S, O> {
    /// A generator that has not begun.
    pub(crate) fn new(settings: Settings, network: N, source: S, requests: Requests, hand_over: O) -> Self {
        Self {
            recorder: Recorder::new(settings.rows),
            settings,
            network,
            source,
            requests,
            hand_over,
            pool: Pool::default(),
            queue: Queue::default(),
            room_since: 0,
            unread_since: u64::MAX,
            last_chance: u64::MAX,
            retry_at: 0,
            exhausted: false,
            second: 0,
            stopped: None,
            last_release: 0,
            aborted: false,
            failure: None,
            buffer: vec![0; 64 << 10],
            scratch: Vec::with_capacity(4 << 10),
        }
    }

    /// Runs until every arrival has ended or `stop` says so.
    ///
    /// # Errors
    /// The operating system refuses to wait for events. Failures of single requests are recorded, not returned.
    pub(crate) fn run(mut self, stop: impl Fn() -> Stop) -> io::Result<Ended> {
        let mut ready: Vec<Readiness> = Vec::with_capacity(256);
        while !self.network.await_start() {
            if stop() != Stop::No {
                self.stopped = Some(0);
                return Ok(self.finish(0));
            }
        }
        self.leave_out_missed();
        let mut now = self.network.now();
        self.notice_pause(self.settings.joined, now);
        loop {
            self.turn_seconds(now);
            // However late this generator is, nothing that has come is taken for missing, and no connection that was
            // closed meanwhile for an open one.
            if self.unread_since != u64::MAX || self.next_deadline().min(self.last_chance) <= now {
                self.read_what_came(&mut ready)?;
                self.unread_since = u64::MAX;
                now = self.network.now();
            }
            let looked = now;
            match stop() {
                Stop::No => {}
                Stop::Gracefully => self.stop_sending(now),
                Stop::Now => {
                    self.stop_sending(now);
                    break;
                }
            }
            self.give_up_late(now);
            now = self.serve(now);
            now = self.release_due(now);
            if now > looked.saturating_add(PAUSE) {
                self.was_away(looked, now);
            }
            let wants_more = self.connect_next(now);
            if self.sends_nothing_more() {
                self.leave_unsent(now);
            }
            let due = if self.stopped.is_some() { None } else { self.source.due(now) };
            if due.is_none() && self.in_flight() == 0 {
                break;
            }
            if self.last_chance == u64::MAX && (due.is_none() || now >= self.source.end()) {
                let over = if self.stopped.is_some() { now } else { now.max(self.source.end()) };
                self.last_chance = over.saturating_add(self.settings.graceful_stop);
            }
            let last_chance = self.last_chance.saturating_add(self.patience_to_connect());
            if looked >= last_chance {
                break;
            }
            let until = if wants_more { now } else { self.next_instant(due, now).min(last_chance) };
            let expected = until.max(now);
            ready.clear();
            self.network.wait(until, &mut ready)?;
            let woke = self.network.now();
            self.notice_pause(expected, woke);
            // Answers are all read before anything more is sent: each is timed sooner.
            for event in &ready {
                self.handle(*event);
            }
            now = if ready.is_empty() { woke } else { self.network.now() };
            self.notice_pause(woke, now);
        }
        let now = self.network.now();
        Ok(self.finish(now))
    }

    /// Notices that this generator meant to run at `since` and did not until `now`, if that is long.
    fn notice_pause(&mut self, since: u64, now: u64) {
        if now > since.saturating_add(PAUSE) {
            self.recorder.paused(now - since);
            self.was_away(since, now);
        }
    }

    /// From `since` to `now` nothing that came was read: nobody's patience runs out by that.
    fn was_away(&mut self, since: u64, now: u64) {
        self.pool.left_alone(since, now);
        self.queue.left_alone(since, now);
        self.last_chance = self.last_chance.saturating_add(now - since);
        self.unread_since = self.unread_since.min(since);
    }

    /// Reads until nothing more has come.
    fn read_what_came(&mut self, ready: &mut Vec<Readiness>) -> io::Result<()> {
        loop {
            ready.clear();
            let now = self.network.now();
            self.network.wait(now, ready)?;
            if ready.is_empty() {
                return Ok(());
            }
            for event in ready.iter() {
                self.handle(*event);
            }
        }
    }

    /// How much longer than for answers is waited for connections: however soon the run is to end, whoever was released is
    /// sent if a connection can be had.
    fn patience_to_connect(&self) -> u64 {
        let Settings { graceful_stop, connect_timeout, .. } = self.settings;
        if self.queue.len() > 0 { connect_timeout.min(SECOND).saturating_sub(graceful_stop) } else { 0 }
    }

    /// Whether even arrivals that were released are left unsent: what there was room for before the run was full is sent.
    const fn sends_nothing_more(&self) -> bool {
        self.stopped.is_some() && !self.aborted
    }

    /// Nothing more is released from now on.
    fn stop_sending(&mut self, now: u64) {
        self.stopped.get_or_insert(now);
    }

    /// Requests that were released and have not ended.
    fn in_flight(&self) -> usize {
        self.pool.busy() + self.queue.len()
    }

    /// When there is something to do if nothing happens.
    fn next_instant(&self, due: Option<u64>, now: u64) -> u64 {
        let room = self.in_flight() < self.settings.max_in_flight || self.settings.on_saturation != Saturation::Queue;
        let arrival = due.filter(|_| room).unwrap_or(u64::MAX);
        let check = (now / STOP_CHECK + 1) * STOP_CHECK;
        let retry = if self.exhausted && self.queue.len() > 0 { self.retry_at } else { u64::MAX };
        arrival.min(self.next_deadline()).min(check).min(retry)
    }

    /// Hands over every second that is over, and what there is of one when it is much.
    fn turn_seconds(&mut self, now: u64) {
        if now / SECOND > self.second {
            self.give_account(false);
            self.second = now / SECOND;
        } else if self.recorder.is_full() {
            self.give_account(true);
        }
    }

    fn give_account(&mut self, partial: bool) {
        let full = self.recorder.hand_over(self.second, self.in_flight(), Interval::default());
        let full = Interval { partial, ..full };
        let empty = (self.hand_over)(full);
        // Nothing was recorded in between: only the memory changes hands.
        self.recorder.hand_over(self.second, self.in_flight(), empty);
    }

    /// Accounts for arrivals that were due before the generator joined the run: they are not sent late, in a burst.
    fn leave_out_missed(&mut self) {
        while self.settings.joined > 0 {
            let now = self.network.now();
            if self.source.due(now).is_none_or(|at| at >= now) {
                return;
            }
            if let Some(arrival) = self.source.take(now) {
                self.recorder.unsent_due(arrival.place, arrival.at, now, Unsent::Ended);
            }
        }
    }

    /// Accounts for the arrivals that wait without an attempt to connect: a run that is to end sends nothing more.
    fn leave_unsent(&mut self, now: u64) {
        while let Some(waiting) = self.queue.take_last_without_attempt() {
            self.recorder.unsent_due(waiting.arrival.place, waiting.arrival.at, now, Unsent::Ended);
        }
    }

    /// Gives connections that are free to the arrivals that have waited longest, and returns the instant after it.
    fn serve(&mut self, mut now: u64) -> u64 {
        while self.queue.len() > 0 && self.pool.idle() > 0 {
            let Some(waiting) = self.queue.take(now, self.exhausted) else { break };
            now = self.send(&waiting.arrival, waiting.times(), now);
        }
        self.exhausted &= self.queue.len() > 0;
        now
    }

    /// Releases every arrival that is due, as far as there is room, and returns the instant after it.
    fn release_due(&mut self, mut now: u64) -> u64 {
        while self.stopped.is_none() && self.source.due(now).is_some_and(|at| at <= now) {
            if self.in_flight() >= self.settings.max_in_flight {
                match self.settings.on_saturation {
                    Saturation::Queue => return now,
                    Saturation::Drop => {
                        if let Some(arrival) = self.source.take(now) {
                            self.recorder.dropped(arrival.place);
                        }
                        continue;
                    }
                    Saturation::Abort => {
                        self.aborted = true;
                        self.stop_sending(now);
                        return now;
                    }
                }
            }
            let Some(arrival) = self.source.take(now) else { return now };
            if self.pool.idle() > 0 {
                now = self.send(&arrival, times(&arrival, self.room_since, now), now);
            } else {
                self.queue.push(arrival, self.room_since, now);
            }
        }
        now
    }

    /// Begins one connection if an arrival waits for one, and tells whether another should follow at once. One at a time:
    /// a connection costs more than a request, and answers that have come meanwhile go before it.
    fn connect_next(&mut self, now: u64) -> bool {
        self.queue.attempts(self.pool.connecting(), now, self.exhausted);
        let wants_another = |this: &Self| {
            this.queue.len() > this.pool.connecting() && this.pool.connecting() < this.settings.max_connecting
        };
        if self.sends_nothing_more() || !wants_another(self) || now < self.retry_at {
            return false;
        }
        if self.pool.open() >= self.settings.max_connections {
            // This process may have no more descriptors, and who waits for one is late by its fault.
            self.exhausted = true;
            self.retry_at = now + EXHAUSTED;
            return false;
        }
        let index = self.pool.vacancy();
        match self.network.connect(index) {
            Ok(()) => self.pool.connect(now.saturating_add(self.settings.connect_timeout)),
            Err(e) => match exhaustion(&e) {
                Some(_) if self.pool.open() > 0 => {
                    self.exhausted = true;
                    self.retry_at = now + EXHAUSTED;
                    return false;
                }
                Some(reason) => {
                    if let Some(waiting) = self.queue.take(now, true) {
                        self.make_room(now);
                        self.recorder.unsent_due(waiting.arrival.place, waiting.arrival.at, now, reason);
                    }
                }
                None => {
                    self.queue.attempts(self.pool.connecting() + 1, now, self.exhausted);
                    self.fail_waiting(connect_failure(&e), &e, now);
                }
            },
        }
        self.queue.attempts(self.pool.connecting(), now, self.exhausted);
        wants_another(self)
    }

    /// Sends an arrival over a free connection and returns the instant after it: reading the clock costs, and one reading
    /// does.
    fn send(&mut self, arrival: &Arrival, times: Times, now: u64) -> u64 {
        let (bytes, key) = match self.requests.bytes(arrival, &mut self.scratch) {
            Ok(made) => made,
            Err(why) => {
                // Nothing else is sent in its place, and the next one would most likely fail as well.
                self.recorder.unsent_due(arrival.place, arrival.at, now, Unsent::Unmade);
                self.failure = Some(why.to_string());
                self.stop_sending(now);
                return now;
            }
        };
        self.recorder.sent(arrival.place);
        self.last_release = now;
        let deadline = times.released.saturating_add(times.unattended).saturating_add(self.settings.timeout);
        let request = InFlight { k: arrival.k, place: arrival.place, times, key, deadline };
        let index = self.pool.carry(request).expect("whoever sends has seen a free connection");
        let written = self.network.write(index, bytes);
        let after = self.network.now();
        match written {
            Ok(written) if written == bytes.len() => {
                if let Some(request) = self.pool.request(index) {
                    request.times.written = Some(after);
                }
            }
            Ok(written) => self.pool.buffers(index).outbox.extend_from_slice(&bytes[written..]),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                self.pool.buffers(index).outbox.extend_from_slice(bytes);
            }
            Err(e) => self.lost(index, &e, after),
        }
        after
    }

    fn handle(&mut self, event: Readiness) {
        let index = event.slot;
        let connecting = match self.pool.slot(index) {
            Slot::Vacant => return,
            Slot::Connecting(_) => true,
            Slot::Idle | Slot::Busy(_) => false,
        };
        if connecting {
            match self.network.established(index) {
                Ok(None) => return,
                Ok(Some(established)) => {
                    let place = self.queue.first_place().unwrap_or_default();
                    self.recorder.connected(place, established.connect, established.handshake);
                    self.pool.rest(index);
                }
                Err(e) => {
                    self.abandon(index, connect_failure(&e), &e, self.network.now());
                    return;
                }
            }
        }
        if !self.pool.buffers(index).outbox.is_empty() && !self.flush(index) {
            return;
        }
        self.receive(index, event.closed);
    }

    /// A connection does not come about: an arrival that waits for it fails, unless another connection is there for it.
    fn abandon(&mut self, index: usize, class: Class, cause: &dyn fmt::Display, now: u64) {
        self.network.close(index);
        self.pool.vacate(index);
        self.fail_waiting(class, cause, now);
    }

    fn fail_waiting(&mut self, class: Class, cause: &dyn fmt::Display, now: u64) {
        if self.queue.begun() > self.pool.connecting() + self.pool.idle()
            && let Some(waiting) = self.queue.take(now, self.exhausted)
        {
            self.make_room(now);
            self.recorder.sent(waiting.arrival.place);
            self.recorder.ended(&waiting.sent(), class, None, now);
            self.recorder.unanswered(class, cause);
        }
    }

    /// A request has ended: if there was no room, there is from now on. Called when it has left the queue or its connection.
    pub(super) fn make_room(&mut self, now: u64) {
        if self.in_flight() + 1 >= self.settings.max_in_flight {
            self.room_since = now.min(self.unread_since);
        }
    }

    /// Gives up requests and connections that are past their deadline.
    fn give_up_late(&mut self, now: u64) {
        while let Some((index, _)) = self.pool.first_connecting().filter(|(_, deadline)| *deadline <= now) {
            let patience = Patience(self.settings.connect_timeout);
            self.abandon(index, Class::ConnectTimeout, &format_args!("no connection within {patience}"), now);
        }
        while let Some((index, _)) = self.pool.first_busy().filter(|(_, deadline)| *deadline <= now) {
            let (patience, came) = (Patience(self.settings.timeout), self.pool.buffers(index).inbox.len());
            self.end(index, Class::Timeout, &format_args!("no whole answer within {patience}; {came} bytes came"), now);
        }
        while self.first_waiting_deadline() <= now {
            let Some(waiting) = self.queue.take(now, self.exhausted) else { return };
            self.make_room(now);
            self.recorder.sent(waiting.arrival.place);
            // Nothing of it went out: nothing can have started.
            self.recorder.ended(&waiting.sent(), Class::ConnectTimeout, None, now);
            let patience = Patience(self.settings.timeout);
            self.recorder.unanswered(Class::ConnectTimeout, &format_args!("no connection was free within {patience}"));
        }
    }

    fn first_waiting_deadline(&self) -> u64 {
        self.queue.first_begun().map_or(u64::MAX, |begun| begun.saturating_add(self.settings.timeout))
    }

    /// When the next request or connection is to be given up.
    fn next_deadline(&self) -> u64 {
        let of = |first: Option<(usize, u64)>| first.map_or(u64::MAX, |(_, deadline)| deadline);
        of(self.pool.first_connecting()).min(of(self.pool.first_busy())).min(self.first_waiting_deadline())
    }

    /// Accounts for what the run leaves behind.
    fn finish(mut self, now: u64) -> Ended {
        // Whoever was to send no more has no part in what was left; else it is the target that let nobody in, where most of
        // what is in flight waits for it.
        let waits_for_target = self.stopped.is_none() && !self.exhausted;
        let reason = |waits: bool| if waits_for_target && waits { Unsent::Unreached } else { Unsent::Ended };
        let (waiting_for, beyond) = (reason(true), reason(self.queue.len() > self.pool.busy()));
        for (index, slot) in self.pool.occupied() {
            if let Slot::Busy(request) = slot {
                self.recorder.unfinished(&request.sent(), now);
            }
            self.network.close(index);
        }
        while let Some(waiting) = self.queue.take(now, self.exhausted) {
            self.recorder.unsent_due(waiting.arrival.place, waiting.arrival.at, now, waiting_for);
        }
        // What was due when sending ended has waited until then. The rest nobody wanted any more.
        let until = self.stopped.unwrap_or(now);
        while self.source.untaken() > 0 && self.source.due(now).is_some_and(|at| at < until) {
            if let Some(arrival) = self.source.take(now) {
                self.recorder.unsent_due(arrival.place, arrival.at, until, beyond);
            }
        }
        self.recorder.unsent_early(self.source.untaken());
        self.pool = Pool::default();
        self.give_account(false);
        let sent_until = self.last_release.max(self.stopped.unwrap_or(0));
        Ended { at: now, sent_until, aborted: self.aborted, failure: self.failure }
    }
}
