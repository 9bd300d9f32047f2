//! The resources of a template: which types and properties are understood, and what `Ref` and `Fn::GetAtt` say of them.

use super::intrinsics;
use super::scope::Scope;
use crate::document::{Entry, Kind, LoadError, Node, Position, scalar};

/// A resource of a type that is understood.
pub(super) struct Resource {
    /// Its logical id.
    pub(super) id: String,
    /// Where the id stands.
    pub(super) position: Position,
    pub(super) kind: Type,
    /// The name of the condition under which it is created.
    pub(super) condition: Option<Node>,
    /// Its properties, not yet resolved; those of `Globals` merged in.
    pub(super) properties: Node,
}

/// The types of resources that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    ServerlessFunction,
    ServerlessStateMachine,
    ServerlessApi,
    Function,
    StateMachine,
    Role,
    LogGroup,
    GatewayAccount,
}

/// A type's name, the properties that are interpreted, and those that cannot change an answer.
struct Schema {
    name: &'static str,
    kind: Type,
    interpreted: &'static [&'static str],
    without_effect: &'static [&'static str],
}

/// Permissions are passed over: what a role may do is not evaluated.
const SCHEMAS: [Schema; 8] = [
    Schema {
        name: "AWS::Serverless::Function",
        kind: Type::ServerlessFunction,
        interpreted: &[
            "FunctionName",
            "Handler",
            "Runtime",
            "CodeUri",
            "InlineCode",
            "Timeout",
            "MemorySize",
            "Environment",
            "PackageType",
        ],
        without_effect: &[
            "Architectures",
            "AssumeRolePolicyDocument",
            "Description",
            "EphemeralStorage",
            "LoggingConfig",
            "PermissionsBoundary",
            "Policies",
            "PropagateTags",
            "Role",
            "RolePath",
            "Tags",
            "Tracing",
        ],
    },
    Schema {
        name: "AWS::Serverless::StateMachine",
        kind: Type::ServerlessStateMachine,
        interpreted: &["Name", "Type", "Definition", "DefinitionUri", "DefinitionSubstitutions"],
        without_effect: &[
            "Logging",
            "PermissionsBoundary",
            "Policies",
            "PropagateTags",
            "Role",
            "RolePath",
            "Tags",
            "Tracing",
        ],
    },
    Schema {
        name: "AWS::Serverless::Api",
        kind: Type::ServerlessApi,
        interpreted: &[
            "StageName",
            "DefinitionBody",
            "DefinitionUri",
            "Variables",
            "MethodSettings",
            "FailOnWarnings",
            "ApiKeySourceType",
        ],
        without_effect: &[
            "AccessLogSetting",
            "AlwaysDeploy",
            "Description",
            "EndpointConfiguration",
            "Name",
            "OpenApiVersion",
            "PropagateTags",
            "Tags",
            "TracingEnabled",
        ],
    },
    Schema {
        name: "AWS::Lambda::Function",
        kind: Type::Function,
        interpreted: &[
            "FunctionName",
            "Handler",
            "Runtime",
            "Code",
            "Timeout",
            "MemorySize",
            "Environment",
            "PackageType",
        ],
        without_effect: &[
            "Architectures",
            "Description",
            "EphemeralStorage",
            "LoggingConfig",
            "Role",
            "Tags",
            "TracingConfig",
        ],
    },
    Schema {
        name: "AWS::StepFunctions::StateMachine",
        kind: Type::StateMachine,
        interpreted: &[
            "StateMachineName",
            "StateMachineType",
            "Definition",
            "DefinitionString",
            "DefinitionS3Location",
            "DefinitionSubstitutions",
        ],
        without_effect: &["LoggingConfiguration", "RoleArn", "Tags", "TracingConfiguration"],
    },
    Schema {
        name: "AWS::IAM::Role",
        kind: Type::Role,
        interpreted: &["RoleName", "Path"],
        without_effect: &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "Policies",
            "Tags",
        ],
    },
    Schema {
        name: "AWS::Logs::LogGroup",
        kind: Type::LogGroup,
        interpreted: &["LogGroupName"],
        without_effect: &["KmsKeyId", "LogGroupClass", "RetentionInDays", "Tags"],
    },
    Schema {
        name: "AWS::ApiGateway::Account",
        kind: Type::GatewayAccount,
        interpreted: &[],
        without_effect: &["CloudWatchRoleArn"],
    },
];

const ATTRIBUTES: [&str; 7] =
    ["Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"];

impl Type {
    fn schema(self) -> &'static Schema {
        // Every type has its schema; the first one stands in for none.
        SCHEMAS.iter().find(|schema| schema.kind == self).unwrap_or(&SCHEMAS[0])
    }
}

/// Reads the `Resources` section; `globals` are the defaults of `AWS::Serverless::Function`.
pub(super) fn declared(section: &Node, globals: Option<&Node>) -> Result<Vec<Resource>, LoadError> {
    let entries = section.expect_map("`Resources`")?;
    let resources = entries.iter().map(|entry| resource(entry, globals)).collect::<Result<Vec<_>, _>>()?;
    for entry in entries {
        let named = entry.value.get("DependsOn").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
        for name in named.unwrap_or_default() {
            let id = name.expect_str("`DependsOn`")?;
            if !resources.iter().any(|resource| resource.id == id) {
                return Err(LoadError::at(&name.position, format!("`DependsOn` names no resource: `{id}`")));
            }
        }
    }
    Ok(resources)
}

fn resource(entry: &Entry, globals: Option<&Node>) -> Result<Resource, LoadError> {
    let (id, node) = (&entry.key, &entry.value);
    node.expect_keys(&format!("resource `{id}`"), &ATTRIBUTES)?;
    let name = node.require(&format!("resource `{id}`"), "Type")?;
    let Some(schema) = SCHEMAS.iter().find(|schema| Some(schema.name) == name.as_str()) else {
        let types: Vec<_> = SCHEMAS.iter().map(|schema| schema.name).collect();
        let found = name.expect_str("`Type`")?;
        let message = format!("unsupported resource type `{found}`; supported here: {}", types.join(", "));
        return Err(LoadError::at(&name.position, message));
    };
    let own = node.get("Properties").cloned();
    let mut properties = own.unwrap_or_else(|| Node { position: node.position.clone(), kind: Kind::Map(Vec::new()) });
    if let (Type::ServerlessFunction, Some(globals)) = (schema.kind, globals) {
        properties = merged(globals, &properties);
    }
    let supported: Vec<_> = schema.interpreted.iter().chain(schema.without_effect).copied().collect();
    properties.expect_keys(&format!("the properties of `{id}` ({})", schema.name), &supported)?;
    let condition = node.get("Condition").cloned();
    Ok(Resource { id: id.clone(), position: entry.position.clone(), kind: schema.kind, condition, properties })
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
    /// What messages call it.
    pub(super) fn what(&self) -> String {
        format!("`{}` ({})", self.id, self.kind.schema().name)
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

    /// Resolves the properties without effect too: a mistake in them also stops a deployment.
    pub(super) fn check(&self, scope: &Scope<'_>) -> Result<(), LoadError> {
        let keys = self.kind.schema().without_effect;
        keys.iter().try_for_each(|key| self.property(scope, key).map(drop))
    }

    /// The name in AWS: the one given, or one made from the logical id.
    pub(super) fn name(&self, scope: &Scope<'_>) -> Result<String, LoadError> {
        let key = match self.kind {
            Type::ServerlessFunction | Type::Function => "FunctionName",
            Type::ServerlessStateMachine => "Name",
            Type::StateMachine => "StateMachineName",
            Type::Role => "RoleName",
            Type::LogGroup => "LogGroupName",
            Type::ServerlessApi => return Ok(scope.stack().api_id(&self.id)),
            Type::GatewayAccount => return Ok(scope.stack().generated_name(&self.id)),
        };
        match self.property(scope, key)? {
            Some(name) => scalar::text(&name, &format!("`{key}`")),
            None if matches!(self.kind, Type::StateMachine | Type::ServerlessStateMachine) => {
                Ok(scope.stack().generated_machine_name(&self.id))
            }
            None => Ok(scope.stack().generated_name(&self.id)),
        }
    }

    /// Its ARN.
    pub(super) fn arn(&self, scope: &Scope<'_>) -> Result<String, LoadError> {
        let (stack, name) = (scope.stack(), self.name(scope)?);
        Ok(match self.kind {
            Type::ServerlessFunction | Type::Function => stack.arn("lambda", &format!("function:{name}")),
            Type::ServerlessStateMachine | Type::StateMachine => stack.arn("states", &format!("stateMachine:{name}")),
            Type::LogGroup => stack.arn("logs", &format!("log-group:{name}:*")),
            Type::Role => {
                let path = self.property(scope, "Path")?.map(|path| scalar::text(&path, "`Path`")).transpose()?;
                stack.iam_arn(&format!("role{}{name}", path.as_deref().unwrap_or("/")))
            }
            Type::ServerlessApi | Type::GatewayAccount => name,
        })
    }

    /// What `Ref` says: an ARN for state machines, the name for anything else.
    pub(super) fn reference(&self, scope: &Scope<'_>) -> Result<String, LoadError> {
        match self.kind {
            Type::ServerlessStateMachine | Type::StateMachine => self.arn(scope),
            _ => self.name(scope),
        }
    }

    /// What `Fn::GetAtt` says of an attribute.
    pub(super) fn attribute(&self, scope: &Scope<'_>, key: &str, position: &Position) -> Result<String, LoadError> {
        match (self.kind, key) {
            (Type::ServerlessApi, "RootResourceId") => Ok(scope.stack().api_id(&format!("{}/", self.id))),
            (Type::ServerlessApi, "Stage") => scalar::text(&self.required(scope, "StageName")?, "`StageName`"),
            (Type::ServerlessStateMachine | Type::StateMachine, "Name") => self.name(scope),
            (kind, "Arn") if !matches!(kind, Type::ServerlessApi | Type::GatewayAccount) => self.arn(scope),
            _ => {
                let message = format!("unsupported attribute `{key}` of {}", self.what());
                Err(LoadError::at(position, message))
            }
        }
    }
}
