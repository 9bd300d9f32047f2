//! Parameter mappings, compiled.

use super::exchange::Exchange;
use crate::deployment::Parameter;
use crate::document::LoadError;
use crate::jsonpath::{Path, Scalar, Tree};
use crate::vtl::{Context, Group};

/// A mapping: a name and where its value comes from.
#[derive(Debug)]
pub(super) struct Mapping {
    /// The name after the destination's last fixed part.
    pub(super) name: String,
    pub(super) source: Source,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// `'text'`
    Static(String),
    /// `context.name`
    Context(String),
    /// `stageVariables.name`
    StageVariable(String),
    /// `method.request.header.name` and its kin; several values joined by commas for the `multivalue` forms.
    Request { group: Group, name: String, all: bool },
    /// `method.request.body` or `method.request.body.path`
    RequestBody(Option<Path>),
    /// `integration.response.header.name`
    ResponseHeader(String),
    /// `integration.response.body` or `integration.response.body.path`
    ResponseBody(Option<Path>),
}

/// What a mapping can see.
pub(super) struct Scope<'s> {
    pub(super) exchange: &'s Exchange,
    pub(super) context: &'s dyn Context,
    pub(super) stage_variables: &'s [(String, String)],
    /// The backend's answer, once there is one.
    pub(super) response: Option<&'s [u8]>,
}

/// The mappings whose destination begins with `prefix`.
pub(super) fn compile(parameters: &[Parameter], prefix: &str) -> Result<Vec<Mapping>, LoadError> {
    parameters
        .iter()
        .filter_map(|parameter| Some((parameter, parameter.target.strip_prefix(prefix)?)))
        .map(|(parameter, name)| Ok(Mapping { name: name.to_owned(), source: source(parameter)? }))
        .collect()
}

fn source(parameter: &Parameter) -> Result<Source, LoadError> {
    let text = parameter.source.as_str();
    let refuse = |why: &str| LoadError::at(&parameter.position, format!("the source `{text}` {why}"));
    let path = |rest: &str| {
        let path = rest.strip_prefix('.').map(|path| Path::parse(&format!("$.{path}")));
        path.transpose().map_err(|error| refuse(&error.to_string()))
    };
    if let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return Ok(Source::Static(inner.to_owned()));
    }
    if let Some(name) = text.strip_prefix("context.") {
        return Ok(Source::Context(name.to_owned()));
    }
    if let Some(name) = text.strip_prefix("stageVariables.") {
        return Ok(Source::StageVariable(name.to_owned()));
    }
    if let Some(rest) = text.strip_prefix("method.request.body") {
        return Ok(Source::RequestBody(path(rest)?));
    }
    if let Some(rest) = text.strip_prefix("integration.response.body") {
        return Ok(Source::ResponseBody(path(rest)?));
    }
    let named = |rest: &str| rest.split_once('.').map(|(place, name)| (place.to_owned(), name.to_owned()));
    if let Some((place, name)) = text.strip_prefix("integration.response.").and_then(named)
        && matches!(place.as_str(), "header" | "multivalueheader")
    {
        return Ok(Source::ResponseHeader(name));
    }
    if let Some((place, name)) = text.strip_prefix("method.request.").and_then(named) {
        let all = place.starts_with("multivalue");
        let group = match place.trim_start_matches("multivalue") {
            "header" => Some(Group::Header),
            "querystring" => Some(Group::Query),
            "path" => Some(Group::Path),
            _ => None,
        };
        if let Some(group) = group {
            return Ok(Source::Request { group, name, all });
        }
    }
    Err(refuse("is not supported, use 'text', context., stageVariables., method.request. or integration.response."))
}

impl Source {
    /// The value; `None` leaves the destination out.
    pub(super) fn value(&self, scope: &Scope<'_>) -> Option<String> {
        match self {
            Self::Static(text) => Some(text.clone()),
            Self::Context(name) => scope.context.value(name).map(std::borrow::Cow::into_owned),
            Self::StageVariable(name) => {
                scope.stage_variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            }
            Self::Request { group, name, all } => {
                let parameters = scope.exchange.parameters();
                let insensitive = *group == Group::Header;
                let same = |key: &str| if insensitive { key.eq_ignore_ascii_case(name) } else { key == name };
                let values: Vec<_> = parameters
                    .group(*group)
                    .iter()
                    .filter(|(key, _)| same(key))
                    .map(|(_, value)| value.as_ref())
                    .collect();
                if *all && !values.is_empty() {
                    Some(values.join(","))
                } else {
                    values.last().map(|it| (*it).to_owned())
                }
            }
            Self::RequestBody(path) => body(&scope.exchange.request.body, path.as_ref()),
            Self::ResponseHeader(name) => scope.response.and_then(|_| {
                // The one header of the backend that is known here.
                name.eq_ignore_ascii_case("content-type").then(|| "application/x-amz-json-1.0".to_owned())
            }),
            Self::ResponseBody(path) => scope.response.and_then(|response| body(response, path.as_ref())),
        }
    }
}

/// A body, or the value at a path of it: a string as it is, anything else as JSON.
fn body(bytes: &[u8], path: Option<&Path>) -> Option<String> {
    let Some(path) = path else { return Some(String::from_utf8_lossy(bytes).into_owned()) };
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let found = path.read(&value)?;
    Some(match found.scalar() {
        Some(Scalar::String(text)) => text.to_owned(),
        _ => found.to_string(),
    })
}
