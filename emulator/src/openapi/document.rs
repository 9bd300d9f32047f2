//! The document at large: references into `components`, keys, and warnings.

use std::cell::RefCell;

use crate::document::{LoadError, Node, Notes, Position};

/// In what an import differs from API Gateway's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImportOptions {
    /// Whether response headers that an integration sets although its method does not declare them are a warning; API Gateway
    /// refuses them.
    pub(crate) lenient_headers: bool,
    /// Whether anyone may call every method, whatever the document says.
    pub(crate) no_auth: bool,
}

/// A document, and what is said of it while it is imported.
pub(super) struct Document<'a> {
    pub(super) root: &'a Node,
    pub(super) notes: &'a Notes,
    pub(super) options: ImportOptions,
    warnings: RefCell<Vec<String>>,
}

impl<'a> Document<'a> {
    pub(super) fn new(root: &'a Node, notes: &'a Notes, options: ImportOptions) -> Self {
        Self { root, notes, options, warnings: RefCell::default() }
    }

    /// Says something with its place.
    pub(super) fn warn(&self, position: &Position, message: &str) {
        self.warnings.borrow_mut().push(format!("{position}: {message}"));
    }

    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// The node, or what its `$ref` into `section` of the components names. A reference to a reference is refused.
    pub(super) fn follow(&self, node: &'a Node, section: &str) -> Result<&'a Node, LoadError> {
        let Some(reference) = node.get("$ref") else { return Ok(node) };
        let target = reference.expect_str("`$ref`")?;
        let name = target.strip_prefix(&format!("#/components/{section}/"));
        let found = name.and_then(|name| self.root.get("components")?.get(section)?.get(name));
        match found {
            Some(found) if found.get("$ref").is_none() => Ok(found),
            Some(_) => Err(LoadError::at(&reference.position, format!("`{target}` is itself a reference"))),
            None => {
                let message = format!("`{target}` names nothing in `components/{section}` of this document");
                Err(LoadError::at(&reference.position, message))
            }
        }
    }
}

impl Document<'_> {
    /// Passes over keys that are neither interpreted nor without effect. Extensions of others (`x-…`) need no word.
    pub(super) fn expect_keys(
        &self,
        node: &Node,
        what: &str,
        interpreted: &[&str],
        without_effect: &[&str],
    ) -> Result<(), LoadError> {
        let is_foreign = |key: &str| key.starts_with("x-") && !key.starts_with("x-amazon-");
        let known = |key: &str| interpreted.contains(&key) || without_effect.contains(&key) || is_foreign(key);
        for entry in node.expect_map(what)?.iter().filter(|entry| !known(&entry.key)) {
            let refusal = entry.unsupported(what, &[interpreted, without_effect].concat());
            self.notes.pass_over(format!("`{}` in {}", entry.key, kind_of(what)), refusal)?;
        }
        Ok(())
    }
}

/// What a part of a document is, without its name: `response` of "response `200`".
fn kind_of(what: &str) -> &str {
    let named = what.split_once(' ').filter(|(before, name)| name.starts_with(['`', '/']) && !before.is_empty());
    match named {
        Some((method, name)) if name.starts_with('/') && method.chars().all(char::is_uppercase) => "an operation",
        _ => what.split(" `").next().unwrap_or(what),
    }
}
