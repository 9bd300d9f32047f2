//! Parameter mappings, and the words in which an import refuses one.

use crate::deployment::{Mapping, MappingSource};
use crate::document::{Entry, LoadError, Node, scalar};

/// What an import error of API Gateway says of mappings that it does not accept.
pub(super) fn invalid(cause: &str) -> String {
    format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : [{cause}]")
}

/// The cause of [`invalid`] for one destination or source.
pub(super) fn invalid_parameter(expression: &str) -> String {
    invalid(&format!("Invalid mapping expression parameter specified: {expression}"))
}

/// The mappings of a map of destinations to sources. `header` gives the header that a destination names, `accepts` says
/// whether a source may stand here, `refuse` words an error.
pub(super) fn all(
    node: Option<&Node>,
    header: impl Fn(&Entry) -> Result<String, LoadError>,
    accepts: impl Fn(&MappingSource) -> bool,
    refuse: impl Fn(&str) -> String,
) -> Result<Vec<Mapping>, LoadError> {
    let entries = node.map_or(Ok(&[][..]), |node| node.expect_map("a map of parameters"))?;
    let mapping = |entry: &Entry| {
        let name = header(entry)?;
        let text = scalar::text(&entry.value, &format!("the source of `{}`", entry.key))?;
        let fail = |cause: &str| LoadError::at(&entry.position, refuse(cause));
        let source = MappingSource::parse(&text).map_err(|cause| fail(&invalid(&cause)))?;
        if accepts(&source) { Ok(Mapping { name, source }) } else { Err(fail(&invalid_parameter(&text))) }
    };
    entries.iter().map(mapping).collect()
}
