//! Both ends of the pipe: the test answers turns as the endpoint would.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::turn::{Act, Happening, read_outcome, write_turn};
use super::*;
use crate::engine::{Network as _, Readiness};

const MILLISECOND: u64 = 1_000_000;

/// A turn as the endpoint reads it: instant, and what each connection does, as kind, number and bytes.
type Read = (u64, Vec<(u8, u32, Vec<u8>)>);

/// An endpoint that answers each turn with what `answer` makes of it.
fn endpoint(mut answer: impl FnMut(&Read) -> Vec<u8> + Send + 'static) -> (UnixStream, JoinHandle<Vec<Read>>) {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let thread = thread::spawn(move || {
        let mut turns = Vec::new();
        let mut head = [0; 12];
        while theirs.read_exact(&mut head).is_ok() {
            let at = u64::from_le_bytes(head[..8].try_into().unwrap());
            let count = u32::from_le_bytes(head[8..].try_into().unwrap());
            let word = |theirs: &mut UnixStream| {
                let mut word = [0; 4];
                theirs.read_exact(&mut word).unwrap();
                u32::from_le_bytes(word)
            };
            let acts = (0..count).map(|_| {
                let mut kind = [0];
                theirs.read_exact(&mut kind).unwrap();
                let connection = word(&mut theirs);
                let mut bytes = vec![0; if kind[0] == 1 { word(&mut theirs) as usize } else { 0 }];
                theirs.read_exact(&mut bytes).unwrap();
                (kind[0], connection, bytes)
            });
            let turn = (at, acts.collect());
            std::io::Write::write_all(&mut theirs, &answer(&turn)).unwrap();
            turns.push(turn);
        }
        turns
    });
    (ours, thread)
}

/// What the endpoint writes: when it does something by itself, and bytes for connections.
fn outcome(next: u64, outputs: &[(u8, u32, &[u8])]) -> Vec<u8> {
    let mut out = next.to_le_bytes().to_vec();
    out.extend(u32::try_from(outputs.len()).unwrap().to_le_bytes());
    for (kind, connection, bytes) in outputs {
        out.push(*kind);
        out.extend(connection.to_le_bytes());
        if *kind == 1 {
            out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
            out.extend(*bytes);
        }
    }
    out
}

fn simulator(stream: &UnixStream, response_time: ResponseTime) -> SimulatedNetwork {
    let (input, out) = (stream.try_clone().unwrap(), stream.try_clone().unwrap());
    SimulatedNetwork::new(Simulator::new(input, out, response_time, 7))
}

fn waited(network: &mut SimulatedNetwork, deadline: u64) -> Vec<Readiness> {
    let mut ready = Vec::new();
    network.wait(deadline, &mut ready).unwrap();
    ready
}

#[test]
fn time_passes_only_while_the_generator_waits_and_answers_take_what_was_said() {
    // Answers at once, and closes 5 ms after the request.
    let (stream, thread) = endpoint(|(at, acts)| match acts.iter().find(|(kind, ..)| *kind == 1) {
        Some((_, connection, _)) => outcome(at + 5 * MILLISECOND, &[(1, *connection, b"ab")]),
        None if *at == 15 * MILLISECOND => outcome(u64::MAX, &[(2, 1, b"")]),
        None => outcome(u64::MAX, &[]),
    });
    let mut network = simulator(&stream, ResponseTime::Constant(Duration::from_millis(20)));
    assert_eq!(waited(&mut network, 10 * MILLISECOND), []);
    assert_eq!(network.now(), 10 * MILLISECOND);
    network.connect(3).unwrap();
    assert_eq!(network.established(3).unwrap(), None);
    assert_eq!(waited(&mut network, 50 * MILLISECOND), [Readiness { slot: 3, closed: false }]);
    assert_eq!(network.now(), 10 * MILLISECOND, "a connection takes no time");
    assert!(network.established(3).unwrap().is_some());
    assert_eq!(network.write(3, b"request").unwrap(), 7);
    let mut buffer = [0; 8];
    assert_eq!(network.read(3, &mut buffer).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(waited(&mut network, 50 * MILLISECOND), [Readiness { slot: 3, closed: false }]);
    assert_eq!(network.now(), 30 * MILLISECOND);
    assert_eq!(network.read(3, &mut buffer).unwrap().length, 2);
    assert_eq!(waited(&mut network, 50 * MILLISECOND), [Readiness { slot: 3, closed: true }]);
    assert_eq!((network.now(), network.read(3, &mut buffer).unwrap().length), (35 * MILLISECOND, 0));
    network.close(3);
    assert_eq!(network.ask(40 * MILLISECOND, b"GET").unwrap(), b"ab");
    drop((network, stream));
    let turns = thread.join().unwrap();
    let told: Vec<(u64, usize)> = turns.iter().map(|(at, acts)| (*at / MILLISECOND, acts.len())).collect();
    assert_eq!(told, [(10, 1), (10, 1), (15, 0), (40, 3)], "{turns:?}");
}

#[test]
fn bytes_come_before_the_reset_that_follows_them() {
    let (stream, _thread) = endpoint(|(_, acts)| match acts.last() {
        Some((1, connection, _)) => outcome(u64::MAX, &[(1, *connection, b"HTTP/1.1 2"), (3, *connection, b"")]),
        _ => outcome(u64::MAX, &[]),
    });
    let mut network = simulator(&stream, ResponseTime::Nothing);
    network.connect(0).unwrap();
    waited(&mut network, 1);
    network.write(0, b"request").unwrap();
    assert!(waited(&mut network, 1).iter().any(|ready| ready.closed));
    let mut buffer = [0; 32];
    let received = network.read(0, &mut buffer).unwrap();
    assert_eq!((received.length, received.more), (10, true));
    assert_eq!(network.read(0, &mut buffer).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(network.write(0, b"more").unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn an_endpoint_that_ends_or_stands_still_is_told_in_words() {
    let (stream, _thread) = endpoint(|(at, _)| outcome(*at, &[]));
    let mut network = simulator(&stream, ResponseTime::Nothing);
    network.connect(0).unwrap();
    let failed = network.wait(MILLISECOND, &mut Vec::new()).unwrap_err();
    assert_eq!(failed.to_string(), "the simulated endpoint does not go on");
    let (stream, theirs) = UnixStream::pair().unwrap();
    drop(theirs);
    let mut network = simulator(&stream, ResponseTime::Nothing);
    network.connect(0).unwrap();
    let failed = network.wait(MILLISECOND, &mut Vec::new()).unwrap_err();
    assert_eq!(failed.to_string(), "the simulated endpoint has ended");
}

#[test]
fn what_is_written_is_what_the_endpoint_reads_and_nonsense_is_refused() {
    let mut written = Vec::new();
    write_turn(&mut written, 258, &[Act::Connect(1), Act::Send(2, b"xy".to_vec()), Act::Close(3)]).unwrap();
    let expected = [
        &[2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0][..],
        &[0, 1, 0, 0, 0],
        &[1, 2, 0, 0, 0, 2, 0, 0, 0, b'x', b'y'],
        &[2, 3, 0, 0, 0],
    ];
    assert_eq!(written, expected.concat());
    let read = read_outcome(&mut &outcome(9, &[(1, 4, b"z"), (2, 4, b""), (3, 5, b"")])[..]).unwrap();
    let happened = [(4, Happening::Came(b"z".to_vec())), (4, Happening::Closed), (5, Happening::Reset)];
    assert_eq!((read.next, read.happenings), (9, happened.to_vec()));
    let refused = read_outcome(&mut &outcome(9, &[(7, 4, b"")])[..]).unwrap_err();
    assert_eq!(refused.to_string(), "the endpoint tells of something of the kind 7");
}

#[test]
fn measured_times_are_drawn_evenly_and_by_number() {
    let mut histogram = hdrhistogram::Histogram::new(3).unwrap();
    (1..=1_000_u64).for_each(|micros| histogram.record(micros).unwrap());
    let times = crate::statistics::CensoredTimes::new([&histogram], [], 0);
    let law = ResponseTime::Measured("runs/before".into(), times);
    let mut drawn: Vec<u64> = (0..10_000).map(|number| law.draw(42, number) / 1_000).collect();
    assert_eq!(law.draw(42, 77) / 1_000, drawn[77]);
    drawn.sort_unstable();
    for percent in [1, 25, 50, 75, 99] {
        let share = percent as f64 / 100.0;
        let (value, expected) = (drawn[percent * 100] as f64, share * 1_000.0);
        // Five standard errors of a share of 10,000.
        assert!(
            (value - expected).abs() < 5_000.0 * (share * (1.0 - share) / 10_000.0_f64).sqrt() + 2.0,
            "{value} for {expected}"
        );
    }
    assert_eq!(law.to_string(), "the service times of runs/before");
}
