//! Expressions at work: what they see, and how far they may go.

use std::cell::OnceCell;
use std::fmt;
use std::time::Duration;

use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use serde_json::Value;

use super::answer;
use super::error::EvaluationError;
use super::expression::JsonataExpression;
use super::functions::Functions;
use super::limits::{Allowance, MAX_TIME, Moment, limits_within};
use super::quiet::quietly;
use super::seen::ExpressionValue;

/// What expressions can see: an input, and variables.
pub struct Evaluation<'a> {
    input: JValue,
    variables: Vec<Variable<'a>>,
    functions: Functions,
    allowance: Option<&'a Allowance>,
}

/// A variable, which is made when an expression mentions it.
struct Variable<'a> {
    name: &'a str,
    make: Box<dyn Fn() -> ExpressionValue + 'a>,
    value: OnceCell<JValue>,
}

impl Variable<'_> {
    fn value(&self) -> &JValue {
        self.value.get_or_init(|| (self.make)().into_library())
    }
}

impl<'a> Evaluation<'a> {
    /// No input, no variables.
    #[must_use]
    pub fn new(moment: Moment) -> Self {
        Self { input: JValue::Undefined, variables: Vec::new(), functions: Functions::new(moment), allowance: None }
    }

    /// Sets the top-level context. Step Functions leaves it empty.
    #[must_use]
    pub fn with_input(mut self, input: &Value) -> Self {
        self.input = answer::to_library(input);
        self
    }

    /// Has all expressions share what they may take, also with those of other evaluations.
    #[must_use]
    pub const fn within(mut self, allowance: &'a Allowance) -> Self {
        self.allowance = Some(allowance);
        self
    }

    /// Adds a variable, named without its `$`, that is made when an expression mentions it. It takes the place of an
    /// earlier one and of a function.
    pub fn bind(&mut self, name: &'a str, make: impl Fn() -> ExpressionValue + 'a) {
        self.variables.push(Variable { name, make: Box::new(make), value: OnceCell::new() });
    }

    /// The value of an expression.
    ///
    /// # Errors
    ///
    /// When it comes to nothing or to what is not JSON, when it fails, and when it would take more time, depth or room
    /// than it is given.
    pub fn evaluate(&self, expression: &JsonataExpression) -> Result<Value, EvaluationError> {
        // The library is young: should it panic, this expression fails and nothing else.
        quietly(|| match self.allowance {
            None => self.run(expression, MAX_TIME),
            Some(allowance) => allowance.spend(|left| self.run(expression, left)).unwrap_or_else(|| {
                let why =
                    "D1012: Evaluation timeout: the expressions of the state have taken all the time that it is given";
                Err(EvaluationError::Threw(why.to_owned()))
            }),
        })
        .unwrap_or_else(|| Err(EvaluationError::Threw("the expression could not be evaluated".to_owned())))
    }

    fn run(&self, expression: &JsonataExpression, time: Duration) -> Result<Value, EvaluationError> {
        let mut context = Context::new();
        for variable in self.variables.iter().filter(|variable| expression.mentions(variable.name)) {
            context.bind(variable.name.to_owned(), variable.value().clone());
        }
        Functions::bind(&mut context, expression);
        let mut evaluator = Evaluator::with_options(context, limits_within(time));
        self.functions.begin(time);
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

fn threw(error: &EvaluatorError) -> EvaluationError {
    let message = error.message();
    // As recorded on AWS, without the name that the library appends.
    let message = if error.code() == Some("T1006") { "T1006: Attempted to invoke a non-function" } else { message };
    EvaluationError::Threw(message.to_owned())
}
