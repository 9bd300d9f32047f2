//! `java.util.regex`, and the regular expressions of ECMAScript that models use: the same machine with two readers.
//!
//! It is our own because no crate has Java's syntax, and none lets many matches share one budget: a limit per match is
//! none when a text of 100,000 characters is a place to begin at 100,000 times.

mod bracket;
mod class;
mod compile;
mod escape;
mod machine;
mod parse;
mod pattern;
mod program;
mod quote;
mod replace;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use parse::Syntax;
pub(crate) use pattern::Pattern;
