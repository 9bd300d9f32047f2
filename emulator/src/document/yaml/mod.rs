//! YAML as templates are written, with positions: one document, no key twice. Aliases and merge keys are resolved, as the
//! tools do that upload templates; brackets may close no deeper than their key.
//!
//! Scalars follow YAML 1.2 (`yes` is text), and a plain scalar is a number only when JSON would call it one, so that an
//! account id such as `012345678901` stays text. Short tags become the long forms: `!GetAtt A.B` is read as
//! `Fn::GetAtt: [A, B]`.

mod tree;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Parser, ScanError};

use super::{LoadError, MAX_DEPTH, Node};
use tree::TreeBuilder;

/// Reads a template in which a key may stand twice: the last one counts, as it does for the tools that upload templates.
/// Gives what would have been refused too.
///
/// # Errors
/// As [`parse`], but for keys.
pub(crate) fn parse_loosely(file: &str, text: &str) -> Result<(Node, Vec<LoadError>), LoadError> {
    read(file, text, true)
}

/// Reads a template.
///
/// # Errors
/// When `text` is not one YAML document, has a key twice in one map, is nested deeper than [`MAX_DEPTH`], or uses what
/// CloudFormation does not read: keys that are not scalars, unknown tags.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn parse(file: &str, text: &str) -> Result<Node, LoadError> {
    strict(read(file, text, true)?)
}

/// Reads a file that a template names: there the short tags are not read (CloudFormation user guide, `AWS::Include`
/// transform: no shorthand notations in YAML snippets).
///
/// # Errors
/// As [`parse`], and on any short tag.
pub(crate) fn parse_part(file: &str, text: &str) -> Result<Node, LoadError> {
    strict(read(file, text, false)?)
}

/// What was read, unless a key stands twice.
fn strict((node, twice): (Node, Vec<LoadError>)) -> Result<Node, LoadError> {
    twice.into_iter().next().map_or(Ok(node), Err)
}

fn read(file: &str, text: &str, short_tags: bool) -> Result<(Node, Vec<LoadError>), LoadError> {
    let file: Arc<str> = Arc::from(file);
    let mut indented = Cow::Borrowed(text);
    let mut shifts = BTreeMap::new();
    loop {
        match read_once(&file, &indented, &shifts, short_tags) {
            Ok(read) => return Ok(read),
            Err(Unread::Error(error)) => return Err(error),
            // YAML wants every line of a flow collection deeper than its key; what writes templates does not.
            Err(Unread::NotDeeper { line, error }) => {
                if shifts.len() >= MOST_SHIFTS || shifts.insert(line, SHIFT).is_some() {
                    return Err(error);
                }
                indented = Cow::Owned(shifted(&indented, line));
            }
        }
    }
}

/// Lines that are read as if they stood deeper, at most.
const MOST_SHIFTS: usize = 1000;
/// How much deeper.
const SHIFT: usize = MAX_DEPTH * 2;

/// Why a text could not be read.
enum Unread {
    Error(LoadError),
    /// A line of a flow collection stands no deeper than its key.
    NotDeeper {
        line: usize,
        error: LoadError,
    },
}

fn read_once(
    file: &Arc<str>,
    text: &str,
    shifts: &BTreeMap<usize, usize>,
    short_tags: bool,
) -> Result<(Node, Vec<LoadError>), Unread> {
    let mut tree = TreeBuilder::new(file, text, shifts, short_tags);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let found = tree.syntax(&error);
            match not_deeper(&error, tree.lines(), shifts) {
                Some(line) => Unread::NotDeeper { line, error: found },
                None => Unread::Error(found),
            }
        })?;
        tree.take(event, span).map_err(Unread::Error)?;
    }
    Ok(tree.finish())
}

/// The line, counted from 1, that stands no deeper than its key, if that is what the parser stumbles over. Outside of
/// brackets and quotes it says so of nothing.
fn not_deeper(error: &ScanError, lines: &[&str], shifts: &BTreeMap<usize, usize>) -> Option<usize> {
    let line = error.marker().line();
    match error.info() {
        "invalid indentation" | "invalid indentation in flow construct" => Some(line),
        // The parser names the line that opens the quotes.
        "invalid indentation in quoted scalar" => {
            let indent = |line: &str| line.len() - line.trim_start().len();
            let opening = indent(lines.get(line.checked_sub(1)?)?);
            let later = lines.iter().enumerate().skip(line).map(|(index, text)| (index + 1, text));
            let mut later = later.filter(|(_, text)| !text.trim().is_empty() && indent(text) <= opening);
            later.find(|(number, _)| !shifts.contains_key(number)).map(|(number, _)| number)
        }
        _ => None,
    }
}

/// The text with one line, counted from 1, deeper.
fn shifted(text: &str, line: usize) -> String {
    let shift = " ".repeat(SHIFT);
    let lines = text.split('\n').enumerate();
    let lines =
        lines.map(|(index, text)| if index + 1 == line { [shift.as_str(), text].concat() } else { text.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
