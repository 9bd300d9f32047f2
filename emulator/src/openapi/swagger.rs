//! Swagger 2.0 documents, rewritten as OpenAPI 3.0 documents, so that there is one import.

use super::method::METHODS;
use crate::document::{Entry, Kind, LoadError, Node, Position};

/// Keys that change no answer, and have no place in OpenAPI 3.0.
const WITHOUT_EFFECT: [&str; 4] = ["host", "basePath", "schemes", "produces"];

/// Where references lead in Swagger 2.0 and in OpenAPI 3.0.
const REFERENCES: [(&str, &str); 3] = [
    ("#/definitions/", "#/components/schemas/"),
    ("#/parameters/", "#/components/parameters/"),
    ("#/responses/", "#/components/responses/"),
];

/// The document, rewritten if it is Swagger 2.0.
pub(crate) fn upgraded(root: &Node) -> Result<Node, LoadError> {
    let Some(version) = root.get("swagger") else { return Ok(root.clone()) };
    // YAML reads an unquoted 2.0 as a number.
    if version.as_str() != Some("2.0") && version.as_number().and_then(serde_json::Number::as_f64) != Some(2.0) {
        return Err(version.unexpected("`swagger`", "2.0, in quotes"));
    }
    let position = &root.position;
    let consumes = media_types(root.get("consumes"))?;
    let mut document = Node::map(position, vec![("openapi", Node::text(&version.position, "3.0.1"))]);
    for entry in root.expect_map("a Swagger document")? {
        match entry.key.as_str() {
            "swagger" | "consumes" => {}
            key if WITHOUT_EFFECT.contains(&key) => {}
            "definitions" => components(&mut document, "schemas", entry, entry.value.clone()),
            "securityDefinitions" => components(&mut document, "securitySchemes", entry, entry.value.clone()),
            "parameters" => components(&mut document, "parameters", entry, entry.value.clone()),
            "responses" => {
                let responses = responses(&entry.value)?;
                components(&mut document, "responses", entry, responses);
            }
            "paths" => {
                let paths = paths(root, &entry.value, &consumes)?;
                document.set("paths", &entry.position, paths);
            }
            key => document.set(key, &entry.position, entry.value.clone()),
        }
    }
    redirect(&mut document);
    Ok(document)
}

fn components(document: &mut Node, section: &str, entry: &Entry, value: Node) {
    document.get_or_insert("components", &entry.position).set(section, &entry.position, value);
}

/// A list of media types; JSON where it is left out.
fn media_types(node: Option<&Node>) -> Result<Vec<String>, LoadError> {
    let Some(node) = node else { return Ok(vec!["application/json".to_owned()]) };
    let types = node.expect_list("`consumes`")?;
    types.iter().map(|media| media.expect_str("a media type").map(str::to_owned)).collect()
}

fn paths(root: &Node, node: &Node, consumes: &[String]) -> Result<Node, LoadError> {
    let mut paths = Node::map(&node.position, Vec::new());
    for path in node.expect_map("`paths`")? {
        let mut item = path.value.clone();
        let shared = path.value.get("parameters").cloned();
        let shared = shared.as_ref().map_or(Ok(&[][..]), |node| node.expect_list("`parameters`"))?;
        if let Some(list) = item.get_mut("parameters") {
            list.kind = Kind::List(shared.iter().filter(|node| !is_body(root, node)).cloned().collect());
        }
        for operation in item.entries_mut() {
            if METHODS.contains(&operation.key.as_str()) {
                upgrade(root, &mut operation.value, shared, consumes)?;
            }
        }
        paths.set(&path.key, &path.position, item);
    }
    Ok(paths)
}

fn upgrade(root: &Node, operation: &mut Node, shared: &[Node], consumes: &[String]) -> Result<(), LoadError> {
    let consumes = match operation.get("consumes") {
        Some(own) => media_types(Some(own))?,
        None => consumes.to_vec(),
    };
    let own = operation.get("parameters").map_or(Ok(&[][..]), |node| node.expect_list("`parameters`"))?.to_vec();
    if let Some(body) = own.iter().chain(shared).map(|node| referred(root, node)).find(|node| is_body(root, node)) {
        let position = body.position.clone();
        let mut content = Node::map(&position, Vec::new());
        for media in &consumes {
            let schema = body.get("schema").map(|schema| ("schema", schema.clone()));
            content.set(media, &position, Node::map(&position, schema.into_iter().collect()));
        }
        operation.set("requestBody", &position, Node::map(&position, vec![("content", content)]));
    }
    if let Some(list) = operation.get_mut("parameters") {
        list.kind = Kind::List(own.into_iter().filter(|node| !is_body(root, node)).collect());
    }
    if let Some(node) = operation.get_mut("responses") {
        *node = responses(node)?;
    }
    for key in ["consumes", "produces", "schemes"] {
        operation.remove(key);
    }
    Ok(())
}

/// What a reference to a shared parameter names.
fn referred<'n>(root: &'n Node, node: &'n Node) -> &'n Node {
    let name = node.get("$ref").and_then(Node::as_str).and_then(|target| target.strip_prefix("#/parameters/"));
    name.and_then(|name| root.get("parameters")?.get(name)).unwrap_or(node)
}

/// Whether a parameter is the body, or a field of a form, which a REST API reads as body too.
fn is_body(root: &Node, node: &Node) -> bool {
    let place = referred(root, node).get("in").and_then(Node::as_str);
    matches!(place, Some("body" | "formData"))
}

/// Responses without the schemas of their bodies, which API Gateway does not check.
fn responses(node: &Node) -> Result<Node, LoadError> {
    let mut responses = node.clone();
    node.expect_map("`responses`")?;
    for response in responses.entries_mut() {
        response.value.remove("schema");
        response.value.remove("examples");
    }
    Ok(responses)
}

/// Leads every reference to where its target is now.
fn redirect(node: &mut Node) {
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(redirect),
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| match (entry.key.as_str(), entry.value.as_str()) {
            ("$ref", Some(target)) => {
                let found = REFERENCES.iter().find_map(|(from, to)| Some((to, target.strip_prefix(from)?)));
                if let Some((to, name)) = found {
                    let position: Position = entry.value.position.clone();
                    entry.value = Node::text(&position, format!("{to}{name}"));
                }
            }
            _ => redirect(&mut entry.value),
        }),
        _ => {}
    }
}
