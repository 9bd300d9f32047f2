//! What is said of a deployment while it is read: what was mended, and what was passed over.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::{Entry, LoadError, Position};

/// One kind of thing that was passed over, since it changes no answer here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The kind, such as `AWS::S3::Bucket`.
    pub what: String,
    /// How many of it there are.
    pub count: usize,
    /// Where the first one stands.
    pub first: Option<Position>,
}

/// Collects what is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    strict: bool,
    warnings: RefCell<Vec<String>>,
    /// The same ones, to find them.
    said: RefCell<HashSet<String>>,
    passed_over: RefCell<Vec<PassedOver>>,
    /// The place of each kind among them.
    places: RefCell<HashMap<String, usize>>,
}

impl Notes {
    /// Nothing said so far; `strict` passes over nothing.
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, ..Self::default() }
    }

    /// Says something; the same thing is said once.
    pub(crate) fn warn(&self, message: String) {
        if self.said.borrow_mut().insert(message.clone()) {
            self.warnings.borrow_mut().push(message);
        }
    }

    /// Passes over one of a kind. `refusal` is the error that a strict reading gives instead.
    pub(crate) fn pass_over(&self, what: impl Into<String>, refusal: LoadError) -> Result<(), LoadError> {
        if self.strict {
            return Err(refusal);
        }
        let what = what.into();
        let mut passed_over = self.passed_over.borrow_mut();
        let place = *self.places.borrow_mut().entry(what.clone()).or_insert(passed_over.len());
        match passed_over.get_mut(place) {
            Some(passed) => passed.count += 1,
            None => passed_over.push(PassedOver { what, count: 1, first: refusal.position }),
        }
        Ok(())
    }

    /// Passes over the entries of a map whose keys are not known; `what` is its place in words, and `kind` what stands for all
    /// maps like it.
    pub(crate) fn pass_over_keys(
        &self,
        entries: &[Entry],
        what: &str,
        kind: &str,
        known: &[&str],
    ) -> Result<(), LoadError> {
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            self.pass_over(format!("`{}` in {kind}", entry.key), entry.unsupported(what, known))?;
        }
        Ok(())
    }

    /// Takes back what was said since `earlier` was.
    pub(crate) fn restore(&self, earlier: &Self) {
        self.warnings.borrow_mut().clone_from(&earlier.warnings.borrow());
        self.said.borrow_mut().clone_from(&earlier.said.borrow());
        self.passed_over.borrow_mut().clone_from(&earlier.passed_over.borrow());
        self.places.borrow_mut().clone_from(&earlier.places.borrow());
    }

    /// The warnings, and what was passed over.
    pub(crate) fn into_parts(self) -> (Vec<String>, Vec<PassedOver>) {
        (self.warnings.into_inner(), self.passed_over.into_inner())
    }
}
