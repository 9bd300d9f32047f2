//! Intrinsic functions: the values that a template computes from parameters, mappings, conditions and resources.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::evaluator::Evaluator;
use crate::document::{Entry, Kind, LoadError, Node, Size, Text, scalar};

const SUPPORTED: &str = "Ref, Fn::Base64, Fn::Cidr, Fn::FindInMap, Fn::GetAZs, Fn::GetAtt, Fn::If, Fn::ImportValue, \
                         Fn::Join, Fn::Length, Fn::Select, Fn::Split, Fn::Sub, Fn::ToJsonString, Fn::Transform";

/// The value of a function; `None` for `AWS::NoValue`. Each function has a frame of its own: values nest deep.
pub(super) fn call(evaluator: &dyn Evaluator, node: &Node, entry: &Entry) -> Result<Option<Node>, LoadError> {
    let result = match entry.key.as_str() {
        "Ref" if entry.value.as_str() == Some("AWS::NoValue") => return Ok(None),
        "Fn::If" => return choose(evaluator, entry),
        "Ref" => reference(evaluator, &entry.value),
        "Fn::GetAtt" => get_att(evaluator, &entry.value),
        "Fn::Sub" => sub(evaluator, &entry.value),
        "Fn::Join" => join(evaluator, node, entry),
        "Fn::Select" => select(evaluator, entry),
        "Fn::Split" => split(evaluator, node, entry),
        "Fn::FindInMap" => find_in_map(evaluator, entry),
        "Fn::Base64" => base64(evaluator, node, &entry.value),
        "Fn::Length" => length(evaluator, node, &entry.value),
        "Fn::ToJsonString" => to_json_string(evaluator, node, &entry.value),
        "Fn::GetAZs" => zones(evaluator, node, &entry.value),
        "Fn::Cidr" => cidr(evaluator, node, entry),
        "Fn::ImportValue" => import_value(evaluator, node, entry),
        // What is not here was noted when files were included.
        "Fn::Transform" => return Ok(None),
        name => {
            let message = format!("unsupported intrinsic function `{name}`; supported here: {SUPPORTED}");
            Err(LoadError::at(&entry.position, message))
        }
    };
    let value = result?;
    // Whatever it is, and wherever it was taken from. What one function can make of little was counted before.
    evaluator.scope().made(&entry.key, value.size().in_memory(), &entry.position)?;
    Ok(Some(value))
}

fn reference(evaluator: &dyn Evaluator, value: &Node) -> Result<Node, LoadError> {
    evaluator.reference(&named(evaluator, value, "the target of `Ref`")?, &value.position)
}

/// A name, which `AWS::LanguageExtensions` allows to be computed.
fn named(evaluator: &dyn Evaluator, node: &Node, what: &str) -> Result<String, LoadError> {
    match node.as_str() {
        Some(name) => Ok(name.to_owned()),
        None => Ok(evaluator.required(node, what)?.expect_str(what)?.to_owned()),
    }
}

fn choose(evaluator: &dyn Evaluator, entry: &Entry) -> Result<Option<Node>, LoadError> {
    let [name, yes, no] = arguments(entry)?;
    evaluator.resolve(if evaluator.condition(name)? { yes } else { no })
}

fn join(evaluator: &dyn Evaluator, node: &Node, entry: &Entry) -> Result<Node, LoadError> {
    let [delimiter, list] = arguments(entry)?;
    let delimiter = delimiter.expect_str("the delimiter of `Fn::Join`")?;
    let list = evaluator.required(list, "the list of `Fn::Join`")?;
    let items = list.expect_list("the list of `Fn::Join`")?;
    let items: Vec<_> = items.iter().map(|item| scalar::text(item, "an item")).collect::<Result<_, _>>()?;
    let bytes = items.iter().map(String::len).sum::<usize>() + items.len() * delimiter.len();
    evaluator.scope().made(&entry.key, bytes, &entry.position)?;
    Ok(Node::text(&node.position, items.join(delimiter)))
}

fn select(evaluator: &dyn Evaluator, entry: &Entry) -> Result<Node, LoadError> {
    let [index, written] = arguments(entry)?;
    let index = evaluator.required(index, "the index of `Fn::Select`")?;
    let number = scalar::whole(&index, "the index of `Fn::Select`", 0..=u32::MAX)?;
    let list = evaluator.required(written, "the list of `Fn::Select`")?;
    let items = list.expect_list("the list of `Fn::Select`")?;
    if let Some(item) = items.get(number as usize) {
        return Ok(item.clone());
    }
    let beyond = format!("`Fn::Select` cannot take item {number} of {}", items.len());
    let refusal = LoadError::at(&index.position, beyond);
    // A text that is made up here may have fewer parts than the one that stands there on AWS.
    match items.last().filter(|_| written.get("Fn::Split").is_some()) {
        Some(part) => {
            let what = "Fn::Select of a part that a text does not have here; its last part is used";
            evaluator.scope().notes().pass_over(what, refusal)?;
            Ok(part.clone())
        }
        None => Err(refusal),
    }
}

fn split(evaluator: &dyn Evaluator, node: &Node, entry: &Entry) -> Result<Node, LoadError> {
    let [delimiter, source] = arguments(entry)?;
    let delimiter = delimiter.expect_str("the delimiter of `Fn::Split`")?;
    if delimiter.is_empty() {
        return Err(LoadError::at(&entry.position, "the delimiter of `Fn::Split` must not be empty"));
    }
    let source = evaluator.required(source, "the text of `Fn::Split`")?;
    let source = scalar::text(&source, "the text of `Fn::Split`")?;
    let parts = Size { nodes: source.matches(delimiter).count() + 1, bytes: source.len(), depth: 1 };
    evaluator.scope().made(&entry.key, parts.in_memory(), &entry.position)?;
    let items = source.split(delimiter).map(|item| Node::text(&node.position, item)).collect();
    Ok(Node::list(&node.position, items))
}

fn base64(evaluator: &dyn Evaluator, node: &Node, value: &Node) -> Result<Node, LoadError> {
    let source = evaluator.required(value, "the text of `Fn::Base64`")?;
    let source = scalar::text(&source, "the text of `Fn::Base64`")?;
    Ok(Node::text(&node.position, STANDARD.encode(source)))
}

fn length(evaluator: &dyn Evaluator, node: &Node, value: &Node) -> Result<Node, LoadError> {
    let list = evaluator.required(value, "the list of `Fn::Length`")?;
    let length = list.expect_list("the list of `Fn::Length`")?.len();
    Ok(Node { position: node.position.clone(), kind: Kind::Number(length.into()) })
}

fn to_json_string(evaluator: &dyn Evaluator, node: &Node, value: &Node) -> Result<Node, LoadError> {
    let value = evaluator.required(value, "the value of `Fn::ToJsonString`")?;
    Ok(Node::text(&node.position, value.to_json().to_string()))
}

fn zones(evaluator: &dyn Evaluator, node: &Node, value: &Node) -> Result<Node, LoadError> {
    let region = evaluator.required(value, "the region of `Fn::GetAZs`")?;
    let region = scalar::text(&region, "the region of `Fn::GetAZs`")?;
    let region = if region.is_empty() { &evaluator.scope().stack().region } else { &region };
    let zones = ["a", "b", "c"].map(|zone| Node::text(&node.position, format!("{region}{zone}")));
    Ok(Node::list(&node.position, zones.into()))
}

fn import_value(evaluator: &dyn Evaluator, node: &Node, entry: &Entry) -> Result<Node, LoadError> {
    let name = evaluator.required(&entry.value, "the name of `Fn::ImportValue`")?;
    let name = scalar::text(&name, "the name of `Fn::ImportValue`")?;
    if let Some(value) = evaluator.export(&name)? {
        return Ok(Node::text(&node.position, value));
    }
    let refusal =
        LoadError::unsupported(&entry.position, format!("`{name}` is exported by a stack of another deployment"));
    evaluator.scope().notes().pass_over("Fn::ImportValue; the name of the export stands in for its value", refusal)?;
    Ok(Node::text(&node.position, name))
}

/// `[Map, Key, Key]`, or with a fourth argument `{DefaultValue: …}`.
fn find_in_map(evaluator: &dyn Evaluator, entry: &Entry) -> Result<Node, LoadError> {
    let arguments = entry.value.expect_list("the arguments of `Fn::FindInMap`")?;
    let (keys, default) = match arguments {
        [keys @ .., default] if keys.len() == 3 && default.get("DefaultValue").is_some() => {
            (keys, default.get("DefaultValue"))
        }
        keys => (keys, None),
    };
    if keys.len() != 3 {
        let message = format!("the number of arguments of `Fn::FindInMap` must be 3, not {}", arguments.len());
        return Err(LoadError::at(&entry.value.position, message));
    }
    let mut found = evaluator.scope().mappings();
    for key in keys {
        let key = evaluator.required(key, "a key of `Fn::FindInMap`")?;
        let name = scalar::text(&key, "a key of `Fn::FindInMap`")?;
        found = match (found.and_then(|map| map.get(&name)), default) {
            (Some(found), _) => Some(found),
            (None, Some(default)) => return evaluator.required(default, "`DefaultValue`"),
            (None, None) => {
                let account = evaluator.scope().stack().account == name;
                let way_out = if account { "; `--account` says in which account the stack is" } else { "" };
                let message = format!("no key `{name}` in this part of `Mappings`{way_out}");
                return Err(LoadError::at(&key.position, message));
            }
        };
    }
    Ok(found.expect("three keys were found one below the other").clone())
}

/// `[block, count, bits]`: the first `count` subnets of an IPv4 block, each with `bits` bits for its hosts.
fn cidr(evaluator: &dyn Evaluator, node: &Node, entry: &Entry) -> Result<Node, LoadError> {
    let mut values = Vec::new();
    for argument in entry.value.expect_list("the arguments of `Fn::Cidr`")? {
        values.push(scalar::text(
            &evaluator.required(argument, "an argument of `Fn::Cidr`")?,
            "an argument of `Fn::Cidr`",
        )?);
    }
    let subnets = || {
        let (address, length) = values.first()?.split_once('/')?;
        let (address, length): (Ipv4Addr, u32) = (address.parse().ok()?, length.parse().ok()?);
        let count: u32 = values.get(1)?.parse().ok().filter(|count| (1..=256).contains(count))?;
        let bits: u32 = values.get(2).map_or(Some(8), |bits| bits.parse().ok())?;
        let size = 1_u32.checked_shl(bits)?;
        let fits = length <= 32 && u64::from(size) * u64::from(count) <= 1 << (32 - length);
        let first = u32::from(address);
        let subnet = |number: u32| Some(format!("{}/{}", Ipv4Addr::from(first.checked_add(number * size)?), 32 - bits));
        fits.then(|| (0..count).map(subnet).collect::<Option<Vec<_>>>())?
    };
    let expected = "an IPv4 block, a count from 1 to 256 that fits in it, and the bits of a subnet";
    let subnets = subnets().ok_or_else(|| entry.value.unexpected("the arguments of `Fn::Cidr`", expected))?;
    let items = subnets.into_iter().map(|subnet| Node::text(&node.position, subnet)).collect();
    Ok(Node::list(&node.position, items))
}

fn arguments<const N: usize>(entry: &Entry) -> Result<&[Node; N], LoadError> {
    let list = entry.value.expect_list(&format!("the arguments of `{}`", entry.key))?;
    let message = || format!("the number of arguments of `{}` must be {N}, not {}", entry.key, list.len());
    list.try_into().map_err(|_| LoadError::at(&entry.value.position, message()))
}

/// `[Resource, Attribute]`, or `Resource.Attribute` as JSON templates may also write it.
fn get_att(evaluator: &dyn Evaluator, value: &Node) -> Result<Node, LoadError> {
    let wrong = || value.unexpected("the target of `Fn::GetAtt`", "a resource and its attribute");
    match &value.kind {
        Kind::String(text) => {
            let (resource, attribute) = text.value.split_once('.').ok_or_else(wrong)?;
            evaluator.attribute(resource, attribute, &value.position)
        }
        Kind::List(items) => {
            let [resource, attribute] = items.as_slice() else { return Err(wrong()) };
            let resource = named(evaluator, resource, "the resource of `Fn::GetAtt`")?;
            let attribute = named(evaluator, attribute, "the attribute of `Fn::GetAtt`")?;
            evaluator.attribute(&resource, &attribute, &value.position)
        }
        _ => Err(wrong()),
    }
}

/// `Fn::Sub` of text, or of text and a map of further variables.
fn sub(evaluator: &dyn Evaluator, value: &Node) -> Result<Node, LoadError> {
    let (template, variables) = match &value.kind {
        Kind::List(items) => match items.as_slice() {
            [template, variables] => (template, variables.expect_map("the variables of `Fn::Sub`")?),
            _ => return Err(value.unexpected("`Fn::Sub`", "text, or a list of text and a map of variables")),
        },
        _ => (value, &[][..]),
    };
    let template = template.expect_text("the text of `Fn::Sub`")?;
    let variables: HashMap<&str, &Node> = variables.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
    // Each is worked out once, however often it is put in.
    let known = RefCell::new(HashMap::<&str, Rc<str>>::new());
    let result = substitute(template, |name, at| {
        let name = name.trim();
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(Some(format!("${{{literal}}}").into()));
        }
        let position = || template.position(at.0, at.1);
        let value = known.borrow().get(name).cloned();
        let value: Rc<str> = if let Some(value) = value {
            value
        } else {
            let variable = variables.get_key_value(name);
            let found = match (variable, name.split_once('.')) {
                (Some((_, given)), _) => evaluator.required(given, &format!("variable `{name}`"))?,
                (None, Some((resource, attribute))) => evaluator.attribute(resource, attribute, &position())?,
                (None, None) => evaluator.reference(name, &position())?,
            };
            let text = scalar::text(&found, &format!("`${{{name}}}`"));
            let value: Rc<str> = text.map_err(|error| LoadError::at(&position(), error.message))?.into();
            if let Some((name, _)) = variable {
                known.borrow_mut().insert(name, Rc::clone(&value));
            }
            value
        };
        evaluator.scope().made("Fn::Sub", value.len(), &position())?;
        Ok(Some(value))
    })?;
    Ok(Node { position: value.position.clone(), kind: Kind::String(result) })
}

/// A part of a text that is put together.
enum Piece<'t, V> {
    Written(&'t str),
    Value(V),
}

impl<V: AsRef<str>> Piece<'_, V> {
    fn text(&self) -> &str {
        match self {
            Self::Written(text) => text,
            Self::Value(value) => value.as_ref(),
        }
    }
}

/// Replaces every `${name}` by what `value` says of it, given the name and its line and column; where it says nothing
/// the text stays. All is known, and counted by who asks, before the text is made. The text keeps its place: only columns
/// after a replacement on the same line are shifted.
pub(super) fn substitute<V: AsRef<str>>(
    text: &Text,
    value: impl Fn(&str, (u32, u32)) -> Result<Option<V>, LoadError>,
) -> Result<Text, LoadError> {
    let mut pieces = Vec::new();
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
        let place = &rest[before.len()..rest.len() - behind.len()];
        pieces.push(Piece::Written(before));
        pieces.push(value(name, at)?.map_or(Piece::Written(place), Piece::Value));
        advance(place);
        rest = behind;
    }
    pieces.push(Piece::Written(rest));
    let mut result = String::with_capacity(pieces.iter().map(|piece| piece.text().len()).sum());
    result.extend(pieces.iter().map(Piece::text));
    Ok(Text { value: result, start: text.start.clone(), indent: text.indent })
}
