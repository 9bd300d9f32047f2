//! From a model's JSON to its rules.

use fancy_regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use super::{ANNOTATIONS, NESTING, Node, Others};

type Compiled<T> = Result<T, String>;

/// Compiles one schema of a model.
pub(super) fn node(schema: &Value, depth: usize) -> Compiled<Node> {
    if depth > NESTING {
        return Err(format!("schemas are nested deeper than {NESTING}"));
    }
    let schema = schema.as_object().ok_or("a schema must be a map")?;
    let mut node = Node::default();
    if let Some(reference) = schema.get("$ref") {
        node.reference = Some(target(reference)?);
        return Ok(node);
    }
    for (key, value) in schema {
        keyword(&mut node, key, value, depth).map_err(|why| format!("`{key}`: {why}"))?;
    }
    Ok(node)
}

fn keyword(node: &mut Node, key: &str, value: &Value, depth: usize) -> Compiled<()> {
    match key {
        "definitions" => {}
        _ if ANNOTATIONS.contains(&key) || key.starts_with("x-") => {}
        "type" => node.types = types(value)?,
        "enum" => node.values = Some(value.as_array().ok_or("must be a list")?.clone()),
        "allOf" => node.all = nodes(value, depth)?,
        "anyOf" => node.any = nodes(value, depth)?,
        "oneOf" => node.one = nodes(value, depth)?,
        "not" => node.not = Some(boxed(value, depth)?),
        "minimum" => node.number.minimum = Some(number(value)?),
        "maximum" => node.number.maximum = Some(number(value)?),
        "exclusiveMinimum" => node.number.exclusive_minimum = flag(value)?,
        "exclusiveMaximum" => node.number.exclusive_maximum = flag(value)?,
        "multipleOf" => node.number.multiple_of = Some(number(value)?).filter(|step| *step > 0.0),
        "minLength" => node.string.shortest = Some(count(value)?),
        "maxLength" => node.string.longest = Some(count(value)?),
        "pattern" => node.string.pattern = Some(regex(value.as_str().ok_or("must be text")?)?),
        "minItems" => node.list.fewest = Some(count(value)?),
        "maxItems" => node.list.most = Some(count(value)?),
        "uniqueItems" => node.list.unique = flag(value)?,
        "items" if value.is_array() => node.list.each = nodes(value, depth)?,
        "items" => node.list.every = Some(boxed(value, depth)?),
        "additionalItems" => node.list.others = others(value, depth)?,
        "minProperties" => node.map.fewest = Some(count(value)?),
        "maxProperties" => node.map.most = Some(count(value)?),
        "required" => node.map.required = names(value)?,
        "properties" => {
            let inner = |(name, schema): (&String, &Value)| Ok((name.clone(), self::node(schema, depth + 1)?));
            node.map.properties = map(value)?.iter().map(inner).collect::<Compiled<_>>()?;
        }
        "patternProperties" => {
            let inner = |(name, schema): (&String, &Value)| Ok((regex(name)?, self::node(schema, depth + 1)?));
            node.map.patterns = map(value)?.iter().map(inner).collect::<Compiled<_>>()?;
        }
        "additionalProperties" => node.map.others = others(value, depth)?,
        "dependencies" => {
            let inner = |(name, needed): (&String, &Value)| Ok((name.clone(), names(needed)?));
            node.map.dependencies = map(value)?.iter().map(inner).collect::<Compiled<_>>()?;
        }
        _ => return Err("not a keyword of JSON schema draft 4 that is supported here".to_owned()),
    }
    Ok(())
}

/// The name of a definition; empty for the model itself.
fn target(reference: &Value) -> Compiled<String> {
    let text = reference.as_str().ok_or("`$ref` must be text")?;
    if text == "#" {
        return Ok(String::new());
    }
    let name = text.strip_prefix("#/definitions/").filter(|name| !name.is_empty() && !name.contains('/'));
    name.map(str::to_owned).ok_or_else(|| format!("`$ref`: `{text}` must be #/definitions/NAME"))
}

fn nodes(value: &Value, depth: usize) -> Compiled<Vec<Node>> {
    value.as_array().ok_or("must be a list")?.iter().map(|schema| node(schema, depth + 1)).collect()
}

fn boxed(value: &Value, depth: usize) -> Compiled<Box<Node>> {
    node(value, depth + 1).map(Box::new)
}

fn others(value: &Value, depth: usize) -> Compiled<Others> {
    Ok(match value {
        Value::Bool(true) => Others::Anything,
        Value::Bool(false) => Others::Nothing,
        schema => Others::Fitting(boxed(schema, depth)?),
    })
}

fn types(value: &Value) -> Compiled<Vec<String>> {
    const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    let types = if value.is_string() { vec![value.as_str().unwrap_or_default().to_owned()] } else { names(value)? };
    match types.iter().find(|name| !TYPES.contains(&name.as_str())) {
        Some(name) => Err(format!("`{name}` is none of {}", TYPES.join(", "))),
        None => Ok(types),
    }
}

fn names(value: &Value) -> Compiled<Vec<String>> {
    let list = value.as_array().ok_or("must be a list of texts")?;
    list.iter()
        .map(|name| name.as_str().map(str::to_owned).ok_or_else(|| "must be a list of texts".to_owned()))
        .collect()
}

fn map(value: &Value) -> Compiled<&Map<String, Value>> {
    value.as_object().ok_or_else(|| "must be a map".to_owned())
}

fn number(value: &Value) -> Compiled<f64> {
    value.as_f64().ok_or_else(|| "must be a number".to_owned())
}

fn count(value: &Value) -> Compiled<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(|| "must be a count".to_owned())
}

fn flag(value: &Value) -> Compiled<bool> {
    value.as_bool().ok_or_else(|| "must be true or false, as in draft 4".to_owned())
}

fn regex(pattern: &str) -> Compiled<Regex> {
    RegexBuilder::new(pattern).backtrack_limit(100_000).build().map_err(|error| error.to_string())
}

impl Node {
    /// Calls `visit` with every name that is referred to.
    pub(super) fn references(&self, visit: &mut impl FnMut(&str) -> Compiled<()>) -> Compiled<()> {
        if let Some(name) = &self.reference {
            visit(name)?;
        }
        for node in self.inner() {
            node.references(visit)?;
        }
        Ok(())
    }

    fn inner(&self) -> impl Iterator<Item = &Node> {
        let others = [&self.list.others, &self.map.others].into_iter().filter_map(|others| match others {
            Others::Fitting(node) => Some(node.as_ref()),
            Others::Anything | Others::Nothing => None,
        });
        self.all
            .iter()
            .chain(&self.any)
            .chain(&self.one)
            .chain(self.not.as_deref())
            .chain(self.list.every.as_deref())
            .chain(&self.list.each)
            .chain(self.map.properties.iter().map(|(_, node)| node))
            .chain(self.map.patterns.iter().map(|(_, node)| node))
            .chain(others)
    }
}
