//! Request validators: declared for the document, referred to by operations or by the document for all of them.

use super::document::Document;
use super::extension::{REQUEST_VALIDATOR, REQUEST_VALIDATORS};
use crate::deployment::RequestValidator;
use crate::document::{Entry, LoadError, Node, scalar};

/// A validator and its name.
pub(super) type Validator = (String, RequestValidator);

/// The declared validators; a mistake in one stops the import although nothing refers to it.
pub(super) fn all(document: &Document<'_>) -> Result<Vec<Validator>, LoadError> {
    let entries = document
        .root
        .get(REQUEST_VALIDATORS)
        .map_or(Ok(&[][..]), |node| node.expect_map(&format!("`{REQUEST_VALIDATORS}`")))?;
    let validator = |entry: &Entry| {
        let what = format!("request validator `{}`", entry.key);
        document.expect_keys(&entry.value, &what, &["validateRequestBody", "validateRequestParameters"], &[])?;
        let flag = |key: &str| entry.value.get(key).map_or(Ok(false), |node| scalar::flag(node, &format!("`{key}`")));
        let (body, parameters) = (flag("validateRequestBody")?, flag("validateRequestParameters")?);
        Ok((entry.key.clone(), RequestValidator { body, parameters }))
    };
    entries.iter().map(validator).collect()
}

/// The validator that an operation names, or else the document.
pub(super) fn of(
    validators: &[Validator],
    document: &Document<'_>,
    operation: &Node,
) -> Result<Option<RequestValidator>, LoadError> {
    let Some(named) = operation.get(REQUEST_VALIDATOR).or_else(|| document.root.get(REQUEST_VALIDATOR)) else {
        return Ok(None);
    };
    let name = named.expect_str(&format!("`{REQUEST_VALIDATOR}`"))?;
    match validators.iter().find(|(key, _)| key == name) {
        Some((_, validator)) => Ok(Some(*validator)),
        None => Err(LoadError::at(&named.position, format!("no request validator `{name}` in `{REQUEST_VALIDATORS}`"))),
    }
}
