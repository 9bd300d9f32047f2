//! Mocked responses: what a task answers at its first attempt, at its second, and so on.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

/// What one attempt answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mock {
    /// `Return`: the result of the task.
    Return(Value),
    /// `Throw`: its failure.
    Throw {
        /// `Error`
        error: String,
        /// `Cause`
        cause: Option<String>,
    },
}

/// A response under its name, with ranges of attempts that do not overlap.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MockedResponse {
    pub(super) name: String,
    /// First and last attempt, counted from 0, in order.
    pub(super) ranges: Vec<(u64, u64, Mock)>,
}

/// The responses of a test case, by the name of the state.
pub(crate) type TestCase = HashMap<String, Arc<MockedResponse>>;

impl MockedResponse {
    /// What the attempt answers, counted from 0 over all visits of the state; or why it has no answer.
    pub(crate) fn at(&self, attempt: u64) -> Result<&Mock, String> {
        let found = self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&attempt));
        found.map(|(_, _, mock)| mock).ok_or_else(|| {
            format!(
                "the mocked response `{}` has no entry for attempt {attempt}: add \"{attempt}\" or widen a range",
                self.name
            )
        })
    }
}
