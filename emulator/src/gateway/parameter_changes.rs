//! What a route of an HTTP API changes in the request that a function sees, and in every backend's answer (developer
//! guide, "Transform API requests and responses").

use std::borrow::Cow;

use super::backend::BackendAnswer;
use super::exchange::{decode, encode};
use super::selection::Selector;
use crate::deployment::{ChangeOperation, ChangeTarget, ParameterChange};
use crate::http::{Headers, Request};

/// The caller's request, changed; its path only `with_path`.
pub(super) fn of_request<'s>(
    selector: &Selector<'s>,
    changes: &[ParameterChange],
    with_path: bool,
) -> Cow<'s, Request> {
    let request = &selector.exchange.request;
    if changes.is_empty() {
        return Cow::Borrowed(request);
    }
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut headers: Vec<_> = request.headers.iter().map(pair).collect();
    let mut parameters: Vec<_> = request.query.split('&').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let mut path = request.path.clone();
    for change in changes {
        let value = selector.value(&change.value, None);
        match &change.target {
            ChangeTarget::Header(name) => header(&mut headers, name, change.operation, value),
            ChangeTarget::Query(name) => {
                // What selects nothing changes nothing.
                if change.operation != ChangeOperation::Remove && value.is_none() {
                    continue;
                }
                if change.operation != ChangeOperation::Append {
                    parameters.retain(|it| decode(it.split('=').next().unwrap_or_default(), true) != name.as_str());
                }
                parameters.extend(
                    value
                        .filter(|_| change.operation != ChangeOperation::Remove)
                        .map(|value| format!("{}={}", encode(name), encode(&value))),
                );
            }
            ChangeTarget::Path if with_path => path = value.unwrap_or(path),
            ChangeTarget::Path | ChangeTarget::Status => {}
        }
    }
    let headers: Headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Cow::Owned(Request { headers, query: parameters.join("&"), path, ..request.clone() })
}

/// Status and headers of an answer, changed.
pub(super) fn of_answer(
    selector: &Selector<'_>,
    answer: &BackendAnswer,
    changes: &[ParameterChange],
) -> (u16, Vec<(String, String)>) {
    let mut status = answer.status;
    let mut headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| (name.clone().into_owned(), value.clone().into_owned())).collect();
    for change in changes {
        let value = selector.value(&change.value, Some(answer));
        match &change.target {
            ChangeTarget::Header(name) => header(&mut headers, name, change.operation, value),
            ChangeTarget::Status => {
                let wanted = value.and_then(|value| value.parse().ok());
                status = wanted.filter(|status| (100..600).contains(status)).unwrap_or(status);
            }
            ChangeTarget::Query(_) | ChangeTarget::Path => {}
        }
    }
    (status, headers)
}

fn header(headers: &mut Vec<(String, String)>, name: &str, operation: ChangeOperation, value: Option<String>) {
    let value = match (operation, value) {
        (ChangeOperation::Remove, _) => None,
        // What selects nothing changes nothing.
        (_, None) => return,
        (_, value) => value,
    };
    if operation != ChangeOperation::Append {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
    headers.extend(value.map(|value| (name.to_owned(), value)));
}
