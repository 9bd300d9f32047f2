//! Compares an answer with an expectation.

use stepgate::wire::{self, Outcome};

use super::pattern::matches;
use super::{Answer, Expectation, NameRule};

/// Each way in which an answer is not the expected one, as a sentence part; empty where it is.
///
/// `uuid` is what filled the case's `{uuid}`.
#[must_use]
pub(crate) fn differences(expected: &Expectation, answer: &Answer, uuid: &str) -> Vec<String> {
    let mut found = Vec::new();
    if answer.status != expected.status {
        found.push(format!("status is {}, not {}", answer.status, expected.status));
    }
    for (name, pattern) in &expected.headers {
        match answer.header(name) {
            None => found.push(format!("header {name} is missing")),
            Some(value) if !matches(pattern, value, uuid) => {
                found.push(format!("header {name} is {value:?}, which does not match {pattern}"));
            }
            Some(_) => {}
        }
    }
    for (name, words) in &expected.lists {
        let Some(value) = answer.header(name) else {
            found.push(format!("header {name} is missing"));
            continue;
        };
        let has =
            |word: &str| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word) || part.trim() == "*");
        let missing: Vec<&str> = words.iter().map(String::as_str).filter(|word| !has(word)).collect();
        if !missing.is_empty() {
            found.push(format!("header {name} is {value:?}, without {}", missing.join(" and ")));
        }
    }
    for name in &expected.absent {
        if let Some(value) = answer.header(name) {
            found.push(format!("header {name} is there, as {value:?}"));
        }
    }
    let body = String::from_utf8_lossy(&answer.body);
    if let Some(pattern) = &expected.body
        && !matches(pattern, &body, uuid)
    {
        found.push(format!("body is {}, which does not match {pattern}", answer.excerpt()));
    }
    if let Some(length) = expected.length
        && answer.body.len() != length
    {
        found.push(format!("body has {} bytes, not {length}", answer.body.len()));
    }
    if let Some(rule) = expected.name {
        found.extend(name_difference(rule, answer, uuid));
    }
    found
}

fn name_difference(rule: NameRule, answer: &Answer, uuid: &str) -> Option<String> {
    let wanted = match rule {
        NameRule::RequestId => answer.header("x-amzn-RequestId").unwrap_or_default(),
        NameRule::Uuid => uuid,
    };
    match wire::classify(answer.status, answer, &answer.body) {
        Outcome::Started(accepted) if accepted.name() == wanted => None,
        Outcome::Started(accepted) => Some(format!("the execution's name is {:?}, not {wanted:?}", accepted.name())),
        _ => Some("nothing was started, so there is no execution name".to_owned()),
    }
}
