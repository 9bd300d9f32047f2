//! How much the values take that are made and copied while one deployment is read.

use std::cell::Cell;

use crate::document::{LoadError, Position};

/// Bytes that they may take in memory. A template of CloudFormation's longest, 1 MB, that repeats a parameter or a list again and
/// again would otherwise come to gigabytes.
const MOST: usize = 128 << 20;

/// One budget for all templates and files of a deployment.
#[derive(Debug, Default)]
pub(super) struct Made(Cell<usize>);

impl Made {
    /// Counts what `maker`, a function or a section, makes at a place: beforehand, where it makes much of little.
    pub(super) fn count(&self, maker: &str, bytes: usize, position: &Position) -> Result<(), LoadError> {
        self.0.set(self.0.get().saturating_add(bytes));
        if self.0.get() > MOST {
            let most = MOST >> 20;
            let message = format!(
                "`{maker}` makes too much here: with it, the values of this template take more than {most} MiB"
            );
            return Err(LoadError::at(position, message));
        }
        Ok(())
    }
}
