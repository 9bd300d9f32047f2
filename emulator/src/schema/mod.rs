//! JSON schema, draft 4: what models of request bodies are written in.

mod compile;
#[cfg(test)]
mod tests;

use fancy_regex::Regex;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use compile::node;

/// Schemas nest and refer to themselves at most this deep while a body is checked.
const DEPTH: usize = 128;
/// Schemas nest at most this deep in a model.
const NESTING: usize = 64;

/// Keywords that say nothing about a body.
const ANNOTATIONS: [&str; 10] =
    ["$schema", "id", "title", "description", "default", "example", "format", "readOnly", "discriminator", "xml"];

/// A compiled model.
#[derive(Debug)]
pub struct Schema {
    root: Node,
    definitions: Vec<(String, Node)>,
    /// Whether every JSON value fits.
    fits_all: bool,
}

/// One schema of a model.
#[derive(Debug, Default)]
struct Node {
    reference: Option<String>,
    types: Vec<String>,
    values: Option<Vec<Value>>,
    all: Vec<Node>,
    any: Vec<Node>,
    one: Vec<Node>,
    not: Option<Box<Node>>,
    number: NumberRules,
    string: StringRules,
    list: ListRules,
    map: MapRules,
}

#[derive(Debug, Default)]
struct NumberRules {
    minimum: Option<f64>,
    maximum: Option<f64>,
    exclusive_minimum: bool,
    exclusive_maximum: bool,
    multiple_of: Option<f64>,
}

#[derive(Debug, Default)]
struct StringRules {
    shortest: Option<usize>,
    longest: Option<usize>,
    pattern: Option<Regex>,
}

#[derive(Debug, Default)]
struct ListRules {
    fewest: Option<usize>,
    most: Option<usize>,
    unique: bool,
    every: Option<Box<Node>>,
    each: Vec<Node>,
    others: Others,
}

#[derive(Debug, Default)]
struct MapRules {
    fewest: Option<usize>,
    most: Option<usize>,
    required: Vec<String>,
    properties: Vec<(String, Node)>,
    patterns: Vec<(Regex, Node)>,
    others: Others,
    dependencies: Vec<(String, Vec<String>)>,
}

/// What may stand beside what is named.
#[derive(Debug, Default)]
enum Others {
    #[default]
    Anything,
    Nothing,
    Fitting(Box<Node>),
}

/// Whether a schema only describes, itself or by the one definition that it refers to.
fn says_nothing(schema: &Value) -> bool {
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

impl Schema {
    /// What is wrong with a body; empty where it fits.
    pub(crate) fn faults_of(&self, body: &[u8]) -> Result<Vec<String>, serde_json::Error> {
        // Skipping over a body is several times cheaper than building its tree, but looks into no escape.
        if self.fits_all && !body.contains(&b'\\') {
            let skipped = str::from_utf8(body).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
            if skipped {
                return Ok(Vec::new());
            }
        }
        serde_json::from_slice(body).map(|body| self.faults(&body))
    }

    /// Compiles a model; what draft 4 does not know is refused.
    pub(crate) fn compile(schema: &Value) -> Result<Self, String> {
        let definitions = match schema.get("definitions") {
            None => Vec::new(),
            Some(definitions) => {
                let definitions = definitions.as_object().ok_or("`definitions` must be a map")?;
                definitions
                    .iter()
                    .map(|(name, schema)| Ok((name.clone(), node(schema, 0)?)))
                    .collect::<Result<_, String>>()?
            }
        };
        let compiled = Self { root: node(schema, 0)?, definitions, fits_all: says_nothing(schema) };
        compiled.root.references(&mut |name| compiled.definition(name).map(|_| ()).ok_or_else(|| missing(name)))?;
        for (_, definition) in &compiled.definitions {
            definition.references(&mut |name| compiled.definition(name).map(|_| ()).ok_or_else(|| missing(name)))?;
        }
        Ok(compiled)
    }

    fn definition(&self, name: &str) -> Option<&Node> {
        if name.is_empty() {
            return Some(&self.root);
        }
        self.definitions.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// What is wrong with a body, in the words of the validator that API Gateway is known by; empty when it fits.
    pub(crate) fn faults(&self, body: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(&self.root, body, &mut faults, 0);
        faults
    }

    fn fits(&self, node: &Node, value: &Value, depth: usize) -> bool {
        let mut faults = Vec::new();
        self.check(node, value, &mut faults, depth + 1);
        faults.is_empty()
    }

    fn check(&self, node: &Node, value: &Value, faults: &mut Vec<String>, depth: usize) {
        if depth > DEPTH {
            return faults.push("the schema refers to itself without end".to_owned());
        }
        if let Some(name) = &node.reference {
            if let Some(target) = self.definition(name) {
                self.check(target, value, faults, depth + 1);
            }
            return;
        }
        if !node.types.is_empty() && !node.types.iter().any(|wanted| is_type(value, wanted)) {
            let (found, allowed) = (type_of(value), quoted(&node.types));
            faults.push(format!(
                "instance type ({found}) does not match any allowed primitive type (allowed: [{allowed}])"
            ));
            return;
        }
        if let Some(values) = &node.values
            && !values.iter().any(|allowed| equal(allowed, value))
        {
            let values = Value::Array(values.clone());
            faults.push(format!("instance value ({value}) not found in enum (possible values: {values})"));
        }
        for inner in &node.all {
            self.check(inner, value, faults, depth + 1);
        }
        if !node.any.is_empty() && !node.any.iter().any(|inner| self.fits(inner, value, depth)) {
            faults.push("instance failed to match at least one required schema".to_owned());
        }
        if !node.one.is_empty() && node.one.iter().filter(|inner| self.fits(inner, value, depth)).count() != 1 {
            faults.push("instance failed to match exactly one schema".to_owned());
        }
        if node.not.as_ref().is_some_and(|inner| self.fits(inner, value, depth)) {
            faults.push("instance matched a schema which it should not have".to_owned());
        }
        match value {
            Value::Number(number) => node.number.check(number.as_f64().unwrap_or(f64::NAN), faults),
            Value::String(text) => node.string.check(text, faults),
            Value::Array(list) => self.check_list(&node.list, list, faults, depth),
            Value::Object(map) => self.check_map(&node.map, map, faults, depth),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn check_list(&self, rules: &ListRules, list: &[Value], faults: &mut Vec<String>, depth: usize) {
        bounds("array", "element", list.len(), rules.fewest, rules.most, faults);
        if rules.unique && list.iter().enumerate().any(|(at, item)| list[..at].iter().any(|other| equal(item, other))) {
            faults.push("array must not contain duplicate elements".to_owned());
        }
        for (at, item) in list.iter().enumerate() {
            match (&rules.every, rules.each.get(at), &rules.others) {
                (Some(every), ..) => self.check(every, item, faults, depth + 1),
                (None, Some(each), _) => self.check(each, item, faults, depth + 1),
                (None, None, Others::Fitting(other)) => self.check(other, item, faults, depth + 1),
                (None, None, Others::Nothing) => {
                    return faults.push(format!(
                        "array has {} elements, only {} are allowed",
                        list.len(),
                        rules.each.len()
                    ));
                }
                (None, None, Others::Anything) => {}
            }
        }
    }

    fn check_map(&self, rules: &MapRules, map: &Map<String, Value>, faults: &mut Vec<String>, depth: usize) {
        bounds("object", "property", map.len(), rules.fewest, rules.most, faults);
        let missing: Vec<_> = rules.required.iter().filter(|name| !map.contains_key(*name)).cloned().collect();
        if !missing.is_empty() {
            faults.push(format!("object has missing required properties ([{}])", quoted(&missing)));
        }
        for (name, needed) in &rules.dependencies {
            let missing: Vec<_> = needed.iter().filter(|needed| !map.contains_key(*needed)).cloned().collect();
            if map.contains_key(name) && !missing.is_empty() {
                faults.push(format!(
                    "property \"{name}\" of object has missing property dependencies ([{}])",
                    quoted(&missing)
                ));
            }
        }
        for (name, value) in map {
            let mut named = false;
            for (_, inner) in rules.properties.iter().filter(|(known, _)| known == name) {
                named = true;
                self.check(inner, value, faults, depth + 1);
            }
            for (_, inner) in rules.patterns.iter().filter(|(pattern, _)| pattern.is_match(name).unwrap_or(false)) {
                named = true;
                self.check(inner, value, faults, depth + 1);
            }
            match &rules.others {
                Others::Nothing if !named => {
                    faults.push(format!(
                        "object instance has properties which are not allowed by the schema: [\"{name}\"]"
                    ));
                }
                Others::Fitting(inner) if !named => self.check(inner, value, faults, depth + 1),
                _ => {}
            }
        }
    }
}

impl NumberRules {
    fn check(&self, number: f64, faults: &mut Vec<String>) {
        let low = |minimum: f64| number < minimum || self.exclusive_minimum && number <= minimum;
        let high = |maximum: f64| number > maximum || self.exclusive_maximum && number >= maximum;
        if let Some(minimum) = self.minimum.filter(|minimum| low(*minimum)) {
            faults.push(format!(
                "numeric instance is lower than the required minimum (minimum: {minimum}, found: {number})"
            ));
        }
        if let Some(maximum) = self.maximum.filter(|maximum| high(*maximum)) {
            faults.push(format!(
                "numeric instance is greater than the required maximum (maximum: {maximum}, found: {number})"
            ));
        }
        if let Some(step) = self.multiple_of.filter(|step| ((number / step) - (number / step).round()).abs() > 1e-9) {
            faults.push(format!("remainder of division is not zero (instance: {number}, divisor: {step})"));
        }
    }
}

impl StringRules {
    fn check(&self, text: &str, faults: &mut Vec<String>) {
        let length = text.chars().count();
        if let Some(shortest) = self.shortest.filter(|shortest| length < *shortest) {
            faults.push(format!("string is too short (length: {length}, required minimum: {shortest})"));
        }
        if let Some(longest) = self.longest.filter(|longest| length > *longest) {
            faults.push(format!("string is too long (length: {length}, maximum allowed: {longest})"));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(text).unwrap_or(false)) {
            faults.push(format!(
                "ECMA 262 regex \"{}\" does not match input string {}",
                pattern.as_str(),
                Value::from(text)
            ));
        }
    }
}

fn bounds(what: &str, part: &str, count: usize, fewest: Option<usize>, most: Option<usize>, faults: &mut Vec<String>) {
    if let Some(fewest) = fewest.filter(|fewest| count < *fewest) {
        faults.push(format!("{what} has too few {part} instances (found: {count}, required minimum: {fewest})"));
    }
    if let Some(most) = most.filter(|most| count > *most) {
        faults.push(format!("{what} has too many {part} instances (found: {count}, maximum allowed: {most})"));
    }
}

fn missing(name: &str) -> String {
    format!("`#/definitions/{name}` names nothing")
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_type(value: &Value, wanted: &str) -> bool {
    type_of(value) == wanted || wanted == "number" && value.is_number()
}

/// Numbers are equal by value: `1` is `1.0`.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => left == right,
    }
}
