//! An evaluation under way: what it has made and looked for, how long it may still go on, and how it calls the library.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;
use std::time::Duration;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::value::JValue;

use super::limits::{MAX_LIST, MAX_PATIENCE, Moment, limits_within};
use super::patterns::Patterns;
use super::sizes::{Copies, Sizes};
use super::stopwatch::{Clocks, Stopwatch};

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
    /// What the expression is given.
    watch: Stopwatch,
    /// What the outermost is given by the machine's clock.
    patience: Cell<Duration>,
    /// The randomness and the copies with which the expression began.
    begun_with: RefCell<(fastrand::Rng, Copies)>,
}

impl State {
    /// Nothing is under way yet. `register` has an evaluator know our primitives.
    pub(super) fn new(moment: Moment, clocks: Clocks, register: Register) -> Self {
        let randomness = fastrand::Rng::with_seed(moment.seed);
        Self {
            moment,
            begun_with: RefCell::new((randomness.clone(), Copies::default())),
            randomness: RefCell::new(randomness),
            sizes: Sizes::default(),
            patterns: Patterns::default(),
            register,
            nested: Cell::default(),
            watch: Stopwatch::new(clocks),
            patience: Cell::default(),
        }
    }

    /// Another expression begins, which is given so much time.
    pub(super) fn begin(&self, time: Duration) {
        *self.begun_with.borrow_mut() = (self.randomness().clone(), self.sizes.copies().clone());
        self.watch.start(time);
        self.attempt(time);
    }

    /// Begins anew where the library ran out of time and the expression did not, since others keep the machine busy: with as
    /// much patience as what is left of its time takes on a machine that is as busy as it was. Whether there is
    /// time left, and patience.
    pub(super) fn begin_again(&self) -> bool {
        let (patience, left) = (self.patience.get(), self.watch.left());
        let spent = self.watch.given().saturating_sub(left);
        let share = left.as_secs_f64() / spent.as_secs_f64();
        // Nothing spent is infinitely more patience.
        let longer = Duration::try_from_secs_f64(patience.as_secs_f64() * share).unwrap_or(MAX_PATIENCE);
        let (randomness, copies) = &*self.begun_with.borrow();
        *self.randomness.borrow_mut() = randomness.clone();
        self.sizes.copies().set(copies);
        self.attempt(longer.min(MAX_PATIENCE));
        !left.is_zero() && patience < MAX_PATIENCE
    }

    fn attempt(&self, patience: Duration) {
        self.sizes.begin();
        self.nested.set(0);
        self.patience.set(patience);
    }

    /// What the library is given by the machine's clock.
    pub(super) fn patience(&self) -> Duration {
        self.patience.get()
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

    /// Whether a list may have so many items.
    pub(super) fn fits_in_list(length: usize) -> Result<(), EvaluatorError> {
        if length > MAX_LIST {
            return Err(failed(format!("D2015: the list would have more than {MAX_LIST} items")));
        }
        Ok(())
    }

    /// Whether there is time left: asked between the steps of what the library would do in one go.
    pub(super) fn on_time(&self) -> Result<(), EvaluatorError> {
        if self.watch.is_over() {
            let milliseconds = self.watch.given().as_millis();
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
    let mut evaluator = Evaluator::with_options(context, limits_within(state.patience() / 2_u32.pow(nested + 1)));
    // Only what is called there can call others.
    if arguments.iter().any(JValue::is_function) {
        (state.register)(state, &mut evaluator)?;
    }
    state.nested.set(nested + 1);
    let outcome = evaluator.evaluate(&call, &JValue::Undefined);
    state.nested.set(nested);
    outcome
}
