//! Requests one by one in files: a row each, written second by second, so that memory does not grow with the run.

mod csv;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use self::csv::Csv;
#[cfg(feature = "parquet")]
use self::parquet::Parquet;
use super::consumer::{Consumer, Handover};
use super::outfile::Outfile;
use crate::authorization::Secrets;
use crate::mistake::Mistake;
use crate::record::{Places, Rows};

/// A file that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowFile {
    /// How it is written.
    pub(crate) format: RowFormat,
    /// Where it is; `requests.csv` or `requests.parquet` in the run directory by default.
    pub(crate) path: Option<PathBuf>,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowFormat {
    /// As text with commas, readable as it grows.
    Csv,
    /// In columns; readable once the run has ended.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl RowFormat {
    /// The name of such a file in the run directory.
    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "requests.csv",
            #[cfg(feature = "parquet")]
            Self::Parquet => "requests.parquet",
        }
    }

    /// Begins a file.
    fn begin(self, file: File) -> io::Result<Box<dyn Sink>> {
        match self {
            Self::Csv => Csv::begin(file).map(|csv| Box::new(csv) as Box<dyn Sink>),
            #[cfg(feature = "parquet")]
            Self::Parquet => Parquet::begin(file).map(|parquet| Box::new(parquet) as Box<dyn Sink>),
        }
    }
}

/// The columns, in this order. Instants are nanoseconds from the start of the run; `first_byte_ns`, `http_status` and
/// `name` are empty where there is none.
const COLUMNS: [&str; 10] = [
    "k",
    "stage",
    "payload",
    "intended_ns",
    "released_ns",
    "first_byte_ns",
    "end_ns",
    "outcome",
    "http_status",
    "name",
];

/// A file that takes rows.
trait Sink {
    /// Takes the rows of a second.
    fn write(&mut self, rows: &Rows, places: &Places) -> io::Result<()>;

    /// Ends the file.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The files of a run that take its rows.
pub(super) struct RowFiles {
    places: Places,
    secrets: Box<dyn Fn() -> Secrets>,
    open: Vec<(PathBuf, Box<dyn Sink>)>,
    /// Files that were given up, each with the reason.
    lost: Vec<String>,
}

impl RowFiles {
    /// Begins the files. What a target says is kept without secrets.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub(super) fn begin(
        opened: Vec<(RowFormat, Outfile)>,
        places: &Places,
        secrets: impl Fn() -> Secrets + 'static,
    ) -> Result<Self, Mistake> {
        let mut open = Vec::new();
        for (format, file) in opened {
            let path = file.path().to_owned();
            let sink = file.begin().and_then(|file| format.begin(file));
            let sink = sink.map_err(|e| Mistake::other(format!("cannot write requests to {}: {e}", path.display())))?;
            open.push((path, sink));
        }
        Ok(Self { places: places.clone(), secrets: Box::new(secrets), open, lost: Vec::new() })
    }

    /// Ends the files. Names those that do not hold every request, with the reason.
    pub(super) fn finish(self) -> Vec<String> {
        let Self { mut lost, open, .. } = self;
        let ended = open.into_iter().map(|(path, sink)| (path, sink.finish()));
        lost.extend(ended.filter_map(|(path, ended)| Some(incomplete(&path, &ended.err()?))));
        lost
    }
}

/// Why a file does not hold every request.
fn incomplete(path: &Path, e: &io::Error) -> String {
    let shown = path.display();
    match e.kind() {
        io::ErrorKind::BrokenPipe => format!("{shown} lacks requests: whoever read it has stopped reading"),
        _ => format!("{shown} lacks requests: {e}"),
    }
}

/// A file that cannot be written any more is given up, and named with the reason.
impl Consumer for RowFiles {
    fn take(&mut self, handover: &Handover<'_>, warnings: &mut Vec<String>) {
        let Self { open, places, secrets, lost } = self;
        if open.is_empty() {
            return;
        }
        let (secrets, rows) = (secrets(), &handover.interval.rows);
        let scrubbed = secrets.stand_in(rows.names()).then(|| rows.renamed(|name| secrets.scrub(name)));
        let rows = scrubbed.as_ref().unwrap_or(rows);
        open.retain_mut(|(path, sink)| match sink.write(rows, places) {
            Ok(()) => true,
            Err(e) => {
                let why = incomplete(path, &e);
                warnings.push(format!("{why}; the run goes on without it"));
                lost.push(why);
                false
            }
        });
    }
}
