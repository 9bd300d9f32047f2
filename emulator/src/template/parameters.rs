//! The `Parameters` section: declared values, checked as CloudFormation checks them.

use std::collections::{BTreeMap, HashSet};

use crate::budget::Budget;
use crate::document::{Entry, Kind, LoadError, Node, Notes, scalar};
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

/// Values that stand in for a parameter without default, tried in this order until its rules take one.
const STAND_INS: [&str; 12] = [
    "a",
    "1",
    "example",
    "123456789012",
    "us-east-1",
    "user@example.com",
    "https://example.com",
    "10.0.0.0/16",
    "example.com",
    "Example1!",
    "stepgate-example-bucket",
    "arn:aws:iam::123456789012:role/example",
];

/// The names of declared parameters.
pub(super) fn names(section: Option<&Node>) -> Result<Vec<&str>, LoadError> {
    let declared =
        section.filter(|node| !node.is_null()).map_or(Ok(&[][..]), |section| section.expect_map("`Parameters`"))?;
    Ok(declared.iter().map(|entry| entry.key.as_str()).collect())
}

/// The values of all declared parameters, by name: text, or a list of texts. `is_nested` is whether another stack gives them,
/// which may have made them of stand-ins.
///
/// # Errors
/// When a value is given or declared that is not allowed.
pub(super) fn values(
    section: Option<&Node>,
    given: &[(String, String)],
    is_nested: bool,
    notes: &Notes,
) -> Result<BTreeMap<String, Node>, LoadError> {
    let declared: &[Entry] =
        section.filter(|node| !node.is_null()).map_or(Ok(&[][..]), |section| section.expect_map("`Parameters`"))?;
    let value = |entry: &Entry| {
        let given = given.iter().rev().find(|(name, _)| *name == entry.key).map(|(_, value)| value.as_str());
        Ok((entry.key.clone(), value(entry, given, is_nested, notes)?))
    };
    declared.iter().map(value).collect()
}

/// The error for values that are given for no parameter.
pub(super) fn unknown(name: &str, declared: &[&str]) -> LoadError {
    let names = if declared.is_empty() { "none".to_owned() } else { declared.join(", ") };
    LoadError::nowhere(format!("unknown parameter `{name}`; this template has: {names}"))
}

fn value(entry: &Entry, given: Option<&str>, is_nested: bool, notes: &Notes) -> Result<Node, LoadError> {
    let (name, declaration) = (&entry.key, &entry.value);
    declaration.expect_keys(&format!("parameter `{name}`"), &KEYS)?;
    let kind = declaration.require(&format!("parameter `{name}`"), "Type")?;
    let kind_name = kind.expect_str("`Type`")?;
    if !["String", "Number", "CommaDelimitedList"].contains(&kind_name)
        && !kind_name.starts_with("AWS::")
        && !kind_name.starts_with("List<")
    {
        let expected = "String, Number, CommaDelimitedList, List<…> or AWS::…";
        return Err(kind.unexpected(&format!("type of parameter `{name}`"), expected));
    }
    let is_list = kind_name == "CommaDelimitedList" || kind_name.contains("List<");
    let is_number = kind_name == "Number" || kind_name == "List<Number>";
    let (value, position) = match (given, declaration.get("Default")) {
        (Some(given), _) => (given.to_owned(), &entry.position),
        (None, Some(default)) => {
            if kind_name.starts_with("AWS::SSM::Parameter::Value") {
                let refusal = kind.unexpected(&format!("type of parameter `{name}`"), "one that needs no look-up");
                notes.pass_over("look-up of a parameter in SSM; its name stands in for the value", refusal)?;
            }
            (default_text(default)?, &default.position)
        }
        (None, None) => (stand_in(entry, kind_name, notes)?, &entry.position),
    };
    let fail = |message: &str| {
        let error = LoadError::at(position, format!("parameter `{name}` {message}, not `{value}`"));
        if is_nested {
            notes.pass_over("rules of a nested stack's parameter, whose value breaks them", error)
        } else {
            Err(error)
        }
    };
    let items: Vec<&str> = if is_list { value.split(',').map(str::trim).collect() } else { vec![value.as_str()] };
    // A stand-in that the rules do not take is better than none; it was said.
    let is_checked = given.is_some() || declaration.get("Default").is_some();
    if is_checked {
        let rules = Rules::of(declaration)?;
        for item in &items {
            let is_none = is_number && item.parse::<f64>().is_err();
            let broken = if is_none { Some("must be a number".to_owned()) } else { rules.broken_by(item) };
            if let Some(broken) = broken {
                fail(&broken)?;
                // What a nested stack is given may be wrong; it is said once.
                break;
            }
        }
    }
    let text = |value: &str| Node::text(position, value);
    if is_list {
        Ok(Node { position: position.clone(), kind: Kind::List(items.into_iter().map(text).collect()) })
    } else {
        Ok(text(&value))
    }
}

/// A default as text; the list of a `CommaDelimitedList` may be written as one.
fn default_text(default: &Node) -> Result<String, LoadError> {
    let Some(items) = default.as_list() else { return scalar::text(default, "`Default`") };
    let items: Vec<_> = items.iter().map(|item| scalar::text(item, "`Default`")).collect::<Result<_, _>>()?;
    Ok(items.join(","))
}

/// A value for a parameter that has no default and is given none.
fn stand_in(entry: &Entry, kind: &str, notes: &Notes) -> Result<String, LoadError> {
    let (name, declaration) = (&entry.key, &entry.value);
    let message = format!("parameter `{name}` has no default; give it with --param {name}=VALUE");
    let what = format!("parameter `{name}`, which has no default; a stand-in is used, or give --param {name}=VALUE");
    notes.pass_over(what, LoadError::at(&entry.position, message))?;
    if let Some(allowed) = declaration.get("AllowedValues").and_then(Node::as_list).and_then(<[Node]>::first) {
        return scalar::text(allowed, "a value");
    }
    if kind == "Number" || kind == "List<Number>" {
        return declaration
            .get("MinValue")
            .map_or_else(|| Ok("1".to_owned()), |least| scalar::text(least, "`MinValue`"));
    }
    let typed = [
        ("VPC::Id", "vpc-0123456789abcdef0"),
        ("Subnet::Id", "subnet-0123456789abcdef0"),
        ("SecurityGroup::Id", "sg-0123456789abcdef0"),
        ("Image::Id", "ami-0123456789abcdef0"),
        ("Instance::Id", "i-0123456789abcdef0"),
        ("Volume::Id", "vol-0123456789abcdef0"),
        ("HostedZone::Id", "Z0123456789ABCDEFGHIJ"),
        ("AvailabilityZone::Name", "us-east-1a"),
    ];
    if let Some((_, value)) = typed.iter().find(|(part, _)| kind.contains(part)) {
        return Ok((*value).to_owned());
    }
    let rules = Rules::of(declaration)?;
    let value = [name.as_str()].into_iter().chain(STAND_INS).find(|value| rules.broken_by(value).is_none());
    Ok(value.unwrap_or(name).to_owned())
}

/// The rules of a declaration.
struct Rules {
    /// In their order, and to be looked up.
    allowed: Option<(Vec<String>, HashSet<String>)>,
    pattern: Option<(String, Pattern)>,
    /// Each with its key, its bound, whether it is the least, and whether it is one of lengths.
    bounds: Vec<(&'static str, f64, bool, bool)>,
    /// For all values that are compared with the pattern.
    budget: Budget,
}

impl Rules {
    fn of(declaration: &Node) -> Result<Self, LoadError> {
        let text = |node| scalar::text(node, "a value");
        let allowed = match declaration.get("AllowedValues") {
            Some(node) => {
                let allowed = node.expect_list("`AllowedValues`")?.iter().map(text).collect::<Result<Vec<_>, _>>()?;
                Some((allowed.clone(), allowed.into_iter().collect()))
            }
            None => None,
        };
        let pattern = match declaration.get("AllowedPattern") {
            Some(node) => {
                let written = node.expect_str("`AllowedPattern`")?;
                let pattern = Pattern::java(written).map_err(|_| node.unexpected("`AllowedPattern`", "a regex"))?;
                Some((written.to_owned(), pattern))
            }
            None => None,
        };
        let mut bounds = Vec::new();
        for (key, is_least, is_length) in [
            ("MinLength", true, true),
            ("MaxLength", false, true),
            ("MinValue", true, false),
            ("MaxValue", false, false),
        ] {
            let Some(bound) = declaration.get(key) else { continue };
            let number = scalar::text(bound, key)?.parse::<f64>();
            let number = number.map_err(|_| bound.unexpected(&format!("`{key}`"), "a number"))?;
            bounds.push((key, number, is_least, is_length));
        }
        Ok(Self { allowed, pattern, bounds, budget: Budget::default() })
    }

    /// The rule that `value` breaks, as the end of a sentence.
    fn broken_by(&self, value: &str) -> Option<String> {
        if let Some((allowed, set)) = &self.allowed
            && !set.contains(value)
        {
            return Some(format!("must be one of {}", allowed.join(", ")));
        }
        if let Some((written, pattern)) = &self.pattern
            && !pattern.matches(value, &self.budget).unwrap_or(false)
        {
            return Some(format!("must match {written}"));
        }
        let (length, size) = (value.chars().count() as f64, value.parse().unwrap_or(f64::NAN));
        let broken = self.bounds.iter().find(|(_, bound, is_least, is_length)| {
            let measured = if *is_length { length } else { size };
            if *is_least { measured < *bound } else { measured > *bound }
        });
        broken.map(|(key, bound, ..)| format!("must keep to {key} {bound}"))
    }
}
