//! What the value of one part of a template may ask about the others.
//!
//! A function may refer to a resource, whose name may be a function again. This trait keeps that circle out of the
//! files: functions, conditions, references and attributes are written against it, `intrinsics` ties them together.

use super::resource::Resource;
use super::scope::Scope;
use crate::document::{LoadError, Node, Position};

/// Computes values of a template.
pub(super) trait Evaluator {
    /// The sections of the template, and what has been noted while it was read.
    fn scope(&self) -> &Scope;

    /// The value of a node with every intrinsic function in it computed; `None` for `AWS::NoValue`.
    fn resolve(&self, node: &Node) -> Result<Option<Node>, LoadError>;

    /// The truth of the condition that `name` names.
    fn condition(&self, name: &Node) -> Result<bool, LoadError>;

    /// The value of `Ref` to `name`.
    fn reference(&self, name: &str, position: &Position) -> Result<Node, LoadError>;

    /// The value of `Fn::GetAtt` of `attribute` of `resource`.
    fn attribute(&self, resource: &str, attribute: &str, position: &Position) -> Result<Node, LoadError>;

    /// The value of an output of a nested stack; `None` if its template is not here.
    fn output(&self, stack: &Resource, name: &str, position: &Position) -> Result<Option<String>, LoadError>;

    /// The value that another stack of the deployment exports under this name; `None` if none does.
    fn export(&self, name: &str) -> Result<Option<String>, LoadError>;

    /// The value of a node that must have one.
    fn required(&self, node: &Node, what: &str) -> Result<Node, LoadError> {
        self.resolve(node)?.ok_or_else(|| LoadError::at(&node.position, format!("{what} has no value")))
    }
}
