//! One generator thread's loop: releases arrivals when they are due, carries them over its own connections, and
//! accounts for each. It re-sends nothing.

use std::io;

use stepgate::wire::{self, HeaderLookup, Outcome};

use super::answer::class_of;
use super::chain::Chain;
use super::ending::{Ended, Stop};
use super::failure::{connect_failure, exchange_failure};
use super::network::{Network, Ready};
use super::request::Requests;
use super::response::{self, Context, Parsed, Response, fields};
use super::settings::Settings;
use super::slot::{InFlight, Slot, State};
use super::source::Source;
use crate::payload::Content;
use crate::record::{Class, Interval, Recorder, Times};
use crate::scenario::{Names, Saturation};

/// The peer has closed: no more bytes come.
const CLOSED: Context = Context { closed: true, to_head: false };

const SECOND: u64 = 1_000_000_000;

/// How often a waiting generator looks whether it shall stop, in nanoseconds.
const STOP_CHECK: u64 = 50_000_000;

/// A generator with its connections.
pub struct Generator<N, S, O> {
    settings: Settings,
    network: N,
    source: S,
    requests: Requests,
    recorder: Recorder,
    /// Takes the account of a second and gives an empty one back.
    hand_over: O,
    slots: Vec<Slot>,
    idle: Chain,
    vacant: Vec<usize>,
    /// Slots with a request, in the order of its release and so of its deadline.
    carrying: Chain,
    /// Those of them whose connection is being made, in the same order.
    connecting: Chain,
    in_flight: usize,
    /// Since when there is room for another request.
    room_since: u64,
    second: u64,
    stopping: bool,
    aborted: bool,
    failure: Option<String>,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
}

impl<N: Network, S: Source, O: FnMut(Interval) -> Interval> Generator<N, S, O> {
    /// A generator that has not begun.
    pub fn new(settings: Settings, network: N, source: S, requests: Requests, hand_over: O) -> Self {
        Self {
            recorder: Recorder::new(settings.rows),
            settings,
            network,
            source,
            requests,
            hand_over,
            slots: Vec::new(),
            idle: Chain::default(),
            vacant: Vec::new(),
            carrying: Chain::default(),
            connecting: Chain::default(),
            in_flight: 0,
            room_since: 0,
            second: 0,
            stopping: false,
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
    pub fn run(mut self, stop: impl Fn() -> Stop) -> io::Result<Ended> {
        let mut ready: Vec<Ready> = Vec::with_capacity(256);
        let mut last_chance = u64::MAX;
        self.leave_out_missed();
        loop {
            let now = self.network.now();
            self.turn_seconds(now);
            match stop() {
                Stop::No => {}
                Stop::Gracefully => self.stopping = true,
                Stop::Now => break,
            }
            self.give_up_late(now);
            self.release_due(now);
            let due = if self.stopping { None } else { self.source.due(now) };
            if due.is_none() && self.in_flight == 0 {
                break;
            }
            if last_chance == u64::MAX && (due.is_none() || now >= self.source.end()) {
                last_chance = now.saturating_add(self.settings.graceful_stop);
            }
            if now >= last_chance {
                break;
            }
            let room = self.in_flight < self.settings.max_in_flight || self.settings.on_saturation != Saturation::Queue;
            let arrival = due.filter(|_| room).unwrap_or(u64::MAX);
            let check = (now / STOP_CHECK + 1) * STOP_CHECK;
            let until = arrival.min(self.next_deadline()).min(last_chance).min(check);
            ready.clear();
            self.network.wait(until, &mut ready)?;
            // Answers are all read before anything more is sent: each is timed sooner.
            for event in &ready {
                self.handle(*event);
            }
        }
        Ok(self.finish())
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
        let full = self.recorder.hand_over(self.second, self.in_flight, Interval::default());
        let full = Interval { partial, ..full };
        let empty = (self.hand_over)(full);
        // Nothing was recorded in between: only the memory changes hands.
        self.recorder.hand_over(self.second, self.in_flight, empty);
    }

    /// Accounts for arrivals that were due before the generator joined the run: they are not sent late, in a burst.
    fn leave_out_missed(&mut self) {
        while self.settings.joined > 0 {
            let now = self.network.now();
            if self.source.due(now).is_none_or(|at| at >= now) {
                return;
            }
            if let Some(arrival) = self.source.take(now) {
                self.recorder.unsent_due(arrival.place, arrival.at, now);
            }
        }
    }

    /// Sends every arrival that is due, as far as there is room.
    fn release_due(&mut self, mut now: u64) {
        while !self.stopping && self.source.due(now).is_some_and(|at| at <= now) {
            if self.in_flight >= self.settings.max_in_flight {
                match self.settings.on_saturation {
                    Saturation::Queue => return,
                    Saturation::Drop => {
                        if let Some(arrival) = self.source.take(now) {
                            self.recorder.dropped(arrival.place);
                        }
                        continue;
                    }
                    Saturation::Abort => {
                        self.aborted = true;
                        self.stopping = true;
                        return;
                    }
                }
            }
            now = self.release(now);
        }
    }

    /// Sends the next arrival and returns the instant after it: reading the clock costs, and one reading does.
    fn release(&mut self, now: u64) -> u64 {
        let Some(arrival) = self.source.take(now) else { return now };
        let (bytes, key) = match self.requests.bytes(&arrival, &mut self.scratch) {
            Ok(made) => made,
            Err(why) => {
                // Nothing else is sent in its place, and the next one would most likely fail as well.
                self.recorder.unsent_due(arrival.place, arrival.at, now);
                self.failure = Some(why);
                self.stopping = true;
                return now;
            }
        };
        self.recorder.sent(arrival.place);
        let request = InFlight {
            k: arrival.k,
            place: arrival.place,
            times: Times {
                intended: arrival.at,
                ready: arrival.at.max(self.room_since),
                released: now,
                written: None,
                first_byte: None,
            },
            key,
            deadline: now.saturating_add(self.settings.timeout),
            connect_deadline: now.saturating_add(self.settings.connect_timeout),
        };
        self.in_flight += 1;
        if let Some(index) = self.idle.pop() {
            self.carrying.push(index);
            let slot = &mut self.slots[index];
            slot.state = State::Busy;
            slot.request = Some(request);
            let written = self.network.write(index, bytes);
            let after = self.network.now();
            match written {
                Ok(written) if written == bytes.len() => request_written(slot, after),
                Ok(written) => slot.outbox.extend_from_slice(&bytes[written..]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => slot.outbox.extend_from_slice(bytes),
                Err(e) => self.end(index, exchange_failure(&e), after),
            }
            return after;
        }
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        self.carrying.push(index);
        self.connecting.push(index);
        let slot = &mut self.slots[index];
        slot.state = State::Connecting;
        slot.request = Some(request);
        slot.outbox.extend_from_slice(bytes);
        let connecting = self.network.connect(index);
        let after = self.network.now();
        if let Err(e) = connecting {
            self.end(index, connect_failure(&e), after);
        }
        after
    }

    fn handle(&mut self, event: Ready) {
        let index = event.slot;
        if self.slots.get(index).is_none_or(|slot| slot.state == State::Vacant) {
            return;
        }
        if self.slots[index].state == State::Connecting {
            match self.network.established(index) {
                Ok(None) => return,
                Ok(Some(established)) => {
                    let place = self.slots[index].request.as_ref().map(|request| request.place).unwrap_or_default();
                    self.recorder.connected(place, established.connect, established.handshake);
                    self.slots[index].state = State::Busy;
                    self.connecting.remove(index);
                }
                Err(e) => {
                    self.end(index, connect_failure(&e), self.network.now());
                    return;
                }
            }
        }
        if !self.slots[index].outbox.is_empty() && !self.flush(index) {
            return;
        }
        self.receive(index, event.closed);
    }

    /// Writes on; false when the request has ended by it.
    fn flush(&mut self, index: usize) -> bool {
        let slot = &mut self.slots[index];
        match self.network.write(index, &slot.outbox) {
            Ok(written) if written == slot.outbox.len() => {
                slot.outbox.clear();
                request_written(slot, self.network.now());
            }
            Ok(written) => {
                slot.outbox.drain(..written);
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => {
                self.end(index, exchange_failure(&e), self.network.now());
                return false;
            }
        }
        true
    }

    fn receive(&mut self, index: usize, closed: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        loop {
            match self.network.read(index, &mut buffer) {
                Ok(received) if received.length == 0 => {
                    self.peer_closed(index);
                    break;
                }
                Ok(received) => {
                    let open = self.take_bytes(index, &buffer[..received.length]);
                    if !open || !(received.more || closed) {
                        break;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => {
                    self.end(index, exchange_failure(&e), self.network.now());
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Takes bytes of an answer; false when the connection is gone afterwards.
    fn take_bytes(&mut self, index: usize, bytes: &[u8]) -> bool {
        let now = self.network.now();
        let slot = &mut self.slots[index];
        let Some(request) = &mut slot.request else {
            // Nothing was asked: whatever this is, the connection cannot be trusted with a request.
            self.end(index, Class::Protocol, now);
            return false;
        };
        request.times.first_byte.get_or_insert(now);
        let earlier = std::mem::take(&mut slot.inbox);
        let held = if earlier.is_empty() {
            None
        } else {
            let mut held = earlier;
            held.extend_from_slice(bytes);
            Some(held)
        };
        let open = match response::parse(held.as_deref().unwrap_or(bytes), Context::default(), &mut fields()) {
            Parsed::Partial => {
                self.slots[index].inbox = held.unwrap_or_else(|| bytes.to_vec());
                return true;
            }
            Parsed::Complete(answer) => {
                let all = answer.length == held.as_deref().unwrap_or(bytes).len();
                self.answered(index, &answer, now, self.settings.keep_alive && answer.keep_alive && all)
            }
            Parsed::Invalid => {
                self.end(index, Class::Protocol, now);
                false
            }
        };
        if let (true, Some(mut held)) = (open, held) {
            // The memory stays with the connection for the next answer in pieces.
            held.clear();
            self.slots[index].inbox = held;
        }
        open && matches!(self.slots[index].state, State::Idle | State::Busy)
    }

    fn answered(&mut self, index: usize, answer: &Response<'_, '_>, now: u64, keep: bool) -> bool {
        let slot = &mut self.slots[index];
        let Some(request) = slot.request.take() else { return false };
        match self.requests.content(request.place) {
            Content::Execute(_) => self.executed(&request, answer, now),
            other => {
                let class = class_of(other, answer);
                self.recorder.ended(&request.sent(), class, Some(answer.status), now);
                if !class.is_success() {
                    self.recorder.answered(class, answer.status, &answer.body);
                }
            }
        }
        self.make_room(index, now);
        let slot = &mut self.slots[index];
        // An answer before the request was written whole: the connection is in no state for another.
        if keep && slot.outbox.is_empty() {
            slot.state = State::Idle;
            self.idle.push(index);
            return true;
        }
        self.vacate(index);
        false
    }

    /// Accounts for the answer to a start.
    fn executed(&mut self, request: &InFlight, answer: &Response<'_, '_>, now: u64) {
        let outcome = wire::classify(answer.status, &answer.headers, &answer.body);
        let class = Class::from(outcome.class());
        self.recorder.ended(&request.sent(), class, Some(answer.status), now);
        if let Outcome::Started(accepted) = &outcome {
            let expected = match self.settings.names {
                Names::RequestId => {
                    Some(answer.headers.header("x-amzn-requestid").and_then(|v| str::from_utf8(v).ok()).unwrap_or(""))
                }
                Names::Key => request.key.as_ref().map(|key| str::from_utf8(key).unwrap_or("")),
                Names::Service => None,
            };
            self.recorder.named(request.place, request.k, accepted.name(), expected);
            self.requests.started(accepted.name());
        } else {
            self.recorder.answered(class, answer.status, &answer.body);
            if (200..300).contains(&answer.status) {
                self.recorder.http_2xx_failed(request.place);
            }
        }
    }

    fn peer_closed(&mut self, index: usize) {
        let now = self.network.now();
        let inbox = std::mem::take(&mut self.slots[index].inbox);
        if self.slots[index].request.is_none() || inbox.is_empty() {
            self.end(index, Class::Closed, now);
        } else if let Parsed::Complete(answer) = response::parse(&inbox, CLOSED, &mut fields()) {
            self.answered(index, &answer, now, false);
        } else {
            self.end(index, Class::Truncated, now);
        }
    }

    /// Ends what a slot was doing, and its connection.
    fn end(&mut self, index: usize, class: Class, now: u64) {
        if let Some(request) = self.slots[index].request.take() {
            self.recorder.ended(&request.sent(), class, None, now);
            self.make_room(index, now);
        } else {
            self.idle.remove(index);
        }
        self.vacate(index);
    }

    /// A slot's request has ended.
    fn make_room(&mut self, index: usize, now: u64) {
        self.carrying.remove(index);
        self.connecting.remove(index);
        if self.in_flight >= self.settings.max_in_flight {
            self.room_since = now;
        }
        self.in_flight -= 1;
    }

    fn vacate(&mut self, index: usize) {
        self.network.close(index);
        let slot = &mut self.slots[index];
        slot.state = State::Vacant;
        slot.inbox.clear();
        slot.outbox.clear();
        self.vacant.push(index);
    }

    /// Gives up requests that are past their deadline.
    fn give_up_late(&mut self, now: u64) {
        while let Some((index, _)) = self.first_connecting().filter(|(_, deadline)| *deadline <= now) {
            self.end(index, Class::ConnectTimeout, now);
        }
        while let Some((index, _)) = self.first_carrying().filter(|(_, deadline)| *deadline <= now) {
            self.end(index, Class::Timeout, now);
        }
    }

    /// When the next request is to be given up.
    fn next_deadline(&self) -> u64 {
        let of = |first: Option<(usize, u64)>| first.map_or(u64::MAX, |(_, deadline)| deadline);
        of(self.first_connecting()).min(of(self.first_carrying()))
    }

    fn first_connecting(&self) -> Option<(usize, u64)> {
        let index = self.connecting.first()?;
        Some((index, self.slots[index].request.as_ref()?.connect_deadline))
    }

    fn first_carrying(&self) -> Option<(usize, u64)> {
        let index = self.carrying.first()?;
        Some((index, self.slots[index].request.as_ref()?.deadline))
    }

    /// Accounts for what the run leaves behind.
    fn finish(mut self) -> Ended {
        let now = self.network.now();
        for index in 0..self.slots.len() {
            if let Some(request) = self.slots[index].request.take() {
                self.recorder.unfinished(&request.sent(), now);
                self.in_flight -= 1;
                self.network.close(index);
            }
        }
        while self.source.untaken() > 0 && self.source.due(now).is_some_and(|at| at <= now) {
            if let Some(arrival) = self.source.take(now) {
                self.recorder.unsent_due(arrival.place, arrival.at, now);
            }
        }
        self.recorder.unsent_early(self.source.untaken());
        self.give_account(false);
        Ended { at: now, aborted: self.aborted, failure: self.failure }
    }
}

fn request_written(slot: &mut Slot, now: u64) {
    if let Some(request) = &mut slot.request {
        request.times.written = Some(now);
    }
}
