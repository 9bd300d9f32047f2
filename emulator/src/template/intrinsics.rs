//! Intrinsic functions: the values that a template computes from parameters, mappings, conditions and resources.

use super::scope::Scope;
use super::source::below;
use crate::document::{Entry, Kind, LoadError, Node, Text, scalar};

const SUPPORTED: &str =
    "Ref, Fn::FindInMap, Fn::GetAtt, Fn::If, Fn::Join, Fn::Select, Fn::Split, Fn::Sub, Fn::Transform";

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
            [entry] if entry.key == "Ref" || entry.key.starts_with("Fn::") => return call(scope, node, entry),
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
        kind => kind.clone(),
    };
    Ok(Some(Node { position: node.position.clone(), kind }))
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

fn call(scope: &Scope<'_>, node: &Node, entry: &Entry) -> Result<Option<Node>, LoadError> {
    let value = &entry.value;
    let result = match entry.key.as_str() {
        "Ref" => match value.expect_str("the target of `Ref`")? {
            "AWS::NoValue" => return Ok(None),
            name => {
                let found = scope.reference(name, &value.position)?;
                if let Kind::String(text) = &found.kind {
                    scope.made(text.value.len(), &value.position)?;
                }
                found
            }
        },
        "Fn::GetAtt" => get_att(scope, value)?,
        "Fn::Sub" => sub(scope, value)?,
        "Fn::If" => {
            let [name, yes, no] = arguments(entry)?;
            return resolve(scope, if condition(scope, name)? { yes } else { no });
        }
        "Fn::Join" => {
            let [delimiter, list] = arguments(entry)?;
            let delimiter = delimiter.expect_str("the delimiter of `Fn::Join`")?;
            let list = required(scope, list, "the list of `Fn::Join`")?;
            let items = list.expect_list("the list of `Fn::Join`")?;
            let items: Vec<_> = items.iter().map(|item| scalar::text(item, "an item")).collect::<Result<_, _>>()?;
            let joined = items.join(delimiter);
            scope.made(joined.len(), &node.position)?;
            text(node, joined)
        }
        "Fn::Select" => {
            let [index, list] = arguments(entry)?;
            let index = required(scope, index, "the index of `Fn::Select`")?;
            let number = scalar::whole(&index, "the index of `Fn::Select`", 0..=u32::MAX)?;
            let list = required(scope, list, "the list of `Fn::Select`")?;
            let items = list.expect_list("the list of `Fn::Select`")?;
            let item = items.get(number as usize);
            let beyond = || format!("`Fn::Select` cannot take item {number} of {}", items.len());
            item.cloned().ok_or_else(|| LoadError::at(&index.position, beyond()))?
        }
        "Fn::Split" => {
            let [delimiter, source] = arguments(entry)?;
            let delimiter = delimiter.expect_str("the delimiter of `Fn::Split`")?;
            if delimiter.is_empty() {
                return Err(LoadError::at(&entry.position, "the delimiter of `Fn::Split` must not be empty"));
            }
            let source = required(scope, source, "the text of `Fn::Split`")?;
            let source = scalar::text(&source, "the text of `Fn::Split`")?;
            let items = source.split(delimiter).map(|item| text(node, item.to_owned())).collect();
            Node { position: node.position.clone(), kind: Kind::List(items) }
        }
        "Fn::FindInMap" => {
            let [map, first, second] = arguments(entry)?;
            let mut found =
                scope.mappings().ok_or_else(|| LoadError::at(&entry.position, "no `Mappings` to find in"))?;
            for key in [map, first, second] {
                let key = required(scope, key, "a key of `Fn::FindInMap`")?;
                let name = scalar::text(&key, "a key of `Fn::FindInMap`")?;
                found = found.get(&name).ok_or_else(|| {
                    LoadError::at(&key.position, format!("no key `{name}` in this part of `Mappings`"))
                })?;
            }
            found.clone()
        }
        "Fn::Transform" => return include(scope, value).map(Some),
        name => {
            let message = format!("unsupported intrinsic function `{name}`; supported here: {SUPPORTED}");
            return Err(LoadError::at(&entry.position, message));
        }
    };
    Ok(Some(result))
}

fn arguments<const N: usize>(entry: &Entry) -> Result<&[Node; N], LoadError> {
    let list = entry.value.expect_list(&format!("the arguments of `{}`", entry.key))?;
    let message = || format!("the number of arguments of `{}` must be {N}, not {}", entry.key, list.len());
    list.try_into().map_err(|_| LoadError::at(&entry.value.position, message()))
}

/// `[Resource, Attribute]`, or `Resource.Attribute` as JSON templates may also write it.
fn get_att(scope: &Scope<'_>, value: &Node) -> Result<Node, LoadError> {
    let wrong = || value.unexpected("the target of `Fn::GetAtt`", "a resource and its attribute");
    match &value.kind {
        Kind::String(text) => {
            let (resource, attribute) = text.value.split_once('.').ok_or_else(wrong)?;
            scope.attribute(resource, attribute, &value.position)
        }
        Kind::List(items) => {
            let [resource, attribute] = items.as_slice() else { return Err(wrong()) };
            let attribute = required(scope, attribute, "the attribute of `Fn::GetAtt`")?;
            let resource = resource.expect_str("the resource of `Fn::GetAtt`")?;
            scope.attribute(resource, attribute.expect_str("the attribute of `Fn::GetAtt`")?, &value.position)
        }
        _ => Err(wrong()),
    }
}

/// `Fn::Sub` of text, or of text and a map of further variables.
fn sub(scope: &Scope<'_>, value: &Node) -> Result<Node, LoadError> {
    let (template, variables) = match &value.kind {
        Kind::List(items) => match items.as_slice() {
            [template, variables] => (template, variables.expect_map("the variables of `Fn::Sub`")?),
            _ => return Err(value.unexpected("`Fn::Sub`", "text, or a list of text and a map of variables")),
        },
        _ => (value, &[][..]),
    };
    let template = template.expect_text("the text of `Fn::Sub`")?;
    let result = substitute(template, |name, at| {
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(Some(format!("${{{literal}}}")));
        }
        let position = || template.position(at.0, at.1);
        let found = match (variables.iter().find(|entry| entry.key == name), name.split_once('.')) {
            (Some(entry), _) => required(scope, &entry.value, &format!("variable `{name}`"))?,
            (None, Some((resource, attribute))) => scope.attribute(resource, attribute, &position())?,
            (None, None) => scope.reference(name, &position())?,
        };
        let text = scalar::text(&found, &format!("`${{{name}}}`"));
        let text = text.map_err(|error| LoadError::at(&position(), error.message))?;
        scope.made(text.len(), &position())?;
        Ok(Some(text))
    })?;
    Ok(Node { position: value.position.clone(), kind: Kind::String(result) })
}

/// Replaces every `${name}` by what `value` says of it, given the name and its line and column; where it says nothing
/// the text stays. The text keeps its place: only columns after a replacement on the same
/// line are shifted.
pub(super) fn substitute(
    text: &Text,
    value: impl Fn(&str, (u32, u32)) -> Result<Option<String>, LoadError>,
) -> Result<Text, LoadError> {
    let mut result = String::with_capacity(text.value.len());
    let mut rest = text.value.as_str();
    let (mut line, mut column) = (1, 1);
    let mut advance = |passed: &str| {
        let newlines = passed.matches('\n').count();
        let last = passed.rsplit('\n').next().unwrap_or_default().chars().count();
        let (lines, last) = (u32::try_from(newlines).unwrap_or(0), u32::try_from(last).unwrap_or(0));
        line += lines;
        column = if lines == 0 { column + last } else { last + 1 };
        (line, column)
    };
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        let at = advance(before);
        result.push_str(before);
        match value(name, at)? {
            Some(value) => result.push_str(&value),
            None => result.extend(["${", name, "}"]),
        }
        advance(&rest[before.len()..rest.len() - behind.len()]);
        rest = behind;
    }
    result.push_str(rest);
    Ok(Text { value: result, start: text.start.clone(), indent: text.indent })
}

/// `Fn::Transform` of `AWS::Include`: the content of another file, its intrinsic functions computed.
fn include(scope: &Scope<'_>, value: &Node) -> Result<Node, LoadError> {
    value.expect_keys("`Fn::Transform`", &["Name", "Parameters"])?;
    let name = value.require("`Fn::Transform`", "Name")?;
    if name.as_str() != Some("AWS::Include") {
        return Err(name.unexpected("a macro's name", "AWS::Include"));
    }
    let parameters = value.require("`Fn::Transform`", "Parameters")?;
    parameters.expect_keys("the parameters of AWS::Include", &["Location"])?;
    let location = parameters.require("the parameters of AWS::Include", "Location")?;
    let resolved = required(scope, location, "`Location`")?;
    let named = resolved.expect_str("`Location`")?;
    let Some(path) = below(named) else {
        let message = format!("`{named}` lies outside the template's folder; put the file below it");
        return Err(LoadError::at(&location.position, message));
    };
    scope.visiting(&format!("file {path}"), &location.position, || {
        let document = scope.source().document(&path, Some(&location.position))?;
        required(scope, &document, "the included file")
    })
}

/// A text node in the place of `node`.
pub(super) fn text(node: &Node, value: String) -> Node {
    let text = Text { value, start: node.position.clone(), indent: 1 };
    Node { position: node.position.clone(), kind: Kind::String(text) }
}
