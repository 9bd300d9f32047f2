//! What mappings and mapping templates see of a request and of the backend's answer.

use std::borrow::Cow;

use super::backend::BackendAnswer;
use super::context::RequestContext;
use super::exchange::{Exchange, named};
use super::failure::Failure;
use super::served::Served;
use crate::budget::Budget;
use crate::deployment::MappingSource;
use crate::java;
use crate::jsonpath::{Path, Scalar, Tree};
use crate::switches::Switch;
use crate::vtl::{Body, Context, Facts, Group, Leniency, RenderError, Rendered, Template};

/// Units of work that a byte of a body costs to parse.
const PARSE: usize = 10;

/// What a mapping can see.
pub(super) struct Scope<'s> {
    served: &'s Served,
    exchange: &'s Exchange,
    context: RequestContext<'s>,
    /// The backend's answer, once there is one.
    response: Option<&'s BackendAnswer>,
}

impl<'s> Scope<'s> {
    /// What a request's mappings see.
    pub(super) fn of_request(served: &'s Served, exchange: &'s Exchange) -> Self {
        Self::of_response(served, exchange, None)
    }

    /// What a response's mappings see; a mock has no backend's answer.
    pub(super) fn of_response(served: &'s Served, exchange: &'s Exchange, response: Option<&'s BackendAnswer>) -> Self {
        Self { served, exchange, context: RequestContext { served, exchange, failure: None }, response }
    }

    /// What a gateway response's mappings see.
    pub(super) fn of_failure(served: &'s Served, exchange: &'s Exchange, failure: &'s Failure) -> Self {
        Self { served, exchange, context: RequestContext { served, exchange, failure: Some(failure) }, response: None }
    }

    /// A value of `$context`.
    pub(super) fn context(&self, name: &str) -> Option<String> {
        self.context.value(name).map(std::borrow::Cow::into_owned)
    }

    /// Renders a template on a body.
    pub(super) fn render(&self, template: &Template, body: &[u8]) -> Result<Rendered, RenderError> {
        // As fast as can be for what is text; the other way looks at each character.
        let text = str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
        let text = java::halved(text);
        let parameters = self.exchange.parameters();
        let strict = self.served.is_turned(Switch::BodyParser);
        let leniency = if strict { Leniency::Strict } else { Leniency::Lenient };
        let body = Body::new(&text, leniency);
        template.render(&Facts {
            body: &body,
            parameters: &parameters,
            context: &self.context,
            stage_variables: &self.served.api.stage_variables,
            overrides: &self.exchange.overrides,
            budget: &self.exchange.budget,
        })
    }

    /// The value of a source; `None` leaves the destination out.
    pub(super) fn value(&self, source: &MappingSource) -> Option<String> {
        match source {
            MappingSource::Static(text) => Some(text.clone()),
            MappingSource::Context(name) => self.context(name),
            MappingSource::StageVariable(name) => named(&self.served.api.stage_variables, name).map(str::to_owned),
            MappingSource::Request { group, name, all } => {
                let parameters = self.exchange.parameters();
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
            MappingSource::RequestBody(path) => body(&self.exchange.request.body, path.as_ref(), &self.exchange.budget),
            MappingSource::ResponseHeader(name) => self.response?.header(name).map(Cow::into_owned),
            MappingSource::ResponseBody(path) => body(&self.response?.body, path.as_ref(), &self.exchange.budget),
        }
    }
}

/// A body, or the value at a path of it: a string as it is, anything else as JSON.
pub(super) fn body(bytes: &[u8], path: Option<&Path>, budget: &Budget) -> Option<String> {
    let Some(path) = path else { return Some(String::from_utf8_lossy(bytes).into_owned()) };
    budget.work(bytes.len() * PARSE).ok()?;
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let found = path.read_within(&value, budget).ok().flatten()?;
    Some(match found.scalar() {
        Some(Scalar::String(text)) => text.to_owned(),
        _ => found.to_string(),
    })
}
