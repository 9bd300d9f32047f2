//! Shards that wait for each other in a folder which all of them see, as on a shared file system.
//!
//! Each writes `ready-I.json`, and anew every second, so that one that died is not waited with. When all are there, the
//! first shard writes `start.json` with an instant that lies ahead. Every file appears whole: it is written under
//! another name first. The start is linked to its name, which only the first of several attempts can do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant as Moment};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Instant, Party};
use crate::exit::Exit;
use crate::mistake::Mistake;
use crate::shard::Placement;

/// How often the folder is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// How often a shard says anew that it is there.
const PULSE: Duration = Duration::from_secs(1);

/// A shard that has been silent for so long is gone. File systems of the network may be half a minute behind.
const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// Most shards that a refusal names.
const NAMED: usize = 8;

/// What all shards have to agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LoadId {
    digest: String,
    seed: u64,
    shards: u32,
}

/// The content of `ready-I.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Ready {
    load: LoadId,
    attempt: u32,
    at: Timestamp,
}

/// The content of `start.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Begin {
    load: LoadId,
    at: Timestamp,
}

/// One shard at the barrier.
#[derive(Debug)]
pub(super) struct Barrier<'b> {
    folder: &'b Path,
    load: LoadId,
    placement: Placement,
}

impl<'b> Barrier<'b> {
    pub(super) fn new(folder: &'b Path, party: &Party, placement: Placement) -> Self {
        let load = LoadId { digest: party.digest.clone(), seed: party.seed, shards: placement.shard.count() };
        Self { folder, load, placement }
    }

    /// Waits until the start is settled and gives its instant.
    pub(super) fn wait(&self, lead: Instant, timeout: Duration, stop: &dyn Fn() -> bool) -> Result<Timestamp, Mistake> {
        let cannot = |e: io::Error| Mistake::other(format!("cannot use the barrier {}: {e}", self.folder.display()));
        let begun = Moment::now();
        let mut pulse = None;
        let mut awaited = self.all();
        fs::create_dir_all(self.folder).map_err(cannot)?;
        let ended = loop {
            match self.settled().map_err(cannot)? {
                Some(Begin { load, at }) if load == self.load => return Ok(at),
                Some(_) => break Mistake::other(self.other_load()),
                None => {}
            }
            if pulse.is_none_or(|last: Moment| last.elapsed() >= PULSE) {
                pulse = Some(Moment::now());
                self.say_ready().map_err(cannot)?;
            }
            if self.placement.shard.index() == 0 {
                // A thousand files are looked for once each, and all of them once more at the end.
                awaited = self.missing(&awaited)?;
                if awaited.is_empty() {
                    awaited = self.missing(&self.all())?;
                }
                if awaited.is_empty() {
                    self.settle(lead).map_err(cannot)?;
                    continue;
                }
            }
            if stop() {
                break Mistake::new(Exit::Interrupted, "a signal came before the start: nothing was sent");
            }
            if begun.elapsed() >= timeout {
                break Mistake::other(self.timed_out(&self.missing(&self.all())?, timeout));
            }
            thread::sleep(GLANCE);
        };
        // It is not there any more; the others wait for it in vain, and say so.
        let _ = fs::remove_file(self.ready(self.placement.shard.index()));
        Err(ended)
    }

    fn ready(&self, index: u32) -> PathBuf {
        self.folder.join(format!("ready-{index:03}.json"))
    }

    fn start(&self) -> PathBuf {
        self.folder.join("start.json")
    }

    fn settled(&self) -> io::Result<Option<Begin>> {
        read(&self.start())
    }

    fn say_ready(&self) -> io::Result<()> {
        let ready = Ready { load: self.load.clone(), attempt: self.placement.attempt, at: Timestamp::now() };
        let unfinished = self.unfinished(&ready)?;
        fs::rename(unfinished, self.ready(self.placement.shard.index()))
    }

    fn all(&self) -> Vec<u32> {
        (0..self.load.shards).collect()
    }

    /// Those of `shards` that are not there, or not any more.
    fn missing(&self, shards: &[u32]) -> Result<Vec<u32>, Mistake> {
        let mut missing = Vec::new();
        let now = Timestamp::now();
        for index in shards {
            match read::<Ready>(&self.ready(*index)) {
                Ok(Some(ready)) if ready.load != self.load => return Err(Mistake::other(self.other_load())),
                Ok(Some(ready)) if now.duration_since(ready.at) < SILENCE => {}
                Ok(_) | Err(_) => missing.push(*index),
            }
        }
        Ok(missing)
    }

    /// Writes the start, unless another attempt of this shard has done so.
    fn settle(&self, lead: Instant) -> io::Result<()> {
        let at = match lead {
            Instant::At(at) => at,
            Instant::After(after) => Timestamp::now() + after,
        };
        let unfinished = self.unfinished(&Begin { load: self.load.clone(), at })?;
        let linked = fs::hard_link(&unfinished, self.start());
        fs::remove_file(unfinished)?;
        match linked {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
            _ => Ok(()),
        }
    }

    /// A file that holds `content` whole under a name that nobody else has.
    fn unfinished(&self, content: &impl Serialize) -> io::Result<PathBuf> {
        let Placement { shard, attempt, .. } = self.placement;
        let name = format!(".shard-{:03}.attempt-{attempt}.{}.part", shard.index(), std::process::id());
        let path = self.folder.join(name);
        fs::write(&path, serde_json::to_string(content)? + "\n")?;
        Ok(path)
    }

    fn other_load(&self) -> String {
        format!(
            "shards of another load use the barrier {}: its scenario, its seed or its number of shards differs from this \
             one's; name a fresh folder for each run",
            self.folder.display()
        )
    }

    fn timed_out(&self, missing: &[u32], timeout: Duration) -> String {
        let LoadId { shards, .. } = self.load;
        let seconds = timeout.as_secs_f64();
        if missing.is_empty() {
            return format!(
                "all {shards} shards reached the barrier, but shard 0 did not settle the start within \
                {seconds} s"
            );
        }
        let mut names: Vec<String> = missing.iter().take(NAMED).map(u32::to_string).collect();
        if missing.len() > NAMED {
            names.push("…".into());
        }
        format!(
            "{} of {shards} shards did not reach the barrier {} within {seconds} s: {}; start all at once, or wait \
             longer with --barrier-timeout",
            missing.len(),
            self.folder.display(),
            names.join(", ")
        )
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}
