//! What an intrinsic function can see: parameters, pseudo parameters, mappings, conditions and resources.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::resource::Resource;
use super::source::Source;
use super::types::Type;
use super::{LoadOptions, intrinsics, repair};
use crate::deployment::Stack;
use crate::document::{self, LoadError, Node, Notes, Position};

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

    /// The resources that are created, in document order.
    pub(super) fn resources(&self) -> impl Iterator<Item = Result<&Resource, LoadError>> {
        self.resources.iter().filter_map(|resource| match self.is_created(resource) {
            Ok(created) => created.then_some(Ok(resource)),
            Err(error) => Some(Err(error)),
        })
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

    /// The value of `Ref` to `name`.
    pub(super) fn reference(&self, name: &str, position: &Position) -> Result<Node, LoadError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Node { position: position.clone(), kind: value.kind.clone() });
        }
        if name == "AWS::NotificationARNs" {
            return Ok(Node { position: position.clone(), kind: document::Kind::List(Vec::new()) });
        }
        if let Some(value) = self.pseudo(name) {
            return Ok(Node::text(position, value));
        }
        if let Some(resource) = self.resource(name)? {
            let visit = || resource.reference(self);
            return Ok(Node::text(position, self.visiting(&format!("resource {name}"), position, visit)?));
        }
        if let Some(made) = self.made_by_sam(name)? {
            return Ok(Node::text(position, made));
        }
        if let Some(value) = repair::undeclared_parameter(self, name) {
            return Ok(Node::text(position, value));
        }
        let message = format!("unresolved reference `{name}`: no parameter and no created resource has this name");
        Err(LoadError::at(position, message))
    }

    /// The value of `Fn::GetAtt` of `attribute` of `resource`.
    pub(super) fn attribute(&self, name: &str, attribute: &str, position: &Position) -> Result<Node, LoadError> {
        if let Some(resource) = self.resource(name)? {
            let visit = || resource.attribute(self, attribute, position);
            return Ok(Node::text(position, self.visiting(&format!("resource {name}"), position, visit)?));
        }
        let made = self.made_by_sam(name)?;
        match (made, attribute) {
            (Some(role), "Arn") if name.ends_with("Role") => {
                Ok(Node::text(position, self.stack.iam_arn(&format!("role/{role}"))))
            }
            (Some(api), "RootResourceId") => Ok(Node::text(position, self.stack.api_id(&format!("{api}/")))),
            (Some(made), _) => Ok(Node::text(position, made)),
            (None, _) => {
                // `Api.Stage`, `Function.Alias` and their like are also written with `Ref`.
                let whole = format!("{name}.{attribute}");
                if let Some(made) = self.made_by_sam(&whole)? {
                    return Ok(Node::text(position, made));
                }
                let message = format!("unresolved attribute `{whole}`: no created resource has this name");
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

    /// What `Ref` says of a resource that SAM makes beside the one whose id it begins with: roles, aliases, versions,
    /// stages, deployments; and of the APIs that it makes for events that name none.
    fn made_by_sam(&self, name: &str) -> Result<Option<String>, LoadError> {
        match name {
            "ServerlessRestApi" | "ServerlessHttpApi" => return Ok(Some(self.stack.api_id(name))),
            "ServerlessRestApiProdStage" => return Ok(Some("Prod".to_owned())),
            "ServerlessHttpApiApiGatewayDefaultStage" => return Ok(Some("$default".to_owned())),
            _ => {}
        }
        let made = self.resources.iter().filter_map(|resource| Some((resource, name.strip_prefix(&resource.id)?)));
        // The longest id: `Start` may be the beginning of `StartAgain`.
        let made = made.filter(|(resource, _)| resource.type_name.starts_with("AWS::Serverless::"));
        let Some((resource, rest)) = made.max_by_key(|(resource, _)| resource.id.len()) else { return Ok(None) };
        let rest = rest.trim_start_matches('.');
        let is_function = resource.kind == Type::ServerlessFunction;
        Ok(match rest {
            "Alias" | "Version" if is_function => Some(format!("{}:1", resource.arn(self)?)),
            _ if is_function && (rest.starts_with("Alias") || rest.starts_with("Version")) => {
                let qualifier = rest.strip_prefix("Alias").unwrap_or("1");
                Some(format!("{}:{qualifier}", resource.arn(self)?))
            }
            _ if rest.ends_with("Stage") => {
                Some(resource.text(self, "StageName")?.unwrap_or_else(|| rest.trim_end_matches("Stage").to_owned()))
            }
            _ if rest.ends_with("Role") || rest.starts_with("Deployment") || rest == "Url" => {
                Some(self.stack.generated_name(name))
            }
            // Rules, queues and permissions are named after their event.
            _ => {
                let events = resource.properties.get("Events").and_then(Node::as_map).unwrap_or_default();
                let is_made = events.iter().any(|event| rest.starts_with(&event.key));
                is_made.then(|| self.stack.generated_name(name))
            }
        })
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
