//! What a request costs the heap once everything is in place: nothing.

use std::io;
use std::sync::Arc;

use serde_json::json;
use stepgate::credentials::Credentials;
use stepgate::sigv4::Scope;

use super::{SECOND, settings};
use crate::authorization::{Authorization, Keys};
use crate::endpoint::Endpoint;
use crate::engine::{
    ClosedLoop, Established, Generator, Network, Readiness, Received, RequestSettings, Requests, Stop,
};
use crate::payload::{Content, Payload, Template};
use crate::record::Interval;
use crate::scenario::{Names, Saturation, Scenario};
use crate::schedule::Contents;

const CLIENTS: usize = 8;
const ID: &str = "00000000-0000-4000-8000-000000000000";

/// Answers every request at the next wait, two milliseconds later, and takes no memory to do so.
struct Echo {
    now: u64,
    connecting: [bool; CLIENTS],
    asked: [bool; CLIENTS],
    answer: Vec<u8>,
    /// Where the last twelve digits of the id stand in the answer.
    digits: Vec<usize>,
    number: u64,
}

impl Echo {
    fn new() -> Self {
        let arn = format!("arn:aws:states:us-east-1:123456789012:execution:Workflow:{ID}");
        let body = format!("{{\"executionArn\":\"{arn}\",\"startDate\":1.561735429664E9}}");
        let head = format!("HTTP/1.1 200 OK\r\nx-amzn-RequestId: {ID}\r\nContent-Length: {}\r\n\r\n", body.len());
        let text = head + &body;
        let digits = text.match_indices(ID).map(|(at, _)| at + 24).collect();
        Self {
            now: 0,
            connecting: [false; CLIENTS],
            asked: [false; CLIENTS],
            answer: text.into_bytes(),
            digits,
            number: 0,
        }
    }
}

impl Network for Echo {
    fn now(&self) -> u64 {
        self.now
    }

    fn connect(&mut self, slot: usize) -> io::Result<()> {
        self.connecting[slot] = true;
        Ok(())
    }

    fn established(&mut self, _slot: usize) -> io::Result<Option<Established>> {
        Ok(Some(Established { connect: 1, handshake: None }))
    }

    fn read(&mut self, slot: usize, buffer: &mut [u8]) -> io::Result<Received> {
        if !std::mem::take(&mut self.asked[slot]) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.number += 1;
        for place in 0..12 {
            let digit = b"0123456789abcdef"[(self.number >> (44 - 4 * place) & 15) as usize];
            self.digits.iter().for_each(|start| self.answer[start + place] = digit);
        }
        buffer[..self.answer.len()].copy_from_slice(&self.answer);
        Ok(Received { length: self.answer.len(), more: false })
    }

    fn write(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize> {
        self.asked[slot] = true;
        Ok(bytes.len())
    }

    fn close(&mut self, _slot: usize) {}

    fn wait(&mut self, _deadline: u64, ready: &mut Vec<Readiness>) -> io::Result<()> {
        self.now += 2_000_000;
        for (slot, (connecting, asked)) in self.connecting.iter_mut().zip(&self.asked).enumerate() {
            if std::mem::take(connecting) || *asked {
                ready.push(Readiness { slot, closed: false });
            }
        }
        Ok(())
    }
}

/// How often a run of so many requests asks the heap for memory.
fn allocations(requests: u64, content: &Content, names: Names, authorization: &Authorization) -> u64 {
    let payload = Payload { name: "p".into(), weight: 1, content: content.clone() };
    let contents = Contents::of(&Scenario::ad_hoc(payload.clone()));
    let endpoint = Endpoint::parse("http://127.0.0.1/execute").unwrap();
    let (endpoint, payloads) = (&endpoint, &[payload][..]);
    let (headers, keep_alive, began) = (&[][..], true, 0);
    let made = Requests::new(&RequestSettings { endpoint, headers, payloads, names, keep_alive, authorization, began });
    let made = made.unwrap();
    let source = ClosedLoop::new(contents, 0, 1, requests, u64::MAX);
    let (mut spare, mut answered) = (Interval::default(), 0);
    let hand_over = |mut full: Interval| {
        answered += full.names.len() as u64;
        full.clear();
        std::mem::replace(&mut spare, full)
    };
    let settings = super::Settings { names, timeout: 3_600 * SECOND, ..settings(CLIENTS, Saturation::Queue) };
    let generator = Generator::new(settings, Echo::new(), source, made, hand_over);
    let counted = allocation_counter::measure(|| assert!(!generator.run(|| Stop::No).unwrap().aborted));
    assert_eq!(answered, requests, "every request starts an execution");
    counted.count_total
}

#[test]
fn a_request_costs_no_allocation_in_the_steady_state() {
    let constant = Content::Execute(Template::constant("{\"order\":1}"));
    let rendered = json!({ "order": "{{ uuid() }}", "n": "{{ seq() }}", "who": "user-{{ int(1, 100000) }}" });
    let rendered = Content::Execute(Template::json(&rendered).unwrap());
    let keys = Keys::new(Credentials::new("AKIDLOAD", "secret", None, None, "test"));
    let signed = Authorization::SigV4 { scope: Scope::execute_api("us-east-1"), keys: Arc::new(keys) };
    for (what, content, names, authorization) in [
        ("constant", &constant, Names::RequestId, &Authorization::None),
        ("rendered, with a key", &rendered, Names::Service, &Authorization::None),
        ("rendered and signed", &rendered, Names::RequestId, &signed),
    ] {
        let [few, many] = [10_000, 20_000].map(|requests| allocations(requests, content, names, authorization));
        assert_eq!(few, many, "{what}: ten thousand requests more");
    }
}
