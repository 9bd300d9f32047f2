//! Expressions at work: what they see, and how far they may go.

use std::cell::OnceCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use super::functions::Functions;
use super::{Expression, answer};

/// How long one expression may take, in milliseconds of the machine's clock. AWS does not say what its limit is.
const MAX_TIME_MS: u64 = 1_000;
/// Deepest evaluation, in levels; a call that is not a tail call takes about three.
const MAX_DEPTH: usize = 5_000;
/// Longest list that an expression may make.
const MAX_LIST: usize = 500_000;

/// What an expression would otherwise ask of its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// `$now()` and `$millis()`, since the Unix epoch.
    pub now: Duration,
    /// Seeds `$random()`, `$uuid()` and `$shuffle()`.
    pub seed: u64,
}

/// Why an expression gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationError {
    /// It came to nothing, which JSON cannot say.
    Undefined,
    /// It came to a function or to a number that JSON does not have.
    Unsupported,
    /// It failed; the message begins with JSONata's code where there is one.
    Threw(String),
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("returned nothing (undefined)"),
            Self::Unsupported => f.write_str("returned an unsupported result type"),
            Self::Threw(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for EvaluationError {}

/// What expressions can see: an input, and variables.
pub struct Evaluation<'a> {
    input: JValue,
    variables: Vec<Variable<'a>>,
    functions: Functions,
}

/// A variable, which becomes a value of the library when an expression mentions it.
struct Variable<'a> {
    name: &'a str,
    origin: Origin<'a>,
    value: OnceCell<JValue>,
}

enum Origin<'a> {
    There(&'a Value),
    Made(Box<dyn Fn() -> Value + 'a>),
}

impl Variable<'_> {
    fn value(&self) -> &JValue {
        self.value.get_or_init(|| match &self.origin {
            Origin::There(value) => answer::to_library(value),
            Origin::Made(make) => answer::to_library(&make()),
        })
    }
}

impl<'a> Evaluation<'a> {
    /// No input, no variables.
    #[must_use]
    pub fn new(moment: Moment) -> Self {
        Self { input: JValue::Undefined, variables: Vec::new(), functions: Functions::new(moment) }
    }

    /// Sets the top-level context. Step Functions leaves it empty.
    #[must_use]
    pub fn with_input(mut self, input: &Value) -> Self {
        self.input = answer::to_library(input);
        self
    }

    /// Adds a variable, named without its `$`. It takes the place of an earlier one and of a function.
    pub fn bind(&mut self, name: &'a str, value: &'a Value) {
        self.variables.push(Variable { name, origin: Origin::There(value), value: OnceCell::new() });
    }

    /// Adds a variable that is made when an expression mentions it.
    pub fn bind_with(&mut self, name: &'a str, make: impl Fn() -> Value + 'a) {
        self.variables.push(Variable { name, origin: Origin::Made(Box::new(make)), value: OnceCell::new() });
    }

    /// The value of an expression.
    ///
    /// # Errors
    ///
    /// When it comes to nothing or to what is not JSON, when it fails, and when it would take more time, depth or room
    /// than it is given.
    pub fn evaluate(&self, expression: &Expression) -> Result<Value, EvaluationError> {
        // The library is young: should it panic, this expression fails and nothing else.
        catch_unwind(AssertUnwindSafe(|| self.run(expression)))
            .unwrap_or_else(|_| Err(EvaluationError::Threw("the expression could not be evaluated".to_owned())))
    }

    fn run(&self, expression: &Expression) -> Result<Value, EvaluationError> {
        let mut context = Context::new();
        for variable in self.variables.iter().filter(|variable| expression.mentions(variable.name)) {
            context.bind(variable.name.to_owned(), variable.value().clone());
        }
        Functions::bind(&mut context, expression);
        let mut evaluator = Evaluator::with_options(context, limits());
        self.functions.register(&mut evaluator).map_err(|error| threw(&error))?;
        let value = evaluator.evaluate(expression.tree(), &self.input).map_err(|error| threw(&error))?;
        answer::from_library(&value)
    }
}

impl fmt::Debug for Evaluation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation").field("variables", &self.variables.len()).finish_non_exhaustive()
    }
}

pub(super) fn limits() -> EvaluatorOptions {
    EvaluatorOptions {
        timeout_ms: Some(MAX_TIME_MS),
        max_stack_depth: Some(MAX_DEPTH),
        max_sequence_length: Some(MAX_LIST),
        ..EvaluatorOptions::default()
    }
}

fn threw(error: &EvaluatorError) -> EvaluationError {
    let message = error.message();
    // As recorded on AWS, without the name that the library appends.
    let message = if error.code() == Some("T1006") { "T1006: Attempted to invoke a non-function" } else { message };
    EvaluationError::Threw(message.to_owned())
}
