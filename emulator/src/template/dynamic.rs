//! Dynamic references: `{{resolve:ssm:…}}`, `{{resolve:ssm-secure:…}}`, `{{resolve:secretsmanager:…}}`.
//!
//! A deployment reads them from other services. Here the last part of what is named stands in for the value.

use super::scope::Scope;
use crate::document::{Kind, LoadError, Node, Position};

const START: &str = "{{resolve:";

/// The value with a stand-in for every dynamic reference in its texts, wherever an intrinsic function took them from.
pub(super) fn resolved(scope: &Scope, node: Node) -> Result<Node, LoadError> {
    let kind = match node.kind {
        Kind::String(text) => match resolve(scope, &text.value, &node.position)? {
            Some(resolved) => return Ok(Node::text(&node.position, resolved)),
            None => Kind::String(text),
        },
        Kind::List(items) => Kind::List(items.into_iter().map(|item| resolved(scope, item)).collect::<Result<_, _>>()?),
        kind => kind,
    };
    Ok(Node { kind, position: node.position })
}

/// The text with a stand-in for every dynamic reference; `None` when it has none.
fn resolve(scope: &Scope, text: &str, position: &Position) -> Result<Option<String>, LoadError> {
    if !text.contains(START) {
        return Ok(None);
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(START) {
        let Some((reference, behind)) = after.split_once("}}") else { break };
        resolved.push_str(before);
        resolved.push_str(value(scope, reference, position)?);
        rest = behind;
    }
    resolved.push_str(rest);
    Ok(Some(resolved))
}

fn value<'r>(scope: &Scope, reference: &'r str, position: &Position) -> Result<&'r str, LoadError> {
    let (service, name) = reference.split_once(':').unwrap_or((reference, ""));
    let refusal = LoadError::at(position, format!("unsupported dynamic reference `{START}{reference}}}}}`"));
    if !["ssm", "ssm-secure", "secretsmanager"].contains(&service) {
        return Err(refusal);
    }
    let what = format!("{START}{service}:NAME}}}}; the last part of NAME stands in for the value");
    scope.notes().pass_over(what, refusal)?;
    // `SECRET:SecretString:KEY:…` names a key of a secret, `PARAMETER:VERSION` the version of a parameter.
    let named = match name.split_once(":SecretString") {
        Some((secret, rest)) => rest.split(':').nth(1).filter(|key| !key.is_empty()).unwrap_or(secret),
        None if service == "secretsmanager" => name,
        None => name.split(':').next().unwrap_or(name),
    };
    Ok(named.rsplit(['/', ':']).next().unwrap_or(named))
}
