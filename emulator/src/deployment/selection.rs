//! Selection patterns: which answer of an integration a status of the backend gets.

use super::IntegrationResponse;
use crate::budget::Budget;
use crate::java::Pattern;

/// The statuses of HTTP.
const STATUSES: std::ops::Range<u16> = 100..600;

/// A regular expression that a status must match as a whole, as Java's `matches` does (SDK reference of
/// `IntegrationResponse`).
#[derive(Debug)]
pub struct SelectionPattern(Pattern);

impl SelectionPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is not a regular expression; says why.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        Pattern::java(pattern).map(Self).map_err(|why| format!("the selection pattern {why}"))
    }

    fn is_match(&self, status: u16) -> bool {
        self.0.matches(&status.to_string(), &Budget::default()).unwrap_or(false)
    }
}

/// The integration responses of a method, and which of them each status of a backend selects.
#[derive(Debug, Default)]
pub struct IntegrationResponses {
    all: Vec<IntegrationResponse>,
    /// By status from 100 to 599: there are few enough to match every pattern once and for all.
    selected: Vec<Option<usize>>,
    default: Option<usize>,
}

impl IntegrationResponses {
    /// The answers of an integration, in document order.
    #[must_use]
    pub fn new(all: Vec<IntegrationResponse>) -> Self {
        let first = |status| all.iter().position(|it| it.pattern.as_ref().is_some_and(|it| it.is_match(status)));
        let selected = STATUSES.map(first).collect();
        let default = all.iter().position(|response| response.pattern.is_none());
        Self { all, selected, default }
    }

    /// The response of a status. Only that is matched, whatever the body says: so it is for every integration but
    /// Lambda's.
    #[must_use]
    pub fn select(&self, status: u16) -> Option<&IntegrationResponse> {
        let at = usize::from(status.checked_sub(STATUSES.start)?);
        let selected = self.selected.get(at)?.or(self.default)?;
        self.all.get(selected)
    }

    /// The answers, in document order.
    #[must_use]
    pub fn all(&self) -> &[IntegrationResponse] {
        &self.all
    }

    /// The answers, for building others from them.
    #[must_use]
    pub fn into_vec(self) -> Vec<IntegrationResponse> {
        self.all
    }
}
