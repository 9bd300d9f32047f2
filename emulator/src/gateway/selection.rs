//! Values that an HTTP API selects from a request, or from a backend's answer.

use std::borrow::Cow;

use super::backend::BackendAnswer;
use super::context::{common_log_time, principal};
use super::exchange::{self, Exchange, named};
use super::mapping::{self, CONTEXT, SEEK};
use super::web_request::DECODE;
use crate::budget::Exhausted;
use crate::deployment::{HttpApi, SelectionExpression, SelectionPiece, Stack};

/// What can be selected from.
pub(super) struct Selector<'s> {
    pub(super) api: &'s HttpApi,
    pub(super) stack: &'s Stack,
    pub(super) exchange: &'s Exchange,
}

impl Selector<'_> {
    /// A value; `None` where a part of it selects nothing.
    pub(super) fn value(
        &self,
        expression: &SelectionExpression,
        answer: Option<&BackendAnswer>,
    ) -> Result<Option<String>, Exhausted> {
        let mut text = String::new();
        for piece in expression.pieces() {
            let Some(piece) = self.piece(piece, answer)? else { return Ok(None) };
            self.exchange.budget.copy(piece.len())?;
            text.push_str(&piece);
        }
        Ok(Some(text))
    }

    fn piece<'v>(
        &'v self,
        piece: &'v SelectionPiece,
        answer: Option<&'v BackendAnswer>,
    ) -> Result<Option<Cow<'v, str>>, Exhausted> {
        let exchange = self.exchange;
        let request = &exchange.request;
        // What it costs to look for it.
        exchange.budget.work(match piece {
            SelectionPiece::Query(_) => request.query.len() * DECODE,
            SelectionPiece::Context(_) => CONTEXT + request.headers.len() * SEEK,
            SelectionPiece::Header(_) => request.headers.len() * SEEK,
            SelectionPiece::StageVariable(_) => self.api.stage_variables.len() * SEEK,
            _ => 0,
        })?;
        Ok(match piece {
            SelectionPiece::Text(text) => Some(text.into()),
            SelectionPiece::Body(None) if request.body.is_empty() => None,
            SelectionPiece::Body(path) => mapping::body(&request.body, path.as_ref(), &exchange.budget)?,
            SelectionPiece::Header(name) => {
                let named = request.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
                combined(named.map(|(_, value)| value.into()))
            }
            SelectionPiece::Query(name) => {
                let named = exchange::query(&request.query).filter(|(key, _)| key == name);
                combined(named.map(|(_, value)| value))
            }
            SelectionPiece::Path => Some(self.path_in_stage().into()),
            SelectionPiece::PathParameter(name) => named(&exchange.path_parameters, name).map(Cow::Borrowed),
            SelectionPiece::ResponseHeader(name) => answer.and_then(|answer| answer.header(name)),
            SelectionPiece::ResponseBody(path) => match answer {
                Some(answer) => mapping::body(&answer.body, path.as_ref(), &exchange.budget)?,
                None => None,
            },
            SelectionPiece::StageVariable(name) => named(&self.api.stage_variables, name).map(Cow::Borrowed),
            SelectionPiece::Context(name) => self.context(name).map(Cow::Owned),
        })
    }

    /// The request's path without the stage's name.
    fn path_in_stage(&self) -> &str {
        let path = self.exchange.request.path.as_str();
        if self.api.stage.is_none() {
            return path;
        }
        let rest = path.trim_start_matches('/');
        rest.find('/').map_or("/", |end| &rest[end..])
    }

    fn context(&self, name: &str) -> Option<String> {
        let (exchange, request) = (self.exchange, &self.exchange.request);
        Some(match name {
            "requestId" | "extendedRequestId" => exchange.ids.extended.clone(),
            "apiId" => self.api.id.clone(),
            "accountId" => self.stack.account.clone(),
            "stage" => self.api.stage.clone().unwrap_or_else(|| "$default".to_owned()),
            "httpMethod" => request.method.clone(),
            "path" => request.path.clone(),
            "protocol" => "HTTP/1.1".to_owned(),
            "domainName" => request.headers.get("host")?.to_owned(),
            "domainPrefix" => request.headers.get("host")?.split(['.', ':']).next()?.to_owned(),
            "routeKey" => self.api.routes.get(exchange.method?)?.key(),
            "identity.sourceIp" => exchange.source.to_string(),
            "identity.userAgent" => request.headers.get("user-agent")?.to_owned(),
            "identity.accountId" => exchange.identity.as_ref()?.account.clone(),
            "identity.caller" | "identity.user" => principal(&exchange.identity.as_ref()?.access_key),
            "identity.userArn" => exchange.identity.as_ref()?.arn.clone(),
            "requestTime" => common_log_time(exchange.at.as_secs()),
            "requestTimeEpoch" => exchange.at.as_millis().to_string(),
            _ => return None,
        })
    }
}

/// All values of one name (developer guide, "Transform API requests and responses for HTTP APIs"); `None` if there is none.
fn combined<'v>(values: impl Iterator<Item = Cow<'v, str>>) -> Option<Cow<'v, str>> {
    let values: Vec<_> = values.collect();
    (!values.is_empty()).then(|| values.join(",").into())
}
