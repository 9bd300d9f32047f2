//! Request bytes, prepared: everything that is the same for every request is written beforehand.

use std::io::Write;

use super::Endpoint;
use crate::payload::{Arriving, Payload, uuid};
use crate::random::{Random, Stream};
use crate::scenario::Names;
use crate::schedule::Arrival;

/// Makes the bytes of requests.
#[derive(Debug, Clone)]
pub struct Requests {
    head: Vec<u8>,
    payloads: Vec<Payload>,
    /// Requests that are the same for every arrival, by payload.
    ready: Vec<Option<Vec<u8>>>,
    keyed: bool,
    body: Vec<u8>,
    /// When the run began, in milliseconds from 1970.
    began: i64,
}

/// A UUID as text.
pub type Key = [u8; 36];

impl Requests {
    /// Requests to an endpoint. With `keep_alive` off, each asks for its connection to be closed.
    #[must_use]
    pub fn new(
        endpoint: &Endpoint,
        headers: &[(String, String)],
        payloads: &[Payload],
        names: Names,
        keep_alive: bool,
    ) -> Self {
        let mut head = format!("POST {} HTTP/1.1\r\nhost: {}\r\n", endpoint.path, endpoint.authority);
        let given = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if !given("user-agent") {
            head += concat!("user-agent: loadgen/", env!("CARGO_PKG_VERSION"), "\r\n");
        }
        if !given("content-type") {
            head += "content-type: application/json\r\n";
        }
        if !keep_alive {
            head += "connection: close\r\n";
        }
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let mut requests = Self {
            head: head.into_bytes(),
            payloads: payloads.to_vec(),
            ready: vec![None; payloads.len()],
            keyed: names == Names::Key,
            body: Vec::new(),
            began: 0,
        };
        if !requests.keyed {
            for (index, payload) in payloads.iter().enumerate().filter(|(_, p)| p.template.as_constant().is_some()) {
                let arrival = Arrival { k: 0, at: 0, seed: 0, payload: u32::try_from(index).unwrap_or(0) };
                let mut bytes = Vec::new();
                requests.render(&arrival, &payload.template, &mut bytes);
                requests.ready[index] = Some(bytes);
            }
        }
        requests
    }

    /// The same for a run that began at so many milliseconds from 1970.
    #[must_use]
    pub fn began(self, unix_ms: i64) -> Self {
        Self { began: unix_ms, ..self }
    }

    /// The bytes of an arrival's request, in `scratch` unless they were ready, and its idempotency key if it has one.
    pub fn bytes<'a>(&'a mut self, arrival: &Arrival, scratch: &'a mut Vec<u8>) -> (&'a [u8], Option<Key>) {
        let index = arrival.payload as usize;
        if self.ready[index].is_some() {
            return (self.ready[index].as_deref().unwrap_or_default(), None);
        }
        scratch.clear();
        let template = std::mem::replace(&mut self.payloads[index].template, crate::payload::Template::constant(""));
        let key = self.render(arrival, &template, scratch);
        self.payloads[index].template = template;
        (scratch, key)
    }

    fn render(&mut self, arrival: &Arrival, template: &crate::payload::Template, out: &mut Vec<u8>) -> Option<Key> {
        self.body.clear();
        let unix_ms = self.began.saturating_add_unsigned(arrival.at / 1_000_000);
        template.render(&Arriving { k: arrival.k, seed: arrival.seed, unix_ms }, &mut self.body);
        out.extend_from_slice(&self.head);
        let key = self.keyed.then(|| key_of(arrival));
        if let Some(key) = &key {
            for name in [&b"idempotency-key: "[..], b"x-amzn-requestid: "] {
                out.extend_from_slice(name);
                out.extend_from_slice(key);
                out.extend_from_slice(b"\r\n");
            }
        }
        // Writing to a `Vec` cannot fail.
        let _ = write!(out, "content-length: {}\r\n\r\n", self.body.len());
        out.extend_from_slice(&self.body);
        key
    }
}

/// The idempotency key of an arrival: a UUID that follows from its seed.
#[must_use]
pub fn key_of(arrival: &Arrival) -> Key {
    let mut text = Vec::with_capacity(36);
    uuid(&mut Random::at(arrival.seed, Stream::Key, arrival.k), &mut text);
    text.try_into().unwrap_or([b'0'; 36])
}
