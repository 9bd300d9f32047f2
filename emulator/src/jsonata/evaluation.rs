//! Expressions at work: what they see, and how far they may go.

use std::cell::RefCell;
use std::collections::HashMap;
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
use super::stopwatch::Clocks;

/// What expressions can see: an input, and variables.
pub struct Evaluation<'a> {
    input: JValue,
    find: Box<Find<'a>>,
    /// The variables that expressions have mentioned, as far as they are there.
    found: RefCell<HashMap<String, Option<JValue>>>,
    functions: Functions,
    allowance: Option<&'a Allowance>,
}

/// A variable by its name, without its `$`.
type Find<'a> = dyn Fn(&str) -> Option<ExpressionValue> + 'a;

impl<'a> Evaluation<'a> {
    /// No input, no variables, and no more time than that allows.
    #[must_use]
    pub fn within(allowance: &'a Allowance, moment: Moment) -> Self {
        Self { allowance: Some(allowance), ..Self::by(allowance.clocks(), moment) }
    }

    /// No input, no variables, and for each expression the time that a state has for all of its expressions; but only the
    /// library looks at it.
    #[must_use]
    pub fn new(moment: Moment) -> Self {
        Self::by(Clocks::of(|| Duration::ZERO), moment)
    }

    fn by(clocks: Clocks, moment: Moment) -> Self {
        Self {
            input: JValue::Undefined,
            find: Box::new(|_| None),
            found: RefCell::default(),
            functions: Functions::new(moment, clocks),
            allowance: None,
        }
    }

    /// Sets the top-level context. Step Functions leaves it empty.
    #[must_use]
    pub fn with_input(mut self, input: &Value) -> Self {
        self.input = answer::to_library(input);
        self
    }

    /// Has expressions see variables, named without their `$`: each is made when an expression mentions it, once. A variable
    /// takes the place of a function of its name.
    #[must_use]
    pub fn with_variables(mut self, find: impl Fn(&str) -> Option<ExpressionValue> + 'a) -> Self {
        self.find = Box::new(find);
        self
    }

    fn variable(&self, name: &str) -> Option<JValue> {
        if let Some(known) = self.found.borrow().get(name) {
            return known.clone();
        }
        let value = (self.find)(name).map(ExpressionValue::into_library);
        self.found.borrow_mut().insert(name.to_owned(), value.clone());
        value
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
            None => {
                self.functions.state().begin(MAX_TIME);
                self.attempt(expression)
            }
            Some(allowance) => allowance.spend(|left| self.run(expression, left)).unwrap_or_else(|| {
                let why =
                    "D1012: Evaluation timeout: the expressions of the state have taken all the time that it is given";
                Err(EvaluationError::Threw(why.to_owned()))
            }),
        })
        .unwrap_or_else(|| Err(EvaluationError::Threw("the expression could not be evaluated".to_owned())))
    }

    /// The library is given as long by the machine's clock as the expression may keep the thread at work. So whatever has no
    /// end takes no longer, though it may not come by one of our functions. What is stopped because others have the
    /// processor is evaluated again, more patiently: what takes less than half of its time is never stopped for them.
    fn run(&self, expression: &JsonataExpression, time: Duration) -> Result<Value, EvaluationError> {
        self.functions.state().begin(time);
        let outcome = self.attempt(expression);
        let is_late = matches!(&outcome, Err(EvaluationError::Threw(why)) if why.starts_with("D1012: "));
        if is_late && self.functions.state().begin_again() { self.attempt(expression) } else { outcome }
    }

    fn attempt(&self, expression: &JsonataExpression) -> Result<Value, EvaluationError> {
        let mut context = Context::new();
        for name in expression.names() {
            if let Some(value) = self.variable(name) {
                context.bind(name.to_owned(), value);
            }
        }
        Functions::bind(&mut context, expression);
        let mut evaluator = Evaluator::with_options(context, limits_within(self.functions.state().patience()));
        self.functions.register(&mut evaluator, |name| expression.mentions(name)).map_err(|error| threw(&error))?;
        let value = evaluator.evaluate(expression.tree(), &self.input).map_err(|error| threw(&error))?;
        answer::from_library(&value)
    }
}

impl fmt::Debug for Evaluation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation").field("variables", &self.found.borrow().len()).finish_non_exhaustive()
    }
}

fn threw(error: &EvaluatorError) -> EvaluationError {
    let message = error.message();
    // As recorded on AWS, without the name that the library appends.
    let message = if error.code() == Some("T1006") { "T1006: Attempted to invoke a non-function" } else { message };
    EvaluationError::Threw(message.to_owned())
}
