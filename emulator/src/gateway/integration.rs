//! The way to the backend.

use std::borrow::Cow;
use std::time::Duration;

use super::answer::Answers;
use super::context::RequestContext;
use super::exchange::{Call, Exchange, Step};
use super::failure::{Failure, Kind};
use super::method::Method;
use super::parameter::{self, Mapping, Scope};
use super::{Gateway, Options};
use crate::deployment::{self, IntegrationKind, Passthrough};
use crate::document::{LoadError, Text};
use crate::vtl::{Body, Context, Facts, RenderError, Rendered, Template};

/// What stands before an action in `X-Amz-Target`.
const TARGET: &str = "AWSStepFunctions.";

/// Headers that an integration's request may not be given: API Gateway answers 500 when a mapping sets one (recorded
/// for an AWS integration, one by one).
const ILLEGAL: [&str; 7] =
    ["authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding"];

/// An integration, compiled.
#[derive(Debug)]
pub(super) struct Integration {
    pub(super) kind: IntegrationKind,
    passthrough: Passthrough,
    templates: Templates,
    /// `integration.request.header.…`
    headers: Vec<Mapping>,
    pub(super) answers: Answers,
    timeout: Duration,
}

/// Mapping templates by content type.
#[derive(Debug)]
pub(super) struct Templates(Vec<(String, Template)>);

impl Templates {
    pub(super) fn compile(templates: &[(String, Text)]) -> Result<Self, LoadError> {
        let compile = |(media, text): &(String, Text)| Ok((media.clone(), Template::parse(text)?));
        templates.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The template of a media type; parameters such as `charset` do not count on either side.
    pub(super) fn get(&self, media: &str) -> Option<(&str, &Template)> {
        let found = self.0.iter().find(|(known, _)| media_type(Some(known)).eq_ignore_ascii_case(media));
        found.map(|(media, template)| (media.as_str(), template))
    }

    pub(super) fn first(&self) -> Option<(&str, &Template)> {
        self.0.first().map(|(media, template)| (media.as_str(), template))
    }
}

pub(super) fn compile(integration: &deployment::Integration) -> Result<Integration, LoadError> {
    Ok(Integration {
        kind: integration.kind.clone(),
        passthrough: integration.passthrough,
        templates: Templates::compile(&integration.request_templates)?,
        headers: parameter::compile(&integration.request_parameters, "integration.request.header.")?,
        answers: Answers::compile(&integration.responses)?,
        timeout: integration.timeout,
    })
}

/// A content type without its parameters; without a content type, JSON.
pub(super) fn media_type(content_type: Option<&str>) -> &str {
    let media = content_type.and_then(|value| value.split(';').next()).map_or("", str::trim);
    if media.is_empty() { "application/json" } else { media }
}

/// Renders a template on a body.
pub(super) fn render(
    template: &Template,
    body: &[u8],
    scope: &Scope<'_>,
    options: &Options,
) -> Result<Rendered, RenderError> {
    let text = String::from_utf8_lossy(body);
    let parameters = scope.exchange.parameters();
    let body = Body::new(&text, options.leniency);
    template.render(&Facts {
        body: &body,
        parameters: &parameters,
        context: scope.context,
        stage_variables: scope.stage_variables,
    })
}

impl Gateway {
    pub(super) fn context<'c>(&'c self, exchange: &'c Exchange) -> RequestContext<'c> {
        RequestContext { gateway: self, exchange, failure: None }
    }

    pub(super) fn scope<'s>(
        &'s self,
        exchange: &'s Exchange,
        context: &'s dyn Context,
        response: Option<&'s [u8]>,
    ) -> Scope<'s> {
        Scope { exchange, context, stage_variables: &self.stage_variables, response }
    }

    /// Maps the request and calls, or answers at once.
    pub(super) fn send(&self, method: &Method, mut exchange: Exchange) -> Result<Step, Box<(Exchange, Failure)>> {
        let integration = &method.integration;
        let body = match self.map_request(integration, &exchange) {
            Ok(Some(rendered)) => {
                exchange.overrides = rendered.overrides;
                rendered.text.into_bytes()
            }
            Ok(None) => std::mem::take(&mut exchange.request.body),
            Err(failure) => return Err(Box::new((exchange, failure))),
        };
        let IntegrationKind::Aws { service, action } = &integration.kind else {
            let answer = match mock_status(&body) {
                Some(status) => self.answer(&exchange, status, None),
                None => Err(Failure::of(Kind::ApiConfigurationError)),
            };
            return answer.map(Step::Answer).map_err(|failure| Box::new((exchange, failure)));
        };
        if self.sets_illegal_header(integration, &exchange) {
            return Err(Box::new((exchange, Failure::of(Kind::ApiConfigurationError))));
        }
        let action = match action {
            Some(action) => action.clone(),
            None => self.target(integration, &exchange),
        };
        Ok(Step::Call(Box::new(Call {
            service: service.clone(),
            action,
            body,
            timeout: integration.timeout,
            exchange,
        })))
    }

    /// What the request template makes of the request; `None` lets the body through as it is.
    fn map_request(&self, integration: &Integration, exchange: &Exchange) -> Result<Option<Rendered>, Failure> {
        let media = media_type(exchange.request.headers.get("content-type"));
        let Some((_, template)) = integration.templates.get(media) else {
            let through = match integration.passthrough {
                Passthrough::WhenNoMatch => true,
                Passthrough::WhenNoTemplates => integration.templates.is_empty(),
                Passthrough::Never => false,
            };
            return if through { Ok(None) } else { Err(Failure::of(Kind::UnsupportedMediaType)) };
        };
        let context = self.context(exchange);
        let scope = self.scope(exchange, &context, None);
        // Inferred: a template that cannot be rendered is a mistake of the configuration.
        render(template, &exchange.request.body, &scope, &self.options)
            .map(Some)
            .map_err(|_| Failure::of(Kind::ApiConfigurationError))
    }

    fn sets_illegal_header(&self, integration: &Integration, exchange: &Exchange) -> bool {
        let is_illegal = |name: &str| ILLEGAL.iter().any(|illegal| name.eq_ignore_ascii_case(illegal));
        let mut mapped = integration.headers.iter().filter(|mapping| is_illegal(&mapping.name)).peekable();
        if mapped.peek().is_none() {
            return exchange.overrides.header.iter().any(|(name, _)| is_illegal(name));
        }
        let context = self.context(exchange);
        let scope = self.scope(exchange, &context, None);
        mapped.any(|mapping| mapping.source.value(&scope).is_some())
    }

    /// The action that the `X-Amz-Target` of the integration's request names.
    fn target(&self, integration: &Integration, exchange: &Exchange) -> String {
        let is_target = |name: &str| name.eq_ignore_ascii_case("x-amz-target");
        let context = self.context(exchange);
        let scope = self.scope(exchange, &context, None);
        let set = exchange.overrides.header.iter().find(|(name, _)| is_target(name)).map(|(_, value)| value.clone());
        let mapped = || {
            let mapping = integration.headers.iter().find(|mapping| is_target(&mapping.name));
            mapping.and_then(|mapping| mapping.source.value(&scope))
        };
        let target = set.or_else(mapped).unwrap_or_default();
        target.strip_prefix(TARGET).unwrap_or_default().to_owned()
    }
}

/// The `statusCode` that a mock integration finds in its request, read as leniently as templates read.
fn mock_status(body: &[u8]) -> Option<u16> {
    let text: Cow<'_, str> = String::from_utf8_lossy(body);
    crate::vtl::lookup(&text, "statusCode")?.parse().ok()
}
