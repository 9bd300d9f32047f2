//! The value of a node: its intrinsic functions computed, its conditions decided, its dynamic references resolved.

use super::scope::Scope;
use super::{dynamic, functions};
use crate::document::{Entry, Kind, LoadError, Node, scalar};

/// The value of a node with every intrinsic function in it computed; `None` for `AWS::NoValue`.
pub(super) fn resolve(scope: &Scope<'_>, node: &Node) -> Result<Option<Node>, LoadError> {
    scope.deeper(&node.position, || resolve_here(scope, node))
}

fn resolve_here(scope: &Scope<'_>, node: &Node) -> Result<Option<Node>, LoadError> {
    let kind = match &node.kind {
        Kind::List(items) => {
            let items = items.iter().filter_map(|item| resolve(scope, item).transpose());
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        Kind::Map(entries) => match entries.as_slice() {
            [entry] if entry.key == "Ref" || entry.key.starts_with("Fn::") => {
                return functions::call(scope, node, entry);
            }
            entries => {
                if let Some(entry) = entries.iter().find(|entry| entry.key.starts_with("Fn::")) {
                    return Err(LoadError::at(&entry.position, format!("`{}` must stand alone in its map", entry.key)));
                }
                let resolved = |entry: &Entry| {
                    let value = resolve(scope, &entry.value)?;
                    Ok(value.map(|value| Entry { value, key: entry.key.clone(), position: entry.position.clone() }))
                };
                let entries = entries.iter().filter_map(|entry| resolved(entry).transpose());
                Kind::Map(entries.collect::<Result<_, _>>()?)
            }
        },
        Kind::String(text) => match dynamic::resolve(scope, &text.value, &node.position)? {
            Some(resolved) => return Ok(Some(Node::text(&node.position, resolved))),
            None => node.kind.clone(),
        },
        kind => kind.clone(),
    };
    Ok(Some(Node { position: node.position.clone(), kind }))
}

/// The logical id that a node refers to by `Ref` or `Fn::GetAtt`, or by an `Fn::Sub` of nothing else.
pub(super) fn referred(node: &Node) -> Option<&str> {
    let [Entry { key, value, .. }] = node.as_map()? else { return None };
    let first = |text| str::split_once(text, '.').map_or(text, |(id, _)| id);
    match (key.as_str(), value.as_list()) {
        ("Ref", _) => value.as_str(),
        ("Fn::GetAtt", Some([id, ..])) => id.as_str(),
        ("Fn::GetAtt", _) => value.as_str().map(first),
        ("Fn::Sub", None) => value.as_str()?.strip_prefix("${")?.strip_suffix('}').map(first),
        _ => None,
    }
}

/// The value of a node that must have one.
pub(super) fn required(scope: &Scope<'_>, node: &Node, what: &str) -> Result<Node, LoadError> {
    resolve(scope, node)?.ok_or_else(|| LoadError::at(&node.position, format!("{what} has no value")))
}

/// The truth of the condition that `name` names.
pub(super) fn condition(scope: &Scope<'_>, name: &Node) -> Result<bool, LoadError> {
    let key = name.expect_str("a condition's name")?;
    let Some(declared) = scope.conditions().and_then(|conditions| conditions.get(key)) else {
        return Err(LoadError::at(&name.position, format!("no condition `{key}` in this template")));
    };
    scope.visiting(&format!("condition {key}"), &name.position, || truth(scope, declared))
}

fn truth(scope: &Scope<'_>, node: &Node) -> Result<bool, LoadError> {
    scope.deeper(&node.position, || truth_here(scope, node))
}

fn truth_here(scope: &Scope<'_>, node: &Node) -> Result<bool, LoadError> {
    const EXPECTED: &str = "Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition";
    let Some([Entry { key, value, .. }]) = node.as_map() else { return Err(node.unexpected("a condition", EXPECTED)) };
    let operands = |least: usize, most: usize| {
        let list = value.expect_list(&format!("the operands of `{key}`"))?;
        if (least..=most).contains(&list.len()) {
            return Ok(list);
        }
        let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let message = format!("the number of operands of `{key}` must be {takes}, not {}", list.len());
        Err(LoadError::at(&value.position, message))
    };
    match key.as_str() {
        "Condition" => condition(scope, value),
        "Fn::Equals" => {
            let [left, right] = operands(2, 2)? else { return Ok(false) };
            let side = |node: &Node| {
                resolve(scope, node)?.map(|node| scalar::text(&node, "an operand of `Fn::Equals`")).transpose()
            };
            Ok(side(left)? == side(right)?)
        }
        "Fn::Not" => Ok(!operands(1, 1)?.iter().try_fold(true, |all, node| Ok(all & truth(scope, node)?))?),
        // Every operand is looked at, so that a mistake in a later one is found.
        "Fn::And" => operands(2, 10)?.iter().try_fold(true, |all, node| Ok(all & truth(scope, node)?)),
        "Fn::Or" => operands(2, 10)?.iter().try_fold(false, |any, node| Ok(any | truth(scope, node)?)),
        _ => Err(node.unexpected("a condition", EXPECTED)),
    }
}
