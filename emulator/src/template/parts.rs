//! The resources that belong to an API by its id, in whichever stack of the deployment they are.

use super::resource::Resource;
use super::scope::Scope;
use crate::document::LoadError;

/// Every resource whose property `key` is the id, with its stack.
pub(super) fn parts_of<'s>(
    stacks: &[&'s Scope],
    key: &str,
    id: &str,
) -> Result<Vec<(&'s Scope, &'s Resource)>, LoadError> {
    let mut parts = Vec::new();
    for &scope in stacks {
        for resource in scope.resources() {
            let resource = resource?;
            // Of other types, nobody asks whether such a property has a value.
            if resource.schema.is_some() && resource.text(scope, key)?.as_deref() == Some(id) {
                parts.push((scope, resource));
            }
        }
    }
    Ok(parts)
}
