//! What is wrong in a scenario, shown where it stands: file, line, column, a caret and what to do.

use std::fmt;
use std::ops::Range;

use super::disclosed::secrets_in;
use crate::authorization::{Secrets, without};
use crate::exit::Exit;
use crate::mistake::Mistake;
use crate::spelling::nearest;

/// An error in a scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as the caller named it.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// What is wrong, and what to do about it.
    pub(crate) mistake: Mistake,
    /// The line, and a caret in the line under it.
    excerpt: Box<str>,
}

impl Diagnostic {
    /// An error at `span` (in bytes) of `source`. Neither message nor line shows secrets that the source holds.
    #[must_use]
    pub(crate) fn new(file: &str, source: &str, span: Range<usize>, mistake: Mistake) -> Self {
        let start = floor_boundary(source, span.start);
        let end = floor_boundary(source, span.end.max(start));
        let line_start = source[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |i| start + i);
        let hidden = secrets_in(source);
        let secrets = Secrets::of(hidden.iter().filter_map(|range| source.get(range.clone())));
        let shown = |part: Range<usize>| {
            let within = |range: &Range<usize>| {
                let (from, to) = (range.start.max(part.start), range.end.min(part.end));
                (from < to).then(|| from - part.start..to - part.start)
            };
            without(&source[part.clone()], &hidden.iter().filter_map(within).collect::<Vec<_>>())
        };
        let width = shown(start..end.clamp(start, line_end)).trim_end().chars().count().max(1);
        let indent = shown(line_start..start).chars().count();
        Self {
            file: file.into(),
            line: source[..start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            mistake: Mistake { exit: Exit::BadScenario, message: secrets.scrub(&mistake.message), ..mistake },
            excerpt: format!("{}\n{}{}", shown(line_start..line_end).trim_end(), " ".repeat(indent), "^".repeat(width))
                .into(),
        }
    }

    /// The error of the TOML reader, in our words: keys rather than fields, and the nearest one named.
    #[must_use]
    pub(crate) fn from_toml(file: &str, source: &str, error: &toml::de::Error) -> Self {
        let message = error.message();
        let span = error.span().unwrap_or(0..0);
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        if message.starts_with("unknown field") && !quoted.is_empty() {
            let help = match nearest(quoted[0], &quoted[1..]) {
                Some(key) => format!("did you mean `{key}`?"),
                None if quoted.len() == 1 => "no key is allowed here".into(),
                None => format!("known keys here are {}", quoted[1..].join(", ")),
            };
            let mistake = Mistake::scenario(format!("unknown key `{}`", quoted[0])).with_help(help);
            return Self::new(file, source, span, mistake);
        }
        if message.starts_with("unknown variant") && !quoted.is_empty() {
            let help = match nearest(quoted[0], &quoted[1..]) {
                Some(value) => format!("did you mean \"{value}\"?"),
                None => format!("known values are {}", quoted[1..].join(", ")),
            };
            let mistake = Mistake::scenario(format!("unknown value \"{}\"", quoted[0])).with_help(help);
            return Self::new(file, source, span, mistake);
        }
        if let Some(found) =
            message.strip_prefix("invalid type: ").and_then(|rest| rest.strip_suffix(", expected a sequence"))
        {
            let written = source.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default().trim();
            let help = match written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(table) if found == "map" => format!("there may be several: write [[{table}]]"),
                _ if found == "map" => "put it between brackets: [{ … }]".into(),
                _ => format!("put it between brackets: [{written}]"),
            };
            let mistake = Mistake::scenario("expected a list").with_help(help);
            return Self::new(file, source, span, mistake);
        }
        Self::new(file, source, span, Mistake::scenario(in_our_words(message)))
    }
}

/// What serde says of a type or a value, without the names that Rust has for types.
fn in_our_words(message: &str) -> String {
    let wrong = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let Some((found, expected)) = wrong.and_then(|rest| rest.split_once(", expected ")) else {
        return message.replace("missing field", "missing key");
    };
    let expected = match expected {
        "u64" | "u32" | "u16" | "usize" => "a whole number from 0",
        "f64" => "a number",
        other => other,
    };
    format!("expected {expected}, not the {found}")
}

fn floor_boundary(source: &str, mut at: usize) -> usize {
    at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{}", self.mistake.message)?;
        writeln!(f, "{margin}--> {}:{}:{}", self.file, self.line, self.column)?;
        writeln!(f, "{margin} |")?;
        let (line, caret) = self.excerpt.split_once('\n').unwrap_or_default();
        writeln!(f, "{number} | {line}")?;
        write!(f, "{margin} | {caret}")?;
        if let Some(help) = &self.mistake.help {
            write!(f, "\n{margin} = help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// As a command tells of it: with its place, whatever the help.
impl From<Diagnostic> for Mistake {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::new(diagnostic.mistake.exit, diagnostic.to_string())
    }
}
