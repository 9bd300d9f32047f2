//! What an intrinsic function can see: parameters, pseudo parameters, mappings, conditions and resources.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::resource::{Resource, Type};
use super::source::Source;
use super::{LoadOptions, intrinsics, repair};
use crate::deployment::Stack;
use crate::document::{self, Kind, LoadError, Node, Position, Text};

/// How deep one value may be nested, all that it refers to and includes counted: this bounds the stack.
const MAX_DEPTH: usize = 2 * document::MAX_DEPTH;

/// Bytes of text that the intrinsic functions of one template may make.
const MOST_MADE: usize = 64 << 20;

/// The sections of one template, and what has been noted while it was read.
pub(super) struct Scope<'a> {
    source: &'a Source,
    stack: &'a Stack,
    repairs: bool,
    parameters: BTreeMap<String, Node>,
    mappings: Option<&'a Node>,
    conditions: Option<&'a Node>,
    resources: Vec<Resource>,
    warnings: RefCell<Vec<String>>,
    visited: RefCell<Vec<String>>,
    depth: Cell<usize>,
    /// Bytes of text that intrinsic functions have made.
    made: Cell<usize>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        source: &'a Source,
        options: &'a LoadOptions,
        template: &'a Node,
        parameters: BTreeMap<String, Node>,
        resources: Vec<Resource>,
    ) -> Self {
        Self {
            source,
            stack: &options.stack,
            repairs: options.as_posted,
            parameters,
            mappings: template.get("Mappings"),
            conditions: template.get("Conditions"),
            resources,
            warnings: RefCell::default(),
            visited: RefCell::default(),
            depth: Cell::default(),
            made: Cell::default(),
        }
    }

    pub(super) fn source(&self) -> &Source {
        self.source
    }

    pub(super) fn stack(&self) -> &Stack {
        self.stack
    }

    pub(super) fn mappings(&self) -> Option<&Node> {
        self.mappings
    }

    pub(super) fn conditions(&self) -> Option<&Node> {
        self.conditions
    }

    /// Whether the repairs of the deployment as posted are allowed.
    pub(super) fn repairs(&self) -> bool {
        self.repairs
    }

    /// The resources that are created, in document order.
    pub(super) fn resources(&self) -> impl Iterator<Item = Result<&Resource, LoadError>> {
        self.resources.iter().filter_map(|resource| match self.is_created(resource) {
            Ok(created) => created.then_some(Ok(resource)),
            Err(error) => Some(Err(error)),
        })
    }

    /// Notes something that was mended or passed over; the same note is kept once.
    pub(super) fn warn(&self, message: String) {
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&message) {
            warnings.push(message);
        }
    }

    /// The notes.
    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// Runs `visit` unless it is already being run for the same thing, which then depends on itself.
    pub(super) fn visiting<T>(
        &self,
        what: &str,
        position: &Position,
        visit: impl FnOnce() -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        if self.visited.borrow().iter().any(|visited| visited == what) {
            return Err(LoadError::at(position, format!("{what} depends on itself")));
        }
        self.visited.borrow_mut().push(what.to_owned());
        let result = visit();
        self.visited.borrow_mut().pop();
        result
    }

    /// Counts text that an intrinsic function has made. A template of CloudFormation's longest, 1 MB, that repeats a
    /// parameter again and again would otherwise come to gigabytes.
    pub(super) fn made(&self, bytes: usize, position: &Position) -> Result<(), LoadError> {
        self.made.set(self.made.get().saturating_add(bytes));
        if self.made.get() > MOST_MADE {
            let message = format!("intrinsic functions make more than {MOST_MADE} bytes of text of this template");
            return Err(LoadError::at(position, message));
        }
        Ok(())
    }

    /// Runs `resolve` one level deeper, unless that is too deep.
    pub(super) fn deeper<T>(
        &self,
        position: &Position,
        resolve: impl FnOnce() -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        if self.depth.get() >= MAX_DEPTH {
            let message = format!("this value is nested deeper than {MAX_DEPTH}, with all that it refers to");
            return Err(LoadError::at(position, message));
        }
        self.depth.set(self.depth.get() + 1);
        let result = resolve();
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// The value of `Ref` to `name`.
    pub(super) fn reference(&self, name: &str, position: &Position) -> Result<Node, LoadError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Node { position: position.clone(), kind: value.kind.clone() });
        }
        if let Some(value) = self.pseudo(name) {
            return Ok(text(value, position));
        }
        if let Some(resource) = self.resource(name)? {
            let visit = || resource.reference(self);
            return Ok(text(self.visiting(&format!("resource {name}"), position, visit)?, position));
        }
        if let Some(role) = self.implied_role(name) {
            return Ok(text(role, position));
        }
        if let Some(value) = repair::undeclared_parameter(self, name) {
            return Ok(text(value, position));
        }
        let message = format!("unresolved reference `{name}`: no parameter and no created resource has this name");
        Err(LoadError::at(position, message))
    }

    /// The value of `Fn::GetAtt` of `attribute` of `resource`.
    pub(super) fn attribute(&self, name: &str, attribute: &str, position: &Position) -> Result<Node, LoadError> {
        if let Some(resource) = self.resource(name)? {
            let visit = || resource.attribute(self, attribute, position);
            return Ok(text(self.visiting(&format!("resource {name}"), position, visit)?, position));
        }
        match self.implied_role(name) {
            Some(role) if attribute == "Arn" => Ok(text(self.stack.iam_arn(&format!("role/{role}")), position)),
            _ => {
                let message = format!("unresolved attribute `{name}.{attribute}`: no created resource has this name");
                Err(LoadError::at(position, message))
            }
        }
    }

    fn resource(&self, name: &str) -> Result<Option<&Resource>, LoadError> {
        match self.resources.iter().find(|resource| resource.id == name) {
            Some(resource) if self.is_created(resource)? => Ok(Some(resource)),
            _ => Ok(None),
        }
    }

    fn is_created(&self, resource: &Resource) -> Result<bool, LoadError> {
        resource.condition.as_ref().map_or(Ok(true), |name| intrinsics::condition(self, name))
    }

    /// The role that SAM makes for a function or state machine that names none.
    fn implied_role(&self, name: &str) -> Option<String> {
        let id = name.strip_suffix("Role")?;
        let resource = self.resources.iter().find(|resource| resource.id == id)?;
        let makes_one = matches!(resource.kind, Type::ServerlessFunction | Type::ServerlessStateMachine)
            && resource.properties.get("Role").is_none();
        makes_one.then(|| self.stack.generated_name(name))
    }

    fn pseudo(&self, name: &str) -> Option<String> {
        let value = match name {
            "AWS::AccountId" => self.stack.account.clone(),
            "AWS::Partition" => self.stack.partition.clone(),
            "AWS::Region" => self.stack.region.clone(),
            "AWS::StackName" => self.stack.name.clone(),
            "AWS::StackId" => self.stack.id(),
            "AWS::URLSuffix" => self.stack.url_suffix().to_owned(),
            _ => return None,
        };
        Some(value)
    }
}

fn text(value: String, position: &Position) -> Node {
    let text = Text { value, start: position.clone(), indent: 1 };
    Node { position: position.clone(), kind: Kind::String(text) }
}
