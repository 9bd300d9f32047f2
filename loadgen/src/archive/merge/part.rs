//! A run directory that is to become a part of a merged one.

use std::fs;
use std::io;
use std::path::Path;

use crate::archive::attempt::attempt_of;
use crate::archive::counters::{Counted, Line};
use crate::archive::directory::{Ending, Manifest, Missing, RunDirectory};
use crate::archive::rebuild::rebuild_ended;
use crate::archive::recording::Recording;
use crate::record::Counts;
use crate::report::{Attempt, Summary};

/// A run, of one attempt at a shard or merged of several.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) directory: RunDirectory,
    pub(super) manifest: Manifest,
    pub(super) ending: Ending,
    /// What it holds.
    pub(super) attempts: Vec<Attempt>,
    /// What a run that broke off leaves open: requests in flight, and arrivals that were not sent.
    pub(super) open: Option<Line>,
}

impl Part {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let (directory, manifest) = RunDirectory::open(path)?;
        let (ending, summary, open) = match directory.ending()? {
            Ok(ending) => {
                // What was lost on a full disk, or since, is missing in the sum: it counts as broken off.
                if let Some(why) = ending.lost.clone().or_else(|| directory.cut(&ending)) {
                    let torn = Self::torn(&directory, &manifest, Missing::Killed, Some(why.clone()));
                    torn.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, why))?
                } else if let Some(altered) = directory.altered(&ending) {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, altered));
                } else {
                    let text = fs::read_to_string(directory.file("summary.json"))
                        .map_err(|e| io::Error::new(e.kind(), format!("summary.json: {e}")))?;
                    let summary = serde_json::from_str(&text)
                        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("summary.json: {e}")))?;
                    (ending, summary, None)
                }
            }
            Err(missing) => Self::torn(&directory, &manifest, missing, None)?,
        };
        let attempts = if manifest.attempts.is_empty() {
            vec![attempt_of(&manifest, &summary, &ending)]
        } else {
            manifest.attempts.clone()
        };
        Ok(Self { directory, manifest, ending, attempts, open })
    }

    /// A run that broke off, as far as it got.
    fn torn(
        directory: &RunDirectory,
        manifest: &Manifest,
        missing: Missing,
        lost: Option<String>,
    ) -> io::Result<(Ending, Summary, Option<Line>)> {
        let recording = Recording::read(directory, manifest)?;
        let unsent = manifest.planned.unwrap_or(0).saturating_sub(recording.counts.sent + recording.counts.dropped);
        let open = Line {
            second: recording.seconds.saturating_sub(1),
            parts: recording
                .in_flight()
                .into_iter()
                .map(|(place, unfinished)| Counted { place, counts: Counts { unfinished, ..Counts::default() } })
                .collect(),
            unsent_early: unsent,
            ..Line::default()
        };
        let ending =
            Ending { elapsed_ns: recording.seconds * 1_000_000_000, missing: Some(missing), lost, ..Ending::default() };
        Ok((ending, rebuild_ended(directory, manifest, Err(missing))?.summary, Some(open)))
    }

    /// Whether it was merged of others, which can no longer be taken apart.
    pub(super) fn is_merged(&self) -> bool {
        !self.manifest.attempts.is_empty()
    }

    /// The shard and the attempt that it begins with.
    pub(super) fn first(&self) -> (u32, u32) {
        self.attempts.first().map_or((0, 0), |attempt| (attempt.shard, attempt.attempt))
    }

    pub(super) fn shown(&self) -> String {
        self.directory.path().display().to_string()
    }
}
