//! Resource paths.

use std::fmt;

/// The path of a resource, such as `/executions/{name}`, and its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    text: String,
    parts: Vec<PathPart>,
}

/// One part of a resource path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathPart {
    /// `execute`
    Exact(String),
    /// `{name}`
    Parameter(String),
    /// `{proxy+}`, the rest of the path.
    Rest(String),
}

impl ResourcePath {
    /// Takes a path apart.
    #[must_use]
    pub(crate) fn new(path: &str) -> Self {
        Self { text: path.to_owned(), parts: parts(path).map(PathPart::new).collect() }
    }

    /// The path as the document writes it.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Its parts.
    #[must_use]
    pub(crate) fn parts(&self) -> &[PathPart] {
        &self.parts
    }
}

impl PartialEq<str> for ResourcePath {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PathPart {
    fn new(part: &str) -> Self {
        let variable = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        match variable.map(|name| (name, name.strip_suffix('+'))) {
            Some((_, Some(name))) => Self::Rest(name.to_owned()),
            Some((name, None)) => Self::Parameter(name.to_owned()),
            None => Self::Exact(part.to_owned()),
        }
    }
}

/// The parts of a path; one slash at its end is ignored, as API Gateway ignores it.
pub(crate) fn parts(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    (!path.is_empty()).then(|| path.split('/')).into_iter().flatten()
}
