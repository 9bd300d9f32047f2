//! YAML as templates are written, with positions: one document, no key twice. Aliases and merge keys are resolved, as the
//! tools do that upload templates; brackets may close no deeper than their key.
//!
//! Plain scalars follow YAML 1.1, as for CloudFormation: `yes` is true and `010` is 8, while an account id such as
//! `012345678901` stays text. Short tags become the long forms: `!GetAtt A.B` is read as `Fn::GetAtt: [A, B]`.

mod plain;
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
    let (node, twice) = read(file, text, true)?;
    twice.into_iter().next().map_or(Ok(node), Err)
}

/// Reads a file that a template names, as [`parse_loosely`]: there the short tags are not read (CloudFormation user
/// guide, `AWS::Include` transform: no shorthand notations in YAML snippets).
///
/// # Errors
/// As [`parse_loosely`], and on any short tag.
pub(crate) fn parse_part(file: &str, text: &str) -> Result<(Node, Vec<LoadError>), LoadError> {
    read(file, text, false)
}

fn read(file: &str, text: &str, short_tags: bool) -> Result<(Node, Vec<LoadError>), LoadError> {
    let file: Arc<str> = Arc::from(file);
    let mut indented = Cow::Borrowed(text);
    let mut shifts = BTreeMap::new();
    let mut read_again = 0_usize;
    loop {
        match read_once(&file, &indented, &shifts, short_tags) {
            Ok(read) => return Ok(read),
            Err(Unread::Error(error)) => return Err(error),
            // YAML wants every line of a flow collection deeper than its key; what writes templates does not.
            Err(Unread::NotDeeper { lines, error }) => {
                read_again += indented.len();
                if read_again > MOST_READ_AGAIN || lines.iter().all(|line| shifts.contains_key(line)) {
                    return Err(error);
                }
                indented = Cow::Owned(shifted(&indented, &lines));
                shifts.extend(lines.into_iter().map(|line| (line, SHIFT)));
            }
        }
    }
}

/// Bytes that are read once more because a line stood no deeper than its key, at most: each such line of brackets costs
/// another reading of everything.
const MOST_READ_AGAIN: usize = 32 << 20;
/// How much deeper.
const SHIFT: usize = MAX_DEPTH * 2;

/// Why a text could not be read.
enum Unread {
    Error(LoadError),
    /// Lines of a flow collection or of a quoted text stand no deeper than their key.
    NotDeeper {
        lines: Vec<usize>,
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
            match not_deeper(&error, text, tree.lines(), shifts) {
                lines if lines.is_empty() => Unread::Error(found),
                lines => Unread::NotDeeper { lines, error: found },
            }
        })?;
        tree.take(event, span).map_err(Unread::Error)?;
    }
    Ok(tree.finish())
}

/// The lines, counted from 1, that stand no deeper than their key, if that is what the parser stumbles over. Outside of
/// brackets and quotes it says so of nothing.
fn not_deeper(error: &ScanError, text: &str, lines: &[&str], shifts: &BTreeMap<usize, usize>) -> Vec<usize> {
    let (line, start) = (error.marker().line(), error.marker().index());
    match error.info() {
        "invalid indentation" | "invalid indentation in flow construct" => vec![line],
        // The parser names the place that opens the quotes.
        "invalid indentation in quoted scalar" => {
            let indent = |line: &str| line.len() - line.trim_start().len();
            let Some(opening) = line.checked_sub(1).and_then(|index| lines.get(index)).map(|line| indent(line)) else {
                return Vec::new();
            };
            let later = lines.iter().enumerate().skip(line).take(lines_of_quotes(text, start));
            let later = later.filter(|(_, text)| !text.trim().is_empty() && indent(text) <= opening);
            later.map(|(index, _)| index + 1).filter(|number| !shifts.contains_key(number)).collect()
        }
        _ => Vec::new(),
    }
}

/// How many line breaks the quoted text has that begins at a character; none if it does not end.
fn lines_of_quotes(text: &str, start: usize) -> usize {
    let mut rest = text.chars().skip(start);
    let Some(quote @ ('"' | '\'')) = rest.next() else { return 0 };
    let mut rest = rest.peekable();
    let mut breaks = 0;
    while let Some(character) = rest.next() {
        match character {
            // What is escaped ends nothing.
            '\\' if quote == '"' => breaks += usize::from(rest.next() == Some('\n')),
            '\n' => breaks += 1,
            _ if character == quote && !(quote == '\'' && rest.next_if_eq(&'\'').is_some()) => return breaks,
            _ => {}
        }
    }
    0
}

/// The text with some lines, counted from 1, deeper.
fn shifted(text: &str, deeper: &[usize]) -> String {
    let shift = " ".repeat(SHIFT);
    let mut all = String::with_capacity(text.len() + deeper.len() * SHIFT);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if deeper.binary_search(&(index + 1)).is_ok() {
            all.push_str(&shift);
        }
        all.push_str(line);
    }
    all
}

#[cfg(test)]
mod tests;
