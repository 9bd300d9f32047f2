//! The resources of a template, and what `Ref` and `Fn::GetAtt` say of them.

use super::intrinsics;
use super::scope::Scope;
use super::stand_in::{self, StandIn};
use super::types::{self, Schema, Type};
use crate::document::{Entry, Kind, LoadError, Node, Notes, Position, scalar};

/// A resource.
pub(super) struct Resource {
    /// Its logical id.
    pub(super) id: String,
    /// Where the id stands.
    pub(super) position: Position,
    pub(super) kind: Type,
    /// The name of its type.
    pub(super) type_name: String,
    schema: Option<&'static Schema>,
    /// The name of the condition under which it is created.
    pub(super) condition: Option<Node>,
    /// Its properties, not yet resolved; those of `Globals` merged in.
    pub(super) properties: Node,
    /// `Metadata`, where `cdk synth` says in which folder code lies.
    pub(super) metadata: Option<Node>,
}

/// What may stand beside the properties of a resource; what else does is passed over.
const ATTRIBUTES: [&str; 7] =
    ["Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"];

/// Reads the `Resources` section; `globals` is the section of that name.
pub(super) fn declared(section: &Node, globals: Option<&Node>, notes: &Notes) -> Result<Vec<Resource>, LoadError> {
    let entries = section.expect_map("`Resources`")?;
    let resources = entries.iter().map(|entry| resource(entry, globals, notes)).collect::<Result<Vec<_>, _>>()?;
    for entry in entries {
        let named = entry.value.get("DependsOn").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
        for name in named.unwrap_or_default() {
            let id = name.expect_str("`DependsOn`")?;
            // What SAM makes of a resource, such as its role or stage, begins with its id.
            let is_made = |resource: &Resource| {
                id == resource.id || resource.type_name.starts_with("AWS::Serverless::") && id.starts_with(&resource.id)
            };
            if !resources.iter().any(is_made) && !id.starts_with("Serverless") {
                return Err(LoadError::at(&name.position, format!("`DependsOn` names no resource: `{id}`")));
            }
        }
    }
    Ok(resources)
}

fn resource(entry: &Entry, globals: Option<&Node>, notes: &Notes) -> Result<Resource, LoadError> {
    let (id, node) = (&entry.key, &entry.value);
    for attribute in node.expect_map(&format!("resource `{id}`"))? {
        if !ATTRIBUTES.contains(&attribute.key.as_str()) {
            let refusal = attribute.unsupported(&format!("resource `{id}`"), &ATTRIBUTES);
            notes.pass_over(format!("`{}` of resources", attribute.key), refusal)?;
        }
    }
    let name = node.require(&format!("resource `{id}`"), "Type")?;
    let type_name = name.expect_str("`Type`")?.to_owned();
    let schema = types::of_name(&type_name);
    let own = node.get("Properties").filter(|node| !node.is_null()).cloned();
    let mut properties = own.unwrap_or_else(|| Node { position: node.position.clone(), kind: Kind::Map(Vec::new()) });
    match schema {
        None => {
            let refusal = LoadError::unsupported(&name.position, format!("unsupported resource type `{type_name}`"));
            notes.pass_over(type_name.as_str(), refusal)?;
        }
        Some(schema) => {
            let section = type_name.strip_prefix("AWS::Serverless::");
            if let Some(defaults) = section.and_then(|section| globals?.get(section)) {
                properties = merged(defaults, &properties);
            }
            check_properties(id, schema, &properties, notes)?;
        }
    }
    Ok(Resource {
        id: id.clone(),
        position: entry.position.clone(),
        kind: schema.map_or(Type::Other, |schema| schema.kind),
        type_name,
        schema,
        condition: node.get("Condition").cloned(),
        properties,
        metadata: node.get("Metadata").cloned(),
    })
}

/// Passes over the properties that are neither interpreted nor without effect.
fn check_properties(id: &str, schema: &Schema, properties: &Node, notes: &Notes) -> Result<(), LoadError> {
    let what = format!("the properties of `{id}` ({})", schema.name);
    let supported: Vec<_> = schema.interpreted.iter().chain(schema.without_effect).copied().collect();
    for entry in properties.expect_map(&what)? {
        if !supported.contains(&entry.key.as_str()) && !entry.key.starts_with("Fn::") {
            notes.pass_over(format!("`{}` of {}", entry.key, schema.name), entry.unsupported(&what, &supported))?;
        }
    }
    Ok(())
}

/// `own` laid over `globals`: maps are merged, anything else is replaced, as SAM does.
fn merged(globals: &Node, own: &Node) -> Node {
    let (Some(defaults), Some(entries)) = (globals.as_map(), own.as_map()) else { return own.clone() };
    let mut entries = entries.to_vec();
    for default in defaults {
        match entries.iter_mut().find(|entry| entry.key == default.key) {
            Some(entry) => entry.value = merged(&default.value, &entry.value),
            None => entries.push(default.clone()),
        }
    }
    Node { position: own.position.clone(), kind: Kind::Map(entries) }
}

impl Resource {
    /// The REST API that SAM makes for events that name none.
    pub(super) fn implicit_api(position: &Position, settings: &Node) -> Self {
        Self {
            id: "ServerlessRestApi".to_owned(),
            position: position.clone(),
            kind: Type::ServerlessApi,
            type_name: "AWS::Serverless::Api".to_owned(),
            schema: types::of_name("AWS::Serverless::Api"),
            condition: None,
            properties: settings.clone(),
            metadata: None,
        }
    }

    /// What messages call it.
    pub(super) fn what(&self) -> String {
        format!("`{}` ({})", self.id, self.type_name)
    }

    /// The value of a property, resolved; `None` when it is absent or has no value.
    pub(super) fn property(&self, scope: &Scope<'_>, key: &str) -> Result<Option<Node>, LoadError> {
        self.properties.get(key).map_or(Ok(None), |node| intrinsics::resolve(scope, node))
    }

    /// The value of a property that must be there.
    pub(super) fn required(&self, scope: &Scope<'_>, key: &str) -> Result<Node, LoadError> {
        let missing = || LoadError::at(&self.position, format!("{} needs `{key}`", self.what()));
        self.property(scope, key)?.ok_or_else(missing)
    }

    /// The text of a property, resolved.
    pub(super) fn text(&self, scope: &Scope<'_>, key: &str) -> Result<Option<String>, LoadError> {
        self.property(scope, key)?.map(|node| scalar::text(&node, &format!("`{key}`"))).transpose()
    }

    /// The logical id that a property refers to by `Ref` or `Fn::GetAtt`.
    pub(super) fn refers_to(&self, key: &str) -> Option<&str> {
        intrinsics::referred(self.properties.get(key)?)
    }

    /// Resolves the properties without effect too: a mistake in them also stops a deployment.
    pub(super) fn check(&self, scope: &Scope<'_>) -> Result<(), LoadError> {
        let keys = self.schema.map_or(&[][..], |schema| schema.without_effect);
        keys.iter().try_for_each(|key| self.property(scope, key).map(drop))
    }

    /// The name in AWS: the one given, or one made from the logical id.
    pub(super) fn name(&self, scope: &Scope<'_>) -> Result<String, LoadError> {
        let key = match self.kind {
            Type::ServerlessFunction | Type::Function => "FunctionName",
            Type::ServerlessStateMachine | Type::RestModel => "Name",
            Type::StateMachine => "StateMachineName",
            Type::Role => "RoleName",
            Type::LogGroup => "LogGroupName",
            _ => "",
        };
        if let Some(name) = self.text(scope, key)? {
            return Ok(name);
        }
        let stack = scope.stack();
        Ok(match self.kind {
            Type::StateMachine | Type::ServerlessStateMachine => stack.generated_machine_name(&self.id),
            Type::ServerlessApi
            | Type::ServerlessHttpApi
            | Type::RestApi
            | Type::HttpApi
            | Type::RestResource
            | Type::RestValidator
            | Type::RestDeployment
            | Type::HttpIntegration
            | Type::HttpRoute => stack.api_id(&self.id),
            // A model's name must be alphanumeric, and so is its logical id.
            Type::RestModel => self.id.clone(),
            _ => stack.generated_name(&self.id),
        })
    }

    /// Its ARN.
    pub(super) fn arn(&self, scope: &Scope<'_>) -> Result<String, LoadError> {
        let (stack, name) = (scope.stack(), self.name(scope)?);
        Ok(match self.kind {
            Type::ServerlessFunction | Type::Function => stack.arn("lambda", &format!("function:{name}")),
            Type::ServerlessStateMachine | Type::StateMachine => stack.arn("states", &format!("stateMachine:{name}")),
            Type::LogGroup => stack.arn("logs", &format!("log-group:{name}:*")),
            Type::Role => {
                let path = self.text(scope, "Path")?;
                stack.iam_arn(&format!("role{}{name}", path.as_deref().unwrap_or("/")))
            }
            _ => name,
        })
    }

    /// What `Ref` says: an ARN for state machines and the versions of functions, the name for anything else.
    pub(super) fn reference(&self, scope: &Scope<'_>) -> Result<String, LoadError> {
        match self.kind {
            Type::ServerlessStateMachine | Type::StateMachine => self.arn(scope),
            Type::FunctionAlias | Type::FunctionVersion => {
                let function = self.required(scope, "FunctionName")?;
                let function = scalar::text(&function, "`FunctionName`")?;
                let function = function.rsplit("function:").next().unwrap_or(&function).to_owned();
                let qualifier = self.text(scope, "Name")?.unwrap_or_else(|| "1".to_owned());
                Ok(scope.stack().arn("lambda", &format!("function:{function}:{qualifier}")))
            }
            Type::StateMachineVersion => {
                let machine = self.required(scope, "StateMachineArn")?;
                Ok(format!("{}:1", scalar::text(&machine, "`StateMachineArn`")?))
            }
            Type::RestStage | Type::HttpStage => {
                Ok(self.text(scope, "StageName")?.unwrap_or_else(|| "prod".to_owned()))
            }
            Type::Other => Ok(self.stand_in(scope)?.reference()),
            _ => self.name(scope),
        }
    }

    /// What `Fn::GetAtt` says of an attribute.
    pub(super) fn attribute(&self, scope: &Scope<'_>, key: &str, position: &Position) -> Result<String, LoadError> {
        let stack = scope.stack();
        match (self.kind, key) {
            (Type::ServerlessApi | Type::RestApi, "RootResourceId") => Ok(stack.api_id(&format!("{}/", self.id))),
            (Type::ServerlessApi, "Stage") => scalar::text(&self.required(scope, "StageName")?, "`StageName`"),
            (Type::ServerlessApi | Type::RestApi | Type::HttpApi, "RestApiId" | "ApiId")
            | (Type::ServerlessStateMachine | Type::StateMachine, "Name") => self.name(scope),
            (Type::HttpApi, "ApiEndpoint") => {
                let (id, region, suffix) = (self.name(scope)?, &stack.region, stack.url_suffix());
                Ok(format!("https://{id}.execute-api.{region}.{suffix}"))
            }
            (Type::StateMachine, "StateMachineRevisionId") => Ok("INITIAL".to_owned()),
            (Type::FunctionVersion, "Version") => Ok("1".to_owned()),
            (Type::FunctionVersion, "FunctionArn")
            | (Type::FunctionAlias, "AliasArn")
            | (Type::StateMachineVersion | Type::StateMachineAlias, "Arn") => self.reference(scope),
            (Type::Role, "RoleId") => Ok(format!("AROA{}", stack.letters_of(&self.id, 17))),
            (
                Type::ServerlessFunction
                | Type::ServerlessStateMachine
                | Type::Function
                | Type::StateMachine
                | Type::Role
                | Type::LogGroup,
                "Arn",
            ) => self.arn(scope),
            (Type::Other, "Value") if self.type_name == "AWS::SSM::Parameter" => {
                Ok(self.text(scope, "Value")?.unwrap_or_default())
            }
            (Type::Other, _) => Ok(self.stand_in(scope)?.attribute(key)),
            _ => {
                let message = format!("unsupported attribute `{key}` of {}", self.what());
                let what = format!("attribute `{key}` of {}; a stand-in is used", self.type_name);
                scope.notes().pass_over(what, LoadError::unsupported(position, message))?;
                Ok(StandIn::new(stack, &self.type_name, &self.id, Some(self.name(scope)?)).attribute(key))
            }
        }
    }

    fn stand_in<'s>(&'s self, scope: &'s Scope<'_>) -> Result<StandIn<'s>, LoadError> {
        let key = stand_in::name_property(&self.type_name);
        let name = key.map_or(Ok(None), |key| self.text(scope, key))?;
        Ok(StandIn::new(scope.stack(), &self.type_name, &self.id, name))
    }
}
