//! Fields that many states share.

use std::time::Duration;

use super::language::Language;
use crate::document::{LoadError, Node};
use crate::states::asl::{Amount, PayloadTemplate, Query, Reach, ReferencePath, Seconds, StatePath, Words, check_name};

/// AWS's largest number of seconds in a definition.
const MAX_SECONDS: u64 = 99_999_999;

/// A whole number of seconds from `least`.
pub(super) fn seconds(what: &str, node: &Node, field: &str, least: u64) -> Result<Option<u64>, LoadError> {
    let Some(value) = node.get(field) else { return Ok(None) };
    let name = format!("`{field}` of {what}");
    let seconds = value.expect_u64(&name)?;
    if (least..=MAX_SECONDS).contains(&seconds) {
        Ok(Some(seconds))
    } else {
        Err(LoadError::at(&value.position, format!("{name} must be {least} to {MAX_SECONDS}, found {seconds}")))
    }
}

/// `field` as a number or an expression, or `field` + `Path` as a path; not both.
pub(super) fn seconds_or_path(
    what: &str,
    node: &Node,
    field: &str,
    least: u64,
    language: Language,
) -> Result<Option<Seconds>, LoadError> {
    if let Some(formula) = language.formula(what, node, field)? {
        return Ok(Some(Seconds::Formula(formula)));
    }
    let path_field = format!("{field}Path");
    let written = seconds(what, node, field, least)?.map(|seconds| Seconds::Of(Duration::from_secs(seconds)));
    let path = reference(what, node, &path_field)?;
    let path = path.map(|source| Seconds::Path { field: path_field.clone(), source });
    one_of(what, node, [(field, written), (path_field.as_str(), path)])
}

/// The largest whole number of a definition that has no bound of its own: AWS's is not known, and Java's longest integer is
/// taken for it.
pub(super) const LARGEST: u64 = i64::MAX.cast_unsigned();

/// What a number may be.
#[derive(Clone, Copy)]
pub(super) enum Bounds {
    /// Whole, from the first to the second, which is at most [`LARGEST`].
    Whole(u64, u64),
    /// From 0 to 100.
    Percentage,
}

/// `field` as a number or an expression, or `field` + `Path` as a path; not both.
pub(super) fn amount(
    what: &str,
    node: &Node,
    field: &str,
    bounds: Bounds,
    language: Language,
) -> Result<Option<Amount>, LoadError> {
    if let Some(formula) = language.formula(what, node, field)? {
        return Ok(Some(Amount::Formula(formula)));
    }
    let path_field = format!("{field}Path");
    let written = match node.get(field) {
        None => None,
        Some(value) => {
            let name = format!("`{field}` of {what}");
            let within = match bounds {
                Bounds::Whole(least, most) => (least..=most).contains(&value.expect_u64(&name)?),
                Bounds::Percentage => (0.0..=100.0).contains(&value.expect_f64(&name)?),
            };
            if !within {
                let wanted = match bounds {
                    Bounds::Whole(least, most) => format!("from {least} to {most}"),
                    Bounds::Percentage => "from 0 to 100".to_owned(),
                };
                let message = format!("{name} must be {wanted}, found {}", value.to_json());
                return Err(LoadError::at(&value.position, message));
            }
            Some(Amount::Of(value.to_json()))
        }
    };
    let path = reference(what, node, &path_field)?;
    let path = path.map(|source| Amount::Path { field: path_field.clone(), source });
    one_of(what, node, [(field, written), (path_field.as_str(), path)])
}

/// The one of several fields that is there; more than one is an error.
pub(super) fn one_of<T, const N: usize>(
    what: &str,
    node: &Node,
    fields: [(&str, Option<T>); N],
) -> Result<Option<T>, LoadError> {
    let mut found: Option<(&str, T)> = None;
    for (field, value) in fields {
        let Some(value) = value else { continue };
        if let Some((other, _)) = found {
            return Err(LoadError::at(&node.position, format!("{what} has both `{other}` and `{field}`: keep one")));
        }
        found = Some((field, value));
    }
    Ok(found.map(|(_, value)| value))
}

/// A path of any kind.
pub(super) fn source(what: &str, node: &Node, field: &str) -> Result<Option<StatePath>, LoadError> {
    let Some(value) = node.get(field) else { return Ok(None) };
    let name = format!("`{field}` of {what}");
    let text = value.expect_str(&name)?;
    StatePath::parse(text).map(Some).map_err(|why| LoadError::at(&value.position, format!("{name}: {why}")))
}

/// A path that names at most one value.
pub(super) fn reference(what: &str, node: &Node, field: &str) -> Result<Option<StatePath>, LoadError> {
    let Some(source) = source(what, node, field)? else { return Ok(None) };
    if source.is_reference() {
        return Ok(Some(source));
    }
    let position = node.get(field).map_or(&node.position, |value| &value.position);
    Err(LoadError::at(position, format!("`{field}` of {what} must be a reference path: only names and indices")))
}

/// `InputPath` and `OutputPath`.
pub(super) fn query(what: &str, node: &Node, field: &str) -> Result<Query, LoadError> {
    if node.get(field).is_some_and(Node::is_null) {
        return Ok(Query::Nothing);
    }
    Ok(source(what, node, field)?.map_or(Query::Whole, Query::from))
}

/// `ResultPath`.
pub(super) fn result_path(what: &str, node: &Node) -> Result<ReferencePath, LoadError> {
    match node.get("ResultPath") {
        None => Ok(ReferencePath::Whole),
        Some(value) if value.is_null() => Ok(ReferencePath::Discard),
        Some(value) => {
            let name = format!("`ResultPath` of {what}");
            let text = value.expect_str(&name)?;
            ReferencePath::parse(text).map_err(|why| LoadError::at(&value.position, format!("{name}: {why}")))
        }
    }
}

/// `Assign`: names with what they are set to.
pub(super) fn assign(
    what: &str,
    node: &Node,
    language: Language,
    reach: Reach,
) -> Result<Option<PayloadTemplate>, LoadError> {
    let Some(value) = node.get("Assign") else { return Ok(None) };
    for entry in value.expect_map(&format!("`Assign` of {what}"))? {
        let name = match language {
            Language::JsonPath => entry.key.strip_suffix(".$").unwrap_or(&entry.key),
            Language::Jsonata => &entry.key,
        };
        check_name(name).map_err(|why| LoadError::at(&entry.position, format!("`Assign` of {what}: {why}")))?;
    }
    language.template(what, node, "Assign", reach)
}

/// `field` as text or an expression, or `field` + `Path` as a path or an intrinsic function; not both.
pub(super) fn words(what: &str, node: &Node, field: &str, language: Language) -> Result<Option<Words>, LoadError> {
    if let Some(formula) = language.formula(what, node, field)? {
        return Ok(Some(Words::Selected(Box::new(PayloadTemplate::Evaluate(formula)))));
    }
    let path_field = format!("{field}Path");
    let said = node.get(field).map(|value| value.expect_str(&format!("`{field}` of {what}"))).transpose()?;
    let selected = match node.get(&path_field) {
        None => None,
        Some(value) => {
            let name = format!("`{path_field}` of {what}");
            let template = PayloadTemplate::parse(&path_field, value.expect_str(&name)?)
                .map_err(|why| LoadError::at(&value.position, format!("{name}: {why}")))?;
            Some(Words::Selected(Box::new(template)))
        }
    };
    one_of(what, node, [(field, said.map(|text| Words::Said(text.to_owned()))), (path_field.as_str(), selected)])
}
