//! Payload templates: `Parameters`, `ResultSelector`, `ItemSelector`, `Assign` with JSONPath; `Arguments`, `Output`,
//! `ItemSelector`, `Assign` with JSONata.

use serde_json::Value;

use super::formula::{Formula, Reach};
use super::intrinsic::{Call, Randomness};
use super::path::{Scope, StatePath};
use super::place::Place;
use super::unfilled::Unfilled;
use crate::document::{Kind, LoadError, Node, read_each};
use crate::jsonpath::hold;

/// JSON of which some parts are filled in.
#[derive(Debug, Clone)]
pub(crate) enum PayloadTemplate {
    /// As written.
    Literal(Value),
    /// Fields in order.
    Object(Vec<(String, PayloadTemplate)>),
    /// Elements in order.
    Array(Vec<PayloadTemplate>),
    /// A path; its field is kept for messages.
    Select { field: String, source: Box<StatePath> },
    /// An intrinsic function; its field is kept for messages.
    Call { field: String, call: Call },
    /// A JSONata expression.
    Evaluate(Formula),
}

impl PayloadTemplate {
    /// Reads a JSONPath template, in which fields ending in `.$` are filled in.
    pub(crate) fn load(node: &Node) -> Result<Self, LoadError> {
        match &node.kind {
            Kind::Map(entries) => {
                let mut fields = Vec::with_capacity(entries.len());
                for entry in entries {
                    match entry.key.strip_suffix(".$") {
                        Some(key) => {
                            let text = entry.value.expect_str(&format!("`{}`", entry.key))?;
                            let filled = Self::parse(&entry.key, text)
                                .map_err(|message| LoadError::at(&entry.value.position, message))?;
                            fields.push((key.to_owned(), filled));
                        }
                        None => fields.push((entry.key.clone(), Self::load(&entry.value)?)),
                    }
                }
                Ok(Self::Object(fields))
            }
            Kind::List(items) => read_each(items.iter(), Self::load).map(Self::Array),
            _ => Ok(Self::Literal(node.to_json())),
        }
    }

    /// Reads a JSONata template, in which texts in `{% … %}` are filled in.
    pub(super) fn load_jsonata(place: &Place, node: &Node, reach: Reach) -> Result<Self, LoadError> {
        match &node.kind {
            Kind::Map(entries) => {
                let mut fields = Vec::with_capacity(entries.len());
                for entry in entries {
                    let loaded = Self::load_jsonata(&place.member(&entry.key), &entry.value, reach)?;
                    fields.push((entry.key.clone(), loaded));
                }
                Ok(Self::Object(fields))
            }
            Kind::List(items) => {
                let load = |(index, item)| Self::load_jsonata(&place.item(index), item, reach);
                read_each(items.iter().enumerate(), load).map(Self::Array)
            }
            _ => {
                let value = node.to_json();
                let formula = match &value {
                    Value::String(text) => {
                        Formula::parse(place, text, reach).map_err(|why| LoadError::at(&node.position, why))?
                    }
                    _ => None,
                };
                Ok(formula.map_or(Self::Literal(value), Self::Evaluate))
            }
        }
    }

    /// Reads what stands in a field ending in `.$`: a path or an intrinsic function.
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self, String> {
        let field = field.to_owned();
        if text.starts_with("States.") {
            return Call::parse(text).map(|call| Self::Call { field, call });
        }
        Ok(Self::Select { field, source: Box::new(StatePath::parse(text)?) })
    }

    /// The variables that it reads by paths.
    pub(crate) fn variables(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) | Self::Evaluate(_) => Vec::new(),
            Self::Object(fields) => fields.iter().flat_map(|(_, field)| field.variables()).collect(),
            Self::Array(items) => items.iter().flat_map(Self::variables).collect(),
            Self::Select { source, .. } => source.variable().into_iter().collect(),
            Self::Call { call, .. } => call.variables(),
        }
    }

    /// The JSON that it makes.
    pub(crate) fn fill(&self, scope: &Scope<'_>, randomness: &mut Randomness) -> Result<Value, Unfilled> {
        match self {
            Self::Literal(value) => {
                hold(value, scope.budget)?;
                Ok(value.clone())
            }
            Self::Object(fields) => fields
                .iter()
                .map(|(key, field)| Ok((key.clone(), field.fill(scope, randomness)?)))
                .collect::<Result<serde_json::Map<_, _>, _>>()
                .map(Value::Object),
            Self::Array(items) => items.iter().map(|item| item.fill(scope, randomness)).collect(),
            Self::Select { field, source } => source
                .select(scope)?
                .ok_or_else(|| Unfilled::Path { field: field.clone(), path: source.as_str().to_owned() }),
            Self::Call { field, call } => call.apply(field, scope, randomness),
            Self::Evaluate(formula) => formula.evaluate(scope),
        }
    }
}
