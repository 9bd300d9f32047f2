//! Everything beyond plain calls, rendered by minijinja: filters, sums, `{% if %}`, loops, nested calls.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Object, Rest, Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::context::{Arriving, TemplateContext, TemplateError};
use super::data::{Cell, Data, DataRow, Order};
use super::expression::{find_column, find_table, unset};
use super::functions::{self, FUNCTIONS, MOST_DIGITS, write_escaped};
use crate::mistake::Mistake;
use crate::random::Random;

/// Steps of the interpreter that a part of a body may take.
const FUEL: u64 = 100_000;

/// Most bytes that a part of a body may have: what API Gateway takes.
const LONGEST: usize = 10 << 20;

/// Arrivals for which a template is rendered when it is read, so that mistakes show then and not in a run.
const TRIALS: u64 = 32;

/// Filters that a misspelt one may be meant as.
const FILTERS: [&str; 38] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "count",
    "default",
    "dictsort",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "replace",
    "reverse",
    "round",
    "select",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "upper",
];

/// The hidden name under which functions find what they draw from.
const DRAWING: &str = " drawing";

/// A part of a body that minijinja renders: a value, or a text within a JSON string.
#[derive(Clone)]
pub(crate) struct Rendered {
    environment: Arc<Environment<'static>>,
    /// Whether a value is written as JSON; else a text, to stand between quotes.
    alone: bool,
    /// What `env()` has given so far.
    given: Given,
}

impl Rendered {
    /// Reads a template. One that is nothing but one `{{ expression }}` yields the expression's value.
    ///
    /// # Errors
    /// What is wrong with it, also where that shows only when it is rendered.
    pub(super) fn read(text: &str, around: &TemplateContext<'_>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true);
        let inner = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
        let inner = inner.map(|inner| inner.trim_start_matches('-').trim_end_matches('-'));
        let alone = inner.is_some_and(|inner| environment.compile_expression_owned(inner.to_owned()).is_ok());
        let escape = if alone { AutoEscape::Json } else { AutoEscape::None };
        environment.set_auto_escape_callback(move |_| escape.clone());
        environment.set_formatter(|out, state, value| {
            if matches!(state.auto_escape(), AutoEscape::Json) {
                write_json(out, value)
            } else {
                write_text(out, value)
            }
        });
        let given = Given::default();
        add_functions(&mut environment, around, &given);
        environment.add_template_owned("part", text.to_owned()).map_err(|error| explain(text, &error, &given))?;
        if let Some(unknown) = unknown_name(&environment) {
            return Err(unknown);
        }
        let mut rendered = Self { environment: Arc::new(environment), alone, given };
        let unique = around.tables.iter().filter(|table| table.order == Order::Unique).map(|table| table.rows());
        for k in 0..unique.min().unwrap_or(TRIALS).min(TRIALS) {
            let arriving = Arriving { k, seed: Random::from_seed(k).next_u64(), unix_ms: 0 };
            let trial = rendered.try_render(&arriving, Random::from_seed(arriving.seed));
            trial.map_err(|error| explain(text, &error, &rendered.given))?;
        }
        if let Some(environment) = Arc::get_mut(&mut rendered.environment) {
            environment.set_debug(false);
        }
        Ok(rendered)
    }

    /// What `env()` has given so far.
    pub(super) fn variables(&self) -> Vec<String> {
        self.given.all().iter().cloned().collect()
    }

    /// Whether it is a whole JSON value.
    pub(super) const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Writes it.
    ///
    /// # Errors
    /// It cannot be rendered for this arrival: in words.
    pub(super) fn write(&self, arriving: &Arriving, random: &mut Random, out: &mut Vec<u8>) -> Result<(), Mistake> {
        let rendered = self.try_render(arriving, random.clone());
        let (text, after) = rendered.map_err(|error| Mistake::other(say(&error, &self.given)))?;
        *random = after;
        if self.alone {
            out.extend_from_slice(text.as_bytes());
        } else {
            write_escaped(&text, out);
        }
        Ok(())
    }

    fn try_render(&self, arriving: &Arriving, random: Random) -> Result<(String, Random), Error> {
        let drawing = Arc::new(Drawing { arriving: *arriving, random: Mutex::new(random) });
        let text = self.environment.get_template("part")?.render(Value::from_dyn_object(Arc::clone(&drawing)))?;
        if text.len() > LONGEST {
            return Err(refuse(format!("it is longer than {LONGEST} bytes")));
        }
        let after = drawing.random.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok((text, after))
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("alone", &self.alone).finish_non_exhaustive()
    }
}

/// What `env()` has given: secrets, perhaps, which no error repeats.
#[derive(Debug, Clone, Default)]
struct Given(Arc<Mutex<BTreeSet<String>>>);

impl Given {
    fn all(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hidden(&self, text: &str) -> String {
        let given = self.all();
        given.iter().filter(|value| !value.is_empty()).fold(text.to_owned(), |text, value| text.replace(value, "…"))
    }
}

/// What functions draw from while one body is rendered. As the context of a template it has one hidden name: itself.
#[derive(Debug)]
struct Drawing {
    arriving: Arriving,
    random: Mutex<Random>,
}

impl Object for Drawing {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some(DRAWING)).then(|| Value::from_dyn_object(Arc::clone(self)))
    }
}

/// Lets a function draw.
fn draw<T>(state: &State<'_, '_>, how: impl FnOnce(&Arriving, &mut Random) -> T) -> Result<T, Error> {
    let drawing = state.lookup(DRAWING);
    let drawing = drawing.as_ref().and_then(Value::downcast_object_ref::<Drawing>);
    let drawing = drawing.ok_or_else(|| refuse("nothing can be drawn here"))?;
    let mut random = drawing.random.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(how(&drawing.arriving, &mut random))
}

fn refuse(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

fn add_functions(environment: &mut Environment<'static>, around: &TemplateContext<'_>, given: &Given) {
    environment
        .add_function("uuid", |state: &State<'_, '_>| written(state, |_, random, out| functions::uuid(random, out)));
    environment.add_function("now", |state: &State<'_, '_>| {
        written(state, |arriving, _, out| functions::now(arriving.unix_ms, out))
    });
    environment.add_function("seq", |state: &State<'_, '_>| draw(state, |arriving, _| arriving.k));
    environment.add_function("int", |state: &State<'_, '_>, low: i64, high: i64| {
        if low > high {
            return Err(refuse(format!("int({low}, {high}) has its ends in the wrong order")));
        }
        draw(state, |_, random| functions::int(low, high, random))
    });
    environment.add_function("float", |state: &State<'_, '_>, low: f64, high: f64| {
        if !functions::is_span(low, high) {
            return Err(refuse("float(low, high) needs a low end below the high one, both from -1e15 to 1e15"));
        }
        draw(state, |_, random| functions::float(low, high, random))
    });
    environment.add_function("hex", |state: &State<'_, '_>, digits: usize| {
        if digits > MOST_DIGITS {
            return Err(refuse(format!("hex gives at most {MOST_DIGITS} digits")));
        }
        written(state, |_, random, out| functions::hex(digits, random, out))
    });
    environment.add_function("choice", |state: &State<'_, '_>, of: Rest<Value>| {
        // One list is as good as its items.
        let items: Vec<Value> = match of.as_slice() {
            [list] if list.kind() == ValueKind::Seq => list.try_iter()?.collect(),
            items => items.to_vec(),
        };
        if items.is_empty() {
            return Err(refuse("choice needs something to choose from"));
        }
        draw(state, |_, random| items[functions::choice(items.len(), random)].clone())
    });
    let variable = around.variable;
    let given = given.clone();
    environment.add_function("env", move |name: &str| {
        let value = variable(name).ok_or_else(|| refuse(unset(name)))?;
        if !given.all().contains(&value) {
            given.all().insert(value.clone());
        }
        Ok(value)
    });
    let tables = around.tables.to_vec();
    environment.add_function("data", move |state: &State<'_, '_>, table: &str, column: Option<&str>| {
        let table = find_table(table, &tables).map_err(|e| refuse(e.to_string()))?;
        let column = column.map(|column| find_column(table, column)).transpose().map_err(|e| refuse(e.to_string()))?;
        let looked = draw(state, |arriving, _| {
            table.look(arriving.k, arriving.seed, |row| match column {
                Some(column) => json(row.get(column)).map(|json| Value::from(Serde(json))),
                None => whole(table, row),
            })
        });
        looked?.map_err(|e| refuse(e.to_string()))?
    });
}

/// A function that writes its value.
fn written(state: &State<'_, '_>, write: impl FnOnce(&Arriving, &mut Random, &mut Vec<u8>)) -> Result<String, Error> {
    draw(state, |arriving, random| {
        let mut out = Vec::new();
        write(arriving, random, &mut out);
        String::from_utf8(out).expect("functions write text")
    })
}

fn json(cell: Cell<'_>) -> Result<serde_json::Value, Error> {
    match cell {
        Cell::Text(text) => Ok(text.into()),
        Cell::Json(json) => serde_json::from_str(json).map_err(|e| refuse(e.to_string())),
    }
}

/// A row with all its columns.
fn whole(table: &Data, row: DataRow<'_>) -> Result<Value, Error> {
    let columns = table.columns().iter().enumerate();
    let cells = columns.map(|(index, name)| Ok((name.clone(), json(row.get(index))?)));
    cells.collect::<Result<serde_json::Map<_, _>, Error>>().map(|json| Value::from(Serde(json)))
}

fn write_json(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Number => write_number(out, value),
        _ => {
            let json = serde_json::to_string(value).map_err(|e| refuse(format!("it is not JSON: {e}")))?;
            out.write_str(&json).map_err(Error::from)
        }
    }
}

/// Within a text, what is no text itself stands as its JSON.
fn write_text(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => out.write_str(text).map_err(Error::from),
        None => write_json(out, value),
    }
}

fn write_number(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    if value.is_integer() {
        return write!(out, "{value}").map_err(Error::from);
    }
    let number = f64::try_from(value.clone())?;
    if !number.is_finite() {
        return Err(refuse(format!("{number} is not a number in JSON")));
    }
    write!(out, "{number}").map_err(Error::from)
}

/// A name in the template that nothing has: a misspelt function, most likely.
fn unknown_name(environment: &Environment<'_>) -> Option<TemplateError> {
    let template = environment.get_template("part").ok()?;
    let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| environment.globals().all(|(known, _)| known != name));
    unknown.sort();
    let name = unknown.into_iter().next()?;
    let names = FUNCTIONS.map(|(name, _)| name);
    let called = template.source().split(name.as_str()).skip(1).any(|after| after.trim_start().starts_with('('));
    let what = if called { "function" } else { "name" };
    let help = match crate::spelling::nearest(&name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the functions are {}", names.join(", ")),
    };
    Some(TemplateError { mistake: Mistake::usage(format!("unknown {what} `{name}`")).with_help(help), text: name })
}

/// An error of minijinja as ours: the text it is about, what is wrong, and what to do.
fn explain(template: &str, error: &Error, given: &Given) -> TemplateError {
    let place = error.range().and_then(|range| template.get(range)).map(str::trim).filter(|text| !text.is_empty());
    // "filter uper is unknown"
    let misspelt = error.detail().and_then(|detail| detail.split_whitespace().nth(1)).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::UnknownFilter => format!("unknown filter `{misspelt}`"),
        ErrorKind::UnknownTest => format!("unknown test `{misspelt}`"),
        _ => say(error, given),
    };
    let help = match error.kind() {
        ErrorKind::UnknownFilter => Some(match crate::spelling::nearest(misspelt, &FILTERS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("some filters are {}", FILTERS.join(", ")),
        }),
        ErrorKind::OutOfFuel => Some(format!("a part of a body may take {FUEL} steps")),
        _ => None,
    };
    let mistake = Mistake { help, ..Mistake::usage(message) };
    TemplateError { text: place.unwrap_or(template).to_owned(), mistake }
}

/// The error in one line, without the place, which is said elsewhere.
fn say(error: &Error, given: &Given) -> String {
    let said = match error.detail() {
        Some(detail) if error.kind() == ErrorKind::InvalidOperation => detail.to_owned(),
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    given.hidden(&said)
}
