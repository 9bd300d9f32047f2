//! A compiled pattern, and what `String` does with one.

use std::sync::Arc;

use super::compile::compile;
use super::machine::Machine;
use super::parse::{Syntax, parse};
use super::program::Program;
use super::replace::{Bounded, Replacement};
use crate::budget::{Budget, Exhausted};
use crate::java::text::search_work;

/// Units of work that a character of a pattern costs to compile, and a range of characters in its classes.
const COMPILE: usize = 400;
/// Bytes that it takes.
const SIZE: usize = 128;
/// Units of work that a part costs into which a text is split.
const PART: usize = 32;
/// Units of work that a byte of a replacement costs to read.
const REPLACEMENT: usize = 16;

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: Box<str>,
    matcher: Matcher,
}

#[derive(Debug, Clone)]
enum Matcher {
    /// A pattern that is plain text.
    Literal(Box<str>),
    Program(Arc<Program>),
}

/// Where a match and its groups begin and end, in bytes.
type Places = [Option<(usize, usize)>];

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// It is not one, or its compilation is more work than one request may ask for.
    pub(crate) fn compile(source: &str, syntax: Syntax, budget: &Budget) -> Result<Self, String> {
        let fault = |why: String| format!("`{source}` is not a regular expression: {why}");
        budget.work(source.len() * COMPILE)?;
        if let Some(text) = literal(source) {
            return Ok(Self { source: source.into(), matcher: Matcher::Literal(text.into()) });
        }
        let parsed = parse(source, syntax, budget).map_err(fault)?;
        budget.work(parsed.ranges * COMPILE)?;
        budget.hold((parsed.ranges + source.len()) * SIZE)?;
        Ok(Self { source: source.into(), matcher: Matcher::Program(Arc::new(compile(parsed))) })
    }

    /// Compiles a pattern of the deployment, in Java's syntax.
    ///
    /// # Errors
    /// It is not one.
    pub(crate) fn java(source: &str) -> Result<Self, String> {
        Self::compile(source, Syntax::Java, &Budget::default())
    }

    /// As written.
    pub(crate) fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str, budget: &Budget) -> Result<bool, Exhausted> {
        match &self.matcher {
            Matcher::Literal(literal) => {
                budget.work(literal.len() / 8)?;
                Ok(text == literal.as_ref())
            }
            Matcher::Program(program) => Machine::new(program, text, budget).matches(),
        }
    }

    /// Whether a part of the text matches.
    pub(crate) fn is_in(&self, text: &str, budget: &Budget) -> Result<bool, Exhausted> {
        match &self.matcher {
            Matcher::Literal(literal) => {
                budget.work(search_work(text.len(), literal))?;
                Ok(text.contains(literal.as_ref()))
            }
            Matcher::Program(program) => Ok(Machine::new(program, text, budget).find(0, 0)?.is_some()),
        }
    }

    /// `replaceAll`, or `replaceFirst` with one of `times`; the text may not grow past `most` bytes.
    pub(crate) fn replace(
        &self,
        text: &str,
        with: &str,
        times: usize,
        most: usize,
        budget: &Budget,
    ) -> Result<String, String> {
        budget.room(text.len())?;
        let mut out = Bounded { text: String::with_capacity(text.len()), most, budget };
        let mut copied = 0;
        let mut replacement = None;
        self.each(text, times, budget, |places| {
            let Some((start, end)) = places[0] else { return Ok(()) };
            let replacement = if let Some(replacement) = &replacement {
                replacement
            } else {
                budget.work(with.len() * REPLACEMENT)?;
                replacement.insert(Replacement::parse(with, places.len() - 1, self.names())?)
            };
            out.push(&text[copied..start])?;
            replacement.append(text, places, &mut out)?;
            copied = end;
            Ok(())
        })?;
        out.push(&text[copied..])?;
        Ok(out.text)
    }

    /// `split`: no empty part at the start for a match of nothing there; without a limit, no empty parts at the end.
    pub(crate) fn split<'t>(&self, text: &'t str, limit: i128, budget: &Budget) -> Result<Vec<&'t str>, String> {
        let mut parts: Vec<&str> = Vec::new();
        let mut copied = 0;
        let times = if limit > 0 { usize::try_from(limit).unwrap_or(usize::MAX) } else { usize::MAX };
        self.each(text, usize::MAX, budget, |places| {
            let Some((start, end)) = places[0] else { return Ok(()) };
            if parts.len() + 1 < times && !(copied == 0 && end == 0) {
                budget.work(PART)?;
                budget.hold(size_of::<&str>())?;
                parts.push(&text[copied..start]);
                copied = end;
            }
            Ok(())
        })?;
        budget.release(parts.len() * size_of::<&str>());
        if copied == 0 && parts.is_empty() {
            return Ok(vec![text]);
        }
        parts.push(&text[copied..]);
        if limit == 0 {
            while parts.last().is_some_and(|part| part.is_empty()) {
                parts.pop();
            }
        }
        Ok(parts)
    }

    fn names(&self) -> &[(String, usize)] {
        match &self.matcher {
            Matcher::Literal(_) => &[],
            Matcher::Program(program) => &program.names,
        }
    }

    /// Every match from the left; one of nothing does not keep the next from beginning where it stands.
    pub(super) fn each(
        &self,
        text: &str,
        times: usize,
        budget: &Budget,
        mut visit: impl FnMut(&Places) -> Result<(), String>,
    ) -> Result<(), String> {
        match &self.matcher {
            Matcher::Literal(literal) => {
                budget.work(search_work(text.len(), literal))?;
                text.match_indices(literal.as_ref())
                    .take(times)
                    .try_for_each(|(at, found)| visit(&[Some((at, at + found.len()))]))
            }
            Matcher::Program(program) => {
                let mut machine = Machine::new(program, text, budget);
                let (mut from, mut last) = (0, 0);
                for _ in 0..times {
                    let Some(places) = machine.find(from, last)? else { return Ok(()) };
                    visit(&places)?;
                    let Some((start, end)) = places[0] else { return Ok(()) };
                    last = end;
                    from = if start == end {
                        match text[end..].chars().next() {
                            Some(next) => end + next.len_utf8(),
                            None => return Ok(()),
                        }
                    } else {
                        end
                    };
                }
                Ok(())
            }
        }
    }
}

/// The text that the pattern stands for, when it stands for one.
fn literal(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => out.push(rest.next().filter(|next| !next.is_ascii_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            _ => out.push(character),
        }
    }
    (!out.is_empty()).then_some(out)
}
