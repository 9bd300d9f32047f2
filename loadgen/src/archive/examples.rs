//! The first examples of each kind of violation.

use crate::record::{EXAMPLES, Example, Violation};

/// Keeps the first examples of each kind.
pub(super) fn keep_examples(kept: &mut Vec<Example>, new: &[Example]) {
    for violation in [Violation::Mismatched, Violation::Illegal, Violation::Duplicate] {
        let missing = EXAMPLES.saturating_sub(kept.iter().filter(|e| e.violation == violation).count());
        kept.extend(new.iter().filter(|e| e.violation == violation).take(missing).cloned());
    }
}
