//! What a route of an HTTP API changes in the request that a function sees, and in every backend's answer (developer
//! guide, "Transform API requests and responses").

use std::borrow::Cow;

use super::backend::BackendAnswer;
use super::selection::Selector;
use super::web_request::{WebRequest, change_header};
use crate::budget::Exhausted;
use crate::deployment::{ChangeTarget, ParameterChange};
use crate::http::{Headers, Request};

/// How often an event holds what was changed in a request.
const EVENT: usize = 3;

/// The caller's request, changed; its path only `with_path`.
pub(super) fn of_request<'s>(
    selector: &Selector<'s>,
    changes: &[ParameterChange],
    with_path: bool,
) -> Result<Cow<'s, Request>, Exhausted> {
    let (request, budget) = (&selector.exchange.request, &selector.exchange.budget);
    if changes.is_empty() {
        return Ok(Cow::Borrowed(request));
    }
    let mut head = WebRequest::of(String::new(), budget);
    head.add_query(&request.query);
    for (name, value) in request.headers.iter() {
        head.add_header(name, value);
    }
    let mut path = request.path.clone();
    for change in changes {
        match (&change.target, selector.value(&change.value, None)?) {
            (ChangeTarget::Path, Some(value)) if with_path => path = value,
            (_, value) => head.change(change, value)?,
        }
    }
    let (query, headers) = head.into_parts();
    // The event holds every name and value twice, and is written once.
    budget.copy(EVENT * (query.len() + headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()))?;
    let headers: Headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Ok(Cow::Owned(Request { path, query, headers, ..request.clone() }))
}

/// Status and headers of an answer, changed.
pub(super) fn of_answer(
    selector: &Selector<'_>,
    answer: &BackendAnswer,
    changes: &[ParameterChange],
) -> Result<(u16, Vec<(String, String)>), Exhausted> {
    let mut status = answer.status;
    let mut headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| (name.clone().into_owned(), value.clone().into_owned())).collect();
    for change in changes {
        let value = selector.value(&change.value, Some(answer))?;
        match &change.target {
            ChangeTarget::Header(name) => {
                change_header(&mut headers, name, change.operation, value, &selector.exchange.budget)?;
            }
            ChangeTarget::Status => {
                let wanted = value.and_then(|value| value.parse().ok());
                status = wanted.filter(|status| (200..600).contains(status)).unwrap_or(status);
            }
            ChangeTarget::Query(_) | ChangeTarget::Path => {}
        }
    }
    Ok((status, headers))
}
