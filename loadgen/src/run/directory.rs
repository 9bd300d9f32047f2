//! The run directory: written as the run goes, complete when `DONE` is in it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::names::count_names;
use super::start::Start;
use crate::engine::Lateness;
use crate::judge::{Circumstances, Subject, Terms, Threshold, Windows};
use crate::record::{MergedNames, Places};
use crate::report::{Attempt, Identity, Summary, Workflows, junit, show_microseconds};
use crate::scenario::{Names, Warmup};
use crate::schedule::Ramp;
use crate::shard::Shard;

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
    /// What is left out at the beginning.
    #[serde(default)]
    pub warmup: Warmup,
    /// The thresholds, built-in ones included: metric, condition and terms.
    pub thresholds: Vec<(String, String, Terms)>,
    /// The scenario as written; `null` for one made on the command line.
    pub scenario: Option<String>,
    /// The command line after the program's name; values of headers are left out.
    pub arguments: Vec<String>,
}

/// Nanoseconds in which arrivals come at most, and as long as they like in a run that ends by their number.
pub const LONGEST_RUN: u64 = 30 * 86_400 * 1_000_000_000;

impl Manifest {
    /// What the run is judged by.
    #[must_use]
    pub fn judged_by(&self) -> Vec<Threshold> {
        let thresholds = self.thresholds.iter().filter_map(|(subject, expression, terms)| {
            Some(Threshold::parse(Subject::parse(subject).ok()?, expression).ok()?.under(*terms))
        });
        thresholds.collect()
    }

    /// What those of its thresholds are judged by that have a window, with nothing seen yet.
    #[must_use]
    pub fn windows(&self) -> Windows {
        let planned = (self.window_ns < LONGEST_RUN).then(|| self.window_ns.div_ceil(1_000_000_000));
        Windows::of(&self.judged_by(), &self.places, planned)
    }
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name in the network.
    #[serde(default)]
    pub name: String,
    /// Operating system and processor architecture.
    pub platform: String,
    /// Release of the operating system's kernel.
    pub kernel: String,
    /// Processors that the process may use.
    pub processors: usize,
    /// How late a sleeping generator woke just before the run; absent where it could not be measured.
    #[serde(default)]
    pub timer_late_us: Option<Lateness>,
    /// The same of one that spins, as with `--spin`.
    #[serde(default)]
    pub spin_late_us: Option<Lateness>,
}

/// What of it bears on the figures.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} CPUs", self.processors)?;
        for (late, how) in [(self.timer_late_us, "; wakes late by"), (self.spin_late_us, ", spinning")] {
            let Some(Lateness { p50, p99 }) = late else { continue };
            write!(f, "{how} p50 {} p99 {}", show_microseconds(p50), show_microseconds(p99))?;
        }
        Ok(())
    }
}

/// How a run ended: the content of `DONE`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Nanoseconds from the start.
    pub elapsed_ns: u64,
    /// A signal came.
    pub interrupted: bool,
    /// Saturation, a threshold or a request that could not be made aborted it.
    pub aborted: bool,
    /// Why a request could not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What identifies the arrivals, when all were planned.
    pub arrivals_sha256: Option<String>,
    /// How the workflows ended, where known.
    pub workflows: Option<Workflows>,
    /// There was no end: the run broke off.
    #[serde(skip)]
    pub killed: bool,
}

impl Ending {
    /// The same for the verdict, of a load that is there as a whole.
    #[must_use]
    pub fn circumstances(&self, unsteady: Option<String>) -> Circumstances {
        let Self { interrupted, aborted, ref reason, .. } = *self;
        Circumstances { interrupted, aborted, reason: reason.clone(), partial: None, unsteady }
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
        Ok(directory)
    }

    /// Whether a run can be put there, as long as nobody else does.
    ///
    /// # Errors
    /// The directory holds a run already.
    pub fn check_free(path: &Path) -> io::Result<()> {
        if path.join("manifest.json").exists() { Err(taken()) } else { Ok(()) }
    }

    /// A directory that holds a run.
    ///
    /// # Errors
    /// There is no manifest, or none that this version reads.
    pub fn open(path: &Path) -> io::Result<(Self, Manifest)> {
        let directory = Self { path: path.into() };
        let text = fs::read_to_string(directory.file("manifest.json"))?;
        Ok((directory, serde_json::from_str(&text)?))
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

    /// Marks the run as complete.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn write_ending(&self, ending: &Ending) -> io::Result<()> {
        self.write("DONE", &(serde_json::to_string(ending)? + "\n"))
    }

    /// How the run ended; `None` when it was killed.
    ///
    /// # Errors
    /// `DONE` cannot be read or understood.
    pub fn ending(&self) -> io::Result<Option<Ending>> {
        match fs::read_to_string(self.file("DONE")) {
            Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Writes a file at once: it is never seen half.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let unfinished = self.file(&format!(".{name}.part"));
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, self.file(name))
    }
}

fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "it holds a run already: name another directory with -o")
}
