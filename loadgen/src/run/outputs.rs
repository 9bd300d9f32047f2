//! Everything that a run writes besides the terminal, opened before anything is sent.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use super::outfile::Outfile;
use super::rows::{RowFile, RowFormat};
use crate::archive::{Claim, Location};
use crate::json::JsonFormat as _;
use crate::mistake::Mistake;
use crate::report::{Summary, junit};

/// A report that is also wanted elsewhere, for a CI system to collect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportCopy {
    /// Which report.
    pub(crate) report: Report,
    /// Where to.
    pub(crate) path: PathBuf,
}

/// A report that a copy can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// `summary.json`.
    Summary,
    /// `junit.xml`.
    Junit,
}

/// What is to be written.
#[derive(Debug, Clone)]
pub(crate) struct OutputPlan {
    /// Where the run directory is to be.
    pub(crate) directory: Location,
    /// Files that get each request as a row.
    pub(crate) rows: Vec<RowFile>,
    /// Reports that are wanted elsewhere too.
    pub(crate) copies: Vec<ReportCopy>,
    /// Where metrics are served during the run.
    pub(crate) prometheus: Option<SocketAddr>,
}

/// The same, open. Dropped before the run begins, it leaves everything as it was.
#[derive(Debug)]
pub(crate) struct Outputs {
    pub(super) rows: Vec<(RowFormat, Outfile)>,
    pub(super) listener: Option<TcpListener>,
    copies: Vec<(Report, Outfile)>,
    /// Last: what stands in the directory goes before the directory itself.
    pub(super) claim: Claim,
}

impl OutputPlan {
    /// Opens everything.
    ///
    /// # Errors
    /// Names what cannot be written, or the address at which nothing can listen.
    pub(crate) fn open(&self) -> Result<Outputs, Mistake> {
        let claim = Claim::of(&self.directory).map_err(|e| {
            let (Location::Named(path) | Location::Fresh { parent: path, .. }) = &self.directory;
            Mistake::other(format!("cannot use {} for the run: {e}", path.display()))
        })?;
        let listener = self.prometheus.map(|address| {
            TcpListener::bind(address).map_err(|e| {
                Mistake::other(format!("cannot serve metrics at {address}: {e}; name another port with --prometheus"))
            })
        });
        let listener = listener.transpose()?;
        let open = |path: &Path, what: &str| {
            let opened = Outfile::open(path);
            opened.map_err(|e| Mistake::other(format!("cannot write {what} to {}: {e}", path.display())))
        };
        let mut copies = Vec::new();
        for ReportCopy { report, path } in &self.copies {
            copies.push((*report, open(path, "the report")?));
        }
        let mut rows: Vec<(RowFormat, Outfile)> = Vec::new();
        for RowFile { format, path } in &self.rows {
            let path = path.clone().unwrap_or_else(|| claim.path().join(format.file_name()));
            rows.push((*format, open(&path, "requests")?));
        }
        let files: Vec<&Outfile> =
            copies.iter().map(|(_, file)| file).chain(rows.iter().map(|(_, file)| file)).collect();
        for (number, file) in files.iter().enumerate() {
            if let Some(other) = files[..number].iter().find(|other| other.is_same(file)) {
                let (this, that) = (file.path().display(), other.path().display());
                return Err(Mistake::usage(format!(
                    "--out writes {this} and {that}, which are one file: name another"
                )));
            }
        }
        Ok(Outputs { rows, listener, copies, claim })
    }
}

impl Outputs {
    /// The run directory.
    #[must_use]
    pub(crate) fn directory(&self) -> &Path {
        self.claim.path()
    }

    /// Takes the copies of reports, to be written when there is something to report.
    pub(super) fn take_copies(&mut self) -> Copies {
        Copies(std::mem::take(&mut self.copies))
    }
}

/// Copies of reports that are still to be written.
#[derive(Debug)]
pub(super) struct Copies(Vec<(Report, Outfile)>);

impl Copies {
    /// Writes them. Those that cannot be written are named in `failures`, with the reason, and not tried again.
    ///
    /// Files can be written again, as often as the summary changes. Pipes and devices take it once, so they wait while
    /// `failures` has anything that the summary does not tell yet.
    pub(super) fn write(&mut self, summary: &Summary, failures: &mut Vec<String>) {
        for rewritable in [true, false] {
            self.0.retain_mut(|(report, file)| {
                if file.is_rewritable() != rewritable || !rewritable && !failures.is_empty() {
                    return true;
                }
                let text = match report {
                    Report::Summary => summary.to_json(),
                    Report::Junit => junit(summary),
                };
                match file.replace(text.as_bytes()) {
                    Ok(()) => rewritable,
                    Err(e) => {
                        failures.push(format!("cannot write {}: {e}", file.path().display()));
                        false
                    }
                }
            });
        }
    }
}
