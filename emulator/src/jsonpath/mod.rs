//! JSONPath as Jayway's library reads it: the dialect of API Gateway's `$input.path` and of Step Functions' paths.
//!
//! It parts from RFC 9535 where Jayway does: a definite path gives the value itself, `$.x-y` and `$.$x` are names,
//! `.length()` and its kin are functions, and filters know `=~`, `in`, `nin`, `size` and `empty`.

mod ast;
mod compare;
mod error;
mod function;
mod parser;
mod path;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub(crate) use error::{PathError, ReadError};
pub(crate) use path::{Path, Segment};
pub(crate) use tree::{Scalar, Tree};
pub(crate) use walk::hold;
