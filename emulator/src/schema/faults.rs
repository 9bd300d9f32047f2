//! What is wrong with a body, as far as it is told.

use crate::budget::{Budget, Exhausted};

/// Mistakes that are told of one body. AWS's own bound is not known.
const MOST: usize = 1_000;
/// Bytes of their words, after which no other is told.
const LONGEST: usize = 256 << 10;
/// Units of work that the words of a mistake cost beside their bytes.
const WORDS: usize = 200;

/// The faults found so far.
pub(super) struct Faults<'b> {
    list: Vec<String>,
    /// Bytes of their words.
    bytes: usize,
    /// Whether it only counts that there is one.
    first_only: bool,
    budget: &'b Budget,
}

impl<'b> Faults<'b> {
    /// All of them, up to a bound.
    pub(super) fn all(budget: &'b Budget) -> Self {
        Self { list: Vec::new(), bytes: 0, first_only: false, budget }
    }

    /// Whether there is one, without words.
    pub(super) fn whether(budget: &'b Budget) -> Self {
        Self { first_only: true, ..Self::all(budget) }
    }

    pub(super) fn first_only(&self) -> bool {
        self.first_only
    }

    /// Whether what is found next is told in words.
    pub(super) fn takes_words(&self) -> bool {
        !self.first_only && !self.enough()
    }

    /// Whether nothing else need be found.
    pub(super) fn enough(&self) -> bool {
        if self.first_only { !self.list.is_empty() } else { self.list.len() >= MOST || self.bytes >= LONGEST }
    }

    /// Adds one, in words that quote so many bytes of the body and the model. They are charged before they are made, and
    /// made only where they are told.
    pub(super) fn add(&mut self, quoted: usize, words: impl FnOnce() -> String) -> Result<(), Exhausted> {
        if self.first_only {
            self.list.push(String::new());
        } else if !self.enough() {
            self.budget.work(WORDS + 2 * quoted)?;
            self.budget.hold(WORDS + 2 * quoted)?;
            self.list.push(words());
            self.bytes += WORDS + quoted;
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn list(self) -> Vec<String> {
        self.list
    }
}
