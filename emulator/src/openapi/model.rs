//! Models: OpenAPI schemas as self-contained JSON schemas (draft 4), as API Gateway keeps them.

use serde_json::{Map, Value};

use super::document::Document;
use crate::document::{Entry, Kind, LoadError, Node, Position};
use crate::schema::{Schema, SchemaError, pointer_token};

const COMPONENTS: &str = "#/components/schemas/";

/// The models of a request body by content type; an operation without body has none.
pub(super) fn models(document: &Document<'_>, operation: &Node) -> Result<Vec<(String, Schema)>, LoadError> {
    let Some(body) = operation.get("requestBody") else { return Ok(Vec::new()) };
    let body = document.follow(body, "requestBodies")?;
    document.expect_keys(body, "a request body", &["content"], &["description", "required"])?;
    let content = body.require("a request body", "content")?;
    let mut models = Vec::new();
    for entry in content.expect_map("`content`")? {
        let what = format!("the content of `{}`", entry.key);
        document.expect_keys(&entry.value, &what, &["schema"], &["example", "examples"])?;
        if let Some(schema) = entry.value.get("schema") {
            let refuse = |error: SchemaError| {
                let message = format!("the model of `{}`: {}", entry.key, error.message);
                LoadError::at(place(document, schema, &error.path), message)
            };
            models.push((entry.key.clone(), Schema::compile(&model(document, schema)?).map_err(refuse)?));
        }
    }
    Ok(models)
}

/// Where the part of a model stands to which keys and numbers lead; what the model refers to lies below `definitions`.
fn place<'n>(document: &'n Document<'_>, schema: &'n Node, path: &[String]) -> &'n Position {
    let (mut node, path) = match path {
        [first, name, rest @ ..] if first == "definitions" && schema.get(first).is_none() => {
            let schemas = document.root.get("components").and_then(|components| components.get("schemas"));
            (schemas.and_then(|schemas| schemas.get(name)).unwrap_or(schema), rest)
        }
        path => (schema, path),
    };
    let mut position = &node.position;
    for step in path {
        let item = || node.as_list()?.get(step.parse::<usize>().ok()?).map(|item| (&item.position, item));
        let Some((at, inner)) = node.entry(step).map(|entry| (&entry.position, &entry.value)).or_else(item) else {
            break;
        };
        (position, node) = (at, inner);
    }
    position
}

/// A schema with everything that it refers to, directly or not, in its `definitions`.
fn model(document: &Document<'_>, schema: &Node) -> Result<Value, LoadError> {
    let mut pending = Vec::new();
    let mut definitions = Map::new();
    let mut value = convert(schema, &mut pending)?;
    while let Some((name, at)) = pending.pop() {
        if definitions.contains_key(&name) {
            continue;
        }
        let schemas = document.root.get("components").and_then(|components| components.get("schemas"));
        let Some(found) = schemas.and_then(|schemas| schemas.get(&name)) else {
            return Err(LoadError::at(&at, format!("`{COMPONENTS}{name}` names nothing in this document")));
        };
        // Entered before its own references are read, so that a schema may contain itself.
        definitions.insert(name.clone(), Value::Null);
        let definition = convert(found, &mut pending)?;
        definitions.insert(name, definition);
    }
    if let (Value::Object(object), false) = (&mut value, definitions.is_empty()) {
        object.insert("definitions".to_owned(), Value::Object(definitions));
    }
    Ok(value)
}

type Pending = Vec<(String, Position)>;

fn convert(node: &Node, pending: &mut Pending) -> Result<Value, LoadError> {
    let convert_entry = |entry: &Entry, pending: &mut Pending| match (entry.key.as_str(), entry.value.as_str()) {
        ("$ref", Some(target)) => {
            let Some(name) = target.strip_prefix(COMPONENTS) else {
                return Err(entry.value.unexpected("`$ref` of a schema", &format!("{COMPONENTS}NAME")));
            };
            pending.push((pointer_token(name), entry.value.position.clone()));
            Ok(Value::String(format!("#/definitions/{name}")))
        }
        _ => convert(&entry.value, pending),
    };
    Ok(match &node.kind {
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| Ok((entry.key.clone(), convert_entry(entry, pending)?)));
            Value::Object(entries.collect::<Result<_, LoadError>>()?)
        }
        Kind::List(items) => Value::Array(items.iter().map(|item| convert(item, pending)).collect::<Result<_, _>>()?),
        _ => node.to_json(),
    })
}
