//! What a run leaves and shows: the arguments under the heading Output.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::archive::Location;
use crate::mistake::Mistake;
use crate::run::{OutputPlan, Report, ReportCopy, RowFile, RowFormat};

/// The arguments of `run` about what it leaves and shows.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OutputArguments {
    /// The run directory, runs/UTC-NAME by default; for shards, the folder that they share.
    #[arg(short = 'o', long = "output", value_name = "DIR", help_heading = "Output")]
    pub(crate) directory: Option<PathBuf>,
    /// A file beside it: a row per request (csv, parquet), or a copy of summary.json or junit.xml (json, junit).
    #[arg(long = "out", value_name = "KIND[=PATH]", value_parser = Out::parse, help_heading = "Output")]
    pub(crate) out: Vec<Out>,
    /// What stdout gets: text for people, json for programs, or nothing.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true,
        help = "What stdout gets: text, json (summary.json), or quiet (nothing)",
        help_heading = "Output"
    )]
    pub(crate) output_format: OutputFormat,
    /// Serve metrics for Prometheus during the run; a port alone is one of loopback.
    #[arg(long, value_name = "[ADDR:]PORT", value_parser = parse_address, help_heading = "Output")]
    pub(crate) prometheus: Option<SocketAddr>,
    /// No progress on stderr.
    #[arg(long, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Progress as lines, also on a terminal.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_tui: bool,
}

impl OutputArguments {
    /// What a run with its directory there is to open.
    ///
    /// # Errors
    /// Two of them are the same file, or the directory is named like a format.
    pub(super) fn plan(&self, directory: Location) -> Result<OutputPlan, Mistake> {
        if let Some(word @ ("json" | "text" | "quiet" | "csv" | "parquet" | "junit" | "html")) =
            self.directory.as_deref().and_then(Path::to_str)
        {
            let instead = match word {
                "csv" | "parquet" => format!("a row for each request is written with --out {word}"),
                "junit" | "html" => format!("the run directory holds {word} in any case"),
                _ => format!("choose what is written to stdout with --output-format {word}"),
            };
            return Err(Mistake::usage(format!(
                "-o names the run directory: {instead}; for a directory of that name write -o ./{word}"
            )));
        }
        let mut plan = OutputPlan { directory, rows: Vec::new(), copies: Vec::new(), prometheus: self.prometheus };
        for (number, Out { kind, path }) in self.out.iter().enumerate() {
            if self.out[..number].iter().any(|other| match path {
                Some(path) => other.path.as_ref() == Some(path),
                None => other.path.is_none() && other.kind == *kind,
            }) {
                let shown = path.as_ref().map_or_else(|| "the same file".into(), |path| path.display().to_string());
                return Err(Mistake::usage(format!("--out writes {shown} twice: name another file")));
            }
            let rows = |format| RowFile { format, path: path.clone() };
            let copy = |report| path.clone().map(|path| ReportCopy { report, path });
            match kind {
                OutKind::Csv => plan.rows.push(rows(RowFormat::Csv)),
                #[cfg(feature = "parquet")]
                OutKind::Parquet => plan.rows.push(rows(RowFormat::Parquet)),
                OutKind::Json => plan.copies.extend(copy(Report::Summary)),
                OutKind::Junit => plan.copies.extend(copy(Report::Junit)),
            }
        }
        Ok(plan)
    }
}

/// What stdout gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// The target first, and at the end the summary on one screen.
    #[default]
    Text,
    /// `summary.json` and nothing else.
    Json,
    /// Nothing: the exit code tells.
    Quiet,
}

/// A file beside the run directory, or one more in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Out {
    /// What it holds.
    pub(crate) kind: OutKind,
    /// Where it is; in the run directory by default.
    pub(crate) path: Option<PathBuf>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutKind {
    /// A row per request, as text.
    Csv,
    /// A row per request, in columns.
    #[cfg(feature = "parquet")]
    Parquet,
    /// A copy of `summary.json`.
    Json,
    /// A copy of `junit.xml`.
    Junit,
}

impl Out {
    fn parse(text: &str) -> Result<Self, Mistake> {
        let (kind, path) = match text.split_once('=') {
            Some((kind, path)) if !path.is_empty() => (kind, Some(PathBuf::from(path))),
            Some((kind, _)) => return Err(Mistake::usage(format!("`{kind}=` names no file"))),
            None => (text, None),
        };
        if path.as_deref().and_then(Path::to_str) == Some("-") {
            return Err(Mistake::usage(format!(
                "{text}: stdout is for the results (--output-format), so name a file or a pipe; for a file of that name \
                 write {kind}=./-"
            )));
        }
        let kind = match kind {
            "csv" => OutKind::Csv,
            #[cfg(feature = "parquet")]
            "parquet" => OutKind::Parquet,
            #[cfg(not(feature = "parquet"))]
            "parquet" => return Err(Mistake::usage("parquet needs a loadgen built with --features parquet")),
            "json" => OutKind::Json,
            "junit" => OutKind::Junit,
            _ => return Err(Mistake::usage(format!("`{kind}` is not known: csv, parquet, json and junit are"))),
        };
        match (kind, &path) {
            (OutKind::Json | OutKind::Junit, None) => {
                Err(Mistake::usage(format!("the run directory has it already: write {text}=PATH for a copy elsewhere")))
            }
            _ => Ok(Self { kind, path }),
        }
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, Mistake> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse().map_err(|_| Mistake::usage(format!("`{text}` is not an address: write 9464, or 127.0.0.1:9464")))
}
