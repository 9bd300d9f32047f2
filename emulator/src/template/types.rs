//! The types of resources that are understood: which properties are interpreted, and which change no answer.

/// The types of resources that are understood, and one for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    ServerlessFunction,
    ServerlessStateMachine,
    ServerlessApi,
    ServerlessHttpApi,
    Function,
    FunctionAlias,
    FunctionVersion,
    StateMachine,
    StateMachineAlias,
    StateMachineVersion,
    Role,
    LogGroup,
    GatewayAccount,
    GatewayKey,
    RestApi,
    RestResource,
    RestMethod,
    RestDeployment,
    RestStage,
    RestModel,
    RestValidator,
    RestGatewayResponse,
    HttpApi,
    HttpRoute,
    HttpIntegration,
    HttpStage,
    NestedStack,
    /// Passed over: no served path uses it.
    Other,
}

impl Type {
    /// Whether it is an API, of whatever kind.
    pub(super) fn is_api(self) -> bool {
        matches!(self, Self::ServerlessApi | Self::ServerlessHttpApi | Self::RestApi | Self::HttpApi)
    }
}

/// A type's name, the properties that are interpreted, and those that cannot change an answer.
pub(super) struct ResourceSchema {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) interpreted: &'static [&'static str],
    pub(super) without_effect: &'static [&'static str],
}

const fn schema(
    name: &'static str,
    kind: Type,
    interpreted: &'static [&'static str],
    without_effect: &'static [&'static str],
) -> ResourceSchema {
    ResourceSchema { name, kind, interpreted, without_effect }
}

/// The type of a name.
pub(super) fn of_name(name: &str) -> Option<&'static ResourceSchema> {
    SCHEMAS.iter().find(|schema| schema.name == name)
}

/// Permissions are passed over: what a role may do is not evaluated.
const SCHEMAS: [ResourceSchema; 28] = [
    schema(
        "AWS::CloudFormation::Stack",
        Type::NestedStack,
        &["TemplateURL", "Parameters"],
        &["NotificationARNs", "Tags", "TimeoutInMinutes"],
    ),
    schema(
        "AWS::Serverless::Application",
        Type::NestedStack,
        &["Location", "Parameters"],
        &["NotificationARNs", "Tags", "TimeoutInMinutes"],
    ),
    schema(
        "AWS::Serverless::Function",
        Type::ServerlessFunction,
        &[
            "FunctionName",
            "Handler",
            "Runtime",
            "CodeUri",
            "InlineCode",
            "Timeout",
            "MemorySize",
            "Environment",
            "PackageType",
            "Events",
            "AutoPublishAlias",
        ],
        &[
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
    ),
    schema(
        "AWS::Serverless::StateMachine",
        Type::ServerlessStateMachine,
        &[
            "Name",
            "Type",
            "Definition",
            "DefinitionUri",
            "DefinitionSubstitutions",
            "Events",
            "Logging",
            "Tracing",
            "AutoPublishAlias",
        ],
        &["PermissionsBoundary", "Policies", "PropagateTags", "Role", "RolePath", "Tags"],
    ),
    schema(
        "AWS::Serverless::Api",
        Type::ServerlessApi,
        &[
            "StageName",
            "DefinitionBody",
            "DefinitionUri",
            "Variables",
            "MethodSettings",
            "FailOnWarnings",
            "ApiKeySourceType",
            "Cors",
            "Auth",
            "GatewayResponses",
            "Models",
        ],
        &[
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
    ),
    schema(
        "AWS::Serverless::HttpApi",
        Type::ServerlessHttpApi,
        &[
            "StageName",
            "DefinitionBody",
            "DefinitionUri",
            "StageVariables",
            "CorsConfiguration",
            "Auth",
            "DefaultRouteSettings",
            "RouteSettings",
        ],
        &["AccessLogSettings", "Description", "Name", "PropagateTags", "Tags"],
    ),
    schema(
        "AWS::Lambda::Function",
        Type::Function,
        &["FunctionName", "Handler", "Runtime", "Code", "Timeout", "MemorySize", "Environment", "PackageType"],
        &["Architectures", "Description", "EphemeralStorage", "LoggingConfig", "Role", "Tags", "TracingConfig"],
    ),
    schema(
        "AWS::Lambda::Alias",
        Type::FunctionAlias,
        &["Name", "FunctionName"],
        &["FunctionVersion", "Description", "RoutingConfig", "ProvisionedConcurrencyConfig"],
    ),
    schema(
        "AWS::Lambda::Version",
        Type::FunctionVersion,
        &["FunctionName"],
        &["CodeSha256", "Description", "ProvisionedConcurrencyConfig", "RuntimePolicy"],
    ),
    schema(
        "AWS::StepFunctions::StateMachine",
        Type::StateMachine,
        &[
            "StateMachineName",
            "StateMachineType",
            "Definition",
            "DefinitionString",
            "DefinitionS3Location",
            "DefinitionSubstitutions",
            "EncryptionConfiguration",
            "LoggingConfiguration",
            "TracingConfiguration",
        ],
        &["RoleArn", "Tags"],
    ),
    schema(
        "AWS::StepFunctions::StateMachineAlias",
        Type::StateMachineAlias,
        &["Name", "RoutingConfiguration", "DeploymentPreference"],
        &["Description"],
    ),
    schema(
        "AWS::StepFunctions::StateMachineVersion",
        Type::StateMachineVersion,
        &["StateMachineArn"],
        &["Description", "StateMachineRevisionId"],
    ),
    schema(
        "AWS::IAM::Role",
        Type::Role,
        &["RoleName", "Path"],
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "Policies",
            "Tags",
        ],
    ),
    schema(
        "AWS::Logs::LogGroup",
        Type::LogGroup,
        &["LogGroupName"],
        &["DataProtectionPolicy", "FieldIndexPolicies", "KmsKeyId", "LogGroupClass", "RetentionInDays", "Tags"],
    ),
    schema("AWS::ApiGateway::Account", Type::GatewayAccount, &[], &["CloudWatchRoleArn"]),
    schema(
        "AWS::ApiGateway::ApiKey",
        Type::GatewayKey,
        &["Enabled", "Value"],
        &["CustomerId", "Description", "GenerateDistinctId", "Name", "StageKeys", "Tags"],
    ),
    schema(
        "AWS::ApiGateway::RestApi",
        Type::RestApi,
        &["Body", "BodyS3Location", "FailOnWarnings", "ApiKeySourceType"],
        &["Description", "EndpointConfiguration", "Name", "Parameters", "Tags"],
    ),
    schema("AWS::ApiGateway::Resource", Type::RestResource, &["ParentId", "PathPart", "RestApiId"], &[]),
    schema(
        "AWS::ApiGateway::Method",
        Type::RestMethod,
        &[
            "ApiKeyRequired",
            "AuthorizationType",
            "AuthorizerId",
            "HttpMethod",
            "Integration",
            "MethodResponses",
            "RequestModels",
            "RequestParameters",
            "RequestValidatorId",
            "ResourceId",
            "RestApiId",
        ],
        &["OperationName", "AuthorizationScopes"],
    ),
    schema(
        "AWS::ApiGateway::Deployment",
        Type::RestDeployment,
        &["RestApiId", "StageName"],
        &["Description", "DeploymentCanarySettings", "StageDescription"],
    ),
    schema(
        "AWS::ApiGateway::Stage",
        Type::RestStage,
        &["RestApiId", "StageName", "Variables", "MethodSettings"],
        &[
            "AccessLogSetting",
            "CacheClusterSize",
            "ClientCertificateId",
            "DeploymentId",
            "Description",
            "DocumentationVersion",
            "Tags",
            "TracingEnabled",
        ],
    ),
    schema(
        "AWS::ApiGateway::Model",
        Type::RestModel,
        &["Name", "RestApiId", "Schema"],
        &["ContentType", "Description"],
    ),
    schema(
        "AWS::ApiGateway::RequestValidator",
        Type::RestValidator,
        &["RestApiId", "ValidateRequestBody", "ValidateRequestParameters"],
        &["Name"],
    ),
    schema(
        "AWS::ApiGateway::GatewayResponse",
        Type::RestGatewayResponse,
        &["ResponseParameters", "ResponseTemplates", "ResponseType", "RestApiId", "StatusCode"],
        &[],
    ),
    schema(
        "AWS::ApiGatewayV2::Api",
        Type::HttpApi,
        &[
            "Body",
            "BodyS3Location",
            "CorsConfiguration",
            "Name",
            "ProtocolType",
            "RouteKey",
            "Target",
            "CredentialsArn",
        ],
        &["Description", "FailOnWarnings", "RouteSelectionExpression", "Tags", "Version"],
    ),
    schema(
        "AWS::ApiGatewayV2::Route",
        Type::HttpRoute,
        &["ApiId", "AuthorizationType", "AuthorizerId", "RouteKey", "Target"],
        &["ApiKeyRequired", "AuthorizationScopes", "OperationName", "RouteResponseSelectionExpression"],
    ),
    schema(
        "AWS::ApiGatewayV2::Integration",
        Type::HttpIntegration,
        &[
            "ApiId",
            "IntegrationSubtype",
            "IntegrationType",
            "IntegrationUri",
            "IntegrationMethod",
            "PayloadFormatVersion",
            "RequestParameters",
            "ResponseParameters",
            "TimeoutInMillis",
            "CredentialsArn",
            "ConnectionType",
        ],
        &["Description", "ConnectionId", "TemplateSelectionExpression", "RequestTemplates", "TlsConfig"],
    ),
    schema(
        "AWS::ApiGatewayV2::Stage",
        Type::HttpStage,
        &["ApiId", "DefaultRouteSettings", "RouteSettings", "StageName", "StageVariables"],
        &["AccessLogSettings", "AutoDeploy", "DeploymentId", "Description", "Tags"],
    ),
];
