//! The value of a node: its intrinsic functions computed, its conditions decided, its dynamic references resolved.

use super::evaluator::Evaluator;
use super::resource::Resource;
use super::scope::Scope;
use super::{conditions, dynamic, functions, nested, references};
use crate::document::{Entry, Kind, LoadError, Node, Position};

impl Evaluator for Scope {
    fn scope(&self) -> &Scope {
        self
    }

    fn resolve(&self, node: &Node) -> Result<Option<Node>, LoadError> {
        self.deeper(&node.position, || resolve_here(self, node))
    }

    fn condition(&self, name: &Node) -> Result<bool, LoadError> {
        conditions::is_true(self, name)
    }

    fn reference(&self, name: &str, position: &Position) -> Result<Node, LoadError> {
        references::reference(self, name, position)
    }

    fn output(&self, stack: &Resource, name: &str, position: &Position) -> Result<Option<String>, LoadError> {
        nested::output(self, stack, name, position)
    }

    fn export(&self, name: &str) -> Result<Option<String>, LoadError> {
        nested::export(self, name)
    }

    fn attribute(&self, resource: &str, attribute: &str, position: &Position) -> Result<Node, LoadError> {
        references::attribute(self, resource, attribute, position)
    }
}

impl Scope {
    /// The resources that are created, in document order.
    pub(super) fn resources(&self) -> impl Iterator<Item = Result<&Resource, LoadError>> {
        self.declared().iter().filter_map(|resource| match references::is_created(self, resource) {
            Ok(created) => created.then_some(Ok(resource)),
            Err(error) => Some(Err(error)),
        })
    }
}

fn resolve_here(scope: &Scope, node: &Node) -> Result<Option<Node>, LoadError> {
    let kind = match &node.kind {
        Kind::List(items) => {
            let items = items.iter().filter_map(|item| scope.resolve(item).transpose());
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        Kind::Map(entries) => match entries.as_slice() {
            [entry] if entry.key == "Ref" || entry.key.starts_with("Fn::") => {
                let value = functions::call(scope, node, entry)?;
                return value.map(|value| dynamic::resolved(scope, value)).transpose();
            }
            entries => {
                // A map of the user's own may have an entry `Ref` that is no function, whose value is no name.
                let is_function = |entry: &&Entry| {
                    entry.key.starts_with("Fn::") || entry.key == "Ref" && entry.value.as_str().is_some()
                };
                if let Some(entry) = entries.iter().find(is_function) {
                    return Err(LoadError::at(&entry.position, format!("`{}` must stand alone in its map", entry.key)));
                }
                let resolved = |entry: &Entry| {
                    let value = scope.resolve(&entry.value)?;
                    Ok(value.map(|value| Entry { value, key: entry.key.clone(), position: entry.position.clone() }))
                };
                let entries = entries.iter().filter_map(|entry| resolved(entry).transpose());
                Kind::Map(entries.collect::<Result<_, _>>()?)
            }
        },
        Kind::String(_) => return dynamic::resolved(scope, node.clone()).map(Some),
        kind => kind.clone(),
    };
    Ok(Some(Node { position: node.position.clone(), kind }))
}
