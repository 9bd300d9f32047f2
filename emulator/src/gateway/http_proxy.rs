//! Web servers behind routes of an HTTP API: what they are sent.

use super::backend::BackendTarget;
use super::exchange::named;
use super::selection::Selector;
use super::web_request::WebRequest;
use crate::budget::Exhausted;
use crate::deployment::{ChangeTarget, IntegrationUri, ParameterChange};

/// The request: that of the caller with what is changed in it. The headers that tell of the gateway are inferred.
pub(super) fn request(
    selector: &Selector<'_>,
    uri: &IntegrationUri,
    http_method: Option<&String>,
    changes: &[ParameterChange],
) -> Result<BackendTarget, Exhausted> {
    let exchange = selector.exchange;
    let path = |name: &str| Ok(named(&exchange.path_parameters, name).map(Into::into));
    let budget = &exchange.budget;
    let mut request = WebRequest::of(uri.complete(path, &selector.api.stage_variables, budget)?, budget);
    request.add_query(&exchange.request.query);
    request.pass_headers(exchange)?;
    let host = exchange.request.headers.get("host").unwrap_or_default();
    request.set_header("Forwarded", format!("for={};host={host};proto=https", exchange.source))?;
    request.set_header("Via", "HTTP/1.1 AmazonAPIGateway")?;
    request.set_header("X-Amzn-Trace-Id", &exchange.ids.trace)?;
    for change in changes {
        let value = selector.value(&change.value, None)?;
        match (&change.target, value) {
            (ChangeTarget::Path, Some(value)) => request.set_path(&value)?,
            (_, value) => request.change(change, value)?,
        }
    }
    let method = http_method.unwrap_or(&exchange.request.method).clone();
    let (url, headers) = request.finish();
    Ok(BackendTarget::Web { method, url, headers })
}
