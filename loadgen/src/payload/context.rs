//! What a body is a function of, what it may refer to, and what may be wrong with it.

use super::data::Tables;
use crate::mistake::Mistake;

/// What a body is a function of.
#[derive(Debug, Clone, Copy)]
pub struct Arriving {
    /// The number of the arrival.
    pub k: u64,
    /// Its seed.
    pub seed: u64,
    /// When it is due, in milliseconds from 1970.
    pub unix_ms: i64,
}

/// Looks up an environment variable.
pub(crate) type Variable = fn(&str) -> Option<String>;

/// What a template may refer to.
pub struct TemplateContext<'a> {
    /// The environment.
    pub variable: Variable,
    /// The tables of the scenario.
    pub tables: &'a Tables,
}

impl Default for TemplateContext<'_> {
    fn default() -> Self {
        Self { variable: |_| None, tables: &[] }
    }
}

/// A mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The part of the template that is wrong, as written.
    pub(crate) text: String,
    /// What is wrong with it.
    pub mistake: Mistake,
}
