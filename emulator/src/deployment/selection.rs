//! Selection patterns: which answer of an integration a status of the backend gets.

use crate::budget::Budget;
use crate::java::Pattern;

/// A regular expression that a status must match as a whole, as Java's `matches` does (SDK reference of
/// `IntegrationResponse`).
#[derive(Debug)]
pub(crate) struct SelectionPattern(Pattern);

impl SelectionPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is not a regular expression; says why.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        Pattern::java(pattern).map(Self).map_err(|why| format!("the selection pattern {why}"))
    }

    pub(super) fn is_match(&self, status: u16) -> bool {
        self.0.matches(&status.to_string(), &Budget::default()).unwrap_or(false)
    }
}
