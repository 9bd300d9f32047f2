//! Intrinsic functions: `States.Format('{}', $.x)` and its kin (States Language, "Intrinsic Functions").

mod functions;
mod parse;

use serde_json::Value;

use super::path::{Scope, StatePath};
use super::unfilled::Unfilled;
use crate::jsonpath::hold;

pub(crate) use functions::IntrinsicFunction;

/// Where random numbers come from: seeded, so that a run can be repeated.
#[derive(Debug, Clone)]
pub(crate) struct Randomness(fastrand::Rng);

impl Randomness {
    /// The sequence of a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// The seed of another sequence.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// Uniform in [0, 1).
    pub(crate) fn fraction(&mut self) -> f64 {
        self.0.f64()
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&mut self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(self.0.u128(..).to_be_bytes()).into_uuid()
    }
}

/// A call, read and checked as far as that is possible without data.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    function: IntrinsicFunction,
    arguments: Box<[Argument]>,
}

/// A call may have hundreds of thousands, and their list grows by being copied: what they are stands apart.
#[derive(Debug, Clone)]
enum Argument {
    Literal(Box<Value>),
    Path(Box<StatePath>),
    Call(Call),
}

impl Call {
    /// Reads a call.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text)
    }

    /// The variables that its arguments read.
    pub(crate) fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for argument in &self.arguments {
            match argument {
                Argument::Literal(_) => {}
                Argument::Path(source) => names.extend(source.variable()),
                Argument::Call(call) => names.extend(call.variables()),
            }
        }
        names
    }

    /// The value of the call, made for a field.
    pub(crate) fn apply(&self, field: &str, scope: &Scope<'_>, randomness: &mut Randomness) -> Result<Value, Unfilled> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(match argument {
                Argument::Literal(value) => {
                    hold(&**value, scope.budget)?;
                    Value::clone(value)
                }
                Argument::Path(source) => source
                    .select(scope)?
                    .ok_or_else(|| Unfilled::Path { field: field.to_owned(), path: source.as_str().to_owned() })?,
                Argument::Call(call) => call.apply(field, scope, randomness)?,
            });
        }
        // Each function goes through its arguments once; what it makes may be larger than they are.
        values.iter().try_for_each(|value| hold(value, scope.budget))?;
        let made = self
            .function
            .apply(values, randomness)
            .map_err(|why| Unfilled::Intrinsic(format!("{}: {why}", self.function.name())))?;
        hold(&made, scope.budget)?;
        Ok(made)
    }
}
