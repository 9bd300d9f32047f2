//! The run directory: written as the run goes, complete when `DONE` is in it.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::host::Host;
use super::log::LOG;
use super::names::count_names;
use super::start::Start;
use crate::json::JsonFormat as _;
use crate::judge::{Circumstances, Extent, StageSpan, Threshold, Windows};
use crate::record::{Lookups, MergedNames, Places, WorkflowEnds};
use crate::report::{Attempt, Identity, RunCost, Summary, junit};
use crate::scenario::{Names, Warmup};
use crate::schedule::Ramp;
use crate::shard::Shard;

/// What was counted in each second, as `counters` writes and reads it.
pub(super) const COUNTERS: &str = "counters.jsonl";

/// What a run was, known when it begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format: 1.
    pub schema: u32,
    /// What is run.
    pub run: Identity,
    /// The machine that generates the load.
    pub host: Host,
    /// Which part of the load this process sends: index, from 0, and count. Of a merged run, the first part.
    pub shard: Shard,
    /// How often this part was started before.
    #[serde(default)]
    pub attempt: u32,
    /// What a merged run was merged of; of any other run, none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// How the run began.
    #[serde(default)]
    pub start: Start,
    /// Arrivals planned for it; `null` for a closed loop.
    pub planned: Option<u64>,
    /// Nanoseconds in which arrivals are planned.
    pub window_ns: u64,
    /// What the stages and payloads are called; counters and histograms have their numbers.
    pub places: Places,
    /// When the stages are, and the rates of the whole load that they ask for.
    #[serde(default)]
    pub ramps: Vec<Ramp>,
    /// What names are expected to be.
    pub names: Names,
    /// Whether nobody has said so, and the service may choose them as well.
    #[serde(default)]
    pub names_assumed: bool,
    /// What is left out at the beginning.
    #[serde(default)]
    pub warmup: Warmup,
    /// Why the process cannot have as many connections as requests may be in flight, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scarce: Option<String>,
    /// Arrivals per second that the whole load asks for, on average; `null` where it asks for none.
    #[serde(default)]
    pub asked_per_second: Option<f64>,
    /// What decides how long the load lasts.
    #[serde(default)]
    pub extent: Extent,
    /// What the run is judged by, built-in thresholds included.
    pub thresholds: Vec<Threshold>,
    /// The scenario as written, without secrets; `null` for one made on the command line.
    pub scenario: Option<String>,
    /// The arguments that make the run again in a directory of its own, without secrets.
    pub arguments: Vec<String>,
}

/// Nanoseconds in which arrivals come at most, and as long as they like in a run that ends by their number.
pub(crate) const LONGEST_RUN: u64 = 30 * 86_400 * 1_000_000_000;

impl Manifest {
    /// What those of its thresholds are judged by that have a window, with nothing seen yet.
    #[must_use]
    pub fn windows(&self) -> Windows {
        let planned = (self.window_ns < LONGEST_RUN).then(|| self.window_ns.div_ceil(1_000_000_000));
        let stage = |name: &str| self.ramps.iter().find(|ramp| ramp.name == name).map(|ramp| ramp.end().ceil());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a run")]
        let end = |name: Option<&str>| name.and_then(stage).map(|end| end as u64).or(planned);
        Windows::of(&self.thresholds, &self.places, &end)
    }

    /// When its stages are.
    #[must_use]
    pub(crate) fn stages(&self) -> Vec<StageSpan> {
        self.ramps.iter().map(|ramp| StageSpan { name: ramp.name.clone(), seconds: ramp.start()..ramp.end() }).collect()
    }
}

/// How a run ended: the content of `DONE`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Nanoseconds from the start.
    pub elapsed_ns: u64,
    /// Nanoseconds from the start to the last request that was sent, or to the end of sending in a run that ended early;
    /// absent from runs of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_until_ns: Option<u64>,
    /// A signal came.
    pub interrupted: bool,
    /// Saturation, a threshold or a request that could not be made aborted it.
    pub aborted: bool,
    /// Which of them, and why, as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How the embedded endpoint died, if it did during the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
    /// What identifies the arrivals, when all were planned.
    pub arrivals_sha256: Option<String>,
    /// How the workflows ended, where known.
    pub workflows: Option<WorkflowEnds>,
    /// What the run costs, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<RunCost>,
    /// How the target's name was looked up, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookups: Option<Lookups>,
    /// Bytes of the files that grew as the run went, when it ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bytes: BTreeMap<String, u64>,
    /// SHA-256 of the same files, and of the others that never change afterwards; absent from runs of old.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sha256: BTreeMap<String, String>,
    /// Why the directory does not hold the whole run, if that is so: the disk was full, or gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
    /// Why there was no end, if there was none.
    #[serde(skip)]
    pub missing: Option<Missing>,
}

/// Why a run directory does not tell how its run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The run has not ended yet.
    InProgress,
    /// The run was killed.
    Killed,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunState {
    /// There is none.
    Absent,
    /// It has not ended yet.
    InProgress,
    /// It was killed, interrupted or aborted, or its directory could not hold it.
    BrokenOff,
    /// It has sent all that it was to send.
    Concluded,
}

impl Ending {
    /// The same for the verdict, of a load that is there as a whole.
    #[must_use]
    pub(crate) fn circumstances(&self, unsteady: Option<String>) -> Circumstances {
        let Self { interrupted, aborted, ref reason, ref dead, .. } = *self;
        let broken_off = self.missing.map(|missing| match missing {
            Missing::InProgress => "the run is still in progress: this is how far it has come".into(),
            Missing::Killed => "the run was killed: its directory tells what was written by then".into(),
        });
        let torn = self.lost.as_ref().map(|why| format!("the directory does not hold the whole run: {why}"));
        let (reason, dead) = (reason.clone(), dead.clone());
        Circumstances { interrupted, aborted, reason, dead, partial: None, unsteady, broken_off, torn, scarce: None }
    }
}

/// A directory that holds one run.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Makes the directory and writes the manifest.
    ///
    /// # Errors
    /// The directory holds a run already or cannot be written.
    pub fn create(path: &Path, manifest: &Manifest) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let directory = Self { path: path.into() };
        let text = serde_json::to_string_pretty(manifest)? + "\n";
        let file = File::create_new(directory.file("manifest.json"));
        let mut file = file.map_err(|e| if e.kind() == io::ErrorKind::AlreadyExists { taken() } else { e })?;
        file.write_all(text.as_bytes())?;
        // Room for the end of a run on a disk that is full by then.
        fs::write(directory.file(ENDING), [b' '; 4 << 10])?;
        Ok(directory)
    }

    /// A directory that holds a run.
    ///
    /// # Errors
    /// There is no manifest, or none that this version reads.
    pub fn open(path: &Path) -> io::Result<(Self, Manifest)> {
        let directory = Self { path: path.into() };
        let file = directory.file("manifest.json");
        let text = fs::read_to_string(&file).map_err(|e| io::Error::new(e.kind(), format!("manifest.json: {e}")))?;
        let manifest = serde_json::from_str(&text).map_err(|e| damaged(&file, &e.to_string()))?;
        Ok((directory, manifest))
    }

    /// The path as given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Counts its names.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn names(&self) -> io::Result<MergedNames> {
        count_names(&self.file("names"), &self.file("names-discarded"))
    }

    /// Writes what is told of the run: `summary.json`, `junit.xml` and `report.html`, which is `page`.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn write_reports(&self, summary: &Summary, page: &str) -> io::Result<()> {
        self.write("summary.json", &summary.to_json())?;
        self.write("junit.xml", &junit(summary))?;
        self.write("report.html", page)
    }

    /// Whether the run told more than its directory holds: its disk was full, or gone, and what it told is there.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn tells_more_than_it_holds(&self) -> io::Result<bool> {
        let lost = self.ending()?.is_ok_and(|ending| ending.lost.is_some());
        Ok(lost && self.file("summary.json").exists())
    }

    /// Marks the run as complete.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn write_ending(&self, ending: &Ending) -> io::Result<()> {
        let mut ending = ending.clone();
        for name in self.kept_files()? {
            // One that a full disk did not let come into being has nothing to be compared with.
            if let Ok((length, digest)) = measure(&self.file(&name)) {
                ending.bytes.insert(name.clone(), length);
                ending.sha256.insert(name, digest);
            }
        }
        let text = sealed(&serde_json::to_string(&ending)?);
        let unfinished = self.file(ENDING);
        let mut file = File::options().create(true).truncate(false).write(true).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        fs::rename(unfinished, self.file("DONE"))
    }

    /// How the run ended, or why that is not known.
    ///
    /// # Errors
    /// `DONE` cannot be read or understood.
    pub(crate) fn ending(&self) -> io::Result<Result<Ending, Missing>> {
        match fs::read_to_string(self.file("DONE")) {
            Ok(text) => {
                let of_done = |what: &str| damaged(&self.file("DONE"), what);
                let ending: Ending = serde_json::from_str(&text).map_err(|e| of_done(&e.to_string()))?;
                // One of old has neither.
                if !is_as_sealed(&text).unwrap_or(ending.sha256.is_empty()) {
                    return Err(of_done(&format!("it is not what the run wrote; {ANEW}")));
                }
                let workflows = match ending.workflows {
                    Some(known) => Some(known),
                    None => self.told(WORKFLOWS)?,
                };
                // What was counted goes before what was planned.
                let cost = self.told(COST)?.or(ending.cost);
                Ok(Ok(Ending { workflows, cost, ..ending }))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Err(self.missing())),
            Err(e) => Err(io::Error::new(e.kind(), format!("DONE: {e}"))),
        }
    }

    /// How far the run in a directory has come.
    ///
    /// # Errors
    /// What is there cannot be read or understood.
    pub(crate) fn state(path: &Path) -> io::Result<RunState> {
        if !holds_a_run(path) {
            return Ok(RunState::Absent);
        }
        let directory = Self { path: path.into() };
        Ok(match directory.ending()? {
            Ok(Ending { interrupted: false, aborted: false, lost: None, .. }) => RunState::Concluded,
            Ok(_) | Err(Missing::Killed) => RunState::BrokenOff,
            Err(Missing::InProgress) => RunState::InProgress,
        })
    }

    /// Says how the workflows ended, of a run whose target does not tell: its report then does.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub(crate) fn write_workflows(&self, workflows: &WorkflowEnds) -> io::Result<()> {
        self.write(WORKFLOWS, &serde_json::to_string(workflows)?)
    }

    /// Says what the run has cost: its report then does.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub(crate) fn write_cost(&self, cost: &RunCost) -> io::Result<()> {
        self.write(COST, &serde_json::to_string(cost)?)
    }

    /// What a file says that came after the run, if it is there.
    fn told<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read_to_string(self.file(name)) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|e| damaged(&self.file(name), &e.to_string())),
            Err(_) => Ok(None),
        }
    }

    /// Which file is missing or not as long any more as it was when the run ended, and what to do.
    pub(super) fn cut(&self, ending: &Ending) -> Option<String> {
        let mut all = ending.bytes.iter();
        let cut = all.find_map(|(name, written)| match fs::metadata(self.file(name)) {
            Err(_) => Some(format!("{name} is missing")),
            Ok(file) if file.len() != *written => Some(format!("{name} has {} of {written} bytes", file.len())),
            Ok(_) => None,
        });
        Some(format!("{}; {ANEW}", cut?))
    }

    /// Which file holds something else than when the run ended, and what to do.
    pub(super) fn altered(&self, ending: &Ending) -> Option<String> {
        let altered = ending.sha256.iter().find_map(|(name, written)| match measure(&self.file(name)) {
            Ok((_, digest)) if digest == *written => None,
            Ok(_) => Some(format!("{name} is not what the run wrote")),
            Err(e) => Some(format!("{name}: {e}")),
        });
        Some(format!("{}; {ANEW}", altered?))
    }

    /// The files that are written as the run goes and never afterwards.
    fn kept_files(&self) -> io::Result<Vec<String>> {
        let mut files: Vec<String> = ["manifest.json", COUNTERS, LOG].map(str::to_owned).into();
        for folder in ["names", "names-discarded"] {
            let entries = match fs::read_dir(self.file(folder)) {
                Ok(entries) => entries,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(e),
            };
            for entry in entries {
                let name = entry?.file_name();
                if Path::new(&name).extension().is_some_and(|extension| extension == "run") {
                    files.push(format!("{folder}/{}", name.to_string_lossy()));
                }
            }
        }
        Ok(files)
    }

    /// Why there is no end: whoever runs holds the lock.
    fn missing(&self) -> Missing {
        let lock = File::open(self.file(LOCK));
        match lock.map(|lock| lock.try_lock_shared()) {
            Ok(Err(TryLockError::WouldBlock)) => Missing::InProgress,
            _ => Missing::Killed,
        }
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        write_whole(&self.path, name, text.as_bytes())
    }
}

/// Writes a file at once: it is never seen half. Its unfinished form has a name of its own, so that an attempt that was
/// killed leaves nothing that the next one does not overwrite.
pub(crate) fn write_whole(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}.part"));
    fs::write(&unfinished, content)?;
    fs::rename(unfinished, folder.join(name))
}

/// What helps where a file is not what the run wrote.
const ANEW: &str = "copy the directory anew from where the run wrote it";

/// How long a file is, and its SHA-256.
fn measure(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut sha, mut length) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((length, hex::encode(sha.finalize()))),
            read => {
                sha.update(&buffer[..read]);
                length += read as u64;
            }
        }
    }
}

/// What stands between the content of `DONE` and the SHA-256 of all that is before it.
const SEAL: &str = ",\"seal\":\"";

/// The text of an object with its own SHA-256 as the last member.
fn sealed(object: &str) -> String {
    let open = object.strip_suffix('}').expect("it is an object");
    format!("{open}{SEAL}{}\"}}\n", hex::encode(Sha256::digest(open)))
}

/// Whether a text is as [`sealed`] made it; `None` without a seal.
fn is_as_sealed(text: &str) -> Option<bool> {
    let (open, seal) = text.rsplit_once(SEAL)?;
    Some(seal.trim_end().strip_suffix("\"}") == Some(&hex::encode(Sha256::digest(open))))
}

/// How the workflows of a deployment ended, once somebody has asked it.
const WORKFLOWS: &str = "workflows.json";

/// What the run has cost by the deployment's records.
const COST: &str = "cost.json";

/// What is to become `DONE`.
const ENDING: &str = ".DONE.part";

/// A file that does not hold what it should.
fn damaged(file: &Path, what: &str) -> io::Error {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    io::Error::new(io::ErrorKind::InvalidData, format!("{name} is damaged: {what}"))
}

/// Locked as long as a run is in progress.
pub(super) const LOCK: &str = ".lock";

/// Whether a directory holds a run.
pub(super) fn holds_a_run(path: &Path) -> bool {
    path.join("manifest.json").exists()
}

pub(super) fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "it holds a run already: name another directory with -o")
}
