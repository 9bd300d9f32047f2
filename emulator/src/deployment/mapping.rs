//! Parameter mappings: where the value of a header comes from.

use super::{MethodParameter, ParameterLocation};
use crate::jsonpath::Path;
use crate::vtl::Group;

/// A mapping: the name of a header, and where its value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    /// The name after the destination's fixed part, such as `X-Total` of `method.response.header.X-Total`.
    pub(crate) name: String,
    /// Where its value comes from.
    pub(crate) source: MappingSource,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(crate) enum MappingSource {
    /// `'text'`
    Static(String),
    /// `context.name`
    Context(String),
    /// `stageVariables.name`
    StageVariable(String),
    /// `method.request.header.name` and its kin; several values joined by commas for the `multivalue` forms.
    Request {
        /// Which parameters.
        group: Group,
        /// The parameter's name.
        name: String,
        /// Whether all its values count, or the last one.
        all: bool,
    },
    /// `method.request.body` or `method.request.body.path`
    RequestBody(Option<Path>),
    /// `integration.response.header.name`
    ResponseHeader(String),
    /// `integration.response.body` or `integration.response.body.path`
    ResponseBody(Option<Path>),
}

impl MappingSource {
    /// Reads a mapping expression.
    ///
    /// # Errors
    /// The cause in API Gateway's words, or what is wrong with the path into a body.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let invalid = || format!("Invalid mapping expression parameter specified: {text}");
        let named = |name: &str| if name.is_empty() { Err(invalid()) } else { Ok(name.to_owned()) };
        let body = |rest: &str| match rest.strip_prefix('.') {
            Some(path) if !path.is_empty() => {
                Path::parse(&format!("$.{path}")).map(Some).map_err(|error| format!("the source `{text}` {error}"))
            }
            _ if rest.is_empty() => Ok(None),
            _ => Err(invalid()),
        };
        if let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return Ok(Self::Static(inner.to_owned()));
        }
        if let Some(name) = text.strip_prefix("context.") {
            return named(name).map(Self::Context);
        }
        if let Some(name) = text.strip_prefix("stageVariables.") {
            return named(name).map(Self::StageVariable);
        }
        if let Some(rest) = text.strip_prefix("method.request.body") {
            return body(rest).map(Self::RequestBody);
        }
        if let Some(rest) = text.strip_prefix("integration.response.body") {
            return body(rest).map(Self::ResponseBody);
        }
        if let Some(rest) = text.strip_prefix("integration.response.") {
            return match rest.split_once('.') {
                Some(("header" | "multivalueheader", name)) => named(name).map(Self::ResponseHeader),
                _ => Err(invalid()),
            };
        }
        let parameter = text.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
        let (place, name) = parameter.ok_or_else(invalid)?;
        let (group, all) = match place {
            "header" => (Group::Header, false),
            "multivalueheader" => (Group::Header, true),
            "querystring" => (Group::Query, false),
            "multivaluequerystring" => (Group::Query, true),
            "path" => (Group::Path, false),
            _ => return Err(invalid()),
        };
        Ok(Self::Request { group, name: named(name)?, all })
    }

    /// Whether it may stand in an integration request: what it takes from the request must be declared.
    #[must_use]
    pub(crate) fn may_stand_in_request(&self, declared: &[MethodParameter]) -> bool {
        match self {
            Self::Static(_) | Self::Context(_) | Self::StageVariable(_) | Self::RequestBody(_) => true,
            Self::Request { group, name, .. } => {
                let location = match group {
                    Group::Header => ParameterLocation::Header,
                    Group::Path => ParameterLocation::Path,
                    Group::Query => ParameterLocation::Query,
                };
                declared.iter().any(|parameter| parameter.location == location && parameter.name == *name)
            }
            Self::ResponseHeader(_) | Self::ResponseBody(_) => false,
        }
    }

    /// Whether it may stand in an integration response.
    #[must_use]
    pub(crate) fn may_stand_in_response(&self) -> bool {
        !matches!(self, Self::Request { .. } | Self::RequestBody(_))
    }

    /// Whether it may stand in a gateway response.
    #[must_use]
    pub(crate) fn may_stand_in_gateway_response(&self) -> bool {
        !matches!(self, Self::RequestBody(_) | Self::ResponseHeader(_) | Self::ResponseBody(_))
    }
}
