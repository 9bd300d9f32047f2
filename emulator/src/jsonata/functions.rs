//! Functions that Step Functions adds to JSONata, those that ask for time and chance, and those whose answer could be
//! far larger than their arguments.
//!
//! Each is bound as a JSONata function that checks its arguments and calls a primitive of ours, whose name no
//! expression can write. So it can be passed on like any function, and a variable of the same name hides it.

use std::collections::HashSet;
use std::rc::Rc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use serde_json::Value;

use super::answer;
use super::expression::JsonataExpression;
use super::guard::{COPIED, COPYING, EACH, ENTERED, JOINED, LISTED, MADE, PASSED, PLACES, SPAN, WRITTEN, value_name};
use super::limits::Moment;
use super::pictures::{check_integer, check_picture, check_read, check_time};
use super::searches;
use super::state::{Outcome, State, builtin, failed, number, text};
use super::stopwatch::Clocks;
use crate::digest;
use crate::java::first_fraction;

/// Parts of which items are compared each with every other.
const FEW: usize = 2_000;

type Primitive = fn(&Rc<State>, &[JValue]) -> Outcome;

/// A function: its name, its parameters, and their types in JSONata's notation.
struct Signature {
    name: &'static str,
    parameters: &'static [&'static str],
    types: Option<&'static str>,
    primitive: Primitive,
}

const FUNCTIONS: &[Signature] = &[
    Signature { name: "partition", parameters: &["a", "b"], types: Some("<an?:a>"), primitive: partition },
    Signature { name: "range", parameters: &["a", "b", "c"], types: Some("<nnn?:a>"), primitive: range },
    Signature { name: "hash", parameters: &["a", "b"], types: Some("<ss?:s>"), primitive: hash },
    Signature {
        name: "random",
        parameters: &["a"],
        types: Some("<n?:n>"),
        primitive: |state, arguments| Ok(random(state, arguments)),
    },
    Signature { name: "uuid", parameters: &[], types: None, primitive: |state, _| Ok(uuid(state)) },
    Signature { name: "parse", parameters: &["a"], types: Some("<s-:x>"), primitive: parse },
    Signature { name: "eval", parameters: &["a", "b"], types: None, primitive: |_, _| Err(not_a_function()) },
    Signature { name: "now", parameters: &["a", "b"], types: None, primitive: now },
    Signature { name: "millis", parameters: &[], types: None, primitive: |state, _| Ok(state.millis()) },
    Signature {
        name: "shuffle",
        parameters: &["a"],
        types: Some("<a:a>"),
        primitive: |state, arguments| Ok(shuffle(state, arguments)),
    },
    Signature { name: "append", parameters: &["a", "b"], types: Some("<xx:a>"), primitive: append },
    Signature { name: "distinct", parameters: &["a"], types: Some("<x:x>"), primitive: distinct },
    Signature { name: "pad", parameters: &["a", "b", "c"], types: Some("<s-ns?:s>"), primitive: pad },
    Signature { name: "join", parameters: &["a", "b"], types: Some("<a<s>s?:s>"), primitive: join },
    Signature {
        name: "replace",
        parameters: &["a", "b", "c", "d"],
        types: Some("<s-(sf)(sf)n?:s>"),
        primitive: searches::replace,
    },
    Signature { name: "contains", parameters: &["a", "b"], types: Some("<s-(sf):b>"), primitive: searches::contains },
    Signature {
        name: "match",
        parameters: &["a", "b", "c"],
        types: Some("<s-f<s:o>n?:a<o>>"),
        primitive: searches::matches,
    },
    Signature {
        name: "split",
        parameters: &["a", "b", "c"],
        types: Some("<s-(sf)n?:a<s>>"),
        primitive: searches::split,
    },
    Signature { name: "keys", parameters: &["a"], types: Some("<x-:a<s>>"), primitive: keys },
    // Whoever applies it to the items of a list gives it one argument; calls with two go to the primitive.
    Signature { name: "string", parameters: &["a"], types: Some("<x-:s>"), primitive: string },
    Signature {
        name: "formatInteger",
        parameters: &["a", "b"],
        types: Some("<n-s:s>"),
        primitive: |state, arguments| {
            check_integer(text(arguments, 1), number(arguments, 0)).map_err(failed)?;
            builtin(state, "formatInteger", arguments)
        },
    },
    Signature {
        name: "parseInteger",
        parameters: &["a", "b"],
        types: Some("<s-s:n>"),
        primitive: |state, arguments| {
            check_read(text(arguments, 0)).and_then(|()| check_picture(text(arguments, 1))).map_err(failed)?;
            builtin(state, "parseInteger", arguments)
        },
    },
    Signature {
        name: "formatNumber",
        parameters: &["a", "b", "c"],
        types: Some("<n-so?:s>"),
        primitive: |state, arguments| {
            check_picture(text(arguments, 1)).map_err(failed)?;
            builtin(state, "formatNumber", arguments)
        },
    },
    Signature {
        name: "fromMillis",
        parameters: &["a", "b", "c"],
        types: Some("<n-s?s?:s>"),
        primitive: |state, arguments| {
            check_time(text(arguments, 1)).and_then(|()| check_picture(text(arguments, 2))).map_err(failed)?;
            builtin(state, "fromMillis", arguments)
        },
    },
    Signature {
        name: "toMillis",
        parameters: &["a", "b"],
        types: Some("<s-s?:n>"),
        primitive: |state, arguments| {
            check_read(text(arguments, 0)).and_then(|()| check_time(text(arguments, 1))).map_err(failed)?;
            builtin(state, "toMillis", arguments)
        },
    },
];

impl Signature {
    /// `name!`
    fn primitive_name(&self) -> String {
        format!("{}!", self.name)
    }

    /// `function($a, $b)<…>{ name!($a, $b) }`
    fn lambda(&self) -> AstNode {
        let arguments = self.parameters.iter().map(|name| AstNode::Variable((*name).to_owned())).collect();
        AstNode::Lambda {
            params: self.parameters.iter().map(|name| (*name).to_owned()).collect(),
            body: Box::new(AstNode::Function { name: self.primitive_name(), args: arguments, is_builtin: true }),
            signature: self.types.map(str::to_owned),
            thunk: false,
        }
    }
}

/// What values go through.
const GUARDS: &[(&str, Primitive)] = &[
    (MADE, |state, arguments| {
        let value = arguments.first().unwrap_or(&JValue::Undefined);
        state.sizes.made(value).map(|_| value.clone()).map_err(failed)
    }),
    (ENTERED, |state, arguments| {
        arguments.iter().try_for_each(|value| state.sizes.made(value).map(drop)).map_err(failed)?;
        Ok(JValue::Undefined)
    }),
    (EACH, |state, arguments| {
        let value = arguments.first().unwrap_or(&JValue::Undefined);
        state.sizes.repeated(value).map(|()| value.clone()).map_err(failed)
    }),
    (LISTED, |state, arguments| {
        let value = arguments.first().unwrap_or(&JValue::Undefined);
        state.sizes.listed(value).map(|()| value.clone()).map_err(failed)
    }),
    (JOINED, |state, arguments| {
        let value = arguments.first().unwrap_or(&JValue::Undefined);
        state.sizes.joined(value).map_err(failed)?;
        Ok(value.clone())
    }),
    (PASSED, |state, arguments| {
        arguments.iter().try_for_each(|value| state.sizes.repeated(value)).map_err(failed)?;
        Ok(JValue::Bool(true))
    }),
    (PLACES, |state, arguments| {
        let (places, whole) = (arguments.first(), arguments.get(1));
        let (places, whole) = (places.unwrap_or(&JValue::Undefined), whole.unwrap_or(&JValue::Undefined));
        state.sizes.transformed(places, whole).map(|()| places.clone()).map_err(failed)
    }),
    (COPIED, |state, arguments| {
        state.sizes.copies().charge_value(arguments.first()).map_err(failed)?;
        Ok(arguments.first().cloned().unwrap_or(JValue::Undefined))
    }),
    (WRITTEN, |state, arguments| {
        let value = arguments.first().unwrap_or(&JValue::Undefined);
        state.sizes.written(value, false).map_err(failed)?;
        Ok(value.clone())
    }),
    (SPAN, |state, arguments| {
        state.sizes.copies().charge_span(number(arguments, 0), number(arguments, 1)).map_err(failed)?;
        Ok(arguments.get(1).cloned().unwrap_or(JValue::Undefined))
    }),
];

/// The functions, with the time and the chance that they draw on.
pub(super) struct Functions(Rc<State>);

impl Functions {
    /// Those that look at the time by these clocks.
    pub(super) fn new(moment: Moment, clocks: Clocks) -> Self {
        Self(Rc::new(State::new(moment, clocks, |state, evaluator| {
            Self(Rc::clone(state)).register(evaluator, |_| true)
        })))
    }

    /// The evaluation that they work for.
    pub(super) fn state(&self) -> &State {
        &self.0
    }

    /// Binds those that an expression mentions, unless a variable already has the name.
    pub(super) fn bind(context: &mut Context, expression: &JsonataExpression) {
        for function in FUNCTIONS {
            if expression.mentions(function.name) && context.lookup(function.name).is_none() {
                let lambda = Evaluator::new().evaluate(&function.lambda(), &JValue::Undefined);
                context.bind(function.name.to_owned(), lambda.unwrap_or(JValue::Undefined));
            }
        }
        for &(name, parameters, types) in COPYING {
            if expression.mentions(name) {
                let known = context.lookup(name).cloned();
                let value = known.unwrap_or_else(|| {
                    let lambda =
                        Signature { name, parameters, types, primitive: |_, _| Ok(JValue::Undefined) }.lambda();
                    Evaluator::new().evaluate(&lambda, &JValue::Undefined).unwrap_or(JValue::Undefined)
                });
                context.bind(value_name(name), value);
            }
        }
    }

    /// Registers the primitives of the functions that `is_mentioned`, and what values go through.
    pub(super) fn register(
        &self,
        evaluator: &mut Evaluator,
        is_mentioned: impl Fn(&str) -> bool,
    ) -> Result<(), EvaluatorError> {
        let functions = FUNCTIONS.iter().filter(|function| is_mentioned(function.name));
        let functions = functions.map(|function| (function.primitive_name(), function.primitive));
        let guards = GUARDS.iter().map(|(name, primitive)| ((*name).to_owned(), *primitive));
        functions.chain(guards).try_for_each(|(name, primitive)| {
            let state = Rc::clone(&self.0);
            evaluator.register_fn(name, move |arguments: &[JValue]| {
                state.on_time()?;
                primitive(&state, arguments)
            })
        })?;
        // Those that are passed on: whoever calls them, what they copy is charged.
        COPYING.iter().filter(|(name, ..)| is_mentioned(name)).try_for_each(|&(name, ..)| {
            let state = Rc::clone(&self.0);
            evaluator.register_fn(format!("{name}!"), move |arguments: &[JValue]| {
                state.on_time()?;
                let mut given = arguments.iter();
                given.try_for_each(|it| state.sizes.copies().charge_value(Some(it))).map_err(failed)?;
                builtin(&state, name, arguments)
            })
        })
    }
}

fn not_a_function() -> EvaluatorError {
    failed("T1006: Attempted to invoke a non-function")
}

/// Sizes lose their fractions, none is the whole list, and none are left of nothing (measured on AWS).
fn partition(_: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let items = arguments.first().and_then(JValue::as_array).filter(|items| !items.is_empty());
    let Some(items) = items else { return Ok(JValue::Undefined) };
    let size = number(arguments, 1).map_or(items.len() as f64, f64::trunc);
    if size < 0.0 {
        return Err(failed("D3137: Second argument must be zero or greater"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 0, and casts saturate")]
    let size = size as usize;
    if size == 0 {
        return Ok(JValue::Undefined);
    }
    Ok(JValue::array(items.chunks(size).map(|chunk| JValue::array(chunk.to_vec())).collect()))
}

/// A list of one is that one, as recorded on AWS: the list is a sequence. Fractions are cut off (measured there).
fn range(_: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let whole = |index| number(arguments, index).map(f64::trunc);
    let (Some(first), Some(last), Some(step)) = (whole(0), whole(1), whole(2).filter(|step| *step != 0.0)) else {
        return Ok(JValue::Undefined);
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is out of range is none, or too many"
    )]
    let length = (((last - first) / step).floor() + 1.0) as usize;
    State::fits_in_list(length)?;
    Ok(JValue::sequence((0..length).map(|index| JValue::from_f64(first + index as f64 * step)).collect()))
}

fn hash(_: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let text = |index: usize| arguments.get(index).and_then(JValue::as_str);
    let (Some(data), Some(algorithm)) = (text(0), text(1)) else { return Ok(JValue::Undefined) };
    let digits = digest::digits(algorithm, data.as_bytes());
    digits.map(JValue::string).map_err(|why| failed(format!("D3137: {why}")))
}

/// With a seed the number that Java makes of it (measured on AWS).
fn random(state: &State, arguments: &[JValue]) -> JValue {
    let fraction = match number(arguments, 0) {
        #[expect(clippy::cast_possible_truncation, reason = "what is no long becomes one, as by Java's cast")]
        Some(seed) => first_fraction(seed as i64),
        None => state.randomness().f64(),
    };
    JValue::from_f64(fraction)
}

fn uuid(state: &State) -> JValue {
    let bytes = state.randomness().u128(..).to_be_bytes();
    JValue::string(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

fn parse(_: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let Some(text) = arguments.first().and_then(JValue::as_str) else { return Ok(JValue::Undefined) };
    let value: Value = serde_json::from_str(text).map_err(|error| failed(format!("D3137: Invalid JSON: {error}")))?;
    Ok(answer::to_library(&value))
}

fn now(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let arguments = [&[state.millis()], arguments].concat();
    check_time(text(&arguments, 1)).map_err(failed)?;
    builtin(state, "fromMillis", &arguments)
}

fn shuffle(state: &State, arguments: &[JValue]) -> JValue {
    let Some(items) = arguments.first().and_then(JValue::as_array) else { return JValue::Undefined };
    let mut items = items.clone();
    state.randomness().shuffle(&mut items);
    JValue::array(items)
}

/// The library copies the first list three times.
fn append(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    fn items(value: &JValue) -> &[JValue] {
        if let JValue::Array(items) = value { items.as_slice() } else { std::slice::from_ref(value) }
    }
    match arguments {
        [first, second] if second.is_undefined() => Ok(first.clone()),
        [first, second] if first.is_undefined() => Ok(second.clone()),
        [first, second] => {
            let (first, second) = (items(first), items(second));
            State::fits_in_list(first.len() + second.len())?;
            state.sizes.copies().charge(size_of_val(first) + size_of_val(second)).map_err(failed)?;
            Ok(JValue::array([first, second].concat()))
        }
        _ => builtin(state, "append", arguments),
    }
}

/// The library compares each item with every other, which is too much for a long list.
fn distinct(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let items = match arguments.first() {
        Some(value @ JValue::Array(items)) if state.sizes.made(value).map_err(failed)? > FEW => items,
        _ => return builtin(state, "distinct", arguments),
    };
    let mut seen = HashSet::new();
    let mut distinct = Vec::new();
    for item in items {
        state.on_time()?;
        // Functions have no text, and each is one of its kind.
        if answer::from_library(item).map_or(true, |it| seen.insert(digest::in_order(&it).to_string())) {
            distinct.push(item.clone());
        }
    }
    Ok(if items.sequence { JValue::sequence(distinct) } else { JValue::array(distinct) })
}

/// The library looks each name up among all names before it.
fn keys(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let items = match arguments.first() {
        Some(JValue::Array(items)) => items.as_slice(),
        Some(object @ JValue::Object(_)) => std::slice::from_ref(object),
        _ => return builtin(state, "keys", arguments),
    };
    let objects = items.iter().filter_map(JValue::as_object);
    let mut seen = HashSet::new();
    let names = objects.flat_map(|object| object.keys()).filter(|name| seen.insert(name.as_str()));
    Ok(JValue::sequence(names.map(|name| JValue::string(name.clone())).collect()))
}

fn string(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let indented = match arguments.get(1) {
        None | Some(JValue::Undefined) => None,
        Some(JValue::Bool(indented)) => Some(*indented),
        Some(_) => return builtin(state, "string", arguments),
    };
    let Some(value) = arguments.first().filter(|value| !value.is_undefined()) else { return Ok(JValue::Undefined) };
    state.sizes.written(value, indented == Some(true)).map_err(failed)?;
    Ok(jsonata_core::functions::string::string(value, indented)?)
}

fn pad(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let width = number(arguments, 1).map_or(0.0, f64::abs);
    let filling = text(arguments, 2).len().max(1);
    state.bounded(width * filling as f64)?;
    builtin(state, "pad", arguments)
}

fn join(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let items = arguments.first().and_then(JValue::as_array).map_or(&[][..], Vec::as_slice);
    let separators = items.len() * text(arguments, 1).len();
    let texts: usize = items.iter().filter_map(JValue::as_str).map(str::len).sum();
    state.bounded((separators + texts) as f64)?;
    builtin(state, "join", arguments)
}
