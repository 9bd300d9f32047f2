//! `AWS::Include`: the content of other files, put in its place before anything else is read.

use std::collections::HashSet;

use super::evaluator::Evaluator;
use super::source::{Source, not_relative};
use crate::document::{Entry, Kind, LoadError, Node, Notes};

const FUNCTION: &str = "Fn::Transform";
pub(super) const INCLUDE: &str = "AWS::Include";

/// Whether a value is all of a file that is not here.
pub(super) fn is_elsewhere(node: &Node) -> bool {
    node.get(FUNCTION).is_some()
}

/// A template with the sections of the files that its `Transform` includes; of what both have, its own count.
pub(super) fn at_top(mut template: Node, source: &Source, notes: &Notes) -> Result<Node, LoadError> {
    let transforms = template.get("Transform").cloned();
    let transforms = transforms.as_ref().map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
    for transform in transforms.unwrap_or_default().iter().filter(|node| is_include(node)) {
        let location = location(transform)?;
        let Some(path) = path(source, location.expect_str("`Location`")?, location, notes)? else { continue };
        let document = source.document(&path, Some(&location.position), notes)?;
        for section in document.expect_map("the included file")? {
            let own = template.get_or_insert(&section.key, &section.position);
            let entries = section.value.expect_map(&format!("section `{}`", section.key))?;
            let new: Vec<_> = entries.iter().filter(|entry| own.get(&entry.key).is_none()).cloned().collect();
            if let Kind::Map(own) = &mut own.kind {
                own.extend(new);
            }
        }
    }
    Ok(template)
}

/// A template whose parts are written out that are other files. `evaluator` knows its parameters.
pub(super) fn written_out(template: &Node, evaluator: &dyn Evaluator) -> Result<Node, LoadError> {
    evaluator.scope().deeper(&template.position, || written_here(template, evaluator))
}

fn written_here(node: &Node, evaluator: &dyn Evaluator) -> Result<Node, LoadError> {
    let kind = match &node.kind {
        Kind::List(items) => {
            Kind::List(items.iter().map(|item| written_out(item, evaluator)).collect::<Result<_, _>>()?)
        }
        Kind::Map(entries) => {
            let included = entries.iter().find(|entry| entry.key == FUNCTION);
            let included = included.map_or(Ok(None), |entry| content(&entry.value, evaluator))?;
            if let (Some(_), [_]) = (&included, entries.as_slice()) {
                return Ok(included.expect("it was looked at above"));
            }
            let included = included.as_ref().map(|file| file.expect_map("the included file")).transpose()?;
            // Templates have placeholders beside an include, so that tools that do not follow it are content.
            let keys: HashSet<_> = included.unwrap_or_default().iter().map(|entry| entry.key.as_str()).collect();
            let mut written = Vec::with_capacity(entries.len() + keys.len());
            for entry in entries {
                match included {
                    Some(included) if entry.key == FUNCTION => written.extend_from_slice(included),
                    // It stays alone, so that whoever needs the value can say where it lies.
                    None if entry.key == FUNCTION && entries.len() == 1 => written.push(entry.clone()),
                    _ if entry.key == FUNCTION || keys.contains(entry.key.as_str()) => {}
                    _ => {
                        let value = written_out(&entry.value, evaluator)?;
                        written.push(Entry { key: entry.key.clone(), position: entry.position.clone(), value });
                    }
                }
            }
            Kind::Map(written)
        }
        kind => kind.clone(),
    };
    Ok(Node { position: node.position.clone(), kind })
}

/// The first entry whose key another one before it has.
pub(super) fn twice(entries: &[Entry]) -> Option<&Entry> {
    let mut keys = HashSet::new();
    entries.iter().find(|entry| !keys.insert(entry.key.as_str()))
}

/// The content of a file; `None`, and noted, if it is not here, and for a macro that is not AWS's own.
fn content(transform: &Node, evaluator: &dyn Evaluator) -> Result<Option<Node>, LoadError> {
    let (scope, notes) = (evaluator.scope(), evaluator.scope().notes());
    let what = format!("`{FUNCTION}`");
    notes.pass_over_keys(transform.expect_map(&what)?, &what, &what, &["Name", "Parameters"])?;
    let name = transform.require(&format!("`{FUNCTION}`"), "Name")?;
    if name.as_str() != Some(INCLUDE) {
        let what = format!("macro {}, which is not run here", name.as_str().unwrap_or("without a name"));
        notes.pass_over(what, name.unexpected("a macro's name", INCLUDE))?;
        return Ok(None);
    }
    let written = location(transform)?;
    let location = evaluator.required(written, "`Location`")?;
    let Some(path) = path(scope.source(), location.expect_str("`Location`")?, written, notes)? else {
        return Ok(None);
    };
    scope.visiting(&format!("file {path}"), &written.position, || {
        let document = scope.source().document(&path, Some(&written.position), notes)?;
        // A file that includes another one many times over would otherwise grow without end.
        scope.made(INCLUDE, document.size().in_memory(), &written.position)?;
        written_out(&document, evaluator).map(Some)
    })
}

fn is_include(transform: &Node) -> bool {
    transform.get("Name").and_then(Node::as_str) == Some(INCLUDE)
}

fn location(transform: &Node) -> Result<&Node, LoadError> {
    let parameters = transform.require("AWS::Include", "Parameters")?;
    parameters.expect_keys("the parameters of AWS::Include", &["Location"])?;
    parameters.require("the parameters of AWS::Include", "Location")
}

/// The path of the file at a location; one that is not local is noted.
fn path(source: &Source, location: &str, at: &Node, notes: &Notes) -> Result<Option<String>, LoadError> {
    let path = source.named(location, &at.position, notes)?;
    if path.is_none() {
        notes.pass_over(format!("{INCLUDE} of a file that is not local"), not_relative(location, &at.position))?;
    }
    Ok(path)
}
