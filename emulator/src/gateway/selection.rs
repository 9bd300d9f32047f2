//! Values that an HTTP API selects from a request, or from a backend's answer.

use std::borrow::Cow;

use super::backend::BackendAnswer;
use super::exchange::{self, Exchange, named};
use super::mapping;
use crate::deployment::{HttpApi, SelectionExpression, SelectionPiece, Stack};

/// What can be selected from.
pub(super) struct Selector<'s> {
    pub(super) api: &'s HttpApi,
    pub(super) stack: &'s Stack,
    pub(super) exchange: &'s Exchange,
}

impl Selector<'_> {
    /// A value; `None` where a part of it selects nothing.
    pub(super) fn value(&self, expression: &SelectionExpression, answer: Option<&BackendAnswer>) -> Option<String> {
        expression.pieces().iter().map(|piece| self.piece(piece, answer)).collect()
    }

    fn piece(&self, piece: &SelectionPiece, answer: Option<&BackendAnswer>) -> Option<String> {
        let exchange = self.exchange;
        let request = &exchange.request;
        match piece {
            SelectionPiece::Text(text) => Some(text.clone()),
            SelectionPiece::Body(None) => {
                (!request.body.is_empty()).then(|| String::from_utf8_lossy(&request.body).into_owned())
            }
            SelectionPiece::Body(Some(path)) => mapping::body(&request.body, Some(path), &exchange.budget),
            SelectionPiece::Header(name) => request.headers.get(name).map(str::to_owned),
            SelectionPiece::Query(name) => {
                exchange::query(&request.query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
            }
            SelectionPiece::Path => Some(request.path.clone()),
            SelectionPiece::PathParameter(name) => named(&exchange.path_parameters, name).map(str::to_owned),
            SelectionPiece::ResponseHeader(name) => answer?.header(name).map(Cow::into_owned),
            SelectionPiece::ResponseBody(path) => mapping::body(&answer?.body, path.as_ref(), &exchange.budget),
            SelectionPiece::StageVariable(name) => named(&self.api.stage_variables, name).map(str::to_owned),
            SelectionPiece::Context(name) => self.context(name),
        }
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
            "identity.sourceIp" => exchange.source.to_string(),
            "identity.userAgent" => request.headers.get("user-agent")?.to_owned(),
            "requestTimeEpoch" => exchange.at.as_millis().to_string(),
            _ => return None,
        })
    }
}
