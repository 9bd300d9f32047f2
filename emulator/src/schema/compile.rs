//! From a model's JSON to its rules.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::rules::{AllowedValues, Dependency, Others, Rules};
use crate::budget::Budget;
use crate::java::{Pattern, Syntax};
use crate::jsonpath::Tree;
use crate::vtl::Json;

/// Schemas nest at most this deep in a model.
const NESTING: usize = 64;

/// Keywords that say nothing about a body.
const ANNOTATIONS: [&str; 9] =
    ["$schema", "id", "title", "description", "default", "example", "readOnly", "discriminator", "xml"];

/// What is wrong with a model.
#[derive(Debug)]
pub(crate) struct SchemaError {
    /// The keys and numbers that lead to it.
    pub(crate) path: Vec<String>,
    /// What is wrong, after the keywords that it stands in.
    pub(crate) message: String,
}

impl SchemaError {
    fn below(mut self, step: &str) -> Self {
        self.path.insert(0, step.to_owned());
        self
    }
}

impl From<String> for SchemaError {
    fn from(message: String) -> Self {
        Self { path: Vec::new(), message }
    }
}

impl From<&str> for SchemaError {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

type Compiled<T> = Result<T, SchemaError>;

/// Compiles a model and its definitions.
pub(super) fn compile(schema: &Value) -> Compiled<(Rules, HashMap<String, Rules>)> {
    let definitions: HashMap<String, Rules> = match schema.get("definitions") {
        None => HashMap::new(),
        Some(definitions) => {
            let definitions = definitions.as_object().ok_or("`definitions` must be a map")?;
            let inner = |(name, schema): (&String, &Value)| {
                Ok((name.clone(), node(schema, 0).map_err(|error| error.below(name).below("definitions"))?))
            };
            definitions.iter().map(inner).collect::<Compiled<_>>()?
        }
    };
    let root = node(schema, 0)?;
    for rules in definitions.values().chain([&root]) {
        references(rules, &|name| {
            let known = name.is_empty() || definitions.contains_key(name);
            if known { Ok(()) } else { Err(format!("`#/definitions/{name}` names nothing").into()) }
        })?;
    }
    Ok((root, definitions))
}

/// Whether a schema only describes, itself or by the one definition that it refers to.
pub(super) fn says_nothing(schema: &Value) -> bool {
    let only_describes = |schema: &Value, also: &[&str]| {
        let keys = schema.as_object().map(|schema| schema.keys().map(String::as_str));
        keys.is_some_and(|mut keys| keys.all(|key| ANNOTATIONS.contains(&key) || also.contains(&key)))
    };
    match schema.get("$ref") {
        None => only_describes(schema, &["definitions"]),
        Some(reference) => {
            let definition = reference.as_str().and_then(|name| schema.pointer(name.strip_prefix('#')?));
            definition.is_some_and(|definition| only_describes(definition, &[]))
                && only_describes(schema, &["$ref", "definitions"])
        }
    }
}

/// Compiles one schema of a model.
fn node(schema: &Value, depth: usize) -> Compiled<Rules> {
    if depth > NESTING {
        return Err(format!("schemas are nested deeper than {NESTING}").into());
    }
    let schema = schema.as_object().ok_or("a schema must be a map")?;
    let mut node = Rules::default();
    if let Some(reference) = schema.get("$ref") {
        node.reference = Some(target(reference)?);
        return Ok(node);
    }
    for (key, value) in schema {
        keyword(&mut node, key, value, depth).map_err(|mut error| {
            error.message.insert_str(0, &format!("`{key}`: "));
            error.below(key)
        })?;
    }
    Ok(node)
}

fn keyword(node: &mut Rules, key: &str, value: &Value, depth: usize) -> Compiled<()> {
    match key {
        "definitions" => {}
        _ if ANNOTATIONS.contains(&key) || key.starts_with("x-") => {}
        "type" => node.types = types(value)?,
        "enum" => {
            let values = value.as_array().ok_or("must be a list")?;
            node.values = Some(allowed(values.iter().map(json).collect()));
        }
        "format" => node.format = Some(value.as_str().ok_or("must be text")?.to_owned()),
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
        "items" if value.is_array() => node.list.each = Some(nodes(value, depth)?),
        "items" => node.list.every = Some(boxed(value, depth)?),
        "additionalItems" => node.list.others = others(value, depth)?,
        "minProperties" => node.map.fewest = Some(count(value)?),
        "maxProperties" => node.map.most = Some(count(value)?),
        "required" => node.map.required = names(value)?,
        "properties" => {
            let inner = |(name, schema): (&String, &Value)| {
                Ok((name.clone(), self::node(schema, depth + 1).map_err(|error| error.below(name))?))
            };
            node.map.properties = map(value)?.iter().map(inner).collect::<Compiled<_>>()?;
        }
        "patternProperties" => {
            let inner = |(name, schema): (&String, &Value)| {
                let below = |error: SchemaError| error.below(name);
                Ok((regex(name).map_err(below)?, self::node(schema, depth + 1).map_err(below)?))
            };
            node.map.patterns = map(value)?.iter().map(inner).collect::<Compiled<_>>()?;
        }
        "additionalProperties" => node.map.others = others(value, depth)?,
        "dependencies" => {
            let inner = |(name, needed): (&String, &Value)| {
                let below = |error: SchemaError| error.below(name);
                let dependency = match needed {
                    Value::Object(_) => Dependency::Fits(boxed(needed, depth).map_err(below)?),
                    _ => Dependency::Members(names(needed).map_err(below)?),
                };
                Ok((name.clone(), dependency))
            };
            node.map.dependencies = map(value)?.iter().map(inner).collect::<Compiled<_>>()?;
        }
        _ => return Err("not a keyword of JSON schema draft 4 that is supported here".into()),
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
    name.map(pointer_token).ok_or_else(|| format!("`$ref`: `{text}` must be #/definitions/NAME").into())
}

/// A part of a JSON pointer in a URI: percent-encoded, `~1` for a slash, `~0` for a tilde.
pub(crate) fn pointer_token(text: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    decoded.replace("~1", "/").replace("~0", "~")
}

fn nodes(value: &Value, depth: usize) -> Compiled<Vec<Rules>> {
    let schemas = value.as_array().ok_or("must be a list")?.iter().enumerate();
    schemas.map(|(index, schema)| node(schema, depth + 1).map_err(|error| error.below(&index.to_string()))).collect()
}

fn boxed(value: &Value, depth: usize) -> Compiled<Box<Rules>> {
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
        Some(name) => Err(format!("`{name}` is not one of {}", TYPES.join(", ")).into()),
        None => Ok(types),
    }
}

fn names(value: &Value) -> Compiled<Vec<String>> {
    let list = value.as_array().ok_or("must be a list of texts")?;
    list.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(|| "must be a list of texts".into())).collect()
}

fn map(value: &Value) -> Compiled<&Map<String, Value>> {
    value.as_object().ok_or_else(|| "must be a map".into())
}

fn number(value: &Value) -> Compiled<f64> {
    value.as_f64().ok_or_else(|| "must be a number".into())
}

fn count(value: &Value) -> Compiled<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(|| "must be a count".into())
}

fn flag(value: &Value) -> Compiled<bool> {
    value.as_bool().ok_or_else(|| "must be true or false, as in draft 4".into())
}

fn regex(pattern: &str) -> Compiled<Pattern> {
    Ok(Pattern::compile(pattern, Syntax::Ecma, &Budget::default())?)
}

fn allowed(values: Vec<Json<'static>>) -> AllowedValues {
    let mut words = String::new();
    for (at, value) in values.iter().enumerate() {
        words.push_str(if at > 0 { "," } else { "" });
        value.write(&mut words);
    }
    AllowedValues { values, words }
}

fn json(value: &Value) -> Json<'static> {
    match value {
        Value::Null => Json::null(),
        Value::Bool(value) => Json::boolean(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Json::double(number.as_f64().unwrap_or(f64::NAN)), Json::integer)
        }
        Value::String(text) => Json::string(text.clone()),
        Value::Array(list) => Json::list(list.iter().map(json).collect()),
        Value::Object(map) => Json::map(map.iter().map(|(name, value)| (name.clone(), json(value))).collect()),
    }
}

/// Checks every name that is referred to.
fn references(rules: &Rules, check: &impl Fn(&str) -> Compiled<()>) -> Compiled<()> {
    if let Some(name) = &rules.reference {
        check(name)?;
    }
    rules.inner().try_for_each(|inner| references(inner, check))
}
