//! A body with its constant parts rendered beforehand.

use std::sync::Arc;

use super::context::{Arriving, TemplateContext, TemplateError, Variable};
use super::data::Data;
use super::expression::{Expression, Reading};
use super::rendered::Rendered;
use crate::mistake::Mistake;
use crate::random::Random;

/// A body: constant bytes, plain calls, and what minijinja renders, in turn.
///
/// ```
/// use stepgate_loadgen::payload::{Arriving, Template};
///
/// let template = Template::json(&serde_json::json!({"n": "{{ seq() }}", "who": "user-{{ int(7, 7) }}"})).unwrap();
/// let mut body = Vec::new();
/// template.render(&Arriving { k: 3, seed: 42, unix_ms: 0 }, &mut body).unwrap();
/// assert_eq!(body, br#"{"n":3,"who":"user-7"}"#);
/// ```
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    parts: Vec<Segment>,
    /// The tables that it takes rows of.
    tables: Vec<Arc<Data>>,
}

#[derive(Debug, Clone)]
enum Segment {
    Constant(Vec<u8>),
    Expression(Expression),
    Rendered(Rendered),
}

impl Template {
    /// A template of JSON whose strings may hold `{{ expressions }}` and whatever else minijinja knows. A string that is
    /// nothing but one expression becomes its value: `"{{ int(1, 6) }}"` a number, not a text with digits in it.
    ///
    /// # Errors
    /// The first expression that is wrong.
    pub fn json(value: &serde_json::Value) -> Result<Self, TemplateError> {
        Self::within(value, &TemplateContext::default())
    }

    /// The same, with an environment and tables.
    ///
    /// # Errors
    /// The first expression that is wrong.
    pub fn within(value: &serde_json::Value, around: &TemplateContext<'_>) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        push_value(value, around, &mut parts)?;
        let source = value.to_string();
        // Names may be put together as the template is rendered: a table whose name stands in it belongs to it.
        let named =
            |table: &&Arc<Data>| ["\\\"", "'"].iter().any(|q| source.contains(&format!("{q}{}{q}", table.name)));
        let tables = around.tables.iter().filter(named).cloned().collect();
        Ok(Self { source, parts, tables })
    }

    /// A body as it is, whatever it holds.
    #[must_use]
    pub fn constant(body: &str) -> Self {
        Self { source: body.into(), parts: vec![Segment::Constant(body.as_bytes().to_vec())], tables: Vec::new() }
    }

    /// The template as compact JSON, for the digest.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The body, when it is the same for every arrival.
    #[must_use]
    pub(crate) fn as_constant(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [Segment::Constant(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// The tables that it takes rows of.
    pub fn tables(&self) -> impl Iterator<Item = &Data> {
        self.tables.iter().map(|table| &**table)
    }

    /// What `env()` has given so far. It may be secret.
    #[must_use]
    pub(crate) fn variables(&self) -> Vec<String> {
        let given = |part: &Segment| match part {
            Segment::Expression(Expression::Env(value)) => vec![value.clone()],
            Segment::Rendered(rendered) => rendered.variables(),
            Segment::Constant(_) | Segment::Expression(_) => Vec::new(),
        };
        self.parts.iter().flat_map(given).collect()
    }

    /// Appends the body of an arrival.
    ///
    /// # Errors
    /// It cannot be made for this arrival, as when a table has no row left: in words.
    pub fn render(&self, arriving: &Arriving, out: &mut Vec<u8>) -> Result<(), Mistake> {
        let mut random = Random::from_seed(arriving.seed);
        for part in &self.parts {
            match part {
                Segment::Constant(bytes) => out.extend_from_slice(bytes),
                Segment::Expression(expression) => expression.write(arriving, &mut random, out)?,
                Segment::Rendered(rendered) => rendered.write(arriving, &mut random, out)?,
            }
        }
        Ok(())
    }
}

fn push_value(
    value: &serde_json::Value,
    around: &TemplateContext<'_>,
    parts: &mut Vec<Segment>,
) -> Result<(), TemplateError> {
    use serde_json::Value;
    match value {
        Value::String(text) => push_string(text, around, parts)?,
        Value::Array(items) => {
            push_bytes(b"[", parts);
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    push_bytes(b",", parts);
                }
                push_value(item, around, parts)?;
            }
            push_bytes(b"]", parts);
        }
        Value::Object(members) => {
            push_bytes(b"{", parts);
            for (i, (key, member)) in members.iter().enumerate() {
                if i > 0 {
                    push_bytes(b",", parts);
                }
                if is_template(key) {
                    let mistake = Mistake::usage("this key holds a template, but keys are sent as they are")
                        .with_help("write the key in full: templates are read in values only");
                    return Err(TemplateError { text: key.clone(), mistake });
                }
                push_bytes(Value::String(key.clone()).to_string().as_bytes(), parts);
                push_bytes(b":", parts);
                push_value(member, around, parts)?;
            }
            push_bytes(b"}", parts);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => push_bytes(value.to_string().as_bytes(), parts),
    }
    Ok(())
}

/// Whether a text would be read as a template where templates are read.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// A text that is the same for every request: `{{ env("NAME") }}` in it becomes the variable's value, which is added to
/// `given`.
pub(crate) fn constant_text(text: &str, variable: Variable, given: &mut Vec<String>) -> Result<String, TemplateError> {
    let wrong = |part: &str, mistake| TemplateError { text: part.trim().into(), mistake };
    let only = || Mistake::usage("this text takes env(\"NAME\") between {{ and }}, and no other template");
    if text.contains("{%") {
        return Err(wrong(text, only()));
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inner, after)) = after.split_once("}}") else {
            return Err(wrong(text, unclosed()));
        };
        let around = TemplateContext { variable, tables: &[] };
        match Expression::read(inner, &around) {
            Reading::Plain(Expression::Env(value)) => {
                out.extend([before, &value]);
                given.push(value);
            }
            Reading::Wrong(mistake) => return Err(wrong(inner, mistake)),
            Reading::Plain(_) | Reading::Other => return Err(wrong(inner, only())),
        }
        rest = after;
    }
    Ok(out + rest)
}

fn push_string(text: &str, around: &TemplateContext<'_>, parts: &mut Vec<Segment>) -> Result<(), TemplateError> {
    let pieces = match plain(text, around)? {
        Some(pieces) => pieces,
        None => vec![Segment::Rendered(Rendered::read(text, around)?)],
    };
    let bare = match pieces.as_slice() {
        [Segment::Expression(Expression::Data { .. })] => true,
        [Segment::Expression(expression)] => expression.is_number(),
        [Segment::Rendered(rendered)] => rendered.is_alone(),
        _ => false,
    };
    let quote: &[u8] = if bare { b"" } else { b"\"" };
    push_bytes(quote, parts);
    for piece in pieces {
        match piece {
            Segment::Constant(bytes) => push_bytes(&bytes, parts),
            Segment::Expression(Expression::Data { table, column, .. }) => {
                parts.push(Segment::Expression(Expression::Data { table, column, alone: bare }));
            }
            drawn => parts.push(drawn),
        }
    }
    push_bytes(quote, parts);
    Ok(())
}

/// The constant parts and plain calls that a text consists of; `None` if there is more to it.
fn plain(text: &str, around: &TemplateContext<'_>) -> Result<Option<Vec<Segment>>, TemplateError> {
    if text.contains("{%") || text.contains("{#") {
        return Ok(None);
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let wrong = |text: &str, mistake| TemplateError { text: text.trim().into(), mistake };
        let close = rest[open..].find("}}").map(|i| open + i);
        let close = close.ok_or_else(|| wrong(text, unclosed()))?;
        let inner = &rest[open + 2..close];
        let expression = match Expression::read(inner, around) {
            Reading::Plain(expression) => expression,
            Reading::Wrong(mistake) => return Err(wrong(inner, mistake)),
            Reading::Other => return Ok(None),
        };
        if open > 0 {
            pieces.push(Segment::Constant(escaped(&rest[..open])));
        }
        pieces.push(Segment::Expression(expression));
        rest = &rest[close + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Segment::Constant(escaped(rest)));
    }
    Ok(Some(pieces))
}

fn unclosed() -> Mistake {
    Mistake::usage("`{{` without its `}}`")
}

fn escaped(text: &str) -> Vec<u8> {
    let quoted = serde_json::Value::String(text.into()).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

/// Constant bytes join those before them.
fn push_bytes(bytes: &[u8], parts: &mut Vec<Segment>) {
    match parts.last_mut() {
        Some(Segment::Constant(constant)) => constant.extend_from_slice(bytes),
        _ if bytes.is_empty() => {}
        _ => parts.push(Segment::Constant(bytes.to_vec())),
    }
}

#[cfg(test)]
mod tests;
