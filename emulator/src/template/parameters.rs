//! The `Parameters` section: declared values, checked as CloudFormation checks them.

use std::collections::BTreeMap;

use crate::budget::Budget;
use crate::document::{Entry, Kind, LoadError, Node, Text, scalar};
use crate::java::Pattern;

const KEYS: [&str; 11] = [
    "Type",
    "Default",
    "AllowedValues",
    "AllowedPattern",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
    "ConstraintDescription",
    "Description",
    "NoEcho",
];

const TYPES: [&str; 4] = ["String", "Number", "CommaDelimitedList", "List<Number>"];

/// The values of all declared parameters, by name: text, or a list of texts.
///
/// # Errors
/// When `given` names an undeclared parameter, leaves one without default out, or gives a value that is not allowed.
pub(super) fn values(section: Option<&Node>, given: &[(String, String)]) -> Result<BTreeMap<String, Node>, LoadError> {
    let declared: &[Entry] = section.map_or(Ok(&[][..]), |section| section.expect_map("`Parameters`"))?;
    if let Some((name, _)) = given.iter().find(|(name, _)| !declared.iter().any(|entry| entry.key == *name)) {
        let names: Vec<_> = declared.iter().map(|entry| entry.key.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(LoadError::nowhere(format!("unknown parameter `{name}`; this template has: {names}")));
    }
    let value = |entry: &Entry| {
        let given = given.iter().rev().find(|(name, _)| *name == entry.key).map(|(_, value)| value.as_str());
        Ok((entry.key.clone(), value(entry, given)?))
    };
    declared.iter().map(value).collect()
}

fn value(entry: &Entry, given: Option<&str>) -> Result<Node, LoadError> {
    let (name, declaration) = (&entry.key, &entry.value);
    declaration.expect_keys(&format!("parameter `{name}`"), &KEYS)?;
    let kind = declaration.require(&format!("parameter `{name}`"), "Type")?;
    if !TYPES.contains(&kind.expect_str("`Type`")?) {
        let expected = TYPES.join(", ");
        return Err(kind.unexpected(&format!("type of parameter `{name}`"), &format!("one of {expected}")));
    }
    let (value, position) = match (given, declaration.get("Default")) {
        (Some(given), _) => (given.to_owned(), &entry.position),
        (None, Some(default)) => (scalar::text(default, "`Default`")?, &default.position),
        (None, None) => {
            let message = format!("parameter `{name}` has no default; give it with --param {name}=VALUE");
            return Err(LoadError::at(&entry.position, message));
        }
    };
    let is_list = kind.as_str().is_some_and(|kind| kind.starts_with("CommaDelimited") || kind.starts_with("List"));
    let is_number = kind.as_str().is_some_and(|kind| kind.contains("Number"));
    let fail = |message: &str| Err(LoadError::at(position, format!("parameter `{name}` {message}, not `{value}`")));
    let items: Vec<&str> = if is_list { value.split(',').map(str::trim).collect() } else { vec![value.as_str()] };
    for item in &items {
        if is_number && item.parse::<f64>().is_err() {
            return fail("must be a number");
        }
        if let Some(broken) = broken_rule(declaration, item)? {
            return fail(&broken);
        }
    }
    let text = |value: &str| {
        let text = Text { value: value.to_owned(), start: position.clone(), indent: 1 };
        Node { position: position.clone(), kind: Kind::String(text) }
    };
    if is_list {
        Ok(Node { position: position.clone(), kind: Kind::List(items.into_iter().map(text).collect()) })
    } else {
        Ok(text(&value))
    }
}

/// The rule of the declaration that `value` breaks, as the end of a sentence.
fn broken_rule(declaration: &Node, value: &str) -> Result<Option<String>, LoadError> {
    if let Some(allowed) = declaration.get("AllowedValues") {
        let allowed = allowed.expect_list("`AllowedValues`")?;
        let allowed: Vec<_> = allowed.iter().map(|node| scalar::text(node, "a value")).collect::<Result<_, _>>()?;
        if !allowed.iter().any(|allowed| allowed == value) {
            return Ok(Some(format!("must be one of {}", allowed.join(", "))));
        }
    }
    if let Some(node) = declaration.get("AllowedPattern") {
        let pattern = node.expect_str("`AllowedPattern`")?;
        let regex = Pattern::java(pattern).map_err(|_| node.unexpected("`AllowedPattern`", "a regex"))?;
        if !regex.matches(value, &Budget::default()).unwrap_or(false) {
            return Ok(Some(format!("must match {pattern}")));
        }
    }
    let (length, size) = (value.chars().count() as f64, value.parse().unwrap_or(f64::NAN));
    for (key, measured, is_least) in
        [("MinLength", length, true), ("MaxLength", length, false), ("MinValue", size, true), ("MaxValue", size, false)]
    {
        let Some(bound) = declaration.get(key) else { continue };
        let bound = scalar::text(bound, key)?.parse().map_err(|_| bound.unexpected(&format!("`{key}`"), "a number"))?;
        if if is_least { measured < bound } else { measured > bound } {
            return Ok(Some(format!("must keep to {key} {bound}")));
        }
    }
    Ok(None)
}
