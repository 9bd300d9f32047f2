//! The way back from the backend.

use std::borrow::Cow;

use fancy_regex::{Regex, RegexBuilder};

use super::Gateway;
use super::exchange::Exchange;
use super::failure::{Failure, Kind};
use super::integration::{Templates, media_type, render};
use super::parameter::{self, Mapping};
use super::respond::{Head, ids};
use crate::deployment::{IntegrationKind, IntegrationResponse};
use crate::document::LoadError;
use crate::http::Response;

/// The statuses of HTTP.
const STATUSES: std::ops::Range<u16> = 100..600;
/// Backtracking steps of a selection pattern.
const BACKTRACKS: usize = 100_000;

/// An integration response, compiled.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<Mapping>,
    templates: Templates,
}

/// The integration responses of a method, and which of them each status of a backend selects.
#[derive(Debug)]
pub(super) struct Answers {
    all: Vec<Answer>,
    /// By status from 100 to 599: there are few enough to match every pattern once and for all.
    selected: Vec<Option<usize>>,
    default: Option<usize>,
}

impl Answers {
    pub(super) fn compile(responses: &[IntegrationResponse]) -> Result<Self, LoadError> {
        let patterns = responses.iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
        let select = |status: u16| {
            let status = status.to_string();
            patterns.iter().position(|it| it.as_ref().is_some_and(|it| it.is_match(&status).unwrap_or(false)))
        };
        Ok(Self {
            all: responses.iter().map(answer).collect::<Result<_, _>>()?,
            selected: STATUSES.map(select).collect(),
            default: patterns.iter().position(Option::is_none),
        })
    }

    /// The response of a status. Only that is matched, whatever the body says: so it is for every integration but
    /// Lambda's.
    fn select(&self, status: u16) -> Option<&Answer> {
        let at = usize::from(status.checked_sub(STATUSES.start)?);
        let selected = self.selected.get(at)?.or(self.default)?;
        self.all.get(selected)
    }
}

/// `None` is the default.
fn pattern(response: &IntegrationResponse) -> Result<Option<Regex>, LoadError> {
    // Java's `matches`: against the entire string (SDK reference of IntegrationResponse).
    let compile = |pattern: &String| {
        RegexBuilder::new(&format!("^(?:{pattern})$")).backtrack_limit(BACKTRACKS).build().map_err(|error| {
            LoadError::at(
                &response.position,
                format!("the selection pattern `{pattern}` is no regular expression: {error}"),
            )
        })
    };
    response.pattern.as_ref().map(compile).transpose()
}

fn answer(response: &IntegrationResponse) -> Result<Answer, LoadError> {
    Ok(Answer {
        status: response.status,
        headers: parameter::compile(&response.parameters, "method.response.header.")?,
        templates: Templates::compile(&response.templates)?,
    })
}

impl Gateway {
    /// The answer to a backend's status and body; a mock has no body.
    pub(super) fn answer(&self, exchange: &Exchange, status: u16, body: Option<&[u8]>) -> Result<Response, Failure> {
        let misconfigured = || Failure::of(Kind::ApiConfigurationError);
        let method = exchange.method.and_then(|number| self.methods.get(number)).ok_or_else(misconfigured)?;
        let answer = method.integration.answers.select(status).ok_or_else(misconfigured)?;
        if !method.statuses.contains(&answer.status) {
            return Err(misconfigured());
        }
        let context = self.context(exchange);
        let scope = self.scope(exchange, &context, body);
        let mut head = Head::new();
        for mapping in &answer.headers {
            if let Some(value) = mapping.source.value(&scope) {
                head.set(&mapping.name, value);
            }
        }
        let mut status = answer.status;
        let accept = exchange.request.headers.get("accept");
        let (media, body) = match choose(&answer.templates, accept) {
            Some((media, template)) => {
                let rendered = render(template, body.unwrap_or_default(), &scope, &self.options);
                let rendered = rendered.map_err(|_| misconfigured())?;
                for (name, value) in rendered.overrides.response_header {
                    head.set(&name, value);
                }
                status = rendered.overrides.status.unwrap_or(status);
                (media.to_owned(), rendered.text.into_bytes())
            }
            None => ("application/json".to_owned(), body.unwrap_or_default().to_vec()),
        };
        // Set by a request template, and not by the response template after it.
        for (name, value) in &exchange.overrides.response_header {
            head.set_default(name, value);
        }
        let traced = matches!(method.integration.kind, IntegrationKind::Aws { .. });
        let mut headers = ids(exchange);
        if traced {
            headers.push((Cow::Borrowed("X-Amzn-Trace-Id"), exchange.ids.trace.clone()));
        }
        Ok(Response { status, headers: head.into_headers(media, headers), body })
    }
}

/// The template of the last media type that the caller accepts, else that of JSON, else any.
fn choose<'t>(templates: &'t Templates, accept: Option<&str>) -> Option<(&'t str, &'t crate::vtl::Template)> {
    let accepted =
        accept.and_then(|accept| accept.rsplit(',').map(str::trim).find_map(|it| templates.get(media_type(Some(it)))));
    accepted.or_else(|| templates.get("application/json")).or_else(|| templates.first())
}
