//! What mappings and mapping templates see of a request and of the backend's answer.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::backend::BackendAnswer;
use super::context::RequestContext;
use super::exchange::{Exchange, named};
use super::failure::Failure;
use super::served::Served;
use crate::budget::{Budget, Exhausted};
use crate::deployment::MappingSource;
use crate::java;
use crate::jsonpath::{Path, ReadError, Scalar, Tree};
use crate::switches::Switch;
use crate::vtl::{Body, Context, Facts, Group, Leniency, Parameters, RenderError, Rendered, Template};

/// Units of work that a byte of a body costs to parse.
const PARSE: usize = 10;
/// Units of work that it costs to pass over another name.
pub(super) const SEEK: usize = 2;
/// Units of work that a value of `$context` costs to make.
pub(super) const CONTEXT: usize = 300;

/// What a mapping can see.
pub(super) struct Scope<'s> {
    served: &'s Served,
    exchange: &'s Exchange,
    context: RequestContext<'s>,
    /// The backend's answer, once there is one.
    response: Option<&'s BackendAnswer>,
    /// Decoded when a mapping first asks for one.
    parameters: OnceCell<Parameters<'s>>,
}

impl<'s> Scope<'s> {
    /// What a request's mappings see.
    pub(super) fn of_request(served: &'s Served, exchange: &'s Exchange) -> Self {
        Self::of_response(served, exchange, None)
    }

    /// What a response's mappings see; a mock has no backend's answer.
    pub(super) fn of_response(served: &'s Served, exchange: &'s Exchange, response: Option<&'s BackendAnswer>) -> Self {
        Self::of(RequestContext { served, exchange, failure: None }, response)
    }

    /// What a gateway response's mappings see.
    pub(super) fn of_failure(served: &'s Served, exchange: &'s Exchange, failure: &'s Failure) -> Self {
        Self::of(RequestContext { served, exchange, failure: Some(failure) }, None)
    }

    fn of(context: RequestContext<'s>, response: Option<&'s BackendAnswer>) -> Self {
        Self { served: context.served, exchange: context.exchange, context, response, parameters: OnceCell::new() }
    }

    /// A value of `$context`.
    pub(super) fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        self.context.value(name)
    }

    fn parameters(&self) -> &Parameters<'s> {
        self.parameters.get_or_init(|| self.exchange.parameters())
    }

    /// Renders a template on a body.
    pub(super) fn render(&self, template: &Template, body: &[u8]) -> Result<Rendered, RenderError> {
        // As fast as can be for what is text; the other way looks at each character.
        let text = str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
        let text = java::halved(text);
        let strict = self.served.is_turned(Switch::BodyParser);
        let leniency = if strict { Leniency::Strict } else { Leniency::Lenient };
        let body = Body::new(&text, leniency);
        template.render(&Facts {
            body: &body,
            parameters: self.parameters(),
            context: &self.context,
            stage_variables: &self.served.api.stage_variables,
            overrides: &self.exchange.overrides,
            budget: &self.exchange.budget,
        })
    }

    /// The value of a source, charged as a copy of it; `None` leaves the destination out.
    pub(super) fn value<'v>(&'v self, source: &'v MappingSource) -> Result<Option<Cow<'v, str>>, Exhausted> {
        let value = self.find(source)?;
        self.exchange.budget.copy(value.as_ref().map_or(0, |value| value.len()))?;
        Ok(value)
    }

    fn find<'v>(&'v self, source: &'v MappingSource) -> Result<Option<Cow<'v, str>>, Exhausted> {
        let budget = &self.exchange.budget;
        Ok(match source {
            MappingSource::Static(text) => Some(text.into()),
            MappingSource::Context(name) => {
                budget.work(CONTEXT + self.exchange.request.headers.len() * SEEK)?;
                self.context(name)
            }
            MappingSource::StageVariable(name) => {
                budget.work(self.served.api.stage_variables.len() * SEEK)?;
                named(&self.served.api.stage_variables, name).map(Cow::Borrowed)
            }
            MappingSource::Request { group, name, all } => {
                let parameters = self.parameters().group(*group);
                budget.work(parameters.len() * SEEK)?;
                let insensitive = *group == Group::Header;
                let same = |key: &str| if insensitive { key.eq_ignore_ascii_case(name) } else { key == name };
                let mut values = parameters.iter().filter(|(key, _)| same(key)).map(|(_, value)| value.as_ref());
                if *all {
                    let values: Vec<_> = values.collect();
                    (!values.is_empty()).then(|| values.join(",").into())
                } else {
                    values.next_back().map(Cow::Borrowed)
                }
            }
            MappingSource::RequestBody(path) => body(&self.exchange.request.body, path.as_ref(), budget)?,
            MappingSource::ResponseHeader(name) => self.response.and_then(|response| response.header(name)),
            MappingSource::ResponseBody(path) => match self.response {
                Some(response) => body(&response.body, path.as_ref(), budget)?,
                None => None,
            },
        })
    }
}

/// A body, or the value at a path of it: a string as it is, anything else as JSON.
pub(super) fn body<'b>(
    bytes: &'b [u8],
    path: Option<&Path>,
    budget: &Budget,
) -> Result<Option<Cow<'b, str>>, Exhausted> {
    let Some(path) = path else {
        budget.work(bytes.len() / 2)?;
        return Ok(Some(String::from_utf8_lossy(bytes)));
    };
    budget.work(bytes.len() * PARSE)?;
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Ok(None) };
    let found = match path.read_within(&value, budget) {
        Err(ReadError::Exhausted(exhausted)) => return Err(exhausted),
        found => found.ok().flatten(),
    };
    Ok(found.map(|found| match found.scalar() {
        Some(Scalar::String(text)) => text.to_owned().into(),
        _ => found.to_string().into(),
    }))
}
