//! What an intrinsic function can see: parameters, pseudo parameters, mappings, conditions and resources.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::LoadOptions;
use super::resource::Resource;
use super::source::Source;
use crate::deployment::Stack;
use crate::document::{self, LoadError, Node, Notes, Position};
use crate::openapi::ImportOptions;

/// How deep one value may be nested, all that it refers to and includes counted: this bounds the stack.
const MAX_DEPTH: usize = 2 * document::MAX_DEPTH;

/// Bytes of text that the intrinsic functions of one template may make.
const MOST_MADE: usize = 64 << 20;

/// The sections of one template, and what has been noted while it was read.
pub(super) struct Scope<'a> {
    source: &'a Source,
    stack: &'a Stack,
    repairs: bool,
    no_auth: bool,
    parameters: BTreeMap<String, Node>,
    mappings: Option<&'a Node>,
    conditions: Option<&'a Node>,
    globals: Option<&'a Node>,
    resources: Vec<Resource>,
    notes: &'a Notes,
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
        notes: &'a Notes,
    ) -> Self {
        Self {
            source,
            stack: &options.stack,
            repairs: options.as_posted,
            no_auth: options.no_auth,
            parameters,
            mappings: template.get("Mappings"),
            conditions: template.get("Conditions"),
            globals: template.get("Globals"),
            resources,
            notes,
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

    /// Whether every caller is let in.
    pub(super) fn no_auth(&self) -> bool {
        self.no_auth
    }

    /// How OpenAPI documents are imported.
    pub(super) fn import_options(&self) -> ImportOptions {
        ImportOptions { lenient_headers: self.repairs, no_auth: self.no_auth }
    }

    /// The resources that the template declares, in its order, whether they are created or not.
    pub(super) fn declared(&self) -> &[Resource] {
        &self.resources
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&Node> {
        self.parameters.get(name)
    }

    /// The REST API that SAM makes for events, with the settings that `Globals` give it.
    pub(super) fn implicit_api(&self, position: &Position) -> Option<Resource> {
        let settings = self.globals?.get("Api")?;
        Some(Resource::implicit_api(position, settings))
    }

    /// What is said of the template.
    pub(super) fn notes(&self) -> &'a Notes {
        self.notes
    }

    /// Says something that was mended.
    pub(super) fn warn(&self, message: String) {
        self.notes.warn(message);
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

    /// The value of a pseudo parameter.
    pub(super) fn pseudo(&self, name: &str) -> Option<String> {
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
