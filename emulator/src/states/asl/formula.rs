//! JSONata expressions in a definition: `{% … %}`.

use std::sync::Arc;

use serde_json::Value;

use super::path::Scope;
use super::place::Place;
use super::unfilled::Unfilled;
use crate::jsonata::{EvaluationError, JsonataExpression};

/// Units of work that an expression costs at least. What it does is bounded by its own limits.
const EVALUATION: usize = 10_000;

/// An expression, with the place that errors name.
#[derive(Debug, Clone)]
pub(crate) struct Formula {
    place: Place,
    expression: Arc<JsonataExpression>,
}

/// The members of `$states` that a field may read besides `input` and `context` (developer guide, "Reserved variable:
/// $states").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reach {
    /// `$states.result`: after a Task, Parallel or Map has succeeded.
    pub(crate) result: bool,
    /// `$states.errorOutput`: in a catcher.
    pub(crate) error_output: bool,
}

impl Formula {
    /// The expression that a text is; `None` for a text without `{%` and `%}` around it.
    pub(crate) fn parse(place: &Place, text: &str, reach: Reach) -> Result<Option<Self>, String> {
        let Some(inner) = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}")) else { return Ok(None) };
        let expression = JsonataExpression::parse_for_states(inner).map_err(|why| format!("`{text}`: {why}"))?;
        for (member, reachable) in [("result", reach.result), ("errorOutput", reach.error_output)] {
            if expression.reads_member(member) && !reachable {
                return Err(format!("`{text}`: `$states.{member}` is not there in `{place}`"));
            }
        }
        Ok(Some(Self { place: place.clone(), expression: Arc::new(expression) }))
    }

    /// Where it stands: a field of the state, or what is below one.
    pub(crate) fn field(&self) -> String {
        self.place.to_string()
    }

    /// Its value.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Unfilled> {
        let evaluation = scope.evaluation.expect("states with expressions are given what expressions see");
        scope.budget.work(EVALUATION)?;
        evaluation.evaluate(&self.expression).map_err(|why| match why {
            EvaluationError::Undefined => self.failed("returned nothing (undefined)."),
            EvaluationError::Unsupported => self.failed("returned an unsupported result type."),
            EvaluationError::Threw(why) => self.failed(&format!("threw an error during evaluation. {why}")),
        })
    }

    /// A value of the wrong type; `plain` says it in words of our own.
    pub(crate) fn unexpected(&self, wanted: &str, value: &Value, plain: bool) -> Unfilled {
        let found = type_name(value);
        if found == wanted {
            // Of the right type, and still nothing that the field can take; AWS's words are not known.
            let needed =
                if self.field().ends_with("Percentage") { "a number from 0 to 100" } else { "a whole number from 0" };
            return self.failed(&format!("must give {needed}, not {value}."));
        }
        if plain {
            return self.failed(&format!("must give a {wanted}, not a {found}."));
        }
        self.failed(&format!(
            "returned an unexpected result type. Expected '{wanted}', but was '{found}' for value: {value}"
        ))
    }

    fn failed(&self, why: &str) -> Unfilled {
        let (text, field) = (self.expression.text(), self.field());
        let why = format!("The JSONata expression '{text}' specified for the field '{field}' {why}");
        Unfilled::Query { location: Some(field), why }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
