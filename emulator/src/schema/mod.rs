//! JSON schema, draft 4: what models of request bodies are written in.

mod check;
mod compile;
mod equal;
mod faults;
mod format;
mod rules;
mod scalar;
#[cfg(test)]
mod tests;

pub(crate) use check::{Refusal, Schema, ValidationOptions};
pub(crate) use compile::{SchemaError, pointer_token};
