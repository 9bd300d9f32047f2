//! What comes back on a generator's connections, and what it means for the request that a connection carries.

use std::fmt;
use std::io;

use stepgate::wire::{self, HeaderLookup, Outcome};

use super::answer::{class_of, class_of_start, duration};
use super::failure::exchange_failure;
use super::generator::Generator;
use super::network::Network;
use super::response::{self, Context, LARGEST, Parsed, Response, fields};
use super::slot::{InFlight, Slot};
use super::source::ArrivalSource;
use crate::payload::Content;
use crate::record::{Class, Interval, Kind};
use crate::scenario::Names;

/// The peer has closed: no more bytes come.
const CLOSED: Context = Context { closed: true, to_head: false };

impl<N: Network, S: ArrivalSource, O: FnMut(Interval) -> Interval> Generator<N, S, O> {
    /// Writes on; false when the request has ended by it.
    pub(super) fn flush(&mut self, index: usize) -> bool {
        let outbox = &mut self.pool.buffers(index).outbox;
        match self.network.write(index, outbox) {
            Ok(written) if written == outbox.len() => {
                outbox.clear();
                if let Some(request) = self.pool.request(index) {
                    request.times.written = Some(self.network.now());
                }
            }
            Ok(written) => drop(outbox.drain(..written)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => {
                self.lost(index, &e, self.network.now());
                return false;
            }
        }
        true
    }

    pub(super) fn receive(&mut self, index: usize, closed: bool) {
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
                    self.end(index, exchange_failure(&e), &e, self.network.now());
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Takes bytes of an answer; false when the connection is gone afterwards.
    fn take_bytes(&mut self, index: usize, bytes: &[u8]) -> bool {
        let now = self.network.now();
        let Some(request) = self.pool.request(index) else {
            // Nothing was asked: whatever this is, the connection cannot be trusted with a request.
            self.end(index, Class::Protocol, &"nothing was asked", now);
            return false;
        };
        request.times.first_byte.get_or_insert(now);
        let request = *request;
        let earlier = std::mem::take(&mut self.pool.buffers(index).inbox);
        let held = if earlier.is_empty() {
            None
        } else {
            let mut held = earlier;
            held.extend_from_slice(bytes);
            Some(held)
        };
        let all = held.as_deref().unwrap_or(bytes);
        let open = match response::parse(all, Context::default(), &mut fields()) {
            Parsed::Partial => {
                self.pool.buffers(index).inbox = held.unwrap_or_else(|| bytes.to_vec());
                return true;
            }
            Parsed::Complete(answer) => {
                let keep = self.settings.keep_alive && answer.keep_alive && answer.length == all.len();
                self.answered(index, &request, &answer, now, keep)
            }
            Parsed::Invalid(flaw) => {
                self.end(index, Class::Protocol, &flaw, now);
                false
            }
        };
        if let (true, Some(mut held)) = (open, held) {
            // The memory stays with the connection for the next answer in pieces.
            held.clear();
            self.pool.buffers(index).inbox = held;
        }
        open && matches!(self.pool.slot(index), Slot::Idle | Slot::Busy(_))
    }

    /// Accounts for an answer; false when the connection is gone afterwards.
    fn answered(&mut self, index: usize, request: &InFlight, answer: &Response<'_, '_>, now: u64, keep: bool) -> bool {
        match self.requests.content(request.place) {
            Content::Execute(_) | Content::ExecuteSync(_) | Content::ExecuteHttp(_) => {
                self.executed(request, answer, now);
            }
            other => {
                let class = class_of(other, answer);
                self.recorder.ended(&request.sent(), class, Some(answer.status), now);
                if !class.is_success() {
                    self.failed(class, answer);
                }
            }
        }
        // An answer before the request was written whole: the connection is in no state for another.
        let keep = keep && self.pool.buffers(index).outbox.is_empty() && !self.network.is_outdated(index);
        if keep {
            self.pool.rest(index);
        } else {
            self.network.close(index);
            self.pool.vacate(index);
        }
        self.make_room(now);
        keep
    }

    /// Accounts for the answer to a start.
    fn executed(&mut self, request: &InFlight, answer: &Response<'_, '_>, now: u64) {
        let outcome = wire::classify(answer.status, &answer.headers, &answer.body);
        let class = class_of_start(self.requests.content(request.place).kind(), &outcome, answer.status);
        self.recorder.ended(&request.sent(), class, Some(answer.status), now);
        if let Outcome::Started(accepted) = &outcome {
            if let (Some(took), true) = (duration(accepted), class.kinds().contains(&Kind::ExecuteSync)) {
                self.recorder.ran(request.place, took);
            }
            if !class.is_success() {
                self.failed(class, answer);
            }
            let expected = match self.settings.names {
                Names::RequestId => {
                    Some(answer.headers.header("x-amzn-requestid").and_then(|v| str::from_utf8(v).ok()).unwrap_or(""))
                }
                Names::Key => request.key.as_ref().map(|key| str::from_utf8(key).expect("a UUID is ASCII")),
                Names::Service => None,
            };
            self.recorder.named(request.place, request.k, accepted.name(), expected);
            self.recorder.started_as(accepted.execution_arn());
            self.requests.started(accepted.name());
        } else if !class.is_success() {
            self.failed(class, answer);
            if (200..300).contains(&answer.status) {
                self.recorder.http_2xx_failed(request.place);
            }
        }
    }

    /// Keeps what is told of a failure that was answered.
    fn failed(&mut self, class: Class, answer: &Response<'_, '_>) {
        let location = if (300..400).contains(&answer.status) { answer.headers.header("location") } else { None };
        self.recorder.answered(class, answer.status, &answer.body, location);
    }

    /// A request cannot be written to its end. A target that refuses a large one may have answered before it closed: then
    /// the answer counts.
    pub(super) fn lost(&mut self, index: usize, error: &io::Error, now: u64) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut bytes = std::mem::take(&mut self.pool.buffers(index).inbox);
        while let Ok(received) = self.network.read(index, &mut buffer) {
            if received.length == 0 || bytes.len() > LARGEST {
                break;
            }
            bytes.extend_from_slice(&buffer[..received.length]);
        }
        self.buffer = buffer;
        match (self.pool.request(index), response::parse(&bytes, CLOSED, &mut fields())) {
            (Some(request), Parsed::Complete(answer)) if !bytes.is_empty() => {
                request.times.first_byte.get_or_insert(now);
                let request = *request;
                self.answered(index, &request, &answer, now, false);
            }
            _ => self.end(index, exchange_failure(error), error, now),
        }
    }

    fn peer_closed(&mut self, index: usize) {
        let now = self.network.now();
        let inbox = std::mem::take(&mut self.pool.buffers(index).inbox);
        let request = self.pool.request(index).copied().filter(|_| !inbox.is_empty());
        match (request, response::parse(&inbox, CLOSED, &mut fields())) {
            (None, _) => self.end(index, Class::Closed, &"the connection was closed before an answer began", now),
            (Some(request), Parsed::Complete(answer)) => {
                self.answered(index, &request, &answer, now, false);
            }
            (Some(_), _) => {
                let came = inbox.len();
                let cause = format_args!("the connection was closed within an answer, after {came} bytes of it");
                self.end(index, Class::Truncated, &cause, now);
            }
        }
    }

    /// Ends what a connection was doing without an answer, and the connection.
    pub(super) fn end(&mut self, index: usize, class: Class, cause: &dyn fmt::Display, now: u64) {
        let request = self.pool.request(index).copied();
        self.network.close(index);
        self.pool.vacate(index);
        if let Some(request) = request {
            self.recorder.ended(&request.sent(), class, None, now);
            self.recorder.unanswered(class, cause);
            self.make_room(now);
        }
    }
}
