//! An evaluation under way: what it has made and looked for, how long it may still go on, and how it calls the library.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;
use std::time::Duration;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::value::JValue;

use super::limits::{Moment, limits_within};
use super::patterns::Patterns;
use super::sizes::Sizes;

/// Longest string that `$pad`, `$replace` and `$join` make, in bytes.
const MAX_STRING: usize = 8 * 1024 * 1024;

/// Deepest call of the library by a function that the library calls.
const MAX_NESTED: u32 = 8;

pub(super) type Outcome = Result<JValue, EvaluatorError>;
type Register = fn(&Rc<State>, &mut Evaluator) -> Result<(), EvaluatorError>;

/// What the functions of an evaluation share.
pub(super) struct State {
    moment: Moment,
    randomness: RefCell<fastrand::Rng>,
    pub(super) sizes: Sizes,
    pub(super) patterns: Patterns,
    register: Register,
    /// Evaluations within each other that a replacement has begun.
    nested: Cell<u32>,
    /// What the outermost was given.
    time: Cell<Duration>,
    /// Only goes forward.
    clock: fn() -> Duration,
    /// When that is over, by the clock.
    until: Cell<Duration>,
}

impl State {
    /// Nothing is under way yet; time goes by that clock. `register` has an evaluator know our primitives.
    pub(super) fn new(moment: Moment, clock: fn() -> Duration, register: Register) -> Self {
        Self {
            moment,
            randomness: RefCell::new(fastrand::Rng::with_seed(moment.seed)),
            sizes: Sizes::default(),
            patterns: Patterns::default(),
            register,
            nested: Cell::default(),
            time: Cell::default(),
            clock,
            until: Cell::default(),
        }
    }

    /// Another expression begins, which is given so much time.
    pub(super) fn begin(&self, time: Duration) {
        self.sizes.begin();
        self.time.set(time);
        self.until.set((self.clock)().saturating_add(time));
        self.nested.set(0);
    }

    /// `$millis()`
    pub(super) fn millis(&self) -> JValue {
        JValue::from_f64(self.moment.now.as_millis() as f64)
    }

    /// What `$random` draws from.
    pub(super) fn randomness(&self) -> RefMut<'_, fastrand::Rng> {
        self.randomness.borrow_mut()
    }

    /// A string that long is about to be made.
    pub(super) fn bounded(&self, length: f64) -> Result<(), EvaluatorError> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate")]
        let length = length as usize;
        Self::fits(length)?;
        self.sizes.copies().charge(length).map_err(failed)
    }

    /// Whether a string may be that long.
    pub(super) fn fits(length: usize) -> Result<(), EvaluatorError> {
        if length > MAX_STRING {
            return Err(failed(format!("the string could become longer than {MAX_STRING} bytes")));
        }
        Ok(())
    }

    /// Whether there is time left: asked between the steps of what the library would do in one go.
    pub(super) fn on_time(&self) -> Result<(), EvaluatorError> {
        if (self.clock)() > self.until.get() {
            let milliseconds = self.time.get().as_millis();
            return Err(failed(format!("D1012: Evaluation timeout after {milliseconds} milliseconds")));
        }
        Ok(())
    }
}

pub(super) fn failed(message: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(message.into())
}

fn is_given(argument: Option<&JValue>) -> bool {
    argument.is_some_and(|argument| !argument.is_undefined())
}

pub(super) fn number(arguments: &[JValue], at: usize) -> Option<f64> {
    arguments.get(at)?.as_f64()
}

pub(super) fn text(arguments: &[JValue], at: usize) -> &str {
    arguments.get(at).and_then(JValue::as_str).unwrap_or_default()
}

/// Calls the library's own function.
pub(super) fn builtin(state: &Rc<State>, name: &str, arguments: &[JValue]) -> Outcome {
    let given = arguments.iter().rposition(|argument| is_given(Some(argument))).map_or(0, |last| last + 1);
    // Nothing, written as the first argument, is one all the same.
    let given = given.max(usize::from(!arguments.is_empty()));
    let mut context = Context::new();
    let mut names = Vec::with_capacity(given);
    for (index, argument) in arguments[..given].iter().enumerate() {
        let name = format!("argument{index}");
        context.bind(name.clone(), argument.clone());
        names.push(AstNode::Variable(name));
    }
    let call = AstNode::Function { name: name.to_owned(), args: names, is_builtin: true };
    // A replacement may be a function that calls ours, and so on. Each level is given half the time of the one around it, so
    // that all of them together have twice the time of the outermost.
    let nested = state.nested.get();
    if nested == MAX_NESTED {
        return Err(failed("D1011: Stack overflow error: functions call each other in too many replacements"));
    }
    let mut evaluator = Evaluator::with_options(context, limits_within(state.time.get() / 2_u32.pow(nested + 1)));
    // Only what is called there can call others.
    if arguments.iter().any(JValue::is_function) {
        (state.register)(state, &mut evaluator)?;
    }
    state.nested.set(nested + 1);
    let outcome = evaluator.evaluate(&call, &JValue::Undefined);
    state.nested.set(nested);
    outcome
}
