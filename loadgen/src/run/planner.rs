//! Walks the schedule a second or two ahead of the generators and deals out its arrivals.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::schedule::{Arrival, Fingerprint, Schedule};
use crate::shard::Shard;

/// How many seconds the planner is ahead.
const AHEAD: usize = 2;

/// A thread that plans for `threads` generators.
pub(super) struct Planner {
    /// The batches of each generator.
    pub(super) batches: Vec<Receiver<Vec<Arrival>>>,
    handle: JoinHandle<Option<Fingerprint>>,
}

impl Planner {
    /// Begins to plan a shard's part. Its arrivals go to the generators in turn.
    pub(super) fn start(schedule: Schedule, shard: Shard, threads: usize) -> std::io::Result<Self> {
        let (senders, batches): (Vec<_>, Vec<_>) = (0..threads).map(|_| sync_channel(AHEAD)).unzip();
        let handle = thread::Builder::new().name("planner".into()).spawn(move || plan(&schedule, shard, &senders))?;
        Ok(Self { batches, handle })
    }

    /// What identifies the arrivals; `None` when the generators stopped before all were planned. The receivers have to
    /// be gone by now.
    pub(super) fn fingerprint(self) -> Option<Fingerprint> {
        drop(self.batches);
        self.handle.join().ok().flatten()
    }
}

fn plan(schedule: &Schedule, shard: Shard, senders: &[SyncSender<Vec<Arrival>>]) -> Option<Fingerprint> {
    let mut fingerprint = Fingerprint::default();
    let mut arrivals = Vec::new();
    for second in 0..schedule.seconds() {
        arrivals.clear();
        schedule.share_of_second(second, shard, &mut arrivals);
        let each = arrivals.len() / senders.len() + 1;
        let mut hands: Vec<Vec<Arrival>> = senders.iter().map(|_| Vec::with_capacity(each)).collect();
        for arrival in &arrivals {
            fingerprint.add(arrival);
            let hand = usize::try_from(arrival.k / u64::from(shard.count()) % senders.len() as u64).unwrap_or(0);
            hands[hand].push(*arrival);
        }
        for (sender, hand) in senders.iter().zip(hands) {
            // A generator that is gone was stopped: the others are being stopped too.
            sender.send(hand).ok()?;
        }
    }
    Some(fingerprint)
}
