//! Patterns for whole values, in which `{uuid}` stands for what is known only when a case is asked.

use regex::Regex;

/// A pattern for a whole value, `{uuid}` filled in.
pub(super) fn compiled(pattern: &str, uuid: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?s:{})$", pattern.replace("{uuid}", uuid)))
}

/// Whether a pattern matches. Each compiled when the table was read.
pub(super) fn matches(pattern: &str, value: &str, uuid: &str) -> bool {
    compiled(pattern, uuid).is_ok_and(|pattern| pattern.is_match(value))
}
