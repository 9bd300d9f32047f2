//! Declared request parameters of an operation, those of its path included.

use super::document::Document;
use crate::deployment::{MethodParameter, ParameterLocation};
use crate::document::{LoadError, Node, scalar};

const WITHOUT_EFFECT: [&str; 20] = [
    "description",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "example",
    "examples",
    // Swagger 2.0 writes the type beside the name.
    "type",
    "format",
    "default",
    "enum",
    "items",
    "collectionFormat",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
];

/// The parameters of an operation; one of the operation replaces the one of the path with its name and place.
pub(super) fn all(document: &Document<'_>, path: &Node, operation: &Node) -> Result<Vec<MethodParameter>, LoadError> {
    let mut parameters: Vec<MethodParameter> = Vec::new();
    for list in [path.get("parameters"), operation.get("parameters")].into_iter().flatten() {
        for node in list.expect_list("`parameters`")? {
            let parameter = parameter(document, document.follow(node, "parameters")?)?;
            let same = |other: &MethodParameter| (other.location, &other.name) == (parameter.location, &parameter.name);
            parameters.retain(|other| !same(other));
            parameters.push(parameter);
        }
    }
    Ok(parameters)
}

fn parameter(document: &Document<'_>, node: &Node) -> Result<MethodParameter, LoadError> {
    document.expect_keys(node, "a parameter", &["name", "in", "required"], &WITHOUT_EFFECT)?;
    let place = node.require("a parameter", "in")?;
    let location = match place.as_str() {
        Some("header") => ParameterLocation::Header,
        Some("query") => ParameterLocation::Query,
        Some("path") => ParameterLocation::Path,
        _ => return Err(place.unexpected("the place of a parameter", "header, query or path")),
    };
    let name = node.require("a parameter", "name")?.expect_str("the name of a parameter")?.to_owned();
    let required = node.get("required").map(|node| scalar::flag(node, "`required`")).transpose()?.unwrap_or(false);
    Ok(MethodParameter { location, name, required })
}
