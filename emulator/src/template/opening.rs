//! A stack is opened: its template is read as far as its resources, and given its parameters.

use std::rc::Rc;

use super::scope::{Loading, Place, Scope};
use super::{foreach, include, parameters, resource, sections};
use crate::document::{LoadError, Node};

/// Opens a stack; `given` are the values of its parameters.
pub(super) fn open(
    loading: &Rc<Loading>,
    place: Place,
    template: Node,
    given: &[(String, String)],
) -> Result<Scope, LoadError> {
    let notes = loading.notes();
    let template = include::at_top(template, &place.source, notes)?;
    sections::check(&template, notes)?;
    let is_nested = !place.path.is_empty();
    let parameters = parameters::values(template.get("Parameters"), given, is_nested, notes)?;
    let loops = sections::has_extensions(&template);
    let scope = Scope::new(loading, place, template, parameters);
    let mut template = include::written_out(scope.template(), &scope)?;
    if loops {
        template = foreach::written_out(&template, &scope)?;
    }
    let globals = sections::globals(&template)?;
    let resources = resource::declared(template.require("a template", "Resources")?, globals, notes, loading.made())?;
    Ok(scope.with_resources(template, resources))
}
